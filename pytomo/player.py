"""What a viewer would have seen: arrivals of media, played in an exact model of a video player.

Time moves from event to event, so a stall begins at the instant the buffer reaches the threshold
and not at the next packet. `docs/player.md` has the model, its formulas and a worked example. Its
terms (initial loading delay, stalling) are those of ITU-T P.1203.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from math import inf, isfinite
from typing import NamedTuple, Protocol

from pytomo.results import Arrival, Playback, Stall

_RESOLUTION = 1e-6
"""s: stored traces keep times to this, so an arrival may stand that far behind the end."""


@dataclass(frozen=True, slots=True)
class Profile:
    """When a player starts, stalls and resumes: seconds of media in its buffer."""

    name: str
    version: int
    """Raised whenever a number of the profile changes, so that rows stay comparable."""
    start: float
    """Playback first starts at this buffer (and more than `stall`)."""
    stall: float
    """Playback stalls when the buffer has drained to this."""
    resume: float
    """A stall ends at this buffer (and more than `stall`)."""
    first_resumes: tuple[float, ...] = ()
    """The same for the first stalls, one each, of a player that grows more careful."""

    @property
    def label(self) -> str:
        """Name, version and thresholds in one word group, as rows keep it."""
        resumes = ",".join(f"{buffer:g}" for buffer in (*self.first_resumes, self.resume))
        return f"{self.name}/{self.version} start={self.start:g} stall={self.stall:g} " + (
            f"resume={resumes}"
        )

    def resume_from(self, stalls: int) -> float:
        """The buffer (s) that ends a stall which `stalls` others came before."""
        return (*self.first_resumes[stalls : stalls + 1], self.resume)[0]


PROFILES = (
    Profile("default", 1, start=2.0, stall=0.1, resume=1.0),
    # A <video> element of Chromium 156 on a progressive MP4, as measured (docs/player.md).
    Profile("chromium", 1, start=0.8, stall=0.6, resume=3.5, first_resumes=(0.97, 1.4, 2.3)),
    # hls.js 1.7.4 in Chromium 156, as measured: it plays whatever has been appended, to the end.
    Profile("hls.js", 1, start=0.0, stall=0.0, resume=0.0),
)
"""The default one first; `docs/player.md` tells where their numbers come from."""


def stored_profile(label: str) -> Profile:
    """The profile that a row was played under: the inverse of `Profile.label`.

    Raises ValueError for what is no such label.
    """
    name_and_version, *thresholds = label.split(" ")
    name, _, version = name_and_version.partition("/")
    numbers = dict(threshold.partition("=")[::2] for threshold in thresholds)
    try:
        *first, resume = map(float, numbers["resume"].split(","))
        start, stall = float(numbers["start"]), float(numbers["stall"])
        return Profile(name, int(version), start, stall, resume, tuple(first))
    except (KeyError, ValueError):
        raise ValueError(f"{label!r} is no player profile") from None


class Thresholds(Protocol):
    """The settings that the default profile follows (those of `Config`)."""

    @property
    def buffering_video_duration(self) -> float:
        """Media to buffer before the start, ms."""

    @property
    def min_playout_buffer_size(self) -> float:
        """Buffer at which playback stalls, s."""


def profile(config: Thresholds) -> Profile:
    """The default profile with the thresholds that the settings ask for."""
    return replace(
        PROFILES[0],
        start=config.buffering_video_duration / 1000,
        stall=config.min_playout_buffer_size,
    )


def play(
    arrivals: Sequence[Arrival],
    *,
    tracks: int,
    duration: float | None,
    end: float,
    profile: Profile,
) -> Playback:
    """What a viewer would have seen until `end`.

    `arrivals` are in order of time; those after `end` are no part of the sample. `duration` is the
    video's, `end` the sample's, in seconds. If playback never started, nothing was played and all
    that was received is in the buffer; what is only defined by a start is None.
    """
    there = supply(arrivals, tracks, duration, end)
    received = there.ready[-1] if there.ready else 0.0
    first = _buffered(there, 0, 0.0, profile.start, profile.stall)
    if first is None:
        return Playback(played_time=0.0, buffer_at_end=received, profile=profile.label)
    stalls, played = _watch(there, first, max(end, there.times[-1]), profile)
    stalled = sum(stall.length for stall in stalls)
    delay = there.times[first]
    size = sum(arrival.size for arrival in arrivals if arrival.time <= delay)
    return Playback(
        startup_delay=delay,
        initial_bytes=size,
        initial_rate=8 * size / delay / 1000 if delay else None,
        initial_buffer=there.ready[first],
        stall_count=len(stalls),
        stalled_time=stalled,
        played_time=played,
        buffer_at_end=received - played,
        stall_ratio=stalled / (stalled + played) if stalled + played else None,
        stall_censored=bool(stalls) and stalls[-1].censored,
        profile=profile.label,
        stalls=stalls,
    )


class Supply(NamedTuple):
    """The instants at which there was more to play than before."""

    times: Sequence[float]
    ready: Sequence[float]
    """Media seconds from the video's start that are playable in every track from then on."""
    complete: bool
    """Whether the last one brought the end of every track."""

    def completes(self, index: int) -> bool:
        """Whether everything has arrived at that instant."""
        return self.complete and index == len(self.times) - 1


def supply(arrivals: Sequence[Arrival], tracks: int, duration: float | None, end: float) -> Supply:
    """What there is to play, and from when on; the arguments are those of `play`.

    One instant at most for each distinct time: how its bytes were cut leaves no mark.
    """
    rises = dict(_rises(arrivals, tracks, end))
    times, ready = list(rises), list(rises.values())
    complete = bool(ready) and ready[-1] == inf
    if complete:
        # A site's rounded duration may be less than what is known to be there.
        ready[-1] = max(_whole(arrivals, duration), *ready[-2:-1], 0.0)
    return Supply(times, ready, complete)


def _rises(arrivals: Sequence[Arrival], tracks: int, end: float) -> Iterator[tuple[float, float]]:
    """Time and media seconds playable in every track; infinity once all are there."""
    playable = [0.0] * tracks
    ready = 0.0
    for time, track, _, seconds in arrivals:
        if time > end + _RESOLUTION:
            return
        if seconds > playable[track]:
            playable[track] = seconds
            least = min(playable)
            if least > ready:
                ready = least
                yield time, ready


def _whole(arrivals: Sequence[Arrival], duration: float | None) -> float:
    """Media seconds of a video of which everything has arrived."""
    if duration is not None:
        return duration
    return max((a.playable for a in arrivals if isfinite(a.playable)), default=0.0)


def _watch(
    supply: Supply, first: int, end: float, profile: Profile
) -> tuple[tuple[Stall, ...], float]:
    """The stalls after the start at instant `first`, and the media seconds played."""
    stalls: list[Stall] = []
    position, begin = 0.0, first
    while (drained := _drained(supply, begin, position, end, profile.stall)) is not None:
        time, behind = drained
        position = supply.ready[behind - 1] - profile.stall
        threshold = profile.resume_from(len(stalls))
        resumed = _buffered(supply, behind, position, threshold, profile.stall)
        if resumed is None:
            return (*stalls, Stall(time, end - time, position, censored=True)), position
        stalls.append(Stall(time, supply.times[resumed] - time, position, censored=False))
        begin = resumed
    # Beyond what is there it plays only when the video has ended.
    return tuple(stalls), min(supply.ready[-1], position + end - supply.times[begin])


def _buffered(
    supply: Supply, first: int, position: float, threshold: float, stall: float
) -> int | None:
    """The first instant, from `first`, at which a waiting player plays; None: there is none."""
    for index in range(first, len(supply.times)):
        buffer = supply.ready[index] - position
        if (buffer >= threshold and buffer > stall) or supply.completes(index):
            return index
    return None


def _drained(
    supply: Supply, begin: int, position: float, end: float, stall: float
) -> tuple[float, int] | None:
    """When a player that plays from `position` since instant `begin` stalls before `end`.

    With the first instant behind it. An arrival at that very time comes in time.
    """
    times, ready = supply.times, supply.ready
    last = len(times) - 1
    for index in range(begin, len(times)):
        dry = times[begin] + (ready[index] - position - stall)
        if dry < (times[index + 1] if index < last else end):
            return None if supply.completes(index) else (dry, index + 1)
    return None
