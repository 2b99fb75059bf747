"""What rows say of how they played: the same wherever it is asked."""

import sqlite3

import numpy as np
import pytest
from rows import failed
from tables import row, stored

from pytomo.analysis.frame import Frame
from pytomo.analysis.norms import norms
from pytomo.analysis.pairs import compared
from pytomo.analysis.resolvers import resolvers
from pytomo.analysis.sample import played, quick_starts, sample, without_stalls
from pytomo.analysis.servers import servers
from pytomo.analysis.verdict import verdict
from pytomo.errors import Failure, Outcome, Phase
from pytomo.results import Playback, ending

NEVER = {
    "ending": ending(Failure(Outcome.NEVER_STARTED, Phase.PLAY, "")),
    "playback": Playback(stall_count=0, stalled_time=0.0, played_time=0.0),
}
BOTH = "system,opendns"


@pytest.fixture
def table(tmp_path):
    """40 rows: 10 stalled, 10 did not, 10 never started, of 5 stalls are NULL, 5 failed."""
    path = tmp_path / "rows.pytomo_database.db"
    rows = [
        *(row(60 * n, number=n, resolvers=BOTH, startup=3.0, stalled=2.0) for n in range(10)),
        *(row(60 * n, number=n, resolvers=BOTH) for n in range(10, 20)),
        *(row(60 * n, number=n, resolvers=BOTH, **NEVER) for n in range(20, 30)),
        *(row(60 * n, number=n, resolvers=BOTH) for n in range(30, 35)),
        *(failed(60 * n) for n in range(35, 40)),
    ]
    stored(path, rows)
    with sqlite3.connect(path) as connection:
        connection.execute(
            "UPDATE pytomo_crawl SET DownloadInterruptions = NULL, StartupDelay = NULL,"
            " BufferingDuration = NULL, StallRatio = NULL WHERE RowId BETWEEN 31 AND 35"
        )
        connection.execute("UPDATE pytomo_crawl SET PingMin = 9e999 WHERE RowId = 1")
    connection.close()
    frame = Frame(path)
    yield frame.table()
    frame.close()


def counted(flags):
    """How many are true, false and unknown."""
    return (int((flags == 1).sum()), int((flags == 0).sum()), int(np.isnan(flags).sum()))


def test_unknown_is_neither_good_nor_bad(table):
    """A NULL is unknown; what never started neither starts quickly nor plays without a stall."""
    assert counted(without_stalls(table)) == (10, 20, 10)
    assert counted(quick_starts(table)) == (10, 20, 10)


def test_all_pages_say_the_same(table):
    """The verdict, the resolvers, their pairs and the servers count the same rows."""
    judged = verdict(table, norms(table))
    first, second = resolvers(table)
    found = servers(table, "host")
    (server,) = found.at(range(len(found)))
    (pair,) = compared(table, "system")
    share = pytest.approx(1 / 3)
    assert judged.without_stalls.value == share
    assert first.without_stalls == second.without_stalls == judged.without_stalls
    assert server.without_stalls == share
    assert pair.without_stalls.pairs == judged.without_stalls.count == 30
    assert judged.stall_ratio == first.stall_ratio
    assert server.stall_ratio == pytest.approx(judged.stall_ratio.value)
    assert judged.startup_median == first.startup_delay
    assert judged.startup_median.value == server.startup_delay == 3.0
    assert judged.never_started == first.never_started == server.never_started == 10


def test_pairs_are_of_visits_in_which_both_started(table):
    """The others are counted, for each of the two."""
    (pair,) = compared(table, "system")
    assert pair.startup_delay.pairs == 20
    assert (pair.never_started, pair.baseline_never_started) == (10, 10)


def test_a_server_where_most_never_start(table):
    """Its median is infinite, which is not unknown, and comes after all others."""
    found = servers(table.where(np.arange(15, 32)), "host")
    (server,) = found.at([0])
    assert (server.startup_delay, server.never_starts) == (np.inf, True)


def test_infinity_in_the_database_is_unknown(table):
    """SQLite keeps anything: only what never started is endless."""
    assert np.isnan(sample(table, "PingMin")[0])
    delays = played(table, "StartupDelay")
    assert np.isinf(delays).sum() == 10
    assert np.isnan(delays).sum() == 10
