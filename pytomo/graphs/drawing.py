"""Graphs over time as RRDtool draws them: SVG or PNG, in the colours of the pages.

As SmokePing does, a graph shows the spread and not only the mean: from the lowest to the highest
minute (archives MIN and MAX), the middle half of the points around, and the mean (AVERAGE). What
has no value is told apart: striped where there are no rows, a strip at the top where rows failed,
a strip at the bottom where samples never started or stalled all the time; a strip is the higher
the larger the share of such rows.
"""

import math
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pytomo.errors import CrawlError
from pytomo.graphs import Graph
from pytomo.graphs.elements import LANE, NARROW, elements
from pytomo.graphs.facts import Axis, Span, answers, axis, data, questions
from pytomo.pictures.style import THEMES, Theme, plain
from pytomo.rrd import load_rrdtool
from pytomo.series import STEP

WIDTH, HEIGHT = 960, 300
"""CSS pixels of a whole graph, unless asked for otherwise."""
SHORTEST = 600
"""Seconds that a graph shows at least: of a short crawl the points are seen, not only a line."""
LONGEST = 20 * 366 * 86_400
"""Seconds that it shows at most: twice what RRD files keep."""
EARLIEST, LATEST = 400_000_000, 4_000_000_000
"""Unix times that librrd can draw."""
MOST_FILES = 6
"""In one graph: as many colours are told apart."""
_SHARP = 2
"""Dots of a PNG for each CSS pixel."""

_LOCK = threading.Lock()
"""librrd draws one graph at a time."""


@dataclass(frozen=True, slots=True)
class Geometry:
    """Where in a picture the time axis is: CSS pixels from the upper left corner."""

    left: int
    top: int
    width: int
    height: int
    image_width: int
    image_height: int
    start: int
    """Unix time, s, at the left end."""
    end: int


@dataclass(frozen=True, slots=True)
class Drawing:
    """A picture and where its axes are."""

    image: bytes
    geometry: Geometry


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How a graph is wanted."""

    width: int = WIDTH
    height: int = HEIGHT
    theme: str = "light"
    format: str = "svg"
    """svg or png."""
    where: str = ""
    """What the data are about, for the title: "youtube"."""


def render(
    graph: Graph, files: Mapping[str, Path], start: float, end: float, look: Look | None = None
) -> Drawing:
    """The graph between two Unix times; `files` are RRD files by the name of their resolver.

    Of several files each has its line, and the first one its spread. Times are written in the zone
    of the process, which `pytomo.zone.utc` sets. Raises CrawlError if rrdtool is missing, if there
    is no file, or if one is none of ours.
    """
    look = look or Look()
    present = {name: path for name, path in files.items() if path.is_file()}
    if not present:
        raise CrawlError("there is no RRD file")
    names = tuple(present)[:MOST_FILES]
    span = Span(*shown_range(start, end), look.width)
    known = data(graph, [present[name] for name in names], span)
    times = ["--start", str(span.start), "--end", str(span.end), "--width", str(look.width)]
    told = asked("graphv", ["-", *times, *known, *questions(len(names))])
    facts = answers(text for key, text in told.items() if key.startswith("print["))
    options = _options(graph, look, axis(graph, facts))
    drawn = elements(graph, names, span, THEMES[look.theme], facts)
    told = asked("graphv", ["-", *times, *options, *known, *drawn])
    return Drawing(told["image"], _geometry(told))


def shown_range(start: float, end: float) -> tuple[int, int]:
    """What a graph of this time shows: whole minutes, `SHORTEST` at least, nothing impossible."""
    end = max(EARLIEST + SHORTEST, min(end, LATEST))
    start = max(EARLIEST, end - LONGEST, min(start, LATEST - SHORTEST))
    missing = max(0.0, SHORTEST - (end - start)) / 2
    first = math.floor((start - missing) / STEP) * STEP
    return first, max(math.ceil((end + missing) / STEP) * STEP, first + SHORTEST)


def asked(function: str, arguments: Iterable[str]) -> dict[str, Any]:
    """What a function of librrd tells. Raises CrawlError if it cannot, or if there is no librrd."""
    rrdtool = load_rrdtool()
    try:
        with _LOCK:
            told: dict[str, Any] = getattr(rrdtool, function)(*arguments)
    except (rrdtool.OperationalError, rrdtool.ProgrammingError) as error:
        raise CrawlError(f"RRDtool cannot draw this: {error}") from error
    return told


def _geometry(told: Mapping[str, Any]) -> Geometry:
    """What librrd tells of it, whatever the zoom."""
    return Geometry(
        *(int(told[f"graph_{size}"]) for size in ("left", "top", "width", "height")),
        *(int(told[f"image_{size}"]) for size in ("width", "height")),
        *(int(told[f"graph_{time}"]) for time in ("start", "end")),
    )


def _options(graph: Graph, look: Look, known: Axis) -> list[str]:
    theme = THEMES[look.theme]
    title = f"{graph.title} · {look.where}" if look.where and look.width >= NARROW else graph.title
    options = {
        "height": str(look.height),
        "imgformat": look.format.upper(),
        "title": plain(title, look.width // 8),
        "vertical-label": known.scale.unit,
        "right-axis-label": time.strftime("%Z"),
        "lower-limit": str(-LANE * known.top),
        "upper-limit": str((1 + LANE) * known.top),
        "base": "1000",
        "border": "0",
        "grid-dash": "1:0",
        "zoom": str(_SHARP if look.format == "png" else 1),
    }
    if not known.scale.prefixed:
        options["units-exponent"] = "0"
    words = [word for name, value in options.items() for word in (f"--{name}", value)]
    switches = ["--full-size-mode", "--disable-rrdtool-tag", "--rigid"]
    return [*words, *switches, *_fonts(), *_colours(theme)]


def _fonts() -> Iterator[str]:
    for what, font in (
        ("DEFAULT", "8:DejaVu Sans"),
        ("TITLE", "9.5:DejaVu Sans"),
        ("LEGEND", "8:DejaVu Sans Mono"),
        ("UNIT", "10:DejaVu Sans"),
    ):
        yield from ("--font", f"{what}:{font}")


def _colours(theme: Theme) -> Iterator[str]:
    invisible = f"{theme.background}00"
    for what, colour in (
        *(("BACK", theme.background), ("CANVAS", theme.background), ("FONT", theme.text)),
        *(("GRID", theme.grid), ("MGRID", theme.grid), ("AXIS", theme.line)),
        *((what, invisible) for what in ("ARROW", "FRAME", "SHADEA", "SHADEB")),
    ):
        yield from ("--color", f"{what}{colour}")
