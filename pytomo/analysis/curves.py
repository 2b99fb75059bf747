"""A sample as curves: what had arrived, what had been played and how fast it came, at any time.

Times are seconds since the first media request, as in a trace. A curve is a line through points; it
is exact, with two points of one time where it jumps. The player is `pytomo.player`, replayed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pytomo.player import Supply, play, supply
from pytomo.profiles import Profile
from pytomo.replay import check
from pytomo.results import Arrival, Playback

Floats = NDArray[np.float64]

WINDOW = 1.0
"""Seconds over which throughput is told, as that of MaxInstantThp."""
_RESOLUTION = 1e-6
"""s: of the times of a trace."""


class Curve(NamedTuple):
    """A line through points, in order of time."""

    times: Floats
    values: Floats

    def at(self, time: float) -> float:
        """The value at a time: that after the jump, where it jumps; level beyond the ends."""
        index = int(np.searchsorted(self.times, time, side="right"))
        if index in (0, len(self.times)):
            return float(self.values[max(index - 1, 0)])
        return float(np.interp(time, self.times[index - 1 :], self.values[index - 1 :]))

    def thinned(self, columns: int) -> "Curve":
        """The same line with four points at most for each of so many columns of a picture.

        In each column the first, the last, the lowest and the highest are kept: the picture has
        the same dots (M4 of Jugel et al., VLDB 2014).
        """
        if len(self.times) <= 4 * columns:
            return self
        width = max(self.times[-1] - self.times[0], _RESOLUTION) / columns
        column = np.floor((self.times - self.times[0]) / width)
        starts = np.flatnonzero(np.diff(column, prepend=-1.0))
        order = np.lexsort((self.values, column))
        ends = np.append(starts[1:], len(column)) - 1
        kept = np.unique(np.concatenate([starts, ends, order[starts], order[ends]]))
        return Curve(self.times[kept], self.values[kept])


@dataclass(frozen=True, slots=True, kw_only=True)
class Curves:
    """A sample of a video, and how it played under a profile."""

    profile: Profile
    playback: Playback
    end: float
    """When the sample ended, s."""
    ready: Curve
    """Media that could be played from what had arrived, of all tracks, s."""
    tracks: tuple[Curve, ...]
    """The same of each track, the video (or only) one first."""
    position: Curve
    """Media played, s."""
    buffer: Curve
    """Media that could be played and had not been, s."""
    received: Curve
    """Bytes of all tracks."""
    throughput: Curve
    """Over the `WINDOW` before each time, kbps."""


def curves(
    arrivals: Sequence[Arrival],
    *,
    tracks: int,
    duration: float | None,
    end: float | None,
    profile: Profile,
) -> Curves:
    """The curves of a sample; `end` is the row's DownloadTime, the other arguments `play`'s.

    Raises ValueError for what cannot be a sample: no arrivals, or damaged ones.
    """
    check(arrivals, tracks)
    end = end or arrivals[-1].time
    sample = [arrival for arrival in arrivals if arrival.time <= end + _RESOLUTION]
    playback = play(sample, tracks=tracks, duration=duration, end=end, profile=profile)
    there = supply(sample, tracks, duration, end, profile)
    end = max([end, *there.times[-1:]])
    ready, position = _steps(there.times, there.ready, end), _position(playback, end)
    return Curves(
        profile=profile,
        playback=playback,
        end=end,
        ready=ready,
        tracks=tuple(
            _track(sample, track, there, duration, end, profile) for track in range(tracks)
        ),
        position=position,
        buffer=_difference(ready, position),
        received=_steps(*_totals(sample), end),
        throughput=_throughput(sample, end),
    )


def _steps(times: Sequence[float] | Floats, values: Sequence[float] | Floats, end: float) -> Curve:
    """0 until the first time, then each value from its time on."""
    at = np.concatenate([[0.0], np.repeat(np.asarray(times, float), 2), [end]])
    levels = np.concatenate([[0.0], np.repeat(np.asarray(values, float), 2)])
    return Curve(at, np.concatenate([[0.0], levels]))


def _track(
    arrivals: Sequence[Arrival],
    track: int,
    there: Supply,
    duration: float | None,
    end: float,
    profile: Profile,
) -> Curve:
    """What could be played of one track; one that is there as a whole ends with the video."""
    alone = [arrival._replace(track=0) for arrival in arrivals if arrival.track == track]
    longest = max([duration or 0.0, *there.ready[-1:]])
    whole = duration if duration is not None else longest
    mine = supply(alone, 1, whole, end, profile)
    return _steps(mine.times, mine.ready, end)


def _position(playback: Playback, end: float) -> Curve:
    """Media played: level before the start, in stalls and after the end; else second by second."""
    if playback.startup_delay is None:
        return Curve(np.array([0.0, end]), np.zeros(2))
    points = [(0.0, 0.0), (playback.startup_delay, 0.0)]
    for stall in playback.stalls:
        points += [(stall.start, stall.position), (stall.start + stall.length, stall.position)]
    resumed, position = points[-1]
    played = playback.played_time or 0.0
    points += [(resumed + played - position, played), (end, played)]
    times, values = np.array(points).T
    return Curve(np.maximum.accumulate(np.minimum(times, end)), values)  # whatever is rounded


def _difference(ready: Curve, position: Curve) -> Curve:
    """Exact: `ready` jumps and is level in between, `position` is continuous."""
    bends = position.times[~np.isin(position.times, ready.times)]
    levels = ready.values[np.searchsorted(ready.times, bends, side="right") - 1]
    at = np.concatenate([ready.times, bends])
    order = np.argsort(at, kind="stable")
    have = np.concatenate([ready.values, levels])[order]
    played = np.interp(at[order], position.times, position.values)
    return Curve(at[order], np.maximum(have - played, 0.0))


def _totals(arrivals: Sequence[Arrival]) -> tuple[Floats, Floats]:
    """The times of the arrivals, and all bytes that had come by then."""
    times = np.array([arrival.time for arrival in arrivals])
    return times, np.cumsum([float(arrival.size) for arrival in arrivals])


def _throughput(arrivals: Sequence[Arrival], end: float) -> Curve:
    """What came in the second before each time, as `quality.max_throughput` counts it.

    Nothing came before the first request; a sample shorter than a second is one window.
    """
    times, totals = _totals(arrivals)
    if end < WINDOW:
        return _steps(times, 8 * totals / (end or WINDOW) / 1000, end)
    changes = np.unique(np.concatenate([times, times + WINDOW]))
    changes = changes[changes <= end]
    sums = np.concatenate([[0.0], totals])
    until = sums[np.searchsorted(times, changes, side="right")]
    before = sums[np.searchsorted(times, changes - WINDOW + _RESOLUTION, side="right")]
    return _steps(changes, 8 * (until - before) / WINDOW / 1000, end)
