"""The page of one video, as a browser, a program and a spreadsheet see it."""

import csv
import html
import io
import json
import re
import sqlite3
from contextlib import closing
from dataclasses import replace
from html.parser import HTMLParser
from wsgiref.util import setup_testing_defaults

import pytest
from rows import failed, measured, visit
from test_store import first_pytomo
from test_video_pictures import ARRIVALS, RESPONSE

from pytomo.errors import Failure, Outcome, Phase
from pytomo.player import play
from pytomo.profiles import PROFILES, named
from pytomo.results import COLUMNS, Arrival, Ending, Media, Segment, TrackKind, Video, ending
from pytomo.results import Track as OneTrack
from pytomo.store import Store
from pytomo.web.application import application
from pytomo.web.site import Site

NAME = "probe.youtube.2026-11-22.10_00_00.pytomo_database.db"
PLAYBACK = play(ARRIVALS, tracks=1, duration=10.0, end=12.0, profile=PROFILES[0])
TRACK = OneTrack(
    kind=TrackKind.BOTH,
    segments=(Segment(url="https://r1.example/v"),),
    container="mp4",
    protocol="https",
)
VIDEO = Video(extraction_time=0.5, title="Café ☕", tracks=(TRACK,))


@pytest.fixture
def store(tmp_path):
    with Store(tmp_path / "databases" / NAME, {}) as opened:
        yield opened


@pytest.fixture
def ask(tmp_path, store):
    """Ask the dashboard; the status, the headers and the body of its answer."""
    site = Site(tmp_path)
    served = application(site)

    def call(address):
        environment = {}
        setup_testing_defaults(environment)
        path, _, query = address.partition("?")
        environment.update(PATH_INFO=path, QUERY_STRING=query, HTTP_HOST="localhost")
        told = []
        body = b"".join(served(environment, lambda status, headers: told.append((status, headers))))
        return int(told[0][0][:3]), dict(told[0][1]), body

    yield call
    site.close()


@pytest.fixture
def page(ask):
    """The text of a page that is there."""

    def call(address):
        status, _, body = ask(address)
        assert status == 200, body
        return body.decode()

    return call


def played(second=0.0, **changes):
    """The worked example of docs/player.md as a row of the database."""
    parts = {"video": VIDEO, "response": RESPONSE, "media": Media(duration=10.0)}
    parts |= {"playback": PLAYBACK, "arrivals": ARRIVALS}
    return measured(second, **{**parts, **changes})


def redirected(second=0.0):
    """A row of a server that sent us on."""
    target = "https://r2.example/v"
    failure = Failure(Outcome.REDIRECTED, Phase.REQUEST, f"redirected to {target}")
    response = replace(RESPONSE, redirect_url=target, bytes_received=0, download_time=0.2)
    return played(second, ending=ending(failure), response=response, playback=None, arrivals=())


def text(markup):
    """What a reader sees."""
    return " ".join(html.unescape(re.sub("<[^>]+>", " ", markup)).split())


def attributes(markup):
    """The names of all attributes of a page."""
    found = set()
    parser = HTMLParser()
    parser.handle_starttag = lambda tag, given: found.update(name for name, _ in given)
    parser.feed(markup)
    return found


def test_the_page_tells_the_whole_story(store, page):
    """Title, outcome, cause, stalls, phases, answers, other players and every column are there."""
    store(played())
    said = text(page("/videos/1"))
    assert "Café ☕" in said
    assert Outcome.OK.text in said
    assert "1 3.40 2.60 2.40 playback went on 2 7.50 0.500 3.90 playback went on" in said
    assert (
        "pytomo/1 (this row) 2 s to start, 1 s to resume; it stalls at 0.1 s 1.00 2 3.10 28.2"
        in said
    )
    assert "chromium/1" in said
    assert "first byte r1.example" in said
    assert "✕ dns_timeout no answer" in said
    for metric in COLUMNS:
        assert metric.column in said
        assert metric.text in said


def test_the_same_as_json(store, ask):
    """The API has the row by its columns, its stalls, answers, phases and arrivals as columns."""
    store(played())
    data = json.loads(ask("/api/video/1")[2])["data"]
    assert data["row"]["Title"] == "Café ☕"
    assert list(data["row"]) == ["RowId", *(metric.column for metric in COLUMNS)]
    assert [stall["start"] for stall in data["stalls"]] == [3.4, 7.5]
    assert [answer["resolver"] for answer in data["answers"]] == ["system", "google"]
    assert data["arrivals"]["time"] == [arrival.time for arrival in ARRIVALS]
    assert data["arrivals"]["playable"] == [1.0, 2.0, 2.5, 3.0, 4.0, None]
    assert data["phases"]["media_request"] == 0.5
    assert data["freezes"] == []
    assert [each["stall_count"] for each in data["replays"]] == [0, 3, 3, 3, 1]
    assert data["silence"] == ""


def test_freezes_are_listed_like_stalls(store, page, ask):
    """Each has its line; the table of players has their number and length."""
    reads = (Arrival(0.5, 1, 100, 9.0), Arrival(1.0, 0, 100, 2.0), Arrival(4.0, 0, 100, 9.0))
    at_once = replace(named("chromium"), setup=0.0)
    patient = play(reads, tracks=2, duration=10.0, end=12.0, profile=at_once)
    two = replace(VIDEO, tracks=(TRACK, TRACK))
    store(played(video=two, playback=patient, arrivals=reads))
    said = text(page("/videos/1"))
    assert "Freezes: the picture stands still, the sound goes on" in said
    assert "1 3.00 1.00 2.00 it went on, or stalled" in said
    assert re.search(r"chromium/1 \(this row\) .{0,200}? 1 1\.00 ", said)
    (freeze,) = json.loads(ask("/api/video/1")[2])["data"]["freezes"]
    assert freeze == {"start": 3.0, "length": 1.0, "position": 2.0, "censored": False}
    assert "a freeze of 1.00 s at 3.00 s" in html.unescape(page("/videos/1"))


def test_a_profile_of_an_older_name_is_shown_as_it_is(store, page):
    """A row of the player that was called default says so, and the others are below it."""
    older = replace(PROFILES[0], name="default")
    store(played(playback=play(ARRIVALS, tracks=1, duration=10.0, end=12.0, profile=older)))
    said = text(page("/videos/1"))
    assert "default/1 (this row) 2 s to start" in said
    assert "pytomo/1 2 s to start" in said


def test_arrivals_as_csv(store, ask):
    """One line for each arrival; the media are unknown where the whole track is there."""
    store(played())
    lines = list(csv.reader(io.StringIO(ask("/videos/1.csv")[2].decode())))
    assert lines[0] == ["time", "track", "size", "playable"]
    assert lines[1] == ["0.5", "video", "100000", "1.0"]
    assert lines[-1] == ["8.0", "video", "600000", ""]
    assert len(lines) == 1 + len(ARRIVALS)


@pytest.mark.parametrize("picture", ["playback", "phases", "players"])
@pytest.mark.parametrize(("image_format", "begins"), [("svg", b"<?xml"), ("png", b"\x89PNG")])
def test_pictures_have_addresses_and_names(store, ask, picture, image_format, begins):
    """Each picture has its own URL, and is saved under a name that says what it is."""
    store(played())
    status, headers, body = ask(f"/videos/1/{picture}.{image_format}?theme=dark")
    assert (status, body[:5].startswith(begins)) == (200, True)
    name = f"probe.youtube.2026-11-22.10_00_00-{picture}-1.{image_format}"
    assert headers["Content-Disposition"] == f'inline; filename="{name}"'


def test_redirects_and_their_rows_are_linked(store, page):
    """The row that redirected leads to the next one, and that one tells where it came from."""
    store(redirected())
    store(played(1))
    first, second = page("/videos/1"), page("/videos/2")
    assert "row 1, which redirected to row 2" in text(first).replace(" ,", ",")
    assert "row 1 redirected to row 2" in text(second)
    assert f'href="/videos/2?db={NAME}"' in first
    assert "This server sent us on to another one" in first


def test_the_addresses_of_a_visit_are_compared(store, page):
    """The other rows of the visit are linked; those of other visits are not in the table."""
    store(played(0))
    store(played(1, ending=Ending(outcome=Outcome.PROBED), arrivals=(), playback=None))
    store(failed(2))
    said = page("/videos/1")
    table = said[said.index("The addresses of this visit") :]
    table = table[: table.index("</table>")]
    assert re.findall(r"/videos/(\d+)", table) == ["2"]
    assert "1 (this one)" in table


def test_rows_are_neighbours(store, page):
    """The first row has a next one only, the last a previous one only."""
    for second in range(3):
        store(failed(second))
    links = [re.findall(r'rel="(prev|next)"', page(f"/videos/{row}")) for row in (1, 2, 3)]
    assert links == [["next"], ["prev", "next"], ["prev"]]


def test_a_video_that_failed_early(store, page, ask):
    """A removed video has its outcome, what was said, and why there is no picture."""
    store(failed())
    said = text(page("/videos/1"))
    assert "This video is not available" in said
    assert "It did not come to a download." in said
    assert "<img" not in page("/videos/1").split("<main")[1]
    for picture in ("playback", "phases", "players"):
        assert ask(f"/videos/1/{picture}.svg")[0] == 404


@pytest.mark.parametrize("address", ["/videos/2", "/api/video/2", "/videos/2/playback.png"])
def test_a_row_that_is_not_there(store, ask, address):
    """A row of no number of the database is 404, with one sentence."""
    store(played())
    status, _, body = ask(address)
    assert status == 404
    assert "There is no row 2" in html.unescape(body.decode())


HOSTILE = "<script>alert(1)</script>\" onclick='x' $\\frac{1}{2"


def test_what_strangers_wrote_is_text(store, page, ask):
    """Markup in titles, hosts and details is shown as it is; only web addresses become links."""
    video = replace(VIDEO, title=HOSTILE)
    address = replace(measured().address, host=HOSTILE, canonical_name=HOSTILE)
    response = replace(RESPONSE, url="javascript:alert(1)", redirect_url=f"https://x/{HOSTILE}")
    at = visit(0, url="javascript:alert(2)")
    store(played(video=video, address=address, response=response, visit=at))
    said = page("/videos/1")
    assert "<script>alert" not in said
    assert 'href="javascript' not in said
    assert "onclick" not in attributes(said)
    link = re.search(r'<a href="https://x/[^"]*"([^>]*)>', said)
    assert link[1].strip() == 'rel="noreferrer noopener nofollow"'
    assert ask("/videos/1/playback.svg")[0] == 200


def test_a_row_of_the_first_pytomo(tmp_path, store, page):
    """It is shown with all that it knows; what it does not know is a dash."""
    first_pytomo(tmp_path / "databases" / "old.db")
    said = text(page("/videos/1?db=old.db"))
    assert "The first Pytomo did not keep when the bytes arrived." in said
    assert "http://youtu.be/x" in said


def test_a_damaged_trace_is_told(store, page):
    """A trace of tracks that the row does not have is no picture but a sentence."""
    store(played(video=replace(VIDEO, tracks=())))
    assert "cannot be drawn: damaged trace" in text(page("/videos/1"))


def test_log_lines_of_the_row(tmp_path, store, page):
    """The lines of the log beside the databases are on the page, escaped."""
    logs = tmp_path / "logs"
    logs.mkdir()
    store(played())
    time = "2026-11-22 10:00:00.000"
    lines = [f"{time} INFO pytomo.crawl: visiting u (round 0)", f"{time} INFO pytomo.x: <b>&amp;"]
    path = logs / NAME.replace(".pytomo_database.db", ".pytomo.log")
    path.write_text("\n".join(lines), encoding="utf-8")
    assert "pytomo.x: &lt;b&gt;&amp;amp;" in page("/videos/1")


def test_without_a_log(store, page):
    """A log that is not there is told."""
    store(played())
    assert "There is no log of this crawl" in page("/videos/1")


def change(tmp_path, statement):
    """Write into the database what Pytomo would not."""
    with closing(sqlite3.connect(tmp_path / "databases" / NAME)) as connection, connection:
        connection.execute(statement)


def test_cells_that_are_no_numbers_are_unknown(store, ask, page, tmp_path):
    """Infinity and text in columns of numbers are as good as nothing: page and pictures are there.

    SQLite keeps whatever it is given.
    """
    store(played())
    change(
        tmp_path,
        "UPDATE pytomo_crawl SET StartupDelay = 9e999, EncodingRate = 'abc', PingAvg = -9e999",
    )
    change(tmp_path, "UPDATE stalls SET Length = 9e999 WHERE Number = 0")
    assert "Startup delay –" in text(page("/videos/1"))
    for picture in ("playback", "phases"):
        assert ask(f"/videos/1/{picture}.svg")[0] == 200


def test_an_outcome_of_a_newer_pytomo_is_shown_as_it_is(store, ask, page, tmp_path):
    """A word that is not known here makes no row of the visit unreadable."""
    store(played())
    store(played(1.0))
    change(tmp_path, "UPDATE pytomo_crawl SET Outcome = 'wat<b>' WHERE rowid = 1")
    change(tmp_path, "UPDATE answers SET Outcome = 'odd', Phase = 'later' WHERE Outcome <> ''")
    for row in (1, 2):
        said = text(page(f"/videos/{row}"))
        assert "unknown outcome: wat<b>" in said
        assert ask(f"/videos/{row}/playback.svg")[0] == 200
    assert "unknown outcome: odd" in text(page("/videos/1"))
    assert "unknown outcome: wat<b>" in text(page("/videos"))


def test_pictures_have_links_with_names_and_a_version_for_phones(store, page):
    """A link says of which picture it is, not only in which format."""
    store(played())
    markup = page("/videos/1")
    assert "How it played as SVG How it played as PNG" in text(markup)
    assert re.search(r'srcset="/videos/1/phases.svg\?[^"]*width=440"[^>]*max-width', markup)
