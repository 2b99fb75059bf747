"""When dash.js 5.2.1 gives up a running request.

Source: dash.js 5.2.1, `src/streaming/rules/abr/AbandonRequestsRule.js`.
"""

from collections.abc import Iterator, Sequence

from pytomo.abr.rule import Ladder, Progress

SAMPLES = 6
"""Progress events that it takes to judge."""
FIRST = 0.5
"""s since the first of them that it takes."""
SLOWER = 1.8
"""A request that will take this many times its media is too slow."""
INTERVAL = 0.05
"""s: a browser tells the progress of a request no more often (XMLHttpRequest standard)."""


def slower_rung(ladder: Ladder, progress: Progress, *, stable: float) -> int | None:
    """The rung to ask for instead of a request that takes too long; None: let it run.

    Above a buffer of `stable` seconds nothing is given up.
    """
    rate = _rate(tuple(_events(progress.reads)))
    received = sum(size for _, size in progress.reads)
    if rate is None or progress.size is None or progress.rung == 0 or progress.buffer > stable:
        return None
    remaining = progress.size - received
    if remaining <= 0 or 8 * progress.size / 1000 < rate * progress.media * SLOWER:
        return None
    rung = ladder.sustained(rate)
    instead = progress.size * ladder.rungs[rung] / ladder.rungs[progress.rung]
    return rung if remaining > instead else None


def _events(reads: Sequence[tuple[float, int]]) -> Iterator[tuple[float, int]]:
    """Time and bytes so far, at most once in an interval."""
    last: float | None = None
    received = 0
    for time, size in reads:
        received += size
        if last is None or time >= last + INTERVAL:
            last = time
            yield time, received


def _rate(events: Sequence[tuple[float, int]]) -> float | None:
    """kbps since the first event, which has the latency in it; None: too early to tell."""
    if len(events) < SAMPLES or events[-1][0] - events[0][0] <= FIRST:
        return None
    return 8 * (events[-1][1] - events[0][1]) / (events[-1][0] - events[0][0]) / 1000
