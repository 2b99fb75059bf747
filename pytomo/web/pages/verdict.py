"""The front page: how videos play from here, how sure that is, and what limits them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from math import isfinite
from typing import Any

from pytomo.analysis.blame import cause
from pytomo.analysis.causes import Cause
from pytomo.analysis.norms import Norms, norms
from pytomo.analysis.verdict import CauseCount, Verdict, verdict
from pytomo.database import ROW_ID, quoted
from pytomo.graphs import Graph, graph_named
from pytomo.results import COLUMNS
from pytomo.web.page import Page
from pytomo.web.pages.graphs import NARROW, Shown
from pytomo.web.parameters import OUTCOME, SELECTION
from pytomo.web.request import Request
from pytomo.web.site import Source

_COLUMNS = (ROW_ID, *(metric.column for metric in COLUMNS))


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One row that a cause limited."""

    row: int
    """RowId."""
    title: str
    """Of the video, or its URL."""
    at: str
    """UTC."""
    evidence: str
    """Why this cause, with the numbers of the row."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CauseLine:
    """A cause, how often it limited playbacks, and the latest example."""

    cause: Cause
    """What limited them."""
    text: str
    """What the cause means."""
    count: int
    """Rows."""
    share: float
    """Of all playbacks that were due."""
    of_troubles: float
    """Of those that went wrong."""
    example: Example | None
    """The latest of them, if it can be read."""
    look: str
    """What to look at to learn more."""
    path: str
    """The page that shows it."""
    arguments: Mapping[str, str]
    """Its parameters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VerdictPage:
    """The verdict on the rows that are looked at."""

    described: str
    """Which rows they are."""
    verdict: Verdict
    """How they play, and what limits them."""
    causes: tuple[CauseLine, ...]
    """Of troubles, the most frequent first."""
    capacity: float | None
    """kbps: 90th percentile of the highest throughput of the samples of the whole database."""
    round_trip: float | None
    """ms: median of the shortest round trips of the whole database."""
    graphs: tuple[Shown, ...] = field(repr=False)
    """Over time."""


NEXT: Mapping[Cause, tuple[str, str, Mapping[str, str]]] = {
    Cause.EXTRACTION: ("The rows that failed", "/videos", {"sort": "-OutcomePhase"}),
    Cause.DNS: ("What each resolver does", "/resolvers", {}),
    Cause.DISTANCE: ("Where each resolver leads", "/resolvers", {}),
    Cause.SERVER: ("Which servers are slow", "/servers", {"sort": "-stall_ratio"}),
    Cause.PATH: ("Round trips and loss over time", "/graphs/qos", {}),
    Cause.BITRATE: ("The bitrates of the videos", "/parameters/EncodingRate", {}),
    Cause.MACHINE: ("The verdict without such rows", "/", {"disturbed": "no"}),
    Cause.UNKNOWN: ("The rows that stalled most", "/videos", {"sort": "-StallRatio"}),
}
"""Where to look next: what is there, and the page with its parameters."""


def build(request: Request) -> VerdictPage:
    """The verdict, with an example of each cause."""
    usual = _usual(request)
    found = verdict(request.table(), usual)
    examples = _examples(request.source, [one.example for one in found.causes], usual)
    return VerdictPage(
        described=request.selection().described(),
        verdict=found,
        causes=tuple(_line(one, examples.get(one.example)) for one in found.causes),
        capacity=_known(usual.capacity),
        round_trip=_known(usual.round_trip),
        graphs=tuple(_graph(request, graph_named(name)) for name in GRAPHS),
    )


def lines(value: VerdictPage) -> Iterator[Mapping[str, Any]]:
    """The estimates, one a line."""
    for name in ESTIMATES:
        of = getattr(value.verdict, name)
        yield {
            "estimate": name,
            "value": of.value,
            "low": of.low,
            "high": of.high,
            "never": of.never,
            "count": of.count,
        }


GRAPHS = ("StartupDelay", "StallRatio")
"""What is shown over time."""

ESTIMATES = (
    *("quick_starts", "without_stalls", "would_have_stalled", "played_time", "delivered"),
    *("startup_median", "startup_90", "stall_ratio", "reception_ratio"),
)


def _graph(request: Request, graph: Graph) -> Shown:
    address = f"/graphs/{graph.name}.svg"
    return Shown(
        name=graph.name,
        title=graph.title,
        text=f"{graph.title}: {graph.source.text}",
        unit=graph.source.unit,
        column=graph.column,
        alt=f"{graph.title} over time: the mean and the spread; times without rows are striped.",
        picture=request.link(address),
        narrow=request.link(address, width=NARROW),
    )


def _known(value: float) -> float | None:
    return value if isfinite(value) else None


def _usual(request: Request) -> Norms:
    table = request.source.table
    found: Norms = request.site.cached(
        ("norms", request.source.name), table.version, lambda: norms(table)
    )
    return found


def _line(one: CauseCount, example: Example | None) -> CauseLine:
    look, path, arguments = NEXT[one.cause]
    return CauseLine(
        cause=one.cause,
        text=one.text,
        count=one.count,
        share=one.share,
        of_troubles=one.of_troubles,
        example=example,
        look=look,
        path=path,
        arguments=arguments,
    )


def _examples(source: Source, rows: list[int], usual: Norms) -> dict[int, Example]:
    """What the database says of these rows, by their numbers."""
    names = ", ".join(map(quoted, _COLUMNS))
    marks = ", ".join("?" * len(rows))
    with source.database() as database:
        found = list(
            database.query(f"SELECT {names} FROM measurements WHERE {ROW_ID} IN ({marks})", rows)
        )
    return {cells[0]: _example(dict(zip(_COLUMNS, cells, strict=True)), usual) for cells in found}


def _example(row: Mapping[str, Any], usual: Norms) -> Example:
    return Example(
        row=row[ROW_ID],
        title=str(row["Title"] or row["Url"] or f"row {row[ROW_ID]}"),
        at=str(row["ID"] or "")[:19],
        evidence=cause(row, usual).evidence,
    )


PAGE = Page(
    name="verdict",
    path="/",
    title="Verdict",
    text="How well online videos play from here, and what is to blame when they don't.",
    parameters=tuple(one for one in SELECTION if one is not OUTCOME),  # ok rows alone would lie
    build=build,
    lines=lines,
    menu="Verdict",
)
