"""The simulated player: its link and its buffer."""

from math import inf

import pytest
from abr_videos import PLAYER, VIDEO

from pytomo.abr.simulate import Content, Rate, simulate, transferred
from pytomo.abr.throughput import THROUGHPUT

STEP = [Rate(0.0, 800.0), Rate(2.0, 0.0), Rate(5.0, 1600.0)]


@pytest.mark.parametrize(
    ("start", "size", "end"),
    [(0.0, 100_000, 1.0), (1.0, 100_000, 2.0), (1.0, 300_000, 6.0), (3.0, 200_000, 6.0)],
)
def test_link(start: float, size: int, end: float) -> None:
    """Bytes flow at the rate of their time, and not while that is zero."""
    assert transferred(STEP, start, size) == pytest.approx(end)


def test_link_that_ends() -> None:
    """What a link never carries never comes."""
    assert transferred(STEP[:2], 1.0, 100_001) == inf


def test_paced() -> None:
    """A player with a target never has more than that buffered."""
    found = simulate(THROUGHPUT, VIDEO, [Rate(0.0, 20_000.0)], profile=PLAYER, target=20.0)
    started = found.playback.startup_delay or 0.0
    ahead = [
        request.start + request.duration - (request.finished - started)
        for request in found.fetched
        if request.finished is not None
    ]
    assert max(ahead) <= 20.0 + 1e-6
    assert found.playback.stall_count == 0


def test_stalls() -> None:
    """A link that stops for longer than the buffer lasts stalls the player."""
    video = Content.constant((1000.0,), 4.0, 20)
    link = [Rate(0.0, 1500.0), Rate(10.0, 0.0), Rate(40.0, 1500.0)]
    found = simulate(THROUGHPUT, video, link, profile=PLAYER)
    assert found.playback.stall_count == 1
    assert found.playback.played_time == pytest.approx(80.0)
