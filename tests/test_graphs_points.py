import pytest
from rows import START
from rrd_files import hour, played, written

from pytomo.errors import CrawlError
from pytomo.graphs import GRAPHS, graph_named
from pytomo.graphs.points import points, series

pytest.importorskip("rrdtool", reason="graphs need rrdtool")
FIRST = int(START.timestamp())
THROUGHPUT = graph_named("AverageThroughput")


def test_points_are_where_the_rows_were(tmp_path):
    """A point stands for the seconds from its time on; units are those of the column."""
    rows = [played(60 * minute, 1000.0 * minute) for minute in range(20)]
    files = written(tmp_path, rows)
    (known,) = series([THROUGHPUT], {"system": files["system"]}, FIRST, FIRST + 1200)
    found = {p.time: p.mean for p in points([known])}
    assert (known.unit, known.resolver, known.step) == ("kbps", "system", 60)
    assert found == {FIRST + 60 * n: pytest.approx(1000.0 * n) for n in range(20)}


def test_all_graphs_at_once(tmp_path):
    """Each graph has its points from each file, as many as each other."""
    files = written(tmp_path, hour())
    known = list(series(GRAPHS, files, FIRST, FIRST + 3600))
    assert {(one.graph, one.resolver) for one in known} == {
        (graph.name, name) for graph in GRAPHS for name in files
    }
    assert len({len(one.mean) for one in known}) == 1
    assert all(len(one.mean) == len(one.lowest) == len(one.highest) for one in known)


def test_unknown_points_are_no_lines(tmp_path):
    """What nobody measured is None, and no line of CSV."""
    files = written(tmp_path, hour())
    known = list(series([graph_named("TlsTime")], files, FIRST, FIRST + 3600))
    assert all(value is None for one in known for value in one.mean)
    assert list(points(known)) == []


def test_a_missing_file_has_no_points_and_a_damaged_one_is_an_error(tmp_path):
    """One that is not there is left out; one that cannot be read raises CrawlError."""
    assert list(series([THROUGHPUT], {"system": tmp_path / "none.rrd"}, FIRST, FIRST + 60)) == []
    (tmp_path / "x.rrd").write_bytes(b"no RRD file")
    with pytest.raises(CrawlError):
        list(series([THROUGHPUT], {"system": tmp_path / "x.rrd"}, FIRST, FIRST + 60))
