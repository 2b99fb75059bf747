"""The stored samples of a database, played again under any profile: as a table and in words."""

import io
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table as Drawn
from rich.text import Text

from pytomo.console import printable
from pytomo.database import ROW_ID, TABLE, Database
from pytomo.errors import CrawlError, UsageError
from pytomo.export import Format, Lost, batches
from pytomo.export.tables import MEASUREMENTS, Column, Table
from pytomo.profiles import Profile
from pytomo.replay import Replay, Row, Summary, all_profiles, check, replay, summaries
from pytomo.results import COLUMNS

_PLAYBACK = tuple(metric for metric in COLUMNS if metric.part == "playback")
_OF_THE_ROW = (ROW_ID, "ID", "Url", "Title")
COLUMNS_OF_A_REPLAY = (
    *(column for name in _OF_THE_ROW for column in MEASUREMENTS.columns if column.name == name),
    Column("Measured", bool, "Whether it is the player that the row was measured with."),
    *(Column(metric.column, metric.type, metric.text, metric.unit) for metric in _PLAYBACK),
)
_WORDS = "video, and each player"
HEADINGS = ("row", _WORDS, "start", "stalls", "stalled", "ratio", "freezes", "played")
_NAME = 60
"""Characters of a title in the table."""
_WIDE = 120
"""Columns of text where the output is no terminal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is to be played again."""

    profiles: Sequence[Profile] = ()
    """None of them: the row's own and all others."""
    rows: Collection[int] = ()
    """Their numbers; none: all."""


@dataclass(slots=True)
class Skipped:
    """The rows that could not be played again."""

    without_trace: int = 0
    damaged: list[str] = field(default_factory=list)
    """What is wrong, in one line each."""


def replays(database: Database, wanted: Wanted, skipped: Skipped) -> Iterator[Replay]:
    """The replays of the rows of a database, in the order of time; `skipped` is told of others.

    Raises UsageError where there are none: the database has no traces, or not these rows.
    """
    if database.table != TABLE:
        text = "is of the first Pytomo, which kept no traces: nothing can be played again"
        raise UsageError(f"{database.path} {text}")
    missing = set(wanted.rows)
    for row in database.rows():
        if not wanted.rows or row[ROW_ID] in wanted.rows:
            missing.discard(row[ROW_ID])
            yield from _replayed(database, row, wanted, skipped)
    if missing:
        raise UsageError(f"{database.path} has no row {min(missing)}")


def _replayed(database: Database, row: Row, wanted: Wanted, skipped: Skipped) -> Iterator[Replay]:
    try:
        arrivals, tracks = database.trace(row[ROW_ID]), database.tracks(row[ROW_ID])
        if not arrivals:
            skipped.without_trace += 1
            return
        check(arrivals, tracks)
        profiles = wanted.profiles or all_profiles(row)
    except (CrawlError, ValueError) as error:
        skipped.damaged.append(f"row {row[ROW_ID]} left out: {error}")
        return
    for profile in profiles:
        yield Replay(row=row, playback=replay(row, arrivals, tracks, profile))


def as_data(path: Path, form: Format, wanted: Wanted, skipped: Skipped) -> Iterator[bytes]:
    """The replays in one of the formats of exports, piece by piece. Raises as `replays`."""
    read = partial(_cells, wanted=wanted, skipped=skipped)
    table = Table("replays", "The rows, played again.", COLUMNS_OF_A_REPLAY, read)
    with Database(path) as database:
        yield from form.encode(table, batches(table, database, lost=Lost()))


def _cells(database: Database, wanted: Wanted, skipped: Skipped) -> Iterator[tuple[Any, ...]]:
    for each in replays(database, wanted, skipped):
        played = (getattr(each.playback, metric.field) for metric in _PLAYBACK)
        yield *(each.row[name] for name in _OF_THE_ROW), each.own, *played


def as_text(
    path: Path, wanted: Wanted, skipped: Skipped, *, width: int | None = None
) -> Iterator[bytes]:
    """The replays as a table for people, and a line for each player; raises as `replays`.

    `width` is that of the terminal, if there is one.
    """
    with Database(path) as database:
        found = list(replays(database, wanted, skipped))
    yield _drawn(found, width)
    for line in sentences(summaries(found), skipped):
        yield f"{printable(line)}\n".encode()


def sentences(found: Sequence[Summary], skipped: Skipped) -> Iterator[str]:
    """How the rows played with each player, and how many could not be played again."""
    for summary in found:
        yield f"{summary.label}: {_sentence(summary)}."
    yield from notes(skipped)


def notes(skipped: Skipped) -> Iterator[str]:
    """How many rows could not be played again, and why."""
    if count := skipped.without_trace:
        yield f"{count} {'row has' if count == 1 else 'rows have'} no trace: nothing arrived."
    yield from skipped.damaged


def _sentence(summary: Summary) -> str:
    rows = f"{summary.rows} {'row' if summary.rows == 1 else 'rows'}"
    if summary.startup_delay is None or summary.without_stall is None:
        return f"{rows}, none of which started"
    started = "" if summary.started == summary.rows else f", {summary.started} of which started"
    freezes = f", {summary.freezes} freezes in all" if summary.freezes else ""
    return (
        f"{rows}{started}; median start {_seconds(summary.startup_delay)}, "
        f"{summary.without_stall:.0%} without a stall; median stalled "
        f"{_seconds(summary.stalled_time)}, stall ratio {_percent(summary.stall_ratio)}{freezes}"
    )


def _drawn(found: Sequence[Replay], width: int | None) -> bytes:
    """The table, with colours on a terminal."""
    table = Drawn(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for heading in HEADINGS:
        words = heading == _WORDS
        table.add_column(heading, justify="left" if words else "right", no_wrap=not words)
    names = _names(found)
    for row_id, of_the_row in groupby(found, key=lambda each: each.row[ROW_ID]):
        for number, each in enumerate(of_the_row):
            if not number:
                table.add_row(str(row_id), Text(_title(each.row), style="dim"))
            table.add_row("", *_row_cells(each, names[each.label]), style=_style(each))
    text = io.StringIO()
    terminal = width is not None
    Console(file=text, width=width or _WIDE, force_terminal=terminal).print(table)
    return text.getvalue().encode()


def _names(found: Sequence[Replay]) -> Mapping[str, str]:
    """What each label is called: its name and version, where that is enough to tell it."""
    labels = dict.fromkeys(each.label for each in found)
    short = Counter(label.partition(" ")[0] for label in labels)
    return {
        label: label if short[label.partition(" ")[0]] > 1 else label.partition(" ")[0]
        for label in labels
    }


def _title(row: Row) -> str:
    return printable(str(row["Title"] or row["Url"] or ""))[:_NAME]


def _style(each: Replay) -> str | None:
    return "bold" if each.own else None


def _row_cells(each: Replay, player: str) -> tuple[Text | str, ...]:
    """The cells of a line behind that of the row."""
    played = each.playback
    return (
        Text(f"  {printable(player)}{' (measured)' if each.own else ''}"),
        _seconds(played.startup_delay),
        _count(played.stall_count),
        _seconds(played.stalled_time),
        _percent(played.stall_ratio),
        _count(played.freeze_count),
        _seconds(played.played_time),
    )


def _seconds(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f} s"


def _percent(value: float | None) -> str:
    return "-" if value is None else f"{value:.1%}"


def _count(value: int | None) -> str:
    return "-" if value is None else str(value)
