"""What a viewer saw is read from the playhead of a real player."""

import pytest
from harness.watched import Watched, condensed, emulated, seen
from hypothesis import given
from hypothesis import strategies as st
from recordings import AUDIBLE, recording

from pytomo.results import Freeze, Playback, Stall

WINDOW = 32.0


def test_start_and_stalls_are_exact() -> None:
    """The moments of start and stalls are those of the events, positions those of the playhead."""
    watched = seen(recording(1.234, [(5.011, 7.502), (20.3, 20.9)]), WINDOW)
    assert watched.startup == pytest.approx(1.234)
    assert [stall.start for stall in watched.stalls] == pytest.approx([5.011, 20.3])
    assert [stall.length for stall in watched.stalls] == pytest.approx([2.491, 0.6])
    assert [stall.position for stall in watched.stalls] == pytest.approx([3.777, 16.575])


def test_events_alone_are_no_stall() -> None:
    """`waiting` and `playing` while the playhead moves on are no stall."""
    told = recording(1.0)
    told["events"] += [[9.0, "waiting", 8, 0, 2, 1, False], [10.0, "playing", 9, 0, 4, 1, False]]
    assert seen(told, WINDOW).stalls == ()


def test_stall_without_events() -> None:
    """A playhead that stands still is a stall without any event, later by the sound's buffer."""
    told = recording(1.0, [(9.0, 11.0)])
    told["events"] = told["events"][:2]
    (stall,) = seen(told, WINDOW).stalls
    assert stall.start == pytest.approx(9.0 + AUDIBLE, abs=0.051)
    assert stall.length == pytest.approx(2.0, abs=0.101)


def test_open_stall_is_censored() -> None:
    """A stall that is open at the end of the window is censored, and ends there."""
    (stall,) = seen(recording(1.0, [(30.0, WINDOW)]), WINDOW).stalls
    assert stall.censored
    assert stall.start + stall.length == pytest.approx(WINDOW)


def test_stall_with_plenty_in_the_buffer_is_a_hiccup() -> None:
    """A playhead that stands still although seconds are buffered stalls for no link."""
    told = recording(1.0, [(9.0, 9.5), (20.0, 20.5)])
    for sample in told["samples"]:
        if sample[0] < 15:
            sample[2] = sample[1] + 8.5
    watched = seen(told, WINDOW)
    assert ([stall.start for stall in watched.stalls], watched.hiccups) == ([20.0], 1)
    assert seen(condensed(told), WINDOW) == watched


def test_player_that_never_starts() -> None:
    """A playhead that never moves is no start, and no stall."""
    watched = seen(recording(None), WINDOW)
    assert (watched.startup, watched.stalls) == (None, ())


def test_end_of_the_video_is_no_stall() -> None:
    """A playhead that stands at the end of the video does not stall."""
    told = recording(1.0, [(30.0, WINDOW)])
    told["events"].append([30.0, "ended", 29, 29, 4, 1, False])
    assert seen(told, WINDOW).stalls == ()


def test_frozen_picture_is_no_stall() -> None:
    """A picture that stands still while the playhead moves is a freeze, a stall's part is not."""
    told = recording(1.0, [(12.0, 14.0)], pictures=[[None, 1.0, 0.0], [9.0, 14.0, 8.0]])
    watched = seen(told, WINDOW)
    assert len(watched.stalls) == 1
    assert [round(value, 3) for freeze in watched.freezes for value in freeze] == [9.0, 3.0]


def test_emulated_playback_is_seen_alike() -> None:
    """What a model says is seen by the same rule: the shortest stalls and freezes are not."""
    stalls = (Stall(3.0, 0.04, 2.0, False), Stall(5.0, 1.0, 3.96, False))
    freezes = (Freeze(7.0, 0.1, 5.0, False), Freeze(9.0, 2.0, 7.0, False))
    playback = Playback(startup_delay=1.0, stalls=stalls, freezes=freezes)
    assert emulated(playback, WINDOW) == Watched(1.0, stalls[1:], WINDOW, ((9.0, 2.0),))


def test_buffer_is_that_of_the_samples() -> None:
    """The buffer at a second is what the last sample before it has ahead of its playhead."""
    told = recording(1.0, end=3.0)
    told["samples"] = [[*each[:2], each[1] + 4.5, *each[3:]] for each in told["samples"]]
    assert seen(told, 3.0).buffer == pytest.approx((4.5, 4.5, 4.5, 4.5))


@given(
    st.floats(0.2, 5),
    st.lists(st.tuples(st.floats(0.1, 4), st.floats(0.01, 4)), max_size=5),
)
def test_condensed_recording_is_seen_alike(startup: float, gaps: list[tuple[float, float]]) -> None:
    """What is kept of a recording is enough to see the same."""
    now, stops = startup, []
    for gap, length in gaps:
        stops.append((now + gap, now + gap + length))
        now += gap + length
    told = recording(startup, stops)
    assert seen(condensed(told), WINDOW) == seen(told, WINDOW)
