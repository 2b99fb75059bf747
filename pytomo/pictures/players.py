"""What each player would have shown of the same arrivals: a lane for each, on one time axis."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from pytomo.analysis.lanes import Seen, Stretch, lane
from pytomo.analysis.story import Story
from pytomo.pictures.caption import caption, caption_height, headline
from pytomo.pictures.style import Theme, dress, figure, narrow, plain, rendered
from pytomo.results import Playback

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WIDTH = 960
_ABOVE, _FOOT, _LANE, _TALL_LANE = 34, 44, 30, 46
"""CSS pixels: of the legend, of the time axis, of each lane; on a phone the player's name is there,
too, and the legend has two lines.
"""
_NARROW_ABOVE = 58
_LEFT, _NARROW_LEFT, _RIGHT = 0.15, 0.03, 0.975
_THIN = 1 / 700
"""The least that is drawn of a stretch, as a share of the axis: the shortest stall is seen."""


class _Look(NamedTuple):
    colour: str
    height: float
    """As a share of the lane: what is seen differs in more than its colour."""
    hatch: str = ""


def height(story: Story, source: str, width: int = WIDTH) -> int:
    """CSS pixels of the picture of a story."""
    small = narrow(width)
    lanes = (_TALL_LANE if small else _LANE) * len(story.playbacks)
    above = _NARROW_ABOVE if small else _ABOVE
    return caption_height(story, source, width) + above + _FOOT + lanes


def draw(
    story: Story, theme: Theme, image_format: str, *, source: str, width: int = WIDTH
) -> bytes:
    """The picture of a story that has curves; `source` names the database. Raises ValueError."""
    if story.curves is None:
        raise ValueError(story.silence)
    total, small, end = height(story, source, width), narrow(width), story.curves.end or 1.0
    drawing = figure(width, total, theme)
    left = _NARROW_LEFT if small else _LEFT
    head = caption_height(story, source, width) + (_NARROW_ABOVE if small else _ABOVE)
    axes = drawing.add_axes((left, _FOOT / total, _RIGHT - left, 1 - (head + _FOOT) / total))
    _frame(axes, story.playbacks, end, theme, small=small)
    looks, low = _looks(theme), 0.16 if small else 0.0
    for number, playback in enumerate(story.playbacks):
        for stretch in lane(playback, end):
            _bar(axes, number + low, stretch, looks[stretch.seen], end)
    _legend(axes, looks, theme, small=small)
    caption(drawing, story, theme, source=source)
    return rendered(drawing, image_format, title=f"Players of {headline(story)}")


def _frame(
    axes: "Axes", playbacks: Sequence[Playback], end: float, theme: Theme, *, small: bool
) -> None:
    """The axes and the names of the players, on a phone above their lanes."""
    dress(axes, theme)
    axes.set_xlim(0, end)
    axes.set_ylim(len(playbacks) - 0.5, -0.5)
    axes.grid(visible=False, axis="y")
    axes.set_xlabel("seconds since the first media request")
    axes.tick_params(axis="y", length=0, labelcolor=theme.text)
    names = [name(playback, first=not number) for number, playback in enumerate(playbacks)]
    axes.set_yticks(range(len(names)), [""] * len(names) if small else names)
    for number, text in enumerate(names if small else ()):
        axes.text(0, number - 0.29, text, color=theme.text, size=8.5, va="center")


def name(playback: Playback, *, first: bool) -> str:
    """What a lane is called; the first one is that of the row."""
    label = plain((playback.profile or "").partition(" ")[0], 24)
    return f"{label} (this row)" if first else label


def _looks(theme: Theme) -> dict[Seen, _Look]:
    return {
        Seen.WAITING: _Look(theme.muted, 0.2),
        Seen.PLAYING: _Look(theme.series[0], 0.62),
        Seen.FROZEN: _Look(theme.series[1], 0.62, "////"),
        Seen.STALLED: _Look(theme.bad, 0.38),
        Seen.OVER: _Look(theme.line, 0.06),
    }


def _bar(axes: "Axes", at: float, stretch: Stretch, look: _Look, end: float) -> None:
    pause = stretch.seen in (Seen.STALLED, Seen.FROZEN)
    axes.barh(
        at,
        max(stretch.end - stretch.start, _THIN * end if pause else 0.0),
        left=stretch.start,
        height=look.height * (0.8 if look.height > 0.1 else 1),
        facecolor="none" if look.hatch else look.colour,
        edgecolor=look.colour if look.hatch else "none",
        hatch=look.hatch or None,
        linewidth=0.8 if look.hatch else 0,
        zorder=3 if pause else 2,
    )


def _legend(axes: "Axes", looks: dict[Seen, _Look], theme: Theme, *, small: bool) -> None:
    from matplotlib.patches import Patch

    patches = [
        Patch(
            facecolor="none" if look.hatch else look.colour,
            edgecolor=look.colour,
            hatch=look.hatch or None,
            label=seen.value,
        )
        for seen, look in looks.items()
    ]
    axes.legend(
        handles=patches,
        loc="lower left",
        bbox_to_anchor=(0.0, 1.0),
        ncols=3 if small else 5,
        frameon=False,
        fontsize=9,
        labelcolor=theme.text,
        handlelength=1.4,
        columnspacing=1.2,
        borderpad=0.2,
        borderaxespad=0.3,
    )
