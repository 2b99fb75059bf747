import subprocess
import sys
import xml.etree.ElementTree as ElementTree

import pytest

from pytomo.pictures.style import FORMATS, THEMES, dress, figure, plain, rendered

SVG = "{http://www.w3.org/2000/svg}"


def drawn(theme="light", text="Café"):
    """A figure with a line and a title."""
    drawing = figure(300, 200, THEMES[theme])
    axes = drawing.add_subplot()
    dress(axes, THEMES[theme])
    axes.plot([0, 1], [0, 1], color=THEMES[theme].series[0])
    axes.set_title(text)
    return drawing


@pytest.mark.parametrize("image_format", FORMATS)
def test_the_same_picture_has_the_same_bytes(image_format):
    """Two drawings of the same values are the same file: no date, no random name."""
    assert rendered(drawn(), image_format) == rendered(drawn(), image_format)


@pytest.mark.parametrize("theme", THEMES)
def test_a_picture_has_its_size(theme):
    """An SVG has the CSS pixels asked for (4 pixels are 3 points), a PNG twice as many dots."""
    svg = ElementTree.fromstring(rendered(drawn(theme), "svg"))
    assert (svg.get("width"), svg.get("height")) == ("225pt", "150pt")
    png = rendered(drawn(theme), "png")
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    assert [int.from_bytes(png[start : start + 4]) for start in (16, 20)] == [600, 400]


@pytest.mark.parametrize("text", ["costs $5 or $6_x^2", "<b>&amp;\"'", "日本語", "\\frac{1"])
def test_text_of_strangers_is_text(text):
    """Dollars are no mathematics, markup is no markup, and any script can be in an SVG."""
    svg = ElementTree.fromstring(rendered(drawn(text=text), "svg", title=text))
    assert text in [element.text for element in svg.iter(f"{SVG}text")]
    assert svg.findtext(f"{SVG}title") == text
    assert rendered(drawn(text=text), "png")


def test_a_line_from_strangers_is_short_and_printable():
    """Control characters and line ends become spaces; what is too long ends in an ellipsis."""
    assert plain("a\x00b\n\u202ec  d") == "a b c d"
    assert plain("x" * 100, 10) == "x" * 9 + "…"


def test_matplotlib_is_not_loaded_by_an_import():
    """Importing the look of the pictures loads no matplotlib: the server starts at once."""
    script = "import sys, pytomo.pictures.style; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
