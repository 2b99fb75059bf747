"""From samples and their places in the file to the media time that can be played.

Playable is the smallest presentation time of the samples that are not completely there: with
B-frames the decoding order, in which samples are stored, is not the order of presentation.
Of several multiplexed streams the one that is behind counts.
"""

import heapq
import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Protocol

INTERLEAVING = 10.0
"""Seconds that a muxer lets one stream run ahead of another at most: a stream that is further
behind has ended (or never begins) and does not hold the others back."""

_DEEPEST_REORDERING = 16  # frames: H.264 Annex A (max_dec_frame_buffering)

Mark = tuple[int, float]
"""A position in the file, and the seconds from the start that are playable from before it."""


class Stream(Protocol):
    """One of the elementary streams of a file."""

    damaged: bool
    """What the file tells of its samples in advance is seen to make no sense."""

    @property
    def first(self) -> float | None:
        """The presentation time that it starts with, in seconds, once known."""

    @property
    def end(self) -> float:
        """When the presentation (s) of the samples that are known ends."""

    def playable(self, position: int) -> float:
        """The smallest presentation time (s) not completely before a position of the file."""

    def misses(self, position: int) -> bool:
        """Whether one of the samples that are known is not completely before a position."""


class SampleSequence:
    """A stream of which each sample is known only when it comes, in decoding order (times in s).

    Until the next sample's header is there its time is not known. It is taken to follow the last
    one at the smallest distance seen so far; a later frame does not count before those between.
    """

    damaged = False

    def __init__(self, *, step: float = 0.0, reorders: bool = False) -> None:
        self.first: float | None = None
        self._step = step
        self._reorders = reorders
        self._covered = 0.0  # up to here without a gap, the last frame's duration not counted
        self._ahead: list[float] = []
        self._coming: float | None = None
        self._certain = -math.inf  # nothing that is still to come is presented earlier
        self._last: float | None = None
        self._latest = 0.0

    @property
    def end(self) -> float:
        """As `Stream.end`: the last sample is taken to last as long as the shortest one."""
        return self._latest + self._step

    def coming(self, time: float, decoded: float | None = None, *, key: bool = False) -> None:
        """The next sample begins: its presentation time, and its decoding time where there is one.

        `key`: everything before it in the file is presented before it or before what precedes it.
        """
        if self.first is None:
            self.first = self._covered = max(0.0, time)
        if decoded is None and not self._reorders:
            decoded = time
        self._learn_step(time if decoded is None else decoded)
        if key and self._reorders:
            self._catch_up(keep=0)
        self._coming = time
        self._latest = max(self._latest, time)
        self._certain = max(self._certain, -math.inf if decoded is None else decoded)

    def received(self) -> None:
        """The sample that was coming is completely there."""
        if self._coming is None:
            return
        heapq.heappush(self._ahead, self._coming)
        self._coming = None
        self._catch_up(keep=_DEEPEST_REORDERING if self._reorders else 0)

    def playable(self, position: int) -> float:
        """As `Stream.playable`."""
        known = max(self._covered + self._step, self._certain)
        return max(0.0, known if self._coming is None else min(self._coming, known))

    def misses(self, position: int) -> bool:
        """As `Stream.misses`: nothing is known of them in advance."""
        return False

    def _learn_step(self, time: float) -> None:
        distance = abs(time - self._last) if self._last is not None else 0.0
        self._last = time
        if distance > 0.0:
            self._step = min(distance, self._step or math.inf)

    def _catch_up(self, keep: int) -> None:
        while self._ahead and (len(self._ahead) > keep or self._follows(self._ahead[0])):
            self._covered = max(self._covered, heapq.heappop(self._ahead))

    def _follows(self, time: float) -> bool:
        reached = max(self._covered + 1.5 * self._step, self._certain)
        return time <= reached


class Presentation:
    """All the streams of a file together; time starts where the first of them starts."""

    def __init__(self) -> None:
        self.streams: dict[int, Stream] = {}
        self.patience = INTERLEAVING
        self.whole: int | None = None
        """Position before which all samples of the file are, if it has told."""
        self._floor = 0.0

    @property
    def start(self) -> float | None:
        """The first presentation time (s), once known."""
        return min((s.first for s in self.streams.values() if s.first is not None), default=None)

    @property
    def damaged(self) -> bool:
        """See `Stream.damaged`: of one of them at least."""
        return any(stream.damaged for stream in self.streams.values())

    @property
    def length(self) -> float | None:
        """Seconds from the start to the end of the last sample, of those that are known."""
        start = self.start
        known = (stream.end for stream in self.streams.values() if stream.first is not None)
        return None if start is None else max(known) - start

    def misses(self, position: int) -> bool:
        """Whether one of the samples that are known is not completely before a position."""
        if self.whole is not None and position >= self.whole:
            return False
        return any(stream.misses(position) for stream in self.streams.values())

    def playable(self, position: int) -> float:
        """Seconds from the start that can be played from what is before a position."""
        if self.whole is not None and position >= self.whole:
            return math.inf
        start = self.start
        if start is None:
            return self._floor
        reached = [
            start if stream.first is None else stream.playable(position)
            for stream in self.streams.values()
        ]
        foremost = max(reached)
        behind = min(time for time in reached if time + self.patience >= foremost)
        return max(self._floor, behind - start)

    def settle(self, position: int) -> None:
        """Hold what was playable at a position, before new samples are made known there.

        What comes later may be presented earlier than was to be expected; time does not go back.
        """
        self._floor = self.playable(position)


class Index:
    """What a file tells of itself in advance: by which position it can be played up to a time."""

    def __init__(self) -> None:
        self._positions: list[int] = []
        self._times: list[float] = []
        self._unread: Iterator[Mark] = iter(())

    def __len__(self) -> int:
        return len(self._positions)

    @property
    def end(self) -> int:
        """The last position that it tells of."""
        return self._positions[-1] if self._positions else 0

    @property
    def duration(self) -> float:
        """Seconds from the start up to that position."""
        return self._times[-1] if self._times else 0.0

    def extend(self, marks: Iterable[Mark]) -> None:
        """Add (position, seconds from the start): what does not go forward is left out."""
        end, duration = self.end, self.duration
        for position, time in marks:
            if position > end and time >= duration:
                end, duration = position, time
                self._positions.append(position)
                self._times.append(time)

    def follow(self, marks: Iterator[Mark]) -> None:
        """As `extend`, but marks behind the first are not taken before somebody asks.

        Where that ends in a ValueError or LookupError, there are no more.
        """
        self.extend(islice(marks, 1))
        self._unread = marks

    def playable(self, position: int) -> float:
        """Seconds from the start that can be played from what is before a position."""
        while self.end <= position and self._read_on():
            pass
        known = bisect_right(self._positions, position)
        return self._times[known - 1] if known else 0.0

    def bytes_until(self, time: float) -> int | None:
        """The first told position by which a time can be played; None if beyond the last."""
        while self.duration < time and self._read_on():
            pass
        found = bisect_left(self._times, time)
        return self._positions[found] if found < len(self._times) else None

    def part_end(self, position: int) -> int | None:
        """The first told position behind another one; None if there is none."""
        while self.end <= position and self._read_on():
            pass
        found = bisect_right(self._positions, position)
        return self._positions[found] if found < len(self._positions) else None

    def _read_on(self) -> bool:
        try:
            mark = next(self._unread, None)
        except (ValueError, LookupError):
            return False
        self.extend(() if mark is None else (mark,))
        return mark is not None
