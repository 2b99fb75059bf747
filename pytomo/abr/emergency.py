"""When hls.js 1.7.4 gives up a running request.

Source: hls.js 1.7.4, `src/controller/abr-controller.ts` (`_abandonRulesCheck`).
"""

from typing import NamedTuple

from pytomo.abr.rule import Ladder, Progress

UNREASONABLE = 10.0
"""Durations of a segment: where one of a lower rung takes longer, it is not tried either."""
INSTANT = 0.001
"""s since the first byte that tell no rate yet."""


class Emergency(NamedTuple):
    """A request that takes too long, and what there is instead."""

    rung: int
    """The highest lower rung of which a segment comes in time; the lowest if none does."""
    rest: float
    """s that the rest of the request will take."""
    instead: float
    """s that a segment of it will take; if none comes in time, one of the rung above the lowest."""


def emergency(
    ladder: Ladder, progress: Progress, *, latency: float, rate: float
) -> Emergency | None:
    """What to do about a running request; None: let it run.

    `latency`: s to the first byte that are usual; `rate`: kbps that are relied on.
    """
    if not progress.reads or progress.media <= 0.0:
        return None
    loading = progress.reads[-1][0]
    if loading <= max(latency, progress.media / 2):
        return None
    received = sum(size for _, size in progress.reads)
    whole = progress.size or round(progress.media * ladder.rungs[progress.rung] * 125)
    seen = _rate(progress, received, rate) if received else rate
    rest = 8 * max(whole - received, 0) / 1000 / seen + (0.0 if received else latency)
    if rest <= progress.buffer:
        return None
    rung, instead = progress.rung - 1, float("inf")
    while rung > 0:
        instead = latency + progress.media * ladder.rungs[rung] / seen
        if instead < min(progress.buffer, progress.media + latency):
            break
        rung -= 1
    if instead >= rest or instead > UNREASONABLE * progress.media:
        return None
    return Emergency(rung, rest, instead)


def _rate(progress: Progress, received: int, relied_on: float) -> float:
    """kbps since the first byte."""
    loading = progress.reads[-1][0]
    streaming = loading - progress.reads[0][0]
    if streaming < INSTANT:
        streaming = min(loading, 8 * received / relied_on / 1e6)  # hls.js takes its s for ms
    return 8 * received / streaming / 1000
