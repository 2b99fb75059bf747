"""What is measured: the list of all parameters, and a page for each of them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from pytomo.analysis.distributions import Distribution, distribution
from pytomo.analysis.intervals import Estimate, median
from pytomo.analysis.sample import sample
from pytomo.analysis.table import WORDS, Table
from pytomo.graphs import GRAPHS, Graph
from pytomo.graphs.points import Point, Series, points
from pytomo.metrics import Group, Metric
from pytomo.results import COLUMNS
from pytomo.series import source_name
from pytomo.web.answers import NotFound
from pytomo.web.graph_view import PARAMETERS, Moves, graph_view, moves, version
from pytomo.web.page import Page, always
from pytomo.web.pages.graphs import Shown, data, shown
from pytomo.web.request import Request

MOST_WORDS = 20
_KINDS: Mapping[str, str] = {
    "int": "whole number",
    "float": "number",
    "str": "text",
    "bool": "yes or no",
    "datetime": "time",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """A parameter."""

    column: str
    """Its name in the database."""
    text: str
    """What it is, in one sentence."""
    unit: str
    """Of its values; empty: it has none."""
    kind: str
    """number, whole number, text, yes or no, or time."""
    group: Group
    """The part of the story that it tells."""
    classic: int | None
    """Its place among the columns of the first Pytomo, from 1; None for the newer ones."""
    source: str | None
    """Its data source in RRD files; None for what is no time series."""
    graph: bool
    """Whether there is a graph of it over time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ParametersPage:
    """All parameters, in the order of the database."""

    parameters: tuple[Explained, ...]
    """Each of them."""

    @property
    def groups(self) -> Mapping[Group, tuple[Explained, ...]]:
        """The same by the part of the story that they tell."""
        return {
            group: tuple(one for one in self.parameters if one.group is group) for group in Group
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """A value of a parameter that is text."""

    name: str
    """The text."""
    rows: int
    """Rows with this value."""
    share: float
    """Of all rows, those without a value included."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ParameterPage:
    """One parameter, over time and in numbers."""

    parameter: Explained
    """What it is."""
    shown: str
    """What is shown, in words."""
    start: int
    """Unix time, s, of the left end of the graphs."""
    end: int
    """The same of the right end."""
    note: str
    """Why there are no graphs, or not all of them; else empty."""
    rows: int
    """All rows of that time."""
    graphs: tuple[Shown, ...]
    """Those that it is in."""
    numbers: Distribution | None
    """Of the rows that know it; None for what is no time series."""
    median: Estimate | None
    """Of the rows that know it; None for what is no time series."""
    words: tuple[Word, ...]
    """The most frequent values of a text."""
    related: tuple[Explained, ...]
    """What tells the same part of the story."""
    moves: Moves = field(repr=False)
    series: tuple[Series, ...] = ()
    """The points of the graphs, in JSON and CSV only."""

    @property
    def title(self) -> str:
        """The heading."""
        return self.graphs[0].title if self.graphs else self.parameter.column


def build_list(request: Request) -> ParametersPage:
    """What is measured."""
    return ParametersPage(parameters=tuple(map(explained, COLUMNS)))


def explained(metric: Metric) -> Explained:
    """A column as pages tell of it."""
    return Explained(
        column=metric.column,
        text=metric.text,
        unit=metric.unit,
        kind=_KINDS[metric.type.__name__],
        group=metric.group,
        classic=metric.classic,
        source=source_name(metric.column) if metric.series else None,
        graph=metric.series,
    )


def build(request: Request) -> ParameterPage:
    """The parameter that the path names. Raises NotFound."""
    metric = _named(request.path["column"])
    view, table, graphs = graph_view(request), request.table(), _graphs(metric)
    return ParameterPage(
        parameter=explained(metric),
        shown=view.described,
        start=view.start,
        end=view.end,
        note=view.note if graphs else "",
        rows=len(table),
        graphs=tuple(shown(graph, view, request) for graph in graphs),
        numbers=distribution(table, metric.column) if metric.series else None,
        median=_median(table, metric.column) if metric.series else None,
        words=tuple(_words(table, metric.column)) if metric.column in WORDS else (),
        related=tuple(
            explained(other) for other in COLUMNS if other.group is metric.group and other != metric
        ),
        moves=moves(request, view),
        series=() if request.kind == "html" else data(graphs, view),
    )


def lines(page: ParameterPage) -> Iterator[Point]:
    """A line for each point of which anything is known."""
    return points(page.series)


def _named(column: str) -> Metric:
    found = next((metric for metric in COLUMNS if metric.column == column), None)
    if found is None:
        raise NotFound(f"There is no parameter {column}; /parameters lists them.")
    return found


def _graphs(metric: Metric) -> tuple[Graph, ...]:
    """Its own graph first, then those that it is in with others."""
    own = [graph for graph in GRAPHS if graph.name == metric.column]
    others = [g for g in GRAPHS if g.name != metric.column and metric.column in _columns(g)]
    return (*own, *others)


def _columns(graph: Graph) -> tuple[str, ...]:
    return (graph.column, *(graph.spread or ()))


def _median(table: Table, column: str) -> Estimate:
    """The median; what is endless counts as longer than anything."""
    return median(sample(table, column), table.visit)


def _words(table: Table, column: str) -> Iterator[Word]:
    words = table.words(column)
    counts = np.bincount(words.codes[words.codes >= 0], minlength=len(words.names))
    for code in np.argsort(-counts, kind="stable")[:MOST_WORDS].tolist():
        if counts[code]:
            rows = int(counts[code])
            yield Word(name=words.names[code], rows=rows, share=rows / len(table))


LIST = Page(
    name="parameters",
    path="/parameters",
    title="Parameters",
    text="What is measured: each parameter with its unit and its meaning.",
    build=build_list,
    lines=lambda page: page.parameters,
    menu="Explore",
    version=always,
)
PAGE = Page(
    name="parameter",
    path="/parameters/{column}",
    title="Parameter",
    text="One parameter: what it means, how it went over time, and its numbers.",
    parameters=PARAMETERS,
    build=build,
    lines=lines,
    example={"column": "StartupDelay"},
    version=version,
)
