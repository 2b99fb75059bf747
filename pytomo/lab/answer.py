"""What a host of the lab answers to a request: pure, but for the sizes of files."""

from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from pytomo.lab.encoding import MIME_TYPES, Encoding
from pytomo.lab.message import Request, UnsatisfiableRangeError, byte_range
from pytomo.lab.schedule import Script

Lookup = Callable[[str], Encoding | Path | bytes | None]
"""From a request's target (path and query) to what is to be served; None: 404."""

ALWAYS = {
    "Accept-Ranges": "bytes",
    "Access-Control-Allow-Origin": "*",
    "Server": "pytomo-lab",
}
TEXT = "text/plain; charset=utf-8"


class Content(NamedTuple):
    """Something that can be served."""

    type: str
    size: int
    source: Path | bytes

    @property
    def is_media(self) -> bool:
        """Whether it is paced and recorded; playlists, manifests and messages are not."""
        return self.type not in (MIME_TYPES[".m3u8"], MIME_TYPES[".mpd"], TEXT)


@dataclass(frozen=True, slots=True)
class Answer:
    """The head and the place of the body."""

    status: int
    headers: dict[str, str]
    content: Content
    position: int
    """Of the body in the content."""
    size: int
    """Bytes of body to send; fewer than promised if the script says so, none for HEAD."""
    closes: bool
    """Whether the connection ends with it."""

    def head(self) -> bytes:
        """As sent."""
        lines = [f"HTTP/1.1 {self.status} {_phrase(self.status)}"]
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        return "\r\n".join([*lines, "", ""]).encode("latin-1")


def answer(request: Request, script: Script, lookup: Lookup, here: str) -> Answer:
    """The answer of a host that follows `script`; `here` is scheme and port, as `https:8443`."""
    if request.has_body or request.method not in ("GET", "HEAD"):
        return _message(request, 405, {"Allow": "GET, HEAD"}, closes=True)
    if script.status is not None:
        return _message(request, script.status)
    if script.redirect_to is not None:
        location = redirect_location(script.redirect_to, request.target, here)
        return _message(request, 302, {"Location": location})
    found = lookup(request.target)
    if found is None:
        return _message(request, 404)
    return _part(request, content(request.target, found), script.extra_length)


def redirect_location(place: str, target: str, here: str) -> str:
    """Where a script's `redirect_to` leads."""
    scheme, port = here.split(":")
    return place if "://" in place else f"{scheme}://{place}:{port}{target}"


def content(target: str, found: Encoding | Path | bytes) -> Content:
    """What was found, with its MIME type and size."""
    if isinstance(found, bytes):
        return Content(_type(Path(urlsplit(target).path)), len(found), found)
    path, kind = (found.path, found.mime_type) if isinstance(found, Encoding) else (found, None)
    return Content(kind or _type(path), path.stat().st_size, path)


def _type(path: Path) -> str:
    return MIME_TYPES.get(path.suffix, "application/octet-stream")


def _part(request: Request, whole: Content, extra_length: int) -> Answer:
    try:
        wanted = byte_range(request.headers.get("range"), whole.size)
    except UnsatisfiableRangeError:
        return _message(request, 416, {"Content-Range": f"bytes */{whole.size}"})
    first, last = wanted or (0, whole.size - 1)
    extra = {"Content-Range": f"bytes {first}-{last}/{whole.size}"} if wanted else {}
    size = last - first + 1
    return Answer(
        status=206 if wanted else 200,
        headers=_headers(request, whole.type, size + extra_length, extra),
        content=whole,
        position=first,
        size=0 if request.method == "HEAD" else size,
        closes=not request.keep_alive or extra_length != 0,
    )


def _message(
    request: Request, status: int, extra: dict[str, str] | None = None, *, closes: bool = False
) -> Answer:
    body = f"{status} {_phrase(status)}\n".encode()
    text = Content(TEXT, len(body), body)
    headers = _headers(request, text.type, text.size, extra or {})
    size = 0 if request.method == "HEAD" else text.size
    return Answer(status, headers, text, 0, size, closes or not request.keep_alive)


def _phrase(status: int) -> str:
    return HTTPStatus(status).phrase if status in set(HTTPStatus) else ""


def _headers(request: Request, kind: str, size: int, extra: dict[str, str]) -> dict[str, str]:
    connection = {} if request.keep_alive else {"Connection": "close"}
    return ALWAYS | {"Content-Type": kind, "Content-Length": str(size)} | extra | connection
