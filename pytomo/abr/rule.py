"""What an adaptive player knows when it must choose the next segment, and what it answers.

A rung is one of the bitrates that a video is offered at, numbered from the lowest. Rates are kbps,
times s, sizes bytes. `docs/abr.md` has the rules, their constants and sources.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple


class Ladder(NamedTuple):
    """What stays the same during one download."""

    rungs: tuple[float, ...]
    """kbps, ascending, one at least."""
    segment: float
    """Nominal duration of a segment, s."""
    target: float
    """Buffer at which the player stops fetching, s."""

    def sustained(self, rate: float | None) -> int:
        """The highest rung not above a rate (kbps); the lowest if all are, or the rate is None."""
        below = (rung <= rate for rung in self.rungs) if rate is not None else ()
        return max(sum(below) - 1, 0)


class Download(NamedTuple):
    """A request for a segment that is over."""

    number: int
    """Of the segment, from 0."""
    rung: int
    size: int
    """Bytes that came."""
    seconds: float
    """From the request to the last byte."""
    first_byte: float
    """From the request to the first byte."""
    media: float
    """Media seconds that it brought; 0 if it was given up."""
    finished: float
    """Since the first media request, s."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """What the player knows when it is about to request a segment."""

    time: float
    """Since the first media request, s."""
    number: int
    """Of the segment to choose for."""
    buffer: float
    """Media ahead of the playhead, s."""
    started: bool
    """Whether playback has ever begun."""
    playing: bool
    """Whether it plays now."""
    current: int | None
    """Rung of the last request; None before the first."""
    past: Sequence[Download] = ()
    """All requests that are over, in the order of time."""

    @property
    def drained(self) -> float:
        """Media seconds that were played since the last request was over."""
        return max(self.time - self.past[-1].finished, 0.0) if self.past and self.playing else 0.0

    @property
    def least(self) -> float:
        """The buffer just before the last segment came: the least since the choice before."""
        media = self.past[-1].media if self.past else 0.0
        return max(self.buffer + self.drained - media, 0.0)


class Choice(NamedTuple):
    """What to request next."""

    rung: int
    wait: float = 0.0
    """Seconds that the rule lets pass before the request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """A request that is running."""

    time: float
    """Since the first media request, s."""
    number: int
    rung: int
    size: int | None
    """Bytes of the whole segment; None: not told."""
    media: float
    """Media seconds in it."""
    buffer: float
    """Media ahead of the playhead, s."""
    reads: Sequence[tuple[float, int]]
    """Seconds since the request and bytes of each read so far."""


class Chooser(ABC):
    """The state of a rule during one download."""

    @abstractmethod
    def choose(self, situation: Situation) -> Choice:
        """The rung to request; asked once before each segment."""

    def abandon(self, progress: Progress) -> int | None:
        """The rung to request instead of a running request; None: let it run."""
        del progress
        return None


@dataclass(frozen=True, slots=True)
class Rule:
    """How a player chooses its rungs."""

    name: str
    version: int
    """Raised whenever its choices change, so that rows stay comparable."""
    text: str
    """What it is, in one line."""
    begin: Callable[[Ladder], Chooser]
    """The state for one download."""

    @property
    def label(self) -> str:
        """Name and version, as rows keep them."""
        return f"{self.name}/{self.version}"
