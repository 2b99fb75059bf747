"""A picture that says why there is no picture."""

import textwrap
from collections.abc import Sequence
from html import escape

from pytomo.pictures.style import Theme, figure, plain, rendered

_LINE = 20
"""CSS pixels from one line to the next."""


def message(text: str, width: int, height: int, theme: Theme, image_format: str) -> bytes:
    """The text in the middle of an empty picture of so many CSS pixels."""
    lines = textwrap.wrap(plain(text, 400), max(20, width // 8))
    if image_format == "svg":
        return _svg(lines, width, height, theme).encode()
    drawing = figure(width, height, theme)
    drawing.text(0.5, 0.5, "\n".join(lines), color=theme.muted, size=10, ha="center", va="center")
    return rendered(drawing, image_format, title=plain(text))


def _svg(lines: Sequence[str], width: int, height: int, theme: Theme) -> str:
    """Without matplotlib, which takes a second to be loaded: this is often the first picture."""
    first = (height - _LINE * (len(lines) - 1)) / 2
    spans = (
        f'<tspan x="{width / 2}" y="{first + _LINE * number}">{escape(line)}</tspan>'
        for number, line in enumerate(lines)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}"'
        f' viewBox="0 0 {width} {height}"><rect width="100%" height="100%"'
        f' fill="{theme.background}"/><text fill="{theme.muted}" text-anchor="middle"'
        f' font-family="DejaVu Sans, Verdana, sans-serif" font-size="13">{"".join(spans)}'
        "</text></svg>"
    )
