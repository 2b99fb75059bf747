import pytest

from pytomo.analysis.intervals import Estimate
from pytomo.analysis.pairs import Comparison, Difference
from pytomo.analysis.relevance import SMALLEST
from pytomo.web.comparison import Finding, amount, findings, joined, sentences, signed, smallest
from pytomo.web.subjects import SUBJECTS

NARROW = "\u202f"


def difference(value, low, high, *, pairs=40, differing=40, usual=None):
    return Difference(Estimate(value, low, high, pairs), pairs, differing, usual)


EQUAL = difference(0.0, None, None)


def comparison(**changes):
    """opendns against system, without any difference but those given."""
    parts = {
        **{"name": "opendns", "baseline": "system", "visits": 40, "same": 0.5, "only_probed": 0},
        **{"never_started": 0, "baseline_never_started": 0},
        **{"rtt": EQUAL, "throughput": EQUAL, "startup_delay": EQUAL},
        **{"without_stalls": EQUAL, "stall_ratio": EQUAL},
    }
    return Comparison(**{**parts, **changes})


def said(compared):
    return [sentence.replace(NARROW, " ") for sentence in sentences(compared)]


def verdicts(compared):
    return {finding.subject: finding.finding for finding in findings(compared)}


def test_a_farther_server_is_told():
    """How much farther, with the interval; and that nothing else was seen."""
    found = comparison(rtt=difference(18.0, 14.0, 22.0), stall_ratio=difference(0.0, -0.02, 0.03))
    assert said(found)[0] == "opendns led to the same servers as system in 50.0 % of 40 visits."
    assert said(found)[1] == (
        "The servers are 18.0 ms farther through opendns than through system (14.0 to 22.0 ms)."
    )
    assert said(found)[2].startswith("No difference could be seen in throughput (the same in all")
    assert said(found)[2].endswith(
        "and the stall ratio (−2.00 percentage points to +3.00 percentage points)."
    )
    assert len(said(found)) == 3


@pytest.mark.parametrize(
    ("field", "value", "verdict", "text"),
    [
        ("rtt", 18.0, Finding.WORSE, "farther"),
        ("rtt", -18.0, Finding.BETTER, "nearer"),
        ("throughput", 500.0, Finding.BETTER, "Throughput is 500 kbps higher"),
        ("throughput", -500.0, Finding.WORSE, "Throughput is 500 kbps lower"),
        ("startup_delay", 0.5, Finding.WORSE, "Videos start 0.500 s later"),
        ("without_stalls", -0.1, Finding.WORSE, "10.0 percentage points fewer of the videos"),
        ("without_stalls", 0.1, Finding.BETTER, "10.0 percentage points more of the videos"),
        ("stall_ratio", -0.1, Finding.BETTER, "The stall ratio is 10.0 percentage points lower"),
    ],
)
def test_what_is_better_and_what_is_worse(field, value, verdict, text):
    """More throughput is better, more delay is worse; the words say which way."""
    low, high = sorted((value / 2, value * 2))
    found = comparison(**{field: difference(value, low, high)})
    assert verdicts(found)[field] is verdict
    assert any(text in sentence for sentence in said(found))


def test_no_difference_is_one_that_was_not_seen():
    """An interval across 0 is told with what may still be."""
    found = comparison(startup_delay=difference(0.01, -0.02, 0.03))
    assert verdicts(found)["startup_delay"] is Finding.UNSEEN
    assert "startup delay (−0.020 s to +0.030 s)" in said(found)[1]


def test_always_the_same_difference_is_seen():
    """Where all pairs differ by the same there is no interval, and no doubt."""
    found = comparison(without_stalls=difference(-1.0, None, None))
    assert verdicts(found)["without_stalls"] is Finding.WORSE
    assert any("than through system, in all 40 pairs." in sentence for sentence in said(found))


def test_too_few_pairs_say_how_many_are_missing():
    """A difference of nine visits is not told, whatever its interval."""
    few = difference(18.0, 14.0, 22.0, differing=9)
    found = comparison(rtt=few)
    assert verdicts(found)["rtt"] is Finding.MISSING
    assert said(found)[-1] == (
        "Nothing can be said yet of the distance of the servers: "
        "1 more visit with other servers is needed."
    )
    none = comparison(**dict.fromkeys(verdicts(found), few))
    assert said(none)[-1].startswith("Nothing can be said yet: 1 more")


def test_the_same_servers_need_no_more_words():
    """Where both always led to the same servers there is nothing to compare."""
    found = comparison(same=1.0)
    assert said(found) == ["opendns led to the same servers as system in all 40 visits."]
    assert set(verdicts(found).values()) == {Finding.SAME}


def test_nothing_in_common():
    """Resolvers that were never asked for the same video are not compared."""
    found = comparison(visits=0, same=None)
    assert said(found) == ["opendns and system never both gave an address for the same video."]


def test_servers_that_were_only_pinged():
    """Their distance is told; how videos play from there is not known, and how to know."""
    pinged = difference(0.0, None, None, pairs=20, differing=0)
    found = comparison(
        rtt=difference(18.0, 14.0, 22.0),
        only_probed=20,
        **dict.fromkeys(("throughput", "startup_delay", "without_stalls", "stall_ratio"), pinged),
    )
    assert verdicts(found)["rtt"] is Finding.WORSE
    assert verdicts(found)["throughput"] is Finding.PINGED
    assert len(said(found)) == 3
    assert "in 20 of these visits they were only pinged" in said(found)[2]
    assert "--download-extra-dns" in said(found)[2]


def test_amounts():
    """Differences of shares are percentage points; signs are told once."""
    assert amount(-0.035, "ratio").replace(NARROW, " ") == "3.50 percentage points"
    assert signed(0.0, "ms").replace(NARROW, " ") == "0 ms"
    assert signed(-0.0001, "ms").replace(NARROW, " ") == "0 ms"
    assert signed(None, "ms") == "–"
    assert joined(["one", "two", "three"]) == "one, two and three"


def test_videos_that_never_started_are_told():
    """They are in no difference of startup delays."""
    found = comparison(never_started=3)
    assert said(found)[-1] == (
        "In 3 of these visits no video started from the servers of opendns, in 0 from those of "
        "system: startup delays are compared in the others."
    )


def test_where_the_servers_differ_and_over_all_visits():
    """The difference of those visits is told first, then the mean of all with its interval."""
    found = comparison(rtt=difference(18.0, 14.0, 22.0, differing=20))
    assert said(found)[1] == (
        "The servers are 36.0 ms farther through opendns than through system where the servers "
        "differ (20 visits); over all 40 visits: 18.0 ms (14.0 to 22.0 ms)."
    )


@pytest.mark.parametrize(
    ("field", "value", "usual", "finding"),
    [
        ("rtt", 0.004, None, Finding.SMALL),
        ("rtt", 1.1, None, Finding.WORSE),
        ("throughput", -150.0, 4000.0, Finding.SMALL),
        ("throughput", -250.0, 4000.0, Finding.WORSE),
        ("startup_delay", 0.02, None, Finding.SMALL),
        ("without_stalls", -0.004, None, Finding.SMALL),
        ("stall_ratio", 0.006, None, Finding.WORSE),
    ],
)
def test_what_is_too_small_to_matter(field, value, usual, finding):
    """A difference that is surely there is neither better nor worse if nobody would notice it."""
    low, high = sorted((value * 0.9, value * 1.1))
    found = comparison(**{field: difference(value, low, high, usual=usual)})
    assert verdicts(found)[field] is finding
    assert any("no difference that matters in" in text for text in said(found)) is (
        finding is Finding.SMALL
    )


def test_a_small_mean_may_matter_where_the_servers_differ():
    """One visit of twenty that is led 10 ms farther matters to its viewer."""
    found = comparison(rtt=difference(0.5, 0.3, 0.7, pairs=400, differing=20))
    assert verdicts(found)["rtt"] is Finding.WORSE


def test_every_subject_has_a_smallest_difference():
    """With its reason, and it is said."""
    assert set(SMALLEST) == {subject.field for subject in SUBJECTS}
    assert all(least.reason for least in SMALLEST.values())
    told = [smallest(subject).replace(NARROW, " ") for subject in SUBJECTS]
    assert told[:2] == ["1.00 ms of the distance of the servers", "5.0 % of throughput"]
