"""Quantiles of values in order, some of which may be infinite. Pure."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

_WHOLE = 1e-9
"""What rounding may add to a place: 0.07 * 100 is more than 7."""


def quantiles_of(ordered: NDArray[Any], shares: Any) -> NDArray[np.float64]:
    """The values that these shares do not exceed, as `numpy.quantile`; NaN where there is none.

    `ordered` has no NaN. What lies between a finite and an infinite value is infinite.
    """
    if not len(ordered):
        return np.full(np.shape(shares), np.nan)
    places = np.asarray(shares) * (len(ordered) - 1)
    before = np.floor(places + _WHOLE).astype(np.intp)
    rest = np.maximum(places - before, 0.0)
    low = ordered[before].astype(np.float64)
    high = ordered[np.minimum(before + 1, len(ordered) - 1)].astype(np.float64)
    with np.errstate(invalid="ignore"):
        between = low + rest * (high - low)
    found: NDArray[np.float64] = np.where((rest > _WHOLE) & np.isfinite(low), between, low)
    return found
