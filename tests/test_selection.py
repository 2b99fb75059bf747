from dataclasses import replace

import numpy as np
import pytest
from rows import START, failed, measured, visit

from pytomo.analysis.frame import Frame
from pytomo.analysis.selection import Selection
from pytomo.results import Origin
from pytomo.store import Store

ZERO = START.timestamp()


@pytest.fixture
def table(tmp_path):
    """Six rows: three of system, two of google and system, one that failed."""
    path = tmp_path / "test.pytomo_database.db"
    with Store(path, {}) as store:
        for second, resolvers in enumerate(("system", "google,system", "system", "google", "x")):
            address = replace(measured().address, ip=f"192.0.2.{second}", resolvers=resolvers)
            origin = Origin(as_number=64500 + second % 2, prefix="192.0.2.0/24", place="Lyon")
            store(measured(second, address=address, origin=origin))
        store(failed(5, visit=visit(5, service="dailymotion", url="https://dai.ly/x")))
    return Frame(path).table()


@pytest.mark.parametrize(
    ("selection", "rows"),
    [
        ({}, [1, 2, 3, 4, 5, 6]),
        ({"service": "dailymotion"}, [6]),
        ({"service": "youtube", "resolver": "google"}, [2, 4]),
        ({"resolver": "goog"}, []),
        ({"as_number": 64501}, [2, 4]),
        ({"host": "r1.example", "ip": "192.0.2.2"}, [3]),
        ({"host": "unheard.example"}, []),
        ({"prefix": "192.0.2.0/24", "place": "Lyon"}, [1, 2, 3, 4, 5]),
        ({"outcome": "removed"}, [6]),
        ({"start": ZERO + 1, "end": ZERO + 3}, [2, 3]),
        ({"start": ZERO + 4}, [5, 6]),
        ({"end": ZERO}, []),
    ],
)
def test_rows_have_all_that_is_asked_for(table, selection, rows):
    """A selection has the rows that have all of its values, from its start to before its end."""
    assert Selection(**selection).of(table).row_id.tolist() == rows


@pytest.mark.parametrize(
    ("selection", "words"),
    [
        ({}, "everything"),
        (
            {"service": "youtube", "resolver": "google", "start": ZERO - 0.25, "end": ZERO + 3599},
            "youtube, through google, 2026-11-22 10:00 to 10:59:59 UTC",
        ),
        ({"start": ZERO, "end": ZERO + 86_400}, "2026-11-22 10:00 to 2026-11-23 10:00 UTC"),
        ({"as_number": 0, "start": ZERO}, "AS0, from 2026-11-22 10:00 UTC"),
        (
            {"place": "Lyon", "outcome": "ok", "end": ZERO},
            "at Lyon, ok, until 2026-11-22 10:00 UTC",
        ),
    ],
)
def test_a_selection_is_described(selection, words):
    """What is selected, in words; times to the minute unless seconds say more."""
    assert Selection(**selection).described() == words


def test_selections_of_selections(table):
    """Rows of rows, by flags and by indices, contiguous or not, are those of the whole table."""
    for which in (np.array([4, 1, 2]), np.array([1, 2, 4]), np.array([1, 2, 3])):
        part = table.where(which)
        assert part.row_id.tolist() == [n + 1 for n in which]
        assert part.where(part.row_id > 2).row_id.tolist() == [n + 1 for n in which if n > 1]
        assert part.where(np.array([2, 0])).row_id.tolist() == [which[2] + 1, which[0] + 1]
    assert table.where(table.row_id > 0) is table


def test_a_selection_knows_what_it_is_of(table):
    """Total and loaded are those of the database; versions differ with the rows."""
    tables = [table, table.where(np.array([0, 1])), table.where(np.array([0, 1, 2]))]
    tables += [table.where(np.array([0, 2])), table.where(np.array([0, 3]))]
    assert {(each.total, each.loaded, each.path) for each in tables} == {(6, 6, table.path)}
    assert len({each.version for each in tables}) == len(tables)
    assert table.where(np.array([0, 2])).version == tables[3].version


def test_resolvers_are_counted(table):
    """Each resolver of the lists once, the most frequent first; only those of the rows."""
    assert table.resolvers == ("system", "google", "x")
    assert table.where(table.through("google")).resolvers == ("google", "system")
    assert table.where(np.array([5])).resolvers == ()


def test_visits_of_a_selection_count_from_zero(table):
    """The numbers of visits stay apart, and never get negative."""
    assert (table.visit - table.visit[0]).tolist() == [0, 0, 0, 0, 0, 1]
    assert table.where(np.array([4, 5])).visit.tolist() == [0, 1]
    assert table.where(np.array([5])).visit.tolist() == [0]


def test_columns_cannot_be_written(table):
    """What a table gives of its memory is read-only: all pages share it."""
    for column in (table.time, table.row_id, table.numbers("PingAvg")):
        with pytest.raises(ValueError, match="read-only"):
            column[0] = 1


@pytest.mark.parametrize("column", ["Title", "", "time", "PingAvg"])
def test_only_words_are_words(table, column):
    """A column that is not kept, or not as words, is a KeyError."""
    with pytest.raises(KeyError):
        table.words(column)


@pytest.mark.parametrize("column", ["Title", "", "time", "Service"])
def test_only_numbers_are_numbers(table, column):
    """A column that is not kept, or not as numbers, is a KeyError."""
    with pytest.raises(KeyError):
        table.numbers(column)
