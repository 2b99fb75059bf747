"""The curves of a sample: against the player, the closed form, and their own definitions."""

from itertools import pairwise
from math import inf

import numpy as np
import pytest
from closed_form import arrived, closed_form, paused, steady
from hypothesis import given
from hypothesis import strategies as st

from pytomo.analysis.curves import Curve, curves
from pytomo.player import play
from pytomo.profiles import FIRST_PYTOMO, PROFILES
from pytomo.quality import max_throughput
from pytomo.results import Arrival

DEFAULT = PROFILES[0]
EXACT = [known for known in PROFILES if known.name != FIRST_PYTOMO]
EXAMPLE = [
    *(Arrival(0.5, 0, 100_000, 1.0), Arrival(1.0, 0, 100_000, 2.0), Arrival(2.0, 0, 50_000, 2.5)),
    *(Arrival(5.0, 0, 50_000, 3.0), Arrival(6.0, 0, 100_000, 4.0), Arrival(8.0, 0, 600_000, inf)),
]
"""The worked example of docs/player.md: stalls from 3.4 to 6.0 s and from 7.5 to 8.0 s."""


def drawn(arrivals=EXAMPLE, *, tracks=1, duration=10.0, end=12.0, profile=DEFAULT):
    return curves(arrivals, tracks=tracks, duration=duration, end=end, profile=profile)


def every(curve, *times):
    """The values of a curve at some times."""
    return [round(curve.at(time), 9) for time in times]


def test_position_of_the_worked_example():
    """The media played are level before the start and in stalls, and rise by 1 s a second."""
    position = drawn().position
    assert every(position, 0, 1, 2, 3.4, 5, 6, 7.5, 8, 12) == [
        0,
        0,
        1,
        2.4,
        2.4,
        2.4,
        3.9,
        3.9,
        7.9,
    ]


def test_buffer_of_the_worked_example():
    """The buffer jumps with arrivals, drains while playing, and waits at the stall threshold."""
    buffer = drawn().buffer
    assert every(buffer, 0.4, 0.5, 1.0, 1.9, 3.4, 4.9) == [0, 1, 2, 1.1, 0.1, 0.1]
    assert every(buffer, 5.0, 6.0, 7.4999, 8.0, 12.0) == [0.6, 1.6, 0.1001, 6.1, 2.1]


def test_what_arrived_in_the_worked_example():
    """Media and bytes step up at arrivals; once all is there, the media are the whole video."""
    sample = drawn()
    assert every(sample.ready, 0.49, 0.5, 5.5, 8.0, 12.0) == [0, 1, 3, 10, 10]
    assert every(sample.received, 0.49, 0.5, 7.9, 8.0) == [0, 100_000, 400_000, 1_000_000]


def test_throughput_is_that_of_the_second_before():
    """It is 8 × the bytes of the last second / 1000, and falls when they are a second old."""
    throughput = drawn().throughput
    assert every(throughput, 0.4, 0.5, 0.9, 1.0, 1.4) == [0, 800, 800, 1600, 1600]
    assert every(throughput, 1.5, 1.99, 2.0, 2.9, 3.0) == [800, 800, 400, 400, 0]


def test_a_short_sample_is_one_window():
    """A sample shorter than a second has its average at its end, as MaxInstantThp has."""
    arrivals = [Arrival(0.1, 0, 1000, 1.0), Arrival(0.5, 0, 1000, 2.0)]
    sample = drawn(arrivals, end=0.5)
    assert sample.throughput.at(0.5) == max_throughput(arrivals, 0.5) == 32.0


@pytest.mark.parametrize("rate", [0.5, 0.9, 1.5])
def test_the_closed_form_is_drawn(rate):
    """Of a steady flow with a pause, the curves are those solved without any simulation."""
    flow = paused(steady(rate, 30.0), 4.0, 3.0)
    step = 0.005
    reads = [Arrival(t, 0, 1, arrived(flow, t)) for t in np.arange(step, 20.0, step).tolist()]
    sample, expected = drawn(reads, duration=30.0, end=20.0), closed_form(flow, 30.0, 20.0, DEFAULT)
    assert sample.position.at(20.0) == pytest.approx(expected.played, abs=0.05)
    assert sample.buffer.at(20.0) == pytest.approx(expected.buffer_at_end, abs=0.05)
    for stall in expected.stalls:
        assert sample.position.at(stall.start + stall.length / 2) == pytest.approx(
            stall.position, abs=0.05
        )


def test_two_tracks_play_as_far_as_both_are_there():
    """The least of the tracks is playable; a track that is whole is as long as the video."""
    reads = [Arrival(1, 0, 9, 4.0), Arrival(2, 1, 9, 3.0), Arrival(3, 1, 9, inf)]
    sample = drawn(reads, tracks=2, end=5.0)
    assert every(sample.ready, 1.5, 2, 3) == [0, 3, 4]
    assert [every(track, 1, 2, 3) for track in sample.tracks] == [[4, 4, 4], [0, 3, 10]]


def test_a_sample_that_never_started():
    """All that arrived is in the buffer, and nothing is played."""
    sample = drawn([Arrival(1, 0, 9, 1.5)], end=5.0)
    assert every(sample.position, 0, 5) == [0, 0]
    assert every(sample.buffer, 0.5, 1, 5) == [0, 1.5, 1.5]


@pytest.mark.parametrize(
    ("arrivals", "tracks", "reason"),
    [
        ([], 1, "nothing arrived"),
        ([Arrival(0, 1, 1, 1.0)], 1, "tracks"),
        ([Arrival(0, -1, 1, 1.0)], 1, "tracks"),
        ([Arrival(0, 0, 1, 1.0)], 0, "tracks"),
        ([Arrival(0, 0, 1, 1.0)], 10**9, "tracks"),
        ([Arrival(2, 0, 1, 1.0), Arrival(1, 0, 1, 2.0)], 1, "order"),
    ],
)
def test_what_cannot_be_a_sample(arrivals, tracks, reason):
    """Damaged arrivals are a ValueError that says what is wrong."""
    with pytest.raises(ValueError, match=reason):
        drawn(arrivals, tracks=tracks)


READS = st.lists(
    st.tuples(st.floats(0, 2), st.integers(0, 1), st.integers(1, 10**6), st.floats(0, 3)),
    min_size=1,
    max_size=40,
)


@given(READS, st.sampled_from(EXACT), st.integers(0, 3000))
def test_curves_agree_with_the_player(reads, profile, rest):
    """At the end of any sample the curves have what the player and the statistics say of it."""
    arrivals, now, media = [], 0.0, [0.0, 0.0]
    for gap, track, size, more in reads:
        now = round(now + gap, 6)
        media[track] += more
        arrivals.append(Arrival(now, track, size, media[track]))
    end = now + rest / 1000
    sample = drawn(arrivals, tracks=2, duration=None, end=end, profile=profile)
    playback = play(arrivals, tracks=2, duration=None, end=end or now, profile=profile)
    assert sample.playback == playback
    assert sample.position.values[-1] == pytest.approx(playback.played_time, abs=1e-9)
    assert sample.buffer.values[-1] == pytest.approx(playback.buffer_at_end, abs=1e-6)
    assert sample.received.values[-1] == sum(arrival.size for arrival in arrivals)
    for curve in (sample.position, sample.buffer, sample.ready, sample.throughput):
        assert all(early <= late for early, late in pairwise(curve.times))
        assert curve.values.min() >= 0
    if end:
        assert sample.throughput.values.max() == pytest.approx(max_throughput(arrivals, end))


def test_thinning_keeps_every_column_of_a_picture():
    """In each column of dots the first, last, lowest and highest points are kept, no others."""
    times = np.linspace(0, 10, 50_001)
    values = np.sin(50 * times) + np.random.default_rng(1).normal(size=len(times))
    thin = Curve(times, values).thinned(100)
    assert len(thin.times) <= 400
    column = np.floor(times / 0.1)
    kept = np.floor(thin.times / 0.1)
    for number in (0, 17, 99):
        whole, part = values[column == number], thin.values[kept == number]
        assert (part[0], part[-1], part.min(), part.max()) == (
            *(whole[0], whole[-1], whole.min(), whole.max()),
        )


def test_a_short_curve_is_not_thinned():
    """What has few points stays as it is."""
    curve = Curve(np.arange(5.0), np.arange(5.0))
    assert curve.thinned(100) is curve
