"""Where the headers and the index of a media file are, read from the file."""

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

CUES = 0x1C53BB6B
SEGMENT = 0x18538067
CLUSTER = 0x1F43B675


class Element(NamedTuple):
    """A box of an MP4 file (ISO/IEC 14496-12) or an element of a WebM file (RFC 8794)."""

    name: str | int
    start: int
    """Of its header in the file, bytes."""
    end: int


class Layout(NamedTuple):
    """First and last byte of the front matter; None where there is no such thing."""

    init_range: tuple[int, int] | None
    index_range: tuple[int, int] | None


def layout(path: Path) -> Layout:
    """Of an MP4 or WebM file: headers up to the index or the first media, and the index."""
    with path.open("rb") as file:
        if path.suffix == ".webm":
            elements = tuple(webm_elements(file))
            index, media = _first(elements, CUES), _first(elements, CLUSTER)
        else:
            elements = tuple(boxes(file))
            index = _first(elements, "sidx")
            media = _first(elements, "moof") or _first(elements, "mdat")
            if not _precedes(_first(elements, "moov"), media):
                return Layout(None, None)
    headers_end = (index or media or elements[-1]).start
    return Layout((0, headers_end - 1), (index.start, index.end - 1) if index else None)


def _first(elements: tuple[Element, ...], name: str | int) -> Element | None:
    return next((element for element in elements if element.name == name), None)


def _precedes(one: Element | None, other: Element | None) -> bool:
    return one is not None and other is not None and one.start < other.start


def boxes(file: BinaryIO) -> Iterator[Element]:
    """The boxes of an MP4 file, outermost only."""
    position = 0
    while header := _at(file, position, 16):
        size = int.from_bytes(header[:4], "big")
        if size == 1:
            size = int.from_bytes(header[8:16], "big")
        yield Element(header[4:8].decode("latin-1"), position, position + size)
        position += size


def webm_elements(file: BinaryIO) -> Iterator[Element]:
    """The elements of a WebM file down to the children of its Segment."""
    position = 0
    while header := _at(file, position, 12):
        name_size = _length(header[0])
        name = int.from_bytes(header[:name_size], "big")
        size_size = _length(header[name_size])
        size = int.from_bytes(header[name_size : name_size + size_size], "big")
        body = position + name_size + size_size
        end = body + (size & (1 << 7 * size_size) - 1)
        yield Element(name, position, end)
        position = body if name == SEGMENT else end


def _length(first: int) -> int:
    """Bytes of a variable-size integer, from its first one (RFC 8794 section 4)."""
    return 9 - first.bit_length()


def _at(file: BinaryIO, position: int, size: int) -> bytes:
    file.seek(position)
    return file.read(size)
