"""A crawl's database, read: ours while it grows or later, and those of the first Pytomo.

Whatever the age of the database, `rows` and the view `measurements` have every column of
`COLUMNS`; those that it does not know are NULL. SQLite's own types are kept: ID is the UTC text
"YYYY-MM-DD HH:MM:SS.ffffff", truth values are 0 and 1.
"""

import dataclasses
import functools
import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Self

from pytomo.errors import CrawlError, Failure, LockedError, Outcome, Phase
from pytomo.metrics import Metric
from pytomo.results import COLUMNS, Answer, Arrival, Fetched, Freeze, Stall
from pytomo.trace import decode

TIMEOUT = 10.0
"""Seconds to wait for a database that another process has locked."""
TABLE = "pytomo_crawl"
ROW_ID = "RowId"
FILE_ENDING = ".pytomo_database.db"
EARLIEST, LATEST = "1990", "2100"
"""Years: an ID from before the first or from the second on is no time; the clock was wrong."""
_DAMAGED = {
    sqlite3.SQLITE_CORRUPT: "this database is damaged (cut off?)",
    sqlite3.SQLITE_NOTADB: "this is no database, or it is damaged",
}
"""What SQLite has other words for: "malformed disk image"."""
_TEXT = functools.partial(str, encoding="utf-8", errors="replace")


class Database:
    """A read-only view of a database; a crawl can write to it meanwhile.

    Every method raises CrawlError if the file cannot be read or is no database of Pytomo.
    """

    def __init__(self, path: Path, *, timeout: float = TIMEOUT) -> None:
        self.path = path
        with told("read", path):
            self._connection = _opened(path, timeout)
            try:
                self.table = self._present()
            except BaseException:
                self._connection.close()
                raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Leave the database."""
        self._connection.close()

    def query(self, sql: str, parameters: Sequence[Any] = ()) -> Iterator[tuple[Any, ...]]:
        """The result of a SELECT, row by row: memory stays flat however long it is."""
        with told("read", self.path), closing(self._connection.cursor()) as cursor:
            cursor.arraysize = 500
            cursor.execute(sql, parameters)
            while batch := cursor.fetchmany():
                yield from batch

    def select(self, columns: Sequence[str], *, since: str = "") -> Iterator[tuple[Any, ...]]:
        """These columns of every row with an ID from `since`, in the order of time."""
        names = ", ".join(quoted(column) for column in columns)
        return self.query(
            f"SELECT {names} FROM measurements WHERE ID >= ? ORDER BY ID, {ROW_ID}", (since,)
        )

    def rows(self, *, since: str = "") -> Iterator[dict[str, Any]]:
        """RowId and every column of every row with an ID from `since`, in the order of time."""
        columns = (ROW_ID, *(metric.column for metric in COLUMNS))
        for row in self.select(columns, since=since):
            yield dict(zip(columns, row, strict=True))

    def trace(self, row_id: int) -> tuple[Arrival, ...]:
        """The arrivals of a row; none if nothing was downloaded."""
        found = self._of_row("SELECT Trace FROM traces WHERE RowId = ?", row_id)
        try:
            return decode(found[0][0]) if found else ()
        except ValueError as error:
            raise CrawlError(f"cannot read row {row_id} of {self.path}: {error}") from error

    def tracks(self, row_id: int) -> int:
        """The number of tracks that the trace of a row tells of; 0 without one."""
        found = self._of_row("SELECT Tracks FROM traces WHERE RowId = ?", row_id)
        return int(found[0][0]) if found else 0

    def stalls(self, row_id: int) -> tuple[Stall, ...]:
        """The stalls of a row, in order."""
        return tuple(Stall(*pause) for pause in self._pauses("stalls", row_id))

    def freezes(self, row_id: int) -> tuple[Freeze, ...]:
        """The freezes of a row, in order; none in databases from before they were told apart."""
        known = self.has("freezes")
        return tuple(Freeze(*pause) for pause in self._pauses("freezes", row_id)) if known else ()

    def segments(self, row_id: int) -> tuple[Fetched, ...]:
        """The segments that were asked for, in the order of time; none of a file without any."""
        if not self.has("segments"):
            return ()
        columns = "Track, Segment, Rung, Bitrate, Height, Start, Duration, Asked, Finished, Bytes"
        sql = f"SELECT {columns} FROM segments WHERE RowId = ? ORDER BY Number"
        names = [field.name for field in dataclasses.fields(Fetched)]
        return tuple(
            Fetched(**dict(zip(names, row, strict=True))) for row in self._of_row(sql, row_id)
        )

    def answers(self, row_id: int) -> tuple[Answer, ...]:
        """What the resolvers said; kept with the first row of each video."""
        sql = (
            "SELECT Resolver, Host, IPs, CanonicalName, Time, Outcome, Phase, Detail"
            " FROM answers WHERE RowId = ? ORDER BY Number"
        )
        try:
            return tuple(_answer(*row) for row in self._of_row(sql, row_id))
        except ValueError as error:
            raise CrawlError(f"cannot read row {row_id} of {self.path}: {error}") from error

    def facts(self) -> dict[str, Any]:
        """What is known of the crawl as a whole; nothing for the first Pytomo's databases."""
        if not self.has("crawl"):
            return {}
        told = self.query("SELECT Key, Value FROM crawl")
        try:
            return {key: json.loads(value) for key, value in told}
        except (ValueError, TypeError, RecursionError) as error:
            raise CrawlError(f"cannot read the facts of {self.path}: {error}") from error

    def _of_row(self, sql: str, row_id: int) -> list[tuple[Any, ...]]:
        if self.table != TABLE:
            return []
        return list(self.query(sql, (row_id,)))

    def _pauses(self, table: str, row_id: int) -> Iterator[tuple[float, float, float, bool]]:
        sql = f"SELECT Start, Length, Position, Censored FROM {table} WHERE RowId = ?"
        for start, length, position, censored in self._of_row(f"{sql} ORDER BY Number", row_id):
            yield start, length, position, bool(censored)

    def has(self, table: str) -> bool:
        """Whether the database has a table of this name: older ones lack some."""
        return any(self.query("SELECT 1 FROM main.sqlite_schema WHERE name = ?", (table,)))

    def _present(self) -> str:
        """Make the view `measurements` (of this connection only); the name of the table."""
        tables = self._connection.execute(
            "SELECT name FROM main.sqlite_schema WHERE type = 'table' AND name GLOB ?"
            " ORDER BY name = ? DESC, name DESC",
            (f"{TABLE}*", TABLE),
        )
        found = tables.fetchone()
        if found is None:
            raise CrawlError(f"{self.path} is no database of Pytomo")
        self._connection.execute(_view(found[0], self._columns(found[0])))
        if found[0] != TABLE:  # The first Pytomo wrote whatever bytes it was given.
            self._connection.text_factory = _TEXT
        self._connection.execute("PRAGMA query_only = ON")
        self._connection.execute("PRAGMA trusted_schema = OFF")
        return str(found[0])

    def _columns(self, table: str) -> frozenset[str]:
        described = self._connection.execute(f"PRAGMA main.table_info({quoted(table)})")
        return frozenset(name for _, name, *_ in described)


def rows(path: Path) -> Iterator[dict[str, Any]]:
    """Every row of a database, in the order of time, as `Database.rows`."""
    with Database(path) as database:
        yield from database.rows()


def read_trace(path: Path, row_id: int) -> tuple[Arrival, ...]:
    """The arrivals of one row of a database."""
    with Database(path) as database:
        return database.trace(row_id)


def crawl_facts(path: Path) -> dict[str, Any]:
    """What a database says of the crawl as a whole."""
    with Database(path) as database:
        return database.facts()


@contextmanager
def told(doing: str, path: Path) -> Iterator[None]:
    """Whatever SQLite complains of becomes one clear CrawlError."""
    try:
        yield
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        kind = LockedError if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED) else CrawlError
        raise kind(f"cannot {doing} {path}: {_DAMAGED.get(code, error)}") from error


def quoted(name: str) -> str:
    """A name as SQL wants it: those of the first Pytomo's tables contain dots and dashes."""
    return '"' + name.replace('"', '""') + '"'


def _opened(path: Path, timeout: float) -> sqlite3.Connection:
    if path.exists() and not path.is_file():  # SQLite would wait for a pipe's writer for ever
        raise CrawlError(f"cannot read {path}: it is no regular file")
    uri = path.absolute().as_uri()
    try:
        return _connected(f"{uri}?mode=ro", timeout)
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY:
            raise  # Who has locked it is writing: it must not be read as if nobody were.
        # A database in WAL mode wants to write beside itself even to be read. On a disk that
        # does not let us, it can still be read if nothing is waiting in a WAL.
        if not path.is_file() or path.with_name(f"{path.name}-wal").exists():
            raise
        return _connected(f"{uri}?mode=ro&immutable=1", timeout)


def _connected(uri: str, timeout: float) -> sqlite3.Connection:
    connection = sqlite3.connect(uri, uri=True, timeout=timeout, isolation_level=None)
    try:
        connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    except BaseException:
        connection.close()
        raise
    return connection


def _view(table: str, known: frozenset[str]) -> str:
    columns = ", ".join(f"{_cell(table, known, m)} AS {quoted(m.column)}" for m in COLUMNS)
    return (
        f"CREATE TEMP VIEW measurements AS SELECT rowid AS {ROW_ID}, {columns}"
        f" FROM main.{quoted(table)}"
    )


_UNIX_OR_TEXT = (
    "CASE WHEN trim(ID, '0123456789.') = '' AND ID <> ''"
    " THEN strftime('%Y-%m-%d %H:%M:%f', ID + 0, 'unixepoch') || '000' ELSE ID END"
)
"""The ID of the first Pytomo's rows: some of its databases have Unix seconds there."""


def _cell(table: str, known: frozenset[str], metric: Metric) -> str:
    name = quoted(metric.column)
    if metric.column not in known:
        return "NULL"
    if table == TABLE or metric.type not in (int, float):
        return name if table == TABLE or metric.column != "ID" else _UNIX_OR_TEXT
    # The first Pytomo wrote words such as None where it had no number.
    number = f"trim({name}, '0123456789.eE+-') = '' AND {name} <> ''"
    return f"CASE WHEN {number} THEN {name} + 0 END"


def _answer(
    resolver: str,
    host: str,
    ips: str,
    canonical_name: str | None,
    time: float,
    *failure: str,
) -> Answer:
    return Answer(
        resolver=resolver,
        host=host,
        ips=tuple(ips.split(",")) if ips else (),
        canonical_name=canonical_name,
        time=time,
        failure=_failure(*failure) if failure[0] else None,
    )


def _failure(outcome: str, phase: str, detail: str) -> Failure:
    """Of an outcome that only a newer Pytomo knows, all we know is that there was no address."""
    if outcome in list(Outcome):
        return Failure(Outcome(outcome), Phase(phase), detail)
    told = f"unknown outcome: {outcome}; {detail}"
    return Failure(Outcome.DNS_NO_ADDRESS, Phase.RESOLVE, told)
