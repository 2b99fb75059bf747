"""What was to be seen at each moment of a sample: waiting, playing, frozen, stalled or over."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum, unique

from pytomo.results import Freeze, Playback, Stall


@unique
class Seen(StrEnum):
    """What a viewer sees."""

    WAITING = "waiting to start"
    PLAYING = "playing"
    FROZEN = "frozen: sound only"
    STALLED = "stalled"
    OVER = "over"


@dataclass(frozen=True, slots=True)
class Stretch:
    """A time in which a viewer sees the same; seconds since the first media request."""

    seen: Seen
    start: float
    end: float


def lane(playback: Playback, end: float) -> tuple[Stretch, ...]:
    """The stretches of a playback until the sample's end, one after the other, none empty."""
    found, reached = [], 0.0
    for stretch in _told(playback, end):
        start, stop = max(reached, stretch.start), min(end, stretch.end)
        if start < stop:
            if reached < start:
                found.append(Stretch(Seen.PLAYING, reached, start))
            found.append(Stretch(stretch.seen, start, stop))
            reached = stop
    if reached < end:
        found.append(Stretch(Seen.PLAYING, reached, end))
    return tuple(found)


def _told(playback: Playback, end: float) -> Iterator[Stretch]:
    """All that is not playing, in the order of time."""
    if playback.startup_delay is None:
        yield Stretch(Seen.WAITING, 0.0, end)
        return
    yield Stretch(Seen.WAITING, 0.0, playback.startup_delay)
    pauses: list[tuple[Stall | Freeze, Seen]] = [(stall, Seen.STALLED) for stall in playback.stalls]
    pauses += [(freeze, Seen.FROZEN) for freeze in playback.freezes]
    for pause, seen in sorted(pauses, key=lambda told: told[0].start):
        yield Stretch(seen, pause.start, pause.start + pause.length)
    over = playback.startup_delay + (playback.stalled_time or 0.0) + (playback.played_time or 0.0)
    yield Stretch(Seen.OVER, over, end)
