"""The sink that keeps everything: a SQLite database, one transaction a row.

Tables: `pytomo_crawl` (the classic columns first, then the others, then RowId), `stalls`,
`freezes`, `answers`, `segments` and `traces` (of a row), and `crawl` (facts of the crawl as a
whole, as JSON).
`database.py` reads them.
"""

import dataclasses
import json
import re
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from pytomo.database import (
    FILE_ENDING,
    ROW_ID,
    TABLE,
    TIMEOUT,
    crawl_facts,
    quoted,
    read_trace,
    rows,
    told,
)
from pytomo.errors import CrawlError
from pytomo.results import COLUMNS, Answer, Freeze, Playback, Row, Stall
from pytomo.trace import encode

__all__ = ["Store", "crawl_facts", "database_name", "name_part", "read_trace", "rows"]

_TYPES: Mapping[type, str] = {int: "INTEGER", bool: "INTEGER", float: "REAL"}
LARGEST = 2**63 - 1
"""What SQLite's integers hold."""
_COLUMNS = ", ".join(f"{quoted(m.column)} {_TYPES.get(m.type, 'TEXT')}" for m in COLUMNS)
_SCHEMA = (
    f"CREATE TABLE {TABLE} ({_COLUMNS}, {ROW_ID} INTEGER PRIMARY KEY)",
    f"CREATE INDEX {TABLE}_ID ON {TABLE} (ID)",
    *(
        f"CREATE TABLE {table} (RowId INTEGER NOT NULL REFERENCES {TABLE}, Number INTEGER NOT NULL,"
        " Start REAL NOT NULL, Length REAL NOT NULL, Position REAL NOT NULL,"
        " Censored INTEGER NOT NULL, PRIMARY KEY (RowId, Number)) WITHOUT ROWID"
        for table in ("stalls", "freezes")
    ),
    f"CREATE TABLE answers (RowId INTEGER NOT NULL REFERENCES {TABLE}, Number INTEGER NOT NULL,"
    " Resolver TEXT NOT NULL, Host TEXT NOT NULL, IPs TEXT NOT NULL, CanonicalName TEXT,"
    " Time REAL NOT NULL, Outcome TEXT, Phase TEXT, Detail TEXT,"
    " PRIMARY KEY (RowId, Number)) WITHOUT ROWID",
    f"CREATE TABLE segments (RowId INTEGER NOT NULL REFERENCES {TABLE}, Number INTEGER NOT NULL,"
    " Track INTEGER NOT NULL, Segment INTEGER NOT NULL, Rung INTEGER NOT NULL, Bitrate REAL,"
    " Height INTEGER, Start REAL NOT NULL, Duration REAL NOT NULL, Asked REAL NOT NULL,"
    " Finished REAL, Bytes INTEGER NOT NULL, PRIMARY KEY (RowId, Number)) WITHOUT ROWID",
    f"CREATE TABLE traces (RowId INTEGER PRIMARY KEY REFERENCES {TABLE},"
    " Tracks INTEGER NOT NULL, Trace BLOB NOT NULL)",
    "CREATE TABLE crawl (Key TEXT PRIMARY KEY, Value TEXT NOT NULL) WITHOUT ROWID",
)


class Store:
    """A new database, open for writing. It is a sink: called with a row, it keeps it.

    Every method raises CrawlError if the disk or a lock held for too long prevents it.
    """

    def __init__(self, path: Path, crawl: Mapping[str, Any], *, timeout: float = TIMEOUT) -> None:
        """Make `path`, its directory included; `crawl` are facts as those of `note`."""
        self.path = path
        with told("create", path):
            self._connection = _created(path, timeout)
        self.note(**crawl)

    def __call__(self, row: Row) -> None:
        """Keep a row, as `add`."""
        self.add(row)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def add(self, row: Row) -> int:
        """Keep a row with all that belongs to it, in one transaction; its RowId."""
        trace = encode(row.arrivals)
        with self._transaction() as connection:
            row_id = _inserted(connection, TABLE, (*row.values().values(), None))
            for table, pauses in _pauses(row.playback):
                for number, pause in enumerate(pauses):
                    _inserted(connection, table, (row_id, number, *dataclasses.astuple(pause)))
            for number, answer in enumerate(row.answers):
                _inserted(connection, "answers", (row_id, number, *_cells(answer)))
            for number, segment in enumerate(row.fetched):
                _inserted(connection, "segments", (row_id, number, *dataclasses.astuple(segment)))
            if row.video is not None:
                _inserted(connection, "traces", (row_id, len(row.video.tracks), trace))
        return row_id

    def note(self, **facts: Any) -> None:
        """Keep facts of the crawl as a whole, in place of earlier ones of the same name.

        A value that JSON does not know is kept as its text.
        """
        cells = [(key, _json(value)) for key, value in facts.items()]
        with self._transaction() as connection:
            connection.executemany("INSERT OR REPLACE INTO crawl VALUES (?, ?)", cells)

    def close(self) -> None:
        """Leave one plain file behind, which even a read-only disk lets people read."""
        with suppress(sqlite3.Error):  # It stays in WAL mode while others read it.
            self._connection.execute("PRAGMA busy_timeout = 0")
            self._connection.execute("PRAGMA journal_mode = DELETE")
        self._connection.close()

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with told("write to", self.path), self._connection:
            self._connection.execute("BEGIN IMMEDIATE")
            yield self._connection


def database_name(hostname: str, service: str, provider: str | None, at: datetime) -> str:
    """The classic file name: host, service, provider if known, time."""
    of = name_part(service) + (f"_{name_part(provider)}" if provider else "")
    return f"{short_name(hostname)}.{of}.{at:%Y-%m-%d.%H_%M_%S}{FILE_ENDING}"


def short_name(hostname: str) -> str:
    """A machine's name without its domain, fit for a file name."""
    return name_part(hostname.partition(".")[0])


def name_part(text: str) -> str:
    """A text made fit to be one of the parts of a file name between dots."""
    return re.sub(r"[^\w-]+", "_", text) or "unknown"


def stored(value: Any) -> Any:
    """A value as SQLite keeps it: UTC text for a time; NULL for what 64 bits cannot hold."""
    if isinstance(value, datetime):
        return f"{value.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f}"
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()  # Titles can hold half a character.
    if isinstance(value, int) and abs(value) > LARGEST:
        return None  # A length that some server claims.
    return value


def _created(path: Path, timeout: float) -> sqlite3.Connection:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CrawlError(f"cannot create {path.parent}: {error.strerror}") from error
    connection = sqlite3.connect(path, timeout=timeout, isolation_level=None)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        with connection:
            connection.execute("BEGIN IMMEDIATE")
            for statement in _SCHEMA:
                connection.execute(statement)
    except BaseException:
        connection.close()
        raise
    return connection


def _inserted(connection: sqlite3.Connection, table: str, cells: Sequence[Any]) -> int:
    marks = ", ".join("?" * len(cells))
    values = [stored(cell) for cell in cells]
    return connection.execute(f"INSERT INTO {table} VALUES ({marks})", values).lastrowid or 0


def _pauses(playback: Playback | None) -> Iterator[tuple[str, Sequence[Stall | Freeze]]]:
    if playback is not None:
        yield "stalls", playback.stalls
        yield "freezes", playback.freezes


def _cells(answer: Answer) -> tuple[Any, ...]:
    failure = answer.failure
    return (
        *(answer.resolver, answer.host, ",".join(answer.ips), answer.canonical_name, answer.time),
        *((failure.outcome, failure.phase, failure.detail) if failure else (None, None, None)),
    )


def _json(value: Any) -> str:
    return json.dumps(value, default=str)
