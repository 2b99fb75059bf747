"""The averages of a crawl: a line for all of it, for each service, and for each of its rounds."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pytomo.analysis.groups import Floats, Groups, Integers, Runs, divided
from pytomo.analysis.table import Table
from pytomo.results import COLUMNS

SERIES = tuple(metric.column for metric in COLUMNS if metric.series)
"""The columns that are averaged, the classic ones first."""


@dataclass(frozen=True, slots=True)
class Averages:
    """The averages of some rows."""

    service: str | None
    """None: of all services."""
    round: int | None
    """None: of all rounds."""
    start: float
    """When its first row began, Unix time."""
    end: float
    """When its last row began, Unix time."""
    time: float
    """From the first row to the last, s."""
    videos: int
    """Visits of videos."""
    rows: int
    """Rows that they are of."""
    plays: int
    """Rows with a sample that was played."""
    means: Mapping[str, float | None]
    """The mean of each of the columns `SERIES`, in its unit; None where no row knows."""
    counts: Mapping[str, int]
    """The number of rows that know each of these columns."""


@dataclass(frozen=True, slots=True)
class _Cells:
    """Sums that can be added up: one place for each round of each service."""

    services: tuple[str | None, ...]
    rounds: tuple[int | None, ...]
    start: Floats
    end: Floats
    videos: Integers
    rows: Integers
    plays: Integers
    sums: NDArray[np.float64]
    """A line for each of `SERIES`."""
    counts: NDArray[np.int64]

    def line(self, service: str | None, round_: int | None, cells: NDArray[Any]) -> Averages:
        """These cells together."""
        start, end = float(self.start[cells].min()), float(self.end[cells].max())
        counts = self.counts[:, cells].sum(axis=1)
        means = divided(self.sums[:, cells].sum(axis=1), counts)
        return Averages(
            service=service,
            round=round_,
            start=start,
            end=end,
            time=end - start,
            videos=int(self.videos[cells].sum()),
            rows=int(self.rows[cells].sum()),
            plays=int(self.plays[cells].sum()),
            means={name: _known(mean) for name, mean in zip(SERIES, means, strict=True)},
            counts=dict(zip(SERIES, counts.tolist(), strict=True)),
        )


def averages(table: Table) -> tuple[Averages, ...]:
    """The lines: all services where there are several, each service, each of its rounds."""
    return tuple(_lines(_cells(table))) if len(table) else ()


def _lines(cells: _Cells) -> Iterator[Averages]:
    services = sorted(set(cells.services), key=str)
    if len(services) > 1:
        yield cells.line(None, None, np.arange(len(cells.services)))
    for service in services:
        mine = np.array([n for n, name in enumerate(cells.services) if name == service])
        mine = mine[np.argsort([-1 if cells.rounds[n] is None else cells.rounds[n] for n in mine])]
        yield cells.line(service, None, mine)
        for cell in mine if len(mine) > 1 else ():
            yield cells.line(service, cells.rounds[cell], np.array([cell]))


def _cells(table: Table) -> _Cells:
    words, (rounds, numbers) = table.words("Service"), table.coded("Round")
    both = (words.codes.astype(np.int32) + 1) * (len(numbers) + 1) + rounds + 1
    runs = Runs.of(both)
    present, codes = np.unique(runs.codes, return_inverse=True)
    groups = Groups(codes, len(present))
    of_service, of_round = np.divmod(present, len(numbers) + 1)
    ends = np.append(runs.starts[1:], len(table)) - 1
    return _Cells(
        services=tuple(words.names[code - 1] if code else None for code in of_service),
        rounds=tuple(int(numbers[code - 1]) if code else None for code in of_round),
        start=groups.first(table.time[runs.starts]),
        end=groups.last(table.time[ends]),
        videos=groups.totals(runs.rows(_first_of_visit(table))),
        rows=groups.totals(ends + 1 - runs.starts),
        plays=groups.totals(runs.rows(table.measured)),
        sums=np.array([groups.sums(runs.sums(table.numbers(name))) for name in SERIES]),
        counts=np.array([groups.totals(runs.rows(_known_rows(table, name))) for name in SERIES]),
    )


def _first_of_visit(table: Table) -> NDArray[np.bool_]:
    return np.diff(table.visit, prepend=-1) > 0


def _known_rows(table: Table, column: str) -> NDArray[np.bool_]:
    known: NDArray[np.bool_] = ~np.isnan(table.numbers(column))
    return known


def _known(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
