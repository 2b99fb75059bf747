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
    moments = _moments(arrivals, tracks, duration, end)
    received = moments[-1].ready if moments else 0.0
    first = _buffered(moments, 0, 0.0, profile.start, profile.stall)
    if first is None:
        return Playback(played_time=0.0, buffer_at_end=received, profile=profile.label)
    stalls, played = _watch(moments, first, max(end, moments[-1].time), profile)
    stalled = sum(stall.length for stall in stalls)
    delay = moments[first].time
    size = sum(arrival.size for arrival in arrivals if arrival.time <= delay)
    return Playback(
        startup_delay=delay,
        initial_bytes=size,
        initial_rate=8 * size / delay / 1000 if delay else None,
        initial_buffer=moments[first].ready,
        stall_count=len(stalls),
        stalled_time=stalled,
        played_time=played,
        buffer_at_end=received - played,
        stall_ratio=stalled / (stalled + played) if stalled + played else None,
        stall_censored=bool(stalls) and stalls[-1].censored,
        profile=profile.label,
        stalls=stalls,
    )


class _Moment(NamedTuple):
    """An instant at which there was more to play than before."""

    time: float
    ready: float
    """Media seconds from the video's start that are playable in every track."""
    complete: bool
    """Whether every track is there to its end."""


def _moments(
    arrivals: Sequence[Arrival], tracks: int, duration: float | None, end: float
) -> tuple[_Moment, ...]:
    """One at most for each distinct time: how its bytes were cut into reads leaves no mark."""
    rises = _rises(arrivals, tracks, duration, end)
    return tuple({moment.time: moment for moment in rises}.values())


def _rises(
    arrivals: Sequence[Arrival], tracks: int, duration: float | None, end: float
) -> Iterator[_Moment]:
    playable = [0.0] * tracks
    ready = 0.0
    for time, track, _, seconds in arrivals:
        if time > end + _RESOLUTION:
            return
        if seconds <= playable[track]:
            continue
        playable[track] = seconds
        least = min(playable)
        if least == inf:
            # A site's rounded duration may be less than what is known to be there.
            yield _Moment(time, max(ready, _whole(arrivals, duration)), True)
            return
        if least > ready:
            ready = least
            yield _Moment(time, ready, False)


def _whole(arrivals: Sequence[Arrival], duration: float | None) -> float:
    """Media seconds of a video of which everything has arrived."""
    if duration is not None:
        return duration
    return max((a.playable for a in arrivals if isfinite(a.playable)), default=0.0)


def _watch(
    moments: Sequence[_Moment], first: int, end: float, profile: Profile
) -> tuple[tuple[Stall, ...], float]:
    """The stalls after the start at `moments[first]`, and the media seconds played."""
    stalls: list[Stall] = []
    position, begin = 0.0, first
    while (drained := _drained(moments, begin, position, end, profile.stall)) is not None:
        time, behind = drained
        position = moments[behind - 1].ready - profile.stall
        threshold = profile.resume_from(len(stalls))
        resumed = _buffered(moments, behind, position, threshold, profile.stall)
        if resumed is None:
            return (*stalls, Stall(time, end - time, position, censored=True)), position
        stalls.append(Stall(time, moments[resumed].time - time, position, censored=False))
        begin = resumed
    # Beyond what is there it plays only when the video has ended.
    return tuple(stalls), min(moments[-1].ready, position + end - moments[begin].time)


def _buffered(
    moments: Sequence[_Moment], first: int, position: float, threshold: float, stall: float
) -> int | None:
    """Index of the first moment, from `first`, at which a waiting player plays; None: never."""
    for index in range(first, len(moments)):
        buffer = moments[index].ready - position
        if moments[index].complete or (buffer >= threshold and buffer > stall):
            return index
    return None


def _drained(
    moments: Sequence[_Moment], begin: int, position: float, end: float, stall: float
) -> tuple[float, int] | None:
    """When a player that plays from `position` since `moments[begin]` stalls before `end`.

    With the index of the first moment behind it. An arrival at that very instant comes in time.
    """
    started = moments[begin].time
    for index in range(begin, len(moments)):
        if moments[index].complete:
            return None
        dry = started + (moments[index].ready - position - stall)
        if dry < (moments[index + 1].time if index + 1 < len(moments) else end):
            return dry, index + 1
    return None
