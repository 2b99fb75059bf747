"""How a parameter is distributed, for all rows or for the largest groups of them. Pure.

A distribution is its empirical distribution function: the share of rows at or below each value,
of those that know the parameter. Rows that never started count as infinite for StartupDelay, so
that its curve ends at the share that did start (see `sample.py`).
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import numpy as np

from pytomo.analysis import servers
from pytomo.analysis.sample import PARAMETERS, Values, bounded, parameter, quantiles, sample
from pytomo.analysis.table import Flags, Table

__all__ = ["PARAMETERS", "Distribution", "Distributions", "distribution", "distributions"]

SHARES = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99)
"""The quantiles that are told."""
MOST_GROUPS = 6
MOST_POINTS = 500
"""Of a curve: one that is drawn through every 500th part of the rows cannot be told from all."""
ALL = "all rows"
UNKNOWN = "unknown"


class Group(NamedTuple):
    """Some of the rows."""

    name: str
    known: int
    """Rows that know the parameter."""
    rows: Callable[[], Flags]


Split = Callable[[Table, Flags], Iterable[Group]]
"""The groups of the rows of a table, of which the flagged ones know the parameter."""


@dataclass(frozen=True, slots=True)
class Distribution:
    """One curve."""

    name: str
    """The group."""
    rows: int
    """Rows of the group."""
    count: int
    """Those that know the parameter, endless ones included."""
    endless: int
    """Those that never started, where that makes the parameter infinite."""
    bounded: int
    """Those whose value is a lower bound: their last stall was open when the sample ended."""
    mean: float | None
    """None where some are endless, too."""
    least: float | None
    """The smallest value, in the parameter's unit."""
    greatest: float | None
    """Of those that are not endless."""
    quantiles: Mapping[str, float | None]
    """By name, p5 to p99; None: endless (or no row knows)."""
    points: tuple[tuple[float, float], ...]
    """Steps of the curve: a value, and the share of rows at or below it."""


@dataclass(frozen=True, slots=True)
class Distributions:
    """The curves of a parameter."""

    column: str
    """The parameter."""
    unit: str
    """Of all values."""
    whole: bool
    """Whether it is a whole number."""
    text: str
    """What the parameter means."""
    by: str
    """What rows are grouped by."""
    groups: tuple[Distribution, ...]
    """The largest ones, the one with the most rows first."""
    groups_left_out: int
    """Smaller groups that are not shown."""
    rows_left_out: int
    """Rows with a value in those groups; in several of them, where groups overlap."""
    overlapping: bool
    """Whether a row can be in several groups."""


def distribution(table: Table, column: str, name: str = ALL) -> Distribution:
    """The distribution of a parameter in the rows of a table. Raises KeyError."""
    parameter(column)
    return _distribution(name, sample(table, column), bounded(table, column))


def distributions(
    table: Table, column: str, by: str = "nothing", *, most: int = MOST_GROUPS
) -> Distributions:
    """The distribution of a parameter in each of the `most` largest groups. Raises KeyError."""
    metric = parameter(column)
    values, lower = sample(table, column), bounded(table, column)
    found = [group for group in GROUPINGS[by].split(table, ~np.isnan(values)) if group.known]
    groups = sorted(found, key=lambda group: -group.known)
    shown, others = [(g.name, g.rows()) for g in groups[:most]], groups[most:]
    return Distributions(
        column=column,
        unit=metric.unit,
        whole=metric.type is int,
        text=metric.text,
        by=by,
        groups=tuple(_distribution(name, values[rows], lower[rows]) for name, rows in shown),
        groups_left_out=len(others),
        rows_left_out=sum(group.known for group in others),
        overlapping=GROUPINGS[by].overlapping,
    )


def _distribution(name: str, values: Values, lower: Flags) -> Distribution:
    ordered = np.sort(values[~np.isnan(values)])
    finite = ordered[: np.searchsorted(ordered, np.inf)]
    endless = len(ordered) - len(finite)
    names = (f"p{100 * share:.0f}" for share in SHARES)
    return Distribution(
        name=name,
        rows=len(values),
        count=len(ordered),
        endless=endless,
        bounded=int(lower.sum()),
        mean=float(finite.mean(dtype=np.float64)) if len(finite) and not endless else None,
        least=float(finite[0]) if len(finite) else None,
        greatest=float(finite[-1]) if len(finite) else None,
        quantiles=dict(zip(names, quantiles(ordered, SHARES), strict=True)),
        points=_points(finite, len(ordered)),
    )


def _points(finite: Values, count: int) -> tuple[tuple[float, float], ...]:
    """The steps of the curve, or so many of them that the others cannot be seen."""
    if not len(finite):
        return ()
    steps = finite[np.append(finite[1:] != finite[:-1], True)]
    if len(steps) > MOST_POINTS:
        steps = np.unique(finite[np.linspace(0, len(finite) - 1, MOST_POINTS).astype(np.intp)])
    shares = np.searchsorted(finite, steps, side="right") / count
    return tuple(zip(steps.tolist(), shares.tolist(), strict=True))


@dataclass(frozen=True, slots=True)
class Grouping:
    """A way to divide rows into groups."""

    text: str
    """What a group has in common."""
    split: Split
    overlapping: bool = False


def _everything(table: Table, known: Flags) -> Iterable[Group]:
    return (Group(ALL, int(known.sum()), lambda: np.ones(len(table), bool)),)


def _by_resolver(table: Table, known: Flags) -> Iterable[Group]:
    masks = {name: table.through(name) for name in table.resolvers}
    unnamed = table.words("Resolver").codes < 0
    for name, rows in {**masks, UNKNOWN: unnamed}.items():
        yield Group(name, int((known & rows).sum()), partial(np.asarray, rows))


def _coded(coding: Callable[[Table], servers.Coded]) -> Split:
    """Groups of rows that have the same code."""

    def split(table: Table, known: Flags) -> Iterable[Group]:
        codes, names = coding(table)
        counts = np.bincount(codes[known] + 1, minlength=len(names) + 1).tolist()
        for code, (name, count) in enumerate(zip((UNKNOWN, *names), counts, strict=True), -1):
            yield Group(name, count, partial(np.equal, codes, code))

    return split


def _words(column: str) -> Split:
    def coded(table: Table) -> servers.Coded:
        words = table.words(column)
        return words.codes, words.names

    return _coded(coded)


def _systems(table: Table) -> servers.Coded:
    """ASes by number and, where it is known, name."""
    codes, numbers = servers.GROUPINGS["as"](table)
    names = table.words("ASName")
    named = (codes >= 0) & (names.codes >= 0)
    name_of = np.full(len(numbers), -1)
    name_of[codes[named]] = names.codes[named]
    texts = (
        f"AS{number} {names.names[name]}" if name >= 0 else f"AS{number}"
        for number, name in zip(numbers, name_of.tolist(), strict=True)
    )
    return codes, tuple(texts)


GROUPINGS: Mapping[str, Grouping] = {
    "nothing": Grouping("all together", _everything),
    "service": Grouping("service", _words("Service")),
    "resolver": Grouping("resolver", _by_resolver, overlapping=True),
    "as": Grouping("autonomous system", _coded(_systems)),
    "provider": Grouping("Internet provider", _words("Provider")),
    "place": Grouping("cache place", _coded(servers.GROUPINGS["place"])),
    "outcome": Grouping("outcome", _words("Outcome")),
}
"""What rows can be grouped by: a closed list."""
