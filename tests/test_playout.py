"""The smallest startup delay without a stall: against the player, and by hand."""

from fractions import Fraction
from math import inf

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from pytomo.player import play
from pytomo.playout import IDEAL, min_playout_delay
from pytomo.results import Arrival, Playback

TICK = 1 / 1024
"""s: sums of such times are exact in binary."""


def delay(*reads: tuple[float, float], end: float, duration: float | None = None) -> float | None:
    """Of one track, of which each read is (time, playable)."""
    arrivals = [Arrival(time, 0, 1000, playable) for time, playable in reads]
    return min_playout_delay(arrivals, tracks=1, duration=duration, end=end)


def begun(
    arrivals: list[Arrival], wait: float, *, tracks: int, duration: float, end: float
) -> Playback:
    """Playback by a player that sees nothing before `wait`, and then plays on as it can."""
    late = [arrival._replace(time=max(arrival.time, wait)) for arrival in arrivals]
    return play(late, tracks=tracks, duration=duration, end=end, profile=IDEAL)


class TestByHand:
    def test_steady_and_fast_enough(self) -> None:
        """Media that come as fast as they are played cost the wait for the first of them."""
        assert delay((1.0, 1.0), (2.0, 2.0), (3.0, 3.0), end=3.0) == 1.0

    def test_pause(self) -> None:
        """A pause costs what it is longer than the media before it."""
        assert delay((1.0, 2.0), (9.0, inf), end=9.0, duration=20.0) == 7.0

    def test_half_the_rate(self) -> None:
        """A video of 10 s at half its bitrate comes in 20 s: half of that is waited at least."""
        reads = [(0.5 * step, 0.25 * step) for step in range(1, 40)] + [(20.0, inf)]
        assert delay(*reads, end=20.0, duration=10.0) == 10.25

    def test_cut_by_the_deadline(self) -> None:
        """What comes after the sample is not known: its media must last until its end only."""
        assert delay((1.0, 2.0), (2.0, 4.0), end=10.0) == 6.0
        assert delay((1.0, 2.0), (2.0, 40.0), end=10.0) == 1.0

    def test_media_that_nobody_would_have_played_yet(self) -> None:
        """A pause near the end that the media before it outlast costs nothing."""
        assert delay((1.0, 9.0), (9.75, 30.0), end=10.0) == 1.0

    def test_whole_video_needs_nothing_more(self) -> None:
        """Of a video that is all there, the time after its end says nothing."""
        assert delay((1.0, inf), end=60.0, duration=2.0) == 1.0

    def test_slower_track_counts(self) -> None:
        """Media are there when they are in every track."""
        reads = [Arrival(1.0, 0, 9, inf), Arrival(1.5, 1, 9, 2.0), Arrival(6.0, 1, 9, inf)]
        assert min_playout_delay(reads, tracks=2, duration=8.0, end=6.0) == 4.0

    @pytest.mark.parametrize("reads", [(), ((1.0, 0.0),)])
    def test_nothing_to_play(self, reads: tuple[tuple[float, float], ...]) -> None:
        """Without anything playable there is no such delay."""
        assert delay(*reads, end=5.0) is None

    def test_one_of_two_tracks(self) -> None:
        """Nor is there one if a track has brought nothing."""
        reads = [Arrival(1.0, 0, 9, 5.0)]
        assert min_playout_delay(reads, tracks=2, duration=8.0, end=6.0) is None


@st.composite
def samples(draw: st.DrawFn) -> tuple[list[Arrival], float, float]:
    """Arrivals in two tracks, the duration of the video, and the end of the sample."""
    ticks = st.integers(0, 20 * 1024)
    times = sorted(draw(st.lists(ticks, min_size=2, max_size=30)))
    media = [0, 0]
    arrivals = []
    for time in times:
        track = draw(st.integers(0, 1))
        media[track] += draw(st.integers(0, 4 * 1024))
        arrivals.append(Arrival(time * TICK, track, 1, media[track] * TICK))
    if draw(st.booleans()):
        last = (times[-1] + draw(st.integers(0, 1024))) * TICK
        arrivals += [Arrival(last, 0, 1, inf), Arrival(last, 1, 1, inf)]
    duration = (max(media) + draw(st.integers(1, 4 * 1024))) * TICK
    return arrivals, duration, arrivals[-1].time + draw(ticks) * TICK


class TestAgainstThePlayer:
    @settings(max_examples=300)
    @given(samples())
    def test_with_it_there_is_no_stall(self, sample: tuple[list[Arrival], float, float]) -> None:
        """A player that begins after that delay plays on until the end of the sample."""
        arrivals, duration, end = sample
        wait = min_playout_delay(arrivals, tracks=2, duration=duration, end=end)
        assume(wait is not None)
        playback = begun(arrivals, wait, tracks=2, duration=duration, end=end)
        assert playback.stalls == ()
        assert playback.startup_delay == wait

    @settings(max_examples=300)
    @given(samples(), st.integers(1, 4096))
    def test_with_less_there_is(
        self, sample: tuple[list[Arrival], float, float], less: int
    ) -> None:
        """A player that begins any earlier stalls, or waits for its first media."""
        arrivals, duration, end = sample
        wait = min_playout_delay(arrivals, tracks=2, duration=duration, end=end)
        assume(wait is not None and wait >= less * TICK)
        early = wait - less * TICK
        playback = begun(arrivals, early, tracks=2, duration=duration, end=end)
        assert playback.stalls or playback.startup_delay > early

    @given(samples())
    def test_is_the_maximum_over_the_media(
        self, sample: tuple[list[Arrival], float, float]
    ) -> None:
        """It is the most that any media come later than they are played, in exact arithmetic."""
        arrivals, duration, end = sample
        wait = min_playout_delay(arrivals, tracks=2, duration=duration, end=end)
        latest = [_lateness(arrivals, tick, end) for tick in range(0, 2048, 64)]
        known = [late for late in latest if late is not None]
        assert wait is None or all(late <= wait for late in known)


def _lateness(arrivals: list[Arrival], tick: int, end: float) -> Fraction | None:
    """How much later than its time in the video the media just behind a tick came; None: never."""
    ready = [0.0, 0.0]
    for time, track, _, playable, *_ in arrivals:
        ready[track] = max(ready[track], playable)
        if min(ready) > tick * TICK and time <= end:
            return Fraction(time) - Fraction(tick, 1024)
    return None
