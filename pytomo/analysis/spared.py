"""Which troubles another resolver's address would have spared. Pure.

The addresses of a visit are of the same video at the same time: where one of them played well and
another did not, the resolver that gave the bad one alone made the difference.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pytomo.analysis.blame import Rules
from pytomo.analysis.causes import RULES, Rule
from pytomo.analysis.sample import too_slow
from pytomo.analysis.table import Table
from pytomo.errors import Outcome
from pytomo.summary import QUICK_START

Flags = NDArray[np.bool_]
Row = Mapping[str, Any]


def spared(table: Table, codes: Rules) -> Flags:
    """The rows in trouble whose video played well from an address of another resolver."""
    trouble = np.array([rule.cause.trouble for rule in RULES])[codes]
    well = (codes == Rule.WELL.code) & table.measured & ~too_slow(table)
    visit = table.visit - table.visit.min(initial=2**31 - 1)
    found = np.zeros(len(table), bool)
    for name in table.resolvers:
        gave = table.through(name)
        there = np.zeros(int(visit.max(initial=-1)) + 1, bool)
        there[visit[well & gave]] = True
        found |= there[visit] & ~gave
    found &= trouble
    return found


def better(row: Row, visit: Iterable[Row]) -> Row | None:
    """The row of the same visit that started first and did not stall, at another resolver's
    address; None if there is none."""
    mine = _resolvers(row)
    others = [one for one in visit if _resolvers(one) - mine and _played_well(one)]
    return min(others, key=lambda one: float(one["StartupDelay"]), default=None)


def _resolvers(row: Row) -> set[str]:
    return set(str(row["Resolver"] or "").split(",")) - {""}


def _played_well(row: Row) -> bool:
    delay, stalls = row["StartupDelay"], row["DownloadInterruptions"]
    quick = isinstance(delay, int | float) and delay <= QUICK_START
    return row["Outcome"] == Outcome.OK and quick and stalls == 0
