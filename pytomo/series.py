"""One RRD file: its data sources, and how rows become updates of them.

Rows of the same second are merged by their mean. A value stands for the time since the row before
it; after a pause longer than `HEARTBEAT`, for the last `STEP` only, and the rest of the pause is
unknown.
"""

import functools
import logging
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

from pytomo.database import quoted
from pytomo.errors import Outcome
from pytomo.results import COLUMNS, Row
from pytomo.store import stored

STEP = 60
"""Seconds between the points of the finest archive."""
HEARTBEAT = 600
"""Seconds between two rows that are still one series."""
ARCHIVES = ((1, 1440), (5, 2016), (30, 1488), (360, 1464), (1440, 3660))
"""Steps a point and points: a day by minutes, a week, a month, a year, ten years by days. Each is
kept as AVERAGE, MIN and MAX; the first as AVERAGE only, since one step is one number."""
MOST_UPDATES = 900
"""In one call: librrd crashes the process on some tens of thousands of arguments."""
_UNKNOWN_SHARE = 0.9999
"""A point is known if anything is known of its time: rows of a slow crawl must not get lost."""
_NAME_LENGTH = 19
_MILLION = 1_000_000
_LARGEST = 2**63 - 1

log = logging.getLogger(__name__)
Values = Sequence[int | None]


class Source(NamedTuple):
    """A data source of the RRD files."""

    name: str
    """At most 19 characters of [a-zA-Z0-9_]."""
    unit: str
    text: str


def source_name(column: str) -> str:
    """The data source of a column: its name, cut to what RRDtool allows."""
    return column[:_NAME_LENGTH]


_SERIES = tuple(metric for metric in COLUMNS if metric.series)
SOURCES = (
    *(Source(source_name(metric.column), metric.unit, metric.text) for metric in _SERIES),
    Source("Failed", "ratio", "1 for a row that failed, 0 for one that did not."),
    Source("NeverStarted", "ratio", "1 for a sample that ended before playback, 0 for others."),
)
READ = (
    "SELECT CAST(strftime('%s', substr(ID, 1, 19)) AS INTEGER), Service, Resolver, Outcome, "
    + ", ".join(f"CAST({quoted(m.column)} * 1e6 AS INTEGER)" for m in _SERIES)
    + " FROM measurements ORDER BY ID, RowId"
)
"""What a rebuild asks a database for: the arguments of `reading`."""


@dataclass(slots=True)
class Reading:
    """What one row adds to the RRD files."""

    second: int
    """Unix time."""
    service: str
    resolvers: tuple[str, ...]
    """Empty: all of the crawl."""
    millionths: Values
    """A value for each source, times a million: integers are merged exactly and written fast."""
    _text: str = ""

    @property
    def text(self) -> str:
        """As RRDtool wants the values; the same for all files that the row counts in."""
        if not self._text:
            self._text = _text(self.millionths)
        return self._text


def reading(
    second: int,
    service: str | None,
    resolvers: str | None,
    outcome: str | None,
    *millionths: int | None,
) -> Reading:
    """From what `READ` selects."""
    ending = _OUTCOME_VALUES.get(outcome or "", _NO_OUTCOME)
    return Reading(second, service or "", _names(resolvers), (*millionths, *ending))


def row_reading(row: Row) -> Reading:
    """From a row, as it comes: the same as from its copy in a database."""
    values = row.values()
    return reading(
        math.floor(row.visit.at.timestamp()),
        *(values["Service"], values["Resolver"], values["Outcome"]),
        *(_millionth(stored(values[metric.column])) for metric in _SERIES),
    )


class Series:
    """One RRD file being written: merges the rows of one second, sends updates in batches."""

    def __init__(
        self,
        path: Path,
        rrdtool: ModuleType,
        update: Callable[..., object],
        *,
        batch: int = MOST_UPDATES,
    ) -> None:
        self.path = path
        self._rrdtool = rrdtool
        self._update = update
        self._batch = batch
        self._written = self._last_update()
        self._second = self._written or 0
        self._merging: list[Reading] = []
        self._waiting: list[str] = []

    def add(self, read: Reading) -> None:
        """Count a row. One from before those already counted is left out: time has moved on."""
        if read.second > self._second:
            self._finish()
            self._second = read.second
        elif read.second < self._second or not self._merging:
            log.debug("%s: left out a row of second %d, from the past", self.path, read.second)
            return
        self._merging.append(read)

    def finish_before(self, second: int) -> None:
        """No more rows will come for the seconds before this one."""
        if self._second < second:
            self._finish()

    def close(self) -> None:
        """Send everything."""
        self._finish()
        self._send()

    def _finish(self) -> None:
        if not self._merging:
            return
        if self._written is None:
            self._create()
        elif self._second - self._written > HEARTBEAT:
            self._waiting.append(f"{self._second - STEP}:{_NOTHING}")
        self._waiting.append(f"{self._second}:{_merged(self._merging)}")
        self._written = self._second
        self._merging = []
        if len(self._waiting) >= self._batch:
            self._send()

    def _send(self) -> None:
        if self._waiting:
            self._update(str(self.path), *self._waiting)
            self._waiting = []

    def _create(self) -> None:
        start = ("--start", str(self._second - STEP), "--step", str(STEP))
        self._rrdtool.create(str(self.path), *start, *_DEFINITION)

    def _last_update(self) -> int | None:
        """When an existing file was last updated; None if there is none."""
        if not self.path.exists():
            return None
        self._adopt()
        return int(self._rrdtool.last(str(self.path)))

    def _adopt(self) -> None:
        """Give a file of another version of Pytomo the sources of this one; it keeps its data."""
        known = self._rrdtool.info(str(self.path))
        if any(f"ds[{source.name}].index" not in known for source in SOURCES):
            path = str(self.path)
            start = str(self._rrdtool.last(path))
            options = ("--start", start, "--step", str(STEP), "--source", path)
            self._rrdtool.create(path, *options, *_DEFINITION)


_DEFINITION = (
    *(f"DS:{source.name}:GAUGE:{HEARTBEAT}:U:U" for source in SOURCES),
    *(
        f"RRA:{consolidation}:{_UNKNOWN_SHARE}:{steps}:{points}"
        for consolidation in ("AVERAGE", "MIN", "MAX")
        for steps, points in ARCHIVES
        if steps > 1 or consolidation == "AVERAGE"
    ),
)
_NOTHING = ":".join("U" * len(SOURCES))


def _merged(readings: Sequence[Reading]) -> str:
    if len(readings) == 1:
        return readings[0].text
    return _text([_mean(values) for values in zip(*(r.millionths for r in readings), strict=True)])


def _mean(values: Iterable[int | None]) -> int | None:
    known = [value for value in values if value is not None]
    return sum(known) // len(known) if known else None


def _text(millionths: Values) -> str:
    return ":".join([f"{value}e-6" if value is not None else "U" for value in millionths])


def _millionth(value: float | None) -> int | None:
    """As SQLite casts: towards zero, and to what 64 bits hold."""
    if value is None or math.isnan(value):
        return None
    return int(max(-_LARGEST - 1, min(value * 1e6, _LARGEST)))


@functools.lru_cache(maxsize=4096)
def _names(resolvers: str | None) -> tuple[str, ...]:
    return tuple(resolvers.split(",")) if resolvers else ()


def _failed(outcome: Outcome) -> int | None:
    return None if outcome.failed is None else int(outcome.failed) * _MILLION


def _never_started(outcome: Outcome) -> int | None:
    never = outcome is Outcome.NEVER_STARTED
    return None if outcome.failed is not False else int(never) * _MILLION


_NO_OUTCOME: Values = (None, None)
_OUTCOME_VALUES: Mapping[str, Values] = {
    outcome: (_failed(outcome), _never_started(outcome)) for outcome in Outcome
}
