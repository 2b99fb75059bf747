"""The picture of the proof: some conditions as both sides saw them, the one in which they agree
least, and how far starts differ."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from harness.compare import difference
from harness.conditions import KINDS, WINDOW
from harness.emulators import MATCHING
from harness.report import Viewings, emulator_scores
from harness.watched import Watched
from pytomo.pictures.style import LIGHT, dress, figure, rendered

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FEATURED = (
    *("mp4-vbr-0.7", "mp4-vbr-outage-10s", "webm-vbr-0.5", "hls-vbr-0.9", "hls-vbr-step-up"),
    *("dash-vbr-0.5", "dash-vbr-outage-10s"),
)
"""Conditions that are shown, where there are results of them."""
WIDTH, HEIGHT = 800, 840
PANELS = ((0.2, 0.55, 0.77, 0.40), (0.2, 0.32, 0.77, 0.15), (0.2, 0.06, 0.77, 0.18))
"""Left, bottom, width and height of each, as shares of the picture."""
FARTHEST = 1.0
"""Seconds of difference up to which starts are shown."""
BAR = 0.38
COLOURS = {"loading": LIGHT.grid, "playing": LIGHT.series[0], "stalled": LIGHT.bad}
FROZEN = LIGHT.series[1]

Part = tuple[float, float, str]
"""Start, length and what it is."""


def draw(seen: Sequence[Viewings]) -> bytes:
    """SVG, the same bytes for the same results."""
    drawing = figure(WIDTH, HEIGHT, LIGHT)
    upper, middle, lower = (drawing.add_axes(panel) for panel in PANELS)
    _bars(upper, [each for name in FEATURED for each in seen if each.condition.name == name])
    if worst := least_agreed(seen):
        _runs(middle, worst)
    _errors(lower, seen)
    return rendered(drawing, "svg", title="Pytomo's player beside Chromium on the same wire")


def least_agreed(seen: Sequence[Viewings]) -> Viewings | None:
    """The condition in which the stalls of both sides are the least the same; None without any."""
    known = [(emulator_scores([each], MATCHING).f1, each) for each in seen]
    rated = [(f1, each) for f1, each in known if f1 is not None]
    return min(rated, key=lambda one: one[0])[1] if rated else None


def _runs(axes: "Axes", each: Viewings) -> None:
    """All runs of a condition, those of the browser above."""
    runs = [
        (name, watched)
        for name, side in (("Chromium", each.browser), ("Pytomo", each.emulated[MATCHING]))
        for watched in side
    ]
    _timeline(axes, len(runs))
    axes.set_title(
        f"least agreement: {each.condition.name}", loc="left", fontsize=9, color=LIGHT.text
    )
    axes.set_yticks(range(len(runs)), [name for name, _ in runs])
    for row, (_, watched) in enumerate(runs):
        _bar(axes, watched, row, 2 * BAR)


def _timeline(axes: "Axes", rows: int) -> None:
    """So many rows over the time that was watched, the first one at the top."""
    dress(axes, LIGHT)
    axes.grid(visible=False, axis="y")
    axes.set_ylim(rows - 0.4, -0.6)
    axes.set_xlim(0, WINDOW + 3)
    axes.set_xlabel("s since the first media request")


def _bars(axes: "Axes", shown: Sequence[Viewings]) -> None:
    """Two bars for each condition: the browser above, Pytomo below it."""
    _timeline(axes, len(shown))
    for row, each in enumerate(shown):
        for watched, place in _pairs(each):
            y = row + (place - 0.5) * (BAR + 0.04)
            _bar(axes, watched, y, BAR)
            name = "Chromium" if place == 0 else "Pytomo"
            axes.text(WINDOW + 0.2, y, name, va="center", size=7, color=LIGHT.muted)
    axes.set_yticks(range(len(shown)), [each.condition.name for each in shown])
    for name, colour in (*COLOURS.items(), ("picture frozen, sound on", FROZEN)):
        axes.barh([-9], [0], color=colour, label=name)
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=4, frameon=False, fontsize=8)


def _pairs(each: Viewings) -> Iterator[tuple[Watched, int]]:
    """The first run of both sides, with its place among the two."""
    for place, runs in enumerate((each.browser, each.emulated[MATCHING])):
        yield from ((watched, place) for watched in runs[:1])


def _bar(axes: "Axes", watched: Watched, y: float, height: float) -> None:
    for start, length, what in parts(watched):
        axes.barh([y], [length], left=[start], height=height, color=COLOURS[what])
    for start, length in watched.freezes:
        axes.barh([y], [length], left=[start], height=height / 3, color=FROZEN)


def parts(watched: Watched) -> Iterator[Part]:
    """What a viewing consists of, in the order of time."""
    if watched.startup is None:
        yield 0.0, watched.end, "loading"
        return
    yield 0.0, watched.startup, "loading"
    now = watched.startup
    for stall in watched.stalls:
        yield now, stall.start - now, "playing"
        yield stall.start, stall.length, "stalled"
        now = stall.start + stall.length
    yield now, watched.end - now, "playing"


def _errors(axes: "Axes", seen: Sequence[Viewings]) -> None:
    """How many of the starts differ by less than so much, for each kind of delivery."""
    dress(axes, LIGHT)
    for kind, colour in zip(KINDS, LIGHT.series, strict=False):
        errors = sorted(_startup_errors(each for each in seen if each.condition.kind == kind))
        if errors:
            heights = [index / len(errors) for index in range(len(errors) + 1)]
            axes.step([0, *errors], heights, where="post", color=colour, label=kind)
    axes.set_xlim(0, FARTHEST)
    axes.set_ylim(0, 1)
    axes.set_xlabel("s between the start in Chromium and in Pytomo")
    axes.set_ylabel("share of runs")
    if axes.lines:
        axes.legend(loc="lower right", frameon=False, fontsize=8)


def _startup_errors(seen: "Iterator[Viewings]") -> Iterator[float]:
    for each in seen:
        for said in each.emulated[MATCHING]:
            for reference in each.browser:
                error = difference(said, reference).startup
                if error is not None:
                    yield error
