"""The list of videos, as a browser, a program and a spreadsheet see it."""

import csv
import html
import io
import json
import re
from dataclasses import replace
from wsgiref.util import setup_testing_defaults

import pytest
from rows import failed, measured, visit

from pytomo.results import COLUMNS, Origin, Ping, Playback
from pytomo.store import Store
from pytomo.web.application import application
from pytomo.web.pages.videos import web_address
from pytomo.web.site import Site

NAME = "probe.youtube.2026-11-22.10_00_00.pytomo_database.db"


@pytest.fixture
def store(tmp_path):
    with Store(tmp_path / NAME, {}) as opened:
        yield opened


@pytest.fixture
def get(tmp_path, store):
    """Ask the dashboard; the status and the text of its answer."""
    site = Site(tmp_path)
    served = application(site)

    def ask(address):
        environment = {}
        setup_testing_defaults(environment)
        path, _, query = address.partition("?")
        environment.update(PATH_INFO=path, QUERY_STRING=query, HTTP_HOST="localhost")
        statuses = []
        body = served(environment, lambda status, headers: statuses.append(status))
        return int(statuses[0][:3]), b"".join(body).decode()

    yield ask
    site.close()


def fill(store, delays=(3.0, 1.0, None, 2.0, 1.0)):
    """Rows with these startup delays; RowId counts from 1."""
    for number, delay in enumerate(delays):
        host = replace(measured().address, host=f"r{number % 2}.example", resolvers="system,x")
        at = visit(number, url=f"https://www.youtube.com/watch?v=video{number}")
        origin = Origin(as_number=64500 + number)
        playback = Playback(startup_delay=delay)
        store(measured(visit=at, address=host, origin=origin, playback=playback, ping=Ping()))


def data(get, query=""):
    """What the API tells."""
    status, text = get(f"/api/videos?{query}")
    assert status == 200, text
    return json.loads(text)["data"]


def row_ids(get, query=""):
    """The RowIds of a page of the API."""
    return [row["RowId"] for row in data(get, query)["rows"]]


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("-ID", [5, 4, 3, 2, 1]),
        ("ID", [1, 2, 3, 4, 5]),
        ("StartupDelay", [5, 2, 4, 1, 3]),
        ("-StartupDelay", [1, 4, 5, 2, 3]),
        ("CacheHost", [5, 3, 1, 4, 2]),
        ("-CacheHost", [4, 2, 5, 3, 1]),
        ("ASNumber", [1, 2, 3, 4, 5]),
        ("PingMin", [5, 4, 3, 2, 1]),
    ],
)
def test_rows_are_sorted(get, store, sort, expected):
    """By any column both ways; the newest of equal ones first, those without a value last."""
    fill(store)
    assert row_ids(get, f"sort={sort}") == expected
    for size in (1, 2, 3):
        pages = [row_ids(get, f"sort={sort}&size={size}&page={page + 1}") for page in range(5)]
        assert [row_id for page in pages for row_id in page] == expected


def test_the_newest_come_first(get, store):
    """Without a choice, the newest row is the first."""
    fill(store)
    assert row_ids(get) == [5, 4, 3, 2, 1]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("host=r1.example", [4, 2]),
        ("as=AS64502", [3]),
        ("resolver=x&start=2026-11-22T10:00:03", [5, 4]),
        ("outcome=removed", []),
    ],
)
def test_rows_are_filtered(get, store, query, expected):
    """Only the rows that are asked for, and their number."""
    fill(store)
    assert row_ids(get, query) == expected
    assert data(get, query)["total"] == len(expected)


def test_the_json_has_every_column(get, store):
    """A row of the API is that of the database, RowId first."""
    fill(store)
    found = data(get, "page=2&size=2")
    assert list(found["rows"][0]) == ["RowId", *(metric.column for metric in COLUMNS)]
    assert found["rows"][0]["Title"] == "Café ☕"
    assert (found["total"], found["page"], found["pages"], found["size"]) == (5, 2, 3, 2)
    assert set(found) == {"total", "page", "pages", "size", "sort", "rows"}


def test_the_csv_has_all_rows(get, store):
    """All selected rows, whatever the page, in the order asked for, with every column."""
    fill(store)
    status, text = get("/videos.csv?resolver=x&sort=StartupDelay&size=2&page=2")
    lines = list(csv.DictReader(io.StringIO(text)))
    assert status == 200
    assert [line["RowId"] for line in lines] == ["5", "2", "4", "1", "3"]
    assert list(lines[0]) == ["RowId", *(metric.column for metric in COLUMNS)]
    assert lines[0]["StartupDelay"] == "1.0"
    assert lines[4]["StartupDelay"] == ""


def test_a_sort_that_cannot_be_is_refused(get, store):
    """Only columns that are kept can be sorted by."""
    fill(store)
    status, text = get("/api/videos?sort=Title")
    assert status == 400
    assert "sort must be one of" in text


def test_the_page_links_to_videos_and_filters(get, store):
    """Each row leads to its own page, to its video, and to the rows of its host and resolvers."""
    fill(store)
    status, text = get(f"/videos?db={NAME}&size=3")
    links = [html.unescape(link) for link in re.findall(r'href="([^"]*)"', text)]
    assert status == 200
    assert any(link.startswith("/videos/5") for link in links)
    assert "https://www.youtube.com/watch?v=video4" in links
    assert f"/videos?db={NAME}&resolver=system&size=3" in links
    assert f"/videos?db={NAME}&host=r0.example&size=3" in links
    assert f"/videos?db={NAME}&page=2&size=3" in links
    assert 'rel="noreferrer noopener nofollow"' in text
    assert 'aria-sort="descending"' in text


def test_what_strangers_write_is_escaped(get, store):
    """Titles and hosts are text; only web addresses become links."""
    video = replace(measured().video, title="<script>alert(1)</script>")
    address = replace(measured().address, host='"><img src=x>', resolvers="<b>")
    store(measured(video=video, address=address, visit=visit(url="javascript:alert(1)")))
    text = get("/videos")[1]
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    assert "<img src=x" not in text
    assert "<b>" not in text
    assert "javascript:" not in text


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("https://example.org/a", "https://example.org/a"),
        ("HTTP://example.org", "HTTP://example.org"),
        ("javascript:alert(1)", ""),
        ("data:text/html,x", ""),
        ("//example.org", ""),
        ("http://[bad", ""),
        ("", ""),
        (None, ""),
    ],
)
def test_only_web_pages_are_linked_to(url, address):
    """http and https are web pages; nothing else is."""
    assert web_address(url) == address


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("outcome=removed", "No row is selected"),
        ("page=7", 'the last one is <a href="/videos?page=1">page 1</a>'),
    ],
)
def test_a_page_without_rows_says_why(get, store, query, words):
    """An empty list is a page that tells what to do."""
    fill(store)
    status, text = get(f"/videos?{query}")
    assert status == 200
    assert words in html.unescape(text)


def test_rows_of_a_failed_extraction_are_listed(get, store):
    """A row of which little is known has its outcome and its address, and – for the rest."""
    store(failed())
    status, text = get("/videos")
    assert status == 200
    assert "removed" in text
    assert "https://www.youtube.com/watch?v=dQw4w9WgXcQ" in text
    assert "–" in text
