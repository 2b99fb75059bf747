"""The commands that hand a database on: `pytomo export`, `score`, `report` and `replay`."""

import os
import shutil
import sys
from argparse import ArgumentTypeError, Namespace
from collections.abc import Container, Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from pytomo.errors import CrawlError, Status, UsageError
from pytomo.interruption import Interruption
from pytomo.parser import Parser
from pytomo.profiles import NAMES, named
from pytomo.zone import utc

if TYPE_CHECKING:
    from pytomo.export.p1203 import Screen

BINARY = frozenset({"parquet", "pdf"})
"""Formats that no terminal should be sent."""
_TABLE = "table"
_LOST = "that their columns cannot hold (text for a number, or one too large)"


def export_command(words: Sequence[str]) -> int:
    """`pytomo export DATABASE …`: a table of a database, as other programs read it."""
    from pytomo.export import FORMATS, Lost, export, p1203
    from pytomo.export.tables import MEASUREMENTS, TABLES

    formats = {form.name: form for form in FORMATS}
    tables = {table.name: table for table in TABLES}
    known = (*FORMATS, *TABLES)
    parser = Parser(
        prog="pytomo export",
        description="Write a database in a format that other programs read.",
        epilog=" ".join(f"{each.name}: {each.text}" for each in known)
        + f" {p1203.NAME}: {p1203.TEXT}",
    )
    parser.add_argument("database", type=Path, help="a database of Pytomo or of the first Pytomo")
    parser.add_argument(
        "--format",
        choices=(*formats, p1203.NAME),
        help="default: what the name of FILE ends in, or csv",
    )
    parser.add_argument(
        "--table", choices=tables, help=f"what to write (default: {MEASUREMENTS.name})"
    )
    _add_scored(parser)
    _add_output(parser)
    options = parser.parse_args(words)
    if options.format == p1203.NAME:
        if options.table:
            raise UsageError(f"--table goes with {', '.join(formats)}, not with {p1203.NAME}")
        return write(p1203.lines(options.database, *_scored(options)), options.output)
    if options.row is not None:
        raise UsageError(f"--row goes with --format {p1203.NAME}")
    form = formats[options.format or _ending(options.output, formats) or FORMATS[0].name]
    lost = Lost()
    pieces = export(options.database, form, tables[options.table or MEASUREMENTS.name], lost)
    status = write(pieces, options.output, binary=form.name in BINARY)
    if lost.cells:
        sys.stderr.write(f"pytomo: values left out: {lost.cells} {_LOST}.\n")
    return status


def score_command(words: Sequence[str]) -> int:
    """`pytomo score DATABASE …`: what ITU-T P.1203 says of the rows."""
    from pytomo.export.score import scores

    parser = Parser(
        prog="pytomo score",
        description="Print the scores of ITU-T P.1203 as CSV: O46 (overall), O35 (picture and "
        "sound) and O23 (stalls), each from 1 to 5. Needs its reference software.",
    )
    parser.add_argument("database", type=Path, help="a database of Pytomo")
    _add_scored(parser)
    _add_output(parser)
    options = parser.parse_args(words)
    return write(scores(options.database, *_scored(options)), options.output)


def _add_scored(parser: Parser) -> None:
    """The options of what ITU-T P.1203 scores."""
    from pytomo.export.p1203 import DEVICES, Screen

    usual = Screen()
    parser.add_argument("--row", type=int, metavar="ROWID", help="of P.1203: only that row")
    parser.add_argument(
        "--device",
        choices=DEVICES,
        default=usual.device,
        help=f"of P.1203: what is looked at (default: {usual.device})",
    )
    parser.add_argument(
        "--display-size",
        type=_size,
        default=usual.size,
        metavar="WxH",
        help=f"of P.1203: its size in pixels (default: {usual.size})",
    )


def _scored(options: Namespace) -> tuple["Screen", int | None]:
    from pytomo.export.p1203 import Screen

    return Screen(options.device, options.display_size), options.row


def _size(text: str) -> str:
    """Width and height in pixels, `1920x1080`."""
    width, by, height = text.partition("x")
    if not (by and width.isdecimal() and height.isdecimal() and int(width) * int(height)):
        raise ArgumentTypeError(f"{text!r} is no size: give it as 1920x1080")
    return text


def _add_output(parser: Parser) -> None:
    parser.add_argument(
        "-o", "--output", type=Path, metavar="FILE", help="where to (default: standard output)"
    )


def report_command(words: Sequence[str]) -> int:
    """`pytomo report DATABASE …`: all that the pages show, as one document."""
    from pytomo.report import FORMATS, report

    parser = Parser(
        prog="pytomo report",
        description="Write all that the dashboard shows of a database as one document.",
    )
    parser.add_argument("database", type=Path, help="a database of Pytomo or of the first Pytomo")
    parser.add_argument(
        "--format", choices=FORMATS, help="default: what the name of FILE ends in, or pdf"
    )
    _add_output(parser)
    options = parser.parse_args(words)
    utc()
    form = options.format or _ending(options.output, FORMATS) or FORMATS[0]
    return write(report(options.database, form), options.output, binary=form in BINARY)


def replay_command(words: Sequence[str]) -> int:
    """`pytomo replay DATABASE …`: the stored samples, played again by other players."""
    from pytomo.export import FORMATS
    from pytomo.export.replays import Skipped, Wanted, as_data, as_text, notes

    forms = {form.name: form for form in FORMATS}
    options = _replay_parser(forms).parse_args(words)
    wanted = Wanted(profiles=[*map(named, dict.fromkeys(options.profile))], rows={*options.row})
    form, skipped = options.format or _ending(options.output, forms) or _TABLE, Skipped()
    if form == _TABLE:
        pieces = as_text(options.database, wanted, skipped, width=_width(options.output))
        return write(pieces, options.output, binary=False)
    pieces = as_data(options.database, forms[form], wanted, skipped)
    status = write(pieces, options.output, binary=form in BINARY)
    sys.stderr.writelines(f"pytomo: {note}\n" for note in notes(skipped))
    return status


def _replay_parser(forms: Iterable[str]) -> Parser:
    parser = Parser(
        prog="pytomo replay",
        description="Play the stored samples of a database again, as other players would have.",
    )
    parser.add_argument("database", type=Path, help="a database of Pytomo")
    parser.add_argument(
        "--profile",
        action="append",
        choices=NAMES,
        default=[],
        help="a player, may be repeated (default: that of the row, and all of them)",
    )
    parser.add_argument(
        "--row",
        action="append",
        type=int,
        default=[],
        metavar="ROWID",
        help="a row, may be repeated (default: all of them)",
    )
    parser.add_argument(
        "--format",
        choices=(_TABLE, *forms),
        help=f"default: what the name of FILE ends in, or {_TABLE}",
    )
    parser.add_argument(
        "-o", "--output", type=Path, metavar="FILE", help="where to (default: standard output)"
    )
    return parser


def _width(output: Path | None) -> int | None:
    """Columns of the terminal that is written to, if it is one."""
    at_terminal = output is None and sys.stdout.isatty()
    return shutil.get_terminal_size().columns if at_terminal else None


def _ending(output: Path | None, known: Container[str | None]) -> str | None:
    """The format that a file's name tells."""
    ending = output.suffix.removeprefix(".").lower() if output else None
    return ending if ending in known else None


def write(pieces: Iterable[bytes], output: Path | None, *, binary: bool = False) -> Status:
    """Write what a command makes to a file, whole or not at all, or to standard output.

    Raises UsageError if that cannot be, or the database cannot be read.
    """
    from pytomo.export.whole_file import whole_file

    with Interruption():
        try:
            if output is not None:
                with whole_file(output) as file:
                    file.writelines(pieces)
            elif binary and sys.stdout.isatty():
                raise UsageError("that is nothing for a terminal: give a file with -o")
            else:
                _write_out(pieces, sys.stdout.buffer)
        except CrawlError as error:
            raise UsageError(str(error)) from None
    return Status.CRAWLED


def _write_out(pieces: Iterable[bytes], out: BinaryIO) -> None:
    """Write to standard output; whoever reads it may stop, as `head` does."""
    try:
        out.writelines(pieces)
        out.flush()
    except BrokenPipeError:
        with suppress(OSError):  # What is still to be flushed when Python ends goes nowhere.
            os.dup2(os.open(os.devnull, os.O_WRONLY), out.fileno())
    except OSError as error:
        raise UsageError(f"cannot write: {error.strerror}") from error
