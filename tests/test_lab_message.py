"""HTTP as the lab's hosts read it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytomo.lab.message import UnsatisfiableRangeError, byte_range, parse_request

SIZE = 1000


def test_a_request_is_parsed() -> None:
    """Method, target with query, and headers by their names in lower case."""
    request = parse_request(b"GET /a/b?c=d HTTP/1.1\r\nHost: x\r\nRANGE:bytes=0-1 \r\n\r\n")
    assert (request.method, request.target) == ("GET", "/a/b?c=d")
    assert request.headers == {"host": "x", "range": "bytes=0-1"}
    assert request.keep_alive
    assert not request.has_body


@pytest.mark.parametrize(
    ("head", "kept"),
    [
        (b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n", False),
        (b"GET / HTTP/1.0\r\n\r\n", False),
        (b"GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", True),
    ],
)
def test_who_keeps_the_connection(head: bytes, kept: bool) -> None:
    """HTTP/1.1 keeps it unless told otherwise, HTTP/1.0 the other way round."""
    assert parse_request(head).keep_alive is kept


@pytest.mark.parametrize(
    "head",
    [
        b"\r\n\r\n",
        b"GET /\r\n\r\n",
        b"GET / HTTP/2\r\n\r\n",
        b"GET x HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nno header\r\n\r\n",
        b"GET / HTTP/1.1\r\n folded: x\r\n\r\n",
        b"\x16\x03\x01\x00\xee\r\n\r\n",
    ],
)
def test_what_is_no_request_is_a_value_error(head: bytes) -> None:
    """TLS on the wrong port included."""
    with pytest.raises(ValueError, match=r"\w"):
        parse_request(head)


@pytest.mark.parametrize(
    ("header", "part"),
    [
        (None, None),
        ("bytes=0-0", (0, 0)),
        ("bytes=10-19", (10, 19)),
        ("bytes=990-", (990, 999)),
        ("bytes=990-5000", (990, 999)),
        ("bytes=-10", (990, 999)),
        ("bytes=-5000", (0, 999)),
        ("bytes=5-4", None),
        ("bytes=0-1,5-6", None),
        ("bytes=-", None),
        ("bytes=a-b", None),
        ("items=0-1", None),
    ],
)
def test_ranges(header: str | None, part: tuple[int, int] | None) -> None:
    """As RFC 9110 section 14 has them; what a server may ignore is ignored."""
    assert byte_range(header, SIZE) == part


@pytest.mark.parametrize("header", ["bytes=1000-", "bytes=1000-1001", "bytes=-0"])
def test_a_range_behind_the_end_cannot_be_satisfied(header: str) -> None:
    """The answer to it is 416."""
    with pytest.raises(UnsatisfiableRangeError):
        byte_range(header, SIZE)


@given(header=st.text(), size=st.integers(1, 10**12))
def test_any_header_gives_a_part_of_the_resource(header: str, size: int) -> None:
    """Whatever a client writes, bytes that exist are served, or none."""
    try:
        part = byte_range(f"bytes={header}", size)
    except UnsatisfiableRangeError:
        return
    assert part is None or 0 <= part[0] <= part[1] < size
