import pytest
from rows import failed
from tables import row, table_of

from pytomo.analysis.averages import SERIES, averages


def test_a_service_is_averaged(tmp_path):
    """Span, counts and means of all rows of the service; unknown values are left out."""
    rows = [row(0, ping=10), row(0.5, ping=20), row(60, number=1, ping=None), failed(90)]
    (line,) = averages(table_of(tmp_path, rows))
    assert (line.service, line.round) == ("youtube", None)
    assert (line.time, line.videos, line.rows, line.plays) == (pytest.approx(90), 3, 4, 3)
    assert (line.means["PingMin"], line.counts["PingMin"]) == (15, 2)


def test_what_is_not_known_has_no_average(tmp_path):
    """A column that no row knows is unknown, not 0."""
    (line,) = averages(table_of(tmp_path, [failed(0)]))
    assert line.means["StartupDelay"] is None
    assert line.counts["StartupDelay"] == 0


def test_classic_columns_come_first():
    """The averages begin with what the first Pytomo showed."""
    assert SERIES[:3] == ("CacheServerDelay", "ResolveTime", "PingMin")


def test_services_and_rounds_have_their_lines(tmp_path):
    """All together, then each service, each with its rounds if there are several."""
    rows = [
        row(0, ping=1),
        row(10, number=1, ping=2, round_=1),
        row(20, number=2, ping=3, round_=1),
        row(30, number=3, ping=10, service="dailymotion"),
    ]
    lines = averages(table_of(tmp_path, rows))
    assert [(line.service, line.round, line.means["PingMin"], line.rows) for line in lines] == [
        (None, None, 4, 4),
        ("dailymotion", None, 10, 1),
        ("youtube", None, 2, 3),
        ("youtube", 0, 1, 1),
        ("youtube", 1, 2.5, 2),
    ]


def test_rounds_that_alternate_are_put_together(tmp_path):
    """Two services whose rows take turns have one line each."""
    rows = [
        row(10 * turn, number=turn, ping=turn, service=("youtube", "dailymotion")[turn % 2])
        for turn in range(4)
    ]
    whole, one, other = averages(table_of(tmp_path, rows))
    assert (whole.videos, one.videos, other.videos) == (4, 2, 2)
    assert {one.service: one.means["PingMin"], other.service: other.means["PingMin"]} == {
        "youtube": 1,
        "dailymotion": 2,
    }


def test_nothing_has_no_averages(tmp_path):
    """A database without rows has no line."""
    assert averages(table_of(tmp_path, [])) == ()
