"""What RRDtool is asked before it draws a graph: the data, the numbers of the legend, the axis.

See rrdgraph_data(1) and rrdgraph_rpn(1).
"""

import math
from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from pytomo.graphs import Graph, Scale
from pytomo.series import ARCHIVES, STEP, source_name

_POINT = 4
"""CSS pixels of a point of the line, where there are enough of them."""
_STRIPE = 7
"""CSS pixels from one stripe to the next where there are no rows."""
_SMOKE_POINTS, _SMOKE_PARTS = 8, 96
"""The middle half is that of at least so many steps, and of such a part of the time shown."""
_LEAST_SHARE = 0.01
"""What a minute of nothing but stalls counts among many that were well."""
_SOURCE_DATA = ("mean", "fine", "low", "high", "fails", "nevers", "stalls", "worst")
_PER_FILE, _STATES = 6, 3
"""How many questions there are of each file, and of all of them."""
_ROOM, _FLATTEST = 1.1, 4.0
"""How far the axis reaches above the highest point of the line, at least and for the spread."""


@dataclass(frozen=True, slots=True)
class Span:
    """The time that a graph shows."""

    start: int
    end: int
    """Unix times, s."""
    pixels: int
    """The width of the picture."""

    @property
    def seconds(self) -> int:
        """Its length."""
        return self.end - self.start

    @property
    def point(self) -> int:
        """Seconds of a point of the line."""
        return max(STEP, self.seconds * _POINT // self.pixels)

    @property
    def spread(self) -> int:
        """Seconds of which the lowest and the highest minute are shown."""
        return max(ARCHIVES[1][0] * STEP, self.point)

    @property
    def window(self) -> int:
        """Seconds in which the middle half of the points is looked for."""
        return max(_SMOKE_POINTS * STEP, self.seconds // _SMOKE_PARTS) // STEP * STEP

    @property
    def stripe(self) -> int:
        """Seconds from one stripe to the next."""
        return max(STEP, self.seconds * _STRIPE // self.pixels)


@dataclass(frozen=True, slots=True)
class Numbers:
    """What is to be known of one file before the graph is drawn; None is unknown."""

    mean: float | None
    least: float | None
    greatest: float | None
    highest_point: float | None
    """Of the line."""
    usual_greatest: float | None
    """Nineteen in twenty of the highest values are below."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What is to be known of a graph before it is drawn; values in the unit of the column."""

    files: tuple[Numbers, ...]
    failed: bool
    stalled: bool
    nothing: bool
    """Whether there are rows that failed, that stalled all the time, and times without rows."""


@dataclass(frozen=True, slots=True)
class Axis:
    """The axis of values."""

    scale: Scale
    top: float
    """Its highest value, in the unit of the scale; of the spread some may be above it."""


def axis(graph: Graph, facts: Facts) -> Axis:
    """The whole line fits, and the spread as far as it does not press the line flat."""
    line = max((n.highest_point for n in facts.files if n.highest_point is not None), default=None)
    if line is None:
        return Axis(graph.scale(graph.most), _highest(graph, graph.scale(graph.most), 1.0))
    spread = max((n.usual_greatest for n in facts.files if n.usual_greatest is not None), default=0)
    top = max(_ROOM * line, min(spread, _FLATTEST * line))
    scale = graph.scale(top)
    return Axis(scale, _highest(graph, scale, max(top * scale.factor, scale.least)))


def _highest(graph: Graph, scale: Scale, wanted: float) -> float:
    """No axis goes on where no value can be."""
    return wanted if graph.most is None else min(wanted, graph.most * scale.factor)


def data(graph: Graph, files: Iterable[Path], span: Span) -> list[str]:
    """All data and what is computed of them: the line and its spread, and the states."""
    paths = list(files)
    read = [part for n, path in enumerate(paths) for part in source_data(graph, n, path, span)]
    return [*read, *_states(len(paths), span)]


def source_data(
    graph: Graph, number: int, path: Path, span: Span, only: Container[str] = _SOURCE_DATA
) -> Iterator[str]:
    """The data of one file; their names end in its number."""
    low, high = graph.spread or (graph.column, graph.column)
    place = str(path).replace(":", "\\:")
    for name, column, kept, more in (
        ("mean", graph.column, "AVERAGE", f":step={span.point}"),
        ("fine", graph.column, "AVERAGE", f":end={span.end + span.window}"),
        ("low", low, "MIN", f":step={span.spread}"),
        ("high", high, "MAX", f":step={span.spread}"),
        ("fails", "Failed", "AVERAGE", ""),
        ("nevers", "NeverStarted", "AVERAGE", ""),
        ("stalls", "StallRatio", "AVERAGE", ""),
        ("worst", "StallRatio", "MAX", ""),
    ):
        if name in only:
            yield f"DEF:{name}{number}={place}:{source_name(column)}:{kept}{more}"


def _states(count: int, span: Span) -> list[str]:
    """The shares of failed and of stalled rows, the largest of all files; and no rows at all."""
    stalled = [
        part
        for n in range(count)
        for part in (
            _known(f"nevers{n}"),
            f"{_known(f'stalls{n}')},0.99,GE",
            f"{_known(f'worst{n}')},0.99,GE,{_LEAST_SHARE},*",
        )
    ]
    nothing = ",".join(["1", *(f"fine{n},UN,fails{n},UN,*,*" for n in range(count))])
    striped = f"TIME,{span.stripe},/,FLOOR,2,%" if span.stripe > STEP else "0"
    return [
        f"CDEF:failed={_greatest(_known(f'fails{n}') for n in range(count))}",
        f"CDEF:stalled={_greatest(stalled)}",
        f"CDEF:nothing={nothing}",
        "CDEF:empty=nothing,INF,UNKN,IF",
        f"CDEF:stripes=nothing,{striped},*,INF,UNKN,IF",
    ]


def _known(name: str) -> str:
    """RPN: the value, 0 where it is unknown."""
    return f"{name},UN,0,{name},IF"


def _greatest(parts: Iterable[str]) -> str:
    """RPN: the greatest of some values."""
    first, *others = parts
    return ",".join([first, *(f"{part},MAX" for part in others)])


def questions(count: int) -> Iterator[str]:
    """What `answers` is made of."""
    for n in range(count):
        yield from _question(f"mean{n},AVERAGE")
        yield from _question(f"mean{n},MINIMUM")
        yield from _question(f"mean{n},MAXIMUM")
        yield from _question(f"low{n},MINIMUM")
        yield from _question(f"high{n},MAXIMUM")
        yield from _question(f"high{n},95,PERCENTNAN")
    for state in ("failed", "stalled", "nothing"):
        yield from _question(f"{state},MAXIMUM")


def _question(expression: str) -> tuple[str, str]:
    name = "q_" + expression.replace(",", "_")
    return f"VDEF:{name}={expression}", f"PRINT:{name}:%.9le"


def answers(printed: Iterable[str]) -> Facts:
    """What RRDtool prints of `questions`."""
    values = [None if math.isnan(value) else value for value in map(float, printed)]
    files = range(0, len(values) - _STATES, _PER_FILE)
    return Facts(
        tuple(_numbers(*values[at : at + _PER_FILE]) for at in files),
        *(bool(value) for value in values[-_STATES:]),
    )


def _numbers(
    mean: float | None,
    lowest_point: float | None,
    highest_point: float | None,
    least: float | None,
    greatest: float | None,
    usual_greatest: float | None,
) -> Numbers:
    """The archives of the spread end some minutes before the line does."""
    lows = [value for value in (lowest_point, least) if value is not None]
    highs = [value for value in (highest_point, greatest) if value is not None]
    spread = (min(lows, default=None), max(highs, default=None))
    return Numbers(mean, *spread, highest_point, usual_greatest)
