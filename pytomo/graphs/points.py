"""The numbers behind the graphs over time, for JSON and CSV: what RRDtool exports of them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pytomo.errors import CrawlError
from pytomo.graphs import Graph
from pytomo.graphs.drawing import WIDTH, asked, shown_range
from pytomo.graphs.facts import Span, source_data


@dataclass(frozen=True, slots=True)
class Series:
    """The points of a graph as one resolver shows them; None is unknown."""

    graph: str
    """Its name."""
    unit: str
    """Of the values: that of the column."""
    resolver: str
    """Whose addresses the values are of."""
    start: int
    """Unix time, s, at which the first point begins."""
    step: int
    """Seconds that a point stands for."""
    mean: tuple[float | None, ...]
    """The average of each point."""
    lowest: tuple[float | None, ...]
    """The lowest value of each point."""
    highest: tuple[float | None, ...]
    """The highest value of each point."""


@dataclass(frozen=True, slots=True)
class Point:
    """A line of CSV."""

    graph: str
    unit: str
    resolver: str
    time: int
    """Unix time, s, at which it begins."""
    seconds: int
    """That it stands for."""
    mean: float | None
    lowest: float | None
    highest: float | None


def series(
    graphs: Sequence[Graph], files: Mapping[str, Path], start: float, end: float
) -> Iterator[Series]:
    """The points of graphs between two Unix times, as `drawing.render` shows them.

    Raises CrawlError.
    """
    span = Span(*shown_range(start, end), WIDTH)
    for resolver, path in files.items():
        if path.is_file():
            yield from _of_file(graphs, resolver, path, span)


def _of_file(graphs: Sequence[Graph], resolver: str, path: Path, span: Span) -> Iterator[Series]:
    told = asked("xport", _questions(graphs, path, span))
    start, step = int(told["meta"]["start"]), int(told["meta"]["step"])
    columns = list(zip(*told["data"], strict=True))
    if len(columns) != 3 * len(graphs):
        raise CrawlError(f"RRDtool exports nothing of {path.name}")
    for number, graph in enumerate(graphs):
        mean, low, high = columns[3 * number : 3 * number + 3]
        yield Series(graph.name, graph.source.unit, resolver, start, step, mean, low, high)


def _questions(graphs: Sequence[Graph], path: Path, span: Span) -> list[str]:
    times = ["--start", str(span.start), "--end", str(span.end)]
    rows = ["--maxrows", str(max(10, span.seconds // span.point)), "--step", str(span.point)]
    names = ("mean", "low", "high")
    read = [
        definition
        for number, graph in enumerate(graphs)
        for definition in source_data(graph, number, path, span, only=names)
    ]
    shown = [f"XPORT:{name}{number}" for number in range(len(graphs)) for name in names]
    return [*times, *rows, *read, *shown]


def points(series: Iterable[Series]) -> Iterator[Point]:
    """The points of which anything is known."""
    for one in series:
        values = zip(one.mean, one.lowest, one.highest, strict=True)
        for number, (mean, low, high) in enumerate(values):
            if (mean, low, high) != (None, None, None):
                time = one.start + number * one.step
                where = (one.graph, one.unit, one.resolver, time, one.step)
                yield Point(*where, mean, low, high)
