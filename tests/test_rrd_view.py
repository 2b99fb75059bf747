import pytest
from rows import START, measured
from rrd_files import played, written

from pytomo.errors import CrawlError
from pytomo.rrd_view import knows

rrdtool = pytest.importorskip("rrdtool", reason="RRD files need rrdtool")
FIRST = int(START.timestamp())


def means(path, start=FIRST - 60, end=FIRST + 60):
    """The known means of AverageThroughput, by the minute after `START` in which they begin."""
    (first, _, step), names, lines = rrdtool.fetch(
        str(path), "AVERAGE", "--start", str(start), "--end", str(end)
    )
    column = names.index("AverageThroughput")
    known = ((first + n * step - FIRST, line[column]) for n, line in enumerate(lines))
    return {second // 60: value for second, value in known if value is not None}


def test_a_file_knows_of_its_crawl_only(tmp_path):
    """Of the time of its rows, and of none before or after."""
    path = written(tmp_path, [played(second) for second in range(0, 3600, 60)])["system"]
    assert knows(path, FIRST, FIRST + 3600)
    assert knows(path, FIRST + 600, FIRST + 900)
    assert not knows(path, FIRST - 90_000, FIRST - 7200)
    assert not knows(path, FIRST + 7200, FIRST + 90_000)


def test_a_file_of_some_seconds_knows_of_them(tmp_path):
    """Of the minute that they are in."""
    path = written(tmp_path, [measured(0), measured(10)])["system"]
    assert set(means(path)) == {0}
    assert knows(path, FIRST, FIRST + 10)


def test_a_file_that_lacks_a_source_is_none_of_ours(tmp_path):
    """An older Pytomo made it: it cannot show all graphs."""
    path = tmp_path / "old.rrd"
    start = ("--start", str(FIRST - 200), "--step", "60")
    rrdtool.create(str(path), *start, "DS:PingAvg:GAUGE:600:U:U", "RRA:AVERAGE:0.9:1:100")
    rrdtool.update(str(path), f"{FIRST}:7")
    assert not knows(path, FIRST, FIRST + 60)


def test_a_damaged_file_is_one_clear_error(tmp_path):
    """What is no RRD file, or is not there, raises CrawlError."""
    (tmp_path / "x.rrd").write_bytes(b"no RRD file")
    for name in ("x.rrd", "none.rrd"):
        with pytest.raises(CrawlError, match=name):
            knows(tmp_path / name, FIRST, FIRST + 60)
