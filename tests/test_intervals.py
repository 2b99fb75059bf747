"""Estimates of clustered rows, and how often their intervals hold the truth."""

from collections.abc import Callable
from statistics import NormalDist

import numpy as np
import pytest

from pytomo.analysis.bootstrap import ENOUGH
from pytomo.analysis.intervals import (
    Estimate,
    median,
    quantile,
    quantiles,
    ratio,
    share,
)

NOISE = NormalDist(0, 2**0.5)
"""Of a row: the deviation of its visit (variance 1) and its own (variance 1)."""
SHIFT = 0.5
TIMES = 300
LEAST = 0.92
"""Of 95 % nominal; 300 tries have a standard error of 1.3 %."""


class Clustered:
    """Rows of visits, two groups of them that share the visits' deviations."""

    def __init__(self, seed: int, visits: int = 40) -> None:
        random = np.random.default_rng(seed)
        self.visits = np.repeat(np.arange(visits), random.integers(1, 4, visits))
        common = random.normal(size=visits)[self.visits]
        self.first = common + random.normal(size=len(common))
        self.second = common + random.normal(size=len(common)) + SHIFT
        self.stalled = np.where(self.first > 0, random.exponential(2.0, len(common)), 0.0)
        self.played = np.full(len(common), 20.0)


def below_one(values: Clustered) -> tuple[np.ndarray, np.ndarray]:
    return values.first < 1, values.visits


CASES: dict[str, tuple[Callable[[Clustered], Estimate], float]] = {
    "median": (lambda c: median(c.first, c.visits), 0.0),
    "quantile": (lambda c: quantile(c.first, 0.9, c.visits), NOISE.inv_cdf(0.9)),
    "share": (lambda c: share(*below_one(c)), NOISE.cdf(1)),
    "rare": (lambda c: share(c.first > 3, c.visits), 1 - NOISE.cdf(3)),
    "ratio": (lambda c: ratio(c.stalled, c.stalled + c.played, c.visits), 1 / 21),
}


@pytest.mark.parametrize("case", CASES)
def test_intervals_hold_the_truth(case: str) -> None:
    """About 95 in 100 intervals of clustered rows hold the value that made the rows."""
    estimate, truth = CASES[case]
    found = [estimate(Clustered(seed, 60)) for seed in range(TIMES)]
    held = [e for e in found if e.low is None or e.low <= truth <= (e.high or truth)]
    assert len(held) >= LEAST * TIMES
    assert len(held) < TIMES or case == "rare"


def width(estimate: Estimate) -> float:
    assert estimate.low is not None
    assert estimate.high is not None
    return estimate.high - estimate.low


def test_rows_of_one_visit_are_no_new_evidence() -> None:
    """Each row four times over, in the same visit, leaves the interval as it was."""
    rows = Clustered(2)
    once = share(rows.first > 0, rows.visits)
    often = share(np.repeat(rows.first > 0, 4), np.repeat(rows.visits, 4))
    assert often.count == 4 * once.count
    assert (often.low, often.high) == pytest.approx((once.low, once.high))


def test_the_same_rows_give_the_same_interval() -> None:
    """Nothing is left to chance."""
    first, second = Clustered(3), Clustered(3)
    assert median(first.first, first.visits) == median(second.first, second.visits)


def test_order_of_rows_does_not_matter() -> None:
    """Rows of a visit need not stand together."""
    rows = Clustered(4)
    mixed = np.random.default_rng(4).permutation(len(rows.visits))
    assert median(rows.first[mixed], rows.visits[mixed]) == median(rows.first, rows.visits)


def test_many_visits_have_narrow_intervals() -> None:
    """With more visits than blocks the interval is still that of as many visits."""
    rows = np.random.default_rng(5).normal(size=40_000)
    found = median(rows, np.arange(40_000))
    assert width(found) == pytest.approx(2 * 1.96 * 1.2533 / 40_000**0.5, rel=0.2)


def test_point_estimates() -> None:
    """Medians and quantiles are numpy's, shares and ratios what their names say."""
    values, visits = np.array([3.0, 1.0, np.nan, 2.0, 10.0]), np.arange(5)
    assert median(values, visits).value == 2.5
    assert quantile(values, 0.9, visits).value == pytest.approx(np.nanquantile(values, 0.9))
    assert share(values > 2, visits).value == 0.4
    assert ratio(values, np.array([1.0, 1.0, 1.0, np.nan, 3.0]), visits).value == 14 / 5


def test_single_precision_is_enough() -> None:
    """float32 and float64 rows give the same interval, as far as float32 can tell."""
    rows = Clustered(6)
    narrow, wide = (median(rows.first.astype(kind), rows.visits) for kind in ("f4", "f8"))
    assert (narrow.low, narrow.high) == pytest.approx((wide.low, wide.high), rel=1e-4, abs=1e-4)


@pytest.mark.parametrize("values", [[], [np.nan], [np.nan] * 50])
def test_nothing_known_is_unknown(values: list[float]) -> None:
    """No row, or none that knows: no value, no interval, a count of 0."""
    rows, visits = np.array(values), np.arange(len(values))
    unknown = Estimate(None, None, None, 0)
    assert median(rows, visits) == share(rows, visits) == ratio(rows, rows, visits) == unknown


@pytest.mark.parametrize("count", [1, ENOUGH - 1])
def test_few_visits_have_no_interval(count: int) -> None:
    """Fewer than ten visits have a value, but no bounds, however many rows they have."""
    values, visits = np.arange(3.0 * count), np.repeat(np.arange(count), 3)
    for found in (median(values, visits), share(values > 1, visits), ratio(values, values, visits)):
        assert found.value is not None
        assert (found.low, found.high, found.count) == (None, None, 3 * count)


def test_an_outer_quantile_needs_more_visits() -> None:
    """35 visits do not bound the 90th percentile from above; 37 do."""
    assert quantile(np.arange(35.0), 0.9, np.arange(35)).high is None
    assert quantile(np.arange(37.0), 0.9, np.arange(37)).high is not None


def test_what_does_not_vary_has_no_interval() -> None:
    """Where all are equal a bootstrap sees no spread: that is no certainty."""
    ones, visits = np.ones(50), np.arange(50)
    assert median(ones, visits) == Estimate(1.0, None, None, 50)
    assert ratio(ones, 3 * ones, visits) == Estimate(1 / 3, None, None, 50)


@pytest.mark.parametrize(("flag", "bound"), [(True, 0.93), (False, 0.07)])
def test_a_share_of_all_is_not_certain(flag: bool, bound: float) -> None:
    """50 of 50 leave room for 7 % of others, by Wilson's interval."""
    found = share(np.full(50, flag), np.arange(50))
    assert found.value == flag
    assert (found.low if flag else found.high) == pytest.approx(bound, abs=0.01)


def test_what_never_came_is_later_than_all_that_did() -> None:
    """A quantile beyond the finite values is infinite; an interval may end so."""
    values, visits = np.append(np.arange(80.0), np.full(20, np.inf)), np.arange(100)
    middle, outer = quantiles(values, (0.5, 0.9), visits)
    assert (middle.value, middle.count, middle.never) == (49.5, 100, ())
    assert width(middle) > 0
    assert (outer.value, outer.never) == (np.inf, ("value", "low", "high"))
    near = quantile(values, 0.77, visits)
    assert near.value is not None
    assert near.low is not None
    assert 60 < near.low < near.value < 80
    assert (near.high, near.never) == (np.inf, ("high",))


def test_where_all_or_nearly_all_never_came_there_is_no_interval() -> None:
    """Between infinite and infinite nothing varies."""
    never = np.full(50, np.inf)
    assert median(never, np.arange(50)) == Estimate(np.inf, None, None, 50)
    never[0] = 1.0
    assert median(never, np.arange(50)) == Estimate(np.inf, None, None, 50)


def test_rounding_makes_no_interval() -> None:
    """Rows that all have the same ratio have no spread, however large their sums are."""
    random = np.random.default_rng(7)
    denominators = random.uniform(1e-3, 1e7, 5_000)
    signs = np.where(np.arange(5_000) % 2, 1.0, -0.999)
    found = ratio(denominators * signs / 3, denominators * signs, np.arange(5_000))
    assert (found.low, found.high) == (None, None)
