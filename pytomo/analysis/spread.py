"""How a parameter spreads over time: quantiles in each bin of time, what smoke graphs show. Pure.

SmokePing draws the spread of a latency as smoke round its median (Oetiker, "SmokePing", LISA 2001);
here, any parameter, with what such a graph must not hide: times without data, with failures only,
and those in which nothing could be watched.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pytomo.analysis.sample import (
    Values,
    bounded,
    failed,
    never_started,
    parameter,
    quantiles,
    sample,
)
from pytomo.analysis.table import Flags, Table

SHARES = (0.0, 0.1, 0.25, 0.5, 0.75, 0.9, 1.0)
"""The quantiles of a bin: the least, 10 %, 25 %, the median, 75 %, 90 %, the greatest."""
MOSTLY = 0.5
"""A row with a higher StallRatio stalled for longer than it played."""
MOST_BINS = 120
ROWS_A_BIN = 12
"""Few rows get wide bins, so that quantiles mean something."""
MOST_POINTS = 400
"""With as few values, each is told."""
MINUTE, HOUR, DAY = 60.0, 3600.0, 86_400.0
WIDTHS = (
    *(1.0, 2.0, 5.0, 10.0, 15.0, 30.0),
    *(number * MINUTE for number in (1, 2, 5, 10, 15, 30)),
    *(number * HOUR for number in (1, 2, 3, 6, 12)),
    *(number * DAY for number in (1, 2, 7, 14, 28, 91, 364)),
)
"""Seconds that a bin can be long; it begins at a multiple of it (UTC)."""


@dataclass(frozen=True, slots=True)
class Bin:
    """The rows that began in one span of time."""

    start: float
    """Unix time, s."""
    end: float
    rows: int
    """0: no data."""
    count: int
    """Those that know the parameter."""
    quantiles: tuple[float | None, ...]
    """Of `SHARES`; None: endless, as the row never started, or (all of them) not known."""
    failed: float | None
    """Share of measurements that failed, of those that were to be made."""
    stalled: float | None
    """Share of samples that never started, or stalled for longer than they played."""


@dataclass(frozen=True, slots=True)
class Spread:
    """A parameter over time."""

    column: str
    unit: str
    whole: bool
    """Whether it is a whole number."""
    text: str
    start: float | None
    """Unix time, s: of the span looked at, or of the first row; None: no rows."""
    end: float | None
    width: float | None
    """Seconds of a bin."""
    bins: tuple[Bin, ...]
    """All from start to end, empty ones included."""
    points: tuple[tuple[float, float], ...]
    """Time and value of each row, if there are at most `MOST_POINTS`; none of endless ones."""
    rows: int
    count: int
    bounded: int
    """Rows whose value is a lower bound: their last stall was open when the sample ended."""


def spread(
    table: Table, column: str, *, start: float | None = None, end: float | None = None
) -> Spread:
    """The spread of a parameter in the rows of a table, from `start` to `end` (s) if given.

    Raises KeyError for what is no parameter.
    """
    metric = parameter(column)
    values, lower = sample(table, column), bounded(table, column)
    begin, finish = _span(table, start, end)
    width = _width(finish - begin, len(table))
    known = ~np.isnan(values)
    some = np.isfinite(values)
    return Spread(
        column=column,
        unit=metric.unit,
        whole=metric.type is int,
        text=metric.text,
        start=begin if len(table) else start,
        end=finish if len(table) else end,
        width=width if len(table) else None,
        bins=_bins(table, values, begin, finish, width) if len(table) else (),
        points=_points(table.time[some], values[some]) if some.sum() <= MOST_POINTS else (),
        rows=len(table),
        count=int(known.sum()),
        bounded=int(lower.sum()),
    )


def _span(table: Table, start: float | None, end: float | None) -> tuple[float, float]:
    """From when to when; rows outside are none of the table's."""
    first = float(table.time.min()) if len(table) else 0.0
    last = float(table.time.max()) if len(table) else 0.0
    begin = first if start is None else min(start, first)
    return begin, max(last if end is None else max(end, last), begin)


def _width(length: float, rows: int) -> float:
    """The shortest of `WIDTHS` that leaves few enough bins."""
    most = min(MOST_BINS, max(1, rows // ROWS_A_BIN))
    return next((width for width in WIDTHS if width * most >= length), WIDTHS[-1])


def _points(times: Values, values: Values) -> tuple[tuple[float, float], ...]:
    return tuple(zip(times.tolist(), values.astype(np.float64).tolist(), strict=True))


def _bins(
    table: Table, values: Values, begin: float, finish: float, width: float
) -> tuple[Bin, ...]:
    first = math.floor(begin / width)
    count = math.floor(finish / width) - first + 1
    places = (np.floor_divide(table.time, width) - first).astype(np.int32)
    failures = _shares(places, count, *_failures(table))
    stalled = _shares(places, count, *_stalls(table))
    rows = np.bincount(places, minlength=count).tolist()
    parts = _parts(values, places, count)
    return tuple(
        Bin(
            start=(first + number) * width,
            end=(first + number + 1) * width,
            rows=rows[number],
            count=len(parts[number]),
            quantiles=quantiles(np.sort(parts[number]), SHARES),
            failed=failures[number],
            stalled=stalled[number],
        )
        for number in range(count)
    )


def _parts(values: Values, places: NDArray[np.int32], count: int) -> list[Values]:
    """The known values of each bin."""
    known = ~np.isnan(values)
    values, places = values[known], places[known]
    if (np.diff(places) < 0).any():
        order = np.argsort(places, kind="stable")
        values, places = values[order], places[order]
    return np.split(values, np.searchsorted(places, np.arange(1, count)))


def _failures(table: Table) -> tuple[Flags, Flags]:
    """The rows that failed, and those that were to be measured."""
    failures = failed(table)
    return failures, failures | table.measured


def _stalls(table: Table) -> tuple[Flags, Flags]:
    """The samples that could not be watched, and all of which that is known."""
    never, stalled = never_started(table), table.numbers("StallRatio")
    return never | (stalled > MOSTLY), table.measured & (never | ~np.isnan(stalled))


def _shares(
    places: NDArray[np.int32], count: int, flags: Flags, among: Flags
) -> list[float | None]:
    numbers = np.bincount(places[flags & among], minlength=count).tolist()
    totals = np.bincount(places[among], minlength=count).tolist()
    return [
        number / total if total else None for number, total in zip(numbers, totals, strict=True)
    ]
