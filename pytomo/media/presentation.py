"""From samples and their places in the file to the media time that can be played.

Playable is the smallest presentation time of the samples that are not completely there: with
B-frames the decoding order, in which samples are stored, is not the order of presentation.
Of several multiplexed streams the one that is behind counts.
"""

import math
from typing import Protocol

INTERLEAVING = 10.0
"""Seconds that a muxer lets one stream run ahead of another at most: a stream that is further
behind has ended (or never begins) and does not hold the others back."""

CONTINUES = 0.25
"""Seconds that a segment's first time may be off the end of what is before it: more than an open
group of pictures has frames before its first one, less than any segment lasts. What is further
off is a clock that was set anew."""


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

    def restart(self) -> None:
        """Another resource follows: of this one there are no more samples, nor places in it."""


class Presentation:
    """All the streams of a track together; time starts where the first of them starts."""

    def __init__(self) -> None:
        self.streams: dict[int, Stream] = {}
        self.sounds: set[int] = set()
        """The keys of those of them that are sound."""
        self.patience = INTERLEAVING
        self.whole: int | None = None
        """Position before which all samples of the file are, if it has told."""
        self.entered = 0.0
        """Seconds from the start that were playable when the current resource began."""
        self.shift = 0.0
        """Seconds to add to the times in the current resource, see `align`."""
        self.aligned = True
        """Whether `shift` is that of the current resource."""
        self._start: float | None = None  # once there was a resource before this one
        self._floor = 0.0

    @property
    def start(self) -> float | None:
        """The first presentation time (s), once known."""
        if self._start is not None:
            return self._start
        known = [s.first for s in self.streams.values() if s.first is not None]
        return min(known) if known else None

    @property
    def damaged(self) -> bool:
        """See `Stream.damaged`: of one of them at least."""
        return any(stream.damaged for stream in self.streams.values())

    @property
    def length(self) -> float | None:
        """Seconds from the start to the end of the last sample, of those that are known."""
        start = self.start
        known = (stream.end for stream in self.streams.values() if stream.first is not None)
        return None if start is None else max(known, default=start) - start

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
        return max(self._floor, _behind(self._reached(position, start), self.patience) - start)

    def levels(self, position: int) -> tuple[float, float]:
        """What is playable, and that of the sound alone where there is sound and something else."""
        playable, start = self.playable(position), self.start
        if start is None or not 0 < len(self.sounds) < len(self.streams):
            return playable, playable
        reached = zip(self.streams, self._reached(position, start), strict=True)
        sounds = [time for key, time in reached if key in self.sounds]
        return playable, max(playable, _behind(sounds, self.patience) - start)

    def settle(self, position: int) -> None:
        """Hold what was playable at a position, before new samples are made known there.

        What comes later may be presented earlier than was to be expected; time does not go back.
        """
        self._floor = self.playable(position)

    def restart(self, *, whole: bool) -> None:
        """Another resource (segment) follows, whose media come after those of this one.

        `whole`: this one was read to its end; else it counts as far as its samples are known.
        """
        for stream in self.streams.values():
            stream.restart()
        self.whole = None
        self._start = self.start
        self.aligned = self._start is None
        length = 0.0 if whole else self.length or 0.0
        self.entered = self._floor = max(length, self.playable(0))

    def align(self, stream: Stream, time: float) -> float:
        """Fit the clock of a resource, by the first time in it, to what came before.

        The stream goes on where it ended, whatever the clock shows then (RFC 8216, section
        4.3.2.3: EXT-X-DISCONTINUITY). Returns `shift`.
        """
        if not self.aligned:
            self.aligned = True
            time = max(0.0, time)  # what is before 0 is decoded, but not presented
            begins = (self.start or 0.0) + self.entered
            end = begins if stream.first is None else stream.end
            if abs(time + self.shift - end) > CONTINUES:
                self.shift = end - time
        return self.shift

    def _reached(self, position: int, start: float) -> list[float]:
        begins = start + self.entered
        streams = self.streams.values()
        return [begins if s.first is None else s.playable(position) for s in streams] or [begins]


def _behind(times: list[float], patience: float) -> float:
    """The least of them that is not so far behind that it has to be over."""
    foremost, least = max(times), min(times)
    if least + patience >= foremost:
        return least
    return min(time for time in times if time + patience >= foremost)
