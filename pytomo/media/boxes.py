"""The boxes that MP4 files are made of (ISO/IEC 14496-12, section 4.2)."""

import struct
from collections.abc import Iterator
from typing import Any

from pytomo.media.scan import UnreadableError

Box = tuple[bytes, memoryview]


def children(body: memoryview) -> Iterator[Box]:
    """Type and content of each box in a body. Raises UnreadableError."""
    position = 0
    while position + 8 <= len(body):
        size, kind, header = box_header(bytes(body[position : position + 16]))
        size = size or len(body) - position
        if position + size > len(body):
            raise UnreadableError(f"box {kind!r} is longer than what holds it")
        yield kind, body[position + header : position + size]
        position += size


def box_header(head: bytes) -> tuple[int, bytes, int]:
    """Size (0: all the rest), type and header length of the box that begins so.

    A size of 1 says that 8 more bytes hold it; if they are not in `head`, 1 is returned. Raises
    UnreadableError.
    """
    size, kind = unpack(">I4s", head)
    header = 8
    if size == 1 and len(head) >= 16:
        (size,), header = unpack(">8xQ", head), 16
    if (size not in (0, 1) and size < header) or not _is_type(kind):
        raise UnreadableError(f"not a box: {head.hex()}")
    return size, kind, header


def child(body: memoryview, *path: bytes) -> memoryview | None:
    """The content of the first box of each type of the path, inside each other; None if none."""
    for wanted in path:
        found = next((content for kind, content in children(body) if kind == wanted), None)
        if found is None:
            return None
        body = found
    return body


def required(body: memoryview, *path: bytes) -> memoryview:
    """As `child`; raises UnreadableError where there is none."""
    found = child(body, *path)
    if found is None:
        raise UnreadableError(f"no {path[-1]!r} box")
    return found


def version_and_flags(content: memoryview) -> tuple[int, int]:
    """What a full box begins with."""
    (word,) = unpack(">I", content)
    return word >> 24, word & 0xFFFFFF


def unpack(pattern: str, data: bytes | memoryview, offset: int = 0) -> tuple[Any, ...]:
    """`struct.unpack_from`. Raises struct.error where the data are too short."""
    return struct.unpack_from(pattern, data, offset)


def _is_type(kind: bytes) -> bool:
    return all(0x20 <= byte < 0x7F or byte == 0xA9 for byte in kind)
