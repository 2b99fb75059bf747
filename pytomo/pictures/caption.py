"""What stands above the pictures of a video: which video, how it ended, from where and when."""

from collections.abc import Iterator
from textwrap import wrap
from typing import TYPE_CHECKING, Any, NamedTuple
from unicodedata import east_asian_width

from pytomo.analysis.story import Story
from pytomo.errors import Outcome
from pytomo.pictures.style import LIGHT, Theme, narrow, plain
from pytomo.replay import Row

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_LEFT = 0.02
_LINE = 19
"""CSS pixels of a line."""
_MOST_LINES = 3
"""Of each part of a caption, where the picture is narrow; a wide one has a line for each."""
_EM = 0.78
"""CSS pixels that a letter is wide, in points of its size; those of Chinese are twice as wide."""


class _Line(NamedTuple):
    text: str
    size: float
    weight: str
    colour: str


def headline(story: Story) -> str:
    """The video's title, or its page where that is unknown."""
    return plain(story.row["Title"] or story.row["Url"] or "a video", 90)


def caption(drawing: "Figure", story: Story, theme: Theme, *, source: str) -> None:
    """Write the caption at the top of a figure: all that makes the picture evidence."""
    width, height = (inches * drawing.dpi for inches in drawing.get_size_inches())
    for number, line in enumerate(_lines(story, theme, source, width)):
        drawing.text(
            _LEFT,
            1 - (18 + _LINE * number) / height,
            line.text,
            size=line.size,
            weight=line.weight,
            color=line.colour,
            va="center",
        )


def caption_height(story: Story, source: str, width: int) -> int:
    """CSS pixels that a caption takes at the top of a picture of this width."""
    return 18 + _LINE * len(list(_lines(story, LIGHT, source, width)))


def _lines(story: Story, theme: Theme, source: str, width: float) -> Iterator[_Line]:
    """The caption, broken where the picture ends."""
    bad = story.row["Outcome"] != Outcome.OK or bool(story.stalls)
    parts = (
        _Line(headline(story), 12.5, "bold", theme.text),
        _Line(ended(story), 10, "normal", theme.bad if bad else theme.good),
        _Line(server(story.row), 9, "normal", theme.muted),
        _Line(origin(story.row, source), 9, "normal", theme.muted),
    )
    if not narrow(width):
        yield from parts
        return
    for part in parts:
        heavy = 1.15 if part.weight == "bold" else 1.0
        letters = int((1 - 2 * _LEFT) * width / (part.size * _EM * heavy))
        if any(east_asian_width(letter) in "WF" for letter in part.text):
            letters //= 2
        for text in wrap(part.text, letters, max_lines=_MOST_LINES, placeholder="…") or [""]:
            yield part._replace(text=text)


def ended(story: Story) -> str:
    """How it ended and how it played, in one line."""
    row = story.row
    outcome = row["Outcome"] or "unknown outcome"
    if row["StartupDelay"] is None:
        return plain(f"{outcome}: {row['OutcomeDetail'] or sentence(row)}", 130)
    stalls = row["DownloadInterruptions"] or 0
    words = "no stall" if not stalls else "1 stall" if stalls == 1 else f"{stalls} stalls"
    after = f" of {row['BufferingDuration'] or 0:.3g} s" if stalls else ""
    detail = "" if outcome == Outcome.OK else f": {row['OutcomeDetail'] or sentence(row)}"
    return plain(
        f"{outcome}{detail}; playback started after {row['StartupDelay']:.3g} s; {words}{after}; "
        f"{row['PlaybackDuration'] or 0:.3g} s played",
        130,
    )


def sentence(row: Row) -> str:
    """The sentence of the row's outcome; of an unknown word, that it is not known here."""
    if row["Outcome"] is None:
        return "The first Pytomo did not say how it ended."
    known = list(Outcome)
    return Outcome(row["Outcome"]).text if row["Outcome"] in known else "Not known to this Pytomo."


def server(row: Row) -> str:
    """Where it came from."""
    return plain(
        _joined(
            row["CacheHost"],
            row["IP"] and f"({row['IP']})",
            row["ASNumber"] and f"AS{row['ASNumber']}",
            row["ASName"],
            row["Resolver"] and f"· resolved by {row['Resolver']}",
        ),
        140,
    )


def origin(row: Row, source: str) -> str:
    """What was measured and when, and where the row is kept."""
    return plain(
        _joined(
            row["Quality"] and f"{row['Quality']}p",
            row["Formats"] and f"(format {row['Formats']}) ·",
            row["Profile"] and f"player {row['Profile'].partition(' ')[0]} ·",
            f"{(row['ID'] or '')[:19]} UTC · row {row['RowId']} of {source}",
        ),
        140,
    )


def _joined(*parts: Any) -> str:
    return " ".join(str(part) for part in parts if part)
