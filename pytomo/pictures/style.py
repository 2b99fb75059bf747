"""How all pictures look, and how they become SVG or PNG: the same bytes for the same values.

matplotlib is imported by the first picture, not by the import of a module, and only its
object-oriented interface is used. Sizes are CSS pixels. Text comes from strangers: nothing in it is
taken for mathematics, and an SVG holds it as text, so that it can be read, searched and is shown in
whatever fonts the reader has.
"""

import io
import threading
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FORMATS: Mapping[str, str] = {"svg": "image/svg+xml", "png": "image/png"}
"""The formats of pictures and their media types."""
_DOTS = 96
"""CSS pixels an inch."""
_PHONE = 600
"""CSS pixels; a picture that is narrower is made for one."""
_SHARP = 2
"""Dots of a PNG for each CSS pixel: it stays sharp on a dense screen and on paper."""
_COMPRESSION = 3
"""Of a PNG: the usual 6 takes three times as long, for a tenth of the bytes."""
_FALLBACKS = (
    *("Noto Sans CJK JP", "Noto Sans CJK SC", "WenQuanYi Zen Hei", "Droid Sans Fallback"),
    *("Noto Sans Arabic", "Noto Sans Hebrew", "Noto Sans Devanagari", "Noto Sans Thai"),
)
"""For what DejaVu Sans cannot write in a PNG; an SVG's reader has fonts of its own."""
_LOCK = threading.Lock()
"""matplotlib's fonts are for one thread at a time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Theme:
    """The colours of a picture: those of the pages (`web/static/style.css`)."""

    name: str
    background: str
    text: str
    muted: str
    """Of what is less important: units, notes, ticks."""
    grid: str
    line: str
    """Of axes and frames."""
    series: tuple[str, ...]
    """Told apart by the colour-blind, too; the first is the main one."""
    good: str
    bad: str
    failed: str
    """Of what could not be measured, apart from what played badly."""
    shade: str
    """Of areas in which something went wrong, behind lines."""


LIGHT = Theme(
    name="light",
    background="#ffffff",
    text="#18212b",
    muted="#53606e",
    grid="#dfe4ea",
    line="#7d8b99",
    series=("#0b5f9e", "#c4570a", "#12805c", "#9c3587", "#7a6a00", "#3d4a58"),
    good="#1a7046",
    bad="#b3261e",
    failed="#7a3e9d",
    shade="#fbe7e5",
)
DARK = Theme(
    name="dark",
    background="#182029",
    text="#e5eaf0",
    muted="#a3b0be",
    grid="#2c3844",
    line="#6f7f8f",
    series=("#74b9f5", "#f2995a", "#56c795", "#e58fd2", "#d8c658", "#b4c0cc"),
    good="#56c795",
    bad="#ff8a80",
    failed="#cfa3ee",
    shade="#43211f",
)
THEMES: Mapping[str, Theme] = {theme.name: theme for theme in (LIGHT, DARK)}


def figure(width: float, height: float, theme: Theme) -> "Figure":
    """An empty figure of so many CSS pixels."""
    from matplotlib.figure import Figure

    _set_up()
    return Figure(figsize=(width / _DOTS, height / _DOTS), dpi=_DOTS, facecolor=theme.background)


def dress(axes: "Axes", theme: Theme) -> None:
    """Give axes the look of all pictures: a quiet frame, a grid behind the lines."""
    axes.set_facecolor(theme.background)
    axes.set_axisbelow(True)
    axes.grid(visible=True, color=theme.grid, linewidth=0.8)
    for side, spine in axes.spines.items():
        spine.set_visible(side in ("left", "bottom"))
        spine.set_color(theme.line)
    axes.tick_params(colors=theme.line, labelcolor=theme.muted, labelsize=8.5, length=3)
    axes.xaxis.label.set(color=theme.muted, size=9)
    axes.yaxis.label.set(color=theme.muted, size=9)
    axes.title.set(color=theme.text, size=10.5)


def rendered(drawing: "Figure", image_format: str, *, title: str = "") -> bytes:
    """The picture in one of `FORMATS`, the same bytes whenever it is drawn, with its name in it."""
    output = io.BytesIO()
    options: dict[str, Any] = {"format": image_format, "facecolor": drawing.get_facecolor()}
    if image_format == "svg":
        options["metadata"] = {"Date": None, "Creator": None, "Title": title}
    else:
        options |= {"dpi": _SHARP * _DOTS, "metadata": {"Software": None}}
        options["pil_kwargs"] = {"compress_level": _COMPRESSION}
    with _LOCK, warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing")  # A box says it well enough.
        drawing.savefig(output, **options)
    return output.getvalue()


def narrow(width: float) -> bool:
    """Whether a picture of so many CSS pixels is for a phone."""
    return width < _PHONE


def plain(text: str, length: int = 80) -> str:
    """Text from strangers as one short line: without control characters, cut with an ellipsis."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return line if len(line) <= length else line[: length - 1].rstrip() + "…"


@cache
def _set_up() -> None:
    """What can only be set for all of matplotlib."""
    import matplotlib
    from matplotlib import font_manager

    known = {font.name for font in font_manager.fontManager.ttflist}
    matplotlib.rcParams.update(
        {
            "font.family": ["DejaVu Sans", *(f for f in _FALLBACKS if f in known), "sans-serif"],
            "font.sans-serif": ["DejaVu Sans", "Verdana"],  # Of the same widths.
            "font.size": 9,
            "svg.fonttype": "none",
            "svg.hashsalt": "pytomo",
            "text.parse_math": False,
            "text.usetex": False,
            "axes.unicode_minus": True,
            "path.simplify": True,
        }
    )
