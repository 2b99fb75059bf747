"""Which servers hold the videos, and how well each of them does: rows grouped by server. Pure.

A million rows are grouped in a fraction of a second; a group is made into a `Server` only when it
is shown.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pytomo.analysis.groups import Groups, divided
from pytomo.analysis.sample import (
    failed,
    never_started,
    played,
    sample,
    stalled_and_watched,
    without_stalls,
)
from pytomo.analysis.table import Table

Coded = tuple[NDArray[Any], tuple[str, ...]]
"""The code of each row's group, -1 for unknown, and the name of each group."""


@dataclass(frozen=True, slots=True)
class Server:
    """One server, or all servers that have something in common."""

    name: str | None
    """Host, address, AS number, place, prefix or country, as asked for; None: not known."""
    rows: int
    """Rows of measurements there."""
    plays: int
    """Rows with a sample that was played."""
    failures: int
    """Rows of measurements that failed."""
    hosts: int
    """Different host names."""
    addresses: int
    """Different IP addresses."""
    as_number: int | None
    """The AS that all its addresses are in; None: not known, or several."""
    as_numbers: tuple[int, ...]
    """All ASes that its addresses are known to be in."""
    as_name: str | None
    """The name of that AS; None: not known, or several."""
    place: str | None
    """The place that all its hosts tell of; None: not known, or several."""
    resolvers: tuple[str, ...]
    """Those that lead there."""
    rtt: float | None
    """Median of PingMin, ms."""
    throughput: float | None
    """Median of AverageThroughput of the samples that were played, kbps."""
    startup_delay: float | None
    """Median, s; infinite (null in JSON) where half of them never started."""
    never_starts: bool
    """Whether that median is infinite, not unknown."""
    never_started: int
    """Samples that had not started when they ended."""
    without_stalls: float | None
    """Share of the samples that started, never stalled, and came fast enough to go on so; of those
    that tell."""
    stall_ratio: float | None
    """All stalled time over all stalled and played time."""
    last: float
    """When the newest of its rows began, Unix time."""


@dataclass(frozen=True, slots=True)
class Servers:
    """All groups, as columns."""

    names: tuple[str | None, ...]
    columns: Mapping[str, NDArray[Any]]
    """The other fields of `Server`, NaN or None for unknown."""

    def __len__(self) -> int:
        return len(self.names)

    def order(self, field: str, *, descending: bool = False) -> NDArray[np.intp]:
        """The groups sorted by a field of `Server`; those that are equal by name, unknown last."""
        key = self._key(field)
        known = ~np.isnan(key)
        ranks = np.where(known, -key if descending else key, np.inf)
        return np.lexsort((_ranks(self.names), ranks, ~known))

    def at(self, places: Iterable[int]) -> Iterator[Server]:
        """The groups at these places, in this order."""
        for place in places:
            values = {field: _plain(column[place]) for field, column in self.columns.items()}
            yield Server(self.names[place], **values)

    def _key(self, field: str) -> NDArray[np.float64]:
        if field == "name":
            return np.where([name is None for name in self.names], np.nan, _ranks(self.names))
        column = self.columns[field]
        if field in ("resolvers", "as_numbers"):
            return np.array([float(len(names)) for names in column])
        if column.dtype == object:
            known = [value is None for value in column]
            return np.where(known, np.nan, _ranks(column))
        return column.astype(np.float64)


SORTABLE = ("name", *(field for field in Server.__slots__ if field != "name"))
"""What groups can be sorted by."""


def _words(column: str) -> Callable[[Table], Coded]:
    def coded(table: Table) -> Coded:
        words = table.words(column)
        return words.codes, words.names

    return coded


def _as_numbers(table: Table) -> Coded:
    codes, numbers = table.coded("ASNumber")
    return codes, tuple(str(int(number)) if np.isfinite(number) else "" for number in numbers)


GROUPINGS: Mapping[str, Callable[[Table], Coded]] = {
    "host": _words("CacheHost"),
    "ip": _words("IP"),
    "as": _as_numbers,
    "place": _words("CachePlace"),
    "prefix": _words("Prefix"),
    "country": _words("Country"),
}
"""What servers can be grouped by."""


def servers(table: Table, by: str) -> Servers:
    """The servers of all rows that know an address, grouped by one of `GROUPINGS`."""
    table = table.where(table.words("IP").codes >= 0)
    codes, names = GROUPINGS[by](table)
    present = np.bincount(codes + 1, minlength=len(names) + 1) > 0
    places = np.cumsum(present, dtype=np.int32) - 1
    groups = Groups(places[codes + 1], int(present.sum()))
    found = tuple(name for name, there in zip((None, *names), present, strict=True) if there)
    return Servers(found, {**_identities(table, groups), **_numbers(table, groups)})


def _identities(table: Table, groups: Groups) -> dict[str, NDArray[Any]]:
    """Who the servers of each group are, and who leads there."""
    hosts, _ = groups.pairs(table.words("CacheHost").codes)
    addresses, _ = groups.pairs(table.words("IP").codes)
    return {
        "rows": groups.rows(),
        "plays": groups.rows(table.measured),
        "failures": groups.rows(failed(table)),
        "hosts": np.bincount(hosts, minlength=groups.count),
        "addresses": np.bincount(addresses, minlength=groups.count),
        "as_number": _common(groups, *_as_numbers(table), int),
        "as_numbers": _all(groups, *_as_numbers(table)),
        "as_name": _common(groups, *_words("ASName")(table)),
        "place": _common(groups, *_words("CachePlace")(table)),
        "resolvers": _resolvers(table, groups),
    }


def _numbers(table: Table, groups: Groups) -> dict[str, NDArray[Any]]:
    """How well the servers of each group do."""
    delays = groups.medians(played(table, "StartupDelay"))
    return {
        "rtt": groups.medians(sample(table, "PingMin")),
        "throughput": groups.medians(played(table, "AverageThroughput")),
        "startup_delay": delays,
        "never_starts": np.isinf(delays),
        "never_started": groups.rows(never_started(table)),
        "without_stalls": groups.means(without_stalls(table)),
        "stall_ratio": divided(*map(groups.sums, stalled_and_watched(table))),
        "last": groups.last(table.time),
    }


def _common(
    groups: Groups, codes: NDArray[Any], names: tuple[str, ...], kind: type = str
) -> NDArray[Any]:
    """The name that all named rows of a group share, as objects; None where there is none."""
    those, found = groups.pairs(codes)
    alone = np.bincount(those, minlength=groups.count) == 1
    shared = np.full(groups.count, None, object)
    for group, code in zip(those.tolist(), found.tolist(), strict=True):
        if alone[group]:
            shared[group] = kind(names[code])
    return shared


def _all(groups: Groups, codes: NDArray[Any], names: tuple[str, ...]) -> NDArray[Any]:
    """The numbers of all that the rows of a group name, as tuples."""
    found: list[list[int]] = [[] for _ in range(groups.count)]
    for group, code in zip(*(part.tolist() for part in groups.pairs(codes)), strict=True):
        found[group].append(int(names[code]))
    several = np.empty(groups.count, object)
    several[:] = [tuple(sorted(numbers)) for numbers in found]
    return several


def _resolvers(table: Table, groups: Groups) -> NDArray[Any]:
    leads = [(name, groups.rows(table.through(name)) > 0) for name in table.resolvers]
    found = np.empty(groups.count, object)
    for place in range(groups.count):
        found[place] = tuple(name for name, there in leads if there[place])
    return found


def _ranks(names: Iterable[Any]) -> NDArray[np.intp]:
    """The place of each name among all in order, as people count: r2 before r10."""
    listed = list(names)
    order = sorted(range(len(listed)), key=lambda place: _sort_key(listed[place]))
    ranks = np.empty(len(listed), np.intp)
    ranks[order] = np.arange(len(listed))
    return ranks


def _sort_key(name: Any) -> str:
    return "" if name is None else re.sub(r"\d+", lambda digits: digits[0].zfill(20), str(name))


def _plain(value: Any) -> Any:
    """As Python has it: None where nothing is known."""
    found = value.item() if isinstance(value, np.generic) else value
    return None if isinstance(found, float) and np.isnan(found) else found
