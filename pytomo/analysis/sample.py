"""The values of one parameter in some rows: known, unknown, or endless. Pure.

A sample that ended before playback started has no StartupDelay, and yet it says something of it:
that it is longer than the sample. Left out, such rows would make the worst lines look the better
the worse they are. So they count as infinite there, which is right for every quantile that is
shorter than the samples.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pytomo.analysis.table import Flags, Table
from pytomo.errors import Outcome
from pytomo.metrics import Metric
from pytomo.results import COLUMNS

PARAMETERS = tuple(metric for metric in COLUMNS if metric.series)
"""What can be looked at: the columns that are time series."""

ENDLESS = frozenset({"StartupDelay"})
"""Parameters that are infinite in a row that never started."""
LOWER_BOUNDS = frozenset({"BufferingDuration", "StallRatio"})
"""Parameters that are only known to be at least so high where the last stall was still open."""

Values = NDArray[Any]


def parameter(column: str) -> Metric:
    """The parameter of this name. Raises KeyError."""
    found = {metric.column: metric for metric in PARAMETERS}
    return found[column]


def sample(table: Table, column: str) -> Values:
    """The parameter in each row, in its unit; NaN where unknown, infinite where endless."""
    values = table.numbers(column)
    if column in ENDLESS:
        never = table.words("Outcome").equal(Outcome.NEVER_STARTED)
        values = np.where(never, np.float32(np.inf), values)
    return values


def bounded(table: Table, column: str) -> Flags:
    """The rows whose value is only a lower bound, as their last stall was still open."""
    if column not in LOWER_BOUNDS:
        return np.zeros(len(table), bool)
    lower: Flags = (table.numbers("StallCensored") == 1) & ~np.isnan(table.numbers(column))
    return lower


def quantiles(ordered: Values, shares: Sequence[float]) -> tuple[float | None, ...]:
    """The values that these shares do not exceed, as `numpy.quantile`; None: endless, or no value.

    `ordered` has no NaN; endless values stand at its end.
    """
    if not len(ordered):
        return (None,) * len(shares)
    places = np.asarray(shares) * (len(ordered) - 1)
    before = np.floor(places + 1e-9).astype(np.intp)
    rest = np.maximum(places - before, 0.0)
    low = ordered[before].astype(np.float64)
    high = ordered[np.minimum(before + 1, len(ordered) - 1)].astype(np.float64)
    with np.errstate(invalid="ignore"):
        found = np.where(rest > 1e-9, low + rest * (high - low), low)
    return tuple(float(value) if np.isfinite(value) else None for value in found)
