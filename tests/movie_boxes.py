"""The boxes of an MP4 file, of any length: what no encoder would make in a test's time."""

import struct
from collections.abc import Iterable, Sequence
from typing import Any

Runs = Sequence[tuple[int, int]]


def box(kind: bytes, *content: bytes) -> bytes:
    """A box."""
    body = b"".join(content)
    return struct.pack(">I4s", len(body) + 8, kind) + body


def table(kind: bytes, pattern: str, rows: Iterable[Any]) -> bytes:
    """A box with a table, each row of it by a pattern."""
    packed = [struct.pack(pattern, *row) for row in rows]
    return box(kind, bytes(4), struct.pack(">I", len(packed)), *packed)


def sample_boxes(
    *,
    durations: Runs,
    chunks: Sequence[int],
    lengths: Runs,
    sizes: Sequence[int] = (),
    same: tuple[int, int] | None = None,
    delays: Runs = (),
) -> bytes:
    """The content of an stbl box.

    `durations`, `delays`: (count, ticks); `chunks`: their positions; `lengths`: (first chunk,
    samples each); `sizes` of samples, or `same` for (size, count) where all are of one.
    """
    boxes = [
        table(b"stts", ">Ii", durations),
        table(b"stsc", ">III", ((first, length, 1) for first, length in lengths)),
        table(b"co64", ">Q", ((chunk,) for chunk in chunks)),
    ]
    if delays:
        boxes.append(table(b"ctts", ">Ii", delays))
    size, count = same or (0, len(sizes))
    packed = b"".join(struct.pack(">I", each) for each in sizes)
    return b"".join([*boxes, box(b"stsz", bytes(4), struct.pack(">II", size, count), packed)])


def movie(*tracks: tuple[bytes, int, bytes]) -> bytes:
    """A moov box of tracks: handler (`vide`, `soun`), ticks a second, content of the stbl box."""
    header = box(b"mvhd", bytes(12), struct.pack(">II", 1000, 0), bytes(80))
    return box(b"moov", header, *(_track(n, *track) for n, track in enumerate(tracks, 1)))


def _track(number: int, handler: bytes, timescale: int, samples: bytes) -> bytes:
    media = box(
        b"mdia",
        box(b"mdhd", bytes(12), struct.pack(">II", timescale, 0), bytes(4)),
        box(b"hdlr", bytes(8), handler, bytes(13)),
        box(b"minf", box(b"stbl", samples)),
    )
    return box(b"trak", box(b"tkhd", bytes(12), struct.pack(">I", number), bytes(64)), media)
