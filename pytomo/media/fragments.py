"""Where the samples of a movie fragment are (ISO/IEC 14496-12: 8.8), and the sidx box (8.16)."""

from __future__ import annotations  # array is no generic before Python 3.12

import struct
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate
from operator import add
from typing import NamedTuple

from pytomo.media.boxes import child, children, required, unpack, version_and_flags
from pytomo.media.scan import UnreadableError

_MOST_SAMPLES = 1_000_000  # of one run: no fragment is that long


class Defaults(NamedTuple):
    """What holds for samples that do not say otherwise (trex, tfhd)."""

    duration: int = 0
    size: int = 0


@dataclass(frozen=True, slots=True)
class Run:
    """Samples that follow each other in the file (a trun)."""

    ends: array[int]
    """Positions in the file."""
    times: array[int]
    """Of presentation, ticks."""
    end: int
    """Of the presentation of all of them, ticks."""
    next_time: int
    """Decoding time of what follows, ticks."""


def track_defaults(trex: memoryview) -> tuple[int, Defaults]:
    """The track of a trex box, and what it says of its samples."""
    track, duration, size = unpack(">4xI4xII", trex)
    return track, Defaults(duration, size)


class Fragment:
    """One traf of a moof that begins at `start`; `base` is where the last traf's data ended."""

    def __init__(self, traf: memoryview, start: int, base: int) -> None:
        self.track: int
        tfhd = required(traf, b"tfhd")
        _, self._flags = version_and_flags(tfhd)
        (self.track,) = unpack(">4xI", tfhd)
        self._fields = tfhd[8:]
        self._traf = traf
        self.position = self._data = self._base(start, base)

    def runs(self, defaults: Defaults, time: int, shift: int) -> Iterator[Run]:
        """Its samples. `time`: decoding time if the traf does not tell; `shift`: edit list."""
        defaults = self._defaults(defaults)
        time = self._decode_time(time)
        data = base = self._data
        for kind, trun in children(self._traf):
            if kind == b"trun":
                run = _run(trun, base, data, defaults, time, shift)
                data, time = run.ends[-1] if run.ends else data, run.next_time
                yield run
        self.position = data

    def _base(self, start: int, base: int) -> int:
        if self._flags & 0x1:
            (offset,) = unpack(">Q", self._fields)
            return int(offset)
        return start if self._flags & 0x20000 else base

    def _defaults(self, inherited: Defaults) -> Defaults:
        offset = 8 * bool(self._flags & 0x1) + 4 * bool(self._flags & 0x2)
        duration, size = inherited
        if self._flags & 0x8:
            (duration,) = unpack(">I", self._fields, offset)
            offset += 4
        if self._flags & 0x10:
            (size,) = unpack(">I", self._fields, offset)
        return Defaults(duration, size)

    def _decode_time(self, expected: int) -> int:
        tfdt = child(self._traf, b"tfdt")
        if tfdt is None:
            return expected
        version, _ = version_and_flags(tfdt)
        (time,) = unpack(">4xQ" if version else ">4xI", tfdt)
        return int(time)


def _run(trun: memoryview, base: int, data: int, defaults: Defaults, time: int, shift: int) -> Run:
    _, flags = version_and_flags(trun)
    (count,) = unpack(">4xI", trun)
    offset = 8
    if flags & 0x1:
        (relative,) = unpack(">i", trun, offset)
        data = base + relative
        offset += 4
    offset += 4 * bool(flags & 0x4)
    durations, sizes, delays = _columns(trun[offset:], flags, count, defaults)
    decoded = list(accumulate(durations, initial=time))
    times = array("q", (shift + t for t in map(add, decoded, delays)))
    ends = array("q", accumulate(sizes, initial=data))[1:]
    return Run(ends, times, max(map(add, times, durations), default=0), decoded[-1])


def _columns(
    table: memoryview, flags: int, count: int, defaults: Defaults
) -> tuple[list[int], list[int], list[int]]:
    """Durations, sizes and composition offsets of the samples."""
    present = [bit for bit in (0x100, 0x200, 0x400, 0x800) if flags & bit]
    width = 4 * len(present)
    if count > _MOST_SAMPLES or width * count > len(table):
        raise UnreadableError(f"a run of {count} samples is cut short")
    entry = ">" + "".join("i" if bit == 0x800 else "I" for bit in present)
    rows = struct.iter_unpack(entry, table[: width * count]) if width and count else ()
    columns = dict(zip(present, (list(c) for c in zip(*rows, strict=True)), strict=False))
    return (
        columns.get(0x100, [defaults.duration] * count),
        columns.get(0x200, [defaults.size] * count),
        columns.get(0x800, [0] * count),
    )


def segment_index(sidx: memoryview, anchor: int) -> Iterator[tuple[int, int, float]]:
    """Begin, end and duration (s) of each subsegment; `anchor` is the position behind the box."""
    version, _ = version_and_flags(sidx)
    (timescale,) = unpack(">8xI", sidx)
    pattern = ">12xQQ2xH" if version else ">12xII2xH"
    _, first_offset, count = unpack(pattern, sidx)
    table = sidx[struct.calcsize(pattern) :][: 12 * count]
    position = anchor + first_offset
    for reference, duration, _ in struct.iter_unpack(">III", table):
        size = reference & 0x7FFFFFFF  # the highest bit: it is another sidx and what that tells
        yield position, position + size, duration / timescale
        position += size
