"""What a viewer waited for before the picture came, phase by phase, on one time axis."""

from typing import TYPE_CHECKING

from pytomo.analysis.phases import Part, Phases, Span
from pytomo.analysis.story import Story
from pytomo.pictures.caption import caption, caption_height, headline
from pytomo.pictures.style import Theme, dress, figure, narrow, plain, rendered

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WIDTH = 960
_ABOVE, _FOOT, _BAR, _TALL_BAR = 10, 44, 27, 40
"""CSS pixels: below the caption, of the time axis, of each phase; on a phone, its server is there,
too.
"""
_LEFT, _NARROW_LEFT, _RIGHT = 0.29, 0.17, 0.975
_ROOM, _NARROW_ROOM = 1.3, 1.6
"""The axis is longer than what is drawn: the lengths stand behind the bars."""


def height(story: Story, source: str, width: int = WIDTH) -> int:
    """CSS pixels of the picture of a story."""
    count = len(story.phases.spans) if story.phases else 0
    bar = _TALL_BAR if narrow(width) else _BAR
    return caption_height(story, source, width) + _ABOVE + _FOOT + bar * count


def draw(
    story: Story, theme: Theme, image_format: str, *, source: str, width: int = WIDTH
) -> bytes:
    """The picture of a story with phases; `source` names the database. Raises ValueError."""
    phases = story.phases
    if phases is None:
        raise ValueError("Nothing is known of how long the phases took.")
    total, small = height(story, source, width), narrow(width)
    drawing = figure(width, total, theme)
    left = _NARROW_LEFT if small else _LEFT
    head = caption_height(story, source, width) + _ABOVE
    axes = drawing.add_axes((left, _FOOT / total, _RIGHT - left, 1 - (head + _FOOT) / total))
    scale, unit = (1000.0, "ms") if shown(phases) < 1 else (1.0, "s")
    longest = shown(phases) * (_NARROW_ROOM if small else _ROOM) * scale or 1.0
    _frame(axes, phases, longest, theme, small=small)
    axes.set_xlabel(f"{unit} since the page was asked for{'' if small else _ping(story)}")
    for number, span in enumerate(phases.spans):
        _bar(axes, number, span, scale, longest, theme, small=small)
    _playback(axes, phases, scale, theme)
    caption(drawing, story, theme, source=source)
    return rendered(drawing, image_format, title=f"Phases of {headline(story)}")


def _frame(axes: "Axes", phases: Phases, longest: float, theme: Theme, *, small: bool) -> None:
    """The axes, and the names of the phases; on a phone their servers are above the bars."""
    dress(axes, theme)
    axes.set_xlim(0, longest)
    axes.set_ylim(len(phases.spans) - 0.5, -0.5)
    axes.grid(visible=False, axis="y")
    names = [span.part if small else _name(span) for span in phases.spans]
    axes.set_yticks(range(len(phases.spans)), names)
    axes.tick_params(axis="y", length=0, labelcolor=theme.text)
    for number, span in enumerate(phases.spans if small else ()):
        host = plain(_host(span), 44)
        axes.text(0.012 * longest, number - 0.36, host, color=theme.muted, size=7.5, va="center")


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
    return plain(f"{_host(span)}  {span.part}", 46)


def _host(span: Span) -> str:
    """The server, where a phase is the first one with it."""
    return span.host or "" if span.part in (Part.NAME, Part.CONNECT) else ""


def _bar(
    axes: "Axes",
    number: int,
    span: Span,
    scale: float,
    longest: float,
    theme: Theme,
    *,
    small: bool,
) -> None:
    """A phase: its bar, which may run out of the picture, and its length in words."""
    start, length = span.start * scale, span.length * scale
    colour = theme.bad if span.failed else colours(theme)[span.part]
    thickness = 0.42 if small else 0.62
    axes.barh(number, max(length, longest / 600), left=start, height=thickness, color=colour)
    beyond = start + length > longest
    place = (longest, -6) if beyond else (start + length, 6)
    axes.annotate(
        _length(span, "RTT" if small else "round trips") + (" →" if beyond else ""),
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


def _length(span: Span, trips: str) -> str:
    text = f"{1000 * span.length:.3g} ms" if span.length < 1 else f"{span.length:.3g} s"
    if span.round_trips is not None:
        text += f"  ({span.round_trips:.1f} {trips})"
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
