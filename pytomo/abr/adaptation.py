"""What was played of an adaptive video: bitrate, switches, time on each rung. Pure.

Switches and the mean bitrate are taken over what was played, not over what was requested: a
segment that was replaced or given up was never seen.
"""

import json
from collections.abc import Sequence
from itertools import pairwise

from pytomo.results import Adaptation, Fetched


def adaptation(
    fetched: Sequence[Fetched], played: float, rule: str, *, track: int = 0
) -> Adaptation:
    """What a viewer saw of a track's rungs in `played` seconds of media; `rule` names the rule."""
    seen = [segment for segment in _kept(fetched, track) if _seconds(segment, played) > 0.0]
    steps = [after.rung - before.rung for before, after in pairwise(seen)]
    rated = [(segment.bitrate, _seconds(segment, played)) for segment in seen]
    known = [(bitrate, seconds) for bitrate, seconds in rated if bitrate is not None]
    total = sum(seconds for _, seconds in known)
    return Adaptation(
        rule=rule,
        bitrate=sum(b * seconds for b, seconds in known) / total
        if len(known) == len(seen) and total
        else None,
        switches_up=sum(step > 0 for step in steps),
        switches_down=sum(step < 0 for step in steps),
        times=_times(seen, played),
    )


def _kept(fetched: Sequence[Fetched], track: int) -> list[Fetched]:
    """The last whole request for each segment, or the last one at all, in playing order."""
    kept: dict[int, Fetched] = {}
    for request in fetched:
        if request.track == track:
            before = kept.get(request.number)
            if before is None or before.finished is None or request.finished is not None:
                kept[request.number] = request
    return [kept[number] for number in sorted(kept)]


def _seconds(segment: Fetched, played: float) -> float:
    """How much of it was played."""
    return max(min(segment.duration, played - segment.start), 0.0)


def _times(seen: Sequence[Fetched], played: float) -> str | None:
    """Seconds played of each rung, the lowest first, as JSON: [height, kbps, seconds]."""
    seconds: dict[int, float] = {}
    rungs = {segment.rung: (segment.height, segment.bitrate) for segment in seen}
    for segment in seen:
        seconds[segment.rung] = seconds.get(segment.rung, 0.0) + _seconds(segment, played)
    lines = [[*rungs[rung], round(seconds[rung], 6)] for rung in sorted(rungs)]
    return json.dumps(lines) if lines else None
