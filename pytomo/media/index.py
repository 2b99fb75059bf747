"""What a file tells of itself in advance, or has shown: places in it, and their media times."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from itertools import islice

Mark = tuple[int, float]
"""A position in the file, and the seconds from the start that are playable from before it."""


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

    def boundary(self, position: int) -> int:
        """The last told position that is not behind one, 0 if there is none.

        The position itself where nothing is told of it: behind the last one.
        """
        if position >= self.end:
            return position
        known = bisect_right(self._positions, position)
        return self._positions[known - 1] if known else 0

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
