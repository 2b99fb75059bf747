"""The analytic oracle: when a constant-bitrate video starts and stalls, without any simulation.

Media arrives along a piecewise-linear curve (rates and pauses), so every event of playback is the
crossing of that curve with a straight line: a level of media for starts and resumptions, a line of
slope 1 for the moment at which playback has used up its buffer. The curve is solved segment by
segment; nothing is sampled and `pytomo.player` is not involved.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import inf

from pytomo.profiles import Profile
from pytomo.results import Stall

Curve = Sequence[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Expected:
    """What a viewer must have seen."""

    startup_delay: float | None
    """Seconds; None if playback never started."""
    stalls: tuple[Stall, ...]
    played: float
    """Media seconds."""
    buffer_at_end: float
    """Media seconds."""

    @property
    def stalled(self) -> float:
        """Seconds stalled after the start."""
        return sum(stall.length for stall in self.stalls)


def closed_form(curve: Curve, duration: float, end: float, profile: Profile) -> Expected:
    """Playback of a video of `duration` s until `end`, if `curve` says what has arrived when.

    `curve` holds (time, media seconds received) at each change of rate, both rising, from time 0;
    it is straight in between (two points of one time are a jump) and level after the last point.
    The start and resume thresholds of the profile must be above its stall threshold.
    """
    assert profile.stall < min(profile.start, profile.resume, *profile.first_resumes)
    curve = [*curve, (max(end, curve[-1][0]), curve[-1][1])]
    complete = _reaches(curve, duration, 0.0)
    received = arrived(curve, end)
    startup = begin = _reaches(curve, min(profile.start, duration), 0.0)
    if startup > end:
        return Expected(None, (), 0.0, received)
    stalls: list[Stall] = []
    position = 0.0
    while (dry := _drains(curve, begin - position - profile.stall, begin)) < min(complete, end):
        position += dry - begin
        wanted = position + profile.resume_from(len(stalls))
        begin = _reaches(curve, min(wanted, duration), dry)
        stalls.append(Stall(dry, min(begin, end) - dry, position, begin > end))
        if begin > end:
            break
    else:
        position = min(position + end - begin, duration)
    return Expected(startup, tuple(stalls), position, received - position)


def steady(rate: float, duration: float, *, latency: float = 0.0) -> Curve:
    """The curve of a video that comes at `rate` media seconds per second after `latency` s."""
    return [(0.0, 0.0), (latency, 0.0), (latency + duration / rate, duration)]


def paused(curve: Curve, at: float, length: float) -> Curve:
    """The curve with a pause of `length` s from time `at`, at which nothing arrives."""
    level = arrived(curve, at)
    before = [point for point in curve if point[0] <= at]
    after = [(time + length, media) for time, media in curve if time > at]
    return [*before, (at, level), (at + length, level), *after]


def arrived(curve: Curve, time: float) -> float:
    """Media seconds that have arrived at a time."""
    received = 0.0
    for (t0, m0), (t1, m1) in pairwise(curve):
        if t1 <= time:
            received = m1
        elif t0 <= time:
            received = m0 + (m1 - m0) * (time - t0) / (t1 - t0)
    return received


def _reaches(curve: Curve, level: float, since: float) -> float:
    """The first time, from `since`, at which `level` media seconds have arrived."""
    for (t0, m0), (t1, m1) in pairwise(curve):
        if m1 >= level and t1 >= since:
            share = (level - m0) / (m1 - m0) if m1 > m0 else 0.0
            return max(t0 + max(share, 0.0) * (t1 - t0), since)
    return inf


def _drains(curve: Curve, lead: float, since: float) -> float:
    """The first time t, from `since`, at which no more than t - lead media seconds have arrived."""
    for (t0, m0), (t1, m1) in pairwise(curve):
        first, last = m0 - t0 + lead, m1 - t1 + lead
        if t1 > since and last <= 0.0 < first:
            return max(t0 + first / (first - last) * (t1 - t0), since)
    return inf
