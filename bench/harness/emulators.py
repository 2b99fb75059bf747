"""What different emulators say of one and the same trace. Pure."""

import base64
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import NamedTuple

from harness import segment_level
from harness.conditions import CONDITIONS
from harness.results import Result
from harness.segment_level import whole_segments
from harness.watched import Watched, emulated
from pytomo import trace
from pytomo.player import Player, play
from pytomo.profiles import Profile, named
from pytomo.results import Arrival

PLAYERS = {
    "mp4": "chromium",
    "webm": "chromium",
    "hls": "hls.js",
    "dash": "dash.js",
}
"""What plays each kind of delivery: a real player, and the profile of it."""
MATCHING = "Pytomo"
"""With the profile of the player that it is compared with."""
KIND_OF = {condition.name: condition.kind for condition in CONDITIONS}


class Played(NamedTuple):
    """What is played: arrivals of so many tracks, by the player of a profile."""

    profile: Profile
    arrivals: Sequence[Arrival]
    tracks: int


Emulator = Callable[[Result], Played]


def _matching(result: Result) -> Played:
    return _profile(PLAYERS[KIND_OF[result["condition"]]], result)


def _profile(name: str, result: Result) -> Played:
    return Played(named(name), _arrivals(result), result["sample"]["tracks"])


def _segment_level(result: Result) -> Played:
    duration = result["sample"]["duration"]
    whole = tuple(whole_segments(_arrivals(result), result["bitrate"], duration))
    return Played(segment_level.PROFILE, whole, 1)


def _arrivals(result: Result) -> Sequence[Arrival]:
    return trace.decode(base64.b64decode(result["sample"]["trace"]))


EMULATORS: Mapping[str, Emulator] = {
    MATCHING: _matching,
    "profile pytomo": partial(_profile, "pytomo"),
    "profile pytomo-2011": partial(_profile, "pytomo-2011"),
    "segment level": _segment_level,
}
"""By name; the first one is judged, the others are shown beside it."""


def said(emulator: str, result: Result) -> Watched:
    """What an emulator says that a viewer saw of what arrived in a run of Pytomo."""
    profile, arrivals, tracks = EMULATORS[emulator](result)
    duration, window = result["sample"]["duration"], result["window"]
    playback = play(arrivals, tracks=tracks, duration=duration, end=window, profile=profile)
    player = Player(profile, tracks=tracks, duration=duration)
    return emulated(playback, window, tuple(_buffer(player, arrivals, window)))


def _buffer(player: Player, arrivals: Sequence[Arrival], window: float) -> Iterator[float]:
    """Seconds in the buffer at each whole second."""
    waiting = iter(arrivals)
    following = next(waiting, None)
    for second in range(int(window) + 1):
        while following is not None and following.time <= second:
            player.arrive(following)
            following = next(waiting, None)
        yield player.buffer(second)
