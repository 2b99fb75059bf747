"""The databases in memory: those that were looked at last, each read on when it has changed."""

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable

from pytomo.analysis.frame import Frame
from pytomo.analysis.table import Table
from pytomo.errors import CrawlError
from pytomo.web.archive import Entry, Signature

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

log = logging.getLogger(__name__)


class Reader:
    """The rows of one database, looked for only when the file has changed."""

    def __init__(self, entry: Entry, clock: Callable[[], float] = time.monotonic) -> None:
        """Raises CrawlError if the database cannot be read."""
        self.frame = Frame(entry.path)
        self._clock = clock
        self._seen: Signature | None = None
        self._table = self.frame.known
        self._at = clock()

    def table(self, entry: Entry) -> Table:
        """The rows of the database; those known already if others keep the file locked."""
        now = self._clock()
        if now - self._at >= _age(self._table):
            self._table, self._at = self._newest(entry), now
        return self._table

    def _newest(self, entry: Entry) -> Table:
        if entry.signature == self._seen:
            return self.frame.known
        try:
            table = self.frame.table()
        except CrawlError as error:
            log.warning("%s", error)
            return self.frame.known
        self._seen = entry.signature
        return table


def _age(table: Table) -> float:
    """Seconds for which a table is new enough."""
    age = AGE * max(len(table) - LIVE, 0)
    return age if table.loaded == table.total else min(age, READING)


class Frames:
    """Some databases in memory; it may be used by several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._readers: OrderedDict[tuple[str, int], Reader] = OrderedDict()

    def __len__(self) -> int:
        """How many databases are in memory."""
        return len(self._readers)

    def reader(self, entry: Entry) -> Reader:
        """The rows of a database: another file of the same name is another database.

        Raises CrawlError if it cannot be read.
        """
        key = (entry.name, entry.signature[0])
        with self._lock:
            if key not in self._readers:
                self._readers[key] = Reader(entry)
                self._leave_some()
            self._readers.move_to_end(key)
            return self._readers[key]

    def close(self) -> None:
        """Leave all of them."""
        with self._lock:
            for reader in self._readers.values():
                reader.frame.close()
            self._readers.clear()

    def _leave_some(self) -> None:
        """Forget those that were looked at longest ago."""
        rows = sum(reader.frame.known.total for reader in self._readers.values())
        while len(self._readers) > 1 and (len(self._readers) > MOST_FRAMES or rows > MOST_ROWS):
            _, reader = self._readers.popitem(last=False)
            rows -= reader.frame.known.total
            reader.frame.close()
