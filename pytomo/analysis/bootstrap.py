"""What is resampled, and how: ratios of sums and quantiles of rows that come in clusters."""

import math
from dataclasses import dataclass
from functools import lru_cache
from statistics import NormalDist
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

ENOUGH = 10
"""Clusters; with fewer, there are too few different samples to draw."""
BLOCKS = 1000
REPLICATES = 1000
_SEED = 20_111_020
_TAIL = 0.025
_ROUNDING = 1e-5
"""What single precision may add to a ratio; a spread below it is none."""

Floats = NDArray[np.float64]
Values = NDArray[Any]
"""Numbers with NaN for unknown, or truth values."""
Clusters = NDArray[Any]
"""The number of each row's cluster; successive numbers are near each other in time."""
Blocks = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Ratio:
    """A ratio of sums, by clusters: what is resampled."""

    clusters: Clusters
    """Distinct, in order."""
    numerators: Floats
    denominators: Floats
    rows: int
    enough: ClassVar[int] = ENOUGH

    @classmethod
    def of(cls, numerators: Values, denominators: Values, clusters: Clusters) -> "Ratio":
        """The sums of each cluster, over the rows that are known."""
        known = ~(np.isnan(numerators) | np.isnan(denominators))
        return cls.summed(clusters[known], numerators[known], denominators[known])

    @classmethod
    def of_flags(cls, flags: Values, clusters: Clusters) -> "Ratio":
        """The number of true ones over that of all."""
        known = ~np.isnan(flags)
        return cls.summed(clusters[known], flags[known], np.ones(int(known.sum()), np.float32))

    @classmethod
    def summed(cls, clusters: Clusters, numerators: Values, denominators: Values) -> "Ratio":
        """The sums of each cluster, all rows being known."""
        rows = len(clusters)
        if not rows:
            return cls(clusters, np.empty(0), np.empty(0), 0)
        if np.any(clusters[1:] < clusters[:-1]):
            order = np.argsort(clusters, kind="stable")
            clusters = clusters[order]
            numerators, denominators = numerators[order], denominators[order]
        first = np.append(0, np.flatnonzero(clusters[1:] != clusters[:-1]) + 1)
        numerators = np.add.reduceat(numerators, first, dtype=np.float64)
        denominators = np.add.reduceat(denominators, first, dtype=np.float64)
        return cls(clusters[first], numerators, denominators, rows)

    @property
    def value(self) -> float | None:
        """The ratio of the whole; None where there is nothing to divide by."""
        total = float(self.denominators.sum())
        return float(self.numerators.sum()) / total if total else None

    def replicates(self, blocks: Blocks, count: int) -> Floats:
        """The ratio in each bootstrap sample; `blocks` are those of the clusters."""
        weights = _weights(count)
        return _divided(
            weights @ np.bincount(blocks, self.numerators, count).astype(np.float32),
            weights @ np.bincount(blocks, self.denominators, count).astype(np.float32),
        )


@dataclass(frozen=True, slots=True)
class Quantile:
    """A quantile of the known values."""

    ordered: Values
    below: Ratio
    """The rows that are not above the quantile, among all."""
    q: float
    value: float | None

    @classmethod
    def of(cls, values: Values, q: float, clusters: Clusters) -> "Quantile":
        """The quantile, and how its rows lie in the clusters."""
        known = ~np.isnan(values)
        values = values[known]
        ordered = np.sort(values)
        value = float(_interpolated(ordered, q)) if len(ordered) else None
        below = values <= value if value is not None else np.zeros(0, bool)
        return cls(ordered, Ratio.of_flags(below, clusters[known]), q, value)

    @property
    def clusters(self) -> Clusters:
        """Distinct, in order."""
        return self.below.clusters

    @property
    def rows(self) -> int:
        """How many values are known."""
        return self.below.rows

    @property
    def enough(self) -> int:
        """So many rows that the quantile lies between the least and the greatest, but for 2.5 %."""
        return max(ENOUGH, math.ceil(math.log(_TAIL) / math.log(max(self.q, 1 - self.q))))

    def replicates(self, blocks: Blocks, count: int) -> Floats:
        """The quantile in each bootstrap sample, by Bahadur's representation."""
        off = self.below.replicates(blocks, count) - (self.below.value or 0.0)
        replicates: Floats = _interpolated(self.ordered, np.clip(self.q - off, 0.0, 1.0))
        return replicates


def blocks_of(ranks: Blocks, clusters: int) -> tuple[Blocks, int]:
    """The block of each cluster, and how many blocks there are."""
    if clusters <= BLOCKS:
        return ranks, clusters
    return ranks * BLOCKS // clusters, BLOCKS


@lru_cache(maxsize=4)
def _weights(blocks: int) -> NDArray[np.float32]:
    """How often each block is in each bootstrap sample: one line a sample."""
    drawn = np.random.default_rng(_SEED).integers(0, blocks, (REPLICATES, blocks))
    cells = drawn + blocks * np.arange(REPLICATES)[:, None]
    counted = np.bincount(cells.ravel(), minlength=REPLICATES * blocks)
    return counted.reshape(REPLICATES, blocks).astype(np.float32)


def bounds(replicates: Floats, clusters: int) -> tuple[float | None, float | None]:
    """The 95 % interval of replicates of so many clusters; None where they do not vary."""
    found = replicates[np.isfinite(replicates)]
    if not len(found) or np.ptp(found) <= _ROUNDING * np.abs(found).max():
        return None, None
    tail = NormalDist().cdf(-math.sqrt(clusters / (clusters - 1)) * student(clusters - 1))
    low, high = np.quantile(found, (tail, 1 - tail))
    return float(low), float(high)


def student(freedom: int) -> float:
    """The 97.5 % point of Student's t (Abramowitz and Stegun, 26.7.5; 0.1 % off from 9 on)."""
    z = NormalDist().inv_cdf(1 - _TAIL)
    return z + (z**3 + z) / (4 * freedom) + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * freedom**2)


def _interpolated(ordered: Values, q: Any) -> Any:
    """Quantiles of values in order, as `numpy.quantile` by its default method."""
    place = np.asarray(q) * (len(ordered) - 1)
    before = np.floor(place).astype(np.intp)
    low, high = ordered[before].astype(np.float64), ordered[np.ceil(place).astype(np.intp)]
    return low + (place - before) * (high - low)


def _divided(numerators: Any, denominators: Any) -> Floats:
    ratios: Floats = np.full(len(numerators), np.nan)
    np.divide(numerators, denominators, out=ratios, where=denominators > 0)
    return ratios
