"""The scale of an axis for the values of any parameter: linear, or logarithmic with a place for 0.

Values are placed on an axis from 0 to 1, with infinity at its end where there is some.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axis import Axis

NEVER = "never"
"""What infinity means here."""
DECADES = 30.0
"""The greatest value over the least (above 0) from which a scale is logarithmic."""
_ZERO = 0.0
"""Where 0 is on a logarithmic scale."""
_FIRST = 0.06
"""Where the least value above 0 is on a logarithmic scale that has a 0."""
_LAST = 0.94
"""Where the greatest value is on a scale that has infinity at its end."""
_TICKS = 7
_BASES = {"kbps": (1e3, "bit/s"), "bytes": (1.0, "B")}
"""Units that are written with the usual prefixes: their size in another, and that."""
_PREFIXES = ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"))


@dataclass(frozen=True, slots=True)
class Scale:
    """Where values stand on an axis from 0 to 1."""

    low: float
    high: float
    logarithmic: bool
    has_zero: bool
    endless: bool
    whole: bool
    """Whether only whole numbers mean something."""
    unit: str

    def place(self, values: Any) -> Any:
        """Where values stand; NaN nowhere."""
        values = np.asarray(values, dtype=np.float64)
        first = _FIRST if self.logarithmic and self.has_zero else 0.0
        last = _LAST if self.endless else 1.0
        with np.errstate(divide="ignore", invalid="ignore"):
            share = _share(values, self.low, self.high, logarithmic=self.logarithmic)
        placed = first + share * (last - first)
        placed = np.where(values == 0, _ZERO, placed) if self.logarithmic else placed
        return np.where(np.isposinf(values), 1.0, np.clip(placed, 0.0, 1.0))

    def ticks(self) -> dict[str, float]:
        """Round values by what is written at them."""
        values = (
            _decades(self.low, self.high)
            if self.logarithmic
            else _steps(self.low, self.high, least=1.0 if self.whole else 0.0)
        )
        found = {written(value, self.unit): value for value in values}
        if self.logarithmic and self.has_zero:
            found = {written(0.0, self.unit): 0.0, **found}
        return {**found, NEVER: math.inf} if self.endless else found

    def dress(self, axis: "Axis") -> None:
        """Write the ticks on an axis."""
        ticks = self.ticks()
        axis.set_ticks([float(self.place(value)) for value in ticks.values()], list(ticks))


def scale_of(
    values: Iterable[float], unit: str, *, whole: bool = False, endless: bool = False
) -> Scale:
    """The scale on which all of these (finite) values can be seen."""
    known = sorted(values)
    above = [value for value in known if value > 0]
    share = unit == "ratio" and known[-1:] <= [1.0]
    if above and not share and above[-1] / above[0] >= DECADES:
        has_zero = known[0] <= 0
        return Scale(above[0], above[-1], True, has_zero, endless, whole, unit)
    low, high = (known[0], known[-1]) if known else (0.0, 1.0)
    low = min(low, 0.0) if low < 0.6 * high else low
    if high == low:
        low, high = min(0.0, low), high or 1.0
    return Scale(low, high + 0.03 * (high - low), False, False, endless, whole, unit)


def written(value: float, unit: str, *, digits: int = 6) -> str:
    """A value with its unit in few letters; a ratio in percent."""
    if unit == "ratio":
        return f"{100 * value:.{digits}g} %"
    factor, base = _BASES.get(unit, (1.0, ""))
    value = float(f"{value * factor:.{digits}g}")
    size, prefix = next(((s, p) for s, p in _PREFIXES if base and abs(value) >= s), (1.0, ""))
    number = f"{value / size:,.10g}".replace(",", "\u202f")
    return f"{number} {prefix}{base or unit}".rstrip()


def _share(values: Any, low: float, high: float, *, logarithmic: bool) -> Any:
    if logarithmic:
        return np.log(values / low) / math.log(high / low)
    return (values - low) / (high - low)


def _decades(low: float, high: float) -> Iterator[float]:
    """Powers of ten between two values, with their 2 and 5 fold where those are few."""
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    span = math.log10(high / low)
    factors: Sequence[int] = (1, 2, 5) if span < 2.5 else (1, 3) if span < 4 else (1,)
    every = math.ceil(span / _TICKS)
    for power in range(first, last + 1):
        if power % every == 0:
            yield from (f * 10.0**power for f in factors if low <= f * 10.0**power <= high)


def _steps(low: float, high: float, *, least: float) -> Iterator[float]:
    """Multiples of 1, 2, 2.5 or 5 times a power of ten."""
    rough = max((high - low) / _TICKS, least)
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(f * power for f in (1, 2, 2.5, 5, 10) if f * power >= rough)
    for number in range(math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9) + 1):
        yield number * step
