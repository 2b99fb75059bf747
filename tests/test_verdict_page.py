"""The front page, as HTML, JSON and CSV."""

import sqlite3
from contextlib import closing

import pytest
from rows import failed
from tables import row, stored
from web_client import FACTS, NAME, Client

from pytomo.errors import Outcome
from pytomo.results import COLUMNS, Video
from pytomo.web.application import application
from pytomo.web.pages.verdict import NEXT
from pytomo.web.site import Site

HOSTILE = "<script>alert(1)</script>"


@pytest.fixture
def served(tmp_path):
    """A dashboard of a database with given rows."""
    sites = []

    def serve(rows):
        stored(tmp_path / NAME, rows, **FACTS)
        sites.append(Site(tmp_path))
        return Client(application(sites[-1]))

    yield serve
    for site in sites:
        site.close()


def plays(count, **changes):
    """So many plays of as many visits, one a minute."""
    return [row(60.0 * n, number=n, **changes) for n in range(count)]


def late(second):
    """A play that started late, with a title that must not be believed."""
    return row(second, number=99, startup=5.0, video=Video(extraction_time=0.1, title=HOSTILE))


def test_the_headline_is_the_heading(served):
    """The page says first how videos play, and what is to be clicked on."""
    page = served([*plays(40), late(9_000)]).get("/")
    assert page.status == 200
    assert "<h1>Videos play well from here: 97.6\u202f% start within 2 s" in page.text
    assert f"/videos/41?db={NAME}" in page.text
    assert 'href="/documents/verdict"' in page.text


def test_names_from_strangers_are_escaped(served):
    """A title is text, whatever is in it."""
    text = served([*plays(40), late(9_000)]).get("/").text
    assert HOSTILE not in text
    assert "&lt;script&gt;alert(1)" in text


def test_what_is_missing_is_said(served):
    """With too few rows there is no grade, and the number of plays that are missing."""
    text = served(plays(18)).get("/").text
    assert "No verdict yet: 12 more plays are needed" in text
    assert "no verdict yet" in text
    assert "play well" not in text
    assert "too few samples yet, or of too few servers" in text


@pytest.mark.parametrize("rows", [[], [failed(0, Outcome.REMOVED)]])
def test_nothing_played(rows, served):
    """Without a play the page says so."""
    client = served(rows)
    assert "No verdict: nothing was played." in client.get("/").text
    assert client.get("/api/verdict").json()["data"]["verdict"]["grade"] == "unknown"


def test_as_json(served):
    """The JSON has every number of the page by the names of the fields."""
    found = (
        served([*plays(40), failed(9_000, Outcome.DNS_TIMEOUT)]).get("/api/verdict").json()["data"]
    )
    verdict = found["verdict"]
    assert verdict["grade"] == "good"
    assert verdict["quick_starts"]["value"] == 1
    assert 0.85 < verdict["quick_starts"]["low"] < 1
    assert verdict["delivered"]["count"] == 41
    (cause,) = found["causes"]
    assert (cause["cause"], cause["count"], cause["example"]["row"]) == ("dns", 1, 41)
    assert "dns_timeout" in cause["example"]["evidence"]


def test_as_csv(served):
    """The CSV has a line for each estimate."""
    lines = served(plays(40)).get("/verdict.csv").text.splitlines()
    assert lines[0] == "estimate,value,low,high,never,count"
    assert lines[1].startswith("quick_starts,1")
    assert len(lines) == 10


def test_filters(served):
    """Only the rows that are asked for are judged, and it is said which."""
    rows = [*plays(40), *plays(40, host="slow.example", startup=5.0)]
    client = served(rows)
    assert client.get("/api/verdict?host=slow.example").json()["data"]["verdict"]["grade"] == "poor"
    assert client.get("/api/verdict?host=r1.example").json()["data"]["verdict"]["grade"] == "good"
    assert "Only slow.example." in client.get("/?host=slow.example").text


def test_rows_are_not_chosen_by_how_they_ended(served):
    """A verdict on rows that ended well would be no verdict."""
    assert served(plays(40)).get("/api/verdict?outcome=ok").status == 400


def test_every_trouble_leads_somewhere():
    """For each cause there is a page to look at next."""
    from pytomo.analysis.causes import TROUBLES

    assert set(NEXT) == set(TROUBLES)


def test_a_database_of_the_first_pytomo(tmp_path):
    """What its 29 columns do not tell is said to be unknown; stalls tell something."""
    names = [metric.column for metric in COLUMNS if metric.classic]
    with closing(sqlite3.connect(tmp_path / NAME)) as connection, connection:
        connection.execute(f'CREATE TABLE "pytomo_crawl_2012-03-01" ({", ".join(names)})')
        for number in range(40):
            cells = dict.fromkeys(names) | {
                "ID": f"2012-03-01 10:{number:02}:00.5",
                "Url": f"u{number}",
                "DownloadTime": 30.0,
                "DownloadInterruptions": 0,
                "BufferingDuration": 0.0,
                "PlaybackDuration": 25.0,
                "InitialData": 70_000,
            }
            marks = ", ".join("?" * len(names))
            connection.execute(
                f'INSERT INTO "pytomo_crawl_2012-03-01" VALUES ({marks})', list(cells.values())
            )
    site = Site(tmp_path)
    text = Client(application(site)).get("/").text
    site.close()
    assert "Videos play well from here: 100\u202f% play without a stall." in text
    assert "When playback started is not known" in text


def test_impossible_values_break_nothing(served, tmp_path):
    """Infinite, negative and enormous numbers, and words for numbers, are unknown at worst."""
    client = served([*plays(40), *(late(9_000 + n) for n in range(8))])
    numbers = [metric.column for metric in COLUMNS if metric.type in (int, float)]
    with closing(sqlite3.connect(tmp_path / NAME)) as connection, connection:
        for place, value in enumerate(("9e999", "-9e999", "-1", "1e300", "'x'", "x'00'", "NULL")):
            cells = ", ".join(f"{name} = {value}" for name in numbers)
            connection.execute(f"UPDATE pytomo_crawl SET {cells} WHERE RowId = {41 + place}")
        connection.execute("UPDATE pytomo_crawl SET Outcome = 7, Title = x'ff' WHERE RowId = 48")
    assert client.get("/").status == 200
    assert client.get("/api/verdict").json()["data"]["verdict"]["plays"] >= 40
