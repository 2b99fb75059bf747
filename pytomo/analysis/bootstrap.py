"""What is resampled, and how: ratios of sums and quantiles of rows that come in clusters.

Values of quantiles may be infinite: what never came is later than all that did.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from statistics import NormalDist
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from pytomo.analysis.ordered import quantiles_of

ENOUGH = 10
"""Clusters; with fewer, there are too few different samples to draw."""
BLOCKS = 1000
REPLICATES = 1000
_SEED = 20_111_020
_TAIL = 0.025
_ROUNDING = 1e-6
"""What values of single precision may add to a ratio of sums; a spread below it is none."""

Floats = NDArray[np.float64]
Values = NDArray[Any]
"""Numbers with NaN for unknown, or truth values. Ratios take infinity for unknown, too."""
Clusters = NDArray[Any]
"""The number of each row's cluster; successive numbers are near each other in time."""
Blocks = NDArray[np.integer[Any]]
_AT_ONCE = 64
"""Blocks whose values are made into wider ones at the same time."""


@dataclass(frozen=True, slots=True)
class Ratio:
    """A ratio of sums: what is resampled. Its rows are in the order of their clusters."""

    clusters: Clusters
    """Distinct, in order."""
    first: Blocks
    """The first row of each cluster."""
    numerators: Values
    denominators: Values | None
    """None: all 1."""
    rows: int
    enough: ClassVar[int] = ENOUGH

    @classmethod
    def of(cls, numerators: Values, denominators: Values, clusters: Clusters) -> "Ratio":
        """Of the rows where both are known."""
        known = np.isfinite(numerators) & np.isfinite(denominators)
        clusters, numerators, denominators = _some(known, clusters, numerators, denominators)
        return cls._ordered(clusters, numerators, denominators)

    @classmethod
    def of_flags(cls, flags: Values, clusters: Clusters) -> "Ratio":
        """The number of true ones over that of all that are known."""
        clusters, flags = _some(~np.isnan(flags), clusters, flags)
        return cls._ordered(clusters, flags, None)

    @classmethod
    def _ordered(
        cls, clusters: Clusters, numerators: Values, denominators: Values | None
    ) -> "Ratio":
        if np.any(clusters[1:] < clusters[:-1]):
            order = np.argsort(clusters, kind="stable")
            clusters, numerators = clusters[order], numerators[order]
            denominators = None if denominators is None else denominators[order]
        first = _starts(clusters)
        return cls(clusters[first], first, numerators, denominators, len(clusters))

    @property
    def value(self) -> float | None:
        """The ratio of the whole; None where there is nothing to divide by."""
        total = float(self.rows if self.denominators is None else _sum(self.denominators))
        return _sum(self.numerators) / total if total else None

    def sums(self, blocks: Blocks, count: int) -> Floats:
        """Numerators and denominators of each block; `blocks` are those of the clusters."""
        found = np.zeros((count, 2))
        if not self.rows:
            return found
        starts = _starts(blocks)
        present, edges = blocks[starts], np.append(self.first[starts], self.rows)
        found[present, 0] = _added(self.numerators, edges)
        found[present, 1] = (
            np.diff(edges) if self.denominators is None else _added(self.denominators, edges)
        )
        return found

    def replicates(self, blocks: Blocks, count: int) -> Floats:
        """The ratio in each bootstrap sample."""
        numerators, denominators = (_weights(count) @ self.sums(blocks, count)).T
        ratios: Floats = np.full(REPLICATES, np.nan)
        np.divide(numerators, denominators, out=ratios, where=denominators > 0)
        return ratios


@dataclass(frozen=True, slots=True)
class Quantile:
    """A quantile of the known values."""

    ordered: Values
    below: Ratio
    """The rows that are not above the quantile, among all; of an infinite one the finite rows."""
    q: float
    value: float | None
    """Infinite where too few values are finite."""

    @classmethod
    def of(cls, values: Values, q: float, clusters: Clusters) -> "Quantile":
        """The quantile, and how its rows lie in the clusters."""
        return cls.several(values, (q,), clusters)[0]

    @classmethod
    def several(
        cls, values: Values, qs: Sequence[float], clusters: Clusters
    ) -> tuple["Quantile", ...]:
        """Several quantiles of the same values."""
        clusters, values = _some(~np.isnan(values), clusters, values)
        ordered = np.sort(values)
        found = []
        for q, value in zip(qs, quantiles_of(ordered, qs).tolist(), strict=True):
            below = values <= value if math.isfinite(value) else np.isfinite(values)
            known = value if len(ordered) else None
            found.append(cls(ordered, Ratio.of_flags(below, clusters), q, known))
        return tuple(found)

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
        return quantiles_of(self.ordered, np.clip(self.q - off, 0.0, 1.0))


def blocks_of(clusters: int) -> tuple[Blocks, int]:
    """The block of each of so many clusters in order, and how many blocks there are."""
    if clusters <= BLOCKS:
        return np.arange(clusters), clusters
    first = -(-np.arange(BLOCKS + 1) * clusters // BLOCKS)
    return np.repeat(np.arange(BLOCKS, dtype=np.int16), np.diff(first)), BLOCKS


@lru_cache(maxsize=4)
def _weights(blocks: int) -> Floats:
    """How often each block is in each bootstrap sample: one line a sample."""
    drawn = np.random.default_rng(_SEED).integers(0, blocks, (REPLICATES, blocks))
    cells = drawn + blocks * np.arange(REPLICATES)[:, None]
    counted = np.bincount(cells.ravel(), minlength=REPLICATES * blocks)
    return counted.reshape(REPLICATES, blocks).astype(np.float64)


def bounds(replicates: Floats, clusters: int) -> tuple[float | None, float | None]:
    """The 95 % interval of replicates of so many clusters; None where they do not vary."""
    found = np.sort(replicates[~np.isnan(replicates)])
    if not len(found) or not _vary(float(found[0]), float(found[-1])):
        return None, None
    tail = NormalDist().cdf(-math.sqrt(clusters / (clusters - 1)) * student(clusters - 1))
    low, high = quantiles_of(found, (tail, 1 - tail)).tolist()
    return low, high


def _vary(least: float, greatest: float) -> bool:
    """Whether there is more between them than rounding."""
    if math.isinf(greatest):
        return math.isfinite(least)
    return greatest - least > _ROUNDING * max(abs(least), abs(greatest))


def student(freedom: int) -> float:
    """The 97.5 % point of Student's t (Abramowitz and Stegun, 26.7.5; 0.1 % off from 9 on)."""
    z = NormalDist().inv_cdf(1 - _TAIL)
    return z + (z**3 + z) / (4 * freedom) + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * freedom**2)


def _some(known: NDArray[np.bool_], *columns: Values) -> tuple[Values, ...]:
    """The rows that are known; no copy where all are."""
    return columns if known.all() else tuple(column[known] for column in columns)


def _starts(ordered: Values) -> Blocks:
    """Where each new value begins."""
    new = np.ones(len(ordered), dtype=np.bool_)
    np.not_equal(ordered[1:], ordered[:-1], out=new[1:])
    return np.flatnonzero(new).astype(np.int32)


def _added(values: Values, edges: Blocks) -> Floats:
    """The sum of the values from each edge to the next, the last of which is the end."""
    added = []
    for block in range(0, len(edges) - 1, _AT_ONCE):
        some = edges[block : block + _AT_ONCE + 1]
        part = values[some[0] : some[-1]]
        added.append(np.add.reduceat(part, some[:-1] - some[0], dtype=np.float64))
    return np.concatenate(added)


def _sum(values: Values) -> float:
    return float(values.sum(dtype=np.float64))
