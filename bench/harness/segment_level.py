"""The classic segment-level simulator of streaming research, on our traces. Pure.

A video is so many segments of constant bitrate; one counts when its last byte is there, and
nothing else is known. Playback starts with the first segment, and stalls when the next one is not
there when it is due.
"""

from collections.abc import Iterable, Iterator

from pytomo.profiles import Profile
from pytomo.results import Arrival

SEGMENT = 4.0
"""Seconds."""
PROFILE = Profile("segment-level", 1, start=0.0, stall=0.0, resume=0.0)


def whole_segments(
    arrivals: Iterable[Arrival], bitrate: float, duration: float
) -> Iterator[Arrival]:
    """The arrivals with the media that the bytes so far would be, whatever track they are of.

    `bitrate` is the video's mean, kbps. They are played with `PROFILE`, as one track.
    """
    received, rate = 0, bitrate * 1000 / 8
    for arrival in arrivals:
        received += arrival.size
        media = received / rate
        whole = float("inf") if media >= duration else media // SEGMENT * SEGMENT
        yield Arrival(arrival.time, 0, arrival.size, whole)
