"""Timelines: the same for every cutting of the bytes, and for whatever the bytes are."""

import math
import random
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from media_files import RECIPES, recipe

from pytomo.results import Segment, Track, TrackKind
from pytomo.timeline import FileTimeline, timeline

MDAT = b"\0\0\0\1mdat" + (2**40).to_bytes(8)


def track(*durations: float | None, first_byte: int | None = None) -> Track:
    """A track of segments with durations."""
    return Track(
        kind=TrackKind.VIDEO,
        segments=tuple(
            Segment(url=f"https://cdn.test/{n}.ts", duration=d, first_byte=first_byte)
            for n, d in enumerate(durations)
        ),
        container="ts",
        protocol="m3u8_native",
    )


def fed(data: bytes, positions: list[int], size: int | None = None) -> FileTimeline:
    """The timeline of a file that comes in pieces."""
    found = FileTimeline(duration=5.0, size=size or len(data))
    for start, end in zip([0, *positions], [*positions, len(data)], strict=True):
        found.feed(start, data[start:end])
    return found


def told(found: FileTimeline) -> tuple[float, float, float, str, float | None, int | None]:
    """All that a timeline says at one moment."""
    times = found.playable, found.sound, found.appended
    assert 0 <= found.appended <= found.playable <= found.sound
    return *times, found.source, found.duration, found.wanted


def test_several_segments_count_when_whole():
    """Of a track with several segments, whole ones are playable, whatever has come of the next."""
    found = timeline(track(0.0, 4.0, 4.0, 2.5), duration=None, size=None)
    reached = []
    for _ in range(4):
        found.feed(0, bytes(1000))
        reached.append(found.playable)
        found.end_segment()
    assert reached == [0.0, 0.0, 4.0, 8.0]
    assert (found.playable, found.duration, found.source) == (math.inf, 10.5, "segments")
    assert (found.wanted, found.bytes_until(4.0)) == (None, None)


def test_segments_without_duration_share_the_claimed_one():
    """Segments of unknown duration get equal shares of the claimed rest: an estimate."""
    found = timeline(track(0.0, None, None), duration=9.0, size=None)
    found.end_segment()
    found.end_segment()
    assert (found.playable, found.duration, found.source) == (4.5, 9.0, "linear")
    unknown = timeline(track(0.0, None, None), duration=None, size=None)
    unknown.end_segment()
    unknown.end_segment()
    assert (unknown.playable, unknown.duration) == (0.0, None)


SOUND = b"OggS" + bytes(246)
PAGES = {
    "page": b"\r\n <!DOCTYPE html><html><title>Log in</title>" + b"<p>to use this network" * 9,
    "latin-1 page": "<html><body>Accès refusé".encode("latin-1"),
    "utf-16 page": "\ufeff<html>".encode("utf-16-le"),
    "json": b'{"error": {"code": 403}}',
    "xml": b"<?xml version='1.0'?><Error><Code>AccessDenied</Code></Error>",
    "one word": b"Gone",
    "text that begins as a box": b"Its free to watch if you log in.",
    "text that begins as MPEG-TS": b"Gateway timeout, please try again later. " * 9,
}


def test_container_of_another_kind_is_estimated_by_its_length():
    """Of media that cannot be read, the share of the bytes is the share of the duration."""
    found = timeline(track(None), duration=100.0, size=1000)
    found.feed(0, SOUND)
    assert (found.playable, found.source, found.duration) == (25.0, "linear", 100.0)
    assert found.bytes_until(50.0) == 500
    assert found.bytes_until(500.0) == 1000
    found.feed(250, bytes(2000))
    assert found.playable == 100.0
    found.end_segment()
    assert found.playable == math.inf


@pytest.mark.parametrize(("duration", "size"), [(None, 1000), (100.0, None), (None, None)])
def test_unknown_container_without_claims_is_not_playable(duration, size):
    """Without a size or a claimed duration nothing can be said."""
    found = timeline(track(None), duration=duration, size=size)
    found.feed(0, SOUND)
    assert (found.playable, found.bytes_until(1.0)) == (0.0, None)


def test_byte_range_of_a_resource_begins_where_it_begins():
    """A single segment that is a range of a resource is fed at the resource's positions."""
    found = timeline(track(None, first_byte=1000), duration=100.0, size=2000)
    found.feed(1000, SOUND)
    assert found.playable == 25.0
    assert found.bytes_until(50.0) == 1500


@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)
def test_text_is_never_playable(page):
    """A page that comes instead of a file is not playable, not even once all of it is there."""
    for cut in (0, 3, len(page)):
        found = timeline(track(None), duration=60.0, size=len(page))
        found.feed(0, page[:cut])
        assert found.playable == 0.0
        found.feed(cut, page[cut:])
        found.end_segment()
        assert (found.playable, found.source, found.duration) == (0.0, "unreadable", None)
        assert found.bytes_until(30.0) is None


@pytest.mark.parametrize(
    "data",
    [b"GIF89a" + bytes(40), b"\x89PNG\r\n\x1a\n" + bytes(300), bytes(300), b"\x1f\x8b\x08" * 9],
)
def test_files_of_no_known_kind_are_never_playable(data):
    """Pictures, archives and whatever else is neither sound nor video are no media."""
    found = timeline(track(None), duration=60.0, size=len(data))
    found.feed(0, data)
    found.end_segment()
    assert (found.playable, found.source) == (0.0, "unreadable")


@pytest.mark.parametrize(
    "head",
    [
        b"ID3\x04\0\0\0\0\1\0TIT2",
        b"\xff\xfb\x90\x64\0\x0f\xf0\0\0\0\0\0",
        b"\xff\xf1\x50\x80\x2e\x7f\xfc\x21\0\0\0\0",
        b"OggS\0\2" + bytes(8),
        b"fLaC\0\0\0\x22" + bytes(8),
        b"RIFF\x24\x10\0\0WAVEfmt ",
        b"RIFF\x24\x10\0\0AVI LIST",
        bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c"),
        b"\0\0\1\xba\x44\0\4\0\4\1" + bytes(8),
    ],
)
def test_other_media_are_estimated(head):
    """MP3, AAC, Ogg, FLAC, WAVE, AVI, Windows Media and program streams are media for sure."""
    found = timeline(track(None), duration=100.0, size=1000)
    found.feed(0, head.ljust(500, b"\0"))
    assert (found.playable, found.source) == (50.0, "linear")
    found.end_segment()
    assert found.playable == math.inf


@pytest.mark.parametrize("name", RECIPES)
def test_whole_files_are_playable_to_the_end(name):
    """Everything that is media counts as playable once all of it is there."""
    found = fed(recipe(name), [])
    found.end_segment()
    assert found.playable == math.inf
    assert found.source in ("samples", "index")


@pytest.mark.parametrize("name", [n for n in RECIPES if "mp4" in n or n == "mov"])
@pytest.mark.parametrize("share", [0.05, 0.5, 0.9, 0.99])
def test_cut_mp4_file_is_playable_as_far_as_its_samples_came(name, share):
    """A file that ends before the samples that it tells of do is not all there."""
    data = recipe(name)
    # Behind the samples of a fragmented file there is an index of its fragments, which may miss.
    end = data.index(b"mfra") - 4 if b"mfra" in data else len(data)
    found = fed(data[: int(share * end)], [])
    before = found.playable
    found.end_segment()
    assert found.cut
    assert found.playable == before < 5.0


@pytest.mark.parametrize("name", ["webm", "webm with cues in front", "matroska"])
def test_cut_webm_file_is_playable_as_far_as_its_samples_came(name):
    """A segment of known size tells where the file was to end."""
    data = recipe(name)
    found = fed(data[: len(data) // 2], [])
    before = found.playable
    found.end_segment()
    assert found.cut
    assert found.playable == before < 5.0


@pytest.mark.parametrize("name", ["flv", "mpeg-ts", "live webm"])
def test_file_cut_within_a_sample_is_cut(name):
    """Files that promise nothing in advance still tell where the sample that came last ends.

    Of MPEG-TS that is the packet of 188 bytes.
    """
    data = recipe(name)
    found = fed(data[: len(data) // 2 // 188 * 188 + 100], [])
    before = found.playable
    found.end_segment()
    assert (found.cut, found.playable) == (True, before)


def test_flv_file_cut_between_samples_is_shorter_than_it_tells():
    """The duration in the script data tells what the tags do not; without one nothing is missed."""
    data, border = recipe("flv"), 0
    while border < len(data) // 2:
        border += 13 if border == 0 else 15 + int.from_bytes(data[border + 1 : border + 4])
    head = data[:border]
    for file, cut in ((head, True), (head.replace(b"duration", b"Duration"), False)):
        found = fed(file, [])
        found.end_segment()
        assert found.cut == cut


@pytest.mark.parametrize("name", ["mpeg-ts", "live webm"])
def test_files_that_promise_nothing_end_where_they_end(name):
    """Where a container does not tell in advance what is to come, nothing is missed."""
    data = recipe(name)
    # Behind a packet, and where a cluster begins.
    border = 188 * 90 if name == "mpeg-ts" else data.rindex(bytes.fromhex("1f43b675"))
    found = fed(data[:border], [])
    found.end_segment()
    assert (found.cut, found.playable) == (False, math.inf)


@pytest.mark.parametrize("name", RECIPES)
def test_whole_files_are_not_cut(name):
    """A file that is all there is not taken for one that is cut; it may lack its very last box."""
    data = recipe(name)
    end = data.index(b"mfra") - 4 if b"mfra" in data else len(data)
    found = fed(data[:end], [])
    assert not found.cut
    found.end_segment()
    assert (found.cut, found.playable) == (False, math.inf)


@pytest.mark.parametrize("name", RECIPES)
def test_duration_is_known_at_the_end(name):
    """What no header tells, the samples tell once all are there: the end of the last one."""
    found = fed(recipe(name), [])
    found.end_segment()
    assert found.duration == pytest.approx(5.0, abs=0.1)


def test_movie_box_read_out_of_order_counts_as_read_at_the_end():
    """Media behind a movie box that was read first are not missed in the end."""
    data = recipe("mp4 with its movie box at the end")
    found = FileTimeline(duration=None, size=None)
    at = data.index(b"moov") - 4
    found.feed(0, data[:1000])
    found.feed(at, data[at:])
    found.feed(1000, data[1000:at])
    found.end_segment()
    assert (found.cut, found.playable) == (False, math.inf)


def test_file_shorter_than_what_tells_a_container_is_none():
    """A few bytes are no media, although no reader has looked at them."""
    found = timeline(track(None), duration=60.0, size=2)
    found.feed(0, b"ok")
    assert (found.playable, found.source) == (0.0, "linear")
    found.end_segment()
    assert (found.playable, found.source) == (0.0, "unreadable")


@pytest.mark.parametrize("page", [*PAGES.values(), b"WEBVTT\n\n00:00.000 --> 00:04.000\nHello"])
def test_segments_of_text_are_never_playable(page):
    """A page instead of a segment ends what can be played; what comes behind it cannot help."""
    found = timeline(track(4.0, 4.0, 4.0), duration=None, size=None)
    found.feed(0, recipe("mpeg-ts"))
    found.end_segment()
    reached = found.playable
    assert (reached, found.source) == (pytest.approx(5.0, abs=0.03), "samples")
    for piece in (page, recipe("mpeg-ts")):
        found.feed(0, piece[:2])
        found.feed(2, piece[2:])
        found.end_segment()
        assert (found.playable, found.source, found.duration) == (reached, "unreadable", 12.0)


@pytest.mark.parametrize(
    "segment",
    [
        b"\xff\xf1\x50\x80\x2e\x7f\xfc" * 50,
        b"ID3\x04\0\0\0\0\0\x3fPRIV",
        random.Random("encrypted").randbytes(5000),
        b"",
    ],
    ids=["adts", "id3", "encrypted", "empty"],
)
def test_segments_of_anything_but_text_count(segment):
    """Encrypted segments look like nothing at all: only what is text for sure is no media."""
    found = timeline(track(4.0, 4.0), duration=None, size=None)
    for start in range(0, len(segment), 100):
        found.feed(start, segment[start : start + 100])
    found.end_segment()
    assert (found.playable, found.source) == (4.0, "segments")


@pytest.mark.parametrize("name", ["mp4", "fragmented mp4", "webm", "flv"])
def test_bytes_that_come_again_are_passed_over(name):
    """After a broken connection bytes may come twice; what leaves a gap does not count."""
    data = recipe(name)
    half = len(data) // 2
    found = fed(data[:half], [], len(data))
    before = told(found)
    found.feed(half - 500, data[half - 500 : half])
    found.feed(half + 100, data[half + 100 :])
    assert told(found) == before
    found.feed(half - 500, data[half - 500 :])
    assert told(found) == told(fed(data, []))


@pytest.mark.parametrize("name", RECIPES)
def test_playable_time_never_goes_back(name):
    """More bytes never make less playable."""
    data = recipe(name)
    found = FileTimeline(duration=5.0, size=len(data))
    reached = 0.0
    for position in range(0, len(data), 7):
        found.feed(position, data[position : position + 7])
        assert found.playable >= reached
        reached = found.playable


@settings(max_examples=150)
@given(st.sampled_from(sorted(RECIPES)), st.data())
def test_result_does_not_depend_on_how_reads_are_cut(name, draw):
    """Fed in any pieces, a file's timeline says the same."""
    data = recipe(name)
    end = draw.draw(st.integers(0, len(data)))
    cuts = draw.draw(st.lists(st.integers(0, end), max_size=30).map(sorted))
    assert told(fed(data[:end], cuts, len(data))) == told(fed(data[:end], [], len(data)))


@settings(max_examples=150)
@given(st.sampled_from(sorted(RECIPES)), st.data())
def test_damage_is_no_exception_and_cut_in_any_way_the_same(name, draw):
    """Damaged files are read as far as they make sense, then estimated; nothing is raised."""
    data = bytearray(recipe(name))
    for _ in range(draw.draw(st.integers(1, 3))):
        patch = draw.draw(st.binary(min_size=1, max_size=40))
        at = draw.draw(st.integers(0, len(data) - 1))
        gone = draw.draw(st.sampled_from([0, len(patch), 1, 500]))
        data[at : at + gone] = patch
    data = data[: draw.draw(st.integers(len(data) // 2, len(data)))]
    cuts = draw.draw(st.lists(st.integers(0, len(data)), max_size=10).map(sorted))
    pieces, whole = fed(bytes(data), cuts), fed(bytes(data), [])
    assert told(pieces) == told(whole)
    whole.bytes_until(2.5)
    pieces.end_segment()
    whole.end_segment()
    assert (told(pieces), pieces.cut) == (told(whole), whole.cut)


@settings(max_examples=100)
@given(st.sampled_from(sorted(RECIPES)), st.integers(0, 2**60), st.integers(0, 7))
def test_flipped_bit_raises_nothing(name, at, bit):
    """One bit that is wrong, anywhere in the first kilobytes, where the tables are."""
    data = bytearray(recipe(name))
    data[at % min(len(data), 8000)] ^= 1 << bit
    found = fed(bytes(data), [len(data) // 3])
    told(found)
    found.end_segment()
    told(found)


@pytest.mark.parametrize("name", RECIPES)
def test_many_damages_in_the_head_raise_nothing(name):
    """Single bytes anywhere in the tables may be anything."""
    data = recipe(name)
    chance = random.Random(name)
    for _ in range(50):
        damaged = bytearray(data)
        for _ in range(chance.choice((1, 3, 30))):
            damaged[chance.randrange(min(len(data), 6000))] = chance.choice((0, 1, 127, 128, 255))
        found = fed(bytes(damaged), [len(data) // 3])
        assert found.playable >= 0
        assert not math.isnan(found.playable)
        found.bytes_until(2.5)


@settings(max_examples=200)
@given(
    st.sampled_from(
        [b"\0\0\0\x10ftypisom", b"\0\0\0\x18moov", b"\x1a\x45\xdf\xa3", b"FLV\1", b"G"]
    ),
    st.binary(max_size=400),
)
def test_nonsense_behind_a_good_beginning_raises_nothing(beginning, rest):
    """Whatever follows a container's first bytes, feeding it raises nothing."""
    found = fed(beginning + rest, [])
    assert 0 <= found.playable <= 5.0 or found.playable == math.inf


@settings(max_examples=60)
@given(st.sampled_from(sorted(RECIPES)), st.floats(0, 6, allow_nan=False))
def test_bytes_until_is_enough(name, seconds):
    """Where `bytes_until` is known from the head, that many bytes make the time playable."""
    data = recipe(name)
    for known in (len(data) // 4, len(data) // 2, len(data)):
        position = fed(data[:known], [], len(data)).bytes_until(seconds)
        if position is not None and 1000 < position < len(data):
            found = fed(data[:1000], [], len(data))
            if found.wanted is not None:
                found.feed(found.wanted, data[found.wanted :])
            found.feed(1000, data[1000:position])
            assert found.playable >= seconds - 0.03


def test_truncated_heads_are_not_playable():
    """Before the tables are whole nothing plays, and nothing is made up."""
    data = recipe("mp4")
    moov_end = data.index(b"mdat") - 4
    assert [fed(data[:n], [], len(data)).playable for n in (0, 1, 8, 12, moov_end - 100)] == [0] * 5


def test_media_data_is_counted_not_copied():
    """Feeding 512 MB of media data in 256 KiB reads takes a few microseconds each."""
    data = recipe("mp4")
    found = FileTimeline(duration=None, size=None)
    at = data.index(b"mdat") - 4
    found.feed(0, data[:at] + MDAT)
    piece, position = memoryview(bytes(2**18)), at + len(MDAT)
    began = time.process_time()
    for _ in range(2048):
        found.feed(position, piece)
        position += len(piece)
        assert found.playable >= 0
    assert time.process_time() - began < 1.0  # about 0.02 s
