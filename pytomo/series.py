"""One RRD file: its data sources, and how rows become updates of them.

A point is a minute: the mean of what its rows know. Rows are never sent one by one, since RRDtool
weighs a value by the time since the one before it and drops a minute most of which is unknown: long
downloads would count more, and a failure would take the plays of its minute away. Minutes without
rows get the value of the next one, unless they are more than `HEARTBEAT` together: then unknown.
"""

import functools
import json
import logging
import math
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

from pytomo.database import quoted
from pytomo.errors import Outcome
from pytomo.results import COLUMNS, Row
from pytomo.store import LARGEST, stored

STEP = 60
"""Seconds between the points of the finest archive."""
HEARTBEAT = 600
"""Seconds between two minutes with rows that are still one series."""
ARCHIVES = ((1, 1440), (5, 2016), (30, 1488), (360, 1464), (1440, 3660))
"""Steps a point and points: a day by minutes, a week, a month, a year, ten years by days. Each is
kept as AVERAGE, MIN and MAX; the first as AVERAGE only, since one step is one number."""
MOST_UPDATES = 900
"""In one call: librrd crashes the process on some tens of thousands of arguments."""
_UNKNOWN_SHARE = 0.9999
"""A point is known if anything is known of its time: rows of a slow crawl must not get lost."""
_NAME_LENGTH = 19
_MILLION = 1_000_000
_TRIES = 100
_PAUSE = 0.01
"""Seconds between tries to get at a file that another process has locked for some milliseconds."""

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
    Source("Failed", "ratio", "1 for a row that failed, 0 for one that was measured."),
    Source("NeverStarted", "ratio", "1 for a sample that ended before playback, 0 for others."),
)
READ = (
    "SELECT CAST(strftime('%s', substr(ID, 1, 19)) AS INTEGER), Service, Resolver, Outcome, "
    f"json_array({', '.join(f'CAST({quoted(m.column)} * 1e6 AS INTEGER)' for m in _SERIES)})"
    " FROM measurements ORDER BY ID, RowId"
)
"""What a rebuild asks a database for: the arguments of `reading`. SQLite writes numbers as text in
half the time that Python needs, and lets librrd run meanwhile."""


class Reading(NamedTuple):
    """What one row adds to the RRD files."""

    second: int
    """Unix time."""
    service: str
    resolvers: tuple[str, ...]
    """Empty: all of the crawl."""
    text: str
    """The values as RRDtool wants them: whole millionths, which are merged exactly."""

    @property
    def millionths(self) -> Values:
        """A value for each source, times a million."""
        return _millionths(self.text)


def reading(
    second: int, service: str | None, resolvers: str | None, outcome: str | None, millionths: str
) -> Reading:
    """From what `READ` selects; the values are a JSON list."""
    everything = f"{millionths[1:-1]},{_ENDINGS.get(outcome or '', _NO_ENDING)}"
    return Reading(second, service or "", _names(resolvers), _text(everything))


def row_reading(row: Row) -> Reading:
    """From a row, as it comes: the same as from its copy in a database."""
    values = row.values()
    millionths = [_millionth(stored(values[metric.column])) for metric in _SERIES]
    second, text = math.floor(row.visit.at.timestamp()), _json(millionths)
    return reading(second, values["Service"], values["Resolver"], values["Outcome"], text)


class RrdFile:
    """One RRD file being written: merges the rows of one minute, sends updates in batches.

    A file that other crawls write meanwhile is `shared`: updates are sent at once, and what is not
    later than theirs is left out.
    """

    def __init__(
        self,
        path: Path,
        rrdtool: ModuleType,
        update: Callable[..., object],
        *,
        shared: bool = False,
    ) -> None:
        self.path = path
        self._rrdtool = rrdtool
        self._update = update
        self._shared = shared
        self._written = self._found()
        self._minute = self._written or 0
        self._merging: list[Reading] = []
        self._waiting: list[str] = []

    def add(self, read: Reading) -> None:
        """Count a row. One of a minute that is over already is left out: time has moved on."""
        minute = _end_of_minute(read.second)
        if minute > self._minute:
            self._finish()
            self._minute = minute
        elif minute < self._minute or not self._merging:
            log.debug("%s: left out a row of second %d, from the past", self.path, read.second)
            return
        self._merging.append(read)

    def finish_before(self, second: int) -> None:
        """No more rows will come for the minutes before that of this second."""
        if self._minute < _end_of_minute(second):
            self._finish()

    def close(self) -> None:
        """Send everything."""
        self._finish()
        self._send()

    def _finish(self) -> None:
        readings, self._merging = self._merging, []
        if not readings:
            return
        if self._written is None:
            self._written = self._created()
        elif self._shared:
            self._written = self._last()
        if self._minute <= self._written:
            log.debug("%s: left out minute %d, another crawl is ahead", self.path, self._minute)
            return
        if self._minute - self._written > HEARTBEAT:
            self._waiting.append(f"{self._minute - STEP}:{_NOTHING}")
        texts = tuple(read.text for read in readings)
        self._waiting.append(f"{self._minute}:{_merged(texts)}")
        self._written = self._minute
        if self._shared or len(self._waiting) >= MOST_UPDATES:
            self._send()

    def _send(self) -> None:
        while self._waiting:
            sending, self._waiting = self._waiting, []
            try:
                self._ask(self._update, *sending)
            except self._rrdtool.OperationalError as error:
                if not self._shared or _PAST not in str(error):
                    raise
                last = self._last()
                self._waiting = [each for each in sending if _second(each) > last]
                if self._waiting == sending:
                    raise
                log.debug("left out a minute: %s", error)

    def _created(self) -> int:
        """Make the file, unless another crawl has just made it; when it was last updated."""
        start = ("--start", str(self._minute - STEP), "--step", str(STEP))
        try:
            self._ask(self._rrdtool.create, "--no-overwrite", *start, *_DEFINITION)
        except self._rrdtool.OperationalError:
            if not self.path.exists():
                raise
        return self._last()

    def _found(self) -> int | None:
        """When an existing file was last updated; None if there is none."""
        if not self.path.exists():
            return None
        self._adopt()
        return self._last()

    def _last(self) -> int:
        return int(self._ask(self._rrdtool.last))

    def _adopt(self) -> None:
        """Give a file of another version of Pytomo the sources of this one; it keeps its data."""
        known = self._ask(self._rrdtool.info)
        if any(f"ds[{source.name}].index" not in known for source in SOURCES):
            options = ("--start", str(self._last()), "--step", str(STEP))
            self._ask(self._rrdtool.create, *options, "--source", str(self.path), *_DEFINITION)

    def _ask(self, function: Callable[..., Any], *arguments: str) -> Any:
        """Call librrd for the file, which does not wait itself where another process writes it."""
        for _ in range(_TRIES):
            try:
                return function(str(self.path), *arguments)
            except self._rrdtool.OperationalError as error:
                if _LOCKED not in str(error):
                    raise
            time.sleep(_PAUSE)
        return function(str(self.path), *arguments)


_DEFINITION = (
    *(f"DS:{source.name}:GAUGE:{HEARTBEAT}:U:U" for source in SOURCES),
    *(
        f"RRA:{consolidation}:{_UNKNOWN_SHARE}:{steps}:{points}"
        for consolidation in ("AVERAGE", "MIN", "MAX")
        for steps, points in ARCHIVES
        if steps > 1 or consolidation == "AVERAGE"
    ),
)
_MILLIONTH = "e-6"
_UNKNOWN = "U"
_NOTHING = ":".join(_UNKNOWN * len(SOURCES))
_PAST = "illegal attempt to update using time"
_LOCKED = "could not lock"
"""What librrd says."""


def _second(update: str) -> int:
    return int(update.partition(":")[0])


def _end_of_minute(second: int) -> int:
    return second - second % STEP + STEP


@functools.lru_cache(maxsize=1024)
def _merged(texts: tuple[str, ...]) -> str:
    """The means of some rows; the files of several resolvers often have the same rows."""
    if len(texts) == 1:
        return texts[0]
    means = [_mean(values) for values in zip(*map(_millionths, texts), strict=True)]
    return ":".join([_UNKNOWN if mean is None else f"{mean}{_MILLIONTH}" for mean in means])


@functools.lru_cache(maxsize=4096)
def _millionths(text: str) -> Values:
    cells = text.replace(_MILLIONTH, "").split(":")
    return [None if cell == _UNKNOWN else int(cell) for cell in cells]


def _mean(values: tuple[int | None, ...]) -> int | None:
    known = [value for value in values if value is not None]
    return sum(known) // len(known) if known else None


def _text(millionths: str) -> str:
    """What stands in a JSON list, as RRDtool wants it."""
    written = millionths.replace(",", f"{_MILLIONTH}:") + _MILLIONTH
    return written.replace(f"null{_MILLIONTH}", _UNKNOWN)


def _json(millionths: Values) -> str:
    return json.dumps(millionths, separators=(",", ":"))


def _millionth(value: float | None) -> int | None:
    """As SQLite casts: towards zero, and to what 64 bits hold."""
    if value is None or math.isnan(value):
        return None
    return int(max(-LARGEST - 1, min(value * 1e6, LARGEST)))


@functools.lru_cache(maxsize=4096)
def _names(resolvers: str | None) -> tuple[str, ...]:
    return tuple(resolvers.split(",")) if resolvers else ()


def _ending(outcome: Outcome) -> str:
    failed = None if outcome.failed is None else int(outcome.failed) * _MILLION
    never = int(outcome is Outcome.NEVER_STARTED) * _MILLION
    return _json((failed, never if outcome.failed is False else None))[1:-1]


_NO_ENDING = "null,null"
_ENDINGS: Mapping[str, str] = {outcome: _ending(outcome) for outcome in Outcome}
