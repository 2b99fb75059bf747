"""What is read of each row of a database, and how it becomes columns of numbers."""

from array import array
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pytomo.analysis.columns import Coding
from pytomo.analysis.table import FEW_VALUES, MANY_VALUES, WORDS
from pytomo.database import EARLIEST, LATEST, ROW_ID, quoted

_CODED = (*WORDS, *FEW_VALUES)
_TIME = "strftime('%s', substr(ID, 1, 19)) + CAST('0' || substr(ID, 20) AS REAL)"
READ = (
    f"SELECT {ROW_ID}, {_TIME}, Url, Round, "
    + ", ".join(quoted(column) for column in (*MANY_VALUES, *_CODED))
    + " FROM measurements"
)
"""The start of a SELECT of rows as `Reading` takes them."""
_HALF = 2**31
_NUMBER = (int, float)
"""What SQLite's numbers are; a tuple, since this is asked of millions of cells."""
_FIRST, _END = (datetime(int(year), 1, 1, tzinfo=UTC).timestamp() for year in (EARLIEST, LATEST))
Rows = Sequence[tuple[Any, ...]]
Arrays = dict[str, NDArray[Any]]


class Reading:
    """Turns rows into columns; it knows the codes of words and the numbers of visits so far."""

    def __init__(self, before: int) -> None:
        """So many visits may come before the first that is read."""
        self.codings = {column: Coding() for column in _CODED}
        self._first: tuple[Any, ...] | None = None
        self._last: tuple[Any, ...] | None = None
        self._first_visit = self._last_visit = before

    def newer(self, rows: Rows) -> Arrays:
        """The columns of rows that follow those known; in the order of RowId."""
        videos = [row[2:4] for row in rows]
        visits = _changes(videos) + self._last_visit + (videos[0] != self._last)
        if self._first is None:
            self._first, self._first_visit = videos[0], int(visits[0])
        self._last, self._last_visit = videos[-1], int(visits[-1])
        return self._columns(rows, visits)

    def older(self, rows: Rows) -> Arrays:
        """The columns of rows that are followed by those known; in the order of RowId."""
        videos = [row[2:4] for row in rows]
        visits = _changes(videos)
        visits += self._first_visit - (videos[-1] != self._first) - visits[-1]
        self._first, self._first_visit = videos[0], int(visits[0])
        return self._columns(rows, visits)

    def nothing(self) -> Arrays:
        """All columns, without rows."""
        empty = np.empty(0, dtype=np.int32)
        return self._columns([()] * 0, empty)

    def _columns(self, rows: Rows, visits: NDArray[np.int32]) -> Arrays:
        cells = list(zip(*rows, strict=True)) or [()] * (4 + len(MANY_VALUES) + len(_CODED))
        found = {
            "row_id": _small(np.array(cells[0], dtype=np.int64)),
            "time": _numbers(cells[1], np.float64),
            "visit": visits,
        }
        numbers, coded = cells[4 : 4 + len(MANY_VALUES)], cells[4 + len(MANY_VALUES) :]
        for column, each in zip(MANY_VALUES, numbers, strict=True):
            found[column] = _numbers(each, np.float32)
        for column, each in zip(_CODED, coded, strict=True):
            found[column] = self.codings[column].codes(each)
        return _with_time(found)


def _changes(videos: Sequence[tuple[Any, ...]]) -> NDArray[np.int32]:
    """How many times the video has changed up to each row."""
    changed = [0, *(a != b for a, b in pairwise(videos))]
    return np.cumsum(changed, dtype=np.int32)


def _numbers(cells: Sequence[Any], kind: type[np.floating[Any]]) -> NDArray[Any]:
    """As numbers; NaN for NULL and for what is no number: SQLite keeps anything in any column.

    Text is no number, whatever it looks like: `array`, unlike NumPy, does not convert it.
    """
    with np.errstate(over="ignore"):
        try:
            return np.array(array("d", cells), dtype=kind)
        except TypeError:
            known = [cell if isinstance(cell, _NUMBER) else np.nan for cell in cells]
            return np.array(known, dtype=kind)


def _small(numbers: NDArray[np.int64]) -> NDArray[Any]:
    """In half the memory, if they fit."""
    fit = not len(numbers) or -_HALF <= numbers.min() <= numbers.max() < _HALF
    return numbers.astype(np.int32) if fit else numbers


def _with_time(columns: Arrays) -> Arrays:
    """Without the rows that have no time, or one that only a wrong clock can show."""
    known = (columns["time"] >= _FIRST) & (columns["time"] < _END)
    if known.all():
        return columns
    return {name: cells[known] for name, cells in columns.items()}
