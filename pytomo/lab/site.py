"""What a site of the lab is: a function from a request to a response."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What a client asks a site for."""

    method: str = "GET"
    host: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    """The last value of each parameter."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Names in lower case."""
    body: bytes = b""

    def json(self) -> Mapping[str, Any]:
        """The body's JSON object; an empty one if the body is none."""
        try:
            found = json.loads(self.body)
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}

    def form(self) -> Mapping[str, str]:
        """The fields of an HTML form in the body."""
        return dict(parse_qsl(self.body.decode("latin-1")))


@dataclass(frozen=True, slots=True)
class Response:
    """What a site answers."""

    body: bytes
    content_type: str
    status: int = 200


Site = Callable[[Request], Response]


def html(text: str, status: int = 200) -> Response:
    """A page."""
    return Response(text.encode(), "text/html; charset=utf-8", status)


def playlist(text: str) -> Response:
    """An HLS playlist."""
    return Response(text.encode(), "application/vnd.apple.mpegurl")


def to_json(value: Any, status: int = 200) -> Response:
    """A JSON value."""
    return Response(json.dumps(value).encode(), "application/json; charset=utf-8", status)


def not_found(request: Request) -> Response:
    """The page for whatever a site does not have."""
    return html(f"<title>404</title>The lab's {request.host} has no {request.path}", 404)
