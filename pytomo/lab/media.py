"""Real media for the lab, made once and kept in the user's cache directory."""

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from pytomo.lab.encoding import Encoding
from pytomo.results import TrackKind

INDEX = "library.json"


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
