"""What ITU-T P.1203 takes to score a row: bitrates, sizes, frame rates and stalls (mode 0).

The form is that of the reference software, https://github.com/itu-p1203/itu-p1203 (its README,
"JSON Input Format"), whose names for the inputs are those of the Recommendation: I.GEN, I.11
(sound), I.13 (picture) and I.23 (stalling). Times are in media time, bitrates in kbps.
"""

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pytomo.database import ROW_ID, Database, quoted
from pytomo.errors import UsageError
from pytomo.results import Arrival, Stall

NAME = "p1203"
TEXT = "what ITU-T P.1203 takes to score a row, an object a line, or alone with --row."
DEVICES = ("pc", "mobile")
_COLUMNS = (
    *(ROW_ID, "Url", "StartupDelay", "PlaybackDuration", "VideoDuration"),
    *("VideoCodec", "AudioCodec", "VideoWidth", "VideoHeight", "VideoFps"),
)
_NEEDED = ("VideoCodec", "VideoWidth", "VideoHeight", "VideoFps")
_SOUND = {"aac": "aaclc", "ac3": "ac3", "mp2": "mp2"}
"""The codecs of sound that ITU-T P.1203.2 knows, and the software's names for them."""

Report = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Screen:
    """What the viewer is supposed to look at (I.GEN)."""

    device: str = "pc"
    size: str = "1920x1080"
    """Width and height, pixels."""
    distance: str = "150cm"
    """From which it is looked at; the software does not use it."""


@dataclass(frozen=True, slots=True)
class Input:
    """What a row gives to be scored."""

    row_id: int
    url: str
    report: Report | None
    """None: the row cannot be scored."""
    note: str = ""
    """Why it cannot, or what of it is not scored."""


def lines(path: Path, screen: Screen, row_id: int | None = None) -> Iterator[bytes]:
    """The reports of all rows that can be scored, one a line; or that of one row, over many lines.

    Raises CrawlError for a file that cannot be read, UsageError for a row that is not there or
    cannot be scored.
    """
    for found in inputs(path, screen, row_id):
        if row_id is None and found.report is not None:
            yield (json.dumps(found.report) + "\n").encode()
        elif found.report is not None:
            yield (json.dumps(found.report, indent=2) + "\n").encode()
        elif row_id is not None:
            raise UsageError(f"row {row_id} cannot be scored: {found.note}")


def inputs(path: Path, screen: Screen, row_id: int | None = None) -> Iterator[Input]:
    """What each row gives, or the one row; raises as `lines`."""
    names = ", ".join(quoted(name) for name in _COLUMNS)
    where = f"WHERE {ROW_ID} = {row_id:d}" if row_id is not None else ""
    sql = f"SELECT {names} FROM measurements {where} ORDER BY ID, {ROW_ID}"
    with Database(path) as database:
        there = False
        for cells in database.query(sql):
            there = True
            yield _input(database, dict(zip(_COLUMNS, cells, strict=True)), screen)
        if row_id is not None and not there:
            raise UsageError(f"there is no row {row_id} in {path}")


def _input(database: Database, row: Mapping[str, Any], screen: Screen) -> Input:
    number, url = int(row[ROW_ID]), str(row["Url"])
    if not row["PlaybackDuration"] or row["StartupDelay"] is None:
        return Input(number, url, None, "nothing of it was played")
    missing = [name for name in _NEEDED if not row[name]]
    if missing:
        return Input(number, url, None, f"{', '.join(missing)} unknown")
    rates = bitrates(database.trace(number), database.tracks(number), row["VideoDuration"])
    if not rates or None in rates:
        return Input(number, url, None, "the bitrate is unknown")
    report = p1203_report(row, [rate for rate in rates if rate], database.stalls(number), screen)
    left_out = len(rates) > 1 and not report["I11"]["segments"]
    return Input(number, url, report, f"without its sound: {row['AudioCodec']}" * left_out)


def p1203_report(
    row: Mapping[str, Any], rates: Sequence[float], stalls: Sequence[Stall], screen: Screen
) -> Report:
    """The report of a row, whose bitrates are those of its tracks, the picture first."""
    played = row["PlaybackDuration"]
    picture = {
        "codec": row["VideoCodec"],
        "start": 0.0,
        "duration": played,
        "resolution": f"{row['VideoWidth']}x{row['VideoHeight']}",
        "bitrate": rates[0],
        "fps": row["VideoFps"],
    }
    codec = _SOUND.get(row["AudioCodec"])
    sound = [
        {"codec": codec, "start": 0.0, "duration": played, "bitrate": rate}
        for rate in rates[1:]
        if codec
    ]
    # Without an event at 0 the software would move all others there.
    stalling = [[0.0, row["StartupDelay"]], *([s.position, s.length] for s in stalls)]
    stream = {"streamId": row[ROW_ID]}
    return {
        "IGen": {
            "device": screen.device,
            "displaySize": screen.size,
            "viewingDistance": screen.distance,
        },
        "I11": {**stream, "segments": sound},
        "I13": {**stream, "segments": [picture]},
        "I23": {**stream, "stalling": stalling},
    }


def bitrates(
    arrivals: Sequence[Arrival], tracks: int, duration: float | None
) -> list[float | None]:
    """The bitrate (kbps) of what came of each track; None where no media can be told."""
    return [
        _bitrate([arrival for arrival in arrivals if arrival.track == track], duration)
        for track in range(tracks)
    ]


def _bitrate(arrivals: Sequence[Arrival], duration: float | None) -> float | None:
    """Of the bytes that came up to the last one that brought something to play."""
    size, most, needed = 0, 0.0, 0
    for arrival in arrivals:
        size += arrival.size
        media = (duration or 0.0) if math.isinf(arrival.playable) else arrival.playable
        if media > most:
            most, needed = media, size
    return 8 * needed / most / 1000 if most else None
