import math
from types import SimpleNamespace

import numpy as np
import pytest
from rows import failed, measured, visit
from table_fixtures import column, never, started, table

from pytomo.analysis.distributions import (
    GROUPINGS,
    MOST_POINTS,
    distribution,
    distributions,
)
from pytomo.analysis.sample import quantiles
from pytomo.results import Address, Origin, Playback

__all__ = ["column", "table"]


def server(ip, number, name):
    """An address and the AS that it is in."""
    address = Address(ip=ip, resolvers="system", host="r1.example", family=4)
    return {"address": address, "origin": Origin(as_number=number, as_name=name)}


def test_the_curve_is_the_share_of_rows_at_or_below(table):
    """Steps at each value, by as many rows as have it."""
    found = distribution(table(*(started(delay) for delay in (3.0, 1.0, 1.0, 2.0))), "StartupDelay")
    assert found.points == ((1.0, 0.5), (2.0, 0.75), (3.0, 1.0))
    assert (found.count, found.least, found.greatest, found.mean) == (4, 1.0, 3.0, 1.75)


def test_what_never_started_counts_as_endless(table):
    """The curve ends at the share that started; quantiles beyond it are unknown, and the mean."""
    rows = [started(1.0), started(2.0), never(), never()]
    found = distribution(table(*rows), "StartupDelay")
    assert found.points == ((1.0, 0.25), (2.0, 0.5))
    assert (found.count, found.endless, found.greatest, found.mean) == (4, 2, 2.0, None)
    assert found.quantiles["p5"] == pytest.approx(1.15)
    assert found.quantiles["p50"] is None


def test_other_parameters_know_no_endless_rows(table):
    """Only for the startup delay do rows that never started mean something."""
    found = distribution(table(started(1.0), never()), "StallRatio")
    assert (found.rows, found.count, found.endless) == (2, 1, 0)


def test_unknown_values_are_left_out_and_counted(table):
    """Rows that failed have no value: the curve is that of the others."""
    found = distribution(table(started(1.0), failed(1)), "StartupDelay")
    assert (found.rows, found.count, found.endless) == (2, 1, 0)
    assert found.points == ((1.0, 1.0),)


def test_open_stalls_are_counted(table):
    """Where the last stall was still open, the stall ratio is a lower bound, and said to be."""
    open_stall = Playback(startup_delay=1.0, stall_ratio=0.5, stall_censored=True)
    rows = table(measured(playback=open_stall), started(1.0))
    assert distribution(rows, "StallRatio").bounded == 1
    assert distribution(rows, "StartupDelay").bounded == 0


def test_quantiles_are_those_of_numpy():
    """Linear interpolation between the two nearest ranks, as numpy and R (type 7) do."""
    values = np.sort(np.random.default_rng(1).lognormal(size=101)).astype(np.float32)
    shares = (0.0, 0.05, 0.1, 0.33, 0.5, 0.9, 0.99, 1.0)
    assert quantiles(values, shares) == pytest.approx(np.quantile(values.astype(float), shares))


def test_quantiles_of_a_uniform_distribution():
    """Of 0, 1, …, 100 the quantile of p % is p."""
    assert quantiles(np.arange(101.0), (0.05, 0.5, 0.99)) == (5.0, 50.0, 99.0)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([], (None, None, None)),
        ([7.0], (7.0, 7.0, 7.0)),
        ([math.inf], (None, None, None)),
        ([1.0, 2.0, math.inf], (1.0, 2.0, None)),
        ([1.0, math.inf, math.inf], (1.0, None, None)),
    ],
)
def test_quantiles_of_endless_values(values, expected):
    """A quantile between a value and infinity is infinite, one at a value is not."""
    assert quantiles(np.array(values), (0.0, 0.5, 1.0)) == expected


def test_long_curves_are_thinned_out_without_being_changed(column):
    """A curve of many values keeps its ends, and each of its points is one of the whole curve."""
    delays = np.random.default_rng(2).permutation(3000)
    found = distribution(column("StartupDelay", delays.tolist()), "StartupDelay")
    assert len(found.points) <= MOST_POINTS
    values, shares = zip(*found.points, strict=True)
    assert (values[0], shares[0], shares[-1]) == (0.0, 1 / 3000, 1.0)
    assert np.diff(shares).max() <= 1.2 / MOST_POINTS
    assert shares == pytest.approx([(value + 1) / 3000 for value in values])


def test_few_values_of_many_rows_are_all_there(column):
    """However many rows there are, a step is not lost because few have its value."""
    rows = column("StartupDelay", [1.0] * 2000 + [2.0] + [3.0] * 2000)
    found = distribution(rows, "StartupDelay")
    assert [value for value, _ in found.points] == [1.0, 2.0, 3.0]


def test_groups_stand_in_the_order_of_their_size(table):
    """The group with the most values is the first; one without any value is none."""
    rows = [
        started(1.0, visit=visit(service="dailymotion")),
        *(started(2.0) for _ in range(2)),
        *(failed(service) for service in range(3)),
        failed(visit=visit(service="generic")),
    ]
    found = distributions(table(*rows), "StartupDelay", "service")
    assert [(group.name, group.count) for group in found.groups] == [
        ("youtube", 2),
        ("dailymotion", 1),
    ]


def test_small_groups_are_left_out_and_counted(table):
    """How many groups and rows are not shown is said."""
    rows = [started(1.0, visit=visit(service=f"s{n}")) for n in range(5) for _ in range(n)]
    found = distributions(table(*rows), "StartupDelay", "service", most=2)
    assert [group.name for group in found.groups] == ["s4", "s3"]
    assert (found.groups_left_out, found.rows_left_out) == (2, 3)


def test_an_address_of_two_resolvers_counts_for_both(table):
    """Groups by resolver overlap, and say so."""
    rows = table(started(1.0, resolvers="system,google"), started(2.0, resolvers="google"))
    found = distributions(rows, "PingMin", "resolver")
    assert found.overlapping
    assert [(group.name, group.count) for group in found.groups] == [("google", 2), ("system", 1)]


def test_systems_have_their_number_and_name(table):
    """An AS is told by its number, and its name where that is known."""
    rows = table(
        started(1.0, **server("192.0.2.1", 64500, "EXAMPLE")),
        started(1.0, **server("192.0.2.2", 64500, "EXAMPLE")),
        started(1.0, **server("192.0.2.3", 4_200_000_001, None)),
        started(1.0, origin=None),
    )
    found = distributions(rows, "StartupDelay", "as")
    assert {group.name: group.count for group in found.groups} == {
        "AS64500 EXAMPLE": 2,
        "AS4200000001": 1,
        "unknown": 1,
    }


@pytest.mark.parametrize("by", GROUPINGS)
def test_groups_hold_all_values(table, by):
    """Whatever rows are grouped by, each value is in a group; an empty database has none."""
    rows = table(started(1.0), never(), failed())
    found = distributions(rows, "StartupDelay", by)
    assert sum(group.count for group in found.groups) == 2
    assert distributions(rows.where(np.zeros(3, bool)), "StartupDelay", by).groups == ()


def test_only_parameters_have_distributions(table):
    """Text, and numbers that are names, have none."""
    rows = table(started(1.0))
    for name in ("Title", "ASNumber", "no such column"):
        with pytest.raises(KeyError):
            distributions(rows, name)


def test_the_parameter_is_described(table):
    """The unit and the sentence are those of the metric."""
    found = distributions(table(started(1.0)), "PingMin")
    assert SimpleNamespace(unit=found.unit, text=found.text) == SimpleNamespace(
        unit="ms", text="Shortest round trip."
    )
