"""What the log file of a crawl says of one row: found by time, without reading the whole file."""

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import BinaryIO

from pytomo.database import FILE_ENDING

LOG_ENDING = ".pytomo.log"
MOST_LINES = 200
"""Of a row that are shown: the last ones, since the end tells what happened."""
MOST_BYTES = 4 * 2**20
"""That are read for one row, however busy the log is."""
_LONGEST = 4000
"""Characters of a line that are shown."""
_LONGEST_READ = 64 * 2**10
"""Bytes; what is longer is read as several lines."""
_TIME = re.compile(rb"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d[.,]\d{3} ")
_ROW, _VISIT = " pytomo.crawl: row: ", " pytomo.crawl: visiting "


@dataclass(frozen=True, slots=True, kw_only=True)
class LogLines:
    """The lines of a log that belong to a row."""

    file: str
    """Its name, in the directory of logs."""
    lines: tuple[str, ...]
    """As they stand in the log, with their times."""
    left_out: int
    """Lines before them."""


def log_of(database: Path) -> Path | None:
    """The log of the crawl that wrote a database, if it is there.

    It stands where a crawl puts it: `logs/` beside `databases/`; nothing outside is looked at.
    """
    if database.parent.name != "databases" or not database.name.endswith(FILE_ENDING):
        return None
    logs = database.parent.parent / "logs"
    path = logs / f"{database.name.removesuffix(FILE_ENDING)}{LOG_ENDING}"
    inside = path.resolve().parent == logs.resolve()
    return path if inside and path.is_file() else None


def lines_of_row(
    path: Path, ids: Sequence[str], number: int, *, before: str | None, after: str | None
) -> LogLines:
    """The lines about row `number` (from 0) of a visit whose rows have these IDs.

    What all rows of a visit share (the page, names, pings) belongs to each of them. `before` and
    `after` are the IDs of the rows round the visit. Raises OSError.
    """
    with path.open("rb") as file:
        begin = _offset(file, (before or "").encode())
        records = list(_records(file, begin, after))
    kept = _of_row(_of_visit(records, ids[0]), ids, number)
    return LogLines(
        file=path.name,
        lines=tuple(line[:_LONGEST] for line in kept[-MOST_LINES:]),
        left_out=max(0, len(kept) - MOST_LINES),
    )


def _records(file: BinaryIO, begin: int, after: str | None) -> Iterator[str]:
    """The lines from an offset up to a time; what follows a line without a time belongs to it."""
    file.seek(begin)
    last = None if after is None else _milliseconds(after.encode())
    left = MOST_BYTES
    while left > 0 and (line := file.readline(_LONGEST_READ)):
        left -= len(line)
        if last is not None and _TIME.match(line) and _milliseconds(line) > last:
            return
        yield line.decode("utf-8", "replace").rstrip("\r\n")


def _of_visit(lines: Sequence[str], first: str) -> list[str]:
    """Those of the visit whose first row has this ID: from the line that says which page it is."""
    began = _milliseconds(first.encode())
    visits = [index for index, line in enumerate(lines) if _VISIT in line]
    mine = [index for index in visits if _milliseconds(lines[index].encode()) <= began]
    later = [index for index in visits if index not in mine]
    return list(lines[mine[-1] if mine else 0 : later[0] if later else None])


def _of_row(lines: Sequence[str], ids: Sequence[str], number: int) -> list[str]:
    """The lines that rows share, and those up to the row's own end that no other row has."""
    ends = [index + 1 for index, line in enumerate(lines) if _ROW in line]
    if len(ends) <= number:
        return list(lines)
    parts = [lines[begin:end] for begin, end in pairwise((0, *ends))]
    if number == 0:
        return list(parts[0])
    return [*_shared(parts[0], ids[0]), *parts[number]]


def _shared(lines: Iterable[str], first: str) -> Iterator[str]:
    """What was logged before the first row's own measurement began."""
    began = _milliseconds(first.encode())
    for line in lines:
        text = line.encode()
        if _TIME.match(text) and _milliseconds(text) >= began:
            return
        yield line


def _offset(file: BinaryIO, time: bytes) -> int:
    """Where the first line of a time, or of a later one, begins: by bisection."""
    wanted = _milliseconds(time)
    low, high = 0, file.seek(0, os.SEEK_END)
    while low < high:
        middle = (low + high) // 2
        begin, found = _line_from(file, middle)
        if found and _milliseconds(found) < wanted:
            low = begin + len(found)
        else:
            high = middle
    return _line_from(file, low)[0]


def _line_from(file: BinaryIO, offset: int) -> tuple[int, bytes]:
    """Where the first line with a time begins at an offset or behind it, and that line."""
    file.seek(max(0, offset - 1))
    if offset:
        file.readline()
    begin = file.tell()
    while line := file.readline(_LONGEST_READ):
        if _TIME.match(line):
            return begin, line
        begin = file.tell()
    return begin, b""


def _milliseconds(text: bytes) -> bytes:
    """A time cut to what a log keeps of it, as text that sorts."""
    return text[:23].replace(b",", b".")
