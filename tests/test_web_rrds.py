import os
import sqlite3
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from rows import START, measured
from rrd_files import RESOLVERS, hour, written

from pytomo.rrd import rrd_name
from pytomo.store import Store
from pytomo.web.rrds import MOST_PRIVATE, RrdKeeper, Wanted, home_of

rrdtool = pytest.importorskip("rrdtool", reason="RRD files need rrdtool")
FIRST = START.timestamp()
NAMES = tuple(rrd_name("probe", "youtube", name) for name in RESOLVERS)


@pytest.fixture
def keeper():
    keeper = RrdKeeper()
    yield keeper
    keeper.close()


def crawled(path, rows=None):
    """The database of a crawl with these rows."""
    with Store(path, {"resolvers": RESOLVERS}) as store:
        for row in rows or hour():
            store(row)
    return path


@pytest.fixture
def database(tmp_path):
    return crawled(tmp_path / "databases" / "probe.youtube.1.pytomo_database.db")


def wanted(database, *, running=False, names=NAMES):
    return Wanted(
        database=database,
        changed=database.stat().st_mtime,
        names=names,
        start=FIRST,
        end=FIRST + 3600,
        running=running,
    )


def test_files_of_a_crawl_are_used_as_they_are(keeper, database, tmp_path):
    """Where the crawl kept its files, nothing is made."""
    files = written(tmp_path / "rrds", hour())
    found = keeper.find(wanted(database))
    assert found.paths == {path.name: path for path in files.values()}
    assert found.note == ""


def test_missing_files_are_made_beside_the_databases(keeper, database, tmp_path):
    """They are made in the background, which is said, and those that are there are left alone."""
    files = written(tmp_path / "rrds", hour())
    files["google"].unlink()
    before = files["system"].stat().st_mtime_ns
    found = keeper.find(wanted(database))
    assert "being made" in found.note
    keeper.wait()
    found = keeper.find(wanted(database))
    assert (set(found.paths), found.note) == (set(NAMES), "")
    assert all(path.parent == tmp_path / "rrds" for path in found.paths.values())
    assert files["system"].stat().st_mtime_ns == before


def test_a_damaged_file_is_made_anew(keeper, database, tmp_path):
    """A file that is no RRD file is named and replaced."""
    files = written(tmp_path / "rrds", hour())
    files["google"].write_bytes(b"damaged")
    assert "probe.youtube.google.rrd" in keeper.find(wanted(database)).note
    keeper.wait()
    assert set(keeper.find(wanted(database)).paths) == set(NAMES)
    assert rrdtool.last(str(files["google"])) > 0


@pytest.mark.parametrize(("busy", "running"), [(True, False), (False, True)])
def test_files_of_a_running_crawl_are_left_alone(keeper, database, tmp_path, busy, running):
    """While a crawl writes, what is missing is made in a private place."""
    files = written(tmp_path / "rrds", hour())
    files["google"].unlink()
    keeper.find(wanted(database, running=running), busy=busy)
    keeper.wait()
    found = keeper.find(wanted(database, running=running), busy=busy)
    assert not files["google"].exists()
    assert set(found.paths) == set(NAMES)
    assert found.paths[NAMES[0]] == files["system"]


def test_files_that_do_not_know_of_the_crawl_are_not_shown(keeper, database, tmp_path):
    """Files that a later crawl began hold nothing of this one: its own are made privately."""
    later = written(tmp_path / "rrds", hour(1_000_000))
    keeper.find(wanted(database))
    keeper.wait()
    found = keeper.find(wanted(database))
    assert set(found.paths) == set(NAMES)
    assert not set(found.paths.values()) & set(later.values())


def test_a_database_that_stands_alone(keeper, tmp_path):
    """Its files are made privately, nothing is written beside it, and they are gone at the end."""
    database = crawled(tmp_path / "probe.youtube.1.db")
    assert home_of(database) is None
    assert "being made" in keeper.find(wanted(database)).note
    keeper.wait()
    found = keeper.find(wanted(database))
    assert (set(found.paths), found.note) == (set(NAMES), "")
    assert [path.name for path in tmp_path.iterdir()] == [database.name]
    keeper.close()
    assert not any(path.exists() for path in found.paths.values())


def test_where_files_cannot_be_written_they_are_private(keeper, database, tmp_path):
    """A file in the place of the directory, or a disk that cannot be written, does no harm."""
    (tmp_path / "rrds").touch()
    for _ in range(3):
        keeper.find(wanted(database))
        keeper.wait()
    assert set(keeper.find(wanted(database)).paths) == set(NAMES)


def test_what_no_row_is_in_is_not_asked_for_twice(keeper, database):
    """A file that cannot be made is given up until the database changes."""
    odd = wanted(database, names=(*NAMES, "probe.youtube.quad9.rrd"))
    for _ in range(3):
        keeper.find(odd)
        keeper.wait()
    found = keeper.find(odd)
    assert (set(found.paths), found.note) == (set(NAMES), "")


def test_a_database_that_cannot_be_read_is_said(keeper, tmp_path, caplog):
    """There are no files, and no crash."""
    broken = tmp_path / "probe.youtube.1.db"
    broken.write_bytes(b"no database")
    keeper.find(wanted(broken))
    keeper.wait()
    assert keeper.find(wanted(broken)).paths == {}
    assert "probe.youtube.1.db" in caplog.text


def test_files_of_a_growing_database_are_made_anew(tmp_path):
    """After a while; until then the old ones are shown."""
    now = [time.time()]
    keeper = RrdKeeper(clock=lambda: now[0])
    database = crawled(tmp_path / "probe.youtube.1.db", [measured(0), measured(60)])
    asked = wanted(database, names=NAMES[:1], running=True)
    keeper.find(asked)
    keeper.wait()
    before = rrdtool.last(str(keeper.find(asked).paths[NAMES[0]]))
    connection = sqlite3.connect(database)
    with connection:
        connection.execute("UPDATE pytomo_crawl SET ID = '2026-11-22 10:09:00' WHERE RowId = 2")
    connection.close()
    os.utime(database, (now[0] + 1, now[0] + 1))
    keeper.find(wanted(database, names=NAMES[:1], running=True))
    assert rrdtool.last(str(keeper.find(asked).paths[NAMES[0]])) == before
    now[0] += 3600
    keeper.find(wanted(database, names=NAMES[:1], running=True))
    keeper.wait()
    assert rrdtool.last(str(keeper.find(asked).paths[NAMES[0]])) == before + 480
    keeper.close()


def test_large_databases_are_read_by_another_process(database, tmp_path):
    """The files are the same."""
    keeper = RrdKeeper(large=0)
    keeper.find(wanted(database))
    keeper.wait()
    assert set(keeper.find(wanted(database)).paths) == set(NAMES)
    assert sorted(path.name for path in (tmp_path / "rrds").iterdir()) == sorted(NAMES)
    keeper.close()


def test_the_other_process_ends_with_the_keeper(database, tmp_path):
    """Whoever stops the dashboard does not wait for it, and nothing half done is left."""
    keeper = RrdKeeper(large=0)
    keeper.find(wanted(database))
    keeper.close()
    left = list((tmp_path / "rrds").iterdir()) if (tmp_path / "rrds").exists() else []
    assert {path.name for path in left} <= set(NAMES)


def test_rrdtool_can_be_missing(database):
    """That is said, and nothing is tried."""
    keeper = RrdKeeper(installed=lambda: False)
    found = keeper.find(wanted(database))
    assert found.paths == {}
    assert "rrdtool" in found.note
    keeper.close()


def test_the_private_files_of_the_databases_used_last_are_kept(keeper, tmp_path):
    """Those of others are removed, and made again for whoever comes back."""
    databases = [crawled(tmp_path / f"probe.youtube.{n}.db") for n in range(MOST_PRIVATE + 2)]
    first, second = databases[:2]
    for database in [*databases[:-1], first, databases[-1]]:
        keeper.find(wanted(database))
        keeper.wait()
    kept = list(keeper.find(wanted(first)).paths.values())
    directories = kept[0].parents[1].iterdir()
    assert (len(kept), len(list(directories))) == (len(NAMES), MOST_PRIVATE)
    assert "being made" in keeper.find(wanted(second)).note
    keeper.wait()
    assert set(keeper.find(wanted(second)).paths) == set(NAMES)


def test_all_who_ask_at_once_wait_for_the_same_files(keeper, database, tmp_path):
    """However many they are, files are made once, and nothing privately."""
    with ThreadPoolExecutor(16) as askers:
        found = list(askers.map(lambda _: keeper.find(wanted(database)), range(64)))
        keeper.wait()
    assert all(path.parent == tmp_path / "rrds" for one in found for path in one.paths.values())
    assert all("being made" in one.note for one in found if not one.paths)
    assert set(keeper.find(wanted(database)).paths) == set(NAMES)


def test_without_a_place_for_private_files_that_is_said(keeper, tmp_path, monkeypatch):
    """The graphs have a note, and there is no crash."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "none"))
    found = keeper.find(wanted(crawled(tmp_path / "probe.youtube.1.db")))
    assert (found.paths, found.note) == (
        {},
        "The RRD files cannot be made: No such file or directory.",
    )


DRAWN_WHILE_MADE = """
import sys, threading
from pathlib import Path
from pytomo.graphs import GRAPHS
from pytomo.graphs.drawing import render
from pytomo.graphs.points import series
from pytomo.rrd import rebuild

place, start = Path(sys.argv[1]), float(sys.argv[2])
files = {path.name: path for path in (place / "rrds").iterdir()}
ended = threading.Event()

def make():
    for _ in range(20):
        rebuild([place / "probe.youtube.1.db"], place / "rrds")
    ended.set()

maker = threading.Thread(target=make)
maker.start()
drawn = 0
while not ended.is_set() or not drawn:
    render(GRAPHS[drawn % len(GRAPHS)], files, start, start + 3600)
    list(series(GRAPHS[:4], files, start, start + 3600))
    drawn += 1
maker.join()
print("drawn")
"""


def test_files_can_be_made_anew_while_they_are_drawn(tmp_path):
    """librrd maps what it draws: cut off at that moment, a file would end the process (SIGBUS)."""
    crawled(tmp_path / "probe.youtube.1.db")
    written(tmp_path / "rrds", hour())
    result = subprocess.run(
        [sys.executable, "-c", DRAWN_WHILE_MADE, tmp_path, str(FIRST)],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])},
        capture_output=True,
        text=True,
    )
    assert (result.returncode, result.stdout) == (0, "drawn\n")
