"""MP4: what PyAV's demuxer finds is what our timeline tells, byte by byte."""

import io
import math
import re
import struct

import pytest
from media_files import FASTSTART, FRAGMENTED, RECIPES, Truth, media, packets, pyav, recipe
from movie_boxes import box

from pytomo.timeline import FileTimeline

MP4_RECIPES = [name for name, made in RECIPES.items() if made.container in ("mp4", "mov")]
FRAME = 1 / 25


def followed(data: bytes, truth: Truth) -> list[tuple[int, float, float]]:
    """Position, playable time and true playable time wherever that changes."""
    timeline = FileTimeline(duration=None, size=len(data))
    found, fed = [], 0
    for position in truth.positions():
        timeline.feed(fed, data[fed:position])
        fed = position
        if timeline.wanted is not None:
            timeline.feed(timeline.wanted, data[timeline.wanted :])
        found.append((position, timeline.playable, truth.playable(position)))
    return found


def fed_whole(data: bytes) -> FileTimeline:
    """The timeline of a file that was fed in one piece."""
    timeline = FileTimeline(duration=None, size=len(data))
    timeline.feed(0, data)
    return timeline


@pytest.mark.parametrize("name", MP4_RECIPES)
def test_playable_time_is_that_of_the_packets(name):
    """At each position, playable is the smallest time of the packets not completely before it.

    Between fragments the next one's times are not known yet: the last one's end stands for them.
    """
    data = recipe(name)
    slack = 1024 / 48_000 + 1e-6 if "a fragment a frame" in name else 1e-6
    for position, playable, true in followed(data, Truth(packets(data))):
        if not math.isinf(true):
            assert playable == pytest.approx(true, abs=slack), position


def test_b_frames_are_stored_in_another_order_than_presented():
    """The test media does have what makes decoding and presentation order differ."""
    times = [packet.time for packet in packets(recipe("mp4"))[0]]
    assert times != sorted(times)


@pytest.mark.parametrize("delay", [0.5, 0.0])
def test_empty_edit_delays_a_stream(delay):
    """A stream that begins later (an empty edit) does not hold back what is before it."""
    data = media("mp4", muxer=FASTSTART, audio_delay=delay)
    for position, playable, true in followed(data, Truth(packets(data))):
        if not math.isinf(true):
            assert playable == pytest.approx(true, abs=1e-6), position


@pytest.mark.parametrize("name", ["mp4", "mp4 with its movie box at the end", "mov"])
def test_progressive_file_is_infinitely_playable_with_its_last_sample(name):
    """All samples of a progressive file are known: after the last one nothing is missing."""
    data = recipe(name)
    positions = followed(data, Truth(packets(data)))
    assert all(math.isinf(playable) == math.isinf(true) for _, playable, true in positions)
    assert math.isinf(positions[-1][1])


def test_movie_box_at_the_end_is_wanted():
    """With the movie box behind the media nothing plays until it is read out of order."""
    data = recipe("mp4 with its movie box at the end")
    timeline = FileTimeline(duration=None, size=len(data))
    half = data.index(b"moov") // 2
    timeline.feed(0, data[:half])
    assert timeline.playable == 0
    wanted = timeline.wanted
    assert data[wanted + 4 : wanted + 8] == b"moov"
    timeline.feed(wanted, data[wanted : wanted + 100])
    assert timeline.wanted == wanted + 100
    assert timeline.playable == 0
    timeline.feed(wanted + 100, data[wanted + 100 :])
    assert timeline.wanted is None
    assert timeline.playable > 1
    timeline.feed(half, data[half:])
    assert timeline.playable == math.inf


def test_wanted_passes_over_boxes_before_the_movie_box():
    """What stands between the media and the movie box is not wanted."""
    data = recipe("mp4 with its movie box at the end")
    moov = data.index(b"moov") - 4
    gap = box(b"free", bytes(5000))
    longer = data[:moov] + gap + data[moov:]
    timeline = FileTimeline(duration=None, size=len(longer))
    timeline.feed(0, longer[:1000])
    timeline.feed(moov, longer[moov : moov + 8])
    assert timeline.wanted == moov + len(gap)
    timeline.feed(timeline.wanted, longer[timeline.wanted :])
    assert timeline.playable > 0


def test_movie_box_at_the_end_need_not_be_fetched_first():
    """Read straight through, such a file plays once its end is there."""
    timeline = fed_whole(recipe("mp4 with its movie box at the end"))
    assert (timeline.playable, timeline.wanted, timeline.source) == (math.inf, None, "samples")


def test_nothing_is_wanted_behind_the_end():
    """A media box that is longer than the file hides no movie box."""
    data = box(b"ftyp", b"isom" * 4) + struct.pack(">I4s", 10_000, b"mdat")
    timeline = FileTimeline(duration=None, size=5000)
    timeline.feed(0, data)
    assert timeline.wanted is None


@pytest.mark.parametrize("name", ["mp4", "mp4 with its movie box at the end"])
def test_bytes_until_of_a_progressive_file_is_exact(name):
    """Up to `bytes_until(t)`, t can be played; with a byte less it cannot."""
    data = recipe(name)
    told = fed_whole(data)
    truth = Truth(packets(data))
    for time in (0.02, 0.5, 1.0, 2.5, 4.0, 4.9):
        position = told.bytes_until(time)
        assert truth.playable(position) >= time - 1e-6
        assert truth.playable(position - 1) < time


@pytest.mark.parametrize("name", ["video of indexed mp4", "indexed mp4"])
def test_index_tells_bytes_before_the_media_comes(name):
    """With an sidx, `bytes_until` is known from the head of the file, and the duration too."""
    data = recipe(name)
    head = data.index(b"moof") - 4
    timeline = FileTimeline(duration=None, size=len(data))
    timeline.feed(0, data[:head])
    truth = Truth(packets(data))
    for time in (0.0, 0.5, 1.0, 2.5, 4.0, 4.9):
        assert truth.playable(timeline.bytes_until(time)) >= time - 1e-6
    assert timeline.bytes_until(0.5) < timeline.bytes_until(4.0) < len(data)
    assert timeline.bytes_until(100) is None
    assert timeline.duration == pytest.approx(5.0, abs=FRAME)


def test_duration_is_the_movie_headers():
    """A progressive file tells its duration."""
    assert fed_whole(recipe("mp4")).duration == pytest.approx(5.0, abs=FRAME)


def test_fragments_without_index_tell_no_duration():
    """A fragmented file without index and without a duration leaves it unknown."""
    timeline = fed_whole(recipe("fragmented mp4"))
    assert (timeline.duration, timeline.bytes_until(1)) == (None, None)


def test_fragmented_file_is_infinitely_playable_only_at_its_end():
    """More fragments may follow until the file is told to be complete."""
    timeline = fed_whole(recipe("fragmented mp4"))
    assert timeline.playable == pytest.approx(5.0, abs=0.1)
    timeline.end_segment()
    assert timeline.playable == math.inf


def test_index_takes_over_where_fragments_cannot_be_read():
    """With a good sidx and damaged fragments, whole subsegments count."""
    data = recipe("video of indexed mp4")
    damaged = data.replace(b"traf", b"tr\0f")
    timeline = FileTimeline(duration=None, size=len(damaged))
    end = timeline_end(data, 2.0)
    timeline.feed(0, damaged[:end])
    assert timeline.source == "index"
    assert 2.0 <= timeline.playable < 3.0
    assert timeline.bytes_until(2.0) == end


def timeline_end(data: bytes, time: float) -> int:
    """Where the subsegment with a time ends."""
    return fed_whole(data).bytes_until(time)


def test_times_that_do_not_start_at_zero_are_shifted():
    """Time starts with the first presentation time, wherever a fragmented file's clock stands."""
    data = bytearray(media("mp4", muxer=FRAGMENTED, audio=None))
    with pyav().open(io.BytesIO(bytes(data))) as file:
        ticks = round(90 / file.streams[0].time_base)
    for found in re.finditer(b"tfdt\x01\0\0\0", bytes(data)):
        (time,) = struct.unpack_from(">Q", data, found.end())
        struct.pack_into(">Q", data, found.end(), time + ticks)
    truth = Truth(packets(bytes(data)))
    assert truth.start > 89
    for position, playable, true in followed(bytes(data), truth):
        if not math.isinf(true):
            assert playable == pytest.approx(true, abs=1e-5), position


def test_large_sizes_are_read():
    """A media box with a 64-bit size is passed over as any other."""
    data = recipe("mp4 with its movie box at the end")
    at = data.index(b"mdat") - 4
    (size,) = struct.unpack(">I", data[at : at + 4])
    large = struct.pack(">I4sQ", 1, b"mdat", size + 8)
    free = data.rindex(b"free", 0, at)
    # The 8 bytes more take the place of the empty box before it, so that offsets stay right.
    rewritten = data[: free - 4] + large + data[at + 8 :]
    timeline = fed_whole(rewritten)
    assert (timeline.playable, timeline.source) == (math.inf, "samples")


@pytest.mark.parametrize("kind", [b"moov", b"moof", b"sidx", b"stsz", b"trun", b"mdhd", b"stsc"])
def test_boxes_of_nonsense_make_the_file_unreadable(kind):
    """A box whose content makes no sense ends in the linear estimate, never in an exception."""
    name = "video of indexed mp4" if kind in (b"moof", b"sidx", b"trun") else "mp4"
    data = recipe(name)
    at = data.index(kind) + 4
    for filling in (b"\xff", b"\0", b"\x7f"):
        damaged = data[:at] + filling * 40 + data[at + 40 :]
        timeline = FileTimeline(duration=5.0, size=len(damaged))
        timeline.feed(0, damaged)
        assert timeline.playable >= 0


def test_huge_counts_cost_nothing():
    """A table that claims billions of samples of the same size is not expanded."""
    stsz = box(b"stsz", bytes(4), struct.pack(">II", 1, 0xFFFFFFFF))
    data = recipe("mp4")
    at = data.index(b"stsz") - 4
    damaged = data[:at] + stsz + data[at + len(stsz) :]
    timeline = FileTimeline(duration=5.0, size=len(damaged))
    timeline.feed(0, damaged)
    assert timeline.source == "linear"
