"""What players that differ from Pytomo's own count: frozen pictures, whole segments and blocks."""

from dataclasses import replace
from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_player import ANY_PROFILE, LATE, Case, cases

from pytomo.player import Player, play, supply
from pytomo.profiles import PROFILES, Profile
from pytomo.results import Arrival, Freeze, Playback, Stall

PATIENT = Profile("patient", 1, start=1.0, stall=0.0, resume=1.0, patience=3.0)
EAGER = Profile("eager", 1, start=1.0, stall=0.0, resume=1.0)
PICTURE, SOUND = 0, 1


def watch(
    *arrivals: tuple[float, int, float],
    end: float,
    profile: Profile = PATIENT,
    duration: float | None = 100.0,
) -> Playback:
    """Playback of picture and sound; each arrival is (time, track, playable)."""
    reads = [Arrival(time, track, 1000, playable) for time, track, playable in arrivals]
    return play(reads, tracks=2, duration=duration, end=end, profile=profile)


class TestFreeze:
    def test_sound_goes_on(self) -> None:
        """Where the picture runs out and the sound does not, the picture freezes: no stall."""
        playback = watch((0, SOUND, 20.0), (1, PICTURE, 2.0), (4, PICTURE, 9.0), end=6.0)
        assert playback.freezes == (Freeze(3.0, 1.0, 2.0, censored=False),)
        assert (playback.stall_count, playback.freeze_count, playback.frozen_time) == (0, 1, 1.0)
        assert playback.played_time == 5.0

    def test_an_impatient_player_stalls_instead(self) -> None:
        """The same is a stall for a player without patience, and nothing is frozen."""
        arrivals = ((0, SOUND, 20.0), (1, PICTURE, 2.0), (4, PICTURE, 9.0))
        playback = watch(*arrivals, end=6.0, profile=EAGER)
        assert playback.stalls == (Stall(3.0, 1.0, 2.0, censored=False),)
        assert (playback.freeze_count, playback.freezes) == (0, ())

    def test_patience_ends(self) -> None:
        """After its patience the player stalls, at the position that the sound has reached."""
        playback = watch((0, SOUND, 20.0), (1, PICTURE, 2.0), (9, PICTURE, 9.0), end=10.0)
        assert playback.freezes == (Freeze(3.0, 3.0, 2.0, censored=False),)
        assert playback.stalls == (Stall(6.0, 3.0, 5.0, censored=False),)
        assert playback.stall_ratio == pytest.approx(3.0 / 9.0)

    def test_the_sound_runs_out_first(self) -> None:
        """A freeze ends with the sound, too: what follows is a stall."""
        playback = watch((0, SOUND, 4.0), (1, PICTURE, 2.0), end=10.0)
        assert playback.freezes == (Freeze(3.0, 2.0, 2.0, censored=False),)
        assert playback.stalls == (Stall(5.0, 5.0, 4.0, censored=True),)

    def test_a_picture_that_comes_too_late_thaws_nothing(self) -> None:
        """Pictures from before the position of the sound are no reason to go on."""
        late = ((3.5, PICTURE, 2.2), (4.0, PICTURE, 2.9), (5.0, PICTURE, 9.0))
        playback = watch((0, SOUND, 20.0), (1, PICTURE, 2.0), *late, end=6.0)
        assert playback.freezes == (Freeze(3.0, 2.0, 2.0, censored=False),)

    def test_open_at_the_end_is_censored(self) -> None:
        """A freeze that is open when the sample ends is kept up to it."""
        playback = watch((0, SOUND, 20.0), (1, PICTURE, 2.0), end=4.5)
        assert playback.freezes == (Freeze(3.0, 1.5, 2.0, censored=True),)
        assert playback.stall_censored is False

    def test_the_rest_thaws(self) -> None:
        """When all is there, the picture goes on."""
        rest = ((4, SOUND, inf), (4, PICTURE, inf))
        playback = watch((0, SOUND, 6.0), (1, PICTURE, 2.0), *rest, end=20.0, duration=8.0)
        assert playback.freezes == (Freeze(3.0, 1.0, 2.0, censored=False),)
        assert (playback.stall_count, playback.played_time) == (0, 8.0)

    def test_at_the_very_instant_is_none(self) -> None:
        """Pictures that come at the instant at which they run out are in time."""
        playback = watch((0, SOUND, 20.0), (1, PICTURE, 2.0), (3, PICTURE, 9.0), end=5.0)
        assert (playback.freeze_count, playback.stall_count) == (0, 0)

    def test_a_missing_sound_is_a_stall(self) -> None:
        """Where the sound runs out there is nothing to be patient with."""
        playback = watch((0, PICTURE, 20.0), (1, SOUND, 2.0), end=5.0)
        assert playback.stalls == (Stall(3.0, 2.0, 2.0, censored=True),)
        assert playback.freezes == ()

    def test_sound_that_is_all_there_ends_with_the_video(self) -> None:
        """Nothing is played beyond the end of the video, however patient the player is."""
        arrivals = ((0, SOUND, inf), (1, PICTURE, 9.0), (13, PICTURE, inf))
        playback = watch(*arrivals, end=20.0, duration=10.0)
        assert playback.freezes == (Freeze(10.0, 1.0, 9.0, censored=False),)
        assert playback.stalls == (Stall(11.0, 2.0, 10.0, censored=False),)
        assert playback.played_time == 10.0

    def test_all_of_the_sound_is_enough(self) -> None:
        """Less sound than the threshold is enough to resume if it is the whole rest."""
        arrivals = ((0, SOUND, inf), (1, PICTURE, 6.2), (12, PICTURE, 9.8))
        playback = watch(*arrivals, end=12.5, duration=10.0)
        assert playback.stalls == (Stall(pytest.approx(10.2), pytest.approx(1.8), 9.2, False),)

    def test_never_frozen_before_the_start(self) -> None:
        """What never started has no freezes to count."""
        assert watch((0, SOUND, 20.0), end=5.0).freeze_count is None


class TestWhatCounts:
    def test_whole_segments(self) -> None:
        """A player with a SourceBuffer has what was appended, others what is playable."""
        reads = [
            Arrival(1.0, 0, 100, 1.5, appended=0.0),
            Arrival(2.0, 0, 100, 4.0),
            Arrival(3.0, 0, 100, 6.0, appended=4.0),
        ]
        whole = replace(EAGER, whole=True)
        starts = [
            play(reads, tracks=1, duration=None, end=4.0, profile=known).startup_delay
            for known in (EAGER, whole)
        ]
        assert starts == [1.0, 2.0]
        assert supply(reads, 1, None, 4.0, whole).ready == [4.0]
        assert supply(reads, 1, None, 4.0, EAGER).ready == [1.5, 4.0, 6.0]

    def test_whole_blocks(self) -> None:
        """A player that reads blocks has what is in whole ones, others what is playable."""
        reads = [Arrival(1.0, 0, 100, 1.5, blocks=0.9), Arrival(2.0, 0, 100, 2.5, blocks=1.9)]
        blocks = replace(EAGER, blocks=True)
        found = [supply(reads, 1, None, 3.0, known).ready for known in (EAGER, blocks)]
        assert found == [[1.5, 2.5], [0.9, 1.9]]

    def test_sound_in_a_file_of_both(self) -> None:
        """Where picture and sound share a file, the sound in its whole blocks goes on."""
        patient = replace(PATIENT, blocks=True)
        reads = [Arrival(0.0, 0, 100, 2.5, blocks=2.0, sound=2.5), Arrival(2.4, 0, 100, 9.0)]
        playback = play(reads, tracks=1, duration=None, end=3.0, profile=patient)
        assert playback.freezes == (Freeze(2.0, pytest.approx(0.4), 2.0, censored=False),)
        silent = [reads[0]._replace(sound=None), reads[1]]
        assert play(silent, tracks=1, duration=None, end=3.0, profile=patient).stall_count == 1

    def test_latency(self) -> None:
        """What arrives can be played so much later; bytes count until the start itself."""
        slow = replace(EAGER, latency=0.5)
        reads = [Arrival(1.0, 0, 100, 2.0), Arrival(1.2, 0, 50, 2.5), Arrival(9.8, 0, 10, 9.0)]
        playback = play(reads, tracks=1, duration=None, end=10.0, profile=slow)
        assert (playback.startup_delay, playback.initial_bytes) == (1.5, 150)
        assert playback.initial_buffer == 2.0
        assert playback.stalls == (Stall(4.0, 6.0, 2.5, censored=True),)
        player = Player(slow, tracks=1)
        player.arrive(reads[0])
        assert [player.position(at) for at in (1.0, 1.5, 2.0)] == [0.0, 0.0, 0.5]


def told(case: Case, until: float) -> Player:
    """A player that was told of all that arrived until a time."""
    player = Player(case.profile, tracks=case.tracks, duration=case.duration)
    for arrival in case.arrivals:
        if arrival.time <= until:
            player.arrive(arrival)
    return player


class TestOneByOne:
    @given(cases(profiles=ANY_PROFILE | st.just(LATE)))
    def test_is_the_same_as_at_once(self, case: Case) -> None:
        """A player that is told of arrivals one by one sees what `play` sees, to the bit."""
        assert told(case, case.end).playback(case.end) == case.play()

    @given(cases(profiles=ANY_PROFILE | st.just(LATE)), st.integers(0, 5))
    def test_to_ask_changes_nothing(self, case: Case, questions: int) -> None:
        """A player that is asked in between plays the same; what it says is its future, unfed."""
        player = Player(case.profile, tracks=case.tracks, duration=case.duration)
        for arrival in (read for read in case.arrivals if read.time <= case.end):
            for number in range(questions):
                player.buffer(arrival.time + number)
                player.playback(arrival.time + number)
            player.arrive(arrival)
        assert player.playback(case.end) == case.play()

    @given(cases(profiles=ANY_PROFILE | st.just(LATE)), st.integers(0, 100))
    def test_buffer_and_position(self, case: Case, share: int) -> None:
        """At any time they are what a sample that ends there has played and has left."""
        at = case.end * share / 100
        player, seen = told(case, at), replace(case, end=at).play()
        assert player.position(at) == pytest.approx(seen.played_time or 0.0)
        assert player.buffer(at) == pytest.approx(seen.buffer_at_end or 0.0)

    @given(cases(profiles=st.sampled_from([k for k in PROFILES if k.patience])))
    def test_freezes_are_in_playing_time(self, case: Case) -> None:
        """Freezes follow one another, outside of stalls, none longer than the patience."""
        playback = case.play()
        pauses = sorted([*playback.stalls, *playback.freezes], key=lambda pause: pause.start)
        reached = playback.startup_delay or 0.0
        for pause in pauses:
            assert pause.start >= reached - 1e-9
            reached = pause.start + pause.length
        longest = max((freeze.length for freeze in playback.freezes), default=0.0)
        assert longest <= case.profile.patience + 1e-9
        assert reached <= case.end + 1e-5

    def test_playing(self) -> None:
        """It says whether it plays."""
        player = Player(EAGER, tracks=1)
        player.arrive(Arrival(1.0, 0, 10, 0.5))
        assert not player.playing
        player.arrive(Arrival(2.0, 0, 10, 1.5))
        assert player.playing
