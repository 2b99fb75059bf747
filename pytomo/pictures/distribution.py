"""Distributions as a picture: the share of rows at or below each value, a curve for each group."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pytomo.analysis.distributions import GROUPINGS, Distribution, Distributions
from pytomo.pictures.scale import NEVER, Scale, scale_of, written
from pytomo.pictures.style import Theme, dress, figure, plain, rendered

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

WIDTH, HEIGHT = 960, 420
_MARKS = ("o", "s", "^", "D", "v", "P")
"""Of the medians: who sees no colours tells the curves apart by them."""
_THICKNESS = (3.2, 2.7, 2.2, 1.8, 1.4, 1.1)
"""A curve that lies on another does not hide it."""
_LEFT, _LOW, _WIDE, _HIGH = 0.075, 0.13, 0.625, 0.71
_LEGEND = 0.73
"""Where it begins."""
_GROUP, _LINE = 43, 16
"""CSS pixels of a group, and of a line, in the legend."""


def draw(values: Distributions, theme: Theme, image_format: str, *, rows: str = "") -> bytes:
    """The picture; `rows` says which rows they are."""
    drawing = figure(WIDTH, HEIGHT, theme)
    title = headline(values)
    drawing.text(0.02, 0.945, title, size=12.5, weight="bold", color=theme.text, va="center")
    about = plain(f"{values.text} {rows}", 140)
    drawing.text(0.02, 0.893, about, size=9, color=theme.muted, va="center")
    axes = drawing.add_axes((_LEFT, _LOW, _WIDE, _HIGH))
    _frame(axes, values, _scale(values), theme)
    for number, group in enumerate(values.groups):
        _curve(axes, group, _scale(values), theme.series[number], number)
    if not values.groups:
        axes.text(0.5, 0.5, "no row has a value", color=theme.muted, size=12, ha="center")
    _legend(drawing, values, theme)
    return rendered(drawing, image_format, title=title)


def headline(values: Distributions) -> str:
    """The parameter, and what the curves differ in."""
    by = "" if values.by == "nothing" else f" by {GROUPINGS[values.by].text}"
    return f"{values.column}{by}"


def _scale(values: Distributions) -> Scale:
    known = (value for group in values.groups for value, _ in group.points)
    endless = any(group.endless for group in values.groups)
    return scale_of(known, values.unit, whole=values.whole, endless=endless)


def _frame(axes: "Axes", values: Distributions, scale: Scale, theme: Theme) -> None:
    dress(axes, theme)
    scale.dress(axes.xaxis)
    axes.set_xlim(-0.01, 1.01)
    axes.set_xlabel(f"{values.column}{', logarithmic scale' if scale.logarithmic else ''}")
    axes.set_ylim(0, 1.02)
    axes.set_yticks([0, 0.25, 0.5, 0.75, 0.9, 1], ["0 %", "25 %", "50 %", "75 %", "90 %", "100 %"])
    axes.set_ylabel("rows at or below")
    axes.axhline(0.5, color=theme.line, linewidth=0.8, linestyle=(0, (4, 3)), zorder=1)


def _curve(axes: "Axes", group: Distribution, scale: Scale, colour: str, number: int) -> None:
    """A step at each value; after the last, the share stays what it is."""
    if group.points:
        values, shares = zip(*group.points, strict=True)
        places = scale.place(values).tolist()
        across, up = [places[0], *places, 1.01], [0.0, *shares, shares[-1]]
        axes.step(across, up, where="post", color=colour, linewidth=_THICKNESS[number])
    median = group.quantiles["p50"]
    if median is not None:
        place = float(scale.place(median))
        axes.plot(
            [place], [0.5], _MARKS[number], color=colour, markersize=6, markeredgecolor="none"
        )


def _legend(drawing: "Figure", values: Distributions, theme: Theme) -> None:
    """The groups with their numbers, and what is not to be seen."""
    top = HEIGHT * (1 - _LOW - _HIGH)
    for number, group in enumerate(values.groups):
        colour, y = theme.series[number], 1 - (top + 8 + _GROUP * number) / HEIGHT
        drawing.add_artist(_swatch(_LEGEND, y, colour, _MARKS[number]))
        name = plain(group.name, 30)
        drawing.text(_LEGEND + 0.03, y, name, color=theme.text, size=9.5, va="center")
        numbers = _numbers(group, values.unit)
        below = y - _LINE / HEIGHT
        drawing.text(_LEGEND + 0.03, below, numbers, color=theme.muted, size=8.5, va="center")
    for number, line in enumerate(reversed(list(_notes(values)))):
        y = _LOW - 0.09 + number * (_LINE - 2) / HEIGHT
        drawing.text(_LEGEND, y, line, color=theme.muted, size=8, va="center")


def _swatch(x: float, y: float, colour: str, mark: str) -> "Line2D":
    from matplotlib.lines import Line2D

    return Line2D(
        [x, x + 0.011, x + 0.022], [y] * 3, color=colour, marker=mark, markevery=[1], linewidth=1.7
    )


def _numbers(group: Distribution, unit: str) -> str:
    """How many rows, their median, and how many never started."""
    median = group.quantiles["p50"]
    told = NEVER if median is None else written(median, unit, digits=3)
    never = f" · {written(group.endless / group.count, 'ratio', digits=2)} {NEVER}"
    return f"{group.count:,} rows · median {told}{never if group.endless else ''}"


def _notes(values: Distributions) -> Iterator[str]:
    lower = sum(group.bounded for group in values.groups)
    if lower:
        yield f"{lower:,} values are lower bounds: a stall was open"
    if values.groups_left_out:
        yield f"not shown: {values.groups_left_out:,} smaller groups, {values.rows_left_out:,} rows"
    if values.overlapping and len(values.groups) > 1:
        yield "a row counts for each resolver that led to it"
