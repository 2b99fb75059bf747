"""Exponentially weighted means, as players estimate a throughput with them."""

from math import expm1, log


class Ewma:
    """A mean in which what came `half_life` of weight ago counts half as much.

    It starts from nothing, not from zero: the mean of one value is that value.
    """

    def __init__(self, half_life: float) -> None:
        self._half_life = half_life
        self._sum = 0.0
        self._weight = 0.0

    def add(self, value: float, weight: float) -> None:
        """Count a value; a weight of 0 changes nothing."""
        share = self._share(weight)
        self._sum = share * value + (1.0 - share) * self._sum
        self._weight += weight

    @property
    def mean(self) -> float | None:
        """None before the first value that has a weight."""
        share = self._share(self._weight)
        return self._sum / share if share else None

    def _share(self, weight: float) -> float:
        # expm1: a weight of a nanosecond must not be rounded to none.
        return -expm1(-log(2.0) * weight / self._half_life)


class Cautious:
    """The lesser of a fast and a slow mean: it falls quickly and rises slowly."""

    def __init__(self, fast: float, slow: float) -> None:
        self._means = (Ewma(fast), Ewma(slow))

    def add(self, value: float, weight: float) -> None:
        """Count a value in both."""
        for mean in self._means:
            mean.add(value, weight)

    @property
    def mean(self) -> float | None:
        """None before the first value."""
        known = [mean.mean for mean in self._means]
        return min((mean for mean in known if mean is not None), default=None)
