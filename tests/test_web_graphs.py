import dataclasses
import json
import time
from functools import partial

import pytest
from rows import START, failed, measured, visit

pytest.importorskip("web", reason="the dashboard is served by web.py")
from rrd_files import RESOLVERS, hour, played, written

from pytomo.errors import Outcome
from pytomo.graphs import GRAPHS, GROUPS, group_graphs
from pytomo.results import COLUMNS
from pytomo.store import Store
from pytomo.web.answers import BadRequest, NotFound
from pytomo.web.graph_view import graph_view, moves, services_of, state_of
from pytomo.web.page import filled
from pytomo.web.pages import graphs, parameter
from pytomo.web.parameters import values
from pytomo.web.request import Request
from pytomo.web.routes import routes
from pytomo.web.rrds import RrdKeeper
from pytomo.web.site import Site

pytest.importorskip("rrdtool", reason="graphs need rrdtool")
ROUTES = routes((graphs.PAGE, parameter.LIST, parameter.PAGE), graphs.PICTURES, graphs.FILES)
FIRST = int(START.timestamp())
NAME = "probe.youtube.2026-11-22.10_00_00.pytomo_database.db"


def crawled(directory, rows, name=NAME, **facts):
    with Store(directory / "databases" / name, {"resolvers": RESOLVERS, **facts}) as store:
        for row in rows:
            store(row)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """An hour of a crawl, with the files that it kept."""
    directory = tmp_path_factory.mktemp("output")
    crawled(directory, hour())
    written(directory / "rrds", hour())
    site = Site(directory)
    yield site
    site.close()


@pytest.fixture
def made(tmp_path):
    """A site of some rows whose RRD files are missing."""
    sites = []

    def make(rows, **changes):
        crawled(tmp_path, rows, **changes)
        sites.append(Site(tmp_path))
        return sites[-1]

    yield make
    for site in sites:
        site.close()


def request(site, target, path=None, kind="html", **given):
    """A request to a page or picture, as the framework makes it."""
    return Request(
        site=site,
        place=filled(target.path, path or target.example),
        path=path or {},
        given=given,
        arguments=values(given, target.parameters, strict=True),
        knows=ROUTES.parameters,
        endpoints=tuple,
        kind=kind,
    )


group = partial(dict, group="main")
(GRAPH,), (GEOMETRY,) = graphs.PICTURES, graphs.FILES


@pytest.mark.parametrize("name", GROUPS)
def test_each_group_has_a_page(site, name):
    """A page has the graphs of its group, each with its picture for a screen and for a phone."""
    page = graphs.build(request(site, graphs.PAGE, {"group": name}))
    assert [graph.name for graph in page.graphs] == [graph.name for graph in group_graphs(name)]
    assert page.resolvers == RESOLVERS
    assert (page.note, page.series) == ("", ())
    assert all("width=" in graph.narrow and "svg" in graph.picture for graph in page.graphs)
    assert "youtube" in page.graphs[0].alt


def test_an_unknown_group_or_graph_is_not_found(site):
    """The text says what there is."""
    with pytest.raises(NotFound, match="there are: main"):
        graphs.build(request(site, graphs.PAGE, {"group": "nope"}))
    with pytest.raises(NotFound, match="there are: StartupDelay"):
        graphs.draw(request(site, GRAPH, {"graph": "nope", "format": "svg"}))


@pytest.mark.parametrize("image_format", ["svg", "png"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_pictures_are_drawn(site, image_format, theme):
    """In both formats and themes."""
    path = {"graph": "StallRatio", "format": image_format}
    image = graphs.draw(request(site, GRAPH, path, theme=theme, width="440"))
    assert image.startswith(b"<?xml" if image_format == "svg" else b"\x89PNG")


def test_the_geometry_is_that_of_the_picture(site):
    """Whoever points into a picture learns which time that is."""
    told = json.loads(graphs.geometry(request(site, GEOMETRY, {"graph": "Ping"}, width="500")))
    page = graphs.build(request(site, graphs.PAGE, group()))
    assert told["geometry"]["image_width"] == 500
    assert (told["geometry"]["start"], told["geometry"]["end"]) == (page.start, page.end)


def test_json_and_csv_have_the_points(site):
    """A point for each minute, resolver and graph of which anything is known."""
    page = graphs.build(request(site, graphs.PAGE, group(), kind="json"))
    assert {one.resolver for one in page.series} == set(RESOLVERS)
    lines = list(graphs.lines(page))
    found = [line for line in lines if (line.graph, line.resolver) == ("Failed", "system")]
    assert {line.mean for line in found} >= {0.0, 1.0}


def test_one_resolver_can_be_shown(site):
    """Then only its file is, and the title says so."""
    view = graph_view(request(site, graphs.PAGE, resolver="google"))
    assert (set(view.files), view.where) == ({"google"}, "youtube, through google")
    assert view.described.startswith("youtube, through google, 2026-11-22 10:00")


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, (0, 3600)),
        ({"span": "hour"}, (0, 3600)),
        ({"span": "all"}, (0, 3600)),
        ({"span": "week"}, (3600 - 7 * 86_400, 3600)),
        ({"start": "2026-11-22T10:10"}, (600, 3600)),
        ({"end": "2026-11-22T10:30"}, (0, 1800)),
        ({"start": "2026-11-22T10:10", "end": "2026-11-22T10:30"}, (600, 1800)),
        ({"start": "2026-11-22T10:10", "span": "day"}, (600, 3600)),
    ],
)
def test_the_time_shown_is_the_one_asked_for(site, given, expected):
    """In whole minutes; the lengths count back from the last row."""
    view = graph_view(request(site, graphs.PAGE, **given))
    assert (view.start - FIRST, view.end - FIRST) == expected


def test_a_time_that_ends_before_it_begins_is_refused(site):
    """One clear sentence says so."""
    with pytest.raises(BadRequest, match="end"):
        graph_view(request(site, graphs.PAGE, start="2026-11-22T10:10", end="2026-11-22T10:00"))


@pytest.mark.parametrize("given", [{"start": "0"}, {"end": "0"}, {"start": "253402300799"}])
def test_times_far_away_are_shown_empty(site, given):
    """Whatever can be asked for can be drawn."""
    path = {"graph": "StartupDelay", "format": "svg"}
    assert graphs.draw(request(site, GRAPH, path, **given)).startswith(b"<?xml")


def test_one_can_move_where_there_is_something_to_see(site):
    """Earlier and later lead by half of what is shown, and not beyond the rows."""
    whole = request(site, graphs.PAGE)
    assert moves(whole, graph_view(whole)).earlier is None
    assert moves(whole, graph_view(whole)).later is None
    part = request(site, graphs.PAGE, start="2026-11-22T10:20", end="2026-11-22T10:40")
    found = moves(part, graph_view(part))
    assert "start=2026-11-22T10%3A10%3A00Z&end=2026-11-22T10%3A30%3A00Z" in found.earlier
    assert "start=2026-11-22T10%3A30%3A00Z&end=2026-11-22T10%3A50%3A00Z" in found.later
    assert "start=2026-11-22T10%3A25%3A00Z&end=2026-11-22T10%3A35%3A00Z" in found.closer
    assert "start=2026-11-22T10%3A10%3A00Z&end=2026-11-22T10%3A50%3A00Z" in found.farther
    assert "start" not in found.everything


def test_services_have_files_of_their_own(made):
    """The service with the most rows is shown, others if they are asked for."""
    other = visit(100, service="dailymotion")
    site = made([played(0), played(60), played(100, visit=other, resolvers="google")])
    view = graph_view(request(site, graphs.PAGE))
    assert (view.service, view.services) == ("youtube", ("youtube", "dailymotion"))
    asked = graph_view(request(site, graphs.PAGE, service="dailymotion"))
    assert (asked.service, asked.resolvers) == ("dailymotion", ("google",))


def test_rows_without_an_address_count_for_all_resolvers(made):
    """So their files are waited for, too; without a list it is those that rows name."""
    table = made([failed(0), measured(60, resolvers="opendns")]).source().table
    assert services_of(table, ("system", "google")) == {"youtube": ("system", "google", "opendns")}
    assert services_of(table, ()) == {"youtube": ("opendns",)}


def test_missing_files_appear_when_they_are_made(made):
    """Until then the page says what is going on, and pictures say it, too; never an error."""
    site = made(hour())
    path = {"graph": "StartupDelay", "format": "svg"}
    asked = request(site, GRAPH, path)
    before = graphs.PAGE.version(request(site, graphs.PAGE, group()))
    assert b"being made" in graphs.draw(asked) or graphs.draw(asked).startswith(b"<?xml")
    site.rrds.wait()
    page = graphs.build(request(site, graphs.PAGE, group()))
    assert (page.resolvers, page.note) == (RESOLVERS, "")
    assert graphs.PAGE.version(request(site, graphs.PAGE, group())) != before
    assert graphs.draw(asked).startswith(b"<?xml")


def test_a_crawl_of_some_seconds_is_seen(made):
    """Its only minute has its point as soon as it is over."""
    site = made([played(0), played(10), played(20)])
    graph_view(request(site, graphs.PAGE))
    site.rrds.wait()
    page = graphs.build(request(site, graphs.PAGE, group(), kind="csv"))
    assert [line for line in graphs.lines(page) if line.graph == "AverageThroughput"]


def test_a_file_that_goes_away_is_no_error(tmp_path):
    """It may be removed between two looks at it; the page changes with it."""
    crawled(tmp_path, hour())
    files = written(tmp_path / "rrds", hour())
    site = Site(tmp_path, rrds=RrdKeeper(at_home=False))
    view = graph_view(request(site, graphs.PAGE, group()))
    before = state_of(view)
    assert view.files == files
    files["google"].unlink()
    assert state_of(view) != before
    site.close()


def test_running_crawls_are_not_looked_for_at_each_request(tmp_path):
    """All databases of an archive are looked at some times a second at most."""
    now = [time.time()]
    looked = []

    class Watched(Site):
        def archive(self):
            looked.append(now[0])
            return super().archive()

    crawled(tmp_path, [measured(0)])
    site = Watched(tmp_path, clock=lambda: now[0])
    for _ in range(5):
        graphs.PAGE.version(request(site, graphs.PAGE, group()))
    assert len(looked) == 1
    now[0] += 1
    graphs.PAGE.version(request(site, graphs.PAGE, group()))
    assert len(looked) == 2
    site.close()


@pytest.mark.parametrize("image_format", ["svg", "png"])
def test_a_picture_says_why_there_is_none(made, image_format):
    """An empty database: a small picture with the reason."""
    path = {"graph": "StartupDelay", "format": image_format}
    site = made([])
    image = graphs.draw(request(site, GRAPH, path))
    assert image.startswith(b"<svg" if image_format == "svg" else b"\x89PNG")
    assert image_format == "png" or b"no rows yet" in image
    assert (
        json.loads(graphs.geometry(request(site, GEOMETRY, {"graph": "Ping"})))["geometry"] is None
    )
    assert "no rows yet" in graphs.build(request(site, graphs.PAGE, group())).note


def test_every_parameter_is_listed(site):
    """With its meaning, by the part of the story that it tells."""
    page = parameter.build_list(request(site, parameter.LIST))
    assert [one.column for one in page.parameters] == [metric.column for metric in COLUMNS]
    assert sum(map(len, page.groups.values())) == len(COLUMNS)


@pytest.mark.parametrize("metric", COLUMNS, ids=lambda metric: metric.column)
def test_every_parameter_has_a_page(site, metric):
    """Its graph comes first if it has one; its neighbours tell of the same group."""
    page = parameter.build(request(site, parameter.PAGE, {"column": metric.column}))
    assert page.parameter.text == metric.text
    assert bool(page.graphs) == metric.series == (page.numbers is not None)
    assert all(one.group is metric.group for one in page.related)


def test_a_parameter_is_told_in_numbers(site):
    """Median and quantiles are those of the rows of the time shown; never started is endless."""
    page = parameter.build(request(site, parameter.PAGE, {"column": "StartupDelay"}))
    never = sum(row.ending.outcome is Outcome.NEVER_STARTED for row in hour())
    assert (page.numbers.endless, page.rows) == (never, len(list(hour())))
    assert page.median.value == page.numbers.quantiles["p50"] == 0.5


def test_a_text_is_told_by_its_values(site):
    """The most frequent ones, with their share of all rows."""
    page = parameter.build(request(site, parameter.PAGE, {"column": "Outcome"}))
    assert {word.name for word in page.words} == {"ok", "connect_timeout", "never_started"}
    assert sum(word.share for word in page.words) == pytest.approx(1.0)


def test_a_parameter_shows_the_graphs_it_is_in(site):
    """PingMin has a graph of its own, and one with the other round trips."""
    page = parameter.build(request(site, parameter.PAGE, {"column": "PingMin"}))
    assert [graph.name for graph in page.graphs] == ["PingMin", "Ping"]
    assert page.title == "Ping: shortest round trip"
    with pytest.raises(NotFound):
        parameter.build(request(site, parameter.PAGE, {"column": "Nope"}))


def test_values_are_plain_data(site):
    """What a page holds is made of values only: frozen, and the same when it is made again."""
    asked = request(site, graphs.PAGE, group(), kind="json")
    assert dataclasses.asdict(graphs.build(asked)) == dataclasses.asdict(graphs.build(asked))
    assert len(GRAPHS) == len(graphs.build(request(site, graphs.PAGE, {"group": "all"})).graphs)
