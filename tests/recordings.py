"""Recordings of a playhead as `bench/harness` keeps them, made up from what happened."""

from collections.abc import Sequence
from typing import Any

INTERVAL = 0.05
"""Seconds between two samples."""
AUDIBLE = 0.064
"""Seconds of sound in the sound card's buffer: the playhead is so much behind the events."""

Stop = tuple[float, float]
"""When the playhead stops, and when it goes on."""


def recording(
    startup: float | None,
    stops: Sequence[Stop] = (),
    *,
    end: float = 32.0,
    pictures: Sequence[Sequence[float | None]] = (),
) -> dict[str, Any]:
    """What a page would have written down."""
    waits = [(0.0, end if startup is None else startup), *stops]
    times = [round(index * INTERVAL, 4) for index in range(int(end / INTERVAL) + 1)]
    samples = [[time, _position(time - AUDIBLE, waits), 0.0, 4, 1, False] for time in times]
    events: list[list[Any]] = [[0.0, "waiting", 0, 0, 0, 1, False]]
    if startup is not None:
        events.append([startup, "playing", 0, 0, 4, 1, False])
    for begin, over in stops:
        events.append([begin, "waiting", _position(begin - AUDIBLE, waits), 0, 2, 1, False])
        if over < end:
            events.append([over, "playing", _position(over, waits), 0, 4, 1, False])
    return {"samples": samples, "events": events, "pictures": pictures, "last_picture": end}


def _position(time: float, waits: Sequence[Stop]) -> float:
    return max(time, 0.0) - sum(min(time, over) - begin for begin, over in waits if begin < time)
