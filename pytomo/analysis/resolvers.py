"""Where each DNS resolver sends you, and how well videos play from there. Pure.

A row counts for every resolver that gave its address. `pairs.py` tells how resolvers differ.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pytomo.analysis.intervals import Estimate, median, ratio, share
from pytomo.analysis.sample import (
    never_started,
    played,
    sample,
    stalled_and_watched,
    without_stalls,
)
from pytomo.analysis.servers import GROUPINGS
from pytomo.analysis.table import Flags, Table
from pytomo.errors import Outcome

MOST = 5
"""Destinations that are named."""

Names = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Destination:
    """One of the hosts, addresses, prefixes or ASes that a resolver leads to."""

    name: str
    """Of an AS its number."""
    text: str
    """For people: the same, but of an AS with its name."""
    rows: int
    """Rows through the resolver that lead there."""
    share: float
    """Of the rows through the resolver."""


@dataclass(frozen=True, slots=True)
class Destinations:
    """All of a kind."""

    distinct: int
    """How many different ones there are."""
    most: tuple[Destination, ...]
    """The most frequent ones, at most `MOST`."""


@dataclass(frozen=True, slots=True)
class Answered:
    """How a resolver answered."""

    answers: int
    """Those looked at; failures are answers, too."""
    failures: Mapping[str, int]
    """Number of failed ones by outcome."""
    failed: Estimate
    """Share of failed ones."""
    time: Estimate
    """Median of those that did not fail, s."""


@dataclass(frozen=True, slots=True)
class Through:
    """What was measured at the addresses that one resolver gave."""

    name: str
    """The resolver."""
    rows: int
    """Rows whose address it gave."""
    visits: int
    """Visits of videos in which it gave an address."""
    plays: int
    """Rows with a sample that was played."""
    only_probed: int
    """Visits in which all its addresses were only pinged."""
    hosts: Destinations
    """Names of servers."""
    addresses: Destinations
    """IP addresses."""
    prefixes: Destinations
    """Prefixes that these addresses are announced in."""
    systems: Destinations
    """ASes."""
    rtt: Estimate
    """Median of PingMin, ms."""
    throughput: Estimate
    """Median of AverageThroughput, kbps."""
    startup_delay: Estimate
    """Median, s; of a sample that never started it is infinite."""
    never_started: int
    """Samples that had not started when they ended."""
    without_stalls: Estimate
    """Share of the samples that started, never stalled, and came fast enough to go on so."""
    stall_ratio: Estimate
    """All stalled time over all stalled and played time."""
    answered: Answered | None = None
    """None: the database keeps no answers."""


@dataclass(frozen=True, slots=True)
class Answers:
    """What resolvers said, as arrays of the same length."""

    row_id: NDArray[np.int64]
    resolver: NDArray[Any]
    time: NDArray[np.float64]
    """Seconds."""
    outcome: NDArray[Any]
    """The outcome of those that failed, else None."""

    @classmethod
    def of(cls, rows: Sequence[tuple[int, str, float, str | None]]) -> "Answers":
        """From RowId, Resolver, Time and Outcome of the table `answers`."""
        columns = list(zip(*rows, strict=True)) or [(), (), (), ()]
        return cls(
            np.array(columns[0], np.int64),
            np.array(columns[1], object),
            _finite(np.array(columns[2], np.float64)),
            np.array(columns[3], object),
        )


def _finite(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(np.isfinite(values), values, np.nan)


def resolvers(table: Table, answers: Answers | None = None) -> tuple[Through, ...]:
    """What was measured through each resolver, the most frequent one first."""
    systems = _systems(table)

    def through(name: str) -> Through:
        mine = table.where(table.through(name))
        visit = mine.visit
        return Through(
            name=name,
            rows=len(mine),
            visits=_distinct(visit),
            plays=int(mine.measured.sum()),
            only_probed=_distinct(visit) - _distinct(visit[downloaded(mine)]),
            **{field: _destinations(mine, by, systems) for field, by in _KINDS.items()},
            rtt=median(COMPARABLE["rtt"](mine), visit),
            throughput=median(COMPARABLE["throughput"](mine), visit),
            startup_delay=median(COMPARABLE["startup_delay"](mine), visit),
            never_started=int(never_started(mine).sum()),
            without_stalls=share(COMPARABLE["without_stalls"](mine), visit),
            stall_ratio=ratio(*stalled_and_watched(mine), visit),
            answered=_answered(answers, name) if answers else None,
        )

    return tuple(map(through, table.resolvers))


COMPARABLE: Mapping[str, Callable[[Table], NDArray[Any]]] = {
    "rtt": lambda table: sample(table, "PingMin"),
    "throughput": lambda table: played(table, "AverageThroughput"),
    "startup_delay": lambda table: played(table, "StartupDelay"),
    "without_stalls": without_stalls,
    "stall_ratio": lambda table: played(table, "StallRatio"),
}
"""What resolvers are compared by: a value for each row, NaN where it is not known; endless ones are
infinite."""


def downloaded(table: Table) -> Flags:
    """The rows for which a download was at least tried."""
    return ~table.words("Outcome").equal(Outcome.PROBED)


def _distinct(visits: NDArray[Any]) -> int:
    """How many visits these are; the numbers rise."""
    return int(np.count_nonzero(np.diff(visits, prepend=-1)))


_KINDS = {"hosts": "host", "addresses": "ip", "prefixes": "prefix", "systems": "as"}
"""The kinds of destinations, and what they are among `GROUPINGS`."""


def _systems(table: Table) -> Mapping[str, str]:
    """AS64500 EXAMPLE, by its number: each with the name that it had last."""
    (codes, numbers), words = GROUPINGS["as"](table), table.words("ASName")
    named = (codes >= 0) & (words.codes >= 0)
    latest = np.full(len(numbers), -1)
    latest[codes[named]] = words.codes[named]
    names = [f" {words.names[code]}" if code >= 0 else "" for code in latest]
    return {number: f"AS{number}{name}" for number, name in zip(numbers, names, strict=True)}


def _destinations(table: Table, by: str, systems: Mapping[str, str]) -> Destinations:
    codes, names = GROUPINGS[by](table)
    counts = np.bincount(codes + 1, minlength=len(names) + 1)[1:]
    most = np.argsort(-counts, kind="stable")[:MOST]
    return Destinations(
        int(np.count_nonzero(counts)),
        tuple(
            Destination(
                name=names[code],
                text=systems[names[code]] if by == "as" else names[code],
                rows=int(counts[code]),
                share=float(counts[code]) / len(codes),
            )
            for code in most
            if counts[code]
        ),
    )


def _answered(answers: Answers, name: str) -> Answered:
    mine = answers.resolver == name
    outcomes, row_id, time = answers.outcome[mine], answers.row_id[mine], answers.time[mine]
    failed = outcomes != None  # noqa: E711 – of each element
    words, counts = np.unique(outcomes[failed].astype(str), return_counts=True)
    return Answered(
        answers=len(outcomes),
        failures=dict(zip(words.tolist(), counts.tolist(), strict=True)),
        failed=share(failed, row_id),
        time=median(time[~failed], row_id[~failed]),
    )
