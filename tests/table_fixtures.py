"""Tables for the tests of what analyses them."""

import sqlite3
from datetime import timedelta

import pytest
from rows import START, measured

from pytomo.analysis.frame import Frame
from pytomo.errors import Failure, Outcome, Phase
from pytomo.results import Playback, ending
from pytomo.store import Store, stored

NEVER = ending(Failure(Outcome.NEVER_STARTED, Phase.PLAY, "too slow"))


@pytest.fixture
def table(tmp_path):
    """Makes the table of a new database with these rows."""

    def made(*rows):
        path = tmp_path / "test.db"
        path.unlink(missing_ok=True)
        with Store(path, {}) as store:
            for row in rows:
                store(row)
        return read(path)

    return made


@pytest.fixture
def column(tmp_path):
    """Makes the table of a new database with many rows of which one column is known."""

    def made(name, values, seconds=None):
        path = tmp_path / "column.db"
        path.unlink(missing_ok=True)
        with Store(path, {}):
            pass
        times = [stored(START + timedelta(seconds=s)) for s in seconds or [0] * len(values)]
        sql = f"INSERT INTO pytomo_crawl (ID, Service, Outcome, {name}) VALUES (?, 'x', 'ok', ?)"
        with sqlite3.connect(path) as connection:
            connection.executemany(sql, zip(times, values, strict=True))
        connection.close()
        return read(path)

    return made


def read(path):
    """All rows of a small database."""
    frame = Frame(path)
    frame.close()
    return frame.known


def started(delay, second=0.0, **changes):
    """A row that started after so many seconds."""
    return measured(second, playback=Playback(startup_delay=delay, stall_ratio=0.5), **changes)


def never(second=0.0):
    """A row that never started."""
    return measured(second, playback=Playback(), ending=NEVER)
