"""Statistics computed from what other steps measured."""

from collections.abc import Sequence

from pytomo.results import Arrival, Media, Quality, Response

_RESOLUTION = 1e-6
"""s: times closer than this are the same, as in a stored trace."""


def quality(response: Response | None, media: Media | None) -> Quality:
    """How the download compares with what the video needs; None where a part is unknown.

    A paced download takes what the video needs, whatever the network could do.
    """
    if response is None or media is None or response.paced:
        return Quality()
    return Quality(reception_ratio=_ratio(response.average_throughput, media.encoding_rate))


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
