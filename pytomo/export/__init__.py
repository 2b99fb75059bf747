"""A database in the formats that other programs read, streamed: memory stays flat.

`FORMATS` says how, `TABLES` (of `tables.py`) what. Types are those of the columns, whatever
SQLite holds: NULL, and what is no value of its column's type, is an empty field in CSV and null
elsewhere.
"""

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from types import ModuleType
from typing import Any

from pytomo.database import Database
from pytomo.errors import UsageError
from pytomo.export.tables import Table

BATCH = 2000
"""Rows that are in memory at once."""
ROW_GROUP = 10
"""Batches of a row group of Parquet."""

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


@dataclass(slots=True)
class Lost:
    """What was left out."""

    cells: int = 0
    """Those that were no value of their column's type: text for a number, or one too large."""


def export(path: Path, form: Format, table: Table, lost: Lost | None = None) -> Iterator[bytes]:
    """A table of the database at `path`, piece by piece, as it was when the reading began.

    `lost` is told what is left out. Raises CrawlError for a file that cannot be read, UsageError
    as `Format.encode`.
    """
    with Database(path) as database:
        yield from form.encode(table, batches(table, database, lost=lost))


def batches(
    table: Table, database: Database, *, size: int = BATCH, lost: Lost | None = None
) -> Batches:
    """The rows of a table, each cell of its column's type or None, `size` rows at a time."""
    rows, lost = table.read(database), lost or Lost()
    while batch := list(islice(rows, size)):
        columns = zip(zip(*batch, strict=True), table.columns, strict=True)
        yield [typed(cells, column.type, lost) for cells, column in columns]


def typed(cells: Sequence[Any], kind: type, lost: Lost | None = None) -> Sequence[Any]:
    """The cells of a column with each that is not of its type converted, or None."""
    if set(map(type, cells)) <= _AS_STORED.get(kind, set()):
        return cells
    found = [_converted(cell, _CONVERSIONS[kind]) for cell in cells]
    if lost is not None:
        lost.cells += found.count(None) - cells.count(None)
    return found


def _converted(cell: Any, convert: Callable[[Any], Any]) -> Any:
    try:
        return None if cell is None else convert(cell)
    except (TypeError, ValueError, OverflowError):
        return None


def _whole(cell: Any) -> int:
    """Of 64 bits, as SQLite and other programs have them. Raises OverflowError."""
    number = int(cell)
    if not -(2**63) <= number < 2**63:
        raise OverflowError
    return number


def _text(cell: Any) -> str:
    return cell.decode("utf-8", "replace") if isinstance(cell, bytes) else str(cell)


def _utc(cell: Any) -> datetime:
    time = datetime.fromisoformat(cell)
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)


_AS_STORED: Mapping[type, set[type]] = {kind: {kind, type(None)} for kind in (int, float, str)}
_CONVERSIONS: Mapping[type, Callable[[Any], Any]] = {
    int: _whole,
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


FORMATS = (
    Format("csv", "as RFC 4180 has it, with a header, in UTF-8.", "text/csv; charset=utf-8", _csv),
    Format("json", "one array of objects, an object a line.", "application/json", _json),
    Format(
        "parquet",
        "columns with their types, units and meanings.",
        "application/vnd.apache.parquet",
        _parquet,
    ),
)
