"""Tests of what a player asks for next."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytomo.fetch_plan import (
    HEAD_SIZE,
    ContentRange,
    Coverage,
    Span,
    byte_rate,
    content_range,
    goal,
    reach,
    shorter,
)
from pytomo.results import Segment, Track, TrackKind


def track(**facts: object) -> Track:
    segments = (Segment(url="http://h/"),)
    return Track(kind=TrackKind.VIDEO, segments=segments, container="mp4", protocol="http", **facts)  # type: ignore[arg-type]


def test_a_span_names_its_last_byte_as_http_does() -> None:
    """RFC 9110: both ends of a range are included; without a last byte it goes to the end."""
    assert Span(0, 100).header == "bytes=0-99"
    assert Span(7, None).header == "bytes=7-"


def test_the_gap_ends_where_the_fetched_end_of_the_file_begins() -> None:
    """An end of the file that was read ahead is not read again."""
    coverage = Coverage()
    coverage.add(0, 10)
    coverage.add(90, 100)
    assert coverage.gap(0, 100) == (10, 90)
    coverage.add(10, 90)
    assert coverage.gap(0, 100) == (100, 100)


def test_what_was_read_ahead_in_the_middle_is_read_again() -> None:
    """A timeline cannot go on behind bytes that it has seen out of order."""
    coverage = Coverage()
    coverage.add(0, 10)
    coverage.add(50, 60)
    assert coverage.gap(0, 100) == (10, 100)


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(1, 20)), max_size=8), st.integers(0, 70))
def test_a_gap_begins_at_the_first_missing_byte(
    spans: list[tuple[int, int]], position: int
) -> None:
    """Whatever the order and overlap of what arrived."""
    coverage, there = Coverage(), set()
    for start, length in spans:
        coverage.add(start, start + length)
        there |= set(range(start, start + length))
    first = next(byte for byte in range(position, 200) if byte not in there)
    assert coverage.gap(position, None).start == first


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("bytes 0-99/200", ContentRange(0, 200)),
        ("bytes 5-9/*", ContentRange(5, None)),
        ("bytes */200", ContentRange(None, 200)),
        ("lines 1-2/3", None),
        ("", None),
    ],
)
def test_content_range(text: str, told: ContentRange | None) -> None:
    """The forms of RFC 9110 section 14.4 are read, nothing else."""
    assert content_range({"Content-Range": text}) == told


def test_the_goal_is_the_start_threshold_then_small_steps_where_little_is_buffered() -> None:
    """2 s at a time while a player has used up most of what came."""
    assert [goal(playable, 2.0, 10.0) for playable in (0.0, 1.9, 2.0, 9.0, 12.0)] == [
        *(2, 2, 4, 11, 14)
    ]


def test_steps_grow_with_the_buffer_and_the_rate() -> None:
    """20 s came in 5 s: 15 s are left at least, in half of which 30 s more come."""
    assert goal(20.0, 2.0, 5.0) == 20.0 + 30.0
    assert goal(20.0, 2.0, 0.0) > 1e3
    assert math.isfinite(goal(20.0, 2.0, 0.0))


@given(st.floats(2.0, 600.0), st.floats(0.01, 600.0), st.floats(0.0, 1.0))
def test_a_long_step_is_over_before_the_buffer_is(
    playable: float, elapsed: float, share: float
) -> None:
    """Even if the rate falls to half of what it was: no stall of the other track is our doing."""
    step = goal(playable, 2.0, elapsed) - playable
    own = share * step / (playable / elapsed / 2)  # the part that one track has in both rates
    assert step <= 2.0 + 1e-6 or own <= (playable - elapsed) * (1 + 1e-6)


def test_a_request_reaches_as_far_as_the_timeline_says() -> None:
    """Where the timeline knows the position, it is taken as it is."""
    assert reach(100, known=5000, playable=0.0, goal=2.0, rate=1e6) == 5000


def test_without_a_timeline_the_claimed_rate_tells_how_far() -> None:
    """The claim counts from what is playable already, and the first bytes cover an index."""
    assert reach(100, known=None, playable=3.0, goal=5.0, rate=1e6) == 100 + 2_000_000
    assert reach(0, known=None, playable=0.0, goal=2.0, rate=10.0) == HEAD_SIZE
    assert reach(0, known=None, playable=0.0, goal=2.0, rate=None) == HEAD_SIZE


def test_a_request_always_goes_on() -> None:
    """Even where the timeline names a position that is passed already."""
    assert reach(6000, known=5000, playable=0.0, goal=2.0, rate=None) == 6000 + HEAD_SIZE


def test_the_rate_is_size_by_duration_else_the_claimed_bitrate() -> None:
    """Bytes a media second; kbps is 1000 bit/s; the server's size is better than the site's."""
    assert byte_rate(track(size=1000, bitrate=1.0), None, 10.0) == 100
    assert byte_rate(track(size=1000, bitrate=1.0), 2000, 10.0) == 200
    assert byte_rate(track(bitrate=800.0), None, None) == 100_000
    assert byte_rate(track(), None, 10.0) is None


def test_a_request_is_never_longer_than_allowed() -> None:
    """An open or long span is cut, a short one is kept."""
    assert shorter(Span(10, None), 100) == (10, 110)
    assert shorter(Span(10, 500), 100) == (10, 110)
    assert shorter(Span(10, 20), 100) == (10, 20)
