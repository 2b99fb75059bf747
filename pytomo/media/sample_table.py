"""A stream whose samples are told in advance, and what of it is playable at a position."""

from __future__ import annotations  # array is no generic before Python 3.12

import math
import sys
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from typing import NamedTuple


class Block(NamedTuple):
    """Samples that follow each other in decoding order; times in ticks."""

    ends: array[int]
    """Positions in the file."""
    times: array[int]
    """Of presentation."""
    end: int
    """Of the presentation of all of them."""
    later: float
    """No sample of a later block is presented before it."""


class SampleTable:
    """A stream whose samples' places are told in advance, all at once or fragment by fragment.

    `blocks`: those told at once. Of them so many are taken as are needed to be exact about what
    was read so far: to expand all could take seconds, in which no bytes are received.
    """

    def __init__(self, timescale: int, blocks: Iterable[Block] = ()) -> None:
        if timescale <= 0:
            raise ValueError("a timescale is positive")
        self.first: float | None = None
        self.complete = False
        """No more samples will be added."""
        self.damaged = False
        """Where the samples of the last blocks are cannot be told."""
        self.timescale = timescale
        """Ticks a second."""
        self._end = 0.0
        self._ends = array("q")
        self._earliest = array("q")
        self._blocks = blocks
        self._rest = iter(blocks)
        self._later = -math.inf
        self._first_missing(0)

    def add(self, position: int, ends: array[int], times: array[int], end: int) -> None:
        """Samples that end before `ends` in the file, and the end (ticks) of their presentation.

        `position` is that of the reading: what is completely before it is forgotten.
        """
        if not ends:
            return
        self.first = min(self._seconds(min(times)), math.inf if self.first is None else self.first)
        self._end = max(self._end, self._seconds(end))
        done = bisect_right(self._ends, position)
        self._ends, times = _in_order(self._ends[done:] + ends, self._earliest[done:] + times)
        self._earliest = _earliest(times)

    def playable(self, position: int) -> float:
        """As `Stream.playable`; the end of the last sample where the next is not yet known."""
        index = self._first_missing(position)
        if index < len(self._ends):
            return self._seconds(self._earliest[index])
        return math.inf if self.complete and not self.damaged else self._end

    @property
    def end(self) -> float:
        """As `Stream.end`: to know it, all blocks are taken."""
        self._first_missing(sys.maxsize)
        return self._end

    def misses(self, position: int) -> bool:
        """As `Stream.misses`."""
        return self._first_missing(position) < len(self._ends)

    def restart(self) -> None:
        """As `Stream.restart`."""
        self._first_missing(sys.maxsize)  # what is told of, but not yet known, counts for `end`
        self._ends, self._earliest = array("q"), array("q")
        self.complete = False

    def bytes_until(self, time: float) -> int:
        """The position behind the last sample that is presented before a time (s)."""
        ticks = time * self.timescale
        if self._later < ticks:
            self._expand(0, ticks)
        index = bisect_left(self._earliest, ticks)
        return self._ends[index - 1] if index else self._end_of_past(ticks)

    def _first_missing(self, position: int) -> int:
        """Index of the first sample that ends behind a position; all that matter are expanded."""
        while True:
            index = bisect_right(self._ends, position)
            earliest = self._earliest[index] if index < len(self._ends) else math.inf
            if earliest <= self._later:
                return index
            self._expand(position)

    def _expand(self, position: int, time: float = -math.inf) -> None:
        """Take the next block, and all others with samples presented before a time (ticks)."""
        ends, times, end = array("q"), array("q"), 0
        for block in self._intact(self._rest):
            ends += block.ends
            times += block.times
            end = max(end, block.end)
            self._later = block.later
            if self._later >= time:
                break
        else:
            self._later = math.inf
        self.add(position, ends, times, end)

    def _end_of_past(self, ticks: float) -> int:
        """As `bytes_until`, for what is forgotten: nobody is in a hurry to know."""
        found = 0
        for block in self._intact(iter(self._blocks)):
            past = (e for e, t in zip(block.ends, block.times, strict=True) if t < ticks)
            found = max(found, max(past, default=0))
            if block.later >= ticks:
                break
        return found

    def _intact(self, blocks: Iterator[Block]) -> Iterator[Block]:
        try:
            while (block := next(blocks, None)) is not None:
                yield block
        except (ValueError, ArithmeticError):
            self.damaged = True

    def _seconds(self, ticks: int) -> float:
        return max(0, ticks) / self.timescale  # what is before 0 is decoded, but not presented


def _in_order(ends: array[int], times: array[int]) -> tuple[array[int], array[int]]:
    """The same samples in the order in which they end in the file."""
    if _ascends(ends):
        return ends, times
    order = sorted(range(len(ends)), key=ends.__getitem__)
    return array("q", map(ends.__getitem__, order)), array("q", map(times.__getitem__, order))


def _earliest(times: array[int]) -> array[int]:
    """Of each time and all that follow it the smallest."""
    if _ascends(times):
        return times
    smallest, least = array("q"), times[-1]
    for time in reversed(times):
        if time < least:  # several times faster than min()
            least = time
        smallest.append(least)
    smallest.reverse()
    return smallest


def _ascends(numbers: array[int]) -> bool:
    found = numbers.tolist()
    return found == sorted(found)  # the fastest way to look at all: no sorting has to be done
