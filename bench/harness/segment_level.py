"""The classic segment-level simulator of streaming research, on our traces. Pure.

A video is so many segments of constant bitrate; one counts when its last byte is there, and
nothing else is known. Playback starts with the first segment, and stalls when the next one is not
there when it is due.
"""

from collections.abc import Iterator, Sequence

from pytomo.player import Profile, play
from pytomo.results import Arrival, Playback

SEGMENT = 4.0
"""Seconds."""
PROFILE = Profile("segment-level", 1, start=0.0, stall=0.0, resume=0.0)


def segment_level(
    arrivals: Sequence[Arrival], *, bitrate: float, duration: float, end: float
) -> Playback:
    """What such a simulator says of the bytes that arrived; `bitrate` is the video's mean, kbps."""
    whole = list(_whole_segments(arrivals, bitrate * 1000 / 8, duration))
    return play(whole, tracks=1, duration=duration, end=end, profile=PROFILE)


def _whole_segments(arrivals: Sequence[Arrival], rate: float, duration: float) -> Iterator[Arrival]:
    """The arrivals with the media that the bytes so far would be, whatever track they are of."""
    received = 0
    for arrival in arrivals:
        received += arrival.size
        media = received / rate
        whole = float("inf") if media >= duration else media // SEGMENT * SEGMENT
        yield Arrival(arrival.time, 0, arrival.size, whole)
