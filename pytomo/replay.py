"""Stored samples, played again: by the player that the row was measured with, or by others.

A row keeps all that its playback depends on (the arrivals, the number of tracks, VideoDuration,
DownloadTime and the label of its profile), so that the first is what was stored, to the bit.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import isfinite
from statistics import median
from typing import Any

from pytomo.player import play
from pytomo.profiles import PROFILES, Profile, stored_profile
from pytomo.results import Arrival, Playback

Row = Mapping[str, Any]
"""A row as `Database.rows` gives it."""

_MOST_TRACKS = 16
"""More than any video has: a database from elsewhere must not fill the memory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """What a viewer of a stored row would have seen with one player."""

    row: Row
    playback: Playback

    @property
    def label(self) -> str:
        """That of the profile, as rows keep it."""
        return self.playback.profile or ""

    @property
    def own(self) -> bool:
        """Whether it is the player that the row was measured with."""
        return self.label == str(self.row["Profile"] or PROFILES[0].label)


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """Replays of several rows with one player; None where none of them started."""

    label: str
    rows: int
    started: int
    startup_delay: float | None
    """Median, s, as those below: of the rows that started."""
    stall_count: float | None
    stalled_time: float | None
    stall_ratio: float | None
    without_stall: float | None
    """Share of the rows that started and had no stall."""
    freezes: int
    """Of all rows together."""


def own_profile(row: Row) -> Profile:
    """The profile that a row was played under. Raises ValueError where its label says nothing."""
    return stored_profile(row["Profile"] or PROFILES[0].label)


def all_profiles(row: Row) -> tuple[Profile, ...]:
    """The row's own profile, then all others that we know. Raises ValueError as `own_profile`."""
    own = own_profile(row)
    return (own, *(known for known in PROFILES if known.label != own.label))


def replay(row: Row, arrivals: Sequence[Arrival], tracks: int, profile: Profile) -> Playback:
    """What a viewer of a row would have seen with a player, of arrivals as `check` wants them."""
    return play(
        arrivals,
        tracks=tracks,
        duration=_known(row["VideoDuration"]),
        end=_known(row["DownloadTime"]) or arrivals[-1].time,
        profile=profile,
    )


def check(arrivals: Sequence[Arrival], tracks: int) -> None:
    """Raises ValueError for what cannot be a sample: no arrivals, or damaged ones."""
    if not arrivals:
        raise ValueError("nothing arrived")
    if not 1 <= tracks <= _MOST_TRACKS or any(not 0 <= a.track < tracks for a in arrivals):
        raise ValueError("damaged trace: its tracks are not those of the row")
    if any(late.time < early.time for early, late in pairwise(arrivals)):
        raise ValueError("damaged trace: its times are not in order")


def summaries(replays: Iterable[Replay]) -> list[Summary]:
    """One for each profile, in the order in which they come first."""
    found: dict[str, list[Playback]] = {}
    for each in replays:
        found.setdefault(each.label, []).append(each.playback)
    return [_summary(label, playbacks) for label, playbacks in found.items()]


def _summary(label: str, playbacks: Sequence[Playback]) -> Summary:
    started = [each for each in playbacks if each.startup_delay is not None]
    return Summary(
        label=label,
        rows=len(playbacks),
        started=len(started),
        startup_delay=_median(each.startup_delay for each in started),
        stall_count=_median(each.stall_count for each in started),
        stalled_time=_median(each.stalled_time for each in started),
        stall_ratio=_median(each.stall_ratio for each in started),
        without_stall=_share(started),
        freezes=sum(each.freeze_count or 0 for each in playbacks),
    )


def _share(started: Sequence[Playback]) -> float | None:
    smooth = sum(not each.stall_count for each in started)
    return smooth / len(started) if started else None


def _median(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return median(known) if known else None


def _known(cell: Any) -> float | None:
    """A number of seconds; SQLite keeps text and infinity in any column, too."""
    return cell if isinstance(cell, int | float) and isfinite(cell) else None
