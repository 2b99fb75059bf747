"""What different emulators say of one and the same trace. Pure."""

import base64
from collections.abc import Callable, Mapping
from functools import partial

from harness.conditions import CONDITIONS
from harness.results import Result
from harness.segment_level import segment_level
from harness.watched import Watched, emulated
from pytomo import trace
from pytomo.player import play
from pytomo.profiles import named
from pytomo.results import Playback

PLAYERS = {
    "mp4": "chromium",
    "webm": "chromium",
    "hls": "hls.js",
    "hls-fmp4": "hls.js",
    "dash": "dash.js",
}
"""What plays each kind of delivery: a real player, and the profile of it."""
MATCHING = "Pytomo"
"""With the profile of the player that it is compared with."""
KIND_OF = {condition.name: condition.kind for condition in CONDITIONS}

Emulator = Callable[[Result], Playback]


def _matching(result: Result) -> Playback:
    return _profile(PLAYERS[KIND_OF[result["condition"]]], result)


def _profile(name: str, result: Result) -> Playback:
    sample = result["sample"]
    return play(
        trace.decode(base64.b64decode(sample["trace"])),
        tracks=sample["tracks"],
        duration=sample["duration"],
        end=result["window"],
        profile=named(name),
    )


def _segment_level(result: Result) -> Playback:
    sample = result["sample"]
    return segment_level(
        trace.decode(base64.b64decode(sample["trace"])),
        bitrate=result["bitrate"],
        duration=sample["duration"],
        end=result["window"],
    )


EMULATORS: Mapping[str, Emulator] = {
    MATCHING: _matching,
    "profile pytomo": partial(_profile, "pytomo"),
    "profile pytomo-2011": partial(_profile, "pytomo-2011"),
    "segment level": _segment_level,
}
"""By name; the first one is judged, the others are shown beside it."""


def said(emulator: str, result: Result) -> Watched:
    """What an emulator says that a viewer saw of what arrived in a run of Pytomo."""
    return emulated(EMULATORS[emulator](result), result["window"])
