"""HTTP/1.1 requests as a server reads them (RFC 9110, RFC 9112): pure parsing."""

from collections.abc import Mapping
from typing import NamedTuple


class Request(NamedTuple):
    """The head of a request."""

    method: str
    target: str
    """The path, with the query."""
    headers: Mapping[str, str]
    """Names in lower case."""
    keep_alive: bool

    @property
    def has_body(self) -> bool:
        """Whether content follows the head."""
        return "transfer-encoding" in self.headers or self.headers.get("content-length", "0") != "0"


class UnsatisfiableRangeError(ValueError):
    """None of the bytes asked for exist."""


def parse_request(head: bytes) -> Request:
    """The request in these bytes, up to and with the empty line; ValueError if it is none."""
    first, *lines = head.decode("latin-1").removesuffix("\r\n\r\n").split("\r\n")
    method, target, version = first.split(" ")
    if version not in ("HTTP/1.1", "HTTP/1.0") or not target.startswith("/"):
        raise ValueError(f"not an HTTP/1 request: {first!r}")
    headers = dict(_header(line) for line in lines)
    connection = headers.get("connection", "").lower()
    keep_alive = connection != "close" if version == "HTTP/1.1" else connection == "keep-alive"
    return Request(method, target, headers, keep_alive)


def _header(line: str) -> tuple[str, str]:
    name, colon, value = line.partition(":")
    if not colon or not name or name != name.strip():
        raise ValueError(f"not a header: {line!r}")
    return name.lower(), value.strip()


def byte_range(header: str | None, size: int) -> tuple[int, int] | None:
    """First and last byte that a Range header asks for, of a resource of `size` bytes.

    None: all of it, which is also the answer to a header of another form and to several ranges at
    once (RFC 9110 section 14.2 lets a server ignore them). Raises UnsatisfiableRangeError.
    """
    first, dash, last = (header or "").removeprefix("bytes=").partition("-")
    if not (header or "").startswith("bytes=") or not dash or not (first + last).isdecimal():
        return None
    if first:
        begin, end = int(first), min(int(last) if last else size, size - 1)
        if last and int(last) < begin:
            return None
    else:
        begin, end = max(0, size - int(last)), size - 1
    if begin > end:
        raise UnsatisfiableRangeError(header)
    return begin, end
