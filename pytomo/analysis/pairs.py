"""How two DNS resolvers differ, by pairs. Pure.

Each visit of a video in which both led somewhere gives one difference, which is 0 where they led
to the same addresses. What differs between videos, and from hour to hour, then drops out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from pytomo.analysis.bootstrap import ENOUGH
from pytomo.analysis.groups import Groups, Part, Values
from pytomo.analysis.intervals import Estimate, ratio
from pytomo.analysis.resolvers import COMPARABLE, downloaded
from pytomo.analysis.table import Flags, Table


@dataclass(frozen=True, slots=True)
class Difference:
    """What one resolver has more of than another, by visits."""

    estimate: Estimate
    """Mean of the differences of the pairs, in the unit of what is compared."""
    pairs: int
    """Visits in which it is known for both."""
    differing: int
    """Those of them that are not from the same addresses."""
    usual: float | None = None
    """Mean of the baseline in these pairs."""

    @property
    def where_differing(self) -> float | None:
        """Mean of those that are not from the same addresses: all others are 0."""
        if self.estimate.value is None or not self.differing:
            return None
        return self.estimate.value * self.pairs / self.differing

    @property
    def missing(self) -> int:
        """How many more differing pairs are needed before anything is said."""
        return max(0, ENOUGH - self.differing)

    @property
    def seen(self) -> bool:
        """Whether there is a difference: its interval is on one side of 0.

        Where all pairs differ by the same, there is no interval, and no doubt.
        """
        value, low, high = self.estimate.value, self.estimate.low, self.estimate.high
        if self.missing or not value:
            return False
        return low is None or high is None or low * high > 0


@dataclass(frozen=True, slots=True)
class Comparison:
    """One resolver against another, the baseline."""

    name: str
    """The resolver."""
    baseline: str
    """The resolver that it is compared with."""
    visits: int
    """Those in which both gave an address."""
    same: float | None
    """Share of these in which both gave the same addresses."""
    only_probed: int
    """Those in which nothing was downloaded from an address of the first one."""
    never_started: int
    """Those in which no sample from an address of the first one started, though some were due."""
    baseline_never_started: int
    """The same of the baseline."""
    rtt: Difference
    """ms"""
    throughput: Difference
    """kbps"""
    startup_delay: Difference
    """s, of the visits in which samples of both started."""
    without_stalls: Difference
    """Share of samples."""
    stall_ratio: Difference
    """Of each visit; here all visits weigh the same."""


def compared(table: Table, baseline: str) -> tuple[Comparison, ...]:
    """Every other resolver against the baseline, the most frequent one first."""
    pairing = _Pairing.of(table, baseline)
    names = [name for name in table.resolvers if name != baseline]
    pairs = [pairing.pair(name) for name in names]
    differences = {key: pairing.differences(of(table), pairs) for key, of in COMPARABLE.items()}
    return tuple(
        pairing.comparison(name, pair, {key: found[place] for key, found in differences.items()})
        for place, (name, pair) in enumerate(zip(names, pairs, strict=True))
    )


@dataclass(frozen=True, slots=True)
class _Pair:
    """The rows and visits of a resolver that is compared with the baseline."""

    mine: Part
    """Its rows."""
    either: Part
    """The rows of one of the two alone."""
    both: Flags
    """The visits in which both gave an address."""
    differing: Flags
    """Those of them in which not all addresses were the same."""


@dataclass(frozen=True, slots=True)
class _Pairing:
    """The visits in which a baseline and other resolvers can be compared."""

    table: Table
    visits: Groups
    baseline: str
    of_baseline: Flags
    theirs: Part
    """The rows of the baseline."""

    @classmethod
    def of(cls, table: Table, baseline: str) -> "_Pairing":
        """With all visits of a table."""
        visit = table.visit - table.visit.min(initial=2**31 - 1)
        visits = Groups(visit, int(visit.max(initial=-1)) + 1)
        through = table.through(baseline)
        return cls(table, visits, baseline, through, Part.of(visits, through))

    def pair(self, name: str) -> _Pair:
        """A resolver beside the baseline."""
        flags = self.table.through(name)
        mine, either = (Part.of(self.visits, f) for f in (flags, flags ^ self.of_baseline))
        both = mine.present() & self.theirs.present()
        return _Pair(mine, either, both, both & either.present())

    def differences(self, values: Values, pairs: Sequence[_Pair]) -> list[Difference]:
        """How the values of each resolver differ from those of the baseline.

        Where both led to the same addresses, the means are the same to the last bit.
        """
        known, baseline = np.isfinite(values), self.theirs.means(values)
        return [_difference(pair, known, pair.mine.means(values), baseline) for pair in pairs]

    def comparison(
        self, name: str, pair: _Pair, differences: Mapping[str, Difference]
    ) -> Comparison:
        """What is found of a resolver."""
        both, count = pair.both, int(pair.both.sum())
        return Comparison(
            name=name,
            baseline=self.baseline,
            visits=count,
            same=1 - float(pair.differing.sum()) / count if count else None,
            only_probed=int((both & ~pair.mine.any(downloaded(self.table))).sum()),
            never_started=self._without_start(pair.mine, both),
            baseline_never_started=self._without_start(self.theirs, both),
            **differences,
        )

    def _without_start(self, part: Part, both: Flags) -> int:
        """Visits in which samples of a resolver never started, and none did."""
        delays = COMPARABLE["startup_delay"](self.table)
        return int((both & part.any(np.isinf(delays)) & ~part.any(np.isfinite(delays))).sum())


def _difference(pair: _Pair, known: Flags, mine: Values, baseline: Values) -> Difference:
    found = mine - baseline
    pairs = np.flatnonzero(pair.both & ~np.isnan(found)).astype(np.int32)
    estimate = ratio(found[pairs], np.ones(len(pairs), np.bool_), pairs)
    differing = pair.differing[pairs] & pair.either.any(known)[pairs]
    usual = float(np.mean(baseline[pairs])) if len(pairs) else None
    return Difference(estimate, len(pairs), int(differing.sum()), usual)
