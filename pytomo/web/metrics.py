"""What `/metrics` tells of a database: totals of all its rows, and how the last minutes were.

Names are those of the columns, in snake case and with a base unit behind them, as Prometheus wants
them (https://prometheus.io/docs/practices/naming/). An address of several resolvers counts for
each of them: only numbers that are not to be added up have the label `resolver`.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pytomo import __version__
from pytomo.analysis.table import Table
from pytomo.metrics import Metric
from pytomo.results import COLUMNS
from pytomo.web.openmetrics import Family, Labels, Sample, buckets, counter, gauge, info

RECENT = 600.0
"""Seconds of which the means are: a slow crawl has a row or two in them, a stopped one none."""

BASE_UNITS: Mapping[str, tuple[str, float]] = {
    "s": ("seconds", 1.0),
    "ms": ("seconds", 1e-3),
    "kbps": ("bytes_per_second", 125.0),
    "bytes": ("bytes", 1.0),
    "ratio": ("ratio", 1.0),
    "px": ("pixels", 1.0),
    "segments": ("segments", 1.0),
    "1/min": ("per_second", 1 / 60),
    "": ("", 1.0),
}
"""For each unit of a column its base unit, and how many of these it is."""

HISTOGRAMS: Mapping[str, tuple[float, ...]] = {
    "StartupDelay": (0.25, 0.5, 1.0, 2.0, 3.0, 5.0, 10.0, 20.0),
    "StallRatio": (0.0, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5),
}
"""Columns whose distribution is told, and the upper bounds of its buckets in base units."""

UNKNOWN = "unknown"
"""The outcome of the first Pytomo's rows, and the service of those that have none."""


@dataclass(frozen=True, slots=True)
class Group:
    """Recent rows that have the same labels."""

    labels: Labels
    rows: Table


Values = Callable[[Group], NDArray[Any]]
"""A number of each row; NaN where it is not known."""

_METRICS = {metric.column: metric for metric in COLUMNS}


def families(table: Table | None, name: str, *, running: bool, now: float) -> Iterator[Family]:
    """All that is told of a database; of the program only, where there is none.

    `now` is the Unix time. Totals are told once all rows are in memory: what is counted only grows.
    """
    yield info("pytomo_build", "The program that tells this.", {"version": __version__})
    if table is None:
        return
    yield info("pytomo_database", "The database that is followed.", {"name": name})
    text = "Whether the crawl that writes the database seems to go on."
    yield gauge("pytomo_crawl_running", text, [Sample({}, int(running))])
    if len(table):
        text = "When the newest row began."
        last = [Sample({}, float(table.time[-1]))]
        yield gauge("pytomo_last_row_timestamp_seconds", text, last, "seconds")
        if table.loaded == table.total:
            yield from _totals(table)
    yield from _recent(table.where(table.time >= now - RECENT))


def metric_name(metric: Metric, prefix: str) -> str:
    """The name of a column with its base unit: PingMin in ms is `…_ping_min_seconds`."""
    name = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", metric.column).lower()
    unit, _ = BASE_UNITS[metric.unit]
    return f"{prefix}_{name}" if not unit or name.endswith(unit) else f"{prefix}_{name}_{unit}"


def _totals(table: Table) -> Iterator[Family]:
    created = float(table.time[0])
    text = "Rows of the database by how they ended: ok, or what went wrong."
    yield counter("pytomo_rows", text, _outcomes(table), created)
    for column, bounds in HISTOGRAMS.items():
        yield _histogram(table, _METRICS[column], bounds, created)


def _outcomes(table: Table) -> Iterator[tuple[Labels, int]]:
    words = table.words("Outcome")
    for labels, rows in _by_service(table):
        counts = np.bincount(words.codes[rows] + 1, minlength=len(words.names) + 1)
        for outcome, count in zip((UNKNOWN, *words.names), counts.tolist(), strict=True):
            if count:
                yield {**labels, "outcome": outcome}, count


def _histogram(table: Table, metric: Metric, bounds: Sequence[float], created: float) -> Family:
    unit, factor = BASE_UNITS[metric.unit]
    values = table.numbers(metric.column)
    samples: list[Sample] = []
    for labels, rows in _by_service(table):
        known = values[rows]
        known = known[~np.isnan(known)].astype(np.float64) * factor
        places = np.searchsorted(np.array(bounds), known)
        counts = np.cumsum(np.bincount(places, minlength=len(bounds) + 1))
        samples += buckets(labels, bounds, counts.tolist(), float(known.sum()), created)
    return Family(
        name=metric_name(metric, "pytomo"),
        type="histogram",
        text=f"{metric.text} Of all rows that know it.",
        samples=tuple(samples),
        unit=unit,
    )


def _recent(table: Table) -> Iterator[Family]:
    groups = list(_groups(table))
    counts = [Sample(group.labels, len(group.rows)) for group in groups]
    yield gauge("pytomo_recent_rows", f"Rows of the last {RECENT:.0f} s.", counts)
    yield _phases(groups)
    for metric in COLUMNS:
        if metric.series:
            unit, factor = BASE_UNITS[metric.unit]
            text = f"{metric.text} Mean of the last {RECENT:.0f} s."
            samples = _means(groups, _column(metric.column), factor)
            yield gauge(metric_name(metric, "pytomo_recent"), text, samples, unit)


def _phases(groups: Iterable[Group]) -> Family:
    """As blackbox_exporter's probe_http_duration_seconds: the phases of a request, in order."""
    samples = [
        Sample({"phase": phase, **sample.labels}, sample.value)
        for phase, values in PHASES.items()
        for sample in _means(groups, values, 1.0)
    ]
    text = (
        "Duration of the phases of a download: resolve, connect, tls, processing (until the first "
        f"byte of media) and transfer (from then on). Mean of the last {RECENT:.0f} s."
    )
    return gauge("pytomo_phase_duration_seconds", text, samples, "seconds")


def _column(name: str) -> Values:
    return _resolve_time if name == "ResolveTime" else lambda group: group.rows.numbers(name)


def _resolve_time(group: Group) -> NDArray[Any]:
    """It is that of the first of the resolvers that gave the address: another's is not known."""
    lists, resolver = group.rows.words("Resolver"), group.labels["resolver"]
    own = frozenset(names for names in lists.names if names.partition(",")[0] == resolver)
    return np.where(lists.flags(own), group.rows.numbers("ResolveTime"), np.nan)


def _transfer(group: Group) -> NDArray[Any]:
    """What is left of the sample after its other phases; there is no TLS in plain HTTP."""
    rows = group.rows
    tls = np.nan_to_num(rows.numbers("TlsTime"), nan=0.0)
    before = rows.numbers("ConnectTime") + tls + rows.numbers("TimeTogetFirstByte")
    left: NDArray[Any] = np.maximum(rows.numbers("DownloadTime") - before, 0.0)
    return left


PHASES: Mapping[str, Values] = {
    "resolve": _column("ResolveTime"),
    "connect": _column("ConnectTime"),
    "tls": _column("TlsTime"),
    "processing": _column("TimeTogetFirstByte"),
    "transfer": _transfer,
}
"""What each phase takes, s."""


def _means(groups: Iterable[Group], values: Values, factor: float) -> Iterator[Sample]:
    """The mean of what is known in each group."""
    for group in groups:
        found = values(group)
        known = found[~np.isnan(found)]
        if len(known):
            yield Sample(group.labels, float(known.mean(dtype=np.float64)) * factor)


def _groups(table: Table) -> Iterator[Group]:
    """By service and by each resolver; without a resolver where none gave an address."""
    without = table.words("Resolver").codes < 0
    for labels, rows in _by_service(table):
        for name in table.resolvers:
            yield from _group({**labels, "resolver": name}, table, rows & table.through(name))
        yield from _group({**labels, "resolver": ""}, table, rows & without)


def _group(labels: Labels, table: Table, rows: NDArray[np.bool_]) -> Iterator[Group]:
    if rows.any():
        yield Group(labels, table.where(rows))


def _by_service(table: Table) -> Iterator[tuple[Labels, NDArray[np.bool_]]]:
    words = table.words("Service")
    for code, service in enumerate((UNKNOWN, *words.names), start=-1):
        rows = words.codes == code
        if rows.any():
            yield {"service": service}, rows
