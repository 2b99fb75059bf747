import os
import shutil
import sqlite3
import threading
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from rows import START, failed, measured, visit

from pytomo.analysis.frame import Frame, ReplacedError
from pytomo.errors import CrawlError, Outcome
from pytomo.results import Origin, Playback
from pytomo.store import Store


@pytest.fixture
def path(tmp_path):
    return tmp_path / "databases" / "test.pytomo_database.db"


@pytest.fixture
def store(path):
    with Store(path, {}) as opened:
        yield opened


def whole(frame):
    """The table once the background thread has read everything."""
    assert frame.wait(30)
    return frame.table()


def visits(table):
    """The numbers of visits, counted from the first."""
    assert table.visit.min() >= 0
    return (table.visit - table.visit[0]).tolist()


def video(number):
    """The page of another video."""
    return f"https://www.youtube.com/watch?v={number}"


def played(number, **changes):
    """A row of another video, whose startup delay is its number."""
    playback = Playback(startup_delay=float(number), stall_ratio=0.25)
    return measured(number, visit=visit(number, url=video(number)), playback=playback, **changes)


def test_a_small_database_is_there_at_once(path, store):
    """All rows of a small database are in the first table: time, numbers, words, RowId."""
    store(played(0, resolvers="system,google"))
    store(failed(1))
    frame = Frame(path)
    table = frame.table()
    assert len(table) == table.loaded == table.total == 2
    assert table.time.tolist() == [START.timestamp(), START.timestamp() + 1]
    assert table.row_id.tolist() == [1, 2]
    assert table.numbers("StallRatio").tolist()[:1] == [0.25]
    assert np.isnan(table.numbers("StallRatio")[1])
    outcomes = table.words("Outcome")
    assert [outcomes.names[code] for code in outcomes.codes] == ["ok", "removed"]
    assert table.words("CacheHost").codes.tolist() == [0, -1]


def test_an_empty_database_has_an_empty_table(path, store):
    """A crawl that has no row yet has a table without rows, with all columns."""
    table = Frame(path).table()
    assert len(table) == table.total == 0
    assert table.visit.tolist() == table.numbers("ASNumber").tolist() == []
    assert table.resolvers == table.words("Resolver").names == ()
    assert table.measured.tolist() == []


def test_a_crawl_writes_on(path, store):
    """A later table has the rows written since; the earlier one stays as it was."""
    store(played(0))
    frame = Frame(path)
    before = frame.table()
    assert frame.table() is before
    store(failed(1))
    after = frame.table()
    assert (len(before), len(after)) == (1, 2)
    assert before.version != after.version
    assert frame.known is after


def test_older_rows_follow(path, store):
    """The newest rows are there at once, and in the end all of them, in the order of RowId."""
    for number in range(50):
        store(played(number))
    frame = Frame(path, first=7, chunk=10)
    first = frame.known
    assert first.total == 50
    assert first.row_id.tolist()[-7:] == list(range(44, 51))
    store(played(50))
    table = whole(frame)
    assert table.row_id.tolist() == list(range(1, 52))
    assert table.numbers("StartupDelay").tolist() == list(range(51))
    assert table.time.tolist() == [START.timestamp() + number for number in range(51)]
    assert table.version != first.version
    frame.close()


def test_older_rows_keep_the_numbers_of_visits(path, store):
    """Rows of one visit have one number, wherever the chunks are cut."""
    videos = [0, 0, 0, 1, 1, 2, 3, 3, 0, 0]
    for second, number in enumerate(videos):
        store(failed(visit=visit(second, url=video(number))))
    expected = [0, 0, 0, 1, 1, 2, 3, 3, 4, 4]
    for first in range(1, 11):
        for chunk in (1, 2, 3, 10):
            frame = Frame(path, first=first, chunk=chunk)
            assert visits(whole(frame)) == expected
            frame.close()


def test_another_round_is_another_visit(path, store):
    """The same video in the next round of the crawl is another visit."""
    for second, turn in enumerate((0, 0, 1)):
        store(failed(visit=visit(second, round=turn)))
    assert visits(Frame(path).table()) == [0, 0, 1]


def test_words_and_numbers_of_many_values(path, store):
    """More different values than a byte has codes are kept, those of older rows included."""
    for number in range(300):
        host = replace(measured().address, host=f"r{number}.example")
        store(played(number, address=host, origin=Origin(as_number=4_200_000_000 + number)))
    frame = Frame(path, first=100, chunk=90)
    table = whole(frame)
    hosts = table.words("CacheHost")
    assert [hosts.names[code] for code in hosts.codes] == [f"r{n}.example" for n in range(300)]
    assert table.numbers("ASNumber").tolist() == [4_200_000_000 + n for n in range(300)]
    frame.close()


def test_numbers_that_are_none_are_unknown(path, store):
    """SQLite keeps any word in a column of numbers: it reads as NaN."""
    store(played(0, origin=Origin(as_number=64500)))
    store(played(1))
    alter(path, "UPDATE pytomo_crawl SET PingAvg = 'fast', ASNumber = 'none' WHERE RowId = 1")
    table = Frame(path).table()
    assert np.isnan(table.numbers("PingAvg")).tolist() == [True, False]
    assert np.isnan(table.numbers("ASNumber")).tolist() == [True, False]


def test_forged_row_ids_are_no_rows(path, store):
    """A RowId beyond all reason takes no memory; in the end the total is that of the rows."""
    for number in range(6):
        store(played(number))
    alter(path, f"UPDATE pytomo_crawl SET RowId = {2**62} WHERE RowId = 6")
    frame = Frame(path, first=3)
    assert frame.wait(30)
    table = frame.table()
    assert table.row_id.tolist() == [1, 2, 3, 4, 5, 2**62]
    assert table.loaded == table.total == 6


def test_rows_without_a_time_are_left_out(path, store):
    """A row whose ID is no time is no row of the table; the others are."""
    for number in range(4):
        store(played(number))
    alter(path, "UPDATE pytomo_crawl SET ID = 'yesterday' WHERE RowId IN (1, 3)")
    for first in (10, 2):
        frame = Frame(path, first=first)
        assert whole(frame).row_id.tolist() == [2, 4]
        frame.close()


def test_a_database_that_is_gone_is_one_clear_error(path, store):
    """A deleted file is a CrawlError; what is known of it stays usable."""
    store(played(0))
    frame = Frame(path)
    path.rename(path.with_suffix(".moved"))
    with pytest.raises(CrawlError, match=r"cannot read .*\.db: No such file"):
        frame.table()
    assert frame.known.numbers("StartupDelay").tolist() == [0]


def test_a_database_that_is_replaced_is_one_clear_error(path, store):
    """Another file of the same name is a CrawlError: its rows must not be mixed in."""
    store(played(0))
    frame = Frame(path)
    store.close()
    path.rename(path.with_suffix(".old"))
    with Store(path, {}), pytest.raises(CrawlError, match="has been replaced"):
        frame.table()


@pytest.mark.parametrize("rows", [2, 5, 9])
def test_a_database_that_is_copied_over_is_one_clear_error(path, rows):
    """Other rows in the same file, fewer or more of them, are not mixed with those known."""
    with Store(path, {}) as store:
        for number in range(5):
            store(played(number))
    other = path.with_name("other.db")
    with Store(other, {}) as store:
        for number in range(100, 100 + rows):
            store(played(number))
    frame = Frame(path)
    shutil.copyfile(other, path)
    with pytest.raises(ReplacedError, match="its rows are others"):
        frame.table()
    assert Frame(path).table().version != frame.known.version


class Strange(type(Path())):
    """A path that only one thread can look at."""

    def stat(self, **options):
        if threading.current_thread() is not threading.main_thread():
            raise RuntimeError("strange")
        return super().stat(**options)


def test_a_bug_in_the_background_is_told(path, store, caplog):
    """Whatever ends the reading of older rows, the frame knows that it has, and so does the log."""
    for number in range(20):
        store(played(number))
    frame = Frame(Strange(path), first=5)
    assert not frame.wait(30)
    assert "strange" in str(frame.failure)
    assert "a bug while older rows" in caplog.text
    assert frame.known.loaded == 5


def test_text_is_no_number(path):
    """Text in a column of numbers is unknown, whatever stands beside it."""
    path.parent.mkdir()
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE pytomo_crawl (ID text, Url text, PingMin, PingAvg)")
    connection.executemany(
        "INSERT INTO pytomo_crawl VALUES ('2026-11-22 10:00:00', 'u', ?, ?)",
        [("12", "12"), ("13.5", None), (b"14", 14)],
    )
    connection.commit()
    connection.close()
    table = Frame(path).table()
    assert np.isnan(table.numbers("PingMin")).all()
    assert table.numbers("PingAvg").tolist()[2] == 14
    assert np.isnan(table.numbers("PingAvg")[:2]).all()


def test_what_is_no_database_is_one_clear_error(path):
    """Frames are made of databases only."""
    path.parent.mkdir()
    path.write_bytes(b"no database at all" * 100)
    with pytest.raises(CrawlError, match="cannot read"):
        Frame(path)
    with pytest.raises(CrawlError, match="cannot read"):
        Frame(path.with_name("none.db"))


def test_a_truncated_database_keeps_what_can_be_read(path):
    """Where older rows cannot be read, the frame says why and keeps the newer ones."""
    with Store(path, {}) as store:
        for number in range(2000):
            store(failed(number))
    damage(path)
    frame = Frame(path, first=100, chunk=500)
    deadline = time.monotonic() + 30
    while frame.failure is None and time.monotonic() < deadline:
        time.sleep(0.01)
    frame.close()
    assert "cannot read" in str(frame.failure)
    assert 100 <= frame.known.loaded < frame.known.total
    assert frame.known.row_id.tolist()[-1] == 2000


def test_a_frame_does_not_keep_a_database_open(path):
    """A crawl that ends while it is watched leaves one plain file behind."""
    with Store(path, {}) as store:
        store(played(0))
        frame = Frame(path)
        frame.table()
    assert os.listdir(path.parent) == [path.name]
    assert len(frame.table()) == 1


def test_a_database_of_the_first_pytomo(tmp_path):
    """Its rows have times and numbers; what it does not know is NaN or no word."""
    path = tmp_path / "old.db"
    connection = sqlite3.connect(path)
    connection.execute(
        'CREATE TABLE "pytomo_crawl_2012-03-01" (ID timestamp, Url text, PingMin text,'
        " DownloadTime text, ASNumber text)"
    )
    rows = [
        ("2012-03-01 10:20:31", "http://youtu.be/x", "12.5", "30", "3215"),
        ("2012-03-01 10:20:35.5", "http://youtu.be/y", "None", "None", "None"),
    ]
    connection.executemany('INSERT INTO "pytomo_crawl_2012-03-01" VALUES (?, ?, ?, ?, ?)', rows)
    connection.commit()
    connection.close()
    table = Frame(path).table()
    assert np.diff(table.time).tolist() == [4.5]
    assert table.numbers("PingMin")[0] == 12.5
    assert table.numbers("ASNumber")[0] == 3215
    assert np.isnan(table.numbers("PingMin")[1])
    assert table.words("Outcome").codes.tolist() == [-1, -1]
    assert table.measured.tolist() == [True, False]
    assert visits(table) == [0, 1]


def test_measured_rows_are_those_with_a_sample(path, store):
    """ok and never_started are measured; redirects and failures are not."""
    endings = (Outcome.OK, Outcome.NEVER_STARTED, Outcome.REDIRECTED, Outcome.CONNECT_TIMEOUT)
    for number, outcome in enumerate(endings):
        ending = replace(measured().ending, outcome=outcome)
        store(played(number, ending=ending))
    assert Frame(path).table().measured.tolist() == [True, True, False, False]


def alter(path, sql):
    """Change a database behind the store's back."""
    connection = sqlite3.connect(path)
    connection.execute(sql)
    connection.commit()
    connection.close()


def damage(path):
    """Overwrite the pages of the middle rows of a closed database."""
    connection = sqlite3.connect(path)
    ((size,),) = connection.execute("PRAGMA page_size")
    pages = connection.execute(
        "SELECT pageno FROM dbstat WHERE name = 'pytomo_crawl' AND pagetype = 'leaf' ORDER BY path"
    ).fetchall()
    connection.close()
    with path.open("r+b") as file:
        for (page,) in pages[len(pages) // 2 : len(pages) // 2 + 5]:
            file.seek((page - 1) * size)
            file.write(b"\xff" * size)
