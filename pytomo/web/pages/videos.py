"""The videos that were played: a list to filter and sort, each with a link to its own page."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from pytomo.analysis.table import FEW_VALUES, MANY_VALUES, WORDS, Indices, Table
from pytomo.database import ROW_ID, quoted
from pytomo.results import COLUMNS
from pytomo.web.formatting import web_address
from pytomo.web.page import Page
from pytomo.web.parameters import PAGE as PAGE_NUMBER
from pytomo.web.parameters import SELECTION, SIZE, Parameter, word
from pytomo.web.request import Request
from pytomo.web.site import Source

TIME = "ID"
NEWEST_FIRST = f"-{TIME}"
SORTABLE = (TIME, *(m.column for m in COLUMNS if m.column in (*MANY_VALUES, *FEW_VALUES, *WORDS)))
SORT = Parameter(
    "sort",
    "Column to sort by; with - before it, the largest first. Rows without a value come last.",
    word,
    NEWEST_FIRST,
    tuple(f"{sign}{column}" for column in SORTABLE for sign in ("", "-")),
)
SIZES = (50, 100, 500)
"""Rows of a page that are offered."""
LONGEST_WAIT = 60.0
"""Seconds until all rows of a database are read."""
_COLUMNS = (ROW_ID, *(metric.column for metric in COLUMNS))
_AT_ONCE = 500
Row = Mapping[str, Any]
"""A row by its column names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Videos:
    """A page of the list of videos."""

    total: int
    """Rows that are selected, on all pages."""
    page: int
    """Which page this is, from 1."""
    pages: int
    """How many there are."""
    size: int
    """Rows on a page."""
    sort: str
    """The column that rows are sorted by; after `-` the largest first."""
    rows: tuple[Row, ...]
    """RowId and every column, as in the database."""
    order: Indices = field(repr=False)
    """RowIds, up to those of this page; of a CSV, all."""
    source: Source = field(repr=False)

    @property
    def listed(self) -> tuple[dict[str, Any], ...]:
        """The columns of the table on the page."""
        return LISTED

    @property
    def sizes(self) -> tuple[int, ...]:
        """Rows of a page that are offered."""
        return SIZES

    def address(self, row: Row) -> str:
        """The page of a row's video at its site, if that can be a link."""
        return web_address(row["Url"])


def build(request: Request) -> Videos:
    """The rows that are asked for; of a CSV, which has all of them, only their numbers."""
    asked, whole = request.arguments, request.kind == "csv"
    table = _all_rows(request) if whole else request.table()
    size, page, sort = asked["size"], asked["page"], asked["sort"]
    last = len(table) if whole else min(len(table), page * size)
    order = table.row_id[in_order(table, sort, last)]
    shown = [] if whole else order[(page - 1) * size :].tolist()
    return Videos(
        total=len(table),
        page=page,
        pages=max(1, -(-len(table) // size)),
        size=size,
        sort=sort,
        rows=tuple(rows(request.source, shown)),
        order=order,
        source=request.source,
    )


def _all_rows(request: Request) -> Table:
    """The selected rows, once the older ones are read, too."""
    frame = request.source.frame
    frame.wait(LONGEST_WAIT)
    return request.selection().of(frame.known)


def in_order(table: Table, sort: str, count: int) -> Indices:
    """The places of the first rows in the order of a column, after `-` the largest first.

    Of equal ones the newest is first; those without a value are last.
    """
    column, descending = sort.removeprefix("-"), sort.startswith("-")
    if column == TIME:
        return np.arange(len(table))[:: -1 if descending else 1][:count]
    values = (_ranks(table, column) if column in WORDS else table.numbers(column))[::-1]
    values = np.where(np.isnan(values), np.inf, -values if descending else values)
    some = np.arange(len(table))
    if 0 < count < len(table):
        some = np.flatnonzero(values <= np.partition(values, count - 1)[count - 1])
    ordered = some[np.argsort(values[some], kind="stable")][:count]
    return len(table) - 1 - ordered


def _ranks(table: Table, column: str) -> Any:
    """For each row the place of its word in the alphabet; NaN where there is none."""
    words = table.words(column)
    rank = np.full(len(words.names) + 1, np.nan, dtype=np.float32)
    rank[np.argsort(np.array(words.names, dtype=np.str_))] = np.arange(len(words.names))
    return rank[words.codes]


def rows(source: Source, row_ids: Sequence[int]) -> Iterator[Row]:
    """These rows of the database, in this order. Raises CrawlError."""
    names = ", ".join(map(quoted, _COLUMNS))
    for start in range(0, len(row_ids), _AT_ONCE):
        some = row_ids[start : start + _AT_ONCE]
        marks = ", ".join("?" * len(some))
        with source.database() as database:
            found = database.query(
                f"SELECT {names} FROM measurements WHERE {ROW_ID} IN ({marks})", some
            )
            by_id = {row[0]: dict(zip(_COLUMNS, row, strict=True)) for row in found}
        yield from (by_id[row_id] for row_id in some if row_id in by_id)


def lines(value: Videos) -> Iterator[Row]:
    """All selected rows; the database is opened for some hundred at a time."""
    return rows(value.source, value.order.tolist())


LISTED = (
    {"text": "Time", "unit": "UTC", "sort": TIME},
    {"text": "Video"},
    {"text": "Outcome", "sort": "Outcome"},
    {"text": "Startup", "unit": "s", "sort": "StartupDelay", "number": True},
    {"text": "Stalls", "sort": "DownloadInterruptions", "number": True},
    {"text": "Stalled", "unit": "ratio", "sort": "StallRatio", "number": True},
    {"text": "Throughput", "unit": "kbps", "sort": "AverageThroughput", "number": True},
    {"text": "Bitrate", "unit": "kbps", "sort": "EncodingRate", "number": True},
    {"text": "Reception", "sort": "ReceptionRatio", "number": True},
    {"text": "Ping", "unit": "ms", "sort": "PingMin", "number": True},
    {"text": "Cache host", "sort": "CacheHost"},
    {"text": "AS", "sort": "ASNumber", "number": True},
    {"text": "Resolvers", "sort": "Resolver"},
)


PAGE = Page(
    name="videos",
    path="/videos",
    title="Videos",
    text="The videos that were played, to filter and to sort; the CSV has every selected row.",
    parameters=(*SELECTION, SORT, PAGE_NUMBER, SIZE),
    build=build,
    lines=lines,
    menu="Videos",
)
