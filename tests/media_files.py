"""Small real media files, made with PyAV, and what PyAV's own demuxers say of their packets."""

import io
import math
import random
from bisect import bisect_right
from collections.abc import Mapping
from fractions import Fraction
from functools import cache
from itertools import accumulate
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import pytest

RATE = 25
SAMPLE_RATE = 48_000
FAST_VPX = (("g", "25"), ("deadline", "realtime"), ("cpu-used", "8"))
B_FRAMES = (("x264-params", "bframes=3:b-adapt=0:b-pyramid=normal:keyint=50:scenecut=0"),)


class Packet(NamedTuple):
    """A packet of a file: the position behind its last byte, and its presentation time."""

    end: int
    time: float


FRAGMENTED = (("movflags", "frag_keyframe+empty_moov+default_base_moof"),)
INDEXED = (("movflags", "dash+global_sidx+frag_keyframe+empty_moov+default_base_moof"),)
FASTSTART = (("movflags", "faststart"),)
CUES_IN_FRONT = (("cues_to_front", "1"), ("cluster_time_limit", "1000"))
LIVE = (("live", "1"),)


class Recipe(NamedTuple):
    """How a test file is made."""

    container: str
    muxer: tuple[tuple[str, str], ...] = ()
    video: str | None = "libx264"
    audio: str | None = "aac"


VP9 = {"video": "libvpx-vp9", "audio": "libopus"}
RECIPES = {
    "mp4": Recipe("mp4", FASTSTART),
    "mp4 with its movie box at the end": Recipe("mp4"),
    "mp4 without edit lists": Recipe("mp4", (*FASTSTART, ("use_editlist", "0"))),
    "mov": Recipe("mov"),
    "fragmented mp4": Recipe("mp4", FRAGMENTED),
    "fragmented mp4 that begins as a progressive one": Recipe(
        "mp4", (("movflags", "frag_keyframe"),)
    ),
    "fragmented mp4 with a fragment a frame": Recipe(
        "mp4", (("movflags", "frag_every_frame+empty_moov"),)
    ),
    "fragmented mp4 with an index a fragment": Recipe("mp4", (("movflags", "dash+frag_keyframe"),)),
    "video of indexed mp4": Recipe("mp4", INDEXED, audio=None),
    "audio of indexed mp4": Recipe("mp4", INDEXED, video=None),
    "indexed mp4": Recipe("mp4", INDEXED),
    "webm": Recipe("webm", **VP9),
    "webm with cues in front": Recipe("webm", CUES_IN_FRONT, **VP9),
    "video webm with cues in front": Recipe("webm", CUES_IN_FRONT, "libvpx-vp9", None),
    "live webm": Recipe("webm", LIVE, **VP9),
    "matroska": Recipe("matroska"),
    "flv": Recipe("flv"),
    "mpeg-ts": Recipe("mpegts"),
}


def recipe(name: str, seconds: float = 5.0) -> bytes:
    """One of the files of `RECIPES`."""
    made = RECIPES[name]
    return media(
        made.container, muxer=made.muxer, video=made.video, audio=made.audio, seconds=seconds
    )


def pyav():
    """PyAV; a test that needs it is skipped where it is not installed."""
    return pytest.importorskip("av", reason="PyAV makes the test media: pip install pytomo[lab]")


@cache
def media(
    container: str,
    *,
    video: str | None = "libx264",
    audio: str | None = "aac",
    seconds: float = 5.0,
    muxer: tuple[tuple[str, str], ...] = (),
    encoder: tuple[tuple[str, str], ...] | None = None,
    audio_delay: float = 0.0,
    rate: Fraction | int = RATE,
) -> bytes:
    """A file with a moving picture, a tone, or both."""
    with TemporaryDirectory() as directory:
        path = Path(directory, "media")  # some muxers read again what they have written
        write(path, container, muxer, video, audio, seconds, encoder, audio_delay, rate)
        return path.read_bytes()


def write(
    path, container, muxer, video, audio, seconds, encoder=None, audio_delay=0.0, rate=RATE
) -> None:
    """As `media`, into a file; muxers of segments write theirs beside it."""
    encoder = dict(encoder or (B_FRAMES if video == "libx264" else FAST_VPX))
    with pyav().open(str(path), "w", format=container, options=dict(muxer)) as out:
        streams = []
        if video:
            pictures = _pictures(round(seconds * rate))
            streams.append((_video_stream(out, video, encoder, rate), pictures))
        if audio:
            streams.append((_audio_stream(out, audio), _tones(audio, seconds, audio_delay)))
        packets = [p for stream, frames in streams for p in _encoded(stream, frames)]
        packets.sort(key=lambda p: p.dts * p.time_base)
        for packet in packets:
            out.mux(packet)


def packets(data: bytes, end_of=None) -> dict[int, list[Packet]]:
    """The packets of each stream as PyAV's demuxer finds them in a file.

    `end_of`: where a packet ends, if its bytes do not stand together in the file.
    """
    ends = end_of or (lambda packet: data.index(bytes(packet), packet.pos) + packet.size)
    found: dict[int, list[Packet]] = {}
    with pyav().open(io.BytesIO(data)) as file:
        for packet in file.demux():
            if packet.size and packet.pts is not None:
                # PyAV does not tell where the frames are that are not the first of a PES packet.
                end = found[packet.stream_index][-1].end if packet.pos is None else ends(packet)
                time = float(packet.pts * packet.time_base)
                found.setdefault(packet.stream_index, []).append(Packet(end, time))
    return found


class Truth:
    """The playable time at each position of a file, by its packets."""

    def __init__(self, streams: Mapping[int, list[Packet]]) -> None:
        self.start = min(max(0.0, p.time) for ps in streams.values() for p in ps)
        self._streams = []
        for found in streams.values():
            ordered = sorted(found)
            earliest = [*accumulate((p.time for p in reversed(ordered)), min)][::-1]
            self._streams.append(([p.end for p in ordered], [*earliest, math.inf]))

    def playable(self, position: int) -> float:
        """The smallest time of the packets that are not completely before a position."""
        return min(
            max(0.0, times[bisect_right(ends, position)]) - self.start
            for ends, times in self._streams
        )

    def positions(self) -> list[int]:
        """Where it changes, and the bytes just before."""
        ends = {end for ends, _ in self._streams for end in ends}
        return sorted({0, *ends, *(end - 1 for end in ends)})


def _video_stream(out, codec, options, rate):
    stream = out.add_stream(codec, rate=rate, options=options)
    stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
    return stream


def _audio_stream(out, codec):
    stream = out.add_stream(codec, rate=SAMPLE_RATE)
    stream.layout = "mono"
    return stream


def _pictures(count):
    """A moving pattern, over which noise comes and goes: the bitrate varies."""
    chance = random.Random("noise")
    for number in range(count):
        frame = pyav().VideoFrame(64, 48, "yuv420p")
        for index, plane in enumerate(frame.planes):
            line = bytes((x * 3 + number * (1 + index)) % 256 for x in range(plane.line_size))
            noisy = plane.height // 2 if number % 40 > 25 else 0
            noise = chance.randbytes(noisy * plane.line_size)
            plane.update(noise + line * (plane.height - noisy))
        frame.pts = number
        yield frame


def _tones(codec, seconds, delay):
    size = 960 if codec == "libopus" else 1024
    sample = ("s16", 2) if codec == "libopus" else ("fltp", 4)
    for number in range(round(seconds * SAMPLE_RATE / size)):
        frame = pyav().AudioFrame(format=sample[0], layout="mono", samples=size)
        frame.planes[0].update(bytes(size * sample[1]).ljust(frame.planes[0].buffer_size, b"\0"))
        frame.sample_rate = SAMPLE_RATE
        frame.pts = number * size + round(delay * SAMPLE_RATE)
        yield frame


def _encoded(stream, frames):
    for frame in frames:
        yield from stream.encode(frame)
    yield from stream.encode(None)
