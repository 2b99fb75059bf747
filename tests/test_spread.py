import math

import pytest
from rows import START, failed, measured, visit
from table_fixtures import column, never, started, table

from pytomo.analysis.spread import MOST_BINS, MOST_POINTS, SHARES, WIDTHS, spread
from pytomo.errors import Outcome
from pytomo.results import Playback

__all__ = ["column", "table"]

HOUR = 3600.0
FIRST = math.floor(START.timestamp())


def test_a_bin_tells_the_quantiles_of_its_rows(column):
    """In each bin: rows, values and their quantiles, from the least to the greatest."""
    found = spread(column("PingMin", range(101), range(101)), "PingMin")
    assert found.width == 15.0
    assert [len(found.bins), found.rows, found.count] == [7, 101, 101]
    first = found.bins[0]
    assert (first.start, first.end, first.rows) == (FIRST, FIRST + 15, 15)
    assert SHARES == (0.0, 0.1, 0.25, 0.5, 0.75, 0.9, 1.0)
    assert first.quantiles == pytest.approx((0.0, 1.4, 3.5, 7.0, 10.5, 12.6, 14.0))


def test_times_without_rows_are_known_as_such(column):
    """A bin without rows is there, with nothing in it: neither a value nor a share is 0."""
    seconds = [*range(60), *range(1000, 1060)]
    found = spread(column("PingMin", [1.0] * 120, seconds), "PingMin")
    empty = [one for one in found.bins if not one.rows]
    assert empty
    assert all(one.quantiles == (None,) * len(SHARES) for one in empty)
    assert all(one.failed is None and one.stalled is None for one in empty)
    assert all(a.end == b.start for a, b in zip(found.bins, found.bins[1:], strict=False))


def test_the_span_that_is_looked_at_is_shown_whole(table):
    """Without rows at its ends there are bins without data."""
    start, end = FIRST - HOUR, FIRST + HOUR
    found = spread(table(measured()), "PingMin", start=start, end=end)
    assert (found.start, found.end) == (start, end)
    assert found.bins[0].start <= start < end <= found.bins[-1].end
    assert sum(one.rows for one in found.bins) == 1


def test_bins_are_as_many_as_the_rows_allow(column):
    """Few rows have few bins, many rows at most `MOST_BINS`, and all have a round width."""
    for count in (1, 24, 3000):
        found = spread(column("PingMin", [1.0] * count, range(count)), "PingMin")
        assert len(found.bins) <= min(MOST_BINS, max(count // 12, 1)) + 1
        assert found.width in WIDTHS


def test_rows_in_any_order_of_time(column):
    """Rows that were written in another order than they began are in the bin of their time."""
    seconds = [*range(0, 60, 2), *range(1, 60, 2)]
    found = spread(column("PingMin", seconds, seconds), "PingMin")
    for one in found.bins:
        assert one.quantiles[0] == one.start - FIRST
        assert one.quantiles[-1] == one.end - FIRST - 1


def test_failures_are_a_share_of_what_was_to_be_measured(table):
    """Two of three measurements failed in the bin; what has no value does not vanish."""
    gone = failed(0, Outcome.HTTP_ERROR)
    (one,) = spread(table(gone, gone, measured(0)), "PingMin").bins
    assert (one.rows, one.count, one.failed) == (3, 1, pytest.approx(2 / 3))


def test_what_could_not_be_watched_is_a_share_of_the_samples(table):
    """Never started, or stalled for longer than it played."""
    stalled = measured(0, playback=Playback(startup_delay=1.0, stall_ratio=0.51))
    rows = table(never(0), stalled, started(1.0), started(1.0), failed(0))
    (one,) = spread(rows, "StartupDelay").bins
    assert one.stalled == 0.5


def test_what_never_started_is_endless(table):
    """The upper quantiles of the startup delay are those of rows that never started."""
    rows = table(started(1.0), started(2.0), never(0))
    (one,) = spread(rows, "StartupDelay").bins
    assert one.count == 3
    assert one.quantiles[0] == 1.0
    assert one.quantiles[3] == 2.0
    assert one.quantiles[-1] is None


def test_few_values_are_told_one_by_one(table, column):
    """So that a picture can show them; of many, only the quantiles are told."""
    few = table(started(2.5, 1.0), never(2.0))
    assert spread(few, "StartupDelay").points == ((START.timestamp() + 1.0, 2.5),)
    assert spread(column("PingMin", [1.0] * (MOST_POINTS + 1)), "PingMin").points == ()


def test_nothing_has_no_spread(table):
    """An empty database has no bins, and no span that it would know."""
    found = spread(table(), "PingMin")
    assert (found.bins, found.start, found.end, found.width) == ((), None, None, None)


def test_one_row(table):
    """A single row is a bin of its own."""
    (one,) = spread(table(measured(visit=visit(0))), "PingMin").bins
    assert one.quantiles == (1.5,) * len(SHARES)


def test_only_parameters_have_a_spread(table):
    """Text has none."""
    with pytest.raises(KeyError):
        spread(table(), "Title")
