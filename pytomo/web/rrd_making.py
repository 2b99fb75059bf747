"""RRD files made from SQLite, one request after the other, behind the pages."""

import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path

from pytomo.errors import CrawlError
from pytomo.rrd import rebuild

LARGE = 40_000_000
"""Bytes of databases from which on their files are made by another process: pages go first."""
_NICE = 10
_TIDYING = 3.0
"""Seconds that the other process gets to leave nothing half done when this one has ended."""


@dataclass(frozen=True, slots=True)
class Work:
    """Files to be made."""

    source: Path
    """A database, or a directory of databases."""
    directory: Path
    replaced: tuple[str, ...] | None
    """Those that are made anew although they exist; None: all."""

    def databases(self) -> list[Path]:
        """What they are made from."""
        return sorted(self.source.glob("*.db")) if self.source.is_dir() else [self.source]

    def do(self) -> None:
        """Make them. Raises CrawlError."""
        databases, replaced = self.databases(), self.replaced or ()
        only_missing = self.replaced is not None
        rebuild(databases, self.directory, missing_only=only_missing, replaced=replaced)


class RrdMaker:
    """Does one work after the other, in a thread; those of large databases in another process.

    That process ends with this one, however this one ends.
    """

    def __init__(self, large: int = LARGE) -> None:
        self._large = large
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="rrds")
        self._lock = threading.Lock()
        self._process: BaseProcess | None = None
        self._closed = False

    def submit(self, work: Work) -> Future[None]:
        """Do it later. The future's exception is a CrawlError if it cannot be done."""
        return self._thread.submit(self._do, work)

    def later(self, chore: Callable[[], None]) -> None:
        """Do anything else when there is time."""
        self._thread.submit(chore)

    def close(self) -> None:
        """Do nothing more, and end what is being done in another process."""
        self._thread.shutdown(wait=False, cancel_futures=True)
        with self._lock:
            self._closed = True
            if self._process is not None:
                self._process.terminate()
        self._thread.shutdown()

    def _do(self, work: Work) -> None:
        size = sum(size_of(path) for path in work.databases())
        if size < self._large:
            work.do()
        else:
            self._do_elsewhere(work)

    def _do_elsewhere(self, work: Work) -> None:
        context = multiprocessing.get_context("spawn")
        told, telling = context.Pipe(duplex=False)
        process = context.Process(target=_work, args=(work, telling), daemon=True)
        with told:
            with telling, self._lock:
                if self._closed:
                    raise CrawlError("their making was ended")
                process.start()
                self._process = process
            process.join()
            if process.exitcode:
                raise CrawlError(_last_words(told) or "their making was ended")


def _last_words(told: Connection) -> str:
    try:
        return str(told.recv())
    except EOFError:
        return ""


def _work(work: Work, telling: Connection) -> None:
    """What the other process does, after all others; whoever ends it lets it clean up."""
    os.nice(_NICE)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    threading.Thread(target=_end_with_parent, daemon=True).start()
    try:
        work.do()
    except CrawlError as error:
        telling.send(str(error))
        sys.exit(1)


def _end_with_parent() -> None:
    """A parent that is killed can tell nobody: its children see that it is gone."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(_TIDYING)
        os._exit(1)


def size_of(path: Path) -> int:
    """Bytes of a file; 0 if it is not there."""
    try:
        return path.stat().st_size
    except OSError:
        return 0
