"""Which samples played worst. Pure."""

import numpy as np

from pytomo.analysis.sample import sample
from pytomo.analysis.table import Table
from pytomo.summary import QUICK_START


def worst(table: Table, most: int) -> tuple[int, ...]:
    """The RowIds of the samples that played worst, one of each server at most.

    Those that never started are the worst, then those that stalled longest, then those that took
    longest to start; what started within `QUICK_START` and did not stall is none of them.
    """
    plays = table.where(table.measured)
    delays = np.nan_to_num(sample(plays, "StartupDelay"), posinf=np.inf)
    stalled = np.nan_to_num(sample(plays, "BufferingDuration"))
    bad = np.flatnonzero((delays > QUICK_START) | (stalled > 0))
    order = bad[np.lexsort((-delays[bad], -stalled[bad], np.isfinite(delays[bad])))]
    _, first = np.unique(plays.words("CacheHost").codes[order], return_index=True)
    return tuple(plays.row_id[order[np.sort(first)[:most]]].tolist())
