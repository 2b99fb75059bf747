"""What a viewer waited for before the picture came, phase by phase, on one time axis."""

from typing import TYPE_CHECKING

from pytomo.analysis.phases import Part, Phases, Span
from pytomo.analysis.story import Story
from pytomo.pictures.caption import caption, headline
from pytomo.pictures.style import Theme, dress, figure, plain, rendered

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WIDTH = 960
_HEAD, _FOOT, _BAR = 104, 44, 27
"""CSS pixels: of the caption, of the time axis, of each phase."""
_LEFT, _RIGHT = 0.29, 0.975
_ROOM = 1.3
"""The axis is longer than what is drawn: the lengths stand behind the bars."""


def height(phases: Phases) -> int:
    """CSS pixels of the picture."""
    return _HEAD + _FOOT + _BAR * len(phases.spans)


def draw(story: Story, theme: Theme, image_format: str, *, source: str) -> bytes:
    """The picture of a story with phases; `source` names the database. Raises ValueError."""
    phases = story.phases
    if phases is None:
        raise ValueError("Nothing is known of how long the phases took.")
    total = height(phases)
    drawing = figure(WIDTH, total, theme)
    area = (_LEFT, _FOOT / total, _RIGHT - _LEFT, 1 - (_HEAD + _FOOT) / total)
    axes = drawing.add_axes(area)
    dress(axes, theme)
    scale, unit = (1000.0, "ms") if shown(phases) < 1 else (1.0, "s")
    longest = shown(phases) * _ROOM * scale or 1.0
    axes.set_xlim(0, longest)
    axes.set_ylim(len(phases.spans) - 0.5, -0.5)
    axes.grid(visible=False, axis="y")
    axes.set_yticks(range(len(phases.spans)), [_name(span) for span in phases.spans])
    axes.tick_params(axis="y", length=0, labelcolor=theme.text)
    axes.set_xlabel(f"{unit} since the page was asked for{_ping(story)}")
    for number, span in enumerate(phases.spans):
        _bar(axes, number, span, scale, longest, theme)
    _playback(axes, phases, scale, theme)
    caption(drawing, story, theme, source=source)
    return rendered(drawing, image_format, title=f"Phases of {headline(story)}")


def shown(phases: Phases) -> float:
    """Seconds on the axis: until the picture comes, or else until media do; they may go on."""
    media = [span for span in phases.spans if span.part is Part.MEDIA]
    if phases.playback is not None:
        return phases.playback
    if media and not media[-1].failed:
        return media[-1].start * _ROOM
    return phases.end


def _ping(story: Story) -> str:
    ping = story.row["PingAvg"]
    return "" if ping is None else f"; a round trip (ping) took {ping:.3g} ms"


def _name(span: Span) -> str:
    host = span.host if span.part in (Part.NAME, Part.CONNECT) else None
    return plain(f"{host}  {span.part}" if host else span.part, 46)


def _bar(axes: "Axes", number: int, span: Span, scale: float, longest: float, theme: Theme) -> None:
    """A phase: its bar, which may run out of the picture, and its length in words."""
    start, length = span.start * scale, span.length * scale
    colour = theme.bad if span.failed else colours(theme)[span.part]
    axes.barh(number, max(length, longest / 600), left=start, height=0.62, color=colour)
    beyond = start + length > longest
    place = (longest, -6) if beyond else (start + length, 6)
    axes.annotate(
        _length(span) + (" →" if beyond else ""),
        (place[0], number),
        (place[1], 0),
        textcoords="offset points",
        va="center",
        ha="right" if beyond else "left",
        color=theme.background if beyond else theme.text,
        size=9,
        annotation_clip=False,
    )


def colours(theme: Theme) -> dict[Part, str]:
    """The colour of each phase."""
    first, second, third, fourth, fifth, _ = theme.series
    return {
        Part.PAGE: theme.muted,
        Part.NAME: fifth,
        Part.CONNECT: second,
        Part.TLS: fourth,
        Part.FIRST_BYTE: third,
        Part.MEDIA: first,
    }


def _length(span: Span) -> str:
    text = f"{1000 * span.length:.3g} ms" if span.length < 1 else f"{span.length:.3g} s"
    if span.round_trips is not None:
        text += f"  ({span.round_trips:.1f} round trips)"
    return f"failed after {text}" if span.failed else text


def _playback(axes: "Axes", phases: Phases, scale: float, theme: Theme) -> None:
    """When the picture came."""
    if phases.playback is None:
        return
    at = phases.playback * scale
    axes.axvline(at, color=theme.good, linewidth=1.2, linestyle=(0, (4, 2)), zorder=3)
    axes.annotate(
        "playback starts",
        (at, -0.5),
        (5, -2),
        textcoords="offset points",
        va="top",
        color=theme.good,
        size=9,
    )
