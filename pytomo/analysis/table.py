"""The rows of a database at one moment, as arrays: what all analyses start from."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from pytomo.analysis.columns import number
from pytomo.errors import Outcome
from pytomo.results import COLUMNS

WORDS = (
    *("Service", "Provider", "Resolver", "Outcome", "OutcomePhase", "CacheHost", "IP", "ASName"),
    *("Prefix", "Country", "CachePlace", "Protocol", "Disturbed"),
)
"""Columns of text that are kept."""
FEW_VALUES = (
    *("ASNumber", "Family", "StatusCode", "StallCensored", "Quality", "DownloadInterruptions"),
    *("PingLoss", "TcpRetransmits", "TcpOutOfOrder", "Round", "InitialPlaybackBuffer"),
)
"""Columns of numbers that have few different values, and are kept as their codes."""
MANY_VALUES = tuple(m.column for m in COLUMNS if m.series and m.column not in FEW_VALUES)
"""The other columns of numbers."""
MEASURED = frozenset({Outcome.OK, Outcome.NEVER_STARTED})
"""Outcomes of rows whose server was measured: it delivered a sample."""

Flags = NDArray[np.bool_]
Indices = NDArray[np.intp]
Codes = NDArray[np.signedinteger[Any]]
"""In the smallest type that holds those of a column, and 1 more: too small to multiply them."""
Rows = Flags | Indices | slice
"""Which rows of a content: most of them are flags, for an index takes eight times the memory."""
_DENSE = 2
"""One row in so many is flagged at least where flags are kept."""


@dataclass(frozen=True, slots=True)
class Words:
    """A column of text: for each row the place of its word in `names`; -1 where there is none."""

    codes: Codes
    names: tuple[str, ...]
    """Each once; some may not occur in the rows of a selection."""

    def equal(self, name: str) -> Flags:
        """The rows that have this word."""
        code = self.names.index(name) if name in self.names else len(self.names)
        found: Flags = self.codes == code
        return found

    def flags(self, names: frozenset[str]) -> Flags:
        """The rows that have one of these words."""
        known = np.array([*(name in names for name in self.names), False], dtype=np.bool_)
        found: Flags = known[self.codes]
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What a frame knows at one moment."""

    path: Path
    total: int
    version: tuple[int, ...]
    arrays: Mapping[str, NDArray[Any]]
    names: Mapping[str, tuple[Sequence[Any], int]]
    """The values that the codes of a column stand for: a list that grows, and how many then."""


class Table:
    """Rows in the order of their RowId, which is that of time; it never changes.

    Rows whose time cannot be read are left out.
    """

    def __init__(self, content: Content, rows: Rows = slice(None)) -> None:
        self._content = content
        self._rows = rows
        self._length = len(content.arrays["row_id"][rows])

    def __len__(self) -> int:
        """The rows known so far; of a selection, those selected."""
        return self._length

    @property
    def path(self) -> Path:
        """The database."""
        return self._content.path

    @property
    def total(self) -> int:
        """Rows of the whole database."""
        return self._content.total

    @property
    def loaded(self) -> int:
        """Rows of the database that are in memory."""
        return len(self._content.arrays["row_id"])

    @cached_property
    def version(self) -> tuple[int, ...]:
        """Changes whenever the content does."""
        if isinstance(self._rows, slice):
            whole = self._rows == slice(None)
            return self._content.version + (() if whole else (self._rows.start, self._rows.stop))
        return (*self._content.version, len(self), crc32(self._rows.tobytes()))

    @cached_property
    def time(self) -> NDArray[np.float64]:
        """When the measurement of each row began: Unix time, s."""
        return self._taken("time")

    @cached_property
    def row_id(self) -> NDArray[Any]:
        """The number of the row in its database."""
        return self._taken("row_id")

    @cached_property
    def visit(self) -> NDArray[np.int32]:
        """The same number for the rows of one visit of a video: its several addresses.

        They rise with time; none is below 0, nor far above the number of rows. Such rows are not
        independent of each other: visits are the unit of resampling.
        """
        numbers = self._taken("visit")
        if len(self) == self.loaded and numbers.min(initial=0) == 0:
            return numbers  # without a copy, though they do not begin at 0
        rising: NDArray[np.int32] = numbers - numbers.min(initial=2**31 - 1)
        return rising

    def numbers(self, column: str) -> NDArray[Any]:
        """A column of numbers in the unit of its metric; NaN where unknown.

        They are float32 (to be summed with dtype=np.float64), but for ASNumber, which needs
        float64. Truth values are 0 and 1. Raises KeyError for other columns.
        """
        if column in MANY_VALUES:
            return self._taken(column)
        if column not in FEW_VALUES:
            raise KeyError(column)
        values, count = self._content.names[column]
        kind = np.float64 if column == "ASNumber" else np.float32
        known = np.array([*map(number, values[:count]), np.nan], dtype=kind)
        cells: NDArray[Any] = known[self._taken(column)]
        return cells

    def coded(self, column: str) -> tuple[Codes, NDArray[np.float64]]:
        """One of the columns of few values: for each row the place of its value, -1 if unknown.

        Some of the values may not occur in the rows of a selection. Raises KeyError for other
        columns.
        """
        if column not in FEW_VALUES:
            raise KeyError(column)
        values, count = self._content.names[column]
        known = np.array([*map(number, values[:count])], dtype=np.float64)
        codes = self._taken(column)
        if np.isfinite(known).all():
            return codes, known
        places = np.append(np.where(np.isfinite(known), np.arange(count), -1), -1)
        return places.astype(codes.dtype)[codes], known

    def words(self, column: str) -> Words:
        """A column of text. Raises KeyError for one that is not in memory."""
        if column not in WORDS:
            raise KeyError(column)
        names, count = self._content.names[column]
        return Words(self._taken(column), tuple(map(str, names[:count])))

    def where(self, which: Flags | NDArray[np.integer[Any]]) -> "Table":
        """These rows only: those flagged, or those with these indices."""
        if which.dtype == bool:
            flags = which.astype(np.bool_, copy=False)
            return self if flags.all() else Table(self._content, self._flagged(flags))
        chosen = which.astype(np.intp)
        if isinstance(self._rows, slice):
            return Table(self._content, chosen + (self._rows.start or 0))
        rows = np.flatnonzero(self._rows) if self._rows.dtype == bool else self._rows
        return Table(self._content, rows[chosen])

    @cached_property
    def measured(self) -> Flags:
        """Rows whose server was measured; of the first Pytomo's, those with a DownloadTime."""
        outcomes = self.words("Outcome")
        old = np.flatnonzero(outcomes.codes < 0)
        measured = outcomes.flags(MEASURED)
        measured[old] = np.isfinite(self.numbers("DownloadTime")[old])
        return measured

    @cached_property
    def resolvers(self) -> tuple[str, ...]:
        """The resolvers that gave the addresses of these rows, the most frequent one first."""
        lists = self.words("Resolver")
        counts = np.bincount(lists.codes[lists.codes >= 0], minlength=len(lists.names))
        found: Counter[str] = Counter()
        for names, count in zip(lists.names, counts.tolist(), strict=True):
            if count:
                found.update(dict.fromkeys(names.split(","), count))
        return tuple(sorted(found, key=lambda name: (-found[name], name)))

    def through(self, resolver: str) -> Flags:
        """The rows whose address that resolver gave (others may have given it, too)."""
        lists = self.words("Resolver")
        return lists.flags(frozenset(n for n in lists.names if resolver in n.split(",")))

    def _taken(self, column: str) -> NDArray[Any]:
        return self._content.arrays[column][self._rows]

    def _flagged(self, which: Flags) -> Rows:
        """Those of these rows that are flagged."""
        if not isinstance(self._rows, slice) and self._rows.dtype != bool:
            return self._rows[which]
        flags = np.zeros(self.loaded, dtype=np.bool_)
        flags[self._rows] = which
        return _compact(flags)


def _compact(flags: Flags) -> Rows:
    """The flagged rows; those that follow each other need no copies of their columns."""
    count = int(np.count_nonzero(flags))
    first, end = int(flags.argmax()), len(flags) - int(flags[::-1].argmax())
    if count and end - first == count:
        return slice(first, end)
    return flags if count * _DENSE > len(flags) else np.flatnonzero(flags)
