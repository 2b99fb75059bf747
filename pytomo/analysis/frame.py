"""The measurements of one database in memory, growing as a crawl writes."""

import itertools
import logging
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pytomo.analysis.columns import Columns
from pytomo.analysis.reading import READ, Arrays, Reading
from pytomo.analysis.table import Content, Table
from pytomo.database import ROW_ID, Database
from pytomo.errors import CrawlError

_BATCH = 1000
"""Rows that are converted at once: some milliseconds in which nobody else can compute."""
_PAUSE = 0.001
"""Seconds that others get after each batch that is read in the background."""
_TRIES = 5
_RETRY = 2.0
"""Seconds before a database that could not be read in the background is tried again."""
_BEGIN = (
    "SELECT count(*), (SELECT min(RowId) FROM"
    " (SELECT RowId FROM measurements ORDER BY RowId DESC LIMIT ?)) FROM measurements"
)
_NEWER = f"{READ} WHERE {ROW_ID} > ? ORDER BY {ROW_ID}"
_OLDER = f"{READ} WHERE {ROW_ID} < ? ORDER BY {ROW_ID} DESC LIMIT ?"

log = logging.getLogger(__name__)


class Frame:
    """The rows of one database; several threads may use it.

    The newest rows are there at once; a thread reads the older ones, the newest of them first. The
    database is never held open: a crawl wants it for itself when it ends.
    """

    def __init__(self, path: Path, *, first: int = 10_000, chunk: int = 50_000) -> None:
        """Read the newest `first` rows. Raises CrawlError if the database cannot be read."""
        self.path = path
        self.failure: CrawlError | None = None
        """Why older rows could not be read when this was last tried, if so."""
        self._chunk = chunk
        self._changing = threading.Lock()
        self._closed = threading.Event()
        self._reading = Reading()
        self._file = _identity(path)
        with Database(path) as database:
            ((count, oldest),) = database.query(_BEGIN, (first,))
            self._columns = Columns(count)
            self._columns.append(self._reading.nothing())
            self._oldest = oldest or 1
            self._newest = self._oldest - 1
            self._add_newer(database)
        self._unread = max(count - first, 0)
        self._known = self._snapshot()
        self._thread = threading.Thread(target=self._read_on, name="older rows", daemon=True)
        if self._unread:
            self._thread.start()

    @property
    def known(self) -> Table:
        """The rows that are in memory, without a look at the database."""
        with self._changing:
            return self._current()

    def table(self) -> Table:
        """All rows that are known, after reading those that have been written since.

        Raises CrawlError if the database cannot be read any more; `known` is still there then.
        """
        with self._changing:
            if _identity(self.path) != self._file:
                raise CrawlError(f"{self.path} has been replaced by another file")
            with Database(self.path) as database:
                self._add_newer(database)
            return self._current()

    def close(self) -> None:
        """Stop reading older rows."""
        self._closed.set()
        if self._thread.ident is not None:
            self._thread.join()

    def _add_newer(self, database: Database) -> None:
        for rows in _batches(database.query(_NEWER, (self._newest,))):
            self._columns.append(self._reading.newer(rows))
            self._newest = rows[-1][0]

    def _read_on(self) -> None:
        tries = 0
        while self._unread and not self._closed.is_set():
            try:
                self._read_chunk()
                tries, self.failure = 0, None
            except CrawlError as error:
                tries, self.failure = tries + 1, error
                log.warning("%s", error)
                if tries == _TRIES:
                    break
                self._closed.wait(_RETRY)

    def _read_chunk(self) -> None:
        """Read older rows; they are seen when the chunk is whole, so that pages can be cached."""
        read: list[Arrays] = []
        unread, oldest = self._unread, self._oldest
        try:
            with Database(self.path) as database:
                for rows in _batches(database.query(_OLDER, (oldest, self._chunk))):
                    with self._changing:
                        read.append(self._reading.older(rows[::-1]))
                    unread, oldest = unread - len(rows), rows[-1][0]
                    if self._closed.wait(_PAUSE):
                        break
            unread = unread if read else 0
        finally:
            with self._changing:
                for arrays in read:
                    self._columns.prepend(arrays)
                self._unread, self._oldest = unread, oldest

    def _current(self) -> Table:
        if self._known.version != self._version():
            self._known = self._snapshot()
        return self._known

    def _version(self) -> tuple[int, ...]:
        return (*self._file, self._oldest, self._newest, len(self._columns))

    def _snapshot(self) -> Table:
        codings = self._reading.codings
        return Table(
            Content(
                path=self.path,
                total=len(self._columns) + self._unread,
                version=self._version(),
                arrays=self._columns.views(),
                names={c: (coding.names, len(coding.names)) for c, coding in codings.items()},
            )
        )


def _batches(rows: Iterator[tuple[Any, ...]]) -> Iterator[list[tuple[Any, ...]]]:
    while batch := list(itertools.islice(rows, _BATCH)):
        yield batch


def _identity(path: Path) -> tuple[int, int]:
    """Which file it is. Raises CrawlError if it is not there."""
    try:
        found = path.stat()
    except OSError as error:
        raise CrawlError(f"cannot read {path}: {error.strerror}") from error
    return found.st_dev, found.st_ino
