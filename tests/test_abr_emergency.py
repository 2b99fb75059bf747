"""When hls.js gives up a running request, and for what."""

import pytest

from pytomo.abr import Chooser, Download, Ladder, Progress, Situation
from pytomo.abr.emergency import Emergency, emergency
from pytomo.abr.hls_js import HLS_JS

LADDER = Ladder(rungs=(500.0, 1000.0, 2000.0, 4000.0), segment=4.0, target=30.0)


def running(kbps: float, seconds: float, **changes: object) -> Progress:
    """A request for 4 s at 4000 kbps, the first byte of which came after 0.1 s, at a rate since."""
    count = max(round((seconds - 0.1) / 0.1), 1)
    reads = [(0.1, 0), *((0.1 * (n + 2), round(kbps * 12.5)) for n in range(count))]
    known = {"time": 10.0 + seconds, "number": 5, "rung": 3, "size": 2_000_000, "media": 4.0}
    return Progress(**{**known, "buffer": 5.0, "reads": reads, **changes})  # type: ignore[arg-type]


def judged(progress: Progress) -> Emergency | None:
    return emergency(LADDER, progress, latency=0.1, rate=1000.0)


def test_the_highest_rung_that_comes_in_time() -> None:
    """4 s at 1000 kbps take 2 s and a latency at 2 Mbit/s: less than the buffer and a segment."""
    found = judged(running(2000.0, 2.1))
    assert found is not None
    assert (found.rung, found.instead) == (1, pytest.approx(2.1))
    assert found.rest == pytest.approx((16_000 - 4000) / 2000)


@pytest.mark.parametrize(
    "progress",
    [
        running(2000.0, 1.9),
        running(2000.0, 2.1, buffer=6.1),
        running(4000.0, 2.1, buffer=2.5),
        running(1900.0, 2.1, rung=1, size=2_000_000),
        running(40.0, 2.1),
        running(2000.0, 2.1, media=0.0),
    ],
    ids=["early", "buffer", "nearly there", "from the second", "hopeless", "no media"],
)
def test_others_are_let_run(progress: Progress) -> None:
    """Before half of a segment's time, where the rest comes in time, and where nothing helps."""
    assert judged(progress) is None


def test_the_lowest_where_none_comes_in_time() -> None:
    """The time that counts is then that of the second lowest, as in hls.js."""
    found = judged(running(600.0, 2.1, buffer=0.5))
    assert found is not None
    assert (found.rung, found.instead) == (0, pytest.approx(0.1 + 4000 / 600))


def test_a_size_that_is_not_told_is_that_of_the_bitrate() -> None:
    """Bytes of the rung's bitrate for the segment's duration."""
    assert judged(running(2000.0, 2.1, size=None)) == judged(running(2000.0, 2.1))


def test_one_read_tells_no_rate() -> None:
    """What all came within a millisecond counts as hls.js has it: as fast as can be."""
    assert judged(running(0.0, 2.1, reads=[(2.1, 100_000)])) is None


def test_nothing_that_counts_has_come() -> None:
    """Then the rate that is relied on counts for the rest, too."""
    silent = [(0.1 * n, 0) for n in range(1, 22)]
    found = judged(running(0.0, 2.1, reads=silent))
    assert found is not None
    assert (found.rung, found.rest) == (0, pytest.approx(16.1))
    assert begun(8000.0).abandon(running(0.0, 2.1, reads=silent, buffer=1.0)) is not None
    assert judged(running(0.0, 2.1, reads=[])) is None


def begun(*rates: float) -> Chooser:
    """The rule after segments of 4 s at these rates (kbps) from the top rung."""
    rule = HLS_JS.begin(LADDER)
    past = [
        Download(number, 3, round(rate * 125), 1.1, 0.1, 4.0, number + 1.0)
        for number, rate in enumerate(rates)
    ]
    rule.choose(situation(10.0, past))
    return rule


def situation(buffer: float, past: list[Download]) -> Situation:
    known = {"time": 10.0, "number": len(past), "started": True, "playing": True, "current": 3}
    return Situation(**known, buffer=buffer, past=past)  # type: ignore[arg-type]


def test_nothing_is_given_up_before_the_first_segment_is_there() -> None:
    """There is nothing to play yet that could be interrupted."""
    slow = running(2000.0, 2.1, number=0)
    assert begun().abandon(slow) is None
    assert begun(8000.0).abandon(slow) == 0


def test_looks_are_a_tenth_of_a_second_apart() -> None:
    """The second look comes too early, the third does not."""
    rule = begun(8000.0)
    times = [10.0, 10.05, 10.11]
    fast = [rule.abandon(running(4000.0, 1.0, time=time)) for time in times[:1]]
    slow = [rule.abandon(running(2000.0, 2.1, time=time)) for time in times[1:]]
    assert (fast, slow) == ([None], [None, 0])


def test_the_lowest_after_what_is_hopeless() -> None:
    """Where the rest takes more than twice as long as a lower rung, hls.js asks for the lowest."""
    assert begun(8000.0).abandon(running(2500.0, 2.1, buffer=4.2)) == 2
    assert begun(8000.0).abandon(running(2000.0, 2.1, buffer=4.2)) == 0


def test_what_was_seen_counts_afterwards() -> None:
    """The next choice relies on the slow request, not on the fast ones before."""
    rule = begun(8000.0, 8000.0)
    assert rule.abandon(running(2000.0, 2.1, number=2)) is not None
    last = Download(2, 0, 250_000, 1.1, 0.1, 4.0, 14.0)
    past = [
        *(Download(n, 3, 1_000_000, 1.1, 0.1, 4.0, n + 1.0) for n in range(2)),
        Download(2, 3, 500_000, 2.1, 0.1, 0.0, 12.1),
        last,
    ]
    assert rule.choose(situation(20.0, past)).rung < 3
