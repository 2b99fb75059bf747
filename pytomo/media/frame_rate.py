"""How many pictures a second a file has, by what its first bytes tell (ISO/IEC 14496-12)."""

import struct
from collections.abc import Iterator

from pytomo.media.boxes import Box, box_header, child, children, required, unpack, version_and_flags
from pytomo.media.fragments import Defaults, Fragment, track_defaults
from pytomo.media.scan import UnreadableError


def mp4_frame_rate(head: bytes) -> float | None:
    """Pictures a second of the first video track of an MP4 file, on average.

    Of a progressive file it is that of the whole track, of a fragmented one that of the first run
    of samples. None where `head` does not hold as much, or no video.
    """
    try:
        boxes = list(_whole_boxes(memoryview(head)))
        moov = next((content for kind, _, content in boxes if kind == b"moov"), None)
        trak = None if moov is None else _picture(moov)
        if moov is None or trak is None:
            return None
        scale = _scale(required(trak, b"mdia", b"mdhd"))
        count, ticks = _told(required(trak, b"mdia", b"minf", b"stbl", b"stts"))
        if not count:
            moofs = [(start, content) for kind, start, content in boxes if kind == b"moof"]
            count, ticks = _first_run(moofs, *_track(trak, moov))
    except (UnreadableError, struct.error):
        return None
    return count * scale / ticks if ticks > 0 and count else None


def _whole_boxes(head: memoryview) -> Iterator[tuple[bytes, int, memoryview]]:
    """Type, position and content of the boxes that are whole in the first bytes of a file."""
    position = 0
    while position + 8 <= len(head):
        size, kind, header = box_header(bytes(head[position : position + 16]))
        if size == 0 or position + size > len(head):
            return
        yield kind, position, head[position + header : position + size]
        position += size


def _picture(moov: memoryview) -> memoryview | None:
    """The first track that a video handler presents."""
    traks = (content for kind, content in children(moov) if kind == b"trak")
    return next((trak for trak in traks if _handler(trak) == b"vide"), None)


def _handler(trak: memoryview) -> bytes:
    (kind,) = unpack(">8x4s", required(trak, b"mdia", b"hdlr"))
    return bytes(kind)


def _scale(mdhd: memoryview) -> int:
    """Ticks a second."""
    version, _ = version_and_flags(mdhd)
    (scale,) = unpack(">20xI" if version else ">12xI", mdhd)
    return int(scale)


def _told(stts: memoryview) -> tuple[int, int]:
    """Samples of the table, and the ticks that they last."""
    (entries,) = unpack(">4xI", stts)
    runs = list(struct.iter_unpack(">II", stts[8 : 8 + 8 * entries]))
    return sum(count for count, _ in runs), sum(count * delta for count, delta in runs)


def _track(trak: memoryview, moov: memoryview) -> tuple[int, Defaults]:
    """Number of the track and what its samples have in common."""
    tkhd = required(trak, b"tkhd")
    version, _ = version_and_flags(tkhd)
    (number,) = unpack(">20xI" if version else ">12xI", tkhd)
    extends: list[Box] = list(children(child(moov, b"mvex") or memoryview(b"")))
    known = dict(track_defaults(content) for kind, content in extends if kind == b"trex")
    return int(number), known.get(number, Defaults())


def _first_run(
    moofs: list[tuple[int, memoryview]], track: int, defaults: Defaults
) -> tuple[int, int]:
    """Samples of the first run of a track, and the ticks from the first picture to the last's end.

    (0, 0) if there is none.
    """
    for start, moof in moofs:
        for kind, traf in children(moof):
            fragment = Fragment(traf, start, start) if kind == b"traf" else None
            if fragment is not None and fragment.track == track:
                for run in fragment.runs(defaults, 0, 0):
                    return len(run.times), run.end - min(run.times, default=0)
    return 0, 0
