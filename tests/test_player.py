"""The player model: its events one by one, its invariants, and the analytic oracle."""

from bisect import bisect_right
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise
from math import ceil, inf, isfinite

import pytest
from closed_form import Curve, Expected, arrived, closed_form, paused, steady
from hypothesis import given
from hypothesis import strategies as st

from pytomo.config import Config
from pytomo.player import play
from pytomo.profiles import (
    FIRST_PYTOMO,
    NAMES,
    PROFILES,
    Profile,
    named,
    profile,
    stored_profile,
)
from pytomo.results import Arrival, Playback, Stall

DEFAULT = PROFILES[0]
NAMED = {known.name: known for known in PROFILES}
CAREFUL = Profile("careful", 1, start=0.8, stall=0.6, resume=3.5, first_resumes=(1.0, 1.4, 2.3))
EAGER = Profile("eager", 1, start=0.0, stall=0.0, resume=0.0)
RATES = (0.3, 0.5, 0.8, 0.9, 0.95, 1.0, 1.05, 1.5, 4)
STEP = 0.002
"""s between arrivals: one step late shifts a stall by STEP x r / (1 - r), 0.04 s at r = 0.95."""
TOLERANCE = 0.08
DURATION = 60.0
thresholds = st.floats(0, 1e6, allow_subnormal=False)


def watch(
    *arrivals: tuple[float, float],
    end: float,
    duration: float | None = None,
    profile: Profile = DEFAULT,
) -> Playback:
    """Playback of one track, of which each arrival is (time, playable) and brings 1000 bytes."""
    reads = [Arrival(time, 0, 1000, playable) for time, playable in arrivals]
    return play(reads, tracks=1, duration=duration, end=end, profile=profile)


class TestStart:
    def test_waits_for_the_start_threshold(self) -> None:
        """Playback starts at the arrival that brings the start threshold, not before."""
        playback = watch((0.5, 1.9), (0.8, 2.0), (1.0, 5.0), end=3.0)
        assert (playback.startup_delay, playback.initial_buffer) == (0.8, 2.0)

    def test_short_video(self) -> None:
        """A video shorter than the start threshold starts when everything has arrived."""
        playback = watch((0.5, 0.9), (0.8, inf), end=3.0, duration=1.0)
        assert (playback.startup_delay, playback.initial_buffer) == (0.8, 1.0)
        assert playback.played_time == 1.0
        assert playback.stalls == ()

    def test_initial_data_is_that_of_all_tracks(self) -> None:
        """InitialData counts every byte received up to the instant of the start, of any track."""
        reads = [
            Arrival(0.5, 0, 100, 4.0),
            Arrival(0.8, 1, 20, 2.0),
            Arrival(0.8, 1, 5, 2.0),
            Arrival(0.9, 1, 7, 4.0),
        ]
        playback = play(reads, tracks=2, duration=None, end=1.0, profile=DEFAULT)
        assert playback.initial_bytes == 125
        assert playback.initial_rate == pytest.approx(8 * 125 / 0.8 / 1000)

    def test_immediate_start_has_no_rate(self) -> None:
        """A start without delay has no InitialRate."""
        playback = watch((0.0, 3.0), end=1.0)
        assert (playback.startup_delay, playback.initial_rate) == (0.0, None)

    def test_never_started(self) -> None:
        """Without a start all that came is in the buffer, and what a start defines is unknown."""
        playback = watch((0.5, 1.0), (4.0, 1.9), end=5.0)
        assert playback == Playback(played_time=0.0, buffer_at_end=1.9, profile=DEFAULT.label)
        assert playback.stall_count is None
        assert playback.startup_delay is None

    def test_nothing_arrived(self) -> None:
        """A sample without an arrival never starts and holds nothing."""
        assert watch(end=5.0).buffer_at_end == 0.0

    def test_start_at_the_very_end(self) -> None:
        """A start at the instant of the end has neither played nor stalled: no ratio."""
        playback = watch((1.0, 3.0), end=1.0)
        assert (playback.played_time, playback.buffer_at_end) == (0.0, 3.0)
        assert (playback.stall_count, playback.stall_ratio) == (0, None)


class TestStall:
    def test_begins_when_the_buffer_is_used_up(self) -> None:
        """A stall begins at the instant the buffer has drained, not at the next arrival."""
        playback = watch((1.0, 2.0), (9.0, 8.0), end=10.0)
        assert playback.stalls == (Stall(pytest.approx(2.9), pytest.approx(6.1), 1.9, False),)
        assert playback.stalled_time == pytest.approx(6.1)
        assert playback.stall_ratio == pytest.approx(6.1 / 9.0)

    def test_ends_at_the_resume_threshold(self) -> None:
        """A stall lasts until an arrival brings the buffer to the resume threshold."""
        playback = watch((1.0, 2.0), (5.0, 2.8), (6.0, 2.9), (7.0, 5.0), end=6.5)
        assert [stall.start + stall.length for stall in playback.stalls] == [pytest.approx(6.0)]

    def test_ends_when_the_rest_is_there(self) -> None:
        """Less than the resume threshold is enough if it is the whole rest of the video."""
        playback = watch((1.0, 2.0), (5.0, inf), end=9.0, duration=2.5)
        assert playback.stalls == (Stall(pytest.approx(2.9), pytest.approx(2.1), 1.9, False),)
        assert playback.played_time == 2.5

    def test_open_at_the_end_is_censored(self) -> None:
        """A stall still open at the end is kept up to it and marked censored."""
        playback = watch((1.0, 2.0), (5.0, 2.5), end=10.0)
        assert playback.stalls == (Stall(pytest.approx(2.9), pytest.approx(7.1), 1.9, True),)
        assert playback.stall_censored is True
        assert playback.stall_count == 1
        assert playback.buffer_at_end == pytest.approx(0.6)

    def test_closed_is_not_censored(self) -> None:
        """A playback whose stalls have ended, or that has none, is not censored."""
        assert watch((1.0, 2.0), (5.0, 9.0), end=6.0).stall_censored is False
        assert watch((1.0, 9.0), end=6.0).stall_censored is False

    def test_end_of_the_video_is_none(self) -> None:
        """What has arrived as a whole plays to an empty buffer without a stall."""
        playback = watch((1.0, 3.0), (2.0, inf), end=60.0, duration=4.0)
        assert playback.stalls == ()
        assert (playback.played_time, playback.buffer_at_end) == (4.0, 0.0)

    def test_missing_last_bytes_are_one(self) -> None:
        """A buffer that runs out before the last byte is there stalls, however near the end."""
        playback = watch((1.0, 3.9), (9.0, inf), end=60.0, duration=4.0)
        assert [stall.position for stall in playback.stalls] == [pytest.approx(3.8)]

    def test_arrival_just_in_time(self) -> None:
        """An arrival at the very instant at which the buffer reaches the threshold is in time."""
        exact = replace(DEFAULT, stall=0.25)
        assert watch((1.0, 2.0), (2.75, 2.3), (3.0, 9.0), end=4.0, profile=exact).stall_count == 0
        assert watch((1.0, 2.0), (2.76, 2.3), (3.0, 9.0), end=4.0, profile=exact).stall_count == 1

    def test_at_the_very_end_is_none(self) -> None:
        """A buffer that reaches the threshold at the instant of the end has not stalled."""
        exact = replace(DEFAULT, stall=0.25)
        assert watch((1.0, 2.0), end=2.75, profile=exact).stall_count == 0


class TestTracks:
    def test_the_emptier_one_counts(self) -> None:
        """The buffer is that of the track with less media."""
        reads = [Arrival(0.1, 0, 10, 30.0), Arrival(0.5, 1, 1, 1.0), Arrival(0.7, 1, 1, 3.0)]
        playback = play(reads, tracks=2, duration=None, end=6.0, profile=DEFAULT)
        assert playback.startup_delay == 0.7
        assert [stall.start for stall in playback.stalls] == [pytest.approx(3.6)]
        assert playback.played_time == pytest.approx(2.9)

    def test_a_track_without_arrivals_counts(self) -> None:
        """Nothing plays while one of the tracks is not there at all."""
        reads = [Arrival(0.1, 0, 10, inf)]
        playback = play(reads, tracks=2, duration=10.0, end=6.0, profile=DEFAULT)
        assert (playback.startup_delay, playback.buffer_at_end) == (None, 0.0)

    def test_a_complete_one_holds_nothing_back(self) -> None:
        """A track that is there as a whole leaves the buffer to the others."""
        reads = [Arrival(0.1, 0, 10, inf), Arrival(0.5, 1, 1, 5.0)]
        playback = play(reads, tracks=2, duration=10.0, end=2.5, profile=DEFAULT)
        assert (playback.played_time, playback.buffer_at_end) == (2.0, 3.0)

    def test_unknown_duration(self) -> None:
        """All there and no duration told: the media ends at the largest time known of a track."""
        reads = [
            Arrival(0.1, 0, 10, 5.0),
            Arrival(0.2, 1, 10, 5.2),
            Arrival(0.3, 0, 10, inf),
            Arrival(0.4, 1, 10, inf),
        ]
        playback = play(reads, tracks=2, duration=None, end=60.0, profile=DEFAULT)
        assert playback.played_time == 5.2

    def test_duration_told_too_short(self) -> None:
        """Media that was seen to be there is played, whatever duration the site tells."""
        playback = watch((0.5, 10.4), (0.6, inf), end=60.0, duration=10.0)
        assert playback.played_time == 10.4


class TestSample:
    def test_arrivals_behind_the_end(self) -> None:
        """What arrived after the end is no part of the sample."""
        assert watch((1.0, 1.5), (3.0, inf), end=2.0, duration=9.0).startup_delay is None

    def test_times_rounded_by_a_trace(self) -> None:
        """An arrival that a stored trace rounded to behind the end is still a part of it."""
        playback = watch((1.0, 1.5), (2.0000005, inf), end=2.0, duration=9.0)
        assert playback.startup_delay == pytest.approx(2.0)
        assert playback.played_time == 0.0

    def test_as_many_stalls_as_arrivals(self) -> None:
        """A sample that stalls before each of 50 000 arrivals takes no longer than others."""
        reads = [(0.2 * number, 0.1 * number) for number in range(1, 50_001)]
        playback = watch(*reads, end=10_000.0, profile=EAGER)
        assert playback.stall_count == 49_999
        assert playback.stalled_time == pytest.approx(0.1 * 49_999)


class TestProfile:
    def test_label(self) -> None:
        """A row says profile, version and all thresholds."""
        assert DEFAULT.label == "pytomo/1 start=2 stall=0.1 resume=1"
        assert NAMED["chromium"].label == (
            "chromium/1 start=0.2 stall=0 resume=0.4,0.8,1.6,3 patience=3 setup=0.03 blocks"
        )

    def test_of_the_settings(self) -> None:
        """-B (ms) is the start threshold and -M (s) the stall threshold; without, the default."""
        assert profile(Config()) == DEFAULT
        asked = profile(Config(buffering_video_duration=500.0, min_playout_buffer_size=0.3))
        assert asked == replace(DEFAULT, start=0.5, stall=0.3)

    def test_each_name_once(self) -> None:
        """Profiles have different names, the default one first."""
        assert len(NAMED) == len(PROFILES)
        assert DEFAULT.name == "pytomo"

    def test_start_below_the_stall_threshold(self) -> None:
        """With -B 0 playback starts as soon as there is more than the stall threshold."""
        eager = replace(DEFAULT, start=0.0)
        playback = watch((0.2, 0.1), (0.3, 0.11), (0.4, 5.0), end=1.0, profile=eager)
        assert playback.startup_delay == 0.3

    def test_growing_resume_threshold(self) -> None:
        """Each of the first stalls has its own resume threshold, later ones the last."""
        careful = replace(DEFAULT, first_resumes=(1.0, 2.0), resume=3.0)
        assert [careful.resume_from(stalls) for stalls in range(4)] == [1.0, 2.0, 3.0, 3.0]

    @pytest.mark.parametrize("known", PROFILES, ids=lambda known: known.name)
    def test_label_tells_what_playback_depends_on(self, known: Profile) -> None:
        """The label of a row gives its profile back, but for what only fetching depends on."""
        fetching = replace(known, parallel=False, target=inf, target_bytes=0, lead=inf)
        assert stored_profile(known.label) == fetching
        assert stored_profile(known.label).label == known.label

    @given(thresholds, thresholds, thresholds, st.lists(thresholds, max_size=3), thresholds)
    def test_label_is_exact(
        self, start: float, stall: float, resume: float, first: list[float], latency: float
    ) -> None:
        """Whatever the thresholds are, their label gives them back to the bit."""
        known = Profile(
            "any",
            1,
            start=start,
            stall=stall,
            resume=resume,
            first_resumes=tuple(first),
            latency=latency,
            patience=latency / 3,
            whole=True,
        )
        assert stored_profile(known.label) == known

    def test_label_of_an_older_name(self) -> None:
        """The label of a profile that has another name by now is read as it is."""
        known = stored_profile("default/1 start=2 stall=0.1 resume=1")
        assert known == replace(DEFAULT, name="default")

    @pytest.mark.parametrize(
        "label",
        [
            *("", "default/1", "default/x start=1 stall=0 resume=1", "a b"),
            "a/1 start=1 stall=0 resume=1 sleepy",
            "a/1 start=1 stall=0 resume=1 target=2",
        ],
    )
    def test_no_label(self, label: str) -> None:
        """What is no label is a ValueError that quotes it."""
        with pytest.raises(ValueError, match="is no player profile"):
            stored_profile(label)

    def test_names(self) -> None:
        """Profiles are found by their names; any other name is told with those that there are."""
        assert [named(name) for name in NAMES] == list(PROFILES)
        with pytest.raises(ValueError, match="'vlc' is no player profile: choose one of pytomo, "):
            named("vlc")

    def test_of_another_name(self) -> None:
        """Another player than Pytomo's own has its own thresholds, whatever -B and -M say."""
        asked = Config(profile="exoplayer", buffering_video_duration=500.0)
        assert profile(asked) == NAMED["exoplayer"]

    def test_full_by_time(self) -> None:
        """A player that counts seconds is full at its target, whatever the bitrate."""
        assert [NAMED["dash.js"].full(rate) for rate in (None, 100.0, 8000.0)] == [30.0] * 3

    def test_full_by_bytes(self) -> None:
        """A player that counts bytes, too, is full at the larger one of both: 3 MiB or 12 s."""
        chromium = NAMED["chromium"]
        assert chromium.full(None) == 12.0
        assert chromium.full(8000.0) == 12.0
        assert chromium.full(100.0) == pytest.approx(3 * 2**20 * 8 / 100_000)

    def test_never_full(self) -> None:
        """Pytomo's own player never stops to fetch."""
        assert DEFAULT.full(1000.0) == inf


def sampled(curve: Curve, duration: float, step: float) -> list[Arrival]:
    """Arrivals every `step` s along a curve, at 1000 bytes per media second."""
    arrivals, media, last = [], 0.0, curve[-1][0]
    for index in range(ceil(last / step) + 1):
        before, media = media, arrived(curve, index * step)
        if media > before:
            playable = inf if media >= duration else media
            arrivals.append(Arrival(index * step, 0, round(1000 * (media - before)), playable))
    return arrivals


def agrees(playback: Playback, expected: Expected) -> None:
    """Hold a playback of a finely sampled curve against the closed form."""
    assert playback.startup_delay == pytest.approx(expected.startup_delay, abs=2 * STEP)
    assert playback.stall_count == len(expected.stalls)
    assert playback.stalled_time == pytest.approx(expected.stalled, abs=TOLERANCE)
    assert playback.played_time == pytest.approx(expected.played, abs=TOLERANCE)
    assert playback.buffer_at_end == pytest.approx(expected.buffer_at_end, abs=TOLERANCE)
    for found, stall in zip(playback.stalls, expected.stalls, strict=True):
        assert (found.start, found.length, found.position) == pytest.approx(
            (stall.start, stall.length, stall.position), abs=TOLERANCE
        )
        assert found.censored == stall.censored


def compare(curve: Curve, end: float, profile: Profile = DEFAULT) -> None:
    reads = sampled(curve, DURATION, STEP)
    playback = play(reads, tracks=1, duration=DURATION, end=end, profile=profile)
    agrees(playback, closed_form(curve, DURATION, end, profile))


class TestClosedForm:
    @pytest.mark.parametrize("rate", RATES)
    def test_oracle_is_the_formula(self, rate: float) -> None:
        """The oracle gives what the formulas of the documentation give for a steady rate."""
        expected = closed_form(steady(rate, DURATION, latency=0.2), DURATION, 1000.0, DEFAULT)
        stall, start, resume = DEFAULT.stall, DEFAULT.start, DEFAULT.resume
        slope = max(1 - rate, 1e-9)
        positions = ((start - stall + n * (resume - stall)) / slope for n in range(1000))
        stalled_at = [position for position in positions if position + stall < DURATION]
        lengths = [min(resume - stall, DURATION - stall - at) / rate for at in stalled_at]
        assert expected.startup_delay == pytest.approx(0.2 + start / rate)
        assert [found.position for found in expected.stalls] == pytest.approx(stalled_at)
        assert [found.length for found in expected.stalls] == pytest.approx(lengths)
        assert expected.played == pytest.approx(DURATION)

    @pytest.mark.parametrize("rate", RATES)
    @pytest.mark.parametrize("end", [30.0, 250.0])
    def test_steady_rate(self, rate: float, end: float) -> None:
        """A steady rate gives the startup, stalls and stalled seconds of the closed form."""
        compare(steady(rate, DURATION, latency=0.1), end)

    @pytest.mark.parametrize("rate", RATES)
    @pytest.mark.parametrize("at", [0.7, 5.0, 9.5])
    def test_pause(self, rate: float, at: float) -> None:
        """A pause of 3 s gives the startup, stalls and stalled seconds of the closed form."""
        compare(paused(steady(rate, DURATION, latency=0.1), at, 3.0), 60.0)

    @pytest.mark.parametrize("rate", [0.5, 0.9, 1.5])
    def test_growing_profile(self, rate: float) -> None:
        """A profile that grows more careful agrees with its closed form, too."""
        compare(steady(rate, DURATION, latency=0.1), 250.0, CAREFUL)

    @pytest.mark.parametrize("rate", [1.0, 1.05, 1.5, 4])
    @pytest.mark.parametrize("step", [0.01, 0.5, 1.5])
    def test_no_stall_is_invented(self, rate: float, step: float) -> None:
        """At the bitrate and above no stall is seen, however coarse the reads are."""
        reads = sampled(steady(rate, DURATION), DURATION, step)
        playback = play(reads, tracks=1, duration=DURATION, end=250.0, profile=DEFAULT)
        assert playback.stall_count == 0


@dataclass(frozen=True)
class Case:
    """A sample and how it is played."""

    arrivals: tuple[Arrival, ...]
    tracks: int
    duration: float | None
    end: float
    profile: Profile

    def play(self) -> Playback:
        return play(
            self.arrivals,
            tracks=self.tracks,
            duration=self.duration,
            end=self.end,
            profile=self.profile,
        )

    def ready(self, end: float) -> tuple[float, bool]:
        """Media received until a time, and whether that is all: straight from the definition."""
        came = [read for read in self.arrivals if read.time <= end]
        tops = [
            max((read.playable for read in came if read.track == track), default=0.0)
            for track in range(self.tracks)
        ]
        if min(tops) < inf:
            return min(tops), False
        finite = [read.playable for read in came if isfinite(read.playable)]
        return max([0.0, *finite]) if self.duration is None else self.duration, True


MILLISECONDS = st.integers(0, 3000)
DURATIONS = st.none() | st.just(200.0)
THRESHOLDS = st.builds(
    lambda stall, start, resume: Profile(
        "any", 1, start=start / 1000, stall=stall / 1000, resume=resume / 1000
    ),
    st.integers(0, 800),
    MILLISECONDS,
    MILLISECONDS,
)


EXACT = [replace(known, latency=0.0, setup=0.0) for known in PROFILES if known.name != FIRST_PYTOMO]
LATE = replace(NAMED["hls.js"], latency=0.25, setup=0.125)
IMPATIENT = [known for known in EXACT if not known.patience]
ANY_PROFILE = st.sampled_from(EXACT) | THRESHOLDS
ANY_IMPATIENT = st.sampled_from(IMPATIENT) | THRESHOLDS


@st.composite
def cases(
    draw: st.DrawFn,
    durations: st.SearchStrategy[float | None] = DURATIONS,
    profiles: st.SearchStrategy[Profile] = ANY_PROFILE,
) -> Case:
    """Samples of one to three tracks of up to 120 s whose playable time only grows."""
    tracks = draw(st.integers(1, 3))
    read = st.tuples(
        MILLISECONDS, st.integers(0, tracks - 1), st.integers(1, 10**6), st.integers(0, 4000)
    )
    reads = draw(st.lists(read, max_size=30))
    complete = draw(st.booleans())
    playable = [0] * tracks
    arrivals, time = [], 0
    for wait, track, size, gain in reads:
        time += wait
        playable[track] += gain
        arrivals.append(Arrival(time / 1000, track, size, playable[track] / 1000))
    if complete:
        arrivals += [Arrival(time / 1000 + 0.5, track, 1, inf) for track in range(tracks)]
    end = time / 1000 + draw(st.integers(0, 60_000)) / 1000
    return Case(tuple(arrivals), tracks, draw(durations), end, draw(profiles))


class TestInvariants:
    @given(cases(profiles=ANY_IMPATIENT))
    def test_media_is_conserved(self, case: Case) -> None:
        """Media received is media played and media buffered."""
        playback = case.play()
        assert playback.played_time is not None
        assert playback.buffer_at_end is not None
        assert playback.played_time >= 0
        assert playback.buffer_at_end >= -1e-9
        received = playback.played_time + playback.buffer_at_end
        assert received == pytest.approx(case.ready(case.end)[0])

    @given(cases())
    def test_time_is_conserved(self, case: Case) -> None:
        """From the start to the end, or to the end of the video, it plays or is stalled."""
        playback = case.play()
        if playback.startup_delay is None:
            return
        assert playback.played_time is not None
        assert playback.stalled_time is not None
        watched = playback.played_time + playback.stalled_time
        ready, complete = case.ready(case.end)
        if complete and playback.played_time == pytest.approx(ready):
            assert watched <= case.end - playback.startup_delay + 1e-9
        else:
            assert watched == pytest.approx(case.end - playback.startup_delay)

    @given(cases(), st.lists(st.integers(1, 4), min_size=60, max_size=60))
    def test_chunking_leaves_no_mark(self, case: Case, pieces: list[int]) -> None:
        """The same bytes at the same times, cut into other reads, are the same playback."""
        finer: list[Arrival] = []
        known = dict.fromkeys(range(case.tracks), 0.0)
        for arrival, count in zip(case.arrivals, pieces, strict=False):
            finer += _pieces(arrival, known[arrival.track], count)
            known[arrival.track] = arrival.playable
        assert replace(case, arrivals=tuple(finer)).play() == case.play()

    @given(cases())
    def test_reads_that_complete_nothing(self, case: Case) -> None:
        """A read that makes no more media playable changes no instant of the playback."""
        idle = [read._replace(time=read.time + 0.0005) for read in case.arrivals]
        reads = sorted([*case.arrivals, *idle])
        playback, before = replace(case, arrivals=tuple(reads)).play(), case.play()
        assert playback.stalls == before.stalls
        assert playback.startup_delay == before.startup_delay
        assert playback.played_time == before.played_time

    @given(cases(), st.integers(0, 100))
    def test_no_foresight(self, case: Case, share: int) -> None:
        """What is seen until a time depends only on what has arrived by then."""
        end = case.end * share / 100
        known = tuple(read for read in case.arrivals if read.time <= end)
        seen = replace(case, arrivals=known, end=end).play()
        assert replace(case, end=end).play() == seen
        closed = [stall for stall in seen.stalls if not stall.censored]
        assert list(case.play().stalls[: len(closed)]) == closed

    @given(cases())
    def test_stalls_follow_one_another(self, case: Case) -> None:
        """Stalls lie between start and end, apart and in order; only the last one is censored."""
        playback = case.play()
        times = [
            playback.startup_delay or 0.0,
            *(time for stall in playback.stalls for time in (stall.start, _end(stall))),
            case.end + 1e-6,
        ]
        assert all(before <= after + 1e-9 for before, after in pairwise(times))
        assert all(a.position <= b.position for a, b in pairwise(playback.stalls))
        assert not any(stall.censored for stall in playback.stalls[:-1])
        if playback.stall_censored:
            assert _end(playback.stalls[-1]) == pytest.approx(case.end)

    @given(cases(profiles=ANY_IMPATIENT))
    def test_thresholds_hold(self, case: Case) -> None:
        """Each stall begins at the stall threshold and ends at the resume threshold or at all."""
        for number, stall in enumerate(case.play().stalls):
            at_start = case.ready(stall.start)[0] - stall.position
            assert at_start == pytest.approx(case.profile.stall)
            ready, complete = case.ready(_nearest(case.arrivals, _end(stall)))
            if not stall.censored and not complete:
                assert ready - stall.position >= case.profile.resume_from(number) - 1e-9


class TestEarlierBytes:
    earlier = st.lists(st.integers(0, 2000), min_size=40, max_size=40)

    @given(cases(st.just(200.0)), earlier)
    def test_startup_is_never_later(self, case: Case, gains: list[int]) -> None:
        """Bytes that come earlier never make playback start later."""
        sooner = _sooner(case, gains).play().startup_delay
        delay = case.play().startup_delay
        assert delay is None or (sooner is not None and sooner <= delay)

    @given(cases(st.just(200.0), st.just(EAGER)), earlier)
    def test_never_worse_without_hysteresis(self, case: Case, gains: list[int]) -> None:
        """Where a stall ends at its threshold, bytes that come earlier never lose playing time."""
        sooner, played = _sooner(case, gains).play().played_time, case.play().played_time
        assert sooner is not None
        assert played is not None
        assert sooner >= played - 1e-9

    @given(cases(st.just(200.0)), earlier)
    def test_loss_is_bounded(self, case: Case, gains: list[int]) -> None:
        """Bytes that come earlier never lose more than resume less stall of playing time."""
        sooner, played = _sooner(case, gains).play().played_time, case.play().played_time
        most = max(case.profile.resume, *case.profile.first_resumes, case.profile.stall)
        assert sooner is not None
        assert played is not None
        assert sooner >= played - (most - case.profile.stall) - 1e-9

    def test_earlier_can_be_worse(self) -> None:
        """The documented example: the viewer who gets 2 s earlier waits longer in all."""
        early = watch((0.0, 2.0), (2.4, 2.5), (10.0, inf), end=20.0, duration=60.0)
        late = watch((0.6, 2.0), (2.4, 2.5), (10.0, inf), end=20.0, duration=60.0)
        assert (early.startup_delay, early.stalled_time) == pytest.approx((0.0, 8.1))
        assert (late.startup_delay, late.stalled_time) == pytest.approx((0.6, 7.0))


def _pieces(arrival: Arrival, known: float, count: int) -> list[Arrival]:
    """The arrival in reads of the same instant; only the last one brings it all."""
    sizes = [arrival.size // count] * (count - 1)
    gain = arrival.playable - known if isfinite(arrival.playable) else 0.0
    first = [
        Arrival(arrival.time, arrival.track, size, known + gain * index / count)
        for index, size in enumerate(sizes)
    ]
    rest = arrival.size - sum(sizes)
    return [*first, arrival._replace(size=rest)]


def _sooner(case: Case, gains: list[int]) -> Case:
    """The same reads, each of them earlier or at the same time, still in order."""
    times = [
        max(read.time - gain / 1000, 0.0) for read, gain in zip(case.arrivals, gains, strict=False)
    ]
    latest = reversed(list(accumulate(reversed(times), min)))
    moved = (read._replace(time=time) for read, time in zip(case.arrivals, latest, strict=True))
    return replace(case, arrivals=tuple(moved))


def _end(stall: Stall) -> float:
    return stall.start + stall.length


def _nearest(arrivals: tuple[Arrival, ...], time: float) -> float:
    """The last time of an arrival up to `time`, which a sum of floats may just miss."""
    times = [read.time for read in arrivals]
    return times[max(bisect_right(times, time + 1e-9) - 1, 0)]
