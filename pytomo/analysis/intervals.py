"""Estimates with their 95 % intervals, for rows that come in clusters. Pure and deterministic.

The rows of one visit (one video, from its several addresses) are not independent, so it is visits
that are resampled, with all their rows: the cluster bootstrap (Davison and Hinkley, "Bootstrap
Methods and their Application", 1997, section 3.8). Thousands of visits are joined into at most
`BLOCKS` blocks of successive ones, which also keeps what is alike because it happened at the same
time together. Percentiles are widened for few clusters (Hesterberg, "What Teachers Should Know
About the Bootstrap", The American Statistician 69, 2015).

- a quantile: its interval is that of the share of rows below it, turned back into values
  (Woodruff, "Confidence Intervals for Medians and Other Position Measures", JASA 47, 1952);
- a share: Wilson's interval with the effective number of rows (Korn and Graubard, Survey
  Methodology 24, 1998; Franco et al., "Comparative Study of Confidence Intervals for Proportions
  in Complex Sample Surveys", 2019), which is right for 0 % and 100 %, too;
- a ratio is one of sums (all stalled time over all watched time), not a mean of ratios.

Bounds are None where they would pretend: where nothing varies, and with fewer than `ENOUGH`
clusters (an outer quantile needs more: 36 for the 90th percentile).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pytomo.analysis.bootstrap import (
    ENOUGH,
    Clusters,
    Quantile,
    Ratio,
    Values,
    blocks_of,
    bounds,
    student,
)


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number, its 95 % interval and how many rows it rests on."""

    value: float | None
    """None: no row knows."""
    low: float | None
    """None: too few clusters to say, or nothing varies."""
    high: float | None
    count: int
    """Rows that know; of a difference those of both groups."""


UNKNOWN = Estimate(None, None, None, 0)


def median(values: Values, clusters: Clusters) -> Estimate:
    """The median of the known values, in their unit."""
    return quantile(values, 0.5, clusters)


def quantile(values: Values, q: float, clusters: Clusters) -> Estimate:
    """The value that a share `q` of the known ones do not exceed (interpolated), in their unit."""
    return _estimate(Quantile.of(values, q, clusters))


def quantiles(values: Values, qs: Sequence[float], clusters: Clusters) -> tuple[Estimate, ...]:
    """Several quantiles of the same values at once."""
    return tuple(_estimate(of) for of in Quantile.several(values, qs, clusters))


def share(flags: Values, clusters: Clusters) -> Estimate:
    """The share (0 to 1) of true ones among truth values; as 1, 0 and NaN some may be unknown."""
    return _wilson(Ratio.of_flags(flags, clusters))


def ratio(numerators: Values, denominators: Values, clusters: Clusters) -> Estimate:
    """The sum of the numerators over that of the denominators, of rows where both are known."""
    return _estimate(Ratio.of(numerators, denominators, clusters))


def difference_of_medians(
    first: tuple[Values, Clusters], second: tuple[Values, Clusters]
) -> Estimate:
    """Median of the first values less that of the second; clusters in both groups are paired."""
    return _difference(Quantile.of(first[0], 0.5, first[1]), Quantile.of(second[0], 0.5, second[1]))


def difference_of_shares(
    first: tuple[Values, Clusters], second: tuple[Values, Clusters]
) -> Estimate:
    """Share of the first flags less that of the second; clusters in both groups are paired.

    Where no row of either group differs from its others, the interval is made of those of the two
    shares (Newcombe, _Statistics in Medicine 17, 1998, method 10).
    """
    samples = Ratio.of_flags(*first), Ratio.of_flags(*second)
    found = _difference(*samples)
    return found if found.low is not None else _newcombe(found, *map(_wilson, samples))


def difference_of_ratios(
    first: tuple[Values, Values, Clusters], second: tuple[Values, Values, Clusters]
) -> Estimate:
    """Ratio of sums of the first group less that of the second; common clusters are paired."""
    return _difference(Ratio.of(*first), Ratio.of(*second))


_Statistic = Ratio | Quantile


def _estimate(of: _Statistic) -> Estimate:
    clusters = len(of.clusters)
    if of.value is None or clusters < of.enough:
        return Estimate(of.value, None, None, of.rows)
    blocks, count = blocks_of(np.arange(clusters), clusters)
    return Estimate(of.value, *bounds(of.replicates(blocks, count), clusters), of.rows)


def _difference(first: _Statistic, second: _Statistic) -> Estimate:
    rows = first.rows + second.rows
    if first.value is None or second.value is None:
        return Estimate(None, None, None, rows)
    value = first.value - second.value
    fewest = min(len(first.clusters), len(second.clusters))
    if fewest < first.enough:
        return Estimate(value, None, None, rows)
    both = np.union1d(first.clusters, second.clusters)
    ours, theirs = (
        of.replicates(*blocks_of(np.searchsorted(both, of.clusters), len(both)))
        for of in (first, second)
    )
    return Estimate(value, *bounds(ours - theirs, fewest), rows)


def _wilson(of: Ratio) -> Estimate:
    clusters, value = len(of.clusters), of.value
    if value is None or clusters < ENOUGH:
        return Estimate(value, None, None, of.rows)
    size, z = _effective_size(of, value), student(clusters - 1)
    centre = (value + z * z / (2 * size)) / (1 + z * z / size)
    spread = value * (1 - value) / size + z * z / (4 * size * size)
    half = z * math.sqrt(spread) / (1 + z * z / size)
    return Estimate(value, max(0.0, centre - half), min(1.0, centre + half), of.rows)


def _effective_size(of: Ratio, value: float) -> float:
    """How many independent rows would know as much: the clusters, where nothing varies."""
    clusters = len(of.clusters)
    if not 0 < value < 1:
        return clusters
    blocks, count = blocks_of(np.arange(clusters), clusters)
    off = of.sums(blocks, count) @ (1.0, -value)
    variance = count / (count - 1) * float(off @ off) / of.rows**2
    return min(of.rows, value * (1 - value) / variance) if variance else of.rows


def _newcombe(found: Estimate, first: Estimate, second: Estimate) -> Estimate:
    a, b = _distances(first), _distances(second)
    if found.value is None or a is None or b is None:
        return found
    low, high = found.value - math.hypot(a[0], b[1]), found.value + math.hypot(a[1], b[0])
    return Estimate(found.value, low, high, found.count)


def _distances(of: Estimate) -> tuple[float, float] | None:
    """From the value down to the lower bound and up to the upper one."""
    if of.value is None or of.low is None or of.high is None:
        return None
    return of.value - of.low, of.high - of.value
