"""What a graph over time shows, in RRDtool's words: spread, lines, strips and a legend.

See rrdgraph_graph(1).
"""

import math
from collections.abc import Iterator, Sequence

from pytomo.graphs import Graph, Scale
from pytomo.graphs.facts import Axis, Facts, Numbers, Span, axis
from pytomo.pictures.style import Theme, plain
from pytomo.series import STEP

LANE = 0.07
"""Height of the strips above and below the data, as a share of that of the data."""
NARROW = 600
"""CSS pixels below which there is no room for more than the mean."""
_LEVELS = ((0.001, 0.3), (0.25, 0.6), (0.75, 1.0))
"""The share of rows from which a strip fills which share of its lane."""
_SHADES = {True: ("30", "50"), False: ("1c", "2c")}
"""Opacity of the outer and the inner spread, of one file alone and of the first of several."""
_LONGEST_NAME = 30
_LENGTHS = ((86_400, "days"), (3600, "h"))
_PREFIXES = ((1e9, "G"), (1e6, "M"), (1e3, "k"))


def elements(
    graph: Graph, names: Sequence[str], span: Span, theme: Theme, facts: Facts
) -> Iterator[str]:
    """What is drawn, from the back to the front, and the legend."""
    scale, top = (known := axis(graph, facts)).scale, known.top
    yield f"AREA:empty{theme.grid}80"
    yield f"AREA:stripes{theme.grid}"
    yield from _smoke(theme.series[0], span, known, alone=len(names) == 1)
    if graph.mark is not None and graph.mark.value * scale.factor <= top:
        yield f"HRULE:{graph.mark.value * scale.factor}{theme.muted}::dashes=4,4"
    for number in reversed(range(len(names))):
        yield f"CDEF:v{number}=mean{number},{scale.factor},*"
        yield f"LINE1.5:v{number}{theme.series[number]}"
    yield f"HRULE:0{theme.line}"
    yield from _strips("failed", theme.failed, top, LANE * top)
    yield from _strips("stalled", theme.bad, 0.0, -LANE * top)
    yield from _legend(names, span, theme, facts, scale)


def _smoke(colour: str, span: Span, axis: Axis, *, alone: bool) -> Iterator[str]:
    """The spread of the first file: from the lowest to the highest, and the middle half."""
    outer, inner = _SHADES[alone]
    fitted = f"{axis.scale.factor},*,{axis.top},MIN"
    yield f"CDEF:lo=low0,{fitted}"
    yield f"CDEF:spread=high0,{fitted},lo,-"
    yield "AREA:lo"
    yield f"AREA:spread{colour}{outer}::STACK"
    for name, percent in (("q1", 25), ("q3", 75)):
        yield f"CDEF:{name}late=0,1,{span.window},{percent},fine0,PREDICTPERC"
        yield f"SHIFT:{name}late:{-(span.window // 2 // STEP) * STEP}"
        yield f"CDEF:{name}=fine0,UN,UNKN,{name}late,{fitted},IF"
    yield "CDEF:half=q3,q1,-"
    yield "AREA:q1"
    yield f"AREA:half{colour}{inner}::STACK"


def _strips(state: str, colour: str, edge: float, lane: float) -> Iterator[str]:
    """Strips from an edge on: the longer the larger the share of such rows."""
    for number, (share, part) in enumerate(_LEVELS):
        name = f"{state}{number}"
        yield f"CDEF:{name}edge={state},{share},GT,{edge},UNKN,IF"
        yield f"CDEF:{name}={state},{share},GT,{part * lane},UNKN,IF"
        yield f"AREA:{name}edge"
        yield f"AREA:{name}{colour}::STACK"


def _legend(
    names: Sequence[str], span: Span, theme: Theme, facts: Facts, scale: Scale
) -> Iterator[str]:
    """A line for each file with its numbers, and what the other colours mean."""
    yield "CDEF:never=fine0,POP,UNKN"
    shown = [plain(name, _LONGEST_NAME) for name in names]
    longest = max(map(len, shown))
    for name, colour, numbers in zip(shown, theme.series, facts.files, strict=False):
        told = numbers_told(numbers, scale, wide=span.pixels >= NARROW)
        yield f"LINE2:never{colour}:{_text(f'{name:<{longest}}  {told}')}\\l"
    for text, colour in _meanings(span, theme, facts, alone=len(names) == 1):
        yield f"AREA:never{colour}:{_text(text)}"


def _meanings(span: Span, theme: Theme, facts: Facts, *, alone: bool) -> Iterator[tuple[str, str]]:
    if facts.files[0].mean is not None:
        outer, inner = _SHADES[alone]
        yield "lowest to highest", f"{theme.series[0]}{outer}"
        yield f"middle half within {_length(span.window)}", f"{theme.series[0]}{inner}"
    if facts.nothing:
        yield "no rows", theme.grid
    if facts.failed:
        yield "failed (above)", theme.failed
    if facts.stalled:
        yield "only stalls (below)", theme.bad


def _length(seconds: int) -> str:
    """A length of time in the largest unit that it has at least twice."""
    size, unit = next(((size, unit) for size, unit in _LENGTHS if seconds >= 2 * size), (60, "min"))
    return f"{seconds / size:.0f} {unit}"


def numbers_told(numbers: Numbers, scale: Scale, *, wide: bool) -> str:
    """The numbers of one file in words."""
    told = {"mean": numbers.mean}
    if wide:
        told |= {"lowest": numbers.least, "highest": numbers.greatest}
    return "   ".join(f"{name} {written(value, scale):<12}" for name, value in told.items())


def written(value: float | None, scale: Scale) -> str:
    """A value of a column as its axis has it, with its unit and three digits that matter."""
    if value is None:
        return "–"
    number = value * scale.factor
    prefixes = _PREFIXES if scale.prefixed else ()
    size, prefix = next(((s, p) for s, p in prefixes if abs(number) >= s), (1.0, ""))
    return f"{number / size:.{_decimals(number / size)}f} {prefix}{scale.unit}".rstrip()


def _decimals(value: float) -> int:
    return max(0, min(3, 2 - math.floor(math.log10(abs(value))))) if value else 0


def _text(text: str) -> str:
    """A text in an element: RRDtool takes colons for separators and backslashes for markers."""
    return text.replace("\\", "/").replace(":", "\\:")
