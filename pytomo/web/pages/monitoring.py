"""What monitoring systems ask for: the metrics, and whether the server works."""

from collections.abc import Hashable
from dataclasses import dataclass

from pytomo.web.answers import JSON
from pytomo.web.encoding import as_json
from pytomo.web.metrics import families
from pytomo.web.openmetrics import TYPE, exposition
from pytomo.web.page import File
from pytomo.web.request import Request
from pytomo.web.state import shown


@dataclass(frozen=True, slots=True)
class Health:
    """That the server works, and what it shows."""

    status: str
    """ok: whatever answers at all works; a directory without databases is no failure."""
    database: str | None
    """File name of the database that is followed."""
    running: bool
    """Whether its crawl seems to go on."""
    rows: int
    age: float | None
    """Seconds since its newest row began; None if there is none."""


def metrics(request: Request) -> str:
    """The metrics of the database that is followed."""
    source = shown(request)
    table = source.table if source else None
    name, running = (source.name, source.running) if source else ("", False)
    return exposition(families(table, name, running=running, now=request.site.clock()))


def health(request: Request) -> Health:
    """That the server works: this is told by telling it."""
    source = shown(request)
    if source is None:
        return Health("ok", None, False, 0, None)
    table = source.table
    age = request.site.clock() - float(table.time[-1]) if len(table) else None
    return Health("ok", source.name, source.running, table.total, age)


def _now(request: Request) -> Hashable:
    """It is told anew each time."""
    return request.site.clock()


FILES = (
    File(
        name="metrics",
        path="/metrics",
        text="The database that is followed, for Prometheus and its kin: OpenMetrics 1.0.",
        type=TYPE,
        write=metrics,
        version=_now,
    ),
    File(
        name="healthz",
        path="/healthz",
        text="Whether the server works: status ok, with the database and the age of its last row.",
        type=JSON,
        write=lambda request: as_json(health(request)),
        version=_now,
    ),
)
