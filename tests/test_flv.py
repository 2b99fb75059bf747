"""FLV: what PyAV's demuxer finds is what our timeline tells."""

import math
import struct

import pytest
from media_files import Truth, media, packets, recipe

from pytomo.timeline import FileTimeline

FRAME = 0.04


def tag(kind: int, time: int, body: bytes) -> bytes:
    """An FLV tag with its size behind it."""
    head = bytes([kind]) + len(body).to_bytes(3) + (time & 0xFFFFFF).to_bytes(3)
    head += bytes([time >> 24 & 0xFF, 0, 0, 0])
    return head + body + struct.pack(">I", len(head) + len(body))


HEADER = b"FLV\x01\x05" + struct.pack(">II", 9, 0)


def fed(data: bytes) -> FileTimeline:
    """The timeline of a file that was fed in one piece."""
    timeline = FileTimeline(duration=None, size=None)
    timeline.feed(0, data)
    return timeline


@pytest.mark.parametrize("audio", ["aac", None])
def test_playable_time_is_that_of_the_packets(audio):
    """At each position, playable is the smallest time of the packets not completely before it."""
    data = media("flv", audio=audio)
    truth = Truth(packets(data))
    timeline = FileTimeline(duration=None, size=len(data))
    reached = 0
    for position in truth.positions():
        timeline.feed(reached, data[reached:position])
        reached = position
        true = truth.playable(position)
        if not math.isinf(true):
            slack = FRAME + 0.002 if true < 2 * FRAME else 0.0021
            assert timeline.playable == pytest.approx(true, abs=slack), position


def test_duration_is_that_of_the_script_data():
    """onMetaData tells the duration."""
    assert fed(recipe("flv")).duration == pytest.approx(5.0, abs=0.1)


def test_duration_that_is_no_number_is_unknown():
    """A duration of 0 or NaN, as live streams have it, is none."""
    for value in (0.0, math.nan, -1.0, math.inf):
        script = b"\x02\0\x0aonMetaData\x08\0\0\0\x01\0\x08duration\0" + struct.pack(">d", value)
        assert fed(HEADER + tag(18, 0, script)).duration is None


def test_times_of_more_than_24_bits_go_on():
    """The fourth byte of a timestamp is its highest."""
    tags = [tag(8, 0x1000000 - 23 + 23 * n, b"\x2f" + bytes(10)) for n in range(4)]
    assert fed(HEADER + b"".join(tags)).playable == pytest.approx(4 * 0.023)


def test_decoder_configuration_is_no_sample():
    """A tag with the decoder's configuration has no presentation time."""
    configuration = tag(9, 0, b"\x17\0\0\0\0" + bytes(20)) + tag(8, 0, b"\xaf\0\x12\x10")
    assert fed(HEADER + configuration).playable == 0


def test_extended_video_tags_are_read():
    """Enhanced RTMP: HEVC with a composition offset, AV1 without one."""
    hevc = [tag(9, 40 * n, b"\x91hvc1" + (40).to_bytes(3) + bytes(50)) for n in range(5)]
    assert fed(HEADER + b"".join(hevc)).playable == pytest.approx(0.2)
    av1 = [tag(9, 40 * n, b"\x91av01" + bytes(50)) for n in range(5)]
    assert fed(HEADER + b"".join(av1)).playable == pytest.approx(0.2)


def test_stream_that_never_comes_does_not_hold_back():
    """A stream of which only the configuration came is waited for no longer than 10 s of media."""
    silent = tag(8, 0, b"\xaf\0\x12\x10")
    frames = [tag(9, 40 * n, b"\x27\x01\0\0\0" + bytes(10)) for n in range(300)]
    assert fed(HEADER + silent + b"".join(frames[:200])).playable == 0
    assert fed(HEADER + silent + b"".join(frames)).playable == pytest.approx(12.0)
