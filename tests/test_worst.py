from dataclasses import replace

import pytest
from rows import failed, measured
from table_fixtures import never, started, table

from pytomo.analysis.worst import worst
from pytomo.results import Playback

__all__ = ["table"]


def at(host, row):
    """The row as measured at another server."""
    return replace(row, address=replace(row.address, host=host))


def stalled(seconds):
    """A row that stalled so long."""
    return measured(playback=Playback(startup_delay=1.0, stalled_time=seconds))


@pytest.fixture
def rows(table):
    """RowIds 1 to 6."""
    return table(
        at("slow", started(5.0)),
        at("stalling", stalled(1.0)),
        at("stalling", stalled(9.0)),
        at("silent", never()),
        at("good", started(1.9)),
        failed(),
    )


def test_the_worst_come_first(rows):
    """Never started, then the longest stalls, then the slowest start; one of each server."""
    assert worst(rows, 9) == (4, 3, 1)


def test_no_more_than_asked_for(rows):
    """The worst ones of all."""
    assert worst(rows, 2) == (4, 3)


def test_what_played_well_is_not_among_the_worst(table):
    """Nor is what failed: it did not play."""
    assert worst(table(started(1.0), failed()), 9) == ()
    assert worst(table(), 9) == ()
