import io
import os
import re
import subprocess
import sys
from functools import partial
from pathlib import Path
from xml.etree import ElementTree

import pytest
from rows import START, failed
from rrd_files import hour, played, written

import pytomo
from pytomo.errors import CrawlError, Outcome
from pytomo.graphs import GRAPHS, graph_named
from pytomo.graphs.drawing import (
    EARLIEST,
    LATEST,
    LONGEST,
    MOST_FILES,
    SHORTEST,
    Look,
    render,
    shown_range,
)
from pytomo.graphs.facts import Facts, Numbers, answers, axis

pytest.importorskip("rrdtool", reason="graphs need rrdtool")
FIRST = START.timestamp()
PNG = b"\x89PNG\r\n\x1a\n"
THROUGHPUT = graph_named("AverageThroughput")
FAILED, STALLED = "rgb(47.843137%,24.313725%,61.568627%)", "rgb(70.196078%,14.901961%,11.764706%)"
SVG = "{http://www.w3.org/2000/svg}"
LEGEND = 265
"""CSS pixels from the top where the legend of one or two files begins."""
NOTHING = "rgb(87.45098%,89.411765%,91.764706%)"


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    return written(tmp_path_factory.mktemp("rrds"), hour())


def svg(graph, files, start=FIRST, end=FIRST + 3600, **look):
    return render(graph, files, start, end, Look(**look)).image.decode()


def filled(image, colour):
    """The heights, from upper to lower, of the areas of a colour; the legend is left out."""
    root = ElementTree.fromstring(image)
    styled = [(p.get("style", ""), p.get("d")) for p in root.iter(f"{SVG}path")]
    areas = [path for style, path in styled if "fill:rgb" in style and colour in style]
    spans = [[float(y) for y in re.findall(r"[ML] \S+ (\S+)", path)] for path in areas]
    return [(min(ys), max(ys)) for ys in spans if max(ys) < LEGEND]


@pytest.mark.parametrize("graph", GRAPHS, ids=lambda graph: graph.name)
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_graph_can_be_drawn(files, graph, theme):
    """Each graph is drawn in both formats and themes, at the size that is asked for."""
    drawn = render(graph, files, FIRST, FIRST + 3600, Look(theme=theme, width=480, height=240))
    root = ElementTree.fromstring(drawn.image)
    assert (root.get("width"), root.get("height")) == ("480pt", "240pt")
    assert (drawn.geometry.image_width, drawn.geometry.image_height) == (480, 240)
    assert (
        render(graph, files, FIRST, FIRST + 3600, Look(theme=theme, format="png")).image[:8] == PNG
    )


@pytest.mark.parametrize("graph", GRAPHS, ids=lambda graph: graph.name)
def test_every_graph_can_be_empty(files, graph):
    """Where nothing is known, the graph is drawn all the same, and grey."""
    image = svg(graph, files, FIRST - 1e7, FIRST - 9e6)
    assert filled(image, NOTHING)


def test_states_look_different(files):
    """Failed, never started or stalled all the time, and no rows each have their mark."""
    good, pause = (FIRST + 120, FIRST + 720), (FIRST + 1000, FIRST + 1600)
    failing, stalled = (FIRST + 1860, FIRST + 2580), (FIRST + 2760, FIRST + 3500)
    seen = {
        colour: [
            bool(filled(svg(THROUGHPUT, files, *time), colour)) for time in (good, failing, stalled)
        ]
        for colour in (FAILED, STALLED)
    }
    assert seen == {FAILED: [False, True, False], STALLED: [False, False, True]}
    long_pause = (pause[0] + 20_000, pause[1] + 20_000)
    assert filled(svg(THROUGHPUT, files, *long_pause), NOTHING)
    assert not filled(svg(THROUGHPUT, files, *good), NOTHING)


def test_a_strip_shows_the_share(tmp_path):
    """Where all rows failed the strip is higher than where a tenth of them did."""

    def height(place, every):
        bad = partial(failed, outcome=Outcome.CONNECT_TIMEOUT)
        rows = [(bad if n % every == every - 1 else played)(10.0 * n) for n in range(200)]
        files = {"system": written(tmp_path / place, rows)["system"]}
        spans = filled(svg(THROUGHPUT, files, end=FIRST + 1800), FAILED)
        return max(lower - upper for upper, lower in spans)

    assert height("all", 1) == pytest.approx(height("tenth", 10) / 0.3, abs=1.5)


@pytest.mark.parametrize(
    ("start", "end"),
    [(0, 1), (0, 253_402_300_799), (FIRST, FIRST), (FIRST + 9, FIRST - 9), (FIRST - 1e10, FIRST)],
)
def test_any_time_can_be_asked_for(files, start, end):
    """Whatever a reader asks for, the graph shows whole minutes that librrd can draw."""
    first, last = shown_range(start, end)
    assert EARLIEST - 60 <= first < last <= LATEST + 660
    assert SHORTEST <= last - first <= LONGEST + 120
    assert first % 60 == last % 60 == 0
    geometry = render(THROUGHPUT, files, start, end).geometry
    assert (geometry.start, geometry.end) == (first, last)


def test_a_short_time_is_shown_in_the_middle():
    """Of a crawl of a minute the graph shows the minutes round it, too."""
    assert shown_range(6000, 6060) == (EARLIEST // 60 * 60, EARLIEST // 60 * 60 + 660)
    first, last = shown_range(FIRST, FIRST + 60)
    assert first <= FIRST - 240
    assert last >= FIRST + 300


def test_the_geometry_says_where_the_time_axis_is(files):
    """The axes are inside the picture."""
    known = render(THROUGHPUT, files, FIRST, FIRST + 3600).geometry
    assert 0 < known.left < known.left + known.width < known.image_width
    assert 0 < known.top < known.top + known.height < known.image_height


def test_names_from_strangers_are_only_text(files):
    """Whatever a resolver or a service is called, the graph is drawn."""
    odd = {"a:b\\ %s <b>&\x00é%n" * 3: files["system"]}
    assert svg(THROUGHPUT, odd, where="x:%n\\l <i>\x00\n")


def test_a_path_may_have_a_colon(tmp_path):
    """RRDtool takes colons for separators, but not those of a path."""
    files = written(tmp_path / "10:00 a b", [played(0), played(60), played(120)])
    assert not filled(svg(THROUGHPUT, files, FIRST, FIRST + 100), FAILED)


def test_more_resolvers_than_colours(files):
    """As many files are shown as colours are told apart."""
    many = {f"r{number}": files["system"] for number in range(MOST_FILES + 3)}
    assert svg(THROUGHPUT, many)


def test_missing_files_are_left_out(files, tmp_path):
    """One that is not there is left out; without any there is one clear error."""
    assert svg(THROUGHPUT, {**files, "opendns": tmp_path / "none.rrd"})
    with pytest.raises(CrawlError, match="no RRD file"):
        render(THROUGHPUT, {"opendns": tmp_path / "none.rrd"}, FIRST, FIRST + 60)


def test_a_damaged_file_is_one_clear_error(tmp_path):
    """What is no RRD file raises CrawlError."""
    (tmp_path / "x.rrd").write_bytes(b"no RRD file")
    with pytest.raises(CrawlError, match="cannot draw"):
        render(THROUGHPUT, {"system": tmp_path / "x.rrd"}, FIRST, FIRST + 60)


DRAW = """
import sys
from pathlib import Path
from pytomo.graphs.drawing import render
from pytomo.graphs import graph_named
from pytomo.zone import utc
sys.argv[1] == "utc" and utc()
drawn = render(graph_named("PingAvg"), {"system": Path(sys.argv[2])}, *map(float, sys.argv[3:]))
sys.stdout.buffer.write(drawn.image)
"""


def drawn_in(zone, how, path):
    """The graph as a process in a zone draws it."""
    arguments = [sys.executable, "-c", DRAW, how, str(path), str(FIRST), str(FIRST + 7200)]
    environment = {**os.environ, "TZ": zone}
    return subprocess.run(arguments, env=environment, capture_output=True, check=True).stdout


def test_times_are_utc_wherever_it_is_drawn(files):
    """The zone of the machine does not move the axis of a process that has chosen UTC."""
    there, here = (drawn_in(zone, "utc", files["system"]) for zone in ("Asia/Tokyo", "UTC"))
    assert there == here != b""


def test_drawing_leaves_the_zone_of_the_process_alone(files):
    """Other threads may be asking what time it is; the graph says which zone it shows."""
    there, here = (drawn_in(zone, "plain", files["system"]) for zone in ("Asia/Tokyo", "UTC"))
    assert there != here == drawn_in("UTC", "utc", files["system"])


def numbers(line, spread):
    return Facts((Numbers(line, 0.0, spread, line, spread),), False, False, False)


def test_the_axis_fits_the_line():
    """All of the line is seen, and of the spread as much as does not press the line flat."""
    rtt = graph_named("TcpRtt")
    assert axis(rtt, numbers(10.0, 12.0)).top == pytest.approx(12.0)
    assert axis(rtt, numbers(10.0, 10.0)).top == pytest.approx(11.0)
    assert axis(rtt, numbers(10.0, 900.0)).top == pytest.approx(40.0)
    assert axis(rtt, answers(["nan"] * 6 + ["0", "0", "1"])).top == 1.0
    share = graph_named("StallRatio")
    assert axis(share, numbers(0.1, 0.2)).top == pytest.approx(20)
    assert axis(share, numbers(0.001, 0.002)).top == 5
    assert axis(share, numbers(0.98, 1.0)).top == 100


def test_unknown_is_told_as_unknown():
    """Numbers that RRDtool does not know are None, never 0."""
    facts = answers(["nan"] * 6 + ["1", "0", "0"])
    assert facts.files == (Numbers(None, None, None, None, None),)
    assert (facts.failed, facts.stalled, facts.nothing) == (True, False, False)


def test_a_png_is_sharp(files):
    """A PNG has two dots for each CSS pixel."""
    image = render(THROUGHPUT, files, FIRST, FIRST + 60, Look(format="png", width=400)).image
    assert int.from_bytes(io.BytesIO(image).getvalue()[16:20]) == 800


def test_colours_are_those_of_the_pages(files):
    """What failed and what stalled has the colour that it has on the pages, light and dark."""
    style = (Path(pytomo.__file__).parent / "web" / "static" / "style.css").read_text()
    for name, theme in (("failed", "--failed"), ("poor", "--poor")):
        colours = re.findall(rf"{theme}: #([0-9a-f]{{6}});", style)
        assert len(colours) >= 2, name
        for colour, look in zip(colours, ("light", "dark"), strict=False):
            parts = [f"{100 * int(colour[at : at + 2], 16) / 255:.4g}" for at in (0, 2, 4)]
            image = svg(THROUGHPUT, files, theme=look)
            found = re.findall(r"fill:rgb\(([^)]*)\)", image)
            assert any(
                [f"{float(part.strip(' %')):.4g}" for part in one.split(",")] == parts
                for one in found
            ), (name, look)
