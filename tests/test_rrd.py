import dataclasses
import logging
import math
import sqlite3
from datetime import datetime
from types import SimpleNamespace

import pytest
from rows import START, failed, measured, visit

from pytomo.database import Database
from pytomo.errors import CrawlError, Outcome
from pytomo.results import COLUMNS, Media
from pytomo.rrd import RrdFiles, available, rebuild, rrd_name
from pytomo.series import HEARTBEAT, READ, SOURCES, reading, row_reading, source_name
from pytomo.store import Store

rrdtool = pytest.importorskip("rrdtool", reason="RRD files need rrdtool")
FIRST = int(START.timestamp())
RESOLVERS = ("system", "google")
SYSTEM, GOOGLE = (f"probe.youtube.{resolver}.rrd" for resolver in RESOLVERS)


@pytest.fixture
def rrds(tmp_path):
    return tmp_path / "rrds"


@pytest.fixture
def files(rrds):
    files = RrdFiles(rrds, "probe.example.org", RESOLVERS)
    yield files
    files.close()


def written(files, *rows):
    for row in rows:
        files(row)
    files.close()


def crawled(tmp_path, rows, second=0):
    """The database of a crawl with these rows."""
    path = tmp_path / "databases" / f"probe.youtube.{second}.pytomo_database.db"
    with Store(path, {"resolvers": RESOLVERS}) as store:
        for row in rows:
            store(row)
    return path


def dump(path, at):
    rrdtool.dump(str(path), str(at))
    return at.read_bytes()


def minutes(path, source="AverageThroughput", consolidation="AVERAGE"):
    """Known values by the minute, from that of `START`."""
    start = FIRST - FIRST % 60
    times = ("--resolution", "60", "--start", str(start - 7200), "--end", str(start + 7200))
    (first, _, step), names, lines = rrdtool.fetch(str(path), consolidation, *times)
    column = names.index(source)
    points = enumerate(line[column] for line in lines)
    return {
        (first + i * step - start) // 60: pytest.approx(value)
        for i, value in points
        if value is not None
    }


def test_sources_come_from_the_columns():
    """Every column that is a series has a source of its own, named as RRDtool allows."""
    names = [source.name for source in SOURCES]
    assert len(set(names)) == len(names)
    assert all(len(name) <= 19 and name.replace("_", "").isalnum() for name in names)
    assert {source_name(m.column) for m in COLUMNS if m.series} == {*names[:-2]}
    assert names[-2:] == ["Failed", "NeverStarted"]


def test_a_row_counts_for_the_resolvers_that_gave_its_address(rrds, files):
    """An address that two resolvers gave is in the files of both; another in that of one."""
    written(files, measured(60), measured(120, resolvers="google,system"), measured(180))
    assert rrdtool.last(str(rrds / SYSTEM)) == FIRST + 240
    assert rrdtool.last(str(rrds / GOOGLE)) == FIRST + 180


def test_a_row_without_address_counts_for_all_resolvers(rrds, files):
    """A removed video failed whichever resolver would have been asked."""
    written(files, failed(60))
    assert {path.name for path in rrds.iterdir()} == {SYSTEM, GOOGLE}


def test_each_service_has_its_files(rrds, files):
    """Rows of another service go to its own files."""
    written(files, measured(60, visit=visit(60, service="dailymotion")))
    assert [path.name for path in rrds.iterdir()] == ["probe.dailymotion.system.rrd"]


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        (Outcome.OK, (0, 0)),
        (Outcome.NEVER_STARTED, (0, 1)),
        (Outcome.HTTP_ERROR, (1, None)),
        (Outcome.PROBED, (None, None)),
        (Outcome.REDIRECTED, (None, None)),
        (Outcome.REMOVED, (None, None)),
        (Outcome.INTERRUPTED, (None, None)),
        ("a word of a later Pytomo", (None, None)),
        (None, (None, None)),
    ],
)
def test_failures_and_bad_starts_are_told_apart(outcome, expected):
    """Failed is 1 for a failure, NeverStarted for a sample without playback; else unknown."""
    *_, bad, late = reading(0, None, None, outcome, "[null,1]").millionths
    assert (bad, late) == tuple(x if x is None else x * 1_000_000 for x in expected)


@pytest.mark.parametrize(
    "value",
    [None, math.nan, math.inf, -math.inf, 1 / 3, -1 / 3, 0.9999999, 2**62, 10**400, 1e-9, 0],
)
def test_a_row_reads_as_it_is_stored(tmp_path, value):
    """A row and its copy in the database give the same reading, at the edges of numbers, too."""
    row = measured(1.999_9996, media=Media(duration=value, length=value))
    with Database(crawled(tmp_path, [row])) as database:
        (cells,) = database.query(READ)
    assert reading(*cells) == row_reading(row)


def test_a_minute_is_the_mean_of_its_rows(rrds, files):
    """However they lie in it, and whatever failed between them; unknown values are left out."""
    ping = measured().ping
    written(
        files,
        failed(0.0, Outcome.DNS_TIMEOUT),
        measured(0.5, throughput=1000.0),
        measured(7, throughput=3000.0, ping=dataclasses.replace(ping, average=None)),
        failed(20, Outcome.DNS_TIMEOUT),
        failed(59.7, Outcome.DNS_TIMEOUT),
        measured(60, throughput=2000.0),
    )
    assert minutes(rrds / SYSTEM) == {0: 2000.0, 1: 2000.0}
    assert minutes(rrds / SYSTEM, "PingAvg")[0] == 2.0
    assert minutes(rrds / SYSTEM, "Failed") == {0: 0.6, 1: 0.0}


def test_a_minute_of_failures_has_no_value(rrds, files):
    """Nothing was played then, though it was before and after."""
    written(files, measured(0), failed(60, Outcome.DNS_TIMEOUT), measured(120))
    assert set(minutes(rrds / SYSTEM)) == {0, 2}
    assert set(minutes(rrds / SYSTEM, "Failed")) == {0, 1, 2}


def test_the_points_are_those_of_sql(tmp_path, rrds, files):
    """Every minute is what SQL says of the rows of that minute."""
    rows = [
        failed(n * 11.3, Outcome.HTTP_ERROR) if n % 3 == 1 else measured(n * 11.3, throughput=n)
        for n in range(1, 200)
    ]
    written(files, *rows)
    with Database(crawled(tmp_path, rows)) as database:
        means = database.query(
            "SELECT CAST(strftime('%s', substr(ID, 1, 19)) AS INTEGER) / 60, avg(AverageThroughput)"
            " FROM measurements GROUP BY 1"
        )
        expected = {minute - FIRST // 60: mean for minute, mean in means}
    assert minutes(rrds / SYSTEM) == expected


def test_a_value_stands_for_the_minutes_without_rows_before(rrds, files):
    """Rows 5 minutes apart are one series without holes."""
    written(files, measured(0, throughput=1000.0), measured(300, throughput=2000.0))
    assert minutes(rrds / SYSTEM) == {0: 1000, 1: 2000, 2: 2000, 3: 2000, 4: 2000, 5: 2000}


def test_a_pause_is_unknown(rrds, files):
    """After more than the heartbeat only the minute of the row itself is known."""
    pause = HEARTBEAT + 120
    written(files, measured(0, throughput=1000.0), measured(pause), measured(pause + 60))
    assert set(minutes(rrds / SYSTEM)) == {0, pause // 60, pause // 60 + 1}


def test_a_slow_crawl_is_seen_in_the_long_archives(rrds, files):
    """One known minute is enough for a day to be known: averages do not get lost."""
    day = 86_400
    written(files, measured(0, throughput=1000.0), *(measured(day * n) for n in (1, 2, 3, 4)))
    times = ("--resolution", str(day), "--start", str(FIRST - day), "--end", str(FIRST + 3 * day))
    (_, _, step), names, lines = rrdtool.fetch(str(rrds / SYSTEM), "MAX", *times)
    known = [line[names.index("AverageThroughput")] for line in lines]
    assert step == day
    assert [value for value in known if value is not None] == pytest.approx(
        [1000.0, 4000.0, 4000.0, 4000.0]
    )


@pytest.mark.parametrize(("consolidation", "finest"), [("AVERAGE", 60), ("MIN", 300), ("MAX", 300)])
def test_archives_reach_from_minutes_to_ten_years(rrds, files, consolidation, finest):
    """Each consolidation is kept for ten years, and by the minutes that it can be told of."""
    written(files, measured(0))
    info = rrdtool.info(str(rrds / SYSTEM))
    kept = [i for i in range(13) if info[f"rra[{i}].cf"] == consolidation]
    spans = {60 * info[f"rra[{i}].pdp_per_row"]: info[f"rra[{i}].rows"] for i in kept}
    assert info["step"] == 60
    assert min(spans) == finest
    assert max(step * points for step, points in spans.items()) >= 3650 * 86_400


def test_a_later_crawl_goes_on_in_the_same_file(rrds):
    """The files outlive a crawl; a crawl of earlier time cannot change what is written."""
    for second in (0, 60, 30):
        written(RrdFiles(rrds, "probe", RESOLVERS), measured(second, throughput=second * 10.0))
    assert minutes(rrds / SYSTEM)[1] == pytest.approx(600.0)
    assert rrdtool.last(str(rrds / SYSTEM)) == FIRST + 120


def test_a_minute_is_written_when_it_is_over(rrds, files):
    """The file is never more than a minute and one row behind."""
    files(measured(0))
    files(measured(59))
    assert not (rrds / SYSTEM).exists()
    files(measured(60))
    assert rrdtool.last(str(rrds / SYSTEM)) == FIRST + 60


def test_a_file_of_other_sources_keeps_its_data(rrds, files):
    """A file that an older Pytomo made is given the new sources and loses nothing."""
    rrds.mkdir(exist_ok=True)
    start = ("--start", str(FIRST - 200), "--step", "60")
    path = str(rrds / SYSTEM)
    rrdtool.create(path, *start, "DS:AverageThroughput:GAUGE:600:U:U", "RRA:AVERAGE:0.9:1:100")
    rrdtool.update(path, f"{FIRST - 120}:700", f"{FIRST - 60}:700")
    written(files, measured(0, throughput=1000.0), measured(60, throughput=1000.0))
    assert set(minutes(rrds / SYSTEM)) == {-3, -2, -1, 0, 1}
    assert minutes(rrds / SYSTEM)[-2] == 700.0
    assert minutes(rrds / SYSTEM, "PingAvg")


def test_a_damaged_file_does_not_stop_the_crawl(rrds, files, caplog):
    """A file that cannot be written is given up with one warning; the others go on."""
    (rrds / SYSTEM).write_bytes(b"no RRD file")
    written(files, failed(0), failed(1), failed(2))
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert SYSTEM in caplog.text
    assert rrdtool.last(str(rrds / GOOGLE)) == FIRST + 60


def test_two_crawls_share_a_file(rrds, files, caplog):
    """A minute is that of the crawl that ends it first, until a rebuild merges both."""
    other = RrdFiles(rrds, "probe", RESOLVERS)
    for second in range(0, 600, 60):
        files(measured(second, throughput=1000.0))
        other(measured(second + 30, throughput=2000.0))
    files.close()
    other.close()
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert rrdtool.last(str(rrds / SYSTEM)) == FIRST + 600
    assert minutes(rrds / SYSTEM) == dict.fromkeys(range(10), 1000.0)


def test_a_row_behind_another_crawl_is_left_out(rrds, files, caplog):
    """It is in the database; the rows after it are in the file again."""
    other = RrdFiles(rrds, "probe", RESOLVERS)
    files(measured(0))
    other(measured(180))
    other.close()
    written(files, measured(60), measured(240, throughput=7000.0))
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert minutes(rrds / SYSTEM)[4] == 7000.0


def test_the_first_rows_of_two_crawls_do_not_wipe_each_other(rrds, files):
    """Both start without a file; the second one finds that of the first and goes on in it."""
    other = RrdFiles(rrds, "probe", RESOLVERS)
    files(measured(0, throughput=1000.0))
    other(measured(60, throughput=2000.0))
    files.close()
    other.close()
    assert minutes(rrds / SYSTEM) == {0: 1000.0, 1: 2000.0}


def rival(*, error="", second=0):
    """An rrdtool that another process gets ahead of once: with an error or with an update."""
    pending = [True]

    def update(path, *updates):
        if pending and pending.pop():
            if error:
                raise rrdtool.OperationalError(error)
            rrdtool.update(path, "--template", "Failed", f"{FIRST + second}:1")
        rrdtool.update(path, *updates)

    return lambda: SimpleNamespace(**{**vars(rrdtool), "update": update})


@pytest.mark.parametrize(
    ("load", "last"),
    [
        (rival(error="could not lock RRD"), 720),
        (rival(second=HEARTBEAT - 10), 720),
        (rival(second=720), 780),
    ],
)
def test_another_process_at_the_very_moment(rrds, caplog, load, last):
    """A lock is waited for, an update from then leaves out what is earlier, and no more."""
    written(RrdFiles(rrds, "probe", RESOLVERS), measured(-60), measured(-30))
    after = [measured(720)] if last == 780 else []
    written(RrdFiles(rrds, "probe", RESOLVERS, load=load), measured(660), *after)
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert rrdtool.last(str(rrds / SYSTEM)) == FIRST + last


CRAWL = (
    failed(0),
    measured(0.5, throughput=1 / 3),
    measured(41.1, resolvers="system,google", throughput=1e-7),
    measured(41.2, resolvers="google", throughput=123_456.789),
    measured(80, media=Media(length=2**40, duration=1e9)),
    failed(100, Outcome.DNS_TIMEOUT),
    failed(1000, Outcome.PROBED),
    measured(1000.9),
    measured(1001, visit=visit(1001, service="dailymotion")),
    failed(9000, Outcome.NEVER_STARTED),
    *(measured(9000 + n * 7.3, throughput=n * math.pi) for n in range(2000)),
)


def test_a_rebuilt_file_is_the_file_of_the_crawl(tmp_path, rrds, files):
    """What is rebuilt from SQLite is, to the last digit, what the crawl wrote as it went."""
    written(files, *CRAWL)
    made = rebuild([crawled(tmp_path, CRAWL)], tmp_path / "again")
    assert sorted(path.name for path in made) == sorted(path.name for path in rrds.iterdir())
    for path in made:
        assert dump(path, tmp_path / "a") == dump(rrds / path.name, tmp_path / "b")


def test_a_file_is_rebuilt_from_several_crawls(tmp_path, rrds):
    """Crawls after each other, and at the same time, are merged in the order of time."""
    parts = (CRAWL[:4], CRAWL[4:8], CRAWL[8:400:2], CRAWL[9:400:2])
    written(RrdFiles(rrds, "probe", RESOLVERS), *CRAWL[:400])
    databases = [crawled(tmp_path, part, second) for second, part in enumerate(parts)]
    rebuild(reversed(databases), tmp_path / "again")
    for path in rrds.iterdir():
        again = tmp_path / "again" / path.name
        assert dump(path, tmp_path / "a") == dump(again, tmp_path / "b")


def test_only_missing_files_are_rebuilt(tmp_path, rrds):
    """Asked for what is missing, a rebuild leaves the files that exist alone."""
    database = crawled(tmp_path, CRAWL[:8])
    rebuild([database], rrds)
    (rrds / GOOGLE).unlink()
    (rrds / SYSTEM).write_bytes(b"mine")
    assert rebuild([database], rrds, missing_only=True) == (rrds / GOOGLE,)
    assert rebuild([database], rrds, missing_only=True) == ()
    assert (rrds / SYSTEM).read_bytes() == b"mine"
    assert rebuild([database], rrds, missing_only=True, replaced=[SYSTEM]) == (rrds / SYSTEM,)
    assert rebuild([database], rrds) == (rrds / GOOGLE, rrds / SYSTEM)
    assert {path.name for path in rrds.iterdir()} == {GOOGLE, SYSTEM}


def test_a_database_that_cannot_be_read_is_left_out(tmp_path, rrds, caplog):
    """The other databases are used, and a warning names the one that is not."""
    broken = tmp_path / "broken.db"
    broken.write_bytes(b"no database")
    empty = crawled(tmp_path, [], 1)
    made = rebuild([broken, empty, crawled(tmp_path, [measured(0)])], rrds)
    assert [path.name for path in made] == [SYSTEM]
    assert "broken.db" in caplog.text


def test_the_first_pytomos_rows_are_series_too(tmp_path, rrds):
    """Its databases have no list of resolvers: those that its rows name are taken."""
    path = tmp_path / "old.youtube.2012-03-01.10_20_30.pytomo_database.db"
    connection = sqlite3.connect(path)
    columns = ", ".join(f'"{column}"' for column in ("ID", "Service", "Resolver", "PingAvg"))
    connection.execute(f'CREATE TABLE "pytomo_crawl_2012-03-01" ({columns})')
    rows = [
        ("2012-03-01 10:20:31.5", "Youtube", "google_public_dns_8.8.8.8", 25.0),
        ("2012-03-01 10:20:41", "Youtube", None, "None"),
    ]
    connection.executemany('INSERT INTO "pytomo_crawl_2012-03-01" VALUES (?, ?, ?, ?)', rows)
    connection.commit()
    connection.close()
    (made,) = rebuild([path], rrds)
    assert made.name == "old.youtube.google_public_dns_8_8_8_8.rrd"
    assert rrdtool.last(str(made)) == datetime.fromisoformat("2012-03-01 10:21:00Z").timestamp()


@pytest.mark.parametrize("told", ["system", {"system": 1}, 7, None])
def test_resolvers_that_are_no_list_are_those_of_the_rows(tmp_path, rrds, told):
    """A name is not taken for a list of letters."""
    path = tmp_path / "probe.youtube.1.pytomo_database.db"
    with Store(path, {"resolvers": told}) as store:
        store(failed(0))
        store(measured(60, resolvers="google"))
    assert [made.name for made in rebuild([path], rrds)] == [GOOGLE]


def test_a_row_without_a_time_is_left_out(tmp_path, rrds):
    """A time that cannot be read is no crash; the other rows count."""
    path = crawled(tmp_path, [measured(0), measured(60)])
    connection = sqlite3.connect(path)
    connection.execute("UPDATE pytomo_crawl SET ID = 'noon' WHERE RowId = 2")
    connection.commit()
    connection.close()
    (made,) = rebuild([path], rrds)
    assert rrdtool.last(str(made)) == FIRST + 60


def test_a_directory_that_cannot_be_made_is_one_clear_error(tmp_path):
    """A file where the directory should be is a CrawlError."""
    (tmp_path / "rrds").touch()
    with pytest.raises(CrawlError, match="cannot create"):
        RrdFiles(tmp_path / "rrds", "probe", RESOLVERS)


def missing():
    raise ImportError("librrd.so.8: cannot open shared object file")


def test_rrdtool_can_be_missing(tmp_path):
    """Without rrdtool a crawl can ask beforehand; whoever does not gets one clear error."""
    assert available()
    assert not available(load=missing)
    with pytest.raises(CrawlError, match=r"rrdtool cannot be used: librrd\.so"):
        RrdFiles(tmp_path, "probe", RESOLVERS, load=missing)
    with pytest.raises(CrawlError, match="rrdtool cannot be used"):
        rebuild([], tmp_path, load=missing)


def test_names_cannot_lead_elsewhere():
    """Services and resolvers come from databases: nothing in them can leave the directory."""
    assert rrd_name("a.b", "../x", "y/../z.1") == "a._x.y_z_1.rrd"
