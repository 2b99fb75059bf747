"""How two DNS resolvers differ, by pairs. Pure.

Each visit of a video in which both led somewhere gives one difference, which is 0 where they led
to the same addresses. What differs between videos, and from hour to hour, then drops out.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pytomo.analysis.bootstrap import ENOUGH
from pytomo.analysis.groups import Groups, Part
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


def compared(table: Table, baseline: str) -> tuple[Comparison, ...]:
    """Every other resolver against the baseline, the most frequent one first."""
    pairing = _Pairing.of(table, baseline)
    return tuple(pairing.comparison(name) for name in table.resolvers if name != baseline)


@dataclass(frozen=True, slots=True)
class _Pairing:
    """The visits in which a baseline and another resolver can be compared."""

    table: Table
    visits: Groups
    baseline: str
    of_baseline: Flags

    @classmethod
    def of(cls, table: Table, baseline: str) -> "_Pairing":
        """With all visits of a table."""
        visit = table.visit - table.visit.min(initial=2**31 - 1)
        visits = Groups(visit, int(visit.max(initial=-1)) + 1)
        return cls(table, visits, baseline, table.through(baseline))

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
            only_probed=int((both & ~self.visits.any(mine & downloaded(self.table))).sum()),
            **self._differences(mine, both & ~differing, differing),
        )

    def _differences(self, mine: Flags, same: Flags, differing: Flags) -> dict[str, Difference]:
        """In the visits with the same addresses it is 0: only the others are worked out."""
        apart = differing[self.visits.codes]
        together = Part.of(self.visits, same[self.visits.codes] & self.of_baseline)
        led, led_before, either = (
            Part.of(self.visits, apart & flags)
            for flags in (mine, self.of_baseline, mine ^ self.of_baseline)
        )

        def difference(values: NDArray[Any]) -> Difference:
            known = ~np.isnan(values)
            found = led.means(values) - led_before.means(values)
            found = np.where(together.any(known), 0.0, found)
            pairs = np.flatnonzero(~np.isnan(found))
            estimate = ratio(found[pairs], np.ones(len(pairs)), pairs)
            return Difference(estimate, len(pairs), int(either.any(known)[pairs].sum()))

        return {key: difference(of(self.table)) for key, of in COMPARABLE.items()}
