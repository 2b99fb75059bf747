"""What a viewer saw, in the same words for a real player and for an emulated one. Pure.

The truth of a recording is its playhead: a stall is a time in which it stood still. The events
`waiting` and `playing` only tell the moments more exactly than the samples of the playhead do;
Chromium fires `waiting` before the start, too, and dash.js fires both where nothing happens.
"""

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import ceil
from typing import Any

from pytomo.results import Playback, Stall

SHORTEST = 0.05
"""Seconds that a playhead has to stand still to be seen: one sample."""
ADVANCE = 0.001
"""Seconds of media between two samples below which a playhead stands still."""
NEAR = 0.15
"""Seconds between a sampled edge of a stall and the event that tells it exactly."""
PLENTY = 8.0
"""Seconds in the browser's own buffer with which a stall is none of the link's. (What it tells of
the buffer of a file is by the share of bytes, which may be some seconds off.)"""
FROZEN = 0.5
"""Seconds without a new picture, while the playhead moves, that are a freeze."""

Recording = Mapping[str, Any]
Span = tuple[float, float]
Moment = tuple[float, float]
"""A time and the position of the playhead then."""


@dataclass(frozen=True, slots=True)
class Watched:
    """What a viewer saw until `end` (s since the first media request)."""

    startup: float | None
    """Seconds; None: playback did not start."""
    stalls: tuple[Stall, ...]
    end: float
    freezes: tuple[Span, ...] = ()
    """Start and length of the times when the picture stood still while sound went on."""
    buffer: tuple[float | None, ...] = ()
    """Seconds of media ahead of the playhead at 0, 1, 2… s, as far as known."""
    hiccups: int = 0
    """Times that it stood still with `PLENTY` in its buffer: the machine was busy."""

    @property
    def stalled(self) -> float:
        """Seconds."""
        return sum(stall.length for stall in self.stalls)


def seen(recording: Recording, window: float) -> Watched:
    """What a real player showed, by its playhead."""
    samples = [sample for sample in recording["samples"] if 0 <= sample[0] <= window]
    still = list(_still(samples))
    moments = _moments(recording)
    if samples and still and still[0][0] == 0 and still[0][1] == len(samples) - 1:
        return Watched(None, (), window, buffer=_buffer(samples, window))
    first = still.pop(0)[1] if still and still[0][0] == 0 else 0
    startup = _nearest(moments["playing"], samples[first][0], 2 * NEAR)
    ended = next((event[0] for event in recording["events"] if event[1] == "ended"), window)
    found = [
        (samples[begin][2] - samples[begin][1] >= PLENTY, stall)
        for begin, end in still
        if (stall := _stall(samples, begin, end, moments, window)).length >= SHORTEST
        and stall.start < min(ended, window) - NEAR
    ]
    stalls = tuple(stall for plenty, stall in found if not plenty)
    freezes = tuple(_freezes(recording, startup, [stall for _, stall in found], window))
    buffer = _buffer(samples, window)
    return Watched(startup, stalls, window, freezes, buffer, len(found) - len(stalls))


def emulated(playback: Playback, window: float, buffer: tuple[float | None, ...] = ()) -> Watched:
    """What a player model says, by the same rule of what is long enough to be seen."""
    startup = playback.startup_delay
    if startup is not None and startup >= window:
        return Watched(None, (), window, buffer=buffer)
    stalls = tuple(stall for stall in playback.stalls if stall.length >= SHORTEST)
    freezes = tuple((f.start, f.length) for f in playback.freezes if f.length >= FROZEN)
    return Watched(startup, stalls, window, freezes, buffer)


def _still(samples: Sequence[Sequence[Any]]) -> Iterator[tuple[int, int]]:
    """First and last sample of each time in which the position stays the same."""
    begin = 0
    for index in range(1, len(samples) + 1):
        moved = index == len(samples) or samples[index][1] - samples[begin][1] >= ADVANCE
        if moved:
            if samples[index - 1][0] - samples[begin][0] >= SHORTEST / 2:  # two of them
                yield begin, index - 1
            begin = index


def _moments(recording: Recording) -> Mapping[str, Sequence[Moment]]:
    """When the events were fired that tell the edges of a stall, and the positions then."""
    return {
        name: [(event[0], event[2]) for event in recording["events"] if event[1] == name]
        for name in ("waiting", "playing")
    }


def _stall(
    samples: Sequence[Sequence[Any]],
    begin: int,
    end: int,
    moments: Mapping[str, Sequence[Moment]],
    window: float,
) -> Stall:
    """The playhead stood still from one sample to another: when exactly."""
    position = samples[begin][1]
    # Each edge by its event: the sound card's buffer, about 70 ms, makes the playhead lag behind
    # both `waiting` and `playing`, so that a span from an event to the playhead would be too short.
    start = _nearest(moments["waiting"], samples[begin][0])
    censored = end == len(samples) - 1
    over = window if censored else _nearest(moments["playing"], samples[end][0])
    return Stall(start, over - start, position, censored)


def _nearest(moments: Sequence[Moment], sampled: float, within: float = NEAR) -> float:
    """The time of an event near a sampled one, or else that one."""
    return min(
        (time for time, _ in moments if abs(time - sampled) <= within),
        key=lambda time: abs(time - sampled),
        default=sampled,
    )


def _freezes(
    recording: Recording, startup: float, stalls: Sequence[Stall], window: float
) -> Iterator[Span]:
    """Times without a new picture in which the playhead moved."""
    gaps = [(a, b) for a, b, _ in recording["pictures"] if a is not None and a >= startup - NEAR]
    last = recording["last_picture"]
    if last is not None and window - last > FROZEN:
        gaps.append((last, window))
    edges = [(stall.start, stall.start + stall.length) for stall in stalls]
    for begin, end in gaps:
        for start, over in _without(begin, min(end, window), edges):
            if over - start >= FROZEN:
                yield start, over - start


def _without(begin: float, end: float, taken: Sequence[Span]) -> Iterator[Span]:
    """The parts of a time that none of some others covers."""
    for start, over in taken:
        if start < end and over > begin:
            yield begin, start
            begin = over
    yield begin, end


def condensed(recording: Recording) -> Recording:
    """What `seen` needs of a recording: it sees the same."""
    samples = [sample[:3] for sample in recording["samples"]]
    edges = {index for span in _still(samples) for index in span}
    seconds = {a for a, (one, next_) in enumerate(pairwise(samples)) if ceil(one[0]) < next_[0]}
    wanted = sorted(edges | seconds | {0, len(samples) - 1}) if samples else ()
    told = ("waiting", "playing", "ended")
    return {
        "samples": [samples[index] for index in wanted],
        "events": [event[:3] for event in recording["events"] if event[1] in told],
        "pictures": recording["pictures"],
        "last_picture": recording["last_picture"],
    }


def _buffer(samples: Sequence[Sequence[Any]], window: float) -> tuple[float | None, ...]:
    """Seconds of media ahead of the playhead at each whole second."""
    times = [sample[0] for sample in samples]
    last = [bisect_right(times, second) - 1 for second in range(int(window) + 1)]
    return tuple(None if at < 0 else samples[at][2] - samples[at][1] for at in last)
