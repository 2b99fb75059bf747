import dataclasses
import math
import os
import sqlite3
import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from rows import ARRIVALS, START, failed, measured, visit

from pytomo.database import Database
from pytomo.errors import CrawlError, Outcome
from pytomo.results import COLUMNS, Fetched, Media
from pytomo.store import Store, crawl_facts, database_name, read_trace, rows

CLASSIC = (
    *("ID", "Service", "Url", "CacheUrl", "CacheServerDelay", "IP", "Resolver", "ResolveTime"),
    *("ASNumber", "PingMin", "PingAvg", "PingMax", "DownloadTime", "VideoType", "VideoDuration"),
    *("VideoLength", "EncodingRate", "DownloadBytes", "DownloadInterruptions", "InitialData"),
    *("InitialRate", "InitialPlaybackBuffer", "BufferingDuration", "PlaybackDuration"),
    *("BufferDurationAtEnd", "TimeTogetFirstByte", "MaxInstantThp", "RedirectUrl", "StatusCode"),
)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "databases" / "test.pytomo_database.db"


@pytest.fixture
def store(path):
    with Store(path, {"host": "here"}) as opened:
        yield opened


def query(path, sql):
    connection = sqlite3.connect(path)
    try:
        return connection.execute(sql).fetchall()
    finally:
        connection.close()


def run(script, path):
    """Another Python process, with the modules of this one."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", script, path]
    return subprocess.run(command, env=environment, capture_output=True, timeout=60, check=False)


def test_the_table_starts_with_the_classic_columns(path, store):
    """The 29 classic columns come first, in order; RowId comes last."""
    names = [name for _, name, *_ in query(path, "PRAGMA table_info(pytomo_crawl)")]
    assert len(CLASSIC) == 29
    assert tuple(names[:29]) == CLASSIC
    assert names == [*(metric.column for metric in COLUMNS), "RowId"]


def test_every_value_of_a_row_comes_back(path, store):
    """What was stored is what is read, ID as UTC text and unknown as NULL."""
    row = measured()
    row_id = store.add(row)
    (found,) = rows(path)
    assert found.pop("RowId") == row_id
    assert found == {**row.values(), "ID": "2026-11-22 10:00:00.250000"}
    assert found["Title"] == "Café ☕"
    assert found["StallCensored"] == 1
    assert found["VideoLength"] is None


def test_what_belongs_to_a_row_comes_back(path, store):
    """Stalls, answers, the trace and the number of tracks are kept with their row."""
    first, second = store.add(measured()), store.add(failed(1))
    with Database(path) as database:
        assert database.stalls(first) == measured().playback.stalls
        assert database.answers(first) == measured().answers
        assert database.trace(first) == read_trace(path, first) == ARRIVALS
        assert list(database.query("SELECT RowId, Tracks FROM traces")) == [(first, 2)]
        assert database.stalls(second) == database.answers(second) == database.trace(second) == ()


def test_the_segments_of_a_row_come_back(path, store):
    """In the order in which they were asked for, also those that never came whole."""
    segment = Fetched(
        track=0,
        number=0,
        rung=1,
        bitrate=1218.5,
        height=None,
        start=0.0,
        duration=4.0,
        asked=0.25,
        finished=1.5,
        size=400_000,
    )
    late = dataclasses.replace(segment, number=1, asked=1.5, finished=None)
    first, second = store.add(measured(fetched=(segment, late))), store.add(failed(1))
    with Database(path) as database:
        assert database.segments(first) == (segment, late)
        assert database.segments(second) == ()


def test_a_database_from_before_segments_has_none(path, store):
    """It is read all the same."""
    row_id = store.add(measured())
    store.close()
    query(path, "DROP TABLE segments")
    with Database(path) as database:
        assert database.segments(row_id) == ()


def test_a_time_with_another_offset_is_stored_in_utc(path, store):
    """ID is UTC whatever the zone of the clock."""
    paris = timezone(timedelta(hours=1))
    store(failed(visit=visit(at=START.astimezone(paris))))
    assert next(rows(path))["ID"] == "2026-11-22 10:00:00.250000"


@pytest.mark.parametrize(
    ("length", "stored"), [(2**63 - 1, 2**63 - 1), (2**63, None), (10**400, None)]
)
def test_a_number_that_no_file_can_have_is_unknown(path, store, length, stored):
    """Strangers' servers can claim any length: what 64 bits cannot hold is not stored."""
    store(measured(media=Media(length=length)))
    assert next(rows(path))["VideoLength"] == stored


def test_half_a_character_is_replaced(path, store):
    """A title with half a surrogate pair is stored with a question mark there."""
    video = dataclasses.replace(measured().video, title="a\ud800b")
    store(measured(video=video))
    assert next(rows(path))["Title"] == "a?b"


def test_rows_come_in_the_order_of_time(path, store):
    """Reading sorts by ID and can start at one."""
    for second in (2, 0, 1):
        store(failed(second))
    assert [row["ID"][17:19] for row in rows(path)] == ["00", "01", "02"]
    with Database(path) as database:
        found = database.select(["ID"], since="2026-11-22 10:00:01")
        assert [at[17:19] for (at,) in found] == ["01", "02"]


def test_facts_of_the_crawl_are_kept(path, store):
    """Facts are JSON values; a later one replaces that of the same name."""
    store.note(started=START, resolvers=("system", "google"), public_ip=None)
    store.note(public_ip="192.0.2.7")
    assert crawl_facts(path) == {
        "host": "here",
        "started": str(START),
        "resolvers": ["system", "google"],
        "public_ip": "192.0.2.7",
    }


def test_a_row_is_readable_at_once(path, store):
    """A reader that is in the middle of a read does not keep the crawl from writing."""
    store(failed(0))
    store(failed(1))
    reader = rows(path)
    next(reader)
    store(failed(2))
    reader.close()
    assert len(list(rows(path))) == 3


def test_reading_leaves_the_database_as_it_was(path, store):
    """The read side cannot write."""
    with Database(path) as database, pytest.raises(CrawlError, match="readonly"):
        list(database.query("INSERT INTO crawl VALUES ('a', '1')"))


KILLED = """
import os, sys
from pathlib import Path
from pytomo.store import Store
from rows import failed, measured
class Dies(tuple):
    def __iter__(self):
        os._exit(9)
store = Store(Path(sys.argv[1]), {})
store(measured(0))
store(measured(1))
store(measured(2, answers=Dies([1])))
"""


def test_a_crawl_that_is_killed_loses_no_whole_row(path):
    """A transaction a row: after a kill amid the third one, two whole rows are there."""
    assert run(KILLED, path).returncode == 9
    with Database(path) as database:
        assert [database.trace(row["RowId"]) for row in database.rows()] == [ARRIVALS, ARRIVALS]
        assert list(database.query("SELECT count(*) FROM stalls")) == [(2,)]
    assert query(path, "PRAGMA integrity_check") == [("ok",)]


def test_an_error_amid_a_row_leaves_nothing_of_it(path, store):
    """A row whose answers cannot be stored is not there at all, and the next one is."""
    with pytest.raises(AttributeError):
        store(measured(0, answers=("no answer",)))
    store(failed(1))
    assert [row["Outcome"] for row in rows(path)] == [Outcome.REMOVED]


def test_a_closed_database_is_one_plain_file(path):
    """Nothing is left beside a finished database, so that it can be sent and read anywhere."""
    with Store(path, {}) as store:
        store(measured())
    assert [p.name for p in path.parent.iterdir()] == [path.name]
    assert query(path, "PRAGMA journal_mode") == [("delete",)]


def test_closing_does_not_wait_for_readers(path, store):
    """A reader that stays does not hold up the end of the crawl."""
    store(failed(0))
    store(failed(1))
    reader = rows(path)
    next(reader)
    store.close()
    assert len(list(reader)) == 1


def test_a_locked_database_is_one_clear_error(path):
    """After the busy timeout a lock becomes a CrawlError that names the file."""
    with Store(path, {}, timeout=0.01) as store:
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(CrawlError, match=r"cannot write to .*\.db: database is locked"):
            store(failed())
        other.execute("ROLLBACK")
        other.close()
        store(failed())
        assert len(list(rows(path))) == 1


def test_a_lock_is_waited_for(path, store):
    """A lock that is released within the busy timeout costs nothing but the wait."""
    hold = "import sqlite3, sys, time; c = sqlite3.connect(sys.argv[1], isolation_level=None);"
    hold += "c.execute('BEGIN IMMEDIATE'); print('locked', flush=True); time.sleep(0.2)"
    with subprocess.Popen([sys.executable, "-c", hold, path], stdout=subprocess.PIPE) as other:
        assert other.stdout.readline() == b"locked\n"
        store(failed())
    assert len(list(rows(path))) == 1


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a full disk, as Linux has one")
def test_a_disk_that_cannot_be_written_is_one_clear_error(tmp_path):
    """What SQLite says of a disk becomes one CrawlError that names the file."""
    (tmp_path / "full.db").symlink_to("/dev/full")
    with pytest.raises(CrawlError, match=r"cannot create .*full\.db: "):
        Store(tmp_path / "full.db", {})


def test_a_directory_that_cannot_be_made_is_one_clear_error(tmp_path):
    """A file where a directory should be is a CrawlError."""
    (tmp_path / "databases").touch()
    with pytest.raises(CrawlError, match=r"cannot create .*databases"):
        Store(tmp_path / "databases" / "a.db", {})


def test_a_database_that_is_there_is_not_touched(path):
    """A second crawl of the same name cannot mix its rows in."""
    with Store(path, {}) as store:
        store(failed())
    with pytest.raises(CrawlError, match="already exists"):
        Store(path, {})
    assert len(list(rows(path))) == 1


@pytest.mark.parametrize("content", [None, b"", b"no database at all" * 100])
def test_what_is_no_database_is_one_clear_error(tmp_path, content):
    """A missing file, an empty one and any other file are CrawlErrors that name it."""
    path = tmp_path / "some.db"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(CrawlError, match=r"some\.db"):
        list(rows(path))


def test_a_truncated_database_is_one_clear_error(path):
    """A database that lost its end is read as far as it goes, or refused with CrawlError."""
    with Store(path, {}) as store:
        for second in range(200):
            store(measured(second))
    os.truncate(path, path.stat().st_size // 2)
    with pytest.raises(CrawlError, match="cannot read"):
        list(rows(path))


@pytest.fixture
def damaged(path):
    """A database with one row, after a change that no Pytomo of today makes."""

    def change(sql):
        with Store(path, {}) as store:
            store(measured())
        connection = sqlite3.connect(path)
        connection.execute(sql)
        connection.commit()
        connection.close()
        return Database(path)

    return change


def test_a_damaged_trace_is_one_clear_error(damaged):
    """It is a CrawlError that names the row."""
    told = pytest.raises(CrawlError, match="cannot read row 1 of")
    with damaged("UPDATE traces SET Trace = x'0102'") as database, told:
        database.trace(1)


def test_an_answer_of_a_later_pytomo_is_read(damaged):
    """Of an outcome that it does not know, all that is known is its word."""
    sql = "UPDATE answers SET Outcome = 'later', Phase = 'dns', Detail = 'x'"
    with damaged(sql) as database:
        told = {answer.failure.detail for answer in database.answers(1)}
    assert told == {"unknown outcome: later; x"}


@pytest.mark.parametrize("fact", ["no JSON", 1.5, b"\xff", "[" * 100_000])
def test_facts_that_cannot_be_understood_are_one_clear_error(path, fact):
    """What a stranger wrote where the facts of the crawl stand is a CrawlError."""
    Store(path, {"resolvers": ["system"]}).close()
    connection = sqlite3.connect(path)
    connection.execute("UPDATE crawl SET Value = ?", (fact,))
    connection.commit()
    connection.close()
    with Database(path) as database:
        if fact == 1.5:
            assert database.facts() == {"resolvers": 1.5}
        else:
            with pytest.raises(CrawlError, match="cannot read the facts"):
                database.facts()


def first_pytomo(path, name="pytomo_crawl_2012-03-01.10_20_30"):
    """A database as the first Pytomo left it: bytes of any encoding, two tables, no index."""
    connection = sqlite3.connect(path)
    for table in ("pytomo_crawl_2011-01-01.00_00_00", name):
        columns = ", ".join(f"{column} text" for column in CLASSIC[1:])
        connection.execute(f'CREATE TABLE "{table}" (ID timestamp, {columns})')
    values = ["2012-03-01 10:20:31", "Youtube", "http://youtu.be/x", *[None] * 26]
    values[27] = b"http://caf\xe9/"
    sql = f'INSERT INTO "{name}" VALUES (CAST(? AS TEXT){", CAST(? AS TEXT)" * 28})'
    connection.execute(sql, values)
    connection.commit()
    connection.close()


def test_a_database_of_the_first_pytomo_is_read(tmp_path):
    """Its latest table is read; columns that it does not know are NULL; it has no facts."""
    first_pytomo(tmp_path / "old.db")
    with Database(tmp_path / "old.db") as database:
        assert database.table == "pytomo_crawl_2012-03-01.10_20_30"
        (row,) = database.rows()
        assert database.facts() == {}
        assert database.trace(1) == database.stalls(1) == database.answers(1) == ()
    assert row["RowId"] == 1
    assert row["ID"] == "2012-03-01 10:20:31"
    assert row["RedirectUrl"] == "http://caf\ufffd/"
    assert row["Outcome"] is None
    assert len(row) == len(COLUMNS) + 1


READ_ONLY = """
import os, sys
from pathlib import Path
from pytomo.store import rows
os.setuid(65534)
print(len(list(rows(Path(sys.argv[1])))))
"""


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="only root can be someone else")
def test_a_disk_that_cannot_be_written_can_be_read():
    """A database left in WAL mode is readable for those who may not write beside it."""
    with TemporaryDirectory() as directory:
        Path(directory).chmod(0o755)
        path = Path(directory, "wal.db")
        with Store(path, {}) as store:
            store(failed())
        query(path, "PRAGMA journal_mode = WAL")
        assert run(READ_ONLY, path).stdout == b"1\n"


@pytest.mark.parametrize(
    ("hostname", "provider", "name"),
    [
        ("probe", None, "probe.youtube.2026-11-22.10_00_00"),
        ("probe.example.org", "Free", "probe.youtube_Free.2026-11-22.10_00_00"),
        ("a b/c", "x.y/../z", "a_b_c.youtube_x_y_z.2026-11-22.10_00_00"),
        ("", None, "unknown.youtube.2026-11-22.10_00_00"),
    ],
)
def test_database_name(hostname, provider, name):
    """The classic name, with nothing in its parts that could lead elsewhere."""
    at = datetime(2026, 11, 22, 10, 0, 0, tzinfo=UTC)
    full = database_name(hostname, "youtube", provider, at)
    assert full == f"{name}.pytomo_database.db"


def test_memory_stays_flat(path, store):
    """Rows are read in batches: asking for the first does not read the others."""
    for second in range(10):
        store(failed(second))
    with Database(path) as database:
        endless = database.query(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n"
        )
        assert next(endless) == (1,)
        endless.close()


def test_no_number_is_unknown(path, store):
    """NaN is stored as unknown, as SQLite does."""
    store(measured(media=Media(duration=math.nan)))
    assert next(rows(path))["VideoDuration"] is None


@pytest.mark.parametrize(
    ("written", "read"),
    [("None", None), ("", None), (None, None), ("2.5", 2.5), (2.5, 2.5), ("-1e3", -1000), (0, 0)],
)
def test_words_where_numbers_should_be_are_unknown(tmp_path, written, read):
    """The first Pytomo stored words such as None for numbers; they read as NULL."""
    first_pytomo(tmp_path / "old.db")
    connection = sqlite3.connect(tmp_path / "old.db")
    connection.execute('UPDATE "pytomo_crawl_2012-03-01.10_20_30" SET PingMin = ?', (written,))
    connection.commit()
    connection.close()
    (row,) = rows(tmp_path / "old.db")
    assert row["PingMin"] == read
