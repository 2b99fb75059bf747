"""How long a viewer would have had to wait at the start to see no stall at all.

It is a property of how the media came, not of a player and its thresholds. `docs/statistics.md` has
the definition.
"""

from collections.abc import Sequence

from pytomo.player import supply
from pytomo.profiles import Profile
from pytomo.results import Arrival

IDEAL = Profile("ideal", 1, start=0.0, stall=0.0, resume=0.0)
"""A player that plays whatever there is, sample by sample, down to nothing."""


def min_playout_delay(
    arrivals: Sequence[Arrival], *, tracks: int, duration: float | None, end: float
) -> float | None:
    """The smallest delay (s since the first media request) of a start that no stall follows.

    The viewer starts then, with the player `IDEAL`, and watches until the sample's `end` or the
    video's. Media that would be played after `end` set no condition: nobody knows when
    they came. With the delay that is returned, playback has no stall before `end`; with any
    smaller one it has, or nothing to begin with. None if nothing playable came.

    The arguments are those of `player.play`.
    """
    there = supply(arrivals, tracks, duration, end, IDEAL)
    if not there.times:
        return None
    before = (0.0, *there.ready)
    waits = [time - media for time, media in zip(there.times, before, strict=False)]
    if not there.complete:
        waits.append(max(end, there.times[-1]) - there.ready[-1])
    return max(waits)
