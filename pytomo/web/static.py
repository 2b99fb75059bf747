"""The files of `static/`: styles, scripts and icons, read once."""

import hashlib
from collections.abc import Mapping
from pathlib import Path

from pytomo.web.answers import Answer

PLACE = Path(__file__).parent / "static"
TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".woff2": "font/woff2",
}


def static_files(place: Path = PLACE) -> Mapping[str, Answer]:
    """For each path below `/static/` its answer."""
    return {
        f"/static/{path.name}": _answer(path)
        for path in sorted(place.iterdir())
        if path.suffix in TYPES
    }


def _answer(path: Path) -> Answer:
    body = path.read_bytes()
    tag = hashlib.blake2b(body).hexdigest()[:24]
    return Answer(body=body, type=TYPES[path.suffix], headers={"ETag": f'W/"{tag}"'})
