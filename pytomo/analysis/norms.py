"""What is usual here: what a row is compared with to find what limited it.

Norms belong to a whole database, not to a part of it: whether a server is slow shows by the others.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pytomo.analysis.ordered import quantiles_of
from pytomo.analysis.table import Table, Words

ENOUGH_SAMPLES = 10
ENOUGH_SERVERS = 3
"""With fewer, what the line can carry and what its only servers send are not to be told apart."""
CAPACITY = 0.9
"""The quantile of the highest rates of samples that is taken for what the line carries: the highest
of all may be a burst out of some buffer."""
WINDOW = 900.0
"""s: samples of the same quarter of an hour are of the same time."""

Floats = NDArray[Any]
Codes = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Others:
    """What the best servers gave in each `WINDOW`: the best one first, each server once."""

    windows: Codes
    """Unix time / `WINDOW`, rounded down: those that have samples, in order."""
    rates: tuple[Floats, ...]
    """kbps for each window; -inf where there are not so many servers."""
    servers: tuple[Codes, ...]

    def at(self, time: Floats, server: Codes) -> Floats:
        """Highest rate (kbps) that any other server gave in the same window.

        NaN with fewer than `ENOUGH_SERVERS` others.
        """
        if not len(self.windows):
            return np.full(len(time), np.nan)
        window = _windows(time)
        place = np.minimum(np.searchsorted(self.windows, window), len(self.windows) - 1)
        known = (self.windows[place] == window) & np.isfinite(self.rates[-1][place])
        own = self.servers[0][place] == server
        rate = np.where(own, self.rates[1][place], self.rates[0][place])
        found: Floats = np.where(known, rate, np.nan)
        return found


@dataclass(frozen=True, slots=True)
class Norms:
    """The usual of one database; NaN where too little is known."""

    samples: int
    """Rows whose highest rate is known."""
    capacity: float
    """kbps: the `CAPACITY` quantile of MaxInstantThp."""
    round_trip: float
    """ms: the median of the rows' shortest round trips."""
    in_flight: float
    """bytes: the `CAPACITY` quantile of rate × round trip, what servers keep on the way at most."""
    pings_answered: bool
    """Whether most rows had pings answered: then silence is a sign."""
    others: Others
    server_names: tuple[str, ...]
    """What the codes of servers stand for."""


@np.errstate(all="ignore")  # what follows from values that cannot be is unknown, no error
def norms(table: Table) -> Norms:
    """The usual of all rows of a database."""
    rates, names = table.numbers("MaxInstantThp"), servers(table)
    known = np.isfinite(rates) & (names.codes >= 0)
    samples, codes = rates[known], names.codes[known]
    enough = len(samples) >= ENOUGH_SAMPLES and _several(codes)
    others = _others(_windows(table.time)[known], codes, samples)
    trips = round_trips(table)
    return Norms(
        samples=len(samples),
        capacity=_quantile(samples, CAPACITY) if enough else np.nan,
        round_trip=_quantile(trips, 0.5),
        in_flight=_quantile(rates * trips / 8, CAPACITY) if enough else np.nan,
        pings_answered=_most(table.numbers("PingLoss") < 1),
        others=others,
        server_names=names.names,
    )


def round_trips(table: Table) -> Floats:
    """The shortest round trip of each row, ms: of the pings, or else the TCP handshake."""
    pings = table.numbers("PingMin")
    found: Floats = np.where(np.isnan(pings), 1000 * table.numbers("ConnectTime"), pings)
    return found


def servers(table: Table) -> Words:
    """The server of each row: its name, or its address where no row has a name (first Pytomo)."""
    names = table.words("CacheHost")
    return names if names.names else table.words("IP")


def _several(codes: Codes) -> bool:
    return int(np.count_nonzero(np.bincount(codes))) >= ENOUGH_SERVERS


def _most(flags: NDArray[np.bool_]) -> bool:
    return bool(2 * np.count_nonzero(flags) > len(flags))


def _quantile(values: Floats, q: float) -> float:
    known = values[np.isfinite(values)]
    if len(known) < ENOUGH_SAMPLES:
        return np.nan
    known.sort()
    return float(quantiles_of(known, q))


def _windows(time: Floats) -> Codes:
    """The window of each time; that of one that is unknown is none of a row."""
    windows = np.floor(time / WINDOW)
    return np.where(np.isfinite(windows), windows, -1).astype(np.int32)


def _others(window: Codes, server: Codes, rate: Floats) -> Others:
    if np.any(window[1:] < window[:-1]):
        order = np.argsort(window, kind="stable")
        window, server, rate = window[order], server[order], rate[order]
    new = np.append(True, window[1:] != window[:-1])[: len(window)]
    place, first = np.cumsum(new, dtype=np.int32) - np.int32(1), np.flatnonzero(new)
    rates, servers = [], []
    for _ in range(ENOUGH_SERVERS + 1):
        best, of = _best(place, first, server, rate)
        rates.append(best)
        servers.append(of)
        rate = np.where(server == of[place], np.float32(-np.inf), rate)
    return Others(window[first], tuple(rates), tuple(servers))


def _best(place: Codes, first: Codes, server: Codes, rate: Floats) -> tuple[Floats, Codes]:
    """The highest rate of each window and whose it is; `first` is its first row."""
    best = np.maximum.reduceat(rate, first) if len(first) else rate
    rows = np.flatnonzero(rate == best[place])
    of = np.full(len(first), -1, np.int32)
    of[place[rows]] = server[rows]
    return best, of
