"""Segments that are damaged, cut, or none: nothing is raised, and the best that is known counts."""

import math
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from segment_files import RECIPES, Piece, Pieces, begun, fed, feed, pieces

SECONDS = 7.0
NAMES = st.sampled_from(sorted(RECIPES))
PLACES = st.lists(st.integers(0, 50_000), max_size=12)


def told(found: Pieces, cuts=(), duration: float | None = None) -> list[tuple]:
    """All that a timeline says whenever as many bytes have come as some cuts demand, or all."""
    timeline, said = begun(found, duration), []
    for piece in found:
        feed(timeline, piece, cuts)
        said.append(_all(timeline))
        timeline.end_segment()
        said.append(_all(timeline))
    return said


def _all(timeline) -> tuple:
    numbers = timeline.playable, timeline.sound, timeline.appended
    return (*numbers, timeline.source, timeline.duration, timeline.cut)


def changed(piece: Piece, data: bytes) -> Piece:
    """The same segment with other bytes, where it stands in its resource."""
    first = piece.segment.first_byte
    last = None if first is None else first + len(data) - 1
    return Piece(replace(piece.segment, last_byte=last), data)


def damaged(found: Pieces, draw) -> Pieces:
    """Some of the segments: bits flipped, cut, patched, with garbage put in, or something else."""
    made = []
    for piece in found:
        kind = draw(st.sampled_from(["flip", "cut", "patch", "garbage", "random", "", "", ""]))
        made.append(changed(piece, _damaged(piece.data, kind, draw)))
    return tuple(made)


def _damaged(data: bytes, kind: str, draw) -> bytes:
    at = draw(st.integers(0, len(data) - 1))
    if kind == "flip":
        return data[:at] + bytes([data[at] ^ 1 << draw(st.integers(0, 7))]) + data[at + 1 :]
    if kind == "cut":
        return data[:at]
    if kind == "random":
        return draw(st.binary(max_size=400))
    patch = draw(st.binary(max_size=60)) if kind else b""
    return data[:at] + patch + data[at + (len(patch) if kind == "patch" else 0) :]


@settings(max_examples=60)
@given(NAMES, PLACES, PLACES)
def test_result_does_not_depend_on_how_reads_are_cut(name, some, others):
    """After the same bytes a timeline says the same, in whatever pieces they came."""
    found = pieces(name)
    cut = max([*some, 1000])
    first, second = begun(found), begun(found)
    for piece in found:
        part = changed(piece, piece.data[:cut])
        feed(first, part, some)
        feed(second, part, others)
        assert _all(first) == _all(second)
        feed(first, piece, [*some, cut])
        feed(second, piece)
        first.end_segment()
        second.end_segment()
        assert _all(first) == _all(second)


@settings(max_examples=150)
@given(NAMES, PLACES, st.data())
def test_damage_raises_nothing_and_time_goes_on(name, cuts, data):
    """Whatever the segments are: no exception, no time that goes back, and none without end."""
    found = damaged(pieces(name), data.draw)
    said = told(found, cuts)
    assert said == told(found)
    for before, after in pairwise(said):
        assert all(0 <= a <= b for a, b in zip(before[:3], after[:3], strict=True))
    for playable, sound, appended, *_ in said:
        assert appended <= playable <= sound
        most = sum(1.5 * (piece.segment.duration or 0.0) + 1 for piece in found)
        assert playable == math.inf or playable <= most


@settings(max_examples=60)
@given(NAMES, st.data())
def test_unknown_durations_raise_nothing_either(name, data):
    """A manifest may tell no durations: then damaged segments get a share of what is claimed."""
    found = tuple(
        Piece(replace(piece.segment, duration=None), piece.data)
        for piece in damaged(pieces(name), data.draw)
    )
    said = told(found, duration=data.draw(st.sampled_from([None, SECONDS])))
    assert all(playable >= 0 for playable, *_ in said)


@pytest.mark.parametrize("name", [n for n in RECIPES if "ranges" not in n])
def test_segment_of_garbage_lasts_as_long_as_the_manifest_says(name):
    """What cannot be read (encrypted, say) counts by the manifest; what follows goes on behind."""
    found = pieces(name)
    good = fed(found)
    number = next(n for n, piece in enumerate(found) if piece.segment.duration) + 1
    bad = changed(found[number], bytes(range(256)) * 40)
    timeline = begun(found)
    for piece in (*found[:number], bad):
        feed(timeline, piece)
        before = timeline.appended
        timeline.end_segment()
    assert timeline.playable - before == pytest.approx(found[number].segment.duration)
    assert timeline.source == "segments"
    for piece in found[number + 1 : -1]:
        feed(timeline, piece)
        timeline.end_segment()
    assert timeline.playable == pytest.approx(good.duration, abs=2.1)


@pytest.mark.parametrize("name", ["hls mp4", "video of dash mp4", "audio of dash mp4"])
def test_cut_segment_counts_as_far_as_its_samples_came(name):
    """A segment that ends before the samples that it tells of leaves the track cut."""
    found = pieces(name)
    short = changed(found[2], found[2].data[:-40])
    timeline = fed((*found[:2], short, *found[3:]))
    assert timeline.cut
    assert timeline.playable == timeline.appended
    whole = fed(found).duration
    assert whole - 2.2 < timeline.playable < whole


def test_manifest_holds_where_samples_make_no_sense():
    """A segment whose samples last much longer than the manifest says is not believed."""
    found = pieces("audio of dash mp4")
    at = found[2].data.index(b"tfhd")
    fields = found[2].data.index(b"trun", at)
    flags = int.from_bytes(found[2].data[at + 5 : at + 8])
    assert flags & 0x8  # a duration for all samples stands in front of the others
    place = at + 12
    slow = found[2].data[:place] + (102_400).to_bytes(4) + found[2].data[place + 4 :]
    assert fields > place
    timeline = fed((*found[:2], changed(found[2], slow), *found[3:4]))
    assert timeline.playable == math.inf
    timeline = begun(found)
    for piece in (*found[:2], changed(found[2], slow)):
        feed(timeline, piece)
        timeline.end_segment()
    assert (timeline.source, timeline.playable < 8) == ("segments", True)
