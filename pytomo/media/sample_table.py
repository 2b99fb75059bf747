"""Where the samples of a progressive MP4 track are and when they are presented.

ISO/IEC 14496-12, sections 8.6 (times), 8.7 (sizes, chunks and their offsets). The tables are
expanded by iterators that run in C: an hour of video is ready in a fraction of a second.
"""

from __future__ import annotations  # array is no generic before Python 3.12

import struct
import sys
from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from itertools import accumulate, chain, islice, repeat
from operator import add

from pytomo.media.boxes import child, required, unpack
from pytomo.media.scan import UnreadableError

_MOST_SAMPLES = 4_000_000  # ten hours of 60 frames a second are half of it


def samples(stbl: memoryview, shift: int) -> tuple[array[int], array[int], int]:
    """The end of each sample in the file, its presentation time, the end of the presentation.

    Times are in ticks; `shift` (from the edit list) is added. Raises ValueError, struct.error
    or OverflowError where the tables contradict each other.
    """
    sizes = _sizes(required(stbl, b"stsz"))
    if not sizes:
        return array("q"), array("q"), 0
    times, end = _times(stbl, len(sizes), shift)
    ends = _ends(stbl, sizes)
    if not len(ends) == len(times) == len(sizes):
        raise UnreadableError("tables of different length")
    return ends, times, end


def _sizes(stsz: memoryview) -> array[int]:
    same, count = unpack(">4xII", stsz)
    if count > _MOST_SAMPLES:
        raise UnreadableError(f"{count} samples")
    if same:
        return array("q", repeat(same, count))
    return _numbers(stsz[12:], "I", count)


def _times(stbl: memoryview, count: int, shift: int) -> tuple[array[int], int]:
    durations = array("q", islice(_expanded(required(stbl, b"stts")), count))
    decoded = accumulate(durations, initial=shift)
    ctts = child(stbl, b"ctts")
    # Version 0 is unsigned by the letter, but the writers of negative offsets are many.
    offsets = repeat(0) if ctts is None else chain(_expanded(ctts), repeat(0))
    times = array("q", map(add, islice(decoded, len(durations)), offsets))
    return times, max(map(add, times, durations), default=0)


def _expanded(table: memoryview) -> Iterator[int]:
    """The values of a run-length coded table of (count, value)."""
    (count,) = unpack(">4xI", table)
    runs = _numbers(table[8:], "i", 2 * count)
    return chain.from_iterable(map(repeat, runs[1::2], runs[::2]))


def _ends(stbl: memoryview, sizes: array[int]) -> array[int]:
    offsets = _chunk_offsets(stbl)
    before = array("q", accumulate(sizes, initial=0))
    ends = array("q")
    first = 0
    for offset, count in zip(offsets, _chunk_lengths(stbl, len(offsets)), strict=True):
        last = min(first + count, len(sizes))
        base = offset - before[first]
        ends.extend(map(base.__add__, before[first + 1 : last + 1]))
        first = last
    return ends


def _chunk_offsets(stbl: memoryview) -> array[int]:
    stco = child(stbl, b"stco")
    table, code = (required(stbl, b"co64"), "Q") if stco is None else (stco, "I")
    (count,) = unpack(">4xI", table)
    return _numbers(table[8:], code, count)


def _chunk_lengths(stbl: memoryview, chunks: int) -> Iterable[int]:
    """How many samples each chunk holds."""
    stsc = required(stbl, b"stsc")
    (count,) = unpack(">4xI", stsc)
    runs = list(struct.iter_unpack(">III", _entries(stsc[8:], 12, count)))
    starts = [start for start, _, _ in runs]
    if not starts or starts[0] != 1 or starts != sorted(starts):
        raise UnreadableError("chunks without a length")
    return (runs[bisect_right(starts, chunk) - 1][1] for chunk in range(1, chunks + 1))


def _numbers(table: memoryview, code: str, count: int) -> array[int]:
    """A table of big-endian numbers."""
    found = array(code)
    if found.itemsize != struct.calcsize(f">{code}"):
        raise UnreadableError("this machine's integers are of another size")
    found.frombytes(_entries(table, found.itemsize, count))
    if sys.byteorder == "little":
        found.byteswap()
    return found


def _entries(table: memoryview, size: int, count: int) -> memoryview:
    if count * size > len(table):
        raise UnreadableError(f"a table of {count} entries is cut short")
    return table[: count * size]
