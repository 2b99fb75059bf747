"""How one video played, as one picture that stands for itself: what a ticket needs as evidence.

On one time axis: the media that had arrived against the media played, the buffer between them with
the player's thresholds, and the throughput against the video's bitrate. Stalls are shaded.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytomo.analysis.curves import Curve, Curves
from pytomo.analysis.story import Story
from pytomo.pictures.caption import caption, caption_height, headline
from pytomo.pictures.events import events, shade
from pytomo.pictures.style import Theme, dress, figure, narrow, plain, rendered

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WIDTH = 960
_COLUMNS = 768
"""Columns of dots in which a curve is kept exact: the CSS pixels of a panel."""
_TINTED = 384
"""The same of the tints below the curves, whose edges the curves hide."""
_THROUGHPUT = "Throughput over the last second, against the bitrate"
_LINE_HEIGHT = 13
"""CSS pixels between two labels."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Layout:
    """Where the panels are, in CSS pixels."""

    left: int
    right: int
    above: tuple[int, int, int]
    """Before each panel: its title."""
    panels: tuple[int, int, int]
    """Their heights."""
    foot: int = 53


_WIDE = _Layout(left=72, right=120, above=(27, 49, 49), panels=(280, 131, 153))
_NARROW = _Layout(left=52, right=108, above=(74, 40, 40), panels=(250, 130, 140))
"""The names of the lines are below the title, and the labels short."""


def height(story: Story, source: str, width: int = WIDTH) -> int:
    """CSS pixels of the picture of a story."""
    layout = _layout(width)
    inner = sum(layout.above) + sum(layout.panels) + layout.foot
    return caption_height(story, source, width) + inner


def draw(
    story: Story, theme: Theme, image_format: str, *, source: str, width: int = WIDTH
) -> bytes:
    """The picture of a story that has curves; `source` names the database. Raises ValueError."""
    sample = story.curves
    if sample is None:
        raise ValueError(story.silence)
    drawing = figure(width, height(story, source, width), theme)
    panels = [
        drawing.add_axes(place)
        for place in _places(_layout(width), width, height(story, source, width))
    ]
    for panel in panels:
        dress(panel, theme)
        panel.set_xlim(0, sample.end or 1.0)
        shade(panel, sample, theme)
    media, buffer, throughput = panels
    _media(media, sample, story.row["EncodingRate"], theme)
    _buffer(buffer, sample, theme)
    _throughput(throughput, sample, story, theme)
    for panel in (media, buffer):
        panel.tick_params(labelbottom=False)
    throughput.set_xlabel("seconds since the first media request")
    caption(drawing, story, theme, source=source)
    return rendered(drawing, image_format, title=headline(story))


def _layout(width: int) -> _Layout:
    return _NARROW if narrow(width) else _WIDE


def _places(
    layout: _Layout, width: int, height: int
) -> Iterator[tuple[float, float, float, float]]:
    """Left, lower edge, width and height of each panel, as shares of the picture."""
    across = (width - layout.left - layout.right) / width
    low = layout.foot + sum(layout.above) + sum(layout.panels)
    for above, high in zip(layout.above, layout.panels, strict=True):
        low -= above + high
        yield layout.left / width, low / height, across, high / height


def _media(axes: "Axes", sample: Curves, rate: float | None, theme: Theme) -> None:
    """What had arrived, in seconds and in bytes, and what had been played."""
    highest = max(float(sample.ready.values[-1]), 1.0) * 1.08
    axes.set_ylim(0, highest)
    axes.set_ylabel("media, s")
    _bytes(axes, sample, rate, highest, theme)
    if len(sample.tracks) > 1:
        names = ("video only", "audio only")
        for number, (track, name) in enumerate(zip(sample.tracks, names, strict=False)):
            _line(axes, track, theme.series[3 + number], name, width=0.9, style=(0, (1, 1.2)))
    _line(axes, sample.ready, theme.series[0], "arrived and playable")
    _line(axes, sample.position, theme.series[1], "played", width=2.2)
    _between(axes, sample, theme)
    events(axes, sample, highest, theme)
    _legend(axes, theme, "Arrived and played")


def _bytes(axes: "Axes", sample: Curves, rate: float | None, highest: float, theme: Theme) -> None:
    """The bytes on an axis of their own: at the video's mean bitrate they are on the same line."""
    total = max(float(sample.received.values[-1]), 1.0) / 1e6
    most = max(total * 1.08, highest * rate / 8000 if rate else 0.0)
    scale = highest / most / 1e6
    received = Curve(sample.received.times, sample.received.values * scale)
    _line(axes, received, theme.muted, "bytes (right)", width=0.9)
    other = axes.twinx()
    dress(other, theme)
    other.grid(visible=False)
    other.spines["left"].set_visible(False)
    other.spines["right"].set_visible(True)
    other.set_ylim(0, most)
    other.set_ylabel("received, MB")


def _between(axes: "Axes", sample: Curves, theme: Theme) -> None:
    """A tint where there was media in the buffer."""
    import numpy as np

    buffer = sample.buffer.thinned(_TINTED)
    played = np.interp(buffer.times, sample.position.times, sample.position.values)
    top = played + buffer.values
    colour = theme.series[0]
    axes.fill_between(buffer.times, played, top, color=colour, alpha=0.10, linewidth=0, zorder=1)


def _buffer(axes: "Axes", sample: Curves, theme: Theme) -> None:
    """The media in the buffer, and at how much the player starts, stalls and resumes."""
    highest = max(float(sample.buffer.values.max()), sample.profile.start, 0.5) * 1.12
    axes.set_ylim(0, highest)
    axes.set_ylabel("media, s")
    curve = sample.buffer.thinned(_TINTED)
    axes.fill_between(curve.times, curve.values, color=theme.series[2], alpha=0.15, linewidth=0)
    _line(axes, sample.buffer, theme.series[2], "buffer")
    _title(axes, "In the buffer", theme)
    levels = _thresholds(sample)
    for level in levels.values():
        axes.axhline(level, color=theme.muted, linewidth=0.9, linestyle=(0, (5, 2)), zorder=1.5)
    _labels(axes, {f"{name} {level:g} s": level for name, level in levels.items()}, theme)


def _thresholds(sample: Curves) -> dict[str, float]:
    """Those that a reader can tell apart."""
    profile = sample.profile
    return {
        "starts at": profile.start,
        "resumes at": profile.resume_from(max(0, len(sample.playback.stalls) - 1)),
        "stalls at": profile.stall,
    }


def _throughput(axes: "Axes", sample: Curves, story: Story, theme: Theme) -> None:
    """How fast it came, against what the video needs."""
    curve = Curve(sample.throughput.times, sample.throughput.values / 1000)
    levels = {
        "average": (story.row["AverageThroughput"], theme.series[0]),
        "bitrate": (story.row["EncodingRate"], theme.series[1]),
    }
    known = {name: (rate / 1000, colour) for name, (rate, colour) in levels.items() if rate}
    highest = max([float(curve.values.max()), *(rate for rate, _ in known.values())]) or 1.0
    axes.set_ylim(0, highest * 1.12)
    axes.set_ylabel("Mbit/s")
    thin = curve.thinned(_TINTED)
    axes.fill_between(thin.times, thin.values, color=theme.series[0], alpha=0.12, linewidth=0)
    _line(axes, curve, theme.series[0], "throughput")
    for rate, colour in known.values():
        axes.axhline(rate, color=colour, linewidth=1.1, linestyle=(0, (5, 2)))
    title = "Throughput" if narrow(_pixels(axes)[0]) else _THROUGHPUT
    _title(axes, title, theme)
    labels = {f"{name} {rate:.3g}": rate for name, (rate, _) in known.items()}
    _labels(axes, labels, theme, [colour for _, colour in known.values()])


def _line(
    axes: "Axes",
    curve: Curve,
    colour: str,
    label: str,
    *,
    width: float = 1.6,
    style: str | tuple[float, Sequence[float]] = "-",
) -> None:
    thin = curve.thinned(_COLUMNS)
    axes.plot(thin.times, thin.values, color=colour, linewidth=width, linestyle=style, label=label)


def _title(axes: "Axes", text: str, theme: Theme, *, pad: int = 6) -> None:
    axes.set_title(plain(text), loc="left", color=theme.text, size=10, weight="bold", pad=pad)


def _pixels(axes: "Axes") -> tuple[float, float]:
    """Width and height of the whole picture, in CSS pixels."""
    drawing = axes.get_figure(root=True)
    if drawing is None:
        raise ValueError("axes without a picture")
    width, height = drawing.get_size_inches() * drawing.dpi
    return float(width), float(height)


def _legend(axes: "Axes", theme: Theme, title: str) -> None:
    """The names of the lines, above the panel and to the right of its title, or below it."""
    small = narrow(_pixels(axes)[0])
    _title(axes, title, theme, pad=46 if small else 6)
    axes.legend(
        loc="lower left" if small else "lower right",
        bbox_to_anchor=(0.0 if small else 1.0, 1.0),
        ncols=2 if small else 5,
        frameon=False,
        fontsize=9,
        labelcolor=theme.text,
        handlelength=1.8,
        columnspacing=1.3,
        borderpad=0.2,
    )


def _labels(
    axes: "Axes", levels: dict[str, float], theme: Theme, colours: Sequence[str] = ()
) -> None:
    """Words at the right edge, beside their levels, moved apart where they would overlap."""
    low, high = axes.get_ylim()
    height = _pixels(axes)[1] * axes.get_position().height
    gap = _LINE_HEIGHT * (high - low) / height
    places = dict(zip(levels, colours or [theme.muted] * len(levels), strict=True))
    at = low - gap
    for text, level in sorted(levels.items(), key=lambda item: item[1]):
        at = max(level, at + gap)
        axes.annotate(
            text,
            (1, at),
            (6, 0),
            xycoords=("axes fraction", "data"),
            textcoords="offset points",
            va="center",
            ha="left",
            color=places[text],
            size=9,
            annotation_clip=False,
        )
