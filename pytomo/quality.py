"""Statistics computed from what other steps measured."""

from collections.abc import Sequence
from dataclasses import replace

from pytomo.results import Arrival, Media, Playback, Quality, Response

LONG = 1.0
"""s from which a stall is a long one."""

_RESOLUTION = 1e-6
"""s: times closer than this are the same, as in a stored trace."""


def quality(
    response: Response | None,
    media: Media | None,
    playback: Playback | None = None,
    *,
    min_playout_delay: float | None = None,
) -> Quality:
    """How the download compares with what the video needs, and the stalls in figures.

    A statistic is None where a part of it is unknown: those of the stalls without a start. A paced
    download takes what the video needs, whatever the network could do.
    """
    paced = response is not None and response.paced
    stalls = _of_stalls(playback) if playback and playback.stall_count is not None else Quality()
    return replace(
        stalls,
        reception_ratio=_ratio(
            response.average_throughput if response and not paced else None,
            media.encoding_rate if media else None,
        ),
        min_playout_delay=min_playout_delay,
    )


def _of_stalls(playback: Playback) -> Quality:
    """The stalls of a playback that started; definitions and sources: `docs/statistics.md`."""
    stalled, played = playback.stalled_time or 0.0, playback.played_time or 0.0
    count = playback.stall_count or 0
    long = [stall.length for stall in playback.stalls if stall.length >= LONG - _RESOLUTION]
    return Quality(
        stall_media_ratio=_ratio(stalled, played),
        stall_frequency=_ratio(60.0 * count, stalled + played),
        mean_stall=_ratio(stalled, count),
        long_stalls=len(long),
        long_stall_time=sum(long, 0.0),
    )


def _ratio(value: float | None, reference: float | None) -> float | None:
    return value / reference if value is not None and reference else None


def max_throughput(arrivals: Sequence[Arrival], end: float, *, window: float = 1.0) -> float | None:
    """Highest throughput (kbps) over any `window` seconds of the sample that ended at `end`.

    A sample shorter than the window has its average; one without a byte or without length has
    None. A window is open at its beginning: of two arrivals just 1 s apart it holds one, so that
    a steady flow has its own rate. `arrivals` are in order of time.
    """
    if not arrivals or end <= 0:
        return None
    if end < window:
        return 8 * sum(arrival.size for arrival in arrivals) / end / 1000
    return 8 * _most_bytes(arrivals, window) / window / 1000


def _most_bytes(arrivals: Sequence[Arrival], window: float) -> int:
    most = held = oldest = 0
    for arrival in arrivals:
        held += arrival.size
        while arrivals[oldest].time <= arrival.time - window + _RESOLUTION:
            held -= arrivals[oldest].size
            oldest += 1
        most = max(most, held)
    return most
