"""What was played of an adaptive video."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytomo.abr.adaptation import adaptation
from pytomo.results import Fetched

RUNGS = ((360, 500.0), (720, 1500.0), (1080, 3000.0))


def fetched(*rungs: int, first: int = 0, finished: float | None = 1.0) -> list[Fetched]:
    """Segments of 4 s at these rungs."""
    return [
        Fetched(
            track=0,
            number=number,
            rung=rung,
            bitrate=RUNGS[rung][1],
            height=RUNGS[rung][0],
            start=4.0 * number,
            duration=4.0,
            asked=0.0,
            finished=finished,
            size=1,
        )
        for number, rung in enumerate(rungs, first)
    ]


def test_mean_over_media_time() -> None:
    """The bitrate is weighted by the media time played: the last segment by half."""
    found = adaptation(fetched(0, 1, 2), 10.0, "bola/1")
    assert found.bitrate == pytest.approx((4 * 500 + 4 * 1500 + 2 * 3000) / 10)
    assert found.rule == "bola/1"


def test_times_on_rungs() -> None:
    """The time on each rung, the lowest first."""
    found = adaptation(fetched(1, 0, 1), 10.0, "bola/1")
    assert json.loads(found.times or "") == [[360, 500.0, 4.0], [720, 1500.0, 6.0]]


def test_switches() -> None:
    """Switches are counted where they were played, whatever their size."""
    found = adaptation(fetched(0, 2, 1, 1, 0, 1), 24.0, "bola/1")
    assert (found.switches_up, found.switches_down) == (2, 2)
    found = adaptation(fetched(0, 2, 1, 1, 0, 1), 4.0, "bola/1")
    assert (found.switches_up, found.switches_down) == (0, 0)


def test_replaced() -> None:
    """Of a segment that was fetched twice the later is seen, unless it was given up."""
    better = fetched(2, first=1)
    lost = fetched(0, first=1, finished=None)
    found = adaptation([*fetched(0, 0, 0), *better, *lost], 12.0, "bola/1")
    assert (found.switches_up, found.switches_down) == (1, 1)


def test_other_tracks() -> None:
    """The sound does not count."""
    assert adaptation(fetched(0, 1), 8.0, "bola/1", track=1).times is None


def test_nothing_played() -> None:
    """Where nothing was played, no bitrate is known and nothing switched."""
    for found in (adaptation([], 8.0, "bola/1"), adaptation(fetched(0, 1), 0.0, "bola/1")):
        assert (found.bitrate, found.times) == (None, None)
        assert (found.switches_up, found.switches_down) == (0, 0)


@given(st.lists(st.integers(0, 2), min_size=1, max_size=20), st.floats(0.001, 100.0))
def test_times_add_up(rungs: list[int], played: float) -> None:
    """The times on the rungs add up to what was played, and the bitrate lies between theirs."""
    found = adaptation(fetched(*rungs), played, "bola/1")
    seconds = [line[2] for line in json.loads(found.times or "[]")]
    assert sum(seconds) == pytest.approx(min(played, 4.0 * len(rungs)), abs=1e-5)
    assert found.bitrate is not None
    assert 500.0 - 1e-6 <= found.bitrate <= 3000.0 + 1e-6
