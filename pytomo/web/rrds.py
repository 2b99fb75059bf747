"""The RRD files of the databases that are shown: found, or made from SQLite in the background.

Those that a crawl keeps are in `rrds` beside `databases`. What is missing there is made there, as
`pytomo rebuild` would; where that cannot be (a database that stands alone, a directory that cannot
be written, a crawl that writes to the same files), in a private directory that is gone at the end.
"""

import hashlib
import logging
import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from tempfile import TemporaryDirectory

from pytomo.errors import CrawlError
from pytomo.rrd import available, rebuild
from pytomo.rrd_view import knows, up_to_now

LARGE = 40_000_000
"""Bytes of databases from which on their files are made by another process: pages go first."""
_REST, _REST_FOR_BYTE = 60.0, 1e-6
"""Seconds after which the private files of a growing database are made anew: at least, and for
each byte of it."""
_FRESH = 5.0
"""Seconds for which a copy is recent enough."""

_PROCESS = "pytomo-rrds"

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """The RRD files of a database."""

    database: Path
    changed: float
    """Unix time of its last change."""
    names: Collection[str]
    """The files that its rows are in."""
    start: float
    end: float
    """Unix times of its first and last row."""
    running: bool
    """Whether its crawl goes on."""


@dataclass(frozen=True, slots=True)
class Found:
    """The files that are there."""

    paths: Mapping[str, Path]
    """By name; they are for reading only."""
    note: str = ""
    """What is to be said about them; empty if all is well."""


@dataclass(frozen=True, slots=True)
class _Job:
    """Files that are made, or were."""

    future: Future[None]
    changed: float
    """Of the database, when it was asked for."""
    begun: float
    rest: float
    """Seconds from one making of files of a growing database to the next."""

    def stale(self, changed: float, now: float) -> bool:
        """Whether it is time to do it again."""
        return self.future.done() and changed > self.changed and now - self.begun > self.rest


class RrdKeeper:
    """Finds and makes RRD files; it may be used by several threads."""

    def __init__(
        self,
        *,
        at_home: bool = True,
        installed: Callable[[], bool] = available,
        clock: Callable[[], float] = time.time,
        large: int = LARGE,
    ) -> None:
        """`at_home`: whether missing files may be made beside the databases."""
        self._at_home = at_home
        self._installed = installed
        self._clock = clock
        self._large = large
        self._lock = threading.Lock()
        self._private: TemporaryDirectory[str] | None = None
        self._maker = ThreadPoolExecutor(1, thread_name_prefix="rrds")
        self._jobs: dict[Path, _Job] = {}
        self._known: dict[Path, tuple[tuple[float, ...] | None, bool | None]] = {}
        self._copies: dict[Path, tuple[int, float, Path]] = {}

    def find(self, wanted: Wanted, *, busy: bool = False) -> Found:
        """The files of a database; what is missing is being made when this returns.

        `busy`: a crawl is running that may write to the files beside the databases.
        """
        if not self._installed():
            return Found({}, "The Python package rrdtool cannot be used here: there are no graphs.")
        home = home_of(wanted.database)
        with self._lock:
            paths, damaged = self._usable(wanted, home) if home else ({}, [])
            missing = set(wanted.names) - set(paths)
            if not missing:
                return Found(paths)
            at_home = self._at_home and not busy
            if home and at_home and self._is_made_at_home(wanted, home, damaged):
                return Found(paths, _note(damaged))
            return self._made_privately(wanted, paths, missing)

    def up_to_now(self, path: Path) -> Path:
        """The file with its last minute in it. Raises CrawlError."""
        with self._lock:
            known, at, copy = self._copies.get(path, (0, 0.0, path))
            now, changed = self._clock(), _changed(path)
            if known != changed and now - at >= _FRESH:
                copy = up_to_now(path, self._place / f"{_digest(path)}.rrd")
                self._copies[path] = (changed, now, copy)
            return copy

    def wait(self) -> None:
        """Return when nothing is being made any more."""
        for job in list(self._jobs.values()):
            wait([job.future])

    def close(self) -> None:
        """Stop making files and forget the private ones."""
        self._maker.shutdown(wait=False, cancel_futures=True)
        for process in multiprocessing.active_children():
            if process.name == _PROCESS:
                process.terminate()
        self._maker.shutdown()
        if self._private is not None:
            self._private.cleanup()

    @property
    def _place(self) -> Path:
        if self._private is None:
            self._private = TemporaryDirectory(prefix="pytomo-rrds-", ignore_cleanup_errors=True)
        return Path(self._private.name)

    def _usable(self, wanted: Wanted, home: Path) -> tuple[dict[str, Path], list[str]]:
        """The files beside the databases that know of this one, and the names of damaged ones."""
        paths, damaged = {}, []
        for name in wanted.names:
            path = home / name
            state = self._state(path, wanted) if path.is_file() else False
            if state is None:
                damaged.append(name)
            elif (state or wanted.running) and path.is_file():
                paths[name] = path
        return paths, damaged

    def _state(self, path: Path, wanted: Wanted) -> bool | None:
        """Whether a file knows of a database; None: it is damaged."""
        key = (_changed(path), wanted.start, wanted.end)
        known, state = self._known.get(path, (None, None))
        if known != key:
            try:
                state = knows(path, wanted.start, wanted.end)
            except CrawlError as error:
                log.warning("%s", error)
                state = None
            self._known[path] = (key, state)
        return state

    def _is_made_at_home(self, wanted: Wanted, home: Path, damaged: list[str]) -> bool:
        """Have the files made beside the databases; whether they are being made."""
        job = self._jobs.get(home)
        if job is not None and not job.future.done():
            return True
        absent = [name for name in wanted.names if not (home / name).exists()]
        tried = job is not None and job.begun >= wanted.changed
        if wanted.running or tried or not (absent or damaged):
            return False
        databases = sorted(wanted.database.parent.glob("*.db"))
        self._start(home, home, databases, damaged, wanted.changed)
        return True

    def _made_privately(self, wanted: Wanted, paths: dict[str, Path], missing: set[str]) -> Found:
        job = self._jobs.get(wanted.database)
        place = self._place / _digest(wanted.database)
        if job is None or job.stale(wanted.changed, self._clock()):
            job = self._start(wanted.database, place, [wanted.database], None, wanted.changed)
        own = {name: place / name for name in missing if (place / name).is_file()}
        found = {**paths, **own}
        if not job.future.done():
            return Found(found, "" if len(found) == len(wanted.names) else _note([]))
        error = job.future.exception()
        return Found(found, f"The RRD files cannot be made: {error}." if error else "")

    def _start(
        self,
        key: Path,
        directory: Path,
        databases: Sequence[Path],
        replaced: Sequence[str] | None,
        changed: float,
    ) -> _Job:
        """Make files; `replaced` None: all of them anew."""
        size = sum(path.stat().st_size for path in databases if path.is_file())
        make = _rebuild if size < self._large else _rebuild_elsewhere
        making = partial(make, databases, directory, replaced)
        rest = max(_REST, _REST_FOR_BYTE * size)
        job = _Job(self._maker.submit(making), changed, self._clock(), rest)
        self._jobs[key] = job
        return job


def home_of(database: Path) -> Path | None:
    """Where the crawl of a database keeps its RRD files; None for one that stands alone."""
    directory = database.absolute().parent
    return directory.parent / "rrds" if directory.name == "databases" else None


def _rebuild_elsewhere(
    databases: Sequence[Path], directory: Path, replaced: Sequence[str] | None
) -> None:
    """As `_rebuild`, in another process. Raises CrawlError."""
    context = multiprocessing.get_context("spawn")
    told, telling = context.Pipe(duplex=False)
    arguments = (databases, directory, replaced, telling)
    process = context.Process(target=_work, args=arguments, name=_PROCESS, daemon=True)
    process.start()
    telling.close()
    process.join()
    if process.exitcode:
        raise CrawlError(str(told.recv()) if told.poll() else "their making was ended")


def _work(
    databases: Sequence[Path], directory: Path, replaced: Sequence[str] | None, telling: Connection
) -> None:
    """What the process does, after all others; whoever ends it lets it clean up."""
    os.nice(10)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    try:
        _rebuild(databases, directory, replaced)
    except CrawlError as error:
        telling.send(str(error))
        sys.exit(1)


def _rebuild(databases: Sequence[Path], directory: Path, replaced: Sequence[str] | None) -> None:
    only_missing = replaced is not None
    rebuild(databases, directory, missing_only=only_missing, replaced=replaced or ())


def _note(damaged: Sequence[str]) -> str:
    made = "RRD files are being made from SQLite: graphs appear here when they are there."
    return f"Damaged: {', '.join(damaged)}. {made}" if damaged else made


def _changed(path: Path) -> int:
    """When a file was written last, ns; 0 if it is not there. Raises nothing."""
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


def _digest(path: Path) -> str:
    return hashlib.blake2b(str(path.absolute()).encode(errors="surrogateescape")).hexdigest()[:16]
