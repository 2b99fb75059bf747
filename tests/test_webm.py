"""WebM and Matroska: what PyAV's demuxer finds is what our timeline tells."""

import math

import pytest
from media_files import CUES_IN_FRONT, Truth, media, packets, recipe

from pytomo.media.index import Index
from pytomo.timeline import FileTimeline

FRAME = 0.0214  # the longest frame of sound: how far apart two of its timestamps can be
UNKNOWN_SEGMENT = bytes.fromhex("1853806701ffffffffffffff")
WEBM_RECIPES = [
    "webm",
    "webm with cues in front",
    "video webm with cues in front",
    "live webm",
    "matroska",
]


def fed(data: bytes, size: int | None = None) -> FileTimeline:
    """The timeline of a file of which some bytes have come."""
    timeline = FileTimeline(duration=None, size=size or len(data))
    timeline.feed(0, data)
    return timeline


@pytest.mark.parametrize("name", WEBM_RECIPES)
def test_playable_time_is_that_of_the_packets(name):
    """At each position, playable is the smallest time of the packets not completely before it.

    Timestamps are rounded to milliseconds; before a stream's second block its step is unknown.
    """
    data = recipe(name)
    truth = Truth(packets(data))
    timeline = FileTimeline(duration=None, size=len(data))
    reached = 0
    for position in truth.positions():
        timeline.feed(reached, data[reached:position])
        reached = position
        true = truth.playable(position)
        if not math.isinf(true):
            slack = FRAME if true < 2 * FRAME else 0.0021
            assert timeline.playable == pytest.approx(true, abs=slack), position
    assert timeline.source == "samples"


def test_codec_delay_is_subtracted():
    """Matroska's timestamps count the decoder's delay; presentation times do not."""
    data = recipe("matroska")
    truth = Truth(packets(data))
    timeline = fed(data[: len(data) // 2], len(data))
    assert timeline.playable <= truth.playable(len(data) // 2) + 0.002


def test_cues_in_front_tell_bytes_before_the_media_comes():
    """`bytes_until` is known from the head of the file where the cues are there."""
    data = recipe("video webm with cues in front")
    truth = Truth(packets(data))
    timeline = fed(data[: data.index(bytes.fromhex("1f43b675"))], len(data))
    for time in (0.0, 0.5, 1.0, 2.5, 4.9):
        position = timeline.bytes_until(time)
        assert position == len(data) or truth.playable(position) >= time
    assert timeline.bytes_until(0.9) < timeline.bytes_until(2.9) < len(data)


def test_index_is_read_as_far_as_somebody_asks():
    """Of thousands of marks only those up to what is asked for are taken."""
    taken = []
    index = Index()
    index.follow((taken.append(n) or (1000 * n, 5.0 * n)) for n in range(1, 10_000))
    assert (len(index), len(taken)) == (1, 1)
    assert index.bytes_until(50.0) == 10_000
    assert index.playable(19_999) == 95.0
    assert index.bytes_until(20.0) == 4000
    assert len(taken) == 20
    assert index.bytes_until(1e6) is None


def test_damaged_cue_ends_the_cues():
    """Cues are good up to the first that makes no sense, and no hindrance for the media."""
    data = recipe("video webm with cues in front")
    first = data.index(b"\xbb", data.rindex(bytes.fromhex("1c53bb6b")) + 5)
    second = data.index(b"\xbb", first + 1)
    damaged = fed(data[: second + 1] + b"\0" + data[second + 2 :])
    told = fed(data)
    assert damaged.bytes_until(0.0) == told.bytes_until(0.0)
    assert damaged.bytes_until(2.0) == len(data) != told.bytes_until(2.0)
    assert (damaged.source, damaged.playable) == ("samples", told.playable)


def test_cues_at_the_end_tell_nothing_in_time():
    """Without cues in front, `bytes_until` is not known."""
    data = recipe("webm")
    assert fed(data[: len(data) // 2], len(data)).bytes_until(1.0) is None


@pytest.mark.parametrize("name", ["webm", "matroska"])
def test_duration_is_that_of_the_segment_information(name):
    """A finished file tells its duration."""
    assert fed(recipe(name)).duration == pytest.approx(5.0, abs=0.02)


def test_live_file_has_a_segment_of_unknown_size_and_no_duration():
    """An element of unknown size is read on into; the duration stays unknown."""
    data = recipe("live webm")
    assert UNKNOWN_SEGMENT in data
    timeline = fed(data)
    assert timeline.duration is None
    assert timeline.playable == pytest.approx(5.0, abs=FRAME)


def test_unknown_size_of_the_segment_and_its_clusters_changes_nothing():
    """Whether the sizes of segment and clusters are told does not matter for the samples."""
    data = media("webm", video="libvpx-vp9", audio=None, muxer=CUES_IN_FRONT)
    unknown = bytearray(data)
    for element in ("18538067", "1f43b675"):
        at = data.find(bytes.fromhex(element))
        while at >= 0:
            length = 9 - data[at + 4].bit_length()
            unknown[at + 4 : at + 4 + length] = ((2 << 7 * length) - 1).to_bytes(length)
            at = data.find(bytes.fromhex(element), at + 1)
    for end in (len(data) // 3, len(data) // 2, len(data)):
        assert fed(bytes(unknown)[:end]).playable == fed(data[:end]).playable


def test_cues_take_over_where_blocks_cannot_be_read():
    """With good cues and damaged clusters, whole clusters count."""
    data = recipe("video webm with cues in front")
    child = data.index(bytes.fromhex("1f43b675")) + 4
    damaged = data[:child] + bytes(8) + data[child + 8 :]
    timeline = fed(damaged[: fed(data).bytes_until(2.0)], len(damaged))
    assert timeline.source == "index"
    assert 2.0 <= timeline.playable < 3.1


@pytest.mark.parametrize("key_interval", ["10", "1000"])
def test_reordered_frames_count_from_the_first_gap(key_interval):
    """H.264 in Matroska has no decoding times: a frame counts when all before it are there."""
    options = (("x264-params", f"bframes=5:b-adapt=0:b-pyramid=normal:keyint={key_interval}"),)
    data = media("matroska", audio=None, encoder=options)
    truth = Truth(packets(data))
    timeline = FileTimeline(duration=None, size=len(data))
    reached = 0
    for position in truth.positions():
        timeline.feed(reached, data[reached:position])
        reached = position
        if not math.isinf(truth.playable(position)):
            assert timeline.playable == pytest.approx(truth.playable(position), abs=0.0011)
