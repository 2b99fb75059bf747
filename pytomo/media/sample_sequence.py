"""A stream of which each sample is known only when it comes, and what of it is playable."""

import heapq
import math

_DEEPEST_REORDERING = 16  # frames: H.264 Annex A (max_dec_frame_buffering)


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
        self._coming_end: int | None = None
        self._certain = -math.inf  # nothing that is still to come is presented earlier
        self._last: float | None = None
        self._latest = 0.0
        self._lasts: float | None = None

    @property
    def end(self) -> float:
        """As `Stream.end`: the last sample is taken to last as long as the shortest one."""
        return self._latest + (self._lasts or self._step)

    def coming(
        self,
        time: float,
        decoded: float | None = None,
        *,
        key: bool = False,
        end: int | None = None,
    ) -> None:
        """The next sample begins: its presentation time, and its decoding time where there is one.

        `key`: everything before it in the file is presented before it or before what precedes it.
        `end`: the position behind it; None if it ends where the next one begins, or the resource.
        """
        if self.first is None:
            self.first = self._covered = max(0.0, time)
        if decoded is None and not self._reorders:
            decoded = time
        self._learn_step(time if decoded is None else decoded)
        if key and self._reorders:
            self._catch_up(keep=0)
        self._coming, self._coming_end, self._lasts = time, end, None
        self._latest = max(self._latest, time)
        self._certain = max(self._certain, -math.inf if decoded is None else decoded)

    def received(self) -> None:
        """The sample that was coming is completely there."""
        if self._coming is None:
            return
        heapq.heappush(self._ahead, self._coming)
        self._coming = None
        self._catch_up(keep=_DEEPEST_REORDERING if self._reorders else 0)

    def lasting(self, seconds: float) -> None:
        """How long the sample that began last takes, as its own bytes say."""
        self._lasts = seconds

    def playable(self, position: int) -> float:
        """As `Stream.playable`."""
        known = max(self._covered + (self._lasts or self._step), self._certain)
        return max(0.0, known if self._coming is None else min(self._coming, known))

    def misses(self, position: int) -> bool:
        """As `Stream.misses`: of the one that is coming."""
        return self._coming is not None and (self._coming_end or 0) > position

    def restart(self) -> None:
        """As `Stream.restart`."""
        if self._coming_end is None:
            self.received()
        self._coming = self._last = None
        self._catch_up(keep=0)

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
