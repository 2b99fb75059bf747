"""Real media for the lab, made once and kept in the user's cache directory."""

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from pytomo.results import TrackKind

INDEX = "library.json"
MIME_TYPES = {
    ".mp4": "video/mp4",
    ".m4a": "audio/mp4",
    ".webm": "video/webm",
    ".ts": "video/mp2t",
    ".m3u8": "application/vnd.apple.mpegurl",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoding:
    """A file of the library, or an HLS variant with its segments."""

    name: str
    """Of the file inside the library, as `360p.fragmented.mp4`."""
    kind: TrackKind
    container: str
    """mp4, webm or ts."""
    protocol: str
    """progressive (one file to play from its start), fragmented (a separate track with an index),
    hls, or cbr (the progressive file whose bytes grow evenly with its time)."""
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
    """Bytes; of all segments together for an HLS variant."""
    path: Path
    """The file, or the variant's media playlist."""
    init_range: tuple[int, int] | None = None
    """First and last byte of the headers at the front."""
    index_range: tuple[int, int] | None = None
    """First and last byte of the index (sidx or Cues) at the front."""
    segments: tuple[Path, ...] = ()
    """The files that the HLS playlist names, beside it."""

    @property
    def codecs(self) -> str:
        """Both, as a MIME type has them."""
        return ", ".join(codec for codec in (self.video_codec, self.audio_codec) if codec)

    @property
    def mime_type(self) -> str:
        """Without the codecs: video/mp4, audio/webm…"""
        kind = "audio" if self.kind is TrackKind.AUDIO else "video"
        return MIME_TYPES[self.path.suffix].replace("video/", f"{kind}/", 1)


def quietly(_line: str) -> None:
    """No progress."""


def library(
    cache: Path | None = None,
    *,
    progress: Callable[[str], None] = quietly,
    encode: Callable[[Path], Iterable[Encoding]] | None = None,
) -> tuple[Encoding, ...]:
    """All the media; made first, which takes half a minute, if this recipe's are not in the cache.

    `cache` is the directory of the user's caches. `progress` gets a line when something is made,
    which `encode` does into the directory that it is given.
    Raises ImportError if PyAV is missing then, OSError if the cache cannot be written.
    """
    home = (cache or user_cache()) / "pytomo" / f"lab-{recipe_hash()}"
    if not (home / INDEX).exists():
        _make(home, encode or _encoder(), progress)
    return tuple(_load(home, item) for item in json.loads((home / INDEX).read_text()))


def master_playlist(encodings: tuple[Encoding, ...]) -> str:
    """The HLS master playlist of the variants among them; names are those of the playlists."""
    lines = ["#EXTM3U", "#EXT-X-VERSION:3"]
    for variant in (encoding for encoding in encodings if encoding.protocol == "hls"):
        lines.append(
            f"#EXT-X-STREAM-INF:BANDWIDTH={variant.bitrate * 1000:.0f},"
            f'RESOLUTION={variant.width}x{variant.height},CODECS="{variant.codecs}"'
        )
        lines.append(variant.name)
    return "\n".join([*lines, ""])


def user_cache(environment: Mapping[str, str] = os.environ) -> Path:
    """The user's cache directory (XDG Base Directory Specification)."""
    place = environment.get("XDG_CACHE_HOME", "")
    return Path(place) if Path(place).is_absolute() else Path.home() / ".cache"


def recipe_hash() -> str:
    """Differs whenever the library's content could: a hash of the code that makes it."""
    here = Path(__file__).parent
    code = b"".join((here / name).read_bytes() for name in ("encode.py", "layout.py"))
    names = " ".join(field.name for field in fields(Encoding))
    return hashlib.sha256(code + names.encode()).hexdigest()[:12]


def _encoder() -> Callable[[Path], Iterable[Encoding]]:
    from pytomo.lab.encode import encode_library  # PyAV takes a while to import

    return encode_library


def _make(
    home: Path, encode: Callable[[Path], Iterable[Encoding]], progress: Callable[[str], None]
) -> None:
    progress(f"Making the lab's media in {home} (once, about half a minute)…")
    home.parent.mkdir(parents=True, exist_ok=True)
    making = Path(tempfile.mkdtemp(dir=home.parent, prefix=".making-"))
    try:
        items = [_dump(encoding) for encoding in encode(making)]
        (making / INDEX).write_text(json.dumps(items, indent=1))
        making.chmod(0o755)  # as the user's other directories, not mkdtemp's secret one
        _publish(making, home)
    finally:
        shutil.rmtree(making, ignore_errors=True)


def _publish(making: Path, home: Path) -> None:
    try:
        making.rename(home)
    except OSError:
        if not (home / INDEX).exists():  # else another lab was faster: its media are the same
            raise


def _dump(encoding: Encoding) -> dict[str, Any]:
    item = asdict(encoding)
    return item | {"path": encoding.path.name, "segments": [s.name for s in encoding.segments]}


def _load(home: Path, item: dict[str, Any]) -> Encoding:
    ranges = {key: item[key] and tuple(item[key]) for key in ("init_range", "index_range")}
    paths = {
        "path": home / item["path"],
        "segments": tuple(home / name for name in item["segments"]),
    }
    return Encoding(**item | ranges | paths | {"kind": TrackKind(item["kind"])})
