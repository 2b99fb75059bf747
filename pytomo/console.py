"""What people see while a crawl runs: the step at work, a line for each row, a summary."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from rich import box
from rich.console import Console
from rich.status import Status
from rich.table import Table
from rich.text import Text

from pytomo.errors import Outcome
from pytomo.results import Playback, Row
from pytomo.summary import QUICK_START, UNREMARKABLE, Group, Tally, group

HEADINGS = (
    ("outcome", 16),
    ("start", 7),
    ("stalls", 10),
    ("rate", 9),
    ("×video", 6),
    ("RTT", 8),
    ("server", 33),
    ("AS", 8),
    ("resolvers", 21),
    ("address", 15),
    ("AS name", 20),
)
UNKNOWN = "-"


class Output(Console):
    """A console whose reader may go away: the crawl goes on."""

    def on_broken_pipe(self) -> None:
        """Print to nowhere from now on."""
        self.quiet = True
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


class Display:
    """Shows a crawl on a terminal; plain lines where the output is none."""

    def __init__(self, console: Console | None = None, *, quiet: bool = False) -> None:
        self._console = console or Output(highlight=False, quiet=quiet)
        self._live = self._console.is_terminal and not quiet
        self._status: Status | None = None
        self._heading_shown = False

    def say(self, text: str) -> None:
        """A line that stays."""
        self._console.print(Text(printable(text)), soft_wrap=not self._console.is_terminal)

    def tell(self, step: str) -> None:
        """What is being done now: shown until the next step, on a terminal only."""
        if not self._live:
            return
        text = Text(printable(step))
        text.truncate(self._console.width - len("- "), overflow="ellipsis")
        if self._status is None:
            self._status = self._console.status(text)
            self._status.start()
        else:
            self._status.update(text)

    def __call__(self, row: Row) -> None:
        """The line of a finished row."""
        if not self._heading_shown:
            self._heading_shown = True
            self._print(Text(_line(tuple(name for name, _ in HEADINGS)) + "video", style="bold"))
        self._print(Text(_line(_cells(row)) + _video(row), style=_style(row)))

    def summary(self, tally: Tally, resolvers: tuple[str, ...], places: Mapping[str, Path]) -> None:
        """How the videos played, for each resolver, and where it is all kept."""
        self.close()
        for line in sentences(tally):
            self.say(line)
        if tally.measured:
            self._console.print(_table(tally, resolvers))
        for name, path in places.items():
            self.say(f"{name:<10} {path}")

    def close(self) -> None:
        """Take away the line of the current step."""
        if self._status is not None:
            self._status.stop()
            self._status = None

    def _print(self, text: Text) -> None:
        """A line that a terminal cuts at its edge, and a file keeps whole."""
        if self._console.is_terminal:
            self._console.print(text, no_wrap=True, overflow="ellipsis")
        else:
            self._console.print(text, soft_wrap=True)


def printable(text: str) -> str:
    """Text from strangers without what could steer a terminal."""
    return "".join(char if char.isprintable() else "�" for char in text)


def sentences(tally: Tally) -> list[str]:
    """The crawl in words: what was tried, and how it played."""
    everything = group("all", tally.plays)
    samples = _counted(everything.plays, "sample")
    told = [f"{_counted(tally.urls, 'video')} tried, {samples} measured."]
    if everything.plays:
        told.append(
            f"{_percent(everything.quick_starts)} of them started within {QUICK_START:g} s, "
            f"{_percent(everything.without_stalls)} played without a stall; "
            f"median start {_seconds(everything.startup_delay)}, "
            f"{_percent(everything.stall_ratio)} of the watching time was spent stalled."
        )
    troubles = tally.troubles()
    if troubles:
        listed = ", ".join(f"{number} {name}" for name, number in troubles.most_common())
        told.append(f"Not measured: {listed}.")
    return told


def _table(tally: Tally, resolvers: tuple[str, ...]) -> Table:
    title = "Where each resolver sends you, and how videos play from there"
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, padding=0)
    table.add_column("resolver", overflow="ellipsis", no_wrap=True)
    quick = f"≤{QUICK_START:g} s"
    for heading in ("plays", "hosts", "ASes", "RTT", "rate", "start", quick, "smooth", "stalled"):
        table.add_column(heading, justify="right", no_wrap=True)
    for numbers in tally.by_resolver(resolvers):
        table.add_row(*_group_cells(numbers))
    return table


def _group_cells(numbers: Group) -> tuple[str, ...]:
    return (
        printable(numbers.name),
        str(numbers.plays),
        str(numbers.servers),
        str(len(numbers.as_numbers)),
        _milliseconds(numbers.ping),
        _rate(numbers.throughput),
        _seconds(numbers.startup_delay),
        _percent(numbers.quick_starts),
        _percent(numbers.without_stalls),
        _percent(numbers.stall_ratio),
    )


def _cells(row: Row) -> tuple[str, ...]:
    """The cells of a row; those of the server are missing where none was reached."""
    ping, quality = row.ping, row.quality
    quantities = (
        row.ending.outcome,
        _seconds(row.playback.startup_delay if row.playback else None),
        _stalls(row.playback),
        _rate(row.response.average_throughput if row.response else None),
        _times(quality.reception_ratio if quality else None),
        _milliseconds(ping.average if ping else None),
    )
    return quantities + _server_cells(row)


def _server_cells(row: Row) -> tuple[str, ...]:
    address, origin = row.address, row.origin
    if address is None:
        return ()
    return (
        address.host,
        f"AS{origin.as_number}" if origin and origin.as_number else UNKNOWN,
        address.resolvers or UNKNOWN,
        address.ip,
        (origin.as_name if origin else None) or UNKNOWN,
    )


def _line(cells: tuple[str, ...]) -> str:
    widths = (width for _, width in HEADINGS)
    return "".join(
        f"{printable(cell)[:width]:<{width}} " for cell, width in zip(cells, widths, strict=False)
    )


def _video(row: Row) -> str:
    told = (row.ending.detail, row.video.title if row.video else None, row.visit.url)
    return printable(" | ".join(text for text in told if text))


def _style(row: Row) -> str:
    if row.ending.outcome is Outcome.OK:
        return "yellow" if row.playback and row.playback.stall_count else "green"
    return "dim" if row.ending.outcome in UNREMARKABLE else "red"


def _stalls(playback: Playback | None) -> str:
    if playback is None or playback.stall_count is None:
        return UNKNOWN
    if not playback.stall_count:
        return "none"
    return f"{playback.stall_count} {_seconds(playback.stalled_time)}"


def _seconds(value: float | None) -> str:
    return UNKNOWN if value is None else f"{value:.2f} s"


def _milliseconds(value: float | None) -> str:
    return UNKNOWN if value is None else f"{value:.1f} ms"


def _times(value: float | None) -> str:
    return UNKNOWN if value is None else _short(value, 2)


def _percent(value: float | None) -> str:
    return UNKNOWN if value is None else f"{value:.0%}"


def _rate(kbps: float | None) -> str:
    if kbps is None:
        return UNKNOWN
    for unit in ("kb/s", "Mb/s"):
        if kbps < 1000:
            return f"{_short(kbps, 1)} {unit}"
        kbps /= 1000
    return f"{_short(kbps, 1)} Gb/s"


def _short(value: float, digits: int) -> str:
    """With some digits behind the point where that is not too long for a column."""
    return f"{value:.{digits}f}" if value < 100 else f"{value:.0f}"


def _counted(number: int, thing: str) -> str:
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"
