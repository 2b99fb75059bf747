"""What the rows say of one parameter or question: known, unknown, or endless. Pure.

A sample that ended before playback started has no StartupDelay, and yet it says something of it:
that it is longer than the sample. Left out, such rows would make the worst lines look the better
the worse they are. So they count as infinite there, which is right for every quantile that is
shorter than the samples.

Of rows that were not played, how they played is unknown; so is, of those that were, what has no
value. Unknown is NaN: neither good nor bad.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pytomo.analysis.ordered import quantiles_of
from pytomo.analysis.table import Flags, Table
from pytomo.errors import Outcome
from pytomo.metrics import Metric
from pytomo.results import COLUMNS
from pytomo.summary import QUICK_START

PARAMETERS = tuple(metric for metric in COLUMNS if metric.series)
"""What can be looked at: the columns that are time series."""

ENDLESS = frozenset({"StartupDelay"})
"""Parameters that are infinite in a row that never started."""
LOWER_BOUNDS = frozenset({"BufferingDuration", "StallMediaRatio", "StallRatio"})
"""Parameters that are only known to be at least so high where the last stall was still open."""

FAILURES = frozenset(outcome for outcome in Outcome if outcome.failed)

Values = NDArray[Any]


def parameter(column: str) -> Metric:
    """The parameter of this name. Raises KeyError."""
    found = {metric.column: metric for metric in PARAMETERS}
    return found[column]


def sample(table: Table, column: str) -> Values:
    """The parameter in each row, in its unit; NaN where unknown, infinite where endless."""
    values = table.numbers(column)
    impossible = np.isinf(values)  # SQLite keeps anything
    if impossible.any():
        values = np.where(impossible, np.float32(np.nan), values)
    if column in ENDLESS:
        values = np.where(never_started(table), np.float32(np.inf), values)
    return values


def played(table: Table, column: str) -> Values:
    """The parameter of the samples that were played; NaN for other rows."""
    values = sample(table, column)
    return values if table.measured.all() else np.where(table.measured, values, np.float32(np.nan))


def never_started(table: Table) -> Flags:
    """The samples that ended before playback could start."""
    return table.words("Outcome").equal(Outcome.NEVER_STARTED)


def failed(table: Table) -> Flags:
    """The rows of measurements that failed; the first Pytomo did not tell."""
    return table.words("Outcome").flags(FAILURES)


def quick_starts(table: Table) -> Values:
    """1 for the samples that started within `QUICK_START`, 0 for those that did not."""
    delays = played(table, "StartupDelay")
    return _flags(delays <= QUICK_START, ~np.isnan(delays))


def without_stalls(table: Table) -> Values:
    """1 for the samples that started, never stalled and need not have stalled soon; 0 for others.

    A sample that came too slowly to go on has no stall only as it was so short.
    """
    stalls, never = played(table, "DownloadInterruptions"), never_started(table)
    return _flags((stalls == 0) & ~never & ~too_slow(table), ~np.isnan(stalls) | never)


def would_have_stalled(table: Table) -> Values:
    """1 for the samples that `too_slow` finds, 0 for all others of which stalls are known."""
    stalls, never = played(table, "DownloadInterruptions"), never_started(table)
    return _flags(too_slow(table), ~np.isnan(stalls) | never)


def too_slow(table: Table) -> Flags:
    """The samples that started and never stalled, but would have before the end of the video.

    At the pace so far, what they held would have been played before the rest had come.
    """
    found: Flags = table.measured & (table.numbers("DownloadInterruptions") == 0)
    found &= (table.numbers("ReceptionRatio") < 1) & ~never_started(table)
    rows = np.flatnonzero(found)  # few, so that the rest takes no time
    slow = table.where(rows)
    pace, held = sample(slow, "ReceptionRatio"), sample(slow, "BufferDurationAtEnd")
    rest = sample(slow, "VideoDuration") - sample(slow, "PlaybackDuration") - held
    found[rows] = rest * (1 - pace) > held * pace
    return found


def stalled_and_watched(table: Table) -> tuple[Values, Values]:
    """Seconds that each sample stalled, and those that it stalled or played; NaN unless both are
    known."""
    stalled = played(table, "BufferingDuration")
    watched = stalled + played(table, "PlaybackDuration")
    return np.where(np.isnan(watched), np.float32(np.nan), stalled), watched


def bounded(table: Table, column: str) -> Flags:
    """The rows whose value is only a lower bound, as their last stall was still open."""
    if column not in LOWER_BOUNDS:
        return np.zeros(len(table), bool)
    lower: Flags = (table.numbers("StallCensored") == 1) & ~np.isnan(table.numbers(column))
    return lower


def quantiles(ordered: Values, shares: Any) -> tuple[float | None, ...]:
    """The values that these shares do not exceed; None: endless, or no value.

    `ordered` has no NaN; endless values stand at its end.
    """
    found = quantiles_of(ordered, shares)
    return tuple(value if np.isfinite(value) else None for value in found.tolist())


def _flags(well: Flags, known: Flags) -> Values:
    flags = well.astype(np.float32)
    flags[~known] = np.nan
    return flags
