"""The phases that a viewer waits for, on one time axis."""

import pytest

from pytomo.analysis.phases import Part, phases
from pytomo.results import COLUMNS

NOTHING = {metric.column: None for metric in COLUMNS}
MEASURED = {
    **{"Outcome": "ok", "CacheServerDelay": 0.5, "ResolveTime": 0.25, "CacheHost": "a.example"},
    **{"ConnectTime": 0.03, "TlsTime": 0.06, "TimeTogetFirstByte": 0.04, "PingAvg": 30.0},
    **{"DownloadTime": 5.0, "DownloadBytes": 1000, "StartupDelay": 1.5},
}


def row(**cells):
    return {**NOTHING, **MEASURED, **cells}


def told(found):
    return {str(span.part): (round(span.start, 9), round(span.length, 9)) for span in found.spans}


def test_phases_follow_each_other():
    """The media request begins when page and name are there, and media when the first byte is."""
    found = phases([row()], first_arrival=0.14)
    assert told(found) == {
        "page": (0, 0.5),
        "DNS": (0.5, 0.25),
        "connect": (0.75, 0.03),
        "TLS": (0.78, 0.06),
        "first byte": (0.84, 0.04),
        "media": (0.89, 4.86),
    }
    assert (found.media_request, found.playback, found.end) == (0.75, 2.25, 5.75)


def test_lengths_in_round_trips():
    """What is a matter of round trips is told as a multiple of the ping, if that is no loopback."""
    found = phases([row()], first_arrival=0.14)
    trips = [span.round_trips and round(span.round_trips, 3) for span in found.spans]
    assert trips == [None, None, 1, 2, 1.333, None]
    near = phases([row(PingAvg=0.3)], first_arrival=0.14)
    assert {span.round_trips for span in near.spans} == {None}


@pytest.mark.parametrize(
    ("phase", "unknown", "part", "length"),
    [
        ("connect", ("ConnectTime", "TlsTime", "TimeTogetFirstByte"), Part.CONNECT, 5.0),
        ("tls", ("TlsTime", "TimeTogetFirstByte"), Part.TLS, 4.97),
        ("request", ("TimeTogetFirstByte",), Part.FIRST_BYTE, 4.91),
        ("request", (), Part.FIRST_BYTE, 0.04),
        ("transfer", (), Part.MEDIA, 4.87),
        ("connect", (), Part.MEDIA, 4.87),
    ],
)
def test_the_phase_that_failed_is_the_last(phase, unknown, part, length):
    """It lasts until the measurement ended, if its own time is not known."""
    came = 1000 if part is Part.MEDIA else 0
    cells = dict.fromkeys(unknown) | {"DownloadBytes": came}
    failed = row(Outcome="connection_reset", OutcomePhase=phase, StartupDelay=None, **cells)
    found = phases([failed], first_arrival=0.13 if part is Part.MEDIA else None)
    last = found.spans[-1]
    assert (last.part, last.failed, round(last.length, 9)) == (part, True, length)
    assert found.playback is None


def test_a_redirect_adds_the_phases_of_both_servers():
    """The clock goes on: the second name is asked for when the first server has answered."""
    first = row(Outcome="redirected", OutcomePhase="request", DownloadTime=0.14, StartupDelay=None)
    second = row(CacheHost="b.example", DownloadTime=6.0, DownloadBytes=1000)
    found = phases([{**first, "DownloadBytes": 0}, second], first_arrival=0.6)
    hosts = [(span.host, str(span.part)) for span in found.spans]
    connection = ("DNS", "connect", "TLS", "first byte")
    assert hosts == [
        (None, "page"),
        *(("a.example", part) for part in connection),
        *(("b.example", part) for part in (*connection, "media")),
    ]
    starts = [round(span.start, 9) for span in found.spans]
    assert starts[5:7] == [0.89, 1.14]
    assert starts[-1] == 1.35
    assert not any(span.failed for span in found.spans)


def test_an_address_that_was_tried_second_begins_later():
    """What came before its connection is a gap."""
    found = phases([row()], first_arrival=0.4, began=0.25)
    assert told(found)["connect"] == (1.0, 0.03)
    assert found.media_request == 0.75


def test_nothing_is_known_of_a_removed_video():
    """A row that did not come to a server has no phases."""
    found = phases(
        [NOTHING | {"Outcome": "removed", "OutcomePhase": "extract"}], first_arrival=None
    )
    assert found.spans == ()


def test_a_row_of_the_first_pytomo():
    """Without the times of the handshakes, the first byte follows the name."""
    old = row(Outcome=None, ConnectTime=None, TlsTime=None, StartupDelay=None)
    assert list(told(phases([old], first_arrival=None))) == ["page", "DNS", "first byte", "media"]
