"""Small real tracks in several segments (HLS and DASH), made with PyAV."""

from collections.abc import Mapping
from functools import cache
from itertools import accumulate, pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from media_files import RATE, write

from pytomo.media.hls import parse_media_playlist
from pytomo.results import Segment, Track, TrackKind
from pytomo.timeline import Timeline, timeline

SECONDS = 2
"""Of a segment."""
HLS = (("hls_time", str(SECONDS)), ("hls_list_size", "0"))
FMP4 = (*HLS, ("hls_segment_type", "fmp4"))
BUNDLED = (*HLS, ("hls_segment_options", "max_delay=700000"))  # frames of sound in a PES packet
RANGES = (*HLS, ("hls_flags", "single_file"))
DASH = (("seg_duration", str(SECONDS)),)
WEBM = (*DASH, ("dash_segment_type", "webm"))
VP9 = ("libvpx-vp9", "libopus")


class Recipe(NamedTuple):
    """How a test track is made, and which of the streams of a DASH manifest it is."""

    format: str
    muxer: tuple[tuple[str, str], ...]
    video: str | None = "libx264"
    audio: str | None = "aac"
    stream: int = 0


RECIPES = {
    "hls mpeg-ts": Recipe("hls", HLS),
    "hls mpeg-ts of sound": Recipe("hls", HLS, None),
    "hls mpeg-ts of pictures": Recipe("hls", HLS, "libx264", None),
    "hls mpeg-ts with bundled sound": Recipe("hls", BUNDLED),
    "hls mp4": Recipe("hls", FMP4),
    "hls byte ranges of mpeg-ts": Recipe("hls", RANGES),
    "hls byte ranges of mp4": Recipe("hls", (*FMP4, ("hls_flags", "single_file"))),
    "video of dash mp4": Recipe("dash", DASH),
    "audio of dash mp4": Recipe("dash", DASH, stream=1),
    "video of dash webm": Recipe("dash", WEBM, *VP9),
    "audio of dash webm": Recipe("dash", WEBM, *VP9, 1),
}


class Piece(NamedTuple):
    """A segment and its bytes."""

    segment: Segment
    data: bytes


Pieces = tuple[Piece, ...]


@cache
def _written(form, muxer, video, audio, seconds, rate) -> Mapping[str, bytes]:
    """What the muxer writes, by name; the manifest's is `manifest`."""
    with TemporaryDirectory() as directory:
        write(Path(directory, "manifest"), form, muxer, video, audio, seconds, rate=rate)
        return {path.name: path.read_bytes() for path in Path(directory).iterdir()}


@cache
def pieces(name: str, seconds: float = 7.0, rate=RATE) -> Pieces:
    """One of the tracks of `RECIPES`; the segment that initialises the others comes first."""
    *made, stream = RECIPES[name]
    files = _written(*made, seconds, rate)
    return tuple(_hls(files) if name.startswith("hls") else _dash(files, stream))


def _hls(files: Mapping[str, bytes]):
    for segment in parse_media_playlist(files["manifest"].decode(), "").segments:
        last = None if segment.last_byte is None else segment.last_byte + 1
        yield Piece(segment, files[segment.url][segment.first_byte or 0 : last])


def _dash(files: Mapping[str, bytes], stream: int):
    names = (name for name in files if f"stream{stream}" in name)
    for name in sorted(names, key=lambda name: ("init" not in name, name)):
        duration = 0.0 if "init" in name else float(SECONDS)
        yield Piece(Segment(url=name, duration=duration), files[name])


def begun(found: Pieces, duration: float | None = None) -> Timeline:
    """The timeline of a track of which nothing has come yet."""
    segments = tuple(piece.segment for piece in found)
    track = Track(kind=TrackKind.BOTH, segments=segments, container="", protocol="")
    return timeline(track, duration=duration, size=None)


def fed(found: Pieces, cuts=()) -> Timeline:
    """The timeline of a track that came whole, each segment cut at some positions."""
    told = begun(found)
    for piece in found:
        feed(told, piece, cuts)
        told.end_segment()
    return told


def feed(told: Timeline, piece: Piece, cuts=()) -> None:
    """Feed a segment, cut at some positions of it."""
    start, size = piece.segment.first_byte or 0, len(piece.data)
    places = sorted({0, size, *(cut for cut in cuts if 0 < cut < size)})
    for at, end in pairwise(places):
        told.feed(start + at, piece.data[at:end])


def joined(found: Pieces) -> bytes:
    """All segments behind each other, as PyAV reads them."""
    return b"".join(piece.data for piece in found)


def ends(found: Pieces) -> list[int]:
    """Where each segment ends in `joined`."""
    return list(accumulate(len(piece.data) for piece in found))
