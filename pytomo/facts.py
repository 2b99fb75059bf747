"""What the first bytes of the tracks say of the video; the site's claims fill the gaps."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from hachoir.core.log import log
from hachoir.metadata import extractMetadata
from hachoir.parser.container import MkvFile, MP4File
from hachoir.parser.video import FlvFile
from hachoir.stream import StringInputStream

from pytomo.media.frame_rate import mp4_frame_rate
from pytomo.media.mpegts import MpegTs
from pytomo.media.scan import Scanner
from pytomo.results import Media, Track, TrackSample, Video

log.use_print = False  # it complains of every file that is cut short, as all of ours are

_VIDEO_CODECS = {
    "avc1": "h264",
    "avc3": "h264",
    "V_MPEG4/ISO/AVC": "h264",
    "hvc1": "hevc",
    "hev1": "hevc",
    "V_MPEGH/ISO/HEVC": "hevc",
    "vp08": "vp8",
    "V_VP8": "vp8",
    "vp09": "vp9",
    "V_VP9": "vp9",
    "av01": "av1",
    "V_AV1": "av1",
}
_AUDIO_CODECS = {
    "mp4a": "aac",
    "A_AAC": "aac",
    "Opus": "opus",
    "A_OPUS": "opus",
    "A_VORBIS": "vorbis",
    ".mp3": "mp3",
    "A_MPEG/L3": "mp3",
    "MP3": "mp3",
    "ac-3": "ac3",
    "A_AC3": "ac3",
    "ec-3": "eac3",
    "A_EAC3": "eac3",
}
_FLV_CODECS = {"video": {"7": "avc1"}, "audio": {"10": "mp4a"}}
# FLV's numbers of those that hachoir has no name for.
_STREAM_TYPES = {0x1B: "avc1", 0x24: "hvc1", 0x0F: "mp4a", 0x81: "ac-3", 0x87: "ec-3"}
_TO_SAMPLE_ENTRIES = ("atom", "movie", "track", "media", "minf", "stbl", "stsd", "sample_entry")
_CERTAINTY = ("linear", "index", "segments", "samples")


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """What the first bytes of one track say."""

    container: str | None = None
    duration: float | None = None
    """Seconds."""
    width: int | None = None
    height: int | None = None
    frame_rate: float | None = None
    codecs: tuple[str, ...] = ()
    """By the container's own names."""


def facts(video: Video, tracks: Sequence[TrackSample]) -> Media:
    """The media facts of a sample: `tracks` are those of the video, in its order.

    Where one of them is no media, an error page for example, its size and the claims say nothing
    about what was sent: timeline, length and encoding rate are unknown, and so is the container.
    Of a file that is cut, length and rate are unknown: its duration is that of what it was.
    """
    readable = all(sample.timeline != "unreadable" for sample in tracks)
    heads = [read_head(sample.head, sample.tail) for sample in tracks]
    measured = _duration(tracks, heads)
    duration = video.claimed_duration if measured is None else measured
    whole = readable and not any(sample.cut for sample in tracks)
    length = _length(video.tracks, tracks, duration) if whole else None
    container = next((head.container for head in heads if head.container), None)
    picture = next((head for head in heads if head.width), Head())
    claimed = _claimed_picture(video)
    codecs = [codec for head in heads for codec in head.codecs]
    return Media(
        container=container or (_claimed_container(video) if readable else None),
        duration=duration,
        length=length,
        encoding_rate=8 * length / duration / 1000 if length and duration else None,
        video_codec=_first_known(codecs, _VIDEO_CODECS),
        audio_codec=_first_known(codecs, _AUDIO_CODECS),
        width=picture.width or claimed.width,
        height=picture.height or claimed.height,
        frame_rate=picture.frame_rate or claimed.frame_rate,
        timeline=_timeline(tracks) if readable else None,
        duration_error=_difference(measured, video.claimed_duration),
    )


def read_head(head: bytes, tail: bytes = b"") -> Head:
    """What the first bytes of a file say, however few or damaged they are.

    `tail`: its movie box, if it is an MP4 file that has it at its end.
    """
    if tail:
        return _read_mp4(tail)
    known = next((read for matches, read in _CONTAINERS if matches(head)), None)
    return known(head) if known else Head()


def _read_mp4(head: bytes) -> Head:
    movie, metadata = _parsed(MP4File, head)
    entries = _until_error(_sample_entries(movie)) if movie else ()
    found = _head("mp4", metadata, tuple(entry.decode("latin-1") for entry in entries))
    return replace(found, frame_rate=mp4_frame_rate(head))


def _read_webm(head: bytes) -> Head:
    _, metadata = _parsed(MkvFile, head)
    groups = _groups(metadata)
    codecs = tuple(text for group in groups if (text := _value(group, "compression")))
    container = "webm" if b"webm" in head[:64] else "mkv"
    return _head(container, metadata, codecs, picture=next((g for g in groups if _wide(g)), None))


def _read_flv(head: bytes) -> Head:
    _, metadata = _parsed(FlvFile, head)
    found = {kind: metadata[kind] for kind in _FLV_CODECS if metadata and kind in metadata}
    names = {kind: str(_value(group, "compression")) for kind, group in found.items()}
    return _head("flv", metadata, tuple(_FLV_CODECS[k].get(n, n) for k, n in names.items()))


def _read_ts(head: bytes) -> Head:
    """Its program map: hachoir tells nothing of transport streams."""
    reader = MpegTs(None)
    Scanner(reader.scan(0)).feed(memoryview(head))
    codecs = (_STREAM_TYPES.get(kind) for kind in reader.kinds)
    return Head(container="ts", codecs=tuple(codec for codec in codecs if codec))


_CONTAINERS: tuple[tuple[Callable[[bytes], bool], Callable[[bytes], Head]], ...] = (
    (lambda head: head[4:8] in (b"ftyp", b"styp", b"moov"), _read_mp4),
    (lambda head: head.startswith(b"\x1a\x45\xdf\xa3"), _read_webm),
    (lambda head: head.startswith(b"FLV\x01"), _read_flv),
    (lambda head: head[:1] == b"\x47" and head[188:189] in (b"\x47", b""), _read_ts),
)


def _parsed(parser: Any, head: bytes) -> tuple[Any, Any]:
    """hachoir's field tree and metadata of a file, each None if there is none."""
    try:
        tree = parser(StringInputStream(head))
        return tree, extractMetadata(tree)
    except Exception:  # of many kinds: hachoir does not expect files to be cut short
        return None, None


def _until_error(values: Iterable[Any]) -> list[Any]:
    """What an iterator over hachoir's fields gives before the damage or the end of the head."""
    found: list[Any] = []
    try:
        found.extend(values)
    except Exception:  # as above
        return found
    return found


def _sample_entries(fields: Iterable[Any]) -> Iterator[bytes]:
    """The four-character codes of the sample descriptions (ISO/IEC 14496-12, section 8.5.2)."""
    for field in fields:
        if field.name == "format":
            yield field.value
        elif field.name.partition("[")[0] in _TO_SAMPLE_ENTRIES and field.is_field_set:
            yield from _sample_entries(field)


def _head(container: str, metadata: Any, codecs: tuple[str, ...], picture: Any = None) -> Head:
    length = _value(metadata, "duration")
    seconds = length.total_seconds() if isinstance(length, timedelta) else None
    picture = metadata if picture is None else picture
    return Head(
        container=container,
        duration=seconds or None,
        width=_value(picture, "width"),
        height=_value(picture, "height"),
        frame_rate=_value(metadata, "frame_rate") or None,
        codecs=codecs,
    )


def _groups(metadata: Any) -> list[Any]:
    return list(metadata.iterGroups()) if metadata else []


def _wide(group: Any) -> bool:
    return _value(group, "width") is not None


def _value(metadata: Any, key: str) -> Any:
    return metadata.get(key) if metadata and metadata.has(key) else None


def _duration(tracks: Sequence[TrackSample], heads: Sequence[Head]) -> float | None:
    """The longest track's, by its own bytes or manifest; None if only the site claims one."""
    told = [sample.duration for sample in tracks if sample.timeline != "linear"]
    known = [seconds for seconds in told if seconds] or [h.duration for h in heads if h.duration]
    return max(known, default=None)


def _timeline(tracks: Sequence[TrackSample]) -> str | None:
    """Of the least certain one."""
    return min((sample.timeline for sample in tracks), key=_CERTAINTY.index, default=None)


def _length(
    tracks: Sequence[Track], samples: Sequence[TrackSample], duration: float | None
) -> int | None:
    """Bytes of all tracks together; None as long as one's are not known."""
    nothing = TrackSample(head=b"", size=None, duration=None, timeline="linear")
    told = [*samples, *[nothing] * (len(tracks) - len(samples))]
    sizes = [_size(track, sample, duration) for track, sample in zip(tracks, told, strict=False)]
    known = [size for size in sizes if size]
    return sum(known) if known and len(known) == len(sizes) else None


def _size(track: Track, sample: TrackSample, duration: float | None) -> int | None:
    """Bytes of a track: as told, by the rate of its whole segments, or by the claimed bitrate.

    The claimed one comes last: of HLS it is the peak of all segments (RFC 8216, section 4.3.4.2,
    BANDWIDTH) unless the playlist has AVERAGE-BANDWIDTH.
    """
    size = sample.size or track.size
    if size or not duration:
        return size
    if sample.whole_seconds and sample.whole_bytes:
        return round(sample.whole_bytes / sample.whole_seconds * duration)
    return round(track.bitrate * 1000 / 8 * duration) if track.bitrate else None


def _claimed_picture(video: Video) -> Head:
    """What the site says of the picture; a track of sound has none."""
    first = next((track for track in video.tracks if track.height), None)
    if first is None:
        return Head()
    return Head(width=first.width, height=first.height, frame_rate=first.frame_rate)


def _claimed_container(video: Video) -> str | None:
    return video.tracks[0].container if video.tracks else None


def _first_known(codecs: Iterable[str], names: dict[str, str]) -> str | None:
    """The usual name of the first of the codecs that is of a kind."""
    candidates = (names.get(codec) or names.get(codec.partition("/")[0]) for codec in codecs)
    return next((name for name in candidates if name), None)


def _difference(measured: float | None, claimed: float | None) -> float | None:
    return None if measured is None or claimed is None else measured - claimed
