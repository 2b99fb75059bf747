"""The graphs over time, by group, and each of them as a picture."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from pytomo.errors import CrawlError
from pytomo.graphs import GRAPHS, GROUPS, Graph, graph_named, group_graphs
from pytomo.graphs.drawing import Drawing, Look, render
from pytomo.graphs.points import Point, Series, points, series
from pytomo.pictures.message import message
from pytomo.pictures.style import THEMES
from pytomo.web.answers import NotFound
from pytomo.web.encoding import as_json
from pytomo.web.graph_view import PARAMETERS, GraphView, Moves, graph_view, moves, version
from pytomo.web.page import File, Page, Picture
from pytomo.web.parameters import THEME, Parameter, whole
from pytomo.web.request import Request

WIDE, NARROW = 960, 440
"""CSS pixels of a graph on a screen and on a phone."""
WIDTH_LIMITS = (320, 2000)
WIDTH = Parameter("width", "Width of the picture in CSS pixels.", whole(*WIDTH_LIMITS), WIDE)
_HEIGHTS = {True: 300, False: 340}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A graph of the page."""

    name: str
    """In addresses."""
    title: str
    """For people."""
    text: str
    """What its values are, in one sentence."""
    unit: str
    """Of the values in the data; on the axis kbps are bit/s, and shares are percent."""
    column: str | None
    """The parameter that it shows; null where it is made of the outcome alone."""
    alt: str
    """What is to be seen."""
    picture: str
    """Address of the picture, as wide as a screen wants it."""
    narrow: str
    """The same for a phone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphsPage:
    """The graphs of a group."""

    group: str
    """Its name."""
    title: str
    """Its name for people."""
    shown: str
    """What they show, in words."""
    start: int
    """Unix time, s, of the left end of each graph."""
    end: int
    """The same of the right end."""
    note: str
    """Why there are no graphs, or not all of them; else empty."""
    graphs: tuple[Shown, ...]
    """Each of them."""
    resolvers: tuple[str, ...]
    """Those that have a line."""
    groups: tuple[tuple[str, str, str], ...] = field(repr=False)
    """Title, address and name of each group."""
    moves: Moves = field(repr=False)
    series: tuple[Series, ...] = ()
    """The points, in JSON and CSV only."""


def build(request: Request) -> GraphsPage:
    """The graphs of the group that the path names. Raises NotFound."""
    group = request.path["group"]
    if group not in GROUPS:
        raise NotFound(f"There is no group {group} of graphs; there are: {', '.join(GROUPS)}.")
    view, graphs = graph_view(request), group_graphs(group)
    return GraphsPage(
        group=group,
        title=GROUPS[group],
        shown=view.described,
        start=view.start,
        end=view.end,
        note=view.note,
        graphs=tuple(shown(graph, view, request) for graph in graphs),
        resolvers=tuple(view.files),
        groups=tuple(
            (text, request.link(f"/graphs/{name}"), name) for name, text in GROUPS.items()
        ),
        moves=moves(request, view),
        series=() if request.kind == "html" else data(graphs, view),
    )


def shown(graph: Graph, view: GraphView, request: Request) -> Shown:
    """What a page says of a graph."""
    lines = "a line for each resolver" if len(view.files) > 1 else "the mean"
    picture = partial(request.link, f"/graphs/{graph.name}.svg")
    return Shown(
        name=graph.name,
        title=graph.title,
        text=graph.source.text,
        unit=graph.source.unit,
        column=graph.column if graph.metric else None,
        alt=f"{graph.title} over time, {view.described}: {lines} and the spread.",
        picture=picture(),
        narrow=picture(width=NARROW),
    )


def data(graphs: tuple[Graph, ...], view: GraphView) -> tuple[Series, ...]:
    """The points of graphs; none of files that cannot be read."""
    try:
        return tuple(series(graphs, view.files, view.start, view.end))
    except CrawlError:
        return ()


def lines(page: GraphsPage) -> Iterator[Point]:
    """A line for each point of which anything is known."""
    return points(page.series)


def named(request: Request) -> Graph:
    """The graph that the path names. Raises NotFound."""
    try:
        return graph_named(request.path["graph"])
    except KeyError:
        known = ", ".join(graph.name for graph in GRAPHS)
        raise NotFound(f"There is no graph {request.path['graph']}; there are: {known}.") from None


def look(request: Request, view: GraphView, image_format: str) -> Look:
    """How the picture is wanted."""
    width = request.arguments["width"]
    return Look(
        width=width,
        height=_HEIGHTS[width >= 600],
        theme=request.arguments["theme"],
        format=image_format,
        where=view.where,
    )


def draw(request: Request) -> bytes:
    """The graph that the path names; if it cannot be drawn, a picture that says why."""
    graph, view = named(request), graph_view(request)
    wanted = look(request, view, request.path["format"])
    try:
        return _drawn(graph, view, wanted).image
    except CrawlError as error:
        text = view.note or f"{graph.title}: {error}."
        theme = THEMES[wanted.theme]
        return message(text, wanted.width, wanted.height, theme, wanted.format)


def _drawn(graph: Graph, view: GraphView, wanted: Look) -> Drawing:
    return render(graph, view.files, view.start, view.end, wanted)


def geometry(request: Request) -> bytes:
    """Where the time axis is in the picture; null if there is no graph."""
    graph, view = named(request), graph_view(request)
    try:
        found = _drawn(graph, view, look(request, view, "svg")).geometry
    except CrawlError:
        found = None
    return as_json({"geometry": found, "note": view.note})


_EXAMPLE: Mapping[str, Any] = {"graph": "StartupDelay", "format": "svg"}
PAGE = Page(
    name="graphs",
    path="/graphs/{group}",
    title="Graphs",
    text="Every parameter over time, with its spread; what failed, stalled or is missing is seen.",
    parameters=PARAMETERS,
    build=build,
    lines=lines,
    menu="Explore",
    example={"group": "main"},
    version=version,
)
PICTURES = (
    Picture(
        name="graph",
        path="/graphs/{graph}.{format}",
        text="A parameter over time, drawn by RRDtool.",
        parameters=(*PARAMETERS, WIDTH, THEME),
        draw=draw,
        example=_EXAMPLE,
        version=version,
    ),
)
FILES = (
    File(
        name="graph_geometry",
        path="/graphs/{graph}.json",
        text="Where the time axis is in a graph, for whoever wants to point at times in it.",
        parameters=(*PARAMETERS, WIDTH, THEME),
        type="application/json",
        write=geometry,
        example={"graph": "StartupDelay"},
        version=version,
    ),
)
