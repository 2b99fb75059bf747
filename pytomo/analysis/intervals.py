"""Estimates with their 95 % intervals, for rows that come in clusters. Pure and deterministic.

The rows of one visit (one video, from its several addresses) are not independent, so it is visits
that are resampled, with all their rows: the cluster bootstrap (Davison and Hinkley, "Bootstrap
Methods and their Application", 1997, section 3.8). Thousands of visits are joined into at most
`BLOCKS` blocks of successive ones, which also keeps what is alike because it happened at the same
time together. Percentiles are widened for few clusters (Hesterberg, "What Teachers Should Know
About the Bootstrap", The American Statistician 69, 2015).

- a quantile: its interval is that of the share of rows below it, turned back into values
  (Woodruff, "Confidence Intervals for Medians and Other Position Measures", JASA 47, 1952); values
  may be infinite;
- a share: Wilson's interval with the effective number of rows (Korn and Graubard, Survey
  Methodology 24, 1998; Franco et al., "Comparative Study of Confidence Intervals for Proportions
  in Complex Sample Surveys", 2019), which is right for 0 % and 100 %, too;
- a ratio is one of sums (all stalled time over all watched time), not a mean of ratios.

Bounds are None where they would pretend: where nothing varies, and with fewer than `ENOUGH`
clusters (an outer quantile needs more: 36 for the 90th percentile).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

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
    """A number, its 95 % interval and how many rows it rests on.

    A delay may be infinite, or end so, where what was waited for never came: JSON, which knows no
    infinity, has null then, and `never` tells that it is not unknown.
    """

    value: float | None
    """None: no row knows."""
    low: float | None
    """None: too few clusters to say, or nothing varies."""
    high: float | None
    """The same: the upper end."""
    count: int
    """Rows that know."""
    never: tuple[str, ...] = field(init=False)
    """Those of value, low and high that are infinite."""

    def __post_init__(self) -> None:
        """Find what is infinite."""
        ends = {"value": self.value, "low": self.low, "high": self.high}
        never = tuple(name for name, end in ends.items() if end is not None and math.isinf(end))
        object.__setattr__(self, "never", never)


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


def _estimate(of: Ratio | Quantile) -> Estimate:
    clusters = len(of.clusters)
    if of.value is None or clusters < of.enough:
        return Estimate(of.value, None, None, of.rows)
    blocks, count = blocks_of(clusters)
    return Estimate(of.value, *bounds(of.replicates(blocks, count), clusters), of.rows)


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
    blocks, count = blocks_of(clusters)
    off = of.sums(blocks, count) @ (1.0, -value)
    variance = count / (count - 1) * float(off @ off) / of.rows**2
    return min(of.rows, value * (1 - value) / variance) if variance else of.rows
