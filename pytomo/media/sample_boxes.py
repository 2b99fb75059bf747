"""Where the samples of a progressive MP4 track are and when they are presented.

ISO/IEC 14496-12, sections 8.6 (times), 8.7 (sizes, chunks and their offsets). The tables of hours
of video are expanded by iterators that run in C, and only as far as somebody asks: all at once
they would keep the network waiting for seconds.
"""

from __future__ import annotations  # array is no generic before Python 3.12

import math
import struct
from array import array
from collections.abc import Iterable, Iterator
from itertools import accumulate, chain, islice, pairwise, repeat
from operator import add

from pytomo.media.boxes import child, required, unpack
from pytomo.media.sample_table import Block
from pytomo.media.scan import UnreadableError

BLOCK = 512
"""Samples that are expanded together: some seconds of media."""

_MOST_SAMPLES = 4_000_000  # ten hours of 60 frames a second are half of it

_RAW = 2**16  # bytes: they fit in the processor's cache


class Samples:
    """The samples of a track in decoding order, in blocks; each iteration begins at the first.

    Times are in ticks; `shift` (from the edit list) is added. Raises ValueError or struct.error
    where a table is cut short; iterating raises ValueError or OverflowError from where the
    tables contradict each other.
    """

    def __init__(self, stbl: memoryview, shift: int) -> None:
        stsz = required(stbl, b"stsz")
        (self._size,) = unpack(">4xI", stsz)  # of all samples, or 0
        self._count, self._sizes = _entries(stsz[4:], 0 if self._size else 4)
        if self._count > _MOST_SAMPLES:
            raise UnreadableError(f"{self._count} samples")
        self._shift = shift
        self._durations, self._delays = _times(stbl)
        self._earliest = _earliest(self._durations, self._delays)
        _, self._runs = _entries(required(stbl, b"stsc"), 12)
        if self._count and unpack(">I", self._runs) != (1,):
            raise UnreadableError("chunks without a length")
        stco = child(stbl, b"stco")
        self._offset = "Q" if stco is None else "I"
        table, width = (required(stbl, b"co64"), 8) if stco is None else (stco, 4)
        self._chunks, self._offsets = _entries(table, width)

    def __iter__(self) -> Iterator[Block]:
        ends, durations = self._ends(), _expanded(self._durations)
        # Version 0 is unsigned by the letter, but the writers of negative delays are many.
        delays = chain(_expanded(self._delays), repeat(0))
        time = self._shift
        for start in range(0, self._count, BLOCK):
            size = min(BLOCK, self._count - start)
            places, steps = array("q", islice(ends, size)), array("q", islice(durations, size))
            if not len(places) == len(steps) == size:
                raise UnreadableError("tables of different length")
            *decoded, time = accumulate(steps, initial=time)
            times = array("q", map(add, decoded, delays))
            latest = max(times)
            end = latest + steps[times.index(latest)]
            yield Block(places, times, end, time + self._earliest)

    def _ends(self) -> Iterator[int]:
        """Where each sample ends: chunk by chunk of each run of chunks of the same length."""
        offsets = _numbers(self._offset, self._offsets)
        sizes = repeat(self._size) if self._size else _numbers("I", self._sizes)
        runs = struct.iter_unpack(">II4x", self._runs)
        for (first, length), (following, _) in pairwise(chain(runs, ((self._chunks + 1, 0),))):
            if following < first:
                raise UnreadableError("chunks in disorder")
            for position in islice(offsets, following - first):
                for size in islice(sizes, length):
                    position += size
                    yield position


def _times(stbl: memoryview) -> tuple[memoryview, memoryview]:
    """Runs of durations, and of delays from decoding to presentation."""
    _, durations = _entries(required(stbl, b"stts"), 8)
    ctts = child(stbl, b"ctts")
    return durations, memoryview(b"") if ctts is None else _entries(ctts, 8)[1]


def _earliest(durations: memoryview, delays: memoryview) -> float:
    """Ticks from the decoding of a sample to the presentation of any later one, at least.

    It is not the least delay itself: to look at a million numbers takes too long, while their
    first bytes tell in no time whether some are negative, and whether those are small.
    """
    if not all(piece[4::8].isascii() for piece in _raw(durations)):
        return -math.inf  # decoding goes back in time: nothing is certain before the end
    if all(piece[4::8].isascii() for piece in _raw(delays)):
        return 0
    if all(not (p[4::8] + p[5::8]).translate(None, b"\0\xff") for p in _raw(delays)):
        return -(2**16)
    return min(chain.from_iterable(struct.iter_unpack(">4xi", delays)), default=0)


def _raw(table: memoryview) -> Iterator[bytes]:
    """The bytes of a table, some of them at a time: slices of views are slow."""
    return (bytes(table[start : start + _RAW]) for start in range(0, len(table), _RAW))


def _expanded(runs: memoryview) -> Iterator[int]:
    """The values of a run-length coded table of (count, value)."""
    return chain.from_iterable(map(_values, _pieces("i", 2 * BLOCK, runs)))


def _values(runs: tuple[int, ...]) -> Iterable[int]:
    counts, values = runs[::2], runs[1::2]
    if counts.count(1) == len(counts):  # as with most B-frames
        return values
    return chain.from_iterable(map(repeat, values, counts))


def _numbers(code: str, table: memoryview) -> Iterator[int]:
    return chain.from_iterable(_pieces(code, BLOCK, table))


def _pieces(code: str, count: int, table: memoryview) -> Iterator[tuple[int, ...]]:
    """Some of the big-endian numbers of a table at a time, which is faster than each alone."""
    width = struct.calcsize(f">{code}")
    for start in range(0, len(table), count * width):
        piece = table[start : start + count * width]
        yield struct.unpack(f">{len(piece) // width}{code}", piece)


def _entries(table: memoryview, width: int) -> tuple[int, memoryview]:
    """The number of entries of a table, and the entries, of some bytes each."""
    (count,) = unpack(">4xI", table)
    if count * width > len(table) - 8:
        raise UnreadableError(f"a table of {count} entries is cut short")
    return count, table[8 : 8 + count * width]
