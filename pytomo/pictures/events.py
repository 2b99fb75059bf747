"""When playback began, stalled and froze, as marks in the panels of a picture."""

from typing import TYPE_CHECKING

from pytomo.analysis.curves import Curves
from pytomo.pictures.style import Theme
from pytomo.results import Freeze, Stall

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def shade(axes: "Axes", sample: Curves, theme: Theme) -> None:
    """Stalls, freezes and the wait for the start, behind all lines."""
    start = sample.playback.startup_delay
    for stall in sample.playback.stalls:
        axes.axvspan(
            stall.start, stall.start + stall.length, color=theme.shade, linewidth=0, zorder=0
        )
    for freeze in sample.playback.freezes:
        axes.axvspan(
            freeze.start,
            freeze.start + freeze.length,
            facecolor="none",
            edgecolor=theme.series[1],
            alpha=0.45,
            hatch="///",
            linewidth=0,
            zorder=0,
        )
    waited = sample.end if start is None else start
    axes.axvspan(0, waited, color=theme.grid, alpha=0.55, linewidth=0, zorder=0)
    if start is not None:
        axes.axvline(start, color=theme.good, linewidth=1, linestyle=(0, (4, 2)), zorder=2)


def events(axes: "Axes", sample: Curves, highest: float, theme: Theme) -> None:
    """The start and the longest pauses in words, where there is room for them."""
    start = sample.playback.startup_delay
    if start is None:
        place = (0.01 * sample.end, 0.97 * highest)
        axes.text(*place, "playback never started", color=theme.bad, size=12, va="top")
        return
    right = start > 0.75 * sample.end
    axes.annotate(
        f"starts at {start:.2f} s",
        (start, highest),
        (-5 if right else 5, -4),
        textcoords="offset points",
        ha="right" if right else "left",
        va="top",
        color=theme.good,
        size=9,
    )
    room = 0.055 * sample.end
    playback = sample.playback
    pauses: list[tuple[Stall | Freeze, str, str, int]] = [
        (stall, "stall", theme.bad, 5) for stall in playback.stalls
    ]
    pauses += [(freeze, "frozen", theme.series[1], 32) for freeze in playback.freezes]
    for pause, word, colour, above in pauses:
        if pause.length >= room:
            text = f"{'≥ ' if pause.censored else ''}{pause.length:.2g} s"
            axes.annotate(
                f"{word}\n{text}",
                (pause.start + pause.length / 2, 0),
                (0, above),
                textcoords="offset points",
                ha="center",
                va="bottom",
                color=colour,
                size=8.5,
            )
