"""What of a database can be exported, each table with its columns, their types and meanings."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

from pytomo.database import ROW_ID, Database, quoted
from pytomo.results import COLUMNS


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


def _measurements(database: Database) -> Iterator[tuple[Any, ...]]:
    return database.select([column.name for column in MEASUREMENTS.columns])


def _query(table: str, sql: str, database: Database) -> Iterator[tuple[Any, ...]]:
    """The result of a query of a table: nothing where an older Pytomo did not have it."""
    return database.query(sql) if database.has(table) else iter(())


def _arrivals(database: Database) -> Iterator[tuple[Any, ...]]:
    for (row_id,) in _query("traces", "SELECT RowId FROM traces ORDER BY RowId", database):
        for number, arrival in enumerate(database.trace(row_id)):
            yield row_id, number, *arrival


def _facts(database: Database) -> Iterator[tuple[str, str]]:
    for key, value in database.facts().items():
        yield key, json.dumps(value, ensure_ascii=False)


_ROW = Column(ROW_ID, int, "The row of the measurements that it belongs to.")
_NUMBER = Column("Number", int, "Its place among those of the row, from 0.")


def _of_rows(name: str, text: str, *columns: Column) -> Table:
    """A table of the database whose lines belong to rows of the measurements, and are numbered."""
    known = (_ROW, _NUMBER, *columns)
    names = ", ".join(quoted(column.name) for column in known)
    sql = f"SELECT {names} FROM {name} ORDER BY {ROW_ID}, {_NUMBER.name}"
    return Table(name, text, known, partial(_query, name, sql))


MEASUREMENTS = Table(
    "measurements",
    "A row for each address tried, in the order of time: the columns of docs/statistics.md.",
    (
        *(Column(metric.column, metric.type, metric.text, metric.unit) for metric in COLUMNS),
        Column(ROW_ID, int, "Number of the row."),
    ),
    _measurements,
)
_PAUSE = (
    Column("Start", float, "When it began, since the first media request.", "s"),
    Column("Length", float, "How long it was.", "s"),
    Column("Position", float, "Where in the video the picture froze.", "s"),
    Column("Censored", bool, "Whether it was still open when the sample ended."),
)
STALLS = _of_rows("stalls", "The stalls of each row.", *_PAUSE)
FREEZES = _of_rows(
    "freezes", "The freezes of each row: the picture stood still while the sound went on.", *_PAUSE
)
ANSWERS = _of_rows(
    "answers",
    "What each resolver said about the host of a video, with the first row of the video.",
    Column("Resolver", str, "Name of the resolver."),
    Column("Host", str, "The name that it was asked for."),
    Column("IPs", str, "Addresses, joined by commas."),
    Column("CanonicalName", str, "The name at the end of the CNAME chain."),
    Column("Time", float, "How long it took to answer.", "s"),
    Column("Outcome", str, "What went wrong, if anything."),
    Column("Phase", str, "Where it went wrong."),
    Column("Detail", str, "What was said about it."),
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
        Column("Appended", float, "The same of whole segments only; empty: the same.", "s"),
        Column("Blocks", float, "The same of whole blocks of a file only; empty: the same.", "s"),
        Column("Sound", float, "That of the sound alone in these; empty: the same.", "s"),
    ),
    _arrivals,
)
CRAWL = Table(
    "crawl",
    "What is known of the crawl as a whole: its settings, versions and times.",
    (Column("Key", str, "Name of the fact."), Column("Value", str, "The fact, as JSON.")),
    _facts,
)

TABLES = (MEASUREMENTS, STALLS, FREEZES, ANSWERS, ARRIVALS, CRAWL)
