"""Files of every container, rates of cinema and television: exact to the sample, as PyAV finds it.

PyAV tells where a packet begins (`pos`): in MP4 its first byte, in Matroska and FLV the block or
tag around it, in MPEG-TS the transport packet in which its PES packet begins; several frames of
sound may be in one of those, and count together. Each timeline is looked at where a packet ends,
and one byte before.
"""

import math
import re
import struct
from bisect import bisect_right
from fractions import Fraction
from itertools import accumulate

import pytest
from media_files import (
    CUES_IN_FRONT,
    FASTSTART,
    FRAGMENTED,
    INDEXED,
    LIVE,
    Truth,
    media,
    packets,
)
from test_mpegts import ends as ends_of_pes

from pytomo.timeline import FileTimeline

CINEMA, TELEVISION = Fraction(24000, 1001), Fraction(30000, 1001)
MP4 = {
    "mp4": {"muxer": FASTSTART},
    "mp4 with its movie box at the end": {},
    "fragmented mp4": {"muxer": FRAGMENTED},
    "indexed mp4": {"muxer": INDEXED},
    "video of indexed mp4": {"muxer": INDEXED, "audio": None},
    "audio of indexed mp4": {"muxer": INDEXED, "video": None},
}
VP9 = {"video": "libvpx-vp9", "audio": "libopus"}
WEBM = {
    "webm": {"muxer": (("cluster_time_limit", "1000"),), **VP9},
    "webm with cues in front": {"muxer": CUES_IN_FRONT, **VP9},
    "live webm": {"muxer": (*LIVE, ("cluster_time_limit", "1000")), **VP9},
    "webm of VP8": {"muxer": CUES_IN_FRONT, "video": "libvpx", "audio": "libopus"},
}
FLV = {"flv": {}}
TS = {"mpeg-ts": {}, "mpeg-ts with bundled sound": {"muxer": (("max_delay", "700000"),)}}
KINDS = {**MP4, **WEBM, **FLV, **TS}
CONTAINERS = dict.fromkeys(MP4, "mp4") | dict.fromkeys(WEBM, "webm") | {"flv": "flv"}
SLACK = dict.fromkeys(MP4, 1e-9) | dict.fromkeys((*WEBM, *FLV), 0.0011) | dict.fromkeys(TS, 1.2e-5)
"""What a time may be off: between two samples the next one's is not yet known, and the step from
one to the next is rounded to milliseconds in WebM and FLV, to 1/90000 s in MPEG-TS."""


def made(name: str, rate: Fraction) -> bytes:
    """One of the files."""
    return media(CONTAINERS.get(name, "mpegts"), seconds=4.0, rate=rate, **KINDS[name])


def found(name: str, data: bytes):
    """Its packets, by stream."""
    return packets(data, ends_of_pes(data)) if name in TS else packets(data)


def followed(data: bytes, truth: Truth):
    """Each position of interest, and the timeline that was fed up to it."""
    timeline, fed = FileTimeline(duration=None, size=len(data)), 0
    for position in truth.positions():
        timeline.feed(fed, data[fed:position])
        fed = position
        yield position, timeline


def known(name: str, data: bytes, position: int) -> bool:
    """Whether the tables are there that tell anything."""
    return "at the end" not in name or position >= len(data)


@pytest.mark.parametrize("rate", [CINEMA, TELEVISION], ids=["cinema", "television"])
@pytest.mark.parametrize("name", KINDS)
def test_playable_is_exact(name, rate):
    """Playable is the smallest presentation time of the packets not completely there.

    Of a file with its movie box at the end, read straight through, it is nothing before that.
    """
    data = made(name, rate)
    truth = Truth(found(name, data))
    for position, timeline in followed(data, truth):
        true = truth.playable(position) if known(name, data, position) else 0.0
        if math.isfinite(true):
            # Before a stream's second sample its step is not known.
            allowed = 1.1 / rate if name not in MP4 and true < 2 / rate else SLACK[name]
            assert timeline.playable == pytest.approx(true, abs=float(allowed)), position
    assert timeline.source == "samples"


@pytest.mark.parametrize("name", [name for name in KINDS if "of indexed" not in name])
def test_sound_is_exact(name):
    """Sound is the smallest presentation time of the sound's packets not completely there."""
    data = made(name, TELEVISION)
    streams = found(name, data)
    truth, sound = Truth(streams), Truth({1: streams[1]})
    for position, timeline in followed(data, Truth(streams)):
        true = sound.playable(position) + sound.start - truth.start
        if not known(name, data, position):
            assert timeline.sound == 0.0
        elif math.isfinite(true) and timeline.playable > 2 / TELEVISION:
            true = max(true, timeline.playable)
            assert timeline.sound == pytest.approx(true, abs=SLACK[name]), position


def whole(name: str, data: bytes) -> list[int]:
    """Where the parts end that are appended whole, by the bytes: boxes, the index, clusters."""
    if name in WEBM:
        return clusters(data)
    boxes = list(top_boxes(data))
    if "indexed" not in name:
        return [end for kind, _, end in boxes if kind == b"mdat"]
    start, end = next((start, end) for kind, start, end in boxes if kind == b"sidx")
    (version,) = struct.unpack_from(">B", data, start + 8)
    pattern = ">Q2xH" if version else ">I2xH"
    offset, count = struct.unpack_from(pattern, data, start + 24 + 4 * version)
    sizes = [size for (size,) in struct.iter_unpack(">I8x", data[end - 12 * count : end])]
    return [*accumulate(sizes, initial=end + offset)][1:]


def top_boxes(data: bytes):
    """Type, begin and end of each box of a file."""
    at = 0
    while at < len(data):
        size, kind = struct.unpack_from(">I4s", data, at)
        yield kind, at, at + size
        at += size


def clusters(data: bytes) -> list[int]:
    """Where clusters are seen to be whole: at their told ends, or when the next one has begun."""
    begins = [found.end() for found in re.finditer(b"\x1f\x43\xb6\x75", data)]
    ends = []
    for at in begins:
        width = 9 - data[at].bit_length()
        size = int.from_bytes(data[at : at + width]) & (1 << 7 * width) - 1
        ends.append(at + width + (size if size < (1 << 7 * width) - 1 else 0))
    told = ends[0] > begins[0] + 8
    return ends if told else ends[1:]


@pytest.mark.parametrize("name", [*(n for n in MP4 if "ed mp4" in n), *WEBM])
def test_appended_is_playable_at_the_end_of_whole_parts(name):
    """Of fragments, subsegments of an index and clusters only whole ones are appended."""
    data = made(name, CINEMA)
    truth = Truth(found(name, data))
    borders, seen = whole(name, data), set()
    for position, timeline in followed(data, truth):
        index = bisect_right(borders, position)
        true = truth.playable(borders[index - 1]) if index else 0.0
        seen.add(index)
        if math.isfinite(true):
            assert timeline.appended == pytest.approx(true, abs=SLACK[name]), position
        assert timeline.appended <= timeline.playable
    assert len(seen) >= 2
    timeline.feed(position, data[position:])
    timeline.end_segment()
    assert timeline.appended == timeline.sound == math.inf


@pytest.mark.parametrize("name", ["mp4", *FLV, *TS])
def test_other_files_are_appended_as_they_are_playable(name):
    """A file without fragments is read by its player as it comes."""
    data = made(name, CINEMA)
    for _, timeline in followed(data, Truth(found(name, data))):
        assert timeline.appended == timeline.playable
