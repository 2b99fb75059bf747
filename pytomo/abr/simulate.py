"""A player that adapts, on a link of which the rates are known: for tests and comparisons. Pure.

Whole segments, one after the other, on one connection; the player is that of `player.py`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf
from typing import NamedTuple

from pytomo.abr.rule import Chooser, Download, Ladder, Rule, Situation
from pytomo.player import play
from pytomo.profiles import Profile
from pytomo.results import Arrival, Fetched, Playback


class Rate(NamedTuple):
    """A link from one time on."""

    start: float
    """s."""
    rate: float
    """kbps."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """A video that is offered at several bitrates."""

    rungs: tuple[float, ...]
    """kbps, ascending."""
    segment: float
    """s of media in each segment."""
    sizes: Sequence[Sequence[int]]
    """Bytes of each segment at each rung."""

    @classmethod
    def constant(cls, rungs: tuple[float, ...], segment: float, count: int) -> "Content":
        """`count` segments of constant bitrate."""
        sizes = [round(rung * segment * 125) for rung in rungs]
        return cls(rungs=rungs, segment=segment, sizes=[sizes] * count)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a rule did, and what it led to."""

    fetched: tuple[Fetched, ...]
    playback: Playback

    @property
    def rungs(self) -> list[int]:
        """Of each segment that was requested."""
        return [request.rung for request in self.fetched]


def simulate(
    rule: Rule,
    content: Content,
    link: Sequence[Rate],
    *,
    profile: Profile,
    target: float = inf,
    latency: float = 0.05,
    end: float = 600.0,
) -> Outcome:
    """Play a video for `end` seconds at most; a segment that comes later is left out.

    `link` begins at time 0; its last rate lasts. `target` is the buffer (s) at which the player
    stops fetching, `latency` the time (s) to the first byte.
    """
    ladder = Ladder(content.rungs, content.segment, target if target < inf else 30.0)
    player = _Player(content, profile, rule.begin(ladder), target)
    player.fetch(link, latency, end)
    return Outcome(fetched=tuple(player.fetched), playback=player.playback(end))


class _Player:
    """What has come so far, and what that means for the buffer."""

    def __init__(self, content: Content, profile: Profile, chooser: Chooser, target: float) -> None:
        self._content, self._profile, self._chooser = content, profile, chooser
        self._target = target
        self._past: list[Download] = []
        self._arrivals: list[Arrival] = []
        self.fetched: list[Fetched] = []

    def playback(self, time: float) -> Playback:
        """What a viewer has seen at a time."""
        duration = self._content.segment * len(self._content.sizes)
        return play(self._arrivals, tracks=1, duration=duration, end=time, profile=self._profile)

    def fetch(self, link: Sequence[Rate], latency: float, end: float) -> None:
        """Request each segment in its turn, as long as it comes before the end."""
        time = 0.0
        for number, sizes in enumerate(self._content.sizes):
            time += self._pause(time)
            choice = self._chooser.choose(self._situation(time, number))
            asked = time + choice.wait
            time = transferred(link, asked + latency, sizes[choice.rung])
            if time > end:
                return
            self._note(number, choice.rung, asked, latency, time)

    def _pause(self, time: float) -> float:
        """How long a full buffer drains before the next segment fits, s."""
        situation = self._situation(time, 0)
        over = situation.buffer + self._content.segment - self._target
        return max(over, 0.0) if situation.playing else 0.0

    def _situation(self, time: float, number: int) -> Situation:
        playback = self.playback(time)
        started = playback.startup_delay is not None
        return Situation(
            time=time,
            number=number,
            buffer=playback.buffer_at_end or 0.0,
            started=started,
            playing=started and not playback.stall_censored,
            current=self._past[-1].rung if self._past else None,
            past=self._past,
        )

    def _note(self, number: int, rung: int, asked: float, latency: float, time: float) -> None:
        """Keep a segment that has come."""
        content = self._content
        size, media = content.sizes[number][rung], content.segment
        last = number == len(content.sizes) - 1
        playable = inf if last else (number + 1) * media
        self._arrivals.append(Arrival(time, 0, size, playable))
        self._past.append(Download(number, rung, size, time - asked, latency, media, time))
        self.fetched.append(
            Fetched(
                track=0,
                number=number,
                rung=rung,
                bitrate=content.rungs[rung],
                height=None,
                start=number * media,
                duration=media,
                asked=asked,
                finished=time,
                size=size,
            )
        )


def transferred(link: Sequence[Rate], start: float, size: int) -> float:
    """When `size` bytes that begin to flow at `start` are there, s; infinity: never."""
    time, left = start, 8 * size / 1000
    ends = [*(rate.start for rate in link[1:]), inf]
    for (_, rate), end in zip(link, ends, strict=True):
        if end > time and rate > 0.0:
            if left <= rate * (end - time):
                return time + left / rate
            left -= rate * (end - time)
        time = max(time, end)
    return inf
