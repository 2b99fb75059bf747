import numpy as np
import pytest
from rows import failed
from tables import row, table_of

from pytomo.analysis.pairs import compared
from pytomo.analysis.resolvers import Answers, resolvers
from pytomo.errors import Outcome
from pytomo.results import Ending

PROBED = {"ending": Ending(outcome=Outcome.PROBED), "response": None, "playback": None}
BOTH = "system,opendns"


def apart(number, farther=18.0, **changes):
    """A video for which opendns names a server that is so many ms farther."""
    near = row(60 * number, number=number, ping=10 + number % 3)
    far = {"ip": "198.51.100.7", "host": "r2.example", "system": 64501, "prefix": "198.51.100.0/24"}
    ping = 10 + number % 3 + farther
    return near, row(
        60 * number + 1, number=number, ping=ping, resolvers="opendns", **far, **changes
    )


def together(number, **changes):
    """A video for which both name the same server."""
    return (row(60 * number, number=number, resolvers=BOTH, **changes),)


def table_with(tmp_path, videos):
    return table_of(tmp_path, [row for rows in videos for row in rows])


def only(table):
    """The one comparison with the default resolver."""
    (found,) = compared(table, "system")
    return found


def test_a_row_counts_for_each_of_its_resolvers(tmp_path):
    """The same address of two resolvers is in the numbers of both."""
    table = table_with(tmp_path, [together(0, ping=10), apart(1, 20)])
    found = {each.name: each for each in resolvers(table)}
    assert (found["system"].rows, found["opendns"].rows) == (2, 2)
    assert (found["system"].visits, found["opendns"].visits) == (2, 2)
    assert found["system"].rtt.value == pytest.approx(10.5)
    assert found["opendns"].rtt.value == pytest.approx(20.5)


def test_where_a_resolver_leads(tmp_path):
    """Hosts, addresses, prefixes and ASes with their shares, the most frequent first."""
    table = table_with(tmp_path, [together(0), together(1), together(2), apart(3)])
    opendns = next(each for each in resolvers(table) if each.name == "opendns")
    kinds = (opendns.hosts, opendns.addresses, opendns.systems)
    assert [(kind.distinct, kind.most[0].share) for kind in kinds] == [(2, 0.75)] * 3
    assert [most.text for most in opendns.systems.most] == ["AS64500 NET64500", "AS64501 NET64501"]
    assert [most.name for most in opendns.prefixes.most] == ["198.51.100.0/24"]


def test_numbers_of_a_resolver(tmp_path):
    """Medians, a share of samples, and a ratio of sums, of the samples that were played."""
    videos = [together(0, startup=1, stalled=3), together(1, startup=2), apart(2, **PROBED)]
    opendns = next(
        each for each in resolvers(table_with(tmp_path, videos)) if each.name != "system"
    )
    assert (opendns.rows, opendns.visits, opendns.plays, opendns.only_probed) == (3, 3, 2, 1)
    assert (opendns.startup_delay.value, opendns.startup_delay.count) == (1.5, 2)
    assert opendns.without_stalls.value == 0.5
    assert opendns.stall_ratio.value == pytest.approx(3 / (3 + 2 * 9))


def test_a_farther_server_is_seen(tmp_path):
    """The same 18 ms in each pair are found, however much the videos differ from each other."""
    videos = [apart(number, 18 + number % 2) for number in range(20)]
    found = only(table_with(tmp_path, videos)).rtt
    assert found.estimate.value == pytest.approx(18.5)
    assert 18 <= found.estimate.low < 18.5 < found.estimate.high <= 19
    assert (found.pairs, found.differing, found.missing, found.seen) == (20, 20, 0, True)


def test_the_same_servers_make_no_difference(tmp_path):
    """Pairs with the same addresses count as 0 in the mean, and are told as a share."""
    videos = [*(apart(number, 20) for number in range(15)), *map(together, range(15, 60))]
    found = only(table_with(tmp_path, videos))
    assert (found.visits, found.same) == (60, 0.75)
    assert found.rtt.estimate.value == pytest.approx(20 * 0.25)
    assert (found.rtt.pairs, found.rtt.differing) == (60, 15)
    assert found.rtt.seen


def test_what_goes_both_ways_is_not_seen(tmp_path):
    """Differences of either sign that cancel out leave 0 within the interval."""
    found = only(table_with(tmp_path, [apart(n, (-1) ** n * 5) for n in range(30)])).rtt
    assert found.estimate.low < 0 < found.estimate.high
    assert not found.seen


def test_too_few_pairs_say_how_many_are_missing(tmp_path):
    """Pairs with the same addresses do not help: ten with others are wanted."""
    videos = [*(apart(number) for number in range(4)), *map(together, range(4, 50))]
    found = only(table_with(tmp_path, videos)).rtt
    assert (found.pairs, found.differing, found.missing, found.seen) == (50, 4, 6, False)


def test_a_resolver_that_was_only_pinged(tmp_path):
    """Without a download from its servers only the round trip can be compared."""
    videos = [*(apart(number, **PROBED) for number in range(12)), together(12)]
    found = only(table_with(tmp_path, videos))
    assert found.only_probed == 12
    assert (found.rtt.differing, found.rtt.missing) == (12, 0)
    assert (found.throughput.pairs, found.throughput.differing) == (1, 0)


def test_visits_of_one_resolver_alone_are_no_pairs(tmp_path):
    """A video that only one resolver knew, and one without a server, are left out."""
    videos = [apart(0), (row(60, number=1),), (failed(120),)]
    found = only(table_with(tmp_path, videos))
    assert (found.visits, found.rtt.pairs) == (1, 1)


def test_answers_of_a_resolver(tmp_path):
    """The time of those that came, the share of those that failed, and how they did."""
    answers = Answers.of(
        [
            *((number, "system", 0.01 * number, None) for number in (1, 2, 3)),
            (4, "system", 5.0, "dns_timeout"),
            (4, "google", 0.5, None),
        ]
    )
    (system,) = resolvers(table_with(tmp_path, [(row(0),)]), answers)
    found = system.answered
    assert (found.answers, found.failed.value) == (4, 0.25)
    assert found.failures == {"dns_timeout": 1}
    assert (found.time.value, found.time.count) == (pytest.approx(0.02), 3)


def test_no_answers_are_none():
    """A database without answers gives empty columns."""
    assert len(Answers.of([]).row_id) == 0


def test_nothing_is_compared_with_nothing(tmp_path):
    """A database without rows has no resolvers, and one with one resolver no comparison."""
    assert resolvers(table_of(tmp_path, [])) == ()
    assert compared(table_with(tmp_path / "one", [(row(0),)]), "system") == ()


def test_pairs_agree_with_the_long_way(tmp_path):
    """Mean of the differences of the means of each visit, as one would do it by hand."""
    draw = np.random.default_rng(7)
    videos = []
    for number in range(40):
        names = draw.choice(["system", "opendns", BOTH], size=3)
        pings = draw.integers(1, 50, size=3)
        videos.append(
            [
                row(
                    9 * number + place,
                    number=number,
                    ip=f"192.0.2.{place}",
                    ping=float(ping),
                    resolvers=str(name),
                )
                for place, (name, ping) in enumerate(zip(names, pings, strict=True))
            ]
        )
    by_hand = []
    for rows in videos:
        mine = [r.ping.minimum for r in rows if "opendns" in r.address.resolvers]
        theirs = [r.ping.minimum for r in rows if "system" in r.address.resolvers]
        if mine and theirs:
            by_hand.append(np.mean(mine) - np.mean(theirs))
    found = only(table_with(tmp_path, videos)).rtt
    assert found.pairs == len(by_hand)
    assert found.estimate.value == pytest.approx(np.mean(by_hand))
