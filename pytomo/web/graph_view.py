"""What graphs over time show for a request: which time, which RRD files, and what is missing."""

import math
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from pytomo.analysis.selection import Selection
from pytomo.analysis.table import Table
from pytomo.graphs.drawing import shown_range
from pytomo.rrd import resolvers_told, rrd_name
from pytomo.series import STEP
from pytomo.web.answers import BadRequest
from pytomo.web.archive import LISTING
from pytomo.web.formatting import iso
from pytomo.web.page import by_rows
from pytomo.web.parameters import DATABASE, END, RESOLVER, SERVICE, SPAN, SPANS, START
from pytomo.web.request import Request
from pytomo.web.rrds import Found, Wanted, changed
from pytomo.web.site import Site, Source

PARAMETERS = (DATABASE, SERVICE, RESOLVER, START, END, SPAN)
"""What RRD files know: they are kept for each service and resolver."""
NO_ROWS = "The database has no rows yet: graphs begin with the first one."

Services = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphView:
    """What is shown."""

    service: str | None
    """None: there are no rows yet."""
    resolver: str | None
    """The only one that is shown; None: each has its line."""
    resolvers: tuple[str, ...]
    """All that the service has rows of."""
    services: tuple[str, ...]
    start: int
    end: int
    """Unix times, s."""
    described: str
    files: Mapping[str, Path]
    """By resolver."""
    note: str
    """What is to be said about them; empty if all is well."""

    @property
    def where(self) -> str:
        """The title's part."""
        parts = (self.service, self.resolver and f"through {self.resolver}")
        return ", ".join(part for part in parts if part)


def graph_view(request: Request) -> GraphView:
    """What a request asks for. Raises BadRequest if the time ends before it begins."""
    source = request.source
    services = _services(request)
    asked = request.arguments
    service = asked.get("service") or next(iter(services), None)
    resolvers = services.get(service or "", ())
    resolver = asked.get("resolver")
    found = _found(request, services) if services else Found({}, NO_ROWS)
    files = _files(request, found, service, [resolver] if resolver else resolvers)
    start, end = shown_range(*_asked_range(asked, *_whole(source)))
    return GraphView(
        service=service,
        resolver=resolver,
        resolvers=resolvers,
        services=tuple(services),
        start=start,
        end=end,
        described=Selection(service=service, resolver=resolver, start=start, end=end).described(),
        files=files,
        note=found.note,
    )


def version(request: Request) -> Hashable:
    """Changes whenever a graph may: with the rows, and with the RRD files."""
    return (by_rows(request), state_of(graph_view(request)))


def state_of(view: GraphView) -> Hashable:
    """Changes whenever the RRD files do, or what is to be said about them."""
    return (tuple((str(path), changed(path)) for path in view.files.values()), view.note)


@dataclass(frozen=True, slots=True, kw_only=True)
class Moves:
    """Addresses of the same page with another time; None where there is nothing to see."""

    earlier: str | None
    later: str | None
    closer: str
    farther: str | None
    everything: str


def moves(request: Request, view: GraphView) -> Moves:
    """Where one can go from the time that is shown."""
    start, end, length = view.start, view.end, view.end - view.start
    first, last = _whole(request.source)

    def at(begin: float, finish: float) -> str:
        return request.here(start=iso(begin), end=iso(finish), span=None)

    return Moves(
        earlier=at(start - length // 2, end - length // 2) if start > first else None,
        later=at(start + length // 2, end + length // 2) if end < last else None,
        closer=at(start + length // 4, end - length // 4),
        farther=at(start - length // 2, end + length // 2) if start > first or end < last else None,
        everything=request.here(start=None, end=None, span=None),
    )


def _services(request: Request) -> Services:
    source = request.source
    key = ("services of graphs", source.name)
    listed = resolvers_told(source.facts)
    found: Services = request.site.cached(
        key, (source.table.version, listed), lambda: services_of(source.table, listed)
    )
    return found


def services_of(table: Table, resolvers: tuple[str, ...]) -> Services:
    """The services of the rows, the most frequent first, and the resolvers that have rows of each.

    `resolvers` are those of the crawl: rows without an address count for all of them.
    """
    everyone = resolvers or tuple(sorted(table.resolvers))
    services, lists = table.words("Service"), table.words("Resolver")
    width = len(lists.names) + 1
    counts = np.bincount((services.codes.astype(np.int32) + 1) * width + lists.codes + 1)
    found: dict[str, tuple[int, set[str]]] = {}
    for pair in np.flatnonzero(counts).tolist():
        service, names = divmod(pair, width)
        if service:
            known = lists.names[names - 1].split(",") if names else everyone
            total, seen = found.get(services.names[service - 1], (0, set()))
            found[services.names[service - 1]] = (total + int(counts[pair]), seen | set(known))
    order = sorted(found, key=lambda name: (-found[name][0], name))
    return {name: _ordered(found[name][1], everyone) for name in order}


def _ordered(names: set[str], order: tuple[str, ...]) -> tuple[str, ...]:
    known = [name for name in order if name in names]
    return (*known, *sorted(names - set(known)))


def _found(request: Request, services: Services) -> Found:
    source = request.source
    host = source.path.name.partition(".")[0]
    start, end = _whole(source)
    wanted = Wanted(
        database=source.path,
        changed=source.entry.changed,
        names=frozenset(rrd_name(host, s, r) for s, names in services.items() for r in names),
        start=start,
        end=end,
        running=source.running,
    )
    return request.site.rrds.find(wanted, busy=source.running or _any_running(request.site))


def _any_running(site: Site) -> bool:
    """Whether any crawl of the archive goes on; looked for as often as for the files of it."""
    now = site.clock()
    running: bool = site.cached(
        "any crawl is running",
        now // LISTING,
        lambda: any(entry.running(now) for entry in site.archive()),
    )
    return running


def _files(
    request: Request, found: Found, service: str | None, resolvers: Iterable[str]
) -> dict[str, Path]:
    """The files of these resolvers that are there."""
    host = request.source.path.name.partition(".")[0]
    places = {name: found.paths.get(rrd_name(host, service or "", name)) for name in resolvers}
    return {name: path for name, path in places.items() if path is not None}


def _whole(source: Source) -> tuple[float, float]:
    """Unix times of the first and last row; of now if there are none."""
    times = source.table.time
    first, last = (_unix(text) for text in (source.entry.first, source.entry.last))
    if len(times):
        first = float(times.min()) if first is None else first
        last = max(float(times[-1]), last or 0.0)
    if first is None or last is None:
        return source.entry.changed, source.entry.changed
    return first, last


def _unix(text: str | None) -> float | None:
    try:
        return datetime.fromisoformat(text or "").replace(tzinfo=UTC).timestamp()
    except ValueError:
        return None


def _asked_range(asked: Mapping[str, Any], first: float, last: float) -> tuple[float, float]:
    """The time that is asked for; `span` counts back from the last row. Raises BadRequest."""
    start: float | None = asked.get("start")
    end: float | None = asked.get("end")
    if start is not None and end is not None and end <= start:
        raise BadRequest("end must be later than start")
    if start is None and end is None:
        length, finish = SPANS[asked.get("span") or "all"], math.ceil(last / STEP) * STEP
        return (first if math.isinf(length) else finish - length), finish
    if start is None:
        until = last if end is None else end
        return min(first, until - 1), until
    return start, max(last, start + 1) if end is None else end
