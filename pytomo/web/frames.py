"""The databases in memory: those that were looked at last, each read on when it has changed."""

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from concurrent.futures import Future

from pytomo.analysis.frame import Frame, ReplacedError
from pytomo.analysis.table import Table
from pytomo.errors import CrawlError
from pytomo.web.archive import PATIENCE, Entry, Signature

MOST_FRAMES = 4
MOST_ROWS = 1_500_000
"""Rows of all frames together, but for the one that is looked at."""
LIVE = 10_000
"""Rows up to which a table is always of this moment."""
AGE = 5e-5
"""Seconds that a table stays as it is for each row beyond these: of a million rows, one more
changes nothing that could be seen, and all that was made of them would have to be made anew."""
READING = 5.0
"""The most of them while older rows are read."""

Key = tuple[str, int]
"""The name and the inode of a file."""

LATER = 0.5
"""Seconds for a first page of the newest rows, before the older ones are read."""

log = logging.getLogger(__name__)


class Reader:
    """The rows of one database, looked for only when the file has changed."""

    def __init__(self, entry: Entry, clock: Callable[[], float] = time.monotonic) -> None:
        """Raises CrawlError if the database cannot be read."""
        self.frame = Frame(entry.path, timeout=PATIENCE, later=LATER)
        self._clock = clock
        self._reading = threading.Lock()
        self._seen: Signature | None = None
        self._table = self.frame.known
        self._at = clock()

    @property
    def total(self) -> int:
        """Rows of the database when they were asked for last."""
        return self._table.total

    def table(self, entry: Entry) -> Table:
        """The rows of the database; those known already if others keep the file locked."""
        with self._reading:
            now = self._clock()
            if now - self._at >= _age(self._table):
                self._table, self._at = self._newest(entry), now
            return self._table

    def _newest(self, entry: Entry) -> Table:
        if entry.signature == self._seen:
            return self.frame.known
        try:
            table = self._read()
        except CrawlError as error:
            log.warning("%s", error)
            return self.frame.known
        self._seen = entry.signature
        return table

    def _read(self) -> Table:
        """Read on; from the start if another database has been copied over this one."""
        try:
            return self.frame.table()
        except ReplacedError as error:
            log.info("%s", error)
            before, self.frame = self.frame, Frame(self.frame.path, timeout=PATIENCE, later=LATER)
            before.close()
            return self.frame.known


def _age(table: Table) -> float:
    """Seconds for which a table is new enough."""
    age = AGE * max(len(table) - LIVE, 0)
    return age if table.loaded == table.total else min(age, READING)


class Frames:
    """Some databases in memory; it may be used by several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._readers: OrderedDict[Key, Future[Reader]] = OrderedDict()

    def __len__(self) -> int:
        """How many databases are in memory."""
        return len(self._readers)

    def reader(self, entry: Entry) -> Reader:
        """The rows of a database: another file of the same name is another database.

        Who asks while it is being opened waits for it; others do not. Raises CrawlError if it
        cannot be read.
        """
        key = (entry.name, entry.signature[0])
        with self._lock:
            mine = key not in self._readers
            future = self._readers.setdefault(key, Future())
            self._readers.move_to_end(key)
        if mine:
            self._open(key, entry, future)
        return future.result()

    def close(self) -> None:
        """Leave all of them."""
        with self._lock:
            left = _opened(self._readers)
            self._readers.clear()
        for reader in left.values():
            reader.frame.close()

    def _open(self, key: Key, entry: Entry, future: Future[Reader]) -> None:
        try:
            reader = Reader(entry)
        except BaseException as error:
            with self._lock:
                if self._readers.get(key) is future:
                    del self._readers[key]
            future.set_exception(error)
            raise
        future.set_result(reader)
        with self._lock:
            left = self._leave_some() if self._readers.get(key) is future else [reader]
        for each in left:
            each.frame.close()

    def _leave_some(self) -> list[Reader]:
        """Forget those that were looked at longest ago, but for the last one."""
        left: list[Reader] = []
        known = _opened(self._readers)
        rows = sum(reader.total for reader in known.values())
        for key, reader in list(known.items())[:-1]:
            if len(known) - len(left) > MOST_FRAMES or rows > MOST_ROWS:
                del self._readers[key]
                rows -= reader.total
                left.append(reader)
        return left


def _opened(readers: Mapping[Key, Future[Reader]]) -> dict[Key, Reader]:
    """Those that can be read already, in their order."""
    return {k: f.result() for k, f in readers.items() if f.done() and not f.exception()}
