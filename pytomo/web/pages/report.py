"""The report: what the pages show of some rows of a database, as one document without links to us.

It is made of the values of the pages themselves, so that a page and the report cannot differ.
"""

import base64
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

from pytomo import __version__
from pytomo.analysis.distributions import Distributions
from pytomo.analysis.intervals import Estimate
from pytomo.analysis.sample import PARAMETERS
from pytomo.analysis.worst import worst
from pytomo.database import FILE_ENDING
from pytomo.errors import UsageError
from pytomo.graphs import MAIN, group_graphs
from pytomo.metrics import Metric
from pytomo.report.measured import Measured, measured
from pytomo.web.answers import HTML, Unreadable
from pytomo.web.graph_view import graph_view
from pytomo.web.page import PICTURE_TYPES, File, Page, Picture
from pytomo.web.pages import averages, distributions, graphs, resolvers, servers, verdict, video
from pytomo.web.parameters import SELECTION
from pytomo.web.request import Request
from pytomo.web.templates import PLACE, rendered

LONGEST_WAIT = 60.0
"""Seconds until all rows of a database are read."""
OVER_TIME = ("StartupDelay", "AverageThroughput")
"""Parameters whose spread over time is drawn from the rows."""
CURVES = (("StartupDelay", "resolver"), ("AverageThroughput", "as"))
"""Parameters whose distribution is drawn, and by what."""
SERVERS = (("as", 10), ("host", 10))
"""What servers are listed by, and how many of the groups with the most rows."""
WORST, DRAWN = 3, 1
"""Videos that are told of one by one, and how many of them are drawn."""
AVERAGED = (
    *("StartupDelay", "StallRatio", "DownloadInterruptions", "AverageThroughput"),
    *("EncodingRate", "ReceptionRatio", "PingMin", "TimeTogetFirstByte", "ResolveTime"),
)
"""Parameters whose averages are told, and which are defined."""
VERDICT = (
    ("quick_starts", "Start within 2 s", "ratio"),
    ("without_stalls", "Play without a stall", "ratio"),
    ("delivered", "Deliver what was asked for", "ratio"),
    ("startup_median", "Startup delay, median", "s"),
    ("startup_90", "Startup delay, 90th percentile", "s"),
    ("stall_ratio", "Stalled time over stalled and played time", "ratio"),
    ("reception_ratio", "Throughput over what the video needs, median", ""),
)
"""The estimates of the verdict, in words."""
CONTENTS = {
    "play": "How videos play",
    "causes": "What limits them",
    "time": "Over time",
    "resolvers": "Resolvers",
    "servers": "Servers",
    "distributions": "Distributions",
    "worst": "The videos that played worst",
    "averages": "Averages",
    "measured": "How it was measured",
}
"""The parts, in their order."""
PLAYBACK = next(picture for picture in video.PICTURES if picture.name == "playback")
GRAPH = next(picture for picture in graphs.PICTURES if picture.name == "graph")
PICTURED = {"html": "svg", "pdf": "png"}
"""The format of the pictures in each: WeasyPrint takes long for shapes, and little for dots."""
GRAPH_WIDTH = 640
"""CSS pixels."""


@dataclass(frozen=True, slots=True)
class Image:
    """A picture that is in the document itself."""

    address: str
    """A data URI."""
    alt: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Bad:
    """A video that played badly."""

    value: video.OneVideo
    image: Image | None
    """How it played; None if no arrivals were kept, or others played worse."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """All that is in a report."""

    database: str
    selected: str
    made: datetime
    version: str
    rows: int
    """That are looked at."""
    loaded: int
    total: int
    """Of the whole database; only the newest `loaded` are known."""
    verdict: verdict.VerdictPage
    estimates: tuple[tuple[str, Estimate, str], ...]
    """What it is, how much, unit."""
    resolvers: resolvers.ResolversPage
    servers: tuple[servers.ServersPage, ...]
    over_time: tuple[Image, ...]
    graphs: tuple[Image, ...]
    """Those of RRDtool, of what `over_time` does not show; none while their files are made."""
    curves: tuple[tuple[Distributions, Image], ...]
    bad: tuple[Bad, ...]
    averages: averages.AveragesPage
    measured: Measured
    profile: str | None
    """The model of a player that the newest row was played in."""

    @property
    def parameters(self) -> Sequence[Metric]:
        """Those whose averages are told, with unit and meaning."""
        return tuple(metric for metric in PARAMETERS if metric.column in AVERAGED)

    @property
    def contents(self) -> Sequence[tuple[str, str]]:
        """The name and the title of each part."""
        return tuple((n, title) for n, title in CONTENTS.items() if n != "worst" or self.bad)

    @property
    def most_averages(self) -> int:
        """Columns of the table of averages that there is room for."""
        return 5

    @property
    def title(self) -> str:
        """Of the document."""
        return f"Pytomo report: {self.database.removesuffix(FILE_ENDING)}"


def report(request: Request, pictures: str = "svg") -> Report:
    """The report of the rows that a request selects, once all of them are read.

    `pictures` is the format of those of them that need not be of dots.
    """
    request.source.frame.wait(LONGEST_WAIT)
    request = request.about(SELECTION, db=request.source.name)
    value = _value(request, verdict.PAGE)
    return Report(
        database=request.source.name,
        selected=request.selection().described(),
        made=datetime.fromtimestamp(request.site.clock(), UTC),
        version=__version__,
        rows=len(request.table()),
        loaded=request.source.table.loaded,
        total=request.source.table.total,
        verdict=value,
        estimates=tuple((text, getattr(value.verdict, n), unit) for n, text, unit in VERDICT),
        resolvers=_value(request, resolvers.PAGE),
        servers=tuple(_servers(request)),
        over_time=tuple(_over_time(request, pictures)),
        graphs=tuple(_graphs(request)),
        curves=tuple(_curves(request, pictures)),
        bad=tuple(_bad(request, pictures)),
        averages=_value(request, averages.PAGE),
        measured=measured(request.source.facts),
        profile=_profile(request),
    )


def _value(request: Request, page: Page, **arguments: Any) -> Any:
    """What a page shows of the rows: computed once for the HTML and the PDF."""
    asked = request.about(page.parameters, **arguments)
    key = ("report", page.name, asked.source.name, asked.selection(), *arguments.items())
    return request.site.cached(key, asked.source.table.version, lambda: page.build(asked))


def _servers(request: Request) -> Iterator[servers.ServersPage]:
    for by, size in SERVERS:
        yield _value(request, servers.PAGE, by=by, size=size, sort="-rows")


def _over_time(request: Request, kind: str) -> Iterator[Image]:
    for column in OVER_TIME:
        picture = _picture(request, distributions.SPREAD, kind, {"column": column})
        yield Image(picture, f"{column} over time: its median, and its spread as shades.")


def _curves(request: Request, kind: str) -> Iterator[tuple[Distributions, Image]]:
    for column, by in CURVES:
        value = _value(request, distributions.PAGE, column=column, by=by)
        if value.curves.groups:
            asked = request.about(distributions.CURVES.parameters, {"format": kind})
            yield value.curves, Image(_embedded(distributions.drawn(value, asked), kind), value.alt)


def _bad(request: Request, kind: str) -> Iterator[Bad]:
    for number, row in enumerate(worst(request.table(), WORST)):
        path = {"row": str(row)}
        value = video.build(request.about(video.PAGE.parameters, path))
        image = None
        if number < DRAWN and not value.silence:
            image = Image(_picture(request, PLAYBACK, kind, path), value.alt)
        yield Bad(value=value, image=image)


def _graphs(request: Request) -> Iterator[Image]:
    """Those of RRDtool, which draws text as shapes: as an image of dots it is as good."""
    if not graph_view(request.about(GRAPH.parameters)).files:
        return
    for graph in group_graphs(MAIN):
        if graph.column not in OVER_TIME:
            path = {"graph": graph.name}
            picture = _picture(request, GRAPH, "png", path, width=GRAPH_WIDTH)
            yield Image(picture, f"{graph.title} over time: a line for each resolver.")


def _picture(
    request: Request,
    picture: Picture,
    kind: str,
    path: Mapping[str, str] | None = None,
    **arguments: Any,
) -> str:
    path = {**(path or {}), "format": kind}
    return _embedded(picture.draw(request.about(picture.parameters, path, **arguments)), kind)


def _embedded(image: bytes, kind: str) -> str:
    """A picture that a document holds itself: a data URI (RFC 2397)."""
    return f"data:{PICTURE_TYPES[kind]};base64,{base64.b64encode(image).decode()}"


def find_graphs(request: Request) -> None:
    """Have the RRD files made that are missing, and return when they are there."""
    graph_view(request)
    request.site.rrds.wait()


def _profile(request: Request) -> str | None:
    sql = "SELECT Profile FROM measurements WHERE Profile IS NOT NULL ORDER BY RowId DESC LIMIT 1"
    with request.source.database() as database:
        return next((str(profile) for (profile,) in database.query(sql)), None)


def as_html(request: Request, form: str = "html") -> bytes:
    """The report as one file: what becomes a PDF has other pictures."""
    return rendered("report", value=report(request, PICTURED[form]), style=STYLE, policy=POLICY)


def as_pdf(request: Request) -> bytes:
    """The same as PDF. Raises Unreadable if it cannot be made here."""
    try:
        return request.site.pdf(as_html(request, "pdf"))
    except UsageError as error:
        raise Unreadable(f"There is no PDF: {error}. /report.html has the same.") from error


STYLE = (PLACE / "report.css").read_text(encoding="utf-8")
POLICY = (
    "default-src 'none'; img-src data:; base-uri 'none'; form-action 'none'; style-src 'sha256-"
    f"{base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()}'"
)
"""Content-Security-Policy: what the document holds itself."""


def _name(ending: str, request: Request) -> str:
    """The file name that a report is saved under."""
    return f"{request.source.name.removesuffix(FILE_ENDING)}.report.{ending}"


FILES = (
    File(
        name="report",
        path="/report.html",
        text="All that the pages show of the selected rows as one document, to keep and to send.",
        parameters=SELECTION,
        type=HTML,
        write=as_html,
        policy=POLICY,
        saved_as=partial(_name, "html"),
        slow=True,
    ),
    File(
        name="report_pdf",
        path="/report.pdf",
        text="The same as PDF.",
        parameters=SELECTION,
        type="application/pdf",
        write=as_pdf,
        saved_as=partial(_name, "pdf"),
        slow=True,
    ),
)
