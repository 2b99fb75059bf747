"""Video players as the player model knows them: when each starts, stalls and resumes.

`docs/player.md` tells where each number comes from. A row keeps the label of its profile, which
holds all that its playback depends on, so that the row can be replayed when the numbers here have
changed.
"""

from dataclasses import dataclass, replace
from math import inf
from typing import Any, Protocol

FIRST_PYTOMO = "pytomo-2011"


@dataclass(frozen=True, slots=True)
class Profile:
    """A video player: the media in its buffer (s) at which it starts, stalls and resumes."""

    name: str
    version: int
    """Raised whenever a number of the profile changes, so that rows stay comparable."""
    start: float
    """Playback first starts at this buffer (and more than `stall`)."""
    stall: float
    """Playback stalls when the buffer has drained to this."""
    resume: float
    """A stall ends at this buffer (and more than `stall`)."""
    first_resumes: tuple[float, ...] = ()
    """The same for the first stalls, one each, of a player that grows more careful."""
    whole: bool = False
    """Only whole segments count: media is appended to a SourceBuffer (Media Source Extensions)."""
    blocks: bool = False
    """Of a file, only whole blocks of `results.BLOCK` bytes count."""
    patience: float = 0.0
    """Seconds that sound goes on over a frozen picture before it is a stall."""
    latency: float = 0.0
    """Seconds from the arrival of media to the moment at which it can be played."""
    setup: float = 0.0
    """Seconds that it takes once, when there is enough to start, until it plays."""
    parallel: bool = False
    """Tracks are fetched at the same time, on connections of their own."""
    target: float = inf
    """Seconds of buffer at which it stops to fetch, if it does."""
    target_bytes: int = 0
    """The same in bytes: it stops at the larger one of both."""
    lead: float = inf
    """Seconds that the sound is fetched ahead of the picture at most, but for one segment."""

    @property
    def label(self) -> str:
        """Name, version and all that playback depends on, in one line, as rows keep it."""
        resumes = ",".join(map(_told, (*self.first_resumes, self.resume)))
        marks = [f"{self.name}/{self.version}", f"start={_told(self.start)}"]
        marks += [f"stall={_told(self.stall)}", f"resume={resumes}"]
        marks += [f"{name}={_told(value)}" for name in _TIMES if (value := getattr(self, name))]
        marks += [name for name in _TRAITS if getattr(self, name)]
        return " ".join(marks)

    def full(self, bitrate: float | None) -> float:
        """Seconds of buffer at which it stops to fetch media of a bitrate (kbps)."""
        return max(self.target, 8 * self.target_bytes / 1000 / bitrate if bitrate else 0.0)

    def resume_from(self, stalls: int) -> float:
        """The buffer (s) that ends a stall which `stalls` others came before."""
        return (*self.first_resumes[stalls : stalls + 1], self.resume)[0]


_TIMES = ("patience", "latency", "setup")
_TRAITS = ("whole", "blocks")
"""What a label tells only where it is so."""
_CAREFUL = (0.4, 0.8, 1.6)
"""Chromium's audio renderer doubles its threshold at each underflow, from 0.2 up to 3 s."""

PROFILES = (
    Profile("pytomo", 1, start=2.0, stall=0.1, resume=1.0),
    # The first Pytomo, with its errors: first_pytomo.py.
    Profile(FIRST_PYTOMO, 1, start=2.0, stall=0.1, resume=1.0),
    # A <video> element of Chromium on a progressive file.
    Profile(
        "chromium",
        1,
        start=0.2,
        stall=0.0,
        resume=3.0,
        first_resumes=_CAREFUL,
        blocks=True,
        patience=3.0,
        setup=0.03,
        target=12.0,
        target_bytes=3 * 2**20,
    ),
    # The same with Media Source Extensions, to which hls.js 1.7.4 appends whole segments.
    Profile(
        "hls.js",
        1,
        start=0.2,
        stall=0.0,
        resume=3.0,
        first_resumes=_CAREFUL,
        whole=True,
        patience=3.0,
        latency=0.05,
        parallel=True,
        target=30.0,
        target_bytes=60_000_000,
    ),
    # And dash.js 5.2.1, at its top quality.
    Profile(
        "dash.js",
        1,
        start=0.2,
        stall=0.0,
        resume=3.0,
        first_resumes=_CAREFUL,
        whole=True,
        patience=3.0,
        parallel=True,
        target=30.0,
        lead=1.0,
    ),
    # DefaultLoadControl of Media3 1.6.
    Profile("exoplayer", 1, 1.0, stall=0.0, resume=2.0, parallel=True, target=50.0, lead=0.0),
)
"""The default one first; `docs/player.md` tells where their numbers come from."""

NAMES = tuple(profile.name for profile in PROFILES)


def named(name: str) -> Profile:
    """The profile of a name of `NAMES`. Raises ValueError for any other."""
    for known in PROFILES:
        if known.name == name:
            return known
    raise ValueError(f"{name!r} is no player profile: choose one of {', '.join(NAMES)}")


def stored_profile(label: str) -> Profile:
    """The profile that a row was played under: the inverse of `Profile.label`.

    What only fetching depends on is not kept. Raises ValueError for what is no such label.
    """
    name_and_version, *marks = label.split(" ")
    name, _, version = name_and_version.partition("/")
    told = dict(mark.partition("=")[::2] for mark in marks)
    try:
        *first, resume = map(float, told.pop("resume").split(","))
        start, stall = float(told.pop("start")), float(told.pop("stall"))
        known = Profile(name, int(version), start, stall, resume, tuple(first))
        extra: dict[str, Any] = {mark: _value(mark, text) for mark, text in told.items()}
        return replace(known, **extra)
    except (KeyError, ValueError):
        raise ValueError(f"{label!r} is no player profile") from None


def _told(number: float) -> str:
    """In as few digits as say just this number: what is read from it is the same to the bit."""
    short = f"{number:g}"
    return short if float(short) == number else repr(number)


def _value(mark: str, text: str) -> float | bool:
    """What a mark of a label says; raises KeyError or ValueError where it says nothing."""
    if mark in _TIMES:
        return float(text)
    return dict.fromkeys(_TRAITS, True)[mark]


class Settings(Protocol):
    """The settings that a crawl's profile follows (those of `Config`)."""

    @property
    def profile(self) -> str:
        """Its name."""

    @property
    def buffering_video_duration(self) -> float:
        """Media to buffer before the start, ms: for the profile `pytomo`."""

    @property
    def min_playout_buffer_size(self) -> float:
        """Buffer at which playback stalls, s: for the profile `pytomo`."""


def profile(config: Settings) -> Profile:
    """The profile that the settings ask for; the default one has the thresholds they give."""
    wanted = named(config.profile)
    if wanted is not PROFILES[0]:
        return wanted
    start, stall = config.buffering_video_duration / 1000, config.min_playout_buffer_size
    return replace(wanted, start=start, stall=stall)
