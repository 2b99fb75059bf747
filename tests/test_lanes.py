"""What was to be seen at each moment of a sample."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st
from test_player import cases

from pytomo.analysis.lanes import Seen, Stretch, lane
from pytomo.profiles import PROFILES
from pytomo.results import Freeze, Playback, Stall

PLAYBACK = Playback(
    startup_delay=1.0,
    stalled_time=2.0,
    played_time=6.0,
    stalls=(Stall(5.0, 2.0, 4.0, censored=False),),
    freezes=(Freeze(4.0, 1.0, 3.0, censored=False),),
)


def test_each_moment_is_told():
    """Waiting, playing, frozen, stalled, playing and over follow one another."""
    assert lane(PLAYBACK, 12.0) == (
        Stretch(Seen.WAITING, 0.0, 1.0),
        Stretch(Seen.PLAYING, 1.0, 4.0),
        Stretch(Seen.FROZEN, 4.0, 5.0),
        Stretch(Seen.STALLED, 5.0, 7.0),
        Stretch(Seen.PLAYING, 7.0, 9.0),
        Stretch(Seen.OVER, 9.0, 12.0),
    )


def test_nothing_is_told_beyond_the_end():
    """A lane ends with the sample."""
    assert lane(PLAYBACK, 6.0)[-1] == Stretch(Seen.STALLED, 5.0, 6.0)


def test_what_never_started_waits():
    """Without a start the whole lane is waiting."""
    assert lane(Playback(played_time=0.0), 5.0) == (Stretch(Seen.WAITING, 0.0, 5.0),)


@given(cases(profiles=st.sampled_from(PROFILES)))
def test_a_lane_has_no_gap(case):
    """Whatever player it is, its stretches follow one another from 0 to the end."""
    stretches = lane(case.play(), case.end)
    assert all(a.end == b.start and a.seen != b.seen for a, b in pairwise(stretches))
    assert all(stretch.start < stretch.end for stretch in stretches)
    if case.end:
        assert (stretches[0].start, stretches[-1].end) == (0.0, case.end)
