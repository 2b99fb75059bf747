"""Real media for the lab, made once and kept in the user's cache directory."""

import hashlib
import json
import math
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pytomo.lab.encoding import FRAME_RATE, Encoding
from pytomo.results import TrackKind

INDEX = "library.json"
SOUNDS = "sound"
"""The group of sounds in a master playlist."""
UNUSED = 7 * 24 * 3600
"""Seconds after which the media of another recipe are removed."""


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
    Those of other recipes that no lab has used for a week are removed then.
    Raises ImportError if PyAV is missing then, OSError if the cache cannot be written.
    """
    home = (cache or user_cache()) / "pytomo" / f"lab-{recipe_hash()}"
    if not (home / INDEX).exists():
        _make(home, encode or _encoder(), progress)
        _tidy(home.parent, time.time() - UNUSED)
    with suppress(OSError):  # a cache of somebody else's
        os.utime(home)
    return tuple(_load(home, item) for item in json.loads((home / INDEX).read_text()))


def master_playlist(encodings: Iterable[Encoding]) -> str:
    """The HLS master playlist of the variants among them; names are those of the playlists.

    A variant that is a picture alone is played with the sounds alone (RFC 8216 section 4.3.4).
    """
    variants = [each for each in encodings if each.protocol in ("hls", "separate hls")]
    sounds = [each for each in variants if each.kind is TrackKind.AUDIO]
    lines = ["#EXTM3U", "#EXT-X-VERSION:3"]
    for sound in sounds:
        attributes = f'TYPE=AUDIO,GROUP-ID="{SOUNDS}",NAME="Default",DEFAULT=YES,AUTOSELECT=YES'
        lines.append(f'#EXT-X-MEDIA:URI="{sound.name}",{attributes}')
    for variant in variants:
        if variant.kind is TrackKind.BOTH:
            lines += [_variant([variant]), variant.name]
        elif variant.kind is TrackKind.VIDEO:
            lines += [_variant([variant, *sounds]) + f',AUDIO="{SOUNDS}"', variant.name]
    return "\n".join([*lines, ""])


def _variant(tracks: Sequence[Encoding]) -> str:
    """Peak and mean bits a second of all its tracks (RFC 8216 section 4.3.4.2), picture, codecs."""
    peak = 1000 * sum(track.peak or track.bitrate for track in tracks)
    mean = 1000 * sum(track.bitrate for track in tracks)
    size = f"{tracks[0].width}x{tracks[0].height}"
    codecs = ", ".join(track.codecs for track in tracks)
    return (
        f"#EXT-X-STREAM-INF:BANDWIDTH={math.ceil(peak)},AVERAGE-BANDWIDTH={mean:.0f},"
        f'RESOLUTION={size},FRAME-RATE={FRAME_RATE:.3f},CODECS="{codecs}"'
    )


def user_cache(environment: Mapping[str, str] = os.environ) -> Path:
    """The user's cache directory (XDG Base Directory Specification)."""
    place = environment.get("XDG_CACHE_HOME", "")
    return Path(place) if Path(place).is_absolute() else Path.home() / ".cache"


def recipe_hash() -> str:
    """Differs whenever the library's content could: a hash of the code that makes it."""
    here = Path(__file__).parent
    code = b"".join(
        (here / name).read_bytes()
        for name in ("encode.py", "encoding.py", "containers.py", "layout.py")
    )
    return hashlib.sha256(code).hexdigest()[:12]


def _encoder() -> Callable[[Path], Iterable[Encoding]]:
    from pytomo.lab.containers import encode_library  # PyAV takes a while to import

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


def _tidy(place: Path, before: float) -> None:
    """Remove what was last used before (Unix time)."""
    for pattern in ("lab-*", ".making-*"):
        for old in place.glob(pattern):
            with suppress(FileNotFoundError):  # another lab tidies, too
                if old.stat().st_mtime < before:
                    shutil.rmtree(old, ignore_errors=True)


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
