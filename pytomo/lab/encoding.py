"""What the lab's media files are."""

from dataclasses import dataclass
from pathlib import Path

from pytomo.results import TrackKind

FRAME_RATE = 25
"""Pictures a second of all videos."""
MIME_TYPES = {
    ".mp4": "video/mp4",
    ".m4a": "audio/mp4",
    ".webm": "video/webm",
    ".ts": "video/mp2t",
    ".m4s": "video/mp4",
    ".m3u8": "application/vnd.apple.mpegurl",
    ".mpd": "application/dash+xml",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoding:
    """A file of the library, or an HLS variant or a DASH manifest with its segments."""

    name: str
    """Of the file inside the library, as `360p.fragmented.mp4`."""
    kind: TrackKind
    container: str
    """mp4, webm or ts."""
    protocol: str
    """progressive (one file to play from its start), fragmented (a separate track with an index),
    hls (picture and sound together), separate hls (one of them), dash, or cbr (the progressive
    file whose bytes grow evenly with its time)."""
    video_codec: str | None
    """As RFC 6381 writes it, e.g. avc1.4d401e."""
    audio_codec: str | None
    width: int | None
    height: int | None
    bitrate: float
    """8 × size / duration / 1000, kbps."""
    duration: float
    """Seconds."""
    size: int
    """Bytes; of all segments together where there are any."""
    path: Path
    """The file, or the variant's media playlist, or the manifest."""
    init_range: tuple[int, int] | None = None
    """First and last byte of the headers at the front."""
    index_range: tuple[int, int] | None = None
    """First and last byte of the index (sidx or Cues) at the front."""
    segments: tuple[Path, ...] = ()
    """The files that the playlist or manifest names, beside it; headers first."""
    peak: float | None = None
    """kbps of the segment of an HLS variant that has the most."""

    @property
    def codecs(self) -> str:
        """Both, as a MIME type has them."""
        return ", ".join(codec for codec in (self.video_codec, self.audio_codec) if codec)

    @property
    def mime_type(self) -> str:
        """Without the codecs: video/mp4, audio/webm…"""
        kind = "audio" if self.kind is TrackKind.AUDIO else "video"
        return MIME_TYPES[self.path.suffix].replace("video/", f"{kind}/", 1)
