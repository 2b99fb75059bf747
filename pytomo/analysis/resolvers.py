"""Where each DNS resolver sends you, how well videos play from there, and how resolvers differ.

A row counts for every resolver that gave its address. Two resolvers are compared by pairs: each
visit in which both led somewhere gives one difference, which is 0 where they led to the same
servers. What differs between videos, and from hour to hour, then drops out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pytomo.analysis.bootstrap import ENOUGH
from pytomo.analysis.groups import Groups, Part
from pytomo.analysis.intervals import Estimate, median, ratio, share
from pytomo.analysis.servers import GROUPINGS
from pytomo.analysis.table import Table
from pytomo.errors import Outcome

MOST = 5
"""Destinations that are named."""
Flags = NDArray[np.bool_]
Names = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Destination:
    """One of the hosts, addresses, prefixes or ASes that a resolver leads to."""

    name: str
    """Of an AS its number."""
    text: str
    """For people: the same, but of an AS with its name."""
    rows: int
    share: float
    """Of the rows through the resolver."""


@dataclass(frozen=True, slots=True)
class Destinations:
    """All of a kind."""

    distinct: int
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
    rows: int
    visits: int
    """Visits of videos in which it gave an address."""
    plays: int
    """Rows with a sample that was played."""
    only_probed: int
    """Visits in which all its addresses were only pinged."""
    hosts: Destinations
    addresses: Destinations
    prefixes: Destinations
    systems: Destinations
    """ASes."""
    rtt: Estimate
    """Median of PingMin, ms."""
    throughput: Estimate
    """Median of AverageThroughput, kbps."""
    startup_delay: Estimate
    """Median of the samples that started, s."""
    without_stalls: Estimate
    """Share of the samples that started and never stalled."""
    stall_ratio: Estimate
    """All stalled time over all stalled and played time."""
    answered: Answered | None = None
    """None: the database keeps no answers."""


@dataclass(frozen=True, slots=True)
class Difference:
    """What one resolver has more of than another, by visits."""

    estimate: Estimate
    """Mean of the differences of the pairs, in the unit of what is compared."""
    pairs: int
    """Visits in which it is known for both."""
    differing: int
    """Those of them that are not from the same addresses."""

    @property
    def missing(self) -> int:
        """How many more differing pairs are needed before anything is said."""
        return max(0, ENOUGH - self.differing)

    @property
    def seen(self) -> bool:
        """Whether there is a difference: its interval is on one side of 0."""
        low, high = self.estimate.low, self.estimate.high
        return not self.missing and low is not None and high is not None and low * high > 0


@dataclass(frozen=True, slots=True)
class Comparison:
    """One resolver against another, the baseline."""

    name: str
    baseline: str
    visits: int
    """Those in which both gave an address."""
    same: float | None
    """Share of these in which both gave the same addresses."""
    only_probed: int
    """Those in which nothing was downloaded from an address of the first one."""
    rtt: Difference
    """ms"""
    throughput: Difference
    """kbps"""
    startup_delay: Difference
    """s"""
    without_stalls: Difference
    """Share of samples."""
    stall_ratio: Difference
    """Of each visit; here all visits weigh the same."""


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
            np.array(columns[2], np.float64),
            np.array(columns[3], object),
        )


def resolvers(table: Table, answers: Answers | None = None) -> tuple[Through, ...]:
    """What was measured through each resolver, the most frequent one first."""
    values, kinds = _values(table), _kinds(table)
    stalled = _only(table.measured, table.numbers("BufferingDuration"))
    watched = stalled + table.numbers("PlaybackDuration")
    downloaded = _downloaded(table)

    def through(name: str) -> Through:
        mine = np.flatnonzero(table.through(name))
        visit = table.visit[mine]
        known = {key: of[mine] for key, of in values.items()}
        return Through(
            name=name,
            rows=len(visit),
            visits=_distinct(visit),
            plays=int(table.measured[mine].sum()),
            only_probed=_distinct(visit) - _distinct(visit[downloaded[mine]]),
            **{key: _destinations(codes[mine], *names) for key, (codes, *names) in kinds.items()},
            rtt=median(known["rtt"], visit),
            throughput=median(known["throughput"], visit),
            startup_delay=median(known["startup_delay"], visit),
            without_stalls=share(known["without_stalls"], visit),
            stall_ratio=ratio(stalled[mine], watched[mine], visit),
            answered=_answered(answers, name) if answers else None,
        )

    return tuple(map(through, table.resolvers))


def compared(table: Table, baseline: str) -> tuple[Comparison, ...]:
    """Every other resolver against the baseline, the most frequent one first."""
    pairing = _Pairing.of(table, baseline)
    return tuple(pairing.comparison(name) for name in table.resolvers if name != baseline)


def _values(table: Table) -> Mapping[str, NDArray[Any]]:
    """What is compared, by the names of `Comparison`: NaN where it is not known."""
    measured = table.measured
    smooth = (table.numbers("DownloadInterruptions") == 0).astype(np.float32)
    return {
        "rtt": table.numbers("PingMin"),
        "throughput": _only(measured, table.numbers("AverageThroughput")),
        "startup_delay": _only(measured, table.numbers("StartupDelay")),
        "without_stalls": _only(measured, smooth),
        "stall_ratio": _only(measured, table.numbers("StallRatio")),
    }


def _only(flags: Flags, values: NDArray[Any]) -> NDArray[Any]:
    return np.where(flags, values, np.nan)


def _downloaded(table: Table) -> Flags:
    """The rows for which a download was at least tried."""
    return ~table.words("Outcome").equal(Outcome.PROBED)


def _distinct(visits: NDArray[Any]) -> int:
    return int(np.count_nonzero(np.bincount(visits)))


def _kinds(table: Table) -> Mapping[str, tuple[NDArray[Any], Names, Names]]:
    """The kinds of destinations: the code of each row's, their names and their texts."""
    found = {}
    for field, by in (("hosts", "host"), ("addresses", "ip"), ("prefixes", "prefix")):
        codes, names = GROUPINGS[by](table)
        found[field] = (codes, names, names)
    codes, names = GROUPINGS["as"](table)
    found["systems"] = (codes, names, _as_texts(table, codes, names))
    return found


def _as_texts(table: Table, codes: NDArray[Any], numbers: Names) -> Names:
    """AS64500 EXAMPLE: each number with the name that it had last."""
    words = table.words("ASName")
    named = (codes >= 0) & (words.codes >= 0)
    latest = np.full(len(numbers), -1)
    latest[codes[named]] = words.codes[named]
    names = [f" {words.names[code]}" if code >= 0 else "" for code in latest]
    return tuple(f"AS{number}{name}" for number, name in zip(numbers, names, strict=True))


def _destinations(codes: NDArray[Any], names: Names, texts: Names) -> Destinations:
    counts = np.bincount(codes + 1, minlength=len(names) + 1)[1:]
    most = np.argsort(-counts, kind="stable")[:MOST]
    return Destinations(
        int(np.count_nonzero(counts)),
        tuple(
            Destination(
                names[code], texts[code], int(counts[code]), float(counts[code]) / len(codes)
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


@dataclass(frozen=True, slots=True)
class _Pairing:
    """The visits in which a baseline and another resolver can be compared."""

    table: Table
    values: Mapping[str, NDArray[Any]]
    visits: Groups
    baseline: str
    of_baseline: Flags

    @classmethod
    def of(cls, table: Table, baseline: str) -> "_Pairing":
        """With all values and visits of a table."""
        visits = Groups(table.visit, int(table.visit.max(initial=-1)) + 1)
        return cls(table, _values(table), visits, baseline, table.through(baseline))

    def comparison(self, name: str) -> Comparison:
        """A resolver against the baseline."""
        mine = self.table.through(name)
        both = self.visits.any(mine) & self.visits.any(self.of_baseline)
        differing = both & self.visits.any(mine ^ self.of_baseline)
        count = int(both.sum())
        return Comparison(
            name=name,
            baseline=self.baseline,
            visits=count,
            same=1 - float(differing.sum()) / count if count else None,
            only_probed=int((both & ~self.visits.any(mine & _downloaded(self.table))).sum()),
            **self._differences(mine, both & ~differing, differing),
        )

    def _differences(self, mine: Flags, same: Flags, differing: Flags) -> dict[str, Difference]:
        """In the visits with the same addresses it is 0: only the others are worked out."""
        apart = differing[self.visits.codes]
        led, led_before, either = (
            Part.of(self.visits, apart & flags)
            for flags in (mine, self.of_baseline, mine ^ self.of_baseline)
        )

        def difference(values: NDArray[Any]) -> Difference:
            known = ~np.isnan(values)
            found = led.means(values) - led_before.means(values)
            found[same & self.visits.any(self.of_baseline & known)] = 0
            pairs = np.flatnonzero(~np.isnan(found))
            estimate = ratio(found[pairs], np.ones(len(pairs)), pairs)
            return Difference(estimate, len(pairs), int(either.any(known)[pairs].sum()))

        return {key: difference(values) for key, values in self.values.items()}
