"""All that one row tells: what led to its server, how long each phase took, how it played."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pytomo.analysis.curves import Curves, curves
from pytomo.analysis.phases import Phases, phases
from pytomo.errors import Outcome, Phase
from pytomo.replay import Row, all_profiles, own_profile, replay
from pytomo.results import Answer, Arrival, Freeze, Playback, Stall

_SAME_VISIT = ("Url", "Round", "CacheServerDelay")
"""What the rows of one visit of a video have in common: the page was asked for once."""
_NOT_CLOSER = 1e-3
"""Seconds by which a replay may differ from what is stored: traces keep microseconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """One row with all that belongs to it."""

    row: Row
    visit: tuple[Row, ...]
    """All rows of the visit of the video, this one included: its several addresses."""
    hops: tuple[Row, ...]
    """The rows of the servers that sent us on to this one, and this one last."""
    leads_to: Row | None
    """The row of the server that this one sent us to."""
    answers: tuple[Answer, ...]
    """What the resolvers said of the servers of `hops`."""
    stalls: tuple[Stall, ...]
    freezes: tuple[Freeze, ...]
    phases: Phases | None
    """None if no time is known."""
    curves: Curves | None
    silence: str
    """Why there are no curves, in one sentence; empty if there are."""
    replays: tuple[Playback, ...]
    """What the other player profiles would have seen of the same arrivals."""

    @property
    def playbacks(self) -> tuple[Playback, ...]:
        """What every player would have shown, that of the row first; none without curves."""
        return (self.curves.playback, *self.replays) if self.curves else ()

    @property
    def replayed(self) -> bool:
        """Whether the player of today says the same as the row."""
        if self.curves is None:
            return True
        playback, row = self.curves.playback, self.row
        stored = (row["StartupDelay"], row["BufferingDuration"], row["PlaybackDuration"])
        told = (playback.startup_delay, playback.stalled_time, playback.played_time)
        return all(map(_close, stored, told))


def visit(rows: Sequence[Row], row_id: int) -> tuple[Row, ...]:
    """The rows of the visit that a row belongs to, among neighbouring rows in their order."""
    at = next(index for index, row in enumerate(rows) if row["RowId"] == row_id)
    first = last = at
    while first > 0 and _together(rows[first - 1], rows[at]):
        first -= 1
    while last + 1 < len(rows) and _together(rows[last + 1], rows[at]):
        last += 1
    return tuple(rows[first : last + 1])


def hops(rows: Iterable[Row], row_id: int) -> tuple[Row, ...]:
    """The rows of a visit that redirected to a row, in their order, and this row."""
    found: list[Row] = []
    for row in rows:
        if found and found[-1]["Outcome"] != Outcome.REDIRECTED:
            found.clear()
        found.append(row)
        if row["RowId"] == row_id:
            break
    return tuple(found)


def story(
    row_id: int,
    rows: Sequence[Row],
    *,
    arrivals: Sequence[Arrival],
    tracks: int,
    stalls: Sequence[Stall],
    freezes: Sequence[Freeze] = (),
    answers: Sequence[Answer],
) -> Story:
    """The story of a row, one of the `rows` of its visit."""
    way = hops(rows, row_id)
    row = way[-1]
    drawn, silence = _curves(row, arrivals, tracks)
    return Story(
        row=row,
        visit=tuple(rows),
        hops=way,
        leads_to=_next(rows, row) if row["Outcome"] == Outcome.REDIRECTED else None,
        answers=tuple(answers),
        stalls=tuple(stalls),
        freezes=tuple(freezes),
        phases=_phases(rows, way, arrivals),
        curves=drawn,
        silence=silence,
        replays=_replays(row, arrivals, tracks) if drawn else (),
    )


def _together(row: Row, other: Row) -> bool:
    known = row["CacheServerDelay"] is not None
    return known and all(row[column] == other[column] for column in _SAME_VISIT)


def _next(rows: Sequence[Row], row: Row) -> Row | None:
    return next((later for later in rows if later["RowId"] > row["RowId"]), None)


def _curves(row: Row, arrivals: Sequence[Arrival], tracks: int) -> tuple[Curves | None, str]:
    if not arrivals:
        return None, _silence(row)
    try:
        sample = curves(
            arrivals,
            tracks=tracks,
            duration=row["VideoDuration"],
            end=row["DownloadTime"],
            profile=own_profile(row),
        )
    except ValueError as error:
        return None, f"What was stored of the arrivals cannot be drawn: {error}."
    return sample, ""


def _silence(row: Row) -> str:
    """Why nothing is known of arrivals."""
    outcome = row["Outcome"]
    if outcome is None:
        return "The first Pytomo did not keep when the bytes arrived."
    if outcome == Outcome.PROBED:
        return "Nothing was to be downloaded from this address: it was pinged only."
    if outcome == Outcome.REDIRECTED:
        return "This server sent us on to another one before any media came."
    if row["OutcomePhase"] in (Phase.EXTRACT, Phase.RESOLVE):
        return "It did not come to a download."
    return "No media arrived."


def _phases(rows: Sequence[Row], way: Sequence[Row], arrivals: Sequence[Arrival]) -> Phases | None:
    first_arrival = arrivals[0].time if arrivals else None
    began = 0.0
    if first_arrival is not None and _tried_before(rows, way):
        began = max(0.0, first_arrival - _connected(way[0]))
    found = phases(way, first_arrival=first_arrival, began=began)
    return found if found.spans else None


def _tried_before(rows: Sequence[Row], way: Sequence[Row]) -> bool:
    """Whether a player would have tried another address first, in vain (RFC 8305)."""
    first = way[0]
    earlier = (row for row in rows if row["RowId"] < first["RowId"])
    return len(way) == 1 and any(row["OutcomePhase"] == Phase.CONNECT for row in earlier)


def _connected(row: Row) -> float:
    """Seconds from dialling to the first byte."""
    return sum(row[column] or 0.0 for column in ("ConnectTime", "TlsTime", "TimeTogetFirstByte"))


def _replays(row: Row, arrivals: Sequence[Arrival], tracks: int) -> tuple[Playback, ...]:
    return tuple(replay(row, arrivals, tracks, other) for other in all_profiles(row)[1:])


def _close(stored: float | None, told: float | None) -> bool:
    if stored is None or told is None:
        return stored is told
    return abs(stored - told) <= _NOT_CLOSER
