"""What the first Pytomo would have said, with its errors, against the exact player."""

from collections.abc import Iterator
from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytomo.player import play
from pytomo.profiles import PROFILES, named
from pytomo.results import Arrival, Playback, Stall

FIRST, EXACT = named("pytomo-2011"), PROFILES[0]
BYTE_RATE = 125_000
"""Bytes of a media second: 1 Mbit/s."""


def steady(rate: float, *, end: float = 30.0, duration: float = 600.0) -> Iterator[Arrival]:
    """Arrivals of packets of 1448 bytes at so many times the video's bitrate, from 0.1 s on."""
    count, packet = 0, 1448
    while (time := 0.1 + (count + 1) * packet / BYTE_RATE / rate) <= end:
        count += 1
        media = count * packet / BYTE_RATE
        yield Arrival(time, 0, packet, media if media < duration else inf)
        if media >= duration:
            return


def both(arrivals: list[Arrival], *, end: float = 30.0) -> tuple[Playback, Playback]:
    """What the first Pytomo and the exact player say of the same arrivals."""
    first, exact = (
        play(arrivals, tracks=1, duration=600.0, end=end, profile=known) for known in (FIRST, EXACT)
    )
    return first, exact


@pytest.mark.parametrize("rate", [0.95, 0.96])
def test_invents_a_stall_near_rate_one(rate: float) -> None:
    """A little below the bitrate it says that playback stalled, when it had not yet."""
    first, exact = both(list(steady(rate, end=35.0)), end=35.0)
    assert exact.stall_count == 0
    assert first.stall_count
    assert first.stalled_time


def test_its_clock_is_early() -> None:
    """Its playhead sets off while it still waits to start, so the stall comes much too early."""
    first, exact = both(list(steady(0.95, end=60.0)), end=60.0)
    assert exact.stalls[0].start == pytest.approx(40.2, abs=0.3)
    assert first.stalls[0].start < exact.stalls[0].start - 15.0


def test_misses_stalls_at_a_low_rate() -> None:
    """At 0.3 of the bitrate it misses half of the stalls."""
    first, exact = both(list(steady(0.3, end=60.0)), end=60.0)
    assert exact.stall_count is not None
    assert first.stall_count is not None
    assert 0 < first.stall_count <= exact.stall_count / 2


def test_looks_when_a_read_is_over() -> None:
    """The stall of a pause of 15 s begins, for it, when bytes have come again."""
    reads = list(steady(1.6))
    late = [r._replace(time=r.time + 15.0) if r.time > 10.0 else r for r in reads]
    first, exact = both(late, end=45.0)
    assert exact.stalls[0].start == pytest.approx(17.1, abs=0.1)
    assert first.stalls[0].start >= 25.0


def test_what_arrived_counts_as_played() -> None:
    """Half a minute at four times the bitrate is told as two minutes played."""
    first, exact = both(list(steady(4.0)))
    assert first.played_time == pytest.approx(4 * 29.9, rel=0.05)
    assert exact.played_time == pytest.approx(29.4, abs=0.05)
    assert first.buffer_at_end == 0.0


def test_played_is_told_outside_of_stalls_only() -> None:
    """What comes while it believes to be stalled is not played until it believes to play again."""
    reads = [Arrival(1.0, 0, 1024, 3.0), Arrival(5.0, 0, 2048, 3.5), Arrival(6.0, 0, 900, 3.9)]
    first, _ = both(reads, end=7.0)
    assert first.stalls == (Stall(5.0, 0.0, 4.0, censored=True),)
    assert first.played_time == 3.5


def test_the_last_read_is_shorter() -> None:
    """The last bytes of a video are looked at, though a read would be longer."""
    reads = [Arrival(0.5, 0, 1024, 1.0), Arrival(1.0, 0, 10, inf)]
    first = play(reads, tracks=1, duration=5.0, end=3.0, profile=FIRST)
    assert (first.startup_delay, first.initial_bytes) == (1.0, 1034)
    assert first.initial_rate == pytest.approx(8 * 1034 / 0.5 / 1000)


def test_starts_with_more_than_the_threshold() -> None:
    """It wants more than 2 s where the exact player starts with 2 s."""
    reads = [Arrival(0.5, 0, 1024, 2.0), Arrival(1.0, 0, 2048, 2.1)]
    first, exact = both(reads, end=2.0)
    assert (first.startup_delay, exact.startup_delay) == (1.0, 0.5)


def test_never_started() -> None:
    """Without a start nothing was played, and what a start defines is unknown."""
    first, _ = both([Arrival(0.5, 0, 1024, 1.0)], end=2.0)
    assert first == Playback(played_time=0.0, buffer_at_end=0.0, profile=FIRST.label)


def test_knows_no_freezes() -> None:
    """It knew nothing of frozen pictures."""
    assert both(list(steady(1.0)))[0].freeze_count is None


@given(st.lists(st.tuples(st.integers(0, 3000), st.integers(1, 10**6), st.integers(0, 4000))))
def test_whatever_comes(reads: list[tuple[int, int, int]]) -> None:
    """Its stalls follow one another, and waiting is the sum of them."""
    arrivals, time, media = [], 0, 0
    for wait, size, gain in reads:
        time, media = time + wait, media + gain
        arrivals.append(Arrival(time / 1000, 0, size, media / 1000))
    first, _ = both(arrivals, end=time / 1000 + 1)
    reached = first.startup_delay or 0.0
    for stall in first.stalls:
        assert stall.start >= reached - 1e-9
        reached = stall.start + stall.length
    assert first.stalled_time == (
        None
        if first.startup_delay is None
        else pytest.approx(sum(stall.length for stall in first.stalls))
    )
