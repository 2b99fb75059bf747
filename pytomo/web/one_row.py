"""One row of a database with all that belongs to it, as its page and its pictures need it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any

from pytomo.analysis.story import Story, story, visit
from pytomo.database import ROW_ID, Database, quoted
from pytomo.replay import Row
from pytomo.results import COLUMNS, Arrival, Freeze, Stall
from pytomo.web.answers import NotFound
from pytomo.web.site import Source

_COLUMNS = (ROW_ID, *(metric.column for metric in COLUMNS))
_LARGEST = 1e30
"""Of the numbers that are believed: a picture's axes are a thousand times as long at most."""
_NEAR = 100
"""Rows on either side among which those of the same visit are looked for."""


@dataclass(frozen=True, slots=True)
class OneRow:
    """What a database holds of a row."""

    story: Story
    trace: tuple[Arrival, ...]
    near: tuple[Row, ...]
    """The rows round it, in their order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrivals:
    """The trace of a sample, column by column."""

    time: tuple[float, ...]
    """Seconds since the first media request."""
    track: tuple[int, ...]
    """0 is the video (or only) track, 1 the audio track."""
    size: tuple[int, ...]
    """Bytes."""
    playable: tuple[float | None, ...]
    """Media seconds of the track that can be played from what has come; null: all of it."""


def read(source: Source, row_id: int) -> OneRow:
    """The row with those of its visit. Raises NotFound if it is not there, CrawlError."""
    with source.database() as database:
        near = _near(database, row_id)
        if all(row[ROW_ID] != row_id for row in near):
            raise NotFound(f"There is no row {row_id} in {source.name}.")
        rows = visit(near, row_id)
        trace = database.trace(row_id)
        told = story(
            row_id,
            rows,
            arrivals=trace,
            tracks=database.tracks(row_id),
            stalls=[stall for stall in database.stalls(row_id) if _is_one(stall)],
            freezes=[freeze for freeze in database.freezes(row_id) if _is_one(freeze)],
            answers=[answer for row in rows for answer in database.answers(row[ROW_ID])],
        )
    return OneRow(told, trace, near)


def by_column(trace: Sequence[Arrival]) -> Arrivals:
    """A trace, column by column."""
    return Arrivals(
        time=tuple(arrival.time for arrival in trace),
        track=tuple(arrival.track for arrival in trace),
        size=tuple(arrival.size for arrival in trace),
        playable=tuple(a.playable if isfinite(a.playable) else None for a in trace),
    )


def _near(database: Database, row_id: int) -> tuple[Row, ...]:
    names = ", ".join(map(quoted, _COLUMNS))
    found = database.query(
        f"SELECT {names} FROM measurements WHERE {ROW_ID} BETWEEN ? AND ? ORDER BY {ROW_ID}",
        (row_id - _NEAR, row_id + _NEAR),
    )
    return tuple({ROW_ID: row[0], **dict(_cells(row[1:]))} for row in found)


def _cells(cells: Sequence[Any]) -> Iterator[tuple[str, Any]]:
    """Every column; what is of another kind than the column is unknown, whoever wrote it."""
    for metric, cell in zip(COLUMNS, cells, strict=True):
        known = _is_number if metric.type in (int, float, bool) else _is_text
        yield metric.column, cell if known(cell) else None


def _is_number(cell: Any) -> bool:
    """Whether it is one that can be drawn: SQLite keeps text and infinity in any column."""
    return isinstance(cell, int | float) and -_LARGEST <= cell <= _LARGEST


def _is_text(cell: Any) -> bool:
    return isinstance(cell, str)


def _is_one(pause: Stall | Freeze) -> bool:
    return all(map(_is_number, (pause.start, pause.length, pause.position)))
