import sqlite3

import pytest
from rows import failed
from tables import row, stored, table_of

from pytomo.analysis.frame import Frame
from pytomo.analysis.servers import GROUPINGS, SORTABLE, servers
from pytomo.errors import Failure, Outcome, Phase
from pytomo.results import Origin, ending

PARIS = {"host": "r2.example", "place": "par01", "prefix": "192.0.2.0/24"}
OSLO = {"host": "r10.example", "place": "osl01", "prefix": "198.51.100.0/24", "system": 64501}
SILENT = {
    "ending": ending(Failure(Outcome.CONNECT_TIMEOUT, Phase.CONNECT, "no answer")),
    "response": None,
    "playback": None,
}


@pytest.fixture
def table(tmp_path):
    """Two servers in Paris, a silent one in Oslo, and a video that led to none."""
    rows = (
        row(0, number=0, ping=10, throughput=1000, startup=1, **PARIS),
        row(9, number=1, ping=30, throughput=3000, startup=4, stalled=1, **PARIS),
        row(18, number=2, ip="192.0.2.20", ping=20, throughput=2000, stalled=3, **PARIS),
        row(27, number=3, ip="198.51.100.7", ping=70, resolvers="system,google", **OSLO, **SILENT),
        failed(36),
    )
    return table_of(tmp_path, rows)


def names(table, by, sort="name", **options):
    """The names of the groups in an order."""
    return [server.name for server in lines(table, by, sort, **options)]


def lines(table, by, sort="name", **options):
    """The groups in an order."""
    found = servers(table, by)
    return list(found.at(found.order(sort, **options)))


def test_a_group_counts_its_rows_and_servers(table):
    """Rows, plays, failures, hosts and addresses are those of the group."""
    paris, oslo = lines(table, "host")
    assert (paris.rows, paris.plays, paris.failures, paris.hosts, paris.addresses) == (
        3,
        3,
        0,
        1,
        2,
    )
    assert (oslo.rows, oslo.plays, oslo.failures, oslo.hosts, oslo.addresses) == (1, 0, 1, 1, 1)


def test_a_group_has_the_quality_of_its_samples(table):
    """Medians of what is known, shares of the samples, and a ratio of sums."""
    paris, _ = lines(table, "host")
    assert (paris.rtt, paris.throughput, paris.startup_delay) == (20, 2000, 1)
    assert paris.without_stalls == pytest.approx(1 / 3)
    assert paris.stall_ratio == pytest.approx((1 + 3) / (1 + 3 + 3 * 9))


def test_what_was_not_measured_is_unknown(table):
    """A server that sent nothing has a round trip, and nothing else."""
    _, oslo = lines(table, "host")
    assert oslo.rtt == 70
    assert oslo.throughput is oslo.startup_delay is oslo.without_stalls is oslo.stall_ratio is None


def test_a_group_tells_what_its_servers_share(table):
    """The AS and the place of all its servers, and every resolver that leads there."""
    paris, oslo = lines(table, "host")
    assert (paris.as_number, paris.as_name, paris.place) == (64500, "NET64500", "par01")
    assert (paris.resolvers, oslo.resolvers) == (("system",), ("system", "google"))
    assert paris.last - table.time[0] == pytest.approx(18)


@pytest.mark.parametrize(
    ("by", "expected"),
    [
        ("host", ["r2.example", "r10.example"]),
        ("ip", ["192.0.2.1", "192.0.2.20", "198.51.100.7"]),
        ("as", ["64500", "64501"]),
        ("place", ["osl01", "par01"]),
        ("prefix", ["192.0.2.0/24", "198.51.100.0/24"]),
        ("country", [None]),
    ],
)
def test_servers_are_grouped(table, by, expected):
    """By each grouping, in the order of people; videos that led to no server are left out."""
    assert names(table, by) == expected


def test_every_grouping_is_sorted_by_every_field(table):
    """There is no field that the groups cannot be sorted by, up and down."""
    for by in GROUPINGS:
        for field in SORTABLE:
            rising = names(table, by, field)
            assert sorted(names(table, by, field, descending=True), key=str) == sorted(
                rising, key=str
            )


def test_groups_are_sorted_and_the_unknown_come_last(table):
    """Up or down, groups that do not know what they are sorted by are at the end."""
    assert names(table, "ip", "rtt") == ["192.0.2.1", "192.0.2.20", "198.51.100.7"]
    assert names(table, "ip", "rtt", descending=True)[0] == "198.51.100.7"
    assert names(table, "ip", "throughput")[-1] == "198.51.100.7"
    assert names(table, "ip", "throughput", descending=True)[-1] == "198.51.100.7"


def test_a_place_with_two_systems_has_none_in_common(tmp_path):
    """What differs between the servers of a group is not told as that of all."""
    rows = [row(0, system=64500, place="par01"), row(9, number=1, system=64501, place="par01")]
    (paris,) = lines(table_of(tmp_path, rows), "place")
    assert (paris.as_number, paris.as_name) == (None, None)
    assert paris.as_numbers == (64500, 64501)


def test_large_as_numbers_are_exact(tmp_path):
    """A number of 32 bits is not rounded."""
    rows = [row(0, origin=Origin(as_number=4_200_000_001))]
    (found,) = lines(table_of(tmp_path, rows), "as")
    assert (found.name, found.as_number) == ("4200000001", 4_200_000_001)


def test_numbers_that_are_none_are_unknown(tmp_path):
    """SQLite keeps anything in any column: words and infinities are no AS numbers."""
    path = tmp_path / "rows.pytomo_database.db"
    stored(path, [row(second, number=second) for second in range(4)])
    connection = sqlite3.connect(path)
    for row_id, forged in enumerate(("word", 9e999, b"blob"), start=1):
        connection.execute("UPDATE pytomo_crawl SET ASNumber = ? WHERE RowId = ?", (forged, row_id))
    connection.commit()
    connection.close()
    frame = Frame(path)
    assert [(found.name, found.rows) for found in lines(frame.table(), "as")] == [
        ("64500", 1),
        (None, 3),
    ]
    frame.close()


def test_nothing_has_no_servers(tmp_path):
    """A database without rows has no groups."""
    assert len(servers(table_of(tmp_path, []), "host")) == 0
