"""A database in the formats that other programs read, streamed: memory stays flat.

`FORMATS` says how, `TABLES` what: the measurements (a row for each address tried), or what belongs
to them. Types are those of `COLUMNS`, whatever SQLite holds: NULL, and what is no value of its
column's type, is an empty field in CSV and null elsewhere.
"""

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from itertools import islice
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

from pytomo.database import ROW_ID, TABLE, Database
from pytomo.errors import UsageError
from pytomo.results import COLUMNS

BATCH = 2000
"""Rows that are in memory at once."""
ROW_GROUP = 10
"""Batches of a row group of Parquet."""


class Column(NamedTuple):
    """A column of a table, as other programs are to see it."""

    name: str
    type: type
    """int, float, str, bool or datetime (UTC)."""
    text: str
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """Something that can be exported."""

    name: str
    text: str
    columns: tuple[Column, ...]
    read: Callable[[Database], Iterator[tuple[Any, ...]]]
    """Its rows as SQLite has them, one at a time."""


Batches = Iterable[Sequence[Sequence[Any]]]
"""Some rows at a time; of those, the cells of each column, of its type or None."""


@dataclass(frozen=True, slots=True)
class Format:
    """A way to write a table as bytes."""

    name: str
    text: str
    media_type: str
    encode: Callable[[Table, Batches], Iterator[bytes]]
    """Raises UsageError if what it needs is not installed."""


def export(path: Path, form: Format, table: Table) -> Iterator[bytes]:
    """A table of the database at `path`, piece by piece, as it was when the reading began.

    Raises CrawlError for a file that cannot be read, UsageError as `Format.encode`.
    """
    with Database(path) as database:
        yield from form.encode(table, batches(table, database))


def batches(table: Table, database: Database, *, size: int = BATCH) -> Batches:
    """The rows of a table, each cell of its column's type or None, `size` rows at a time."""
    rows = table.read(database)
    while batch := list(islice(rows, size)):
        columns = zip(zip(*batch, strict=True), table.columns, strict=True)
        yield [typed(cells, column.type) for cells, column in columns]


def typed(cells: Sequence[Any], kind: type) -> Sequence[Any]:
    """The cells of a column with each that is not of its type converted, or None."""
    if set(map(type, cells)) <= _AS_STORED.get(kind, set()):
        return cells
    return [_converted(cell, _CONVERSIONS[kind]) for cell in cells]


def _converted(cell: Any, convert: Callable[[Any], Any]) -> Any:
    try:
        return None if cell is None else convert(cell)
    except (TypeError, ValueError, OverflowError):
        return None


def _text(cell: Any) -> str:
    return cell.decode("utf-8", "replace") if isinstance(cell, bytes) else str(cell)


def _utc(cell: Any) -> datetime:
    time = datetime.fromisoformat(cell)
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)


_AS_STORED: Mapping[type, set[type]] = {kind: {kind, type(None)} for kind in (int, float, str)}
_CONVERSIONS: Mapping[type, Callable[[Any], Any]] = {
    int: int,
    float: float,
    str: _text,
    bool: lambda cell: bool(int(cell)),
    datetime: _utc,
}


def _csv(table: Table, rows: Batches) -> Iterator[bytes]:
    written = io.BytesIO()
    text = io.TextIOWrapper(written, "utf-8", newline="", write_through=True)
    writer = csv.writer(text)
    writer.writerow(column.name for column in table.columns)
    yield _taken(written)
    for columns in rows:
        writer.writerows(zip(*_plain(table, columns, _TRUTHS), strict=True))
        yield _taken(written)


def _taken(written: io.BytesIO) -> bytes:
    piece = written.getvalue()
    written.seek(0)
    written.truncate()
    return piece


_TRUTHS = {True: "true", False: "false"}


def _plain(
    table: Table, columns: Sequence[Sequence[Any]], words: Mapping[Any, Any]
) -> Iterator[Sequence[Any]]:
    """The columns of a batch with times as RFC 3339 writes them, and `words` for truth values."""
    for column, cells in zip(table.columns, columns, strict=True):
        if column.type is datetime:
            yield [cell and cell.isoformat(timespec="microseconds")[:-6] + "Z" for cell in cells]
        else:
            yield [words.get(cell) for cell in cells] if column.type is bool and words else cells


def _json(table: Table, rows: Batches) -> Iterator[bytes]:
    names = [column.name for column in table.columns]
    between = "[\n"
    for columns in rows:
        cells = zip(*_plain(table, columns, {}), strict=True)
        objects = (dict(zip(names, row, strict=True)) for row in cells)
        yield (between + ",\n".join(map(_object, objects))).encode()
        between = ",\n"
    yield b"\n]\n" if between == ",\n" else b"[]\n"


def _object(cells: Mapping[str, Any]) -> str:
    try:
        return json.dumps(cells, ensure_ascii=False, allow_nan=False)
    except ValueError:  # JSON has no infinity (RFC 8259, section 6)
        finite = {name: None if _endless(cell) else cell for name, cell in cells.items()}
        return json.dumps(finite, ensure_ascii=False, allow_nan=False)


def _endless(cell: Any) -> bool:
    return isinstance(cell, float) and cell - cell != 0


def _parquet(table: Table, rows: Batches) -> Iterator[bytes]:
    pyarrow = _pyarrow()
    schema = _schema(table, pyarrow)
    written = io.BytesIO()
    groups = iter(rows)
    with pyarrow.parquet.ParquetWriter(written, schema, compression="zstd") as writer:
        while group := [_record(batch, schema, pyarrow) for batch in islice(groups, ROW_GROUP)]:
            writer.write_table(pyarrow.Table.from_batches(group, schema))
            yield _taken(written)
    yield _taken(written)


def _pyarrow() -> ModuleType:
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError as error:
        raise UsageError(
            f"Parquet needs the Python package pyarrow ({error}): `pip install pyarrow`, "
            "or choose csv or json"
        ) from None
    return pyarrow  # type: ignore[no-any-return]


def _schema(table: Table, pyarrow: ModuleType) -> Any:
    types = {
        int: pyarrow.int64(),
        float: pyarrow.float64(),
        str: pyarrow.string(),
        bool: pyarrow.bool_(),
        datetime: pyarrow.timestamp("us", tz="UTC"),
    }
    fields = [
        pyarrow.field(name, types[kind], metadata={"unit": unit, "meaning": text})
        for name, kind, text, unit in table.columns
    ]
    return pyarrow.schema(fields, metadata={"table": table.name, "meaning": table.text})


def _record(columns: Sequence[Sequence[Any]], schema: Any, pyarrow: ModuleType) -> Any:
    arrays = [
        pyarrow.array(cells, field.type) for cells, field in zip(columns, schema, strict=True)
    ]
    return pyarrow.record_batch(arrays, schema=schema)


def _measurements(database: Database) -> Iterator[tuple[Any, ...]]:
    return database.select([column.name for column in MEASUREMENTS.columns])


def _query(sql: str, database: Database) -> Iterator[tuple[Any, ...]]:
    """The result of a query of what the first Pytomo did not keep: nothing, in its databases."""
    return database.query(sql) if database.table == TABLE else iter(())


def _arrivals(database: Database) -> Iterator[tuple[Any, ...]]:
    for (row_id,) in _query("SELECT RowId FROM traces ORDER BY RowId", database):
        for number, arrival in enumerate(database.trace(row_id)):
            yield row_id, number, *arrival


def _facts(database: Database) -> Iterator[tuple[str, str]]:
    for key, value in database.facts().items():
        yield key, json.dumps(value, ensure_ascii=False)


_ROW = Column(ROW_ID, int, "The row of the measurements that it belongs to.")
_NUMBER = Column("Number", int, "Its place among those of the row, from 0.")

MEASUREMENTS = Table(
    "measurements",
    "A row for each address tried, in the order of time: the columns of docs/statistics.md.",
    (
        *(Column(metric.column, metric.type, metric.text, metric.unit) for metric in COLUMNS),
        Column(ROW_ID, int, "Number of the row."),
    ),
    _measurements,
)
STALLS = Table(
    "stalls",
    "The stalls of each row.",
    (
        _ROW,
        _NUMBER,
        Column("Start", float, "When it began, since the first media request.", "s"),
        Column("Length", float, "How long it was.", "s"),
        Column("Position", float, "Where in the video the picture froze.", "s"),
        Column("Censored", bool, "Whether it was still open when the sample ended."),
    ),
    partial(_query, "SELECT * FROM stalls ORDER BY RowId, Number"),
)
ANSWERS = Table(
    "answers",
    "What each resolver said about the host of a video, with the first row of the video.",
    (
        _ROW,
        _NUMBER,
        Column("Resolver", str, "Name of the resolver."),
        Column("Host", str, "The name that it was asked for."),
        Column("IPs", str, "Addresses, joined by commas."),
        Column("CanonicalName", str, "The name at the end of the CNAME chain."),
        Column("Time", float, "How long it took to answer.", "s"),
        Column("Outcome", str, "What went wrong, if anything."),
        Column("Phase", str, "Where it went wrong."),
        Column("Detail", str, "What was said about it."),
    ),
    partial(_query, "SELECT * FROM answers ORDER BY RowId, Number"),
)
ARRIVALS = Table(
    "arrivals",
    "The media of each row as it came, read by read.",
    (
        _ROW,
        _NUMBER,
        Column("Time", float, "When it came, since the first media request.", "s"),
        Column("Track", int, "The track that it belongs to, from 0."),
        Column("Size", int, "How much came.", "bytes"),
        Column(
            "Playable",
            float,
            "Media of the track that can be played by then; infinite (null in JSON) once all is.",
            "s",
        ),
    ),
    _arrivals,
)
CRAWL = Table(
    "crawl",
    "What is known of the crawl as a whole: its settings, versions and times.",
    (Column("Key", str, "Name of the fact."), Column("Value", str, "The fact, as JSON.")),
    _facts,
)

TABLES = (MEASUREMENTS, STALLS, ANSWERS, ARRIVALS, CRAWL)

FORMATS = (
    Format("csv", "RFC 4180, with a header; UTF-8", "text/csv; charset=utf-8", _csv),
    Format("json", "one array of objects, an object a line", "application/json", _json),
    Format("parquet", "typed columns, with units", "application/vnd.apache.parquet", _parquet),
)
