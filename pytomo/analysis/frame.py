"""The measurements of one database in memory, growing as a crawl writes."""

import itertools
import logging
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from zlib import crc32

from pytomo.analysis.columns import Columns
from pytomo.analysis.reading import READ, Arrays, Reading
from pytomo.analysis.table import Content, Table
from pytomo.database import ROW_ID, TIMEOUT, Database
from pytomo.errors import CrawlError

_BATCH = 1000
"""Rows that are converted at once: some milliseconds in which nobody else can compute."""
_PAUSE = 0.001
"""Seconds that others get after each batch that is read in the background."""
_TRIES = 5
_RETRY = 2.0
"""Seconds before a database that could not be read in the background is tried again."""
_SMALLEST = 70
"""Bytes that a row takes at least: it has more columns. Limits what a forged RowId can claim."""
_BEGIN = (
    f"SELECT count(*), max({ROW_ID}), min({ROW_ID}) FROM"
    f" (SELECT {ROW_ID} FROM measurements ORDER BY {ROW_ID} DESC LIMIT ?)"
)
_NEWER = f"{READ} WHERE {ROW_ID} > ? ORDER BY {ROW_ID}"
_ID = f"SELECT ID FROM measurements WHERE {ROW_ID} = ?"
_OLDER = f"{READ} WHERE {ROW_ID} < ? ORDER BY {ROW_ID} DESC LIMIT ?"

log = logging.getLogger(__name__)


class ReplacedError(CrawlError):
    """The file holds other rows than it did."""


class Frame:
    """The rows of one database; several threads may use it.

    The newest rows are there at once; a thread reads the older ones, the newest of them first. The
    database is never held open: a crawl wants it for itself when it ends.
    """

    def __init__(
        self,
        path: Path,
        *,
        first: int = 5_000,
        chunk: int = 50_000,
        timeout: float = TIMEOUT,
        later: float = 0.0,
    ) -> None:
        """Read the newest `first` rows. Raises CrawlError if the database cannot be read.

        Who asks for rows waits `timeout` seconds at most for who has locked the database. Older
        rows are read `later`, in seconds: the first page need not share a processor with them.
        """
        self.path = path
        self._timeout = timeout
        self._later = later
        self.failure: CrawlError | None = None
        """Why older rows could not be read when this was last tried, if so."""
        self._chunk = chunk
        self._changing = threading.Lock()
        self._closed = threading.Event()
        self._file = _identity(path)
        with Database(path, timeout=timeout) as database:
            ((found, newest, oldest),) = database.query(_BEGIN, (first,))
            guess = min(newest or 0, _size(path) // _SMALLEST)
            self._reading = Reading(guess)
            self._columns = Columns(guess)
            self._columns.append(self._reading.nothing())
            self._oldest = oldest or 1
            self._newest = self._oldest - 1
            self._mark = (self._newest, _id(database, self._newest))
            self._add_newer(database)
        self._whole: bool = found < first
        self._unread = 0 if self._whole else max(guess - len(self._columns), 0)
        """A guess until all are read: to count the rows of a large database takes too long."""
        self._known = self._snapshot()
        self._thread = threading.Thread(target=self._read_on, name="older rows", daemon=True)
        if not self._whole:
            self._thread.start()

    @property
    def known(self) -> Table:
        """The rows that are in memory, without a look at the database."""
        with self._changing:
            return self._current()

    def table(self) -> Table:
        """All rows that are known, after reading those that have been written since.

        Raises ReplacedError if it is another database now, and CrawlError if it cannot be read any
        more; `known` is still there then.
        """
        with self._changing:
            with self._opened(self._timeout) as database:
                self._add_newer(database)
            return self._current()

    def wait(self, timeout: float) -> bool:
        """Wait so many seconds at most until all older rows are read; whether they are."""
        if self._thread.ident is not None:
            self._thread.join(timeout)
        return self._whole

    def close(self) -> None:
        """Stop reading older rows."""
        self._closed.set()
        if self._thread.ident is not None:
            self._thread.join()

    def _add_newer(self, database: Database) -> None:
        for rows in _batches(database.query(_NEWER, (self._newest,))):
            self._columns.append(self._reading.newer(rows))
            self._newest = rows[-1][0]
        if self._mark[0] != self._newest:
            self._mark = (self._newest, _id(database, self._newest))

    def _opened(self, timeout: float) -> Database:
        """The database, if it is still the same. Raises ReplacedError if it has been copied over.

        A row that is known tells that: a program such as cp changes what a file holds, not which
        file it is. Raises CrawlError if it is another file.
        """
        if _identity(self.path) != self._file:
            raise CrawlError(f"{self.path} has been replaced by another file")
        row_id, known = self._mark
        database = Database(self.path, timeout=timeout)
        try:
            if _id(database, row_id) != known:
                raise ReplacedError(f"{self.path} has been replaced: its rows are others")
        except BaseException:
            database.close()
            raise
        return database

    def _read_on(self) -> None:
        tries = 0
        self._closed.wait(self._later)
        while not self._whole and not self._closed.is_set():
            try:
                self._read_chunk()
                tries, self.failure = 0, None
            except CrawlError as error:
                tries, self.failure = tries + 1, error
                log.warning("%s", error)
                if tries == _TRIES or isinstance(error, ReplacedError):
                    break
                self._closed.wait(_RETRY)
            except Exception as error:
                log.exception("a bug while older rows of %s were read", self.path)
                self.failure = CrawlError(f"cannot read older rows of {self.path}: {error!r}")
                break

    def _read_chunk(self) -> None:
        """Read older rows; they are seen when the chunk is whole, so that pages can be cached."""
        read: list[Arrays] = []
        count, oldest, whole = 0, self._oldest, False
        try:
            with self._opened(TIMEOUT) as database:
                for rows in _batches(database.query(_OLDER, (oldest, self._chunk))):
                    with self._changing:
                        read.append(self._reading.older(rows[::-1]))
                    count, oldest = count + len(rows), rows[-1][0]
                    if self._closed.wait(_PAUSE):
                        return
            whole = count < self._chunk
        finally:
            with self._changing:
                for arrays in read:
                    self._columns.prepend(arrays)
                self._oldest, self._whole = oldest, whole
                self._unread = 0 if whole else max(self._unread - count, 0)

    def _current(self) -> Table:
        if self._known.version != self._version():
            self._known = self._snapshot()
        return self._known

    def _version(self) -> tuple[int, ...]:
        read = (self._oldest, self._newest, len(self._columns), self._unread)
        return (*self._file, *read, crc32(repr(self._mark).encode()))

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


def _id(database: Database, row_id: int) -> Any:
    """The ID of a row; None if it has none, or there is no such row."""
    return next(database.query(_ID, (row_id,)), (None,))[0]


def _identity(path: Path) -> tuple[int, int]:
    """Which file it is. Raises CrawlError if it is not there."""
    try:
        found = path.stat()
    except OSError as error:
        raise CrawlError(f"cannot read {path}: {error.strerror}") from error
    return found.st_dev, found.st_ino


def _size(path: Path) -> int:
    """Bytes of a database, with what waits in its WAL."""
    size = path.stat().st_size
    with suppress(OSError):
        size += path.with_name(f"{path.name}-wal").stat().st_size
    return size
