"""Two viewings are compared by their stalls, one to one."""

from itertools import pairwise

import pytest
from harness.compare import Difference, difference, match, one_sided, quantile, scores
from harness.watched import Watched
from hypothesis import given
from hypothesis import strategies as st

from pytomo.results import Stall

WINDOW = 32.0


def stalls(*spans: tuple[float, float]) -> tuple[Stall, ...]:
    """Of these starts and lengths."""
    return tuple(Stall(start, length, 0.0, False) for start, length in spans)


def watched(startup: float | None, *spans: tuple[float, float]) -> Watched:
    """A viewing with these stalls."""
    return Watched(startup, stalls(*spans), WINDOW)


def test_near_starts_match() -> None:
    """Stalls that start within a second of each other are the same, however long."""
    assert match(stalls((5, 0.2)), stalls((5.9, 3))) == [(0, 0)]
    assert match(stalls((5, 0.2)), stalls((6.1, 3))) == []


def test_common_time_matches() -> None:
    """Stalls that start farther apart are the same if half of the longer one is common."""
    assert match(stalls((5, 5)), stalls((7, 4))) == [(0, 0)]
    assert match(stalls((5, 5)), stalls((8.5, 4))) == []


def test_each_stall_matches_once() -> None:
    """Of two stalls near one, the one that agrees better is taken."""
    assert match(stalls((5, 1)), stalls((4.2, 0.3), (5.1, 1))) == [(0, 1)]


def test_as_many_as_possible_match() -> None:
    """A worse pair is taken where that lets another pair be."""
    assert match(stalls((5, 0.2), (5.8, 0.2)), stalls((5.6, 0.2), (6.5, 0.2))) == [(0, 0), (1, 1)]


SPANS = st.lists(st.tuples(st.floats(0.1, 3), st.floats(0.1, 3)), max_size=6)


def apart(gaps: list[tuple[float, float]]) -> tuple[Stall, ...]:
    """Stalls in order of time, from what is before each and their lengths."""
    now, made = 0.0, []
    for gap, length in gaps:
        made.append((now + gap, length))
        now += gap + length
    return stalls(*made)


@given(SPANS, SPANS)
def test_matching_has_no_direction(
    one: list[tuple[float, float]], other: list[tuple[float, float]]
) -> None:
    """As many match whichever side is the reference, in order of time, each at most once."""
    there, back = match(apart(one), apart(other)), match(apart(other), apart(one))
    assert len(there) == len(back)
    assert all(a[0] < b[0] and a[1] < b[1] for a, b in pairwise(there))


@given(SPANS)
def test_viewing_agrees_with_itself(spans: list[tuple[float, float]]) -> None:
    """A viewing differs in nothing from itself."""
    same = Watched(1.0, apart(spans), WINDOW)
    found = difference(same, same)
    assert (found.startup, found.extra, found.missed, found.stalled or 0) == (0, 0, 0, 0)


def test_difference_tells_what_is_extra_and_missed() -> None:
    """Stalls of one side only are extra or missed; seconds are relative to the reference's."""
    found = difference(watched(1.5, (5, 2), (9, 1)), watched(1.0, (5, 1), (20, 3)))
    assert found == Difference(startup=0.5, matched=1, extra=1, missed=1, stalled=0.25)
    assert found.count == 0


def test_start_of_one_side_only() -> None:
    """Where one side did not start, the difference is at least what was left of the window."""
    assert difference(watched(None), watched(30.0)).startup == 2.0
    assert difference(watched(None), watched(None)).startup is None


def test_scores_add_up_stalls() -> None:
    """Precision and recall are of all stalls of all pairs, not means of pairs."""
    many = [
        Difference(0.1, 3, 1, 0, 0.0),
        Difference(0.3, 0, 0, 1, 1.0),
        Difference(0.2, 0, 0, 0, None),
    ]
    found = scores(many)
    assert (found.precision, found.recall) == (0.75, 0.75)
    assert found.f1 == 0.75
    assert found.startup_median == pytest.approx(0.2)
    assert found.count_error == pytest.approx(2 / 3)
    assert found.stalled_error == 0.5


def test_buffers_are_compared_where_both_are_known() -> None:
    """The buffer's error is the median of those at the seconds at which both sides have one."""
    one = Watched(1.0, (), WINDOW, buffer=(None, 1.0, 2.0, 3.0))
    other = Watched(1.0, (), WINDOW, buffer=(0.0, 1.5, 2.1, 5.0, 7.0))
    assert difference(one, other).buffer == pytest.approx(0.5)
    assert difference(one, watched(1.0)).buffer is None


def test_scores_of_nothing() -> None:
    """What cannot be said is unknown."""
    found = scores([])
    assert (found.startup_median, found.f1, found.count_error) == (None, None, None)


def test_quantile_interpolates() -> None:
    """A quantile lies between the values beside it."""
    assert quantile([3.0, 1.0, 2.0], 0.75) == 2.5


def test_one_sided_conditions() -> None:
    """A condition is one-sided if one side stalls in some run and the other in none."""
    quiet, stalled = watched(1.0), watched(1.0, (5, 1))
    assert one_sided([quiet, stalled], [quiet])
    assert not one_sided([quiet, stalled], [stalled, quiet])
    assert not one_sided([quiet], [quiet])
