"""A parameter over time as smoke: its spread in bands round the median, and what such bands hide.

No data, failures, and samples that could not be watched look different from each other by their
place and their hatching, not only by their colours.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from pytomo.analysis.spread import SHARES, Bin, Spread
from pytomo.pictures.scale import Scale, scale_of
from pytomo.pictures.style import Theme, dress, figure, plain, rendered

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH, HEIGHT = 960, 400
_LEFT, _WIDE = 0.095, 0.885
_MAIN, _FAILED, _STALLING = (0.28, 0.53), (0.19, 0.055), (0.105, 0.055)
"""Lower edge and height of the panels, as shares of the picture."""
_BANDS = (
    (0, -1, 0.13, "least to greatest"),
    (1, -2, 0.2, "10 to 90 %"),
    (2, -3, 0.34, "25 to 75 %"),
)
"""Places of their ends in `SHARES`, opacity, name."""
_MEDIAN = SHARES.index(0.5)
_HATCHES = {"failed": "/////", "only stalls": "xxxxx", "no data": "\\\\\\\\"}
_DAY = 86_400.0
"""matplotlib counts time in days since 1970."""


def draw(values: Spread, theme: Theme, image_format: str, *, rows: str = "") -> bytes:
    """The picture; `rows` says which rows they are."""
    drawing = figure(WIDTH, HEIGHT, theme)
    title = f"{values.column} over time"
    drawing.text(0.02, 0.945, title, size=12.5, weight="bold", color=theme.text, va="center")
    about = plain(f"{values.text} {rows}", 140)
    drawing.text(0.02, 0.89, about, size=9, color=theme.muted, va="center")
    main, failed, stalling = (
        drawing.add_axes((_LEFT, low, _WIDE, height)) for low, height in (_MAIN, _FAILED, _STALLING)
    )
    for panel in (main, failed, stalling):
        _frame(panel, values, theme, labels=panel is stalling)
    _smoke(main, values, theme)
    _strip(failed, values, [one.failed for one in values.bins], "failed", theme.failed)
    stalled = [one.stalled for one in values.bins]
    _strip(stalling, values, stalled, "only stalls", theme.bad)
    _legend(drawing, values, theme)
    return rendered(drawing, image_format, title=title)


def _frame(axes: "Axes", values: Spread, theme: Theme, *, labels: bool) -> None:
    """The axis of time, with hatching where there is no data."""
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

    dress(axes, theme)
    axes.tick_params(labelbottom=labels)
    if not values.bins:
        axes.set_xticks([])
        return
    edges = _edges(values)
    axes.set_xlim(edges[0], edges[-1])
    locator = AutoDateLocator(minticks=5, maxticks=10)  # type: ignore[no-untyped-call]
    formatter = ConciseDateFormatter(locator, show_offset=labels)  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(formatter)
    axes.xaxis.get_offset_text().set(color=theme.muted, size=8.5)
    for start, end in _silences(values.bins):
        axes.axvspan(
            start / _DAY,
            end / _DAY,
            facecolor=theme.grid,
            edgecolor=theme.line,
            hatch=_HATCHES["no data"],
            alpha=0.6,
            linewidth=0,
        )


def _silences(bins: tuple[Bin, ...]) -> Iterator[tuple[float, float]]:
    """From when to when there is no row."""
    start = None
    for one in bins:
        if one.rows and start is not None:
            yield start, one.start
        start = None if one.rows else one.start if start is None else start
    if start is not None:
        yield start, bins[-1].end


def _smoke(axes: "Axes", values: Spread, theme: Theme) -> None:
    """The bands, the median, and the values themselves where they are few."""
    axes.set_ylim(-0.03, 1.04)
    if not values.count:
        axes.set_yticks([])
        text = "no row has a value" if values.rows else "no data"
        axes.text(0.5, 0.5, text, transform=axes.transAxes, color=theme.muted, size=12, ha="center")
        return
    scale, edges, colour = _scale(values), _edges(values), theme.series[0]
    scale.dress(axes.yaxis)
    heights = scale.place(np.array([_floats(one) for one in values.bins]).T)
    for low, high, opacity, _ in _BANDS:
        axes.stairs(
            *(heights[high], edges),
            **{"baseline": heights[low], "fill": True, "color": colour, "alpha": opacity},
            linewidth=0,
        )
    axes.hlines(heights[_MEDIAN], edges[:-1], edges[1:], color=colour, linewidth=2.2, zorder=4)
    if values.points:
        times, points = np.array(values.points).T
        places = scale.place(points)
        axes.plot(times / _DAY, places, ".", color=theme.text, markersize=3, alpha=0.55, zorder=3)


def _floats(one: Bin) -> list[float]:
    """The quantiles with infinity for endless ones, NaN where there is no value."""
    unknown = np.inf if one.count else np.nan
    return [unknown if value is None else value for value in one.quantiles]


def _scale(values: Spread) -> Scale:
    known = (value for one in values.bins for value in one.quantiles if value is not None)
    endless = any(one.count and None in one.quantiles for one in values.bins)
    return scale_of(known, values.unit, whole=values.whole, endless=endless)


def _edges(values: Spread) -> Any:
    """Of the bins."""
    return np.array([*(one.start for one in values.bins), values.bins[-1].end]) / _DAY


def _strip(
    axes: "Axes", values: Spread, shares: list[float | None], name: str, colour: str
) -> None:
    """A share in each bin: a hatched bar as high as it is."""
    axes.grid(visible=False)
    axes.set_ylim(0, 1)
    axes.set_yticks([])
    axes.set_ylabel(name, rotation=0, ha="right", va="center", size=8.5)
    if values.bins:
        heights = np.array([np.nan if share is None else share for share in shares])
        axes.stairs(
            *(heights, _edges(values)),
            fill=True,
            facecolor=colour,
            edgecolor=axes.get_facecolor(),
            hatch=_HATCHES[name],
            linewidth=0,
        )


def _legend(drawing: "Figure", values: Spread, theme: Theme) -> None:
    """What the bands and the hatching mean."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    colour = theme.series[0]
    bands = [Patch(color=colour, alpha=a, label=name) for *_, a, name in reversed(_BANDS)]
    silence = Patch(
        facecolor=theme.grid, edgecolor=theme.line, hatch=_HATCHES["no data"], label="no data"
    )
    drawing.legend(
        handles=[Line2D([], [], color=colour, linewidth=2.2, label="median"), *bands, silence],
        loc="upper right",
        bbox_to_anchor=(_LEFT + _WIDE, 0.985),
        ncols=5,
        frameon=False,
        fontsize=8.5,
        labelcolor=theme.text,
        handlelength=1.6,
        columnspacing=1.2,
        borderpad=0,
    )
    drawing.text(_LEFT, 0.017, _note(values), size=8.5, color=theme.muted, va="bottom")


def _note(values: Spread) -> str:
    """What the picture is made of."""
    if values.width is None:
        return ""
    lower = f" · {values.bounded:,} are lower bounds: a stall was open" if values.bounded else ""
    rows = f"{values.count:,} values of {values.rows:,} rows{lower}"
    return f"UTC · a step is {_span(values.width)} · {rows}"


def _span(seconds: float) -> str:
    sizes = ((86_400, "d"), (3600, "h"), (60, "min"), (1, "s"))
    return next(f"{seconds / size:g} {unit}" for size, unit in sizes if seconds % size == 0)
