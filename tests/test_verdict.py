"""The verdict: its numbers, its words, and when there is none."""

from dataclasses import replace
from math import inf

import pytest
from rows import failed, visit
from tables import row, table_of

from pytomo.analysis.causes import Cause
from pytomo.analysis.grades import Grade, certain, grade
from pytomo.analysis.headline import counted, sentences
from pytomo.analysis.intervals import Estimate
from pytomo.analysis.norms import norms
from pytomo.analysis.verdict import ENOUGH_PLAYS, ENOUGH_VISITS, verdict
from pytomo.errors import Failure, Outcome, Phase
from pytomo.results import Media, Playback, Quality, ending


def of(tmp_path, rows):
    """The verdict on these rows, by their own norms."""
    table = table_of(tmp_path, rows)
    return verdict(table, norms(table))


def plays(count, first=0, **changes):
    """So many plays of as many visits, one a minute."""
    return [row(60.0 * n, number=n, **changes) for n in range(first, first + count)]


def directory(parent, name):
    """A new one."""
    (parent / name).mkdir()
    return parent / name


def plain(text):
    """With spaces that all keyboards have."""
    return text.replace("\u202f", " ")


def never(second, number):
    """A play that had not started when the sample ended."""
    failure = Failure(Outcome.NEVER_STARTED, Phase.PLAY, "")
    playback = Playback(stall_count=0, played_time=0.0)
    return row(second, number=number, ending=ending(failure), playback=playback)


def test_good(tmp_path):
    """98 of 100 that start quickly and do not stall are good, and it is said so."""
    found = of(tmp_path, [*plays(98), *plays(1, 98, startup=3.0), *plays(1, 99, stalled=2.0)])
    assert found.grade is Grade.GOOD
    expected = (
        "Videos play well from here: 99.0 % start within 2 s and 99.0 % play without a stall."
    )
    assert plain(found.headline) == expected
    assert (found.rows, found.plays, found.visits) == (100, 100, 100)
    assert (found.missing_plays, found.missing_visits) == (0, 0)


@pytest.mark.parametrize(
    ("slow", "expected"),
    [(5, Grade.GOOD), (6, Grade.FAIR), (20, Grade.FAIR), (21, Grade.POOR)],
)
def test_thresholds(slow, expected, tmp_path):
    """One in twenty may start late in what is good, one in five in what is fair."""
    found = of(tmp_path, [*plays(100 - slow), *plays(slow, 100 - slow, startup=2.5)])
    assert found.grade is expected


def test_the_worst_of_three_decides(tmp_path):
    """Plays may start and go on well: if a tenth of the servers deliver nothing, it is fair."""
    gone = [failed(6_000 + n, Outcome.HTTP_ERROR) for n in range(10)]
    found = of(tmp_path, [*plays(90), *gone])
    assert found.quick_starts.value == found.without_stalls.value == 1
    assert found.delivered.value == 0.9
    assert found.grade is Grade.FAIR
    assert plain(found.sentences[-1]) == (
        "10.0 % of the times that media was asked for, nothing to play came."
    )


def test_numbers(tmp_path):
    """Shares, medians and the stall ratio are what their definitions say."""
    found = of(
        tmp_path,
        [*plays(20, startup=0.4), *plays(16, 20, startup=3.0, stalled=1.0), never(9_000, 99)],
    )
    assert found.quick_starts.value == pytest.approx(20 / 37)
    assert found.without_stalls.value == pytest.approx(20 / 37)
    assert found.startup_median.value == pytest.approx(0.4)
    assert found.startup_90.value == pytest.approx(3.0)
    assert found.startup_median.count == 37
    assert found.stall_ratio.value == pytest.approx(16 / (16 + 36 * 9))
    assert found.stall_ratio.low < found.stall_ratio.value < found.stall_ratio.high
    assert found.never_started == 1


@pytest.mark.parametrize("count", [1, ENOUGH_PLAYS - 1])
def test_too_few_plays(count, tmp_path):
    """Below 30 plays there is no verdict, but the number of those that are missing."""
    found = of(tmp_path, plays(count))
    assert found.grade is Grade.UNKNOWN
    assert found.missing_plays == ENOUGH_PLAYS - count
    assert str(ENOUGH_PLAYS - count) in found.headline
    assert "well" not in found.headline


def test_too_few_visits(tmp_path):
    """Many addresses of few visits are no verdict, either."""
    rows = [row(60.0 * n, number=n, ip=f"192.0.2.{k}") for n in range(5) for k in range(1, 9)]
    found = of(tmp_path, rows)
    assert (found.plays, found.visits) == (40, 5)
    assert (found.missing_plays, found.missing_visits) == (0, ENOUGH_VISITS - 5)
    assert found.headline.startswith("No verdict yet: 5 more visits of a video are needed; so far")
    assert found.quick_starts.low is None


def test_nothing(tmp_path):
    """Without a row there is nothing but what is missing."""
    found = of(tmp_path, [])
    assert found.headline == "No verdict: nothing was played. It takes 30 plays of 10 visits."
    assert (found.start, found.end, found.causes, found.due) == (None, None, (), 0)
    assert found.quick_starts == Estimate(None, None, None, 0)


def test_refusals_of_sites_are_no_bad_play(tmp_path):
    """Removed videos count neither as due nor as delivered nor as failed to be."""
    gone = [failed(6_000 + n, Outcome.REMOVED) for n in range(50)]
    found = of(tmp_path, [*plays(40), *gone])
    assert found.grade is Grade.GOOD
    assert (found.due, found.well, found.causes) == (40, 40, ())
    assert found.delivered.count == 40
    assert [(one.outcome, one.count) for one in found.outcomes] == [("removed", 50)]


def test_causes_are_counted(tmp_path):
    """Each cause has its rows, their shares and its latest example; the most frequent is said."""
    names = [failed(6_000 + n, Outcome.DNS_TIMEOUT) for n in range(6)]
    pages = [failed(7_000 + n, Outcome.EXTRACTION_FAILED) for n in range(2)]
    found = of(tmp_path, [*plays(40), *names, *pages])
    assert [(one.cause, one.count) for one in found.causes] == [
        (Cause.DNS, 6),
        (Cause.EXTRACTION, 2),
    ]
    assert found.causes[0].share == 6 / 48
    assert found.causes[0].of_troubles == 6 / 8
    assert [one.example for one in found.causes] == [46, 48]
    assert plain(found.sentences[0]) == (
        "16.7 % of playbacks went wrong; what limited them was DNS (75.0 %) or a page that did not "
        "lead to its media (25.0 %)."
    )


def test_redirects_and_probes_are_no_playbacks(tmp_path):
    """Rows from which no playback was due are counted as rows only."""
    others = [failed(6_000, Outcome.REDIRECTED), failed(6_001, Outcome.PROBED)]
    found = of(tmp_path, [*plays(40), *others])
    assert (found.rows, found.due, found.outcomes) == (42, 40, ())


def test_an_unknown_start_is_said(tmp_path):
    """Where no row knows when playback started, the share is unknown, not 0 %."""
    rows = [
        row(n, number=n, playback=Playback(stall_count=0, stalled_time=0.0, played_time=9.0))
        for n in range(40)
    ]
    found = of(tmp_path, rows)
    assert found.quick_starts.value is None
    assert plain(found.headline) == "Videos play well from here: 100 % play without a stall."
    assert "When playback started is not known in this database." in found.sentences


def test_an_interval_across_a_threshold_is_not_certain():
    """A grade is certain where both ends of the intervals have it, too."""
    assert certain([Estimate(0.99, 0.97, 1.0, 900), Estimate(0.98, 0.96, 0.99, 900)])
    assert not certain([Estimate(0.97, 0.94, 0.99, 90)])
    assert certain([Estimate(0.99, 0.9, 1.0, 90), Estimate(0.5, 0.4, 0.6, 90)])
    assert not certain([Estimate(0.99, None, None, 9)])
    assert not certain([])


def test_unknown_has_no_grade():
    """None is unknown, not poor."""
    assert grade(None) is Grade.UNKNOWN
    assert grade(0.0) is Grade.POOR


def test_counted():
    """One thing has no s."""
    assert (counted(1, "play"), counted(2, "play")) == ("1 play", "2 plays")


def test_time_of_the_rows(tmp_path):
    """The verdict says from when to when its rows are."""
    found = of(tmp_path, plays(40))
    assert found.start == visit(0).at.timestamp()
    assert found.end - found.start == pytest.approx(39 * 60)


def test_what_never_started_is_later_than_all(tmp_path):
    """A fifth that never start: the median is known, the 90th percentile is never."""
    found = of(tmp_path, [*plays(48), *(never(6_000 + 60 * n, 60 + n) for n in range(12))])
    assert found.startup_median.value == pytest.approx(0.5)
    assert (found.startup_90.value, "value" in found.startup_90.never) == (inf, True)
    assert found.without_stalls.value == found.quick_starts.value == 0.8


def test_without_a_verdict_nothing_is_certain(tmp_path):
    """29 plays that all stall are surely poor, but there is no grade to be certain of."""
    found = of(tmp_path, plays(ENOUGH_PLAYS - 1, startup=5.0, stalled=5.0))
    assert found.grade is Grade.UNKNOWN
    assert not found.certain


CAUSES = (Cause.SERVER, Cause.PATH, Cause.DNS, Cause.BITRATE, Cause.UNKNOWN)


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ((1,), "1 of 40 playbacks went wrong; what limited it was the server."),
        ((20,), "50.0 % of playbacks went wrong; what limited all of them was the server."),
        (
            (5, 5),
            "25.0 % of playbacks went wrong; what limited them was the server (50.0 %) or the path "
            "to the servers (50.0 %).",
        ),
        (
            (6, 3, 1),
            "25.0 % of playbacks went wrong; what limited them was the server (60.0 %), the path "
            "to the servers (30.0 %) or DNS (10.0 %).",
        ),
        (
            (6, 2, 1, 1),
            "25.0 % of playbacks went wrong; what limited them was the server (60.0 %), the path "
            "to the servers (20.0 %), DNS (10.0 %) or a bitrate too high for this line (10.0 %).",
        ),
        (
            (5, 2, 1, 1, 1),
            "25.0 % of playbacks went wrong; what limited them was the server (50.0 %), the path "
            "to the servers (20.0 %), DNS (10.0 %) or other causes.",
        ),
    ],
)
def test_causes_in_words(counts, expected):
    """One cause is named, several have their shares."""
    unknown = Estimate(None, None, None, 0)
    numbers = dict.fromkeys(("delivered", "startup_median", "stall_ratio"), unknown)
    (said,) = sentences(numbers, dict(zip(CAUSES, counts, strict=False)), 40, (0, 0))
    assert plain(said) == expected


def test_nothing_wrong(tmp_path):
    """All that is known of playbacks that nothing limited, and no more."""
    assert of(tmp_path, plays(1)).nothing_wrong == (
        "Nothing went wrong: the only playback started within 2 s and did not stall."
    )
    old = row(0, playback=Playback(stall_count=0, stalled_time=0.0, played_time=9.0))
    found = of(directory(tmp_path, "old"), [old, replace(old, visit=visit(60.0))])
    assert (
        found.nothing_wrong == "Nothing went wrong: of 2 playbacks all went on and did not stall."
    )
    assert of(directory(tmp_path, "none"), []).nothing_wrong == ""


def short(pace, held, duration=30.0):
    """A play of 6 s without a stall: media for so many seconds held, at that part of its rate."""
    return {
        "throughput": 1000.0 * pace,
        "media": Media(duration=duration),
        "playback": Playback(
            stall_count=0,
            startup_delay=0.5,
            stalled_time=0.0,
            played_time=6.0,
            buffer_at_end=held,
        ),
        "quality": Quality(reception_ratio=pace),
    }


@pytest.mark.parametrize(
    ("play", "slow"),
    [
        (short(0.4, 0.6), True),
        (short(1.1, 0.6), False),
        (short(0.4, 24.0), False),
        (short(0.9, 10.0), False),
        (short(0.9, 1.0), True),
    ],
)
def test_what_is_too_slow_to_go_on(play, slow, tmp_path):
    """A play that would have run dry before the end of its video is no smooth one."""
    found = of(tmp_path, [*plays(30), *plays(10, 30, **play)])
    assert found.too_slow == 10 * slow
    assert found.would_have_stalled.value == 0.25 * slow
    assert found.without_stalls.value == 1 - 0.25 * slow
    assert found.grade is (Grade.POOR if slow else Grade.GOOD)


def test_the_length_of_samples_is_said(tmp_path):
    """Where some were too slow, the headline says so, and of how much that is known."""
    found = of(tmp_path, [*plays(15), *plays(25, 15, **short(0.4, 0.6))])
    assert plain(found.headline) == (
        "Videos play badly from here: 100 % start within 2 s and 37.5 % play without a stall in "
        "samples of 6.00 s; 62.5 % more were too slow to go on."
    )
    assert found.played_time.value == 6


def test_a_name_without_an_address_is_media_that_did_not_come(tmp_path):
    """Media was asked for, though no server was: it counts as not delivered."""
    names = [failed(6_000 + n, Outcome.DNS_TIMEOUT) for n in range(10)]
    assert of(tmp_path, [*plays(40), *names]).delivered.value == 0.8


def test_refusals_of_a_robot_are_no_playbacks(tmp_path):
    """They are told by themselves, and went wrong for no viewer."""
    refused = [failed(6_000, Outcome.BOT_CHECK), failed(6_001, Outcome.RATE_LIMITED)]
    found = of(tmp_path, [*plays(40), *refused])
    assert (found.due, found.causes, found.robot) == (40, (), 2)
    assert found.sentences == (
        "2 more rows were refused to Pytomo as a robot, which a viewer would not see.",
    )
