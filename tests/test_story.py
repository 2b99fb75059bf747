"""What belongs to a row: its visit, the redirects that led to it, and why something is missing."""

from dataclasses import replace

import pytest
from rows import measured

from pytomo.analysis.story import hops, story, visit
from pytomo.player import play
from pytomo.profiles import PROFILES
from pytomo.results import COLUMNS, Arrival

NOTHING = {metric.column: None for metric in COLUMNS}
ARRIVALS = tuple(Arrival(t / 10, 0, 1000, t / 12) for t in range(1, 101))


def row(row_id, outcome="ok", url="https://e.example/1", delay=0.5, **cells):
    known = {"Url": url, "Round": 0, "CacheServerDelay": delay, "Outcome": outcome}
    return {**NOTHING, "RowId": row_id, **known, **cells}


def told(rows, row_id, *, arrivals=(), tracks=1):
    return story(row_id, rows, arrivals=arrivals, tracks=tracks, stalls=(), answers=())


def numbers(rows):
    return [row["RowId"] for row in rows]


@pytest.mark.parametrize(
    ("row_id", "expected"), [(1, [1]), (2, [2, 3]), (3, [2, 3]), (4, [4]), (5, [5]), (6, [6])]
)
def test_rows_of_a_visit_share_its_page(row_id, expected):
    """Neighbours of the same URL and extraction belong together; those of failed ones do not."""
    rows = [row(1, delay=0.4), row(2), row(3), row(4, delay=0.7)]
    rows += [row(5, "removed", delay=None), row(6, "removed", delay=None)]
    assert numbers(visit(rows, row_id)) == expected


@pytest.mark.parametrize(("row_id", "expected"), [(1, [1]), (3, [2, 3]), (5, [5])])
def test_hops_are_the_redirects_that_led_here(row_id, expected):
    """Rows that redirected, one after the other, and the row they led to."""
    rows = [row(1), row(2, "redirected"), row(3, "redirected"), row(4), row(5, "probed")]
    assert numbers(hops(rows, row_id)) == expected


def test_a_redirect_leads_to_the_next_row():
    """The row of the server that it sent us to is the next one of the visit, if it is there."""
    rows = [row(1, "redirected"), row(2), row(3)]
    assert told(rows, 1).leads_to["RowId"] == 2
    assert told(rows, 2).leads_to is None
    assert told(rows[:1], 1).leads_to is None


@pytest.mark.parametrize(
    ("cells", "why"),
    [
        ({"outcome": None}, "first Pytomo"),
        ({"outcome": "probed"}, "pinged only"),
        ({"outcome": "redirected"}, "sent us on"),
        ({"outcome": "removed", "OutcomePhase": "extract"}, "did not come to a download"),
        ({"outcome": "http_error", "OutcomePhase": "request"}, "No media"),
    ],
)
def test_a_missing_picture_is_explained(cells, why):
    """Without arrivals there are no curves, and one sentence says why."""
    found = told([row(1, **cells)], 1)
    assert found.curves is None
    assert why in found.silence


@pytest.mark.parametrize("cells", [{"Profile": "a later one"}, {"Profile": PROFILES[0].label}])
def test_what_cannot_be_drawn_is_explained(cells):
    """A profile or a trace that makes no sense is told, and the rest of the story stays."""
    found = told([row(1, DownloadTime=9.0, **cells)], 1, arrivals=[Arrival(1, 5, 1, 1.0)])
    assert found.curves is None
    assert "cannot be drawn" in found.silence
    assert found.phases is not None


def test_the_replay_is_that_of_the_row():
    """The curves are played under the row's own profile; the other profiles are replayed, too."""
    mine = replace(PROFILES[0], start=3.0)
    playback = play(ARRIVALS, tracks=1, duration=60.0, end=10.0, profile=mine)
    stored = measured(playback=playback).values() | {"VideoDuration": 60.0, "DownloadTime": 10.0}
    found = told([{**stored, "RowId": 1}], 1, arrivals=ARRIVALS)
    assert found.curves.playback == playback
    assert found.replayed
    assert [each.profile for each in found.replays] == [known.label for known in PROFILES]
    differs = {**stored, "RowId": 1, "PlaybackDuration": playback.played_time + 0.1}
    assert not told([differs], 1, arrivals=ARRIVALS).replayed


def test_an_address_tried_in_vain_before_is_a_gap():
    """After a connection that failed, the phases of the next address begin where they did."""
    known = {"ConnectTime": 0.1, "TimeTogetFirstByte": 0.1, "DownloadTime": 10.0}
    rows = [row(1, "connect_timeout", OutcomePhase="connect"), row(2, **known)]
    late = [Arrival(0.45, 0, 1000, 1.0), *ARRIVALS[10:]]
    connect = next(s for s in told(rows, 2, arrivals=late).phases.spans if s.part == "connect")
    assert connect.start == pytest.approx(0.5 + 0.25)
