"""The pace of the lab's hosts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytomo.lab.schedule import BLOCK, GRACE, IDLE, STEP, Grant, Schedule, Script


def grants(schedule: Schedule, size: int, ready: float) -> list[Grant]:
    """All runs of an answer of `size` bytes to a client that always keeps up."""
    found = []
    while size:
        grant = schedule.grant(size, ready)
        found.append(grant)
        size -= grant.size
        ready = grant.due
    return found


def due_times(schedule: Schedule, size: int, ready: float) -> dict[int, float]:
    """When each run's last byte is due, by the bytes until then."""
    total, due = 0, {}
    for grant in grants(schedule, size, ready):
        total += grant.size
        due[total] = grant.due
    return due


@given(rate=st.floats(50, 100_000), size=st.integers(1, 100_000))
def test_byte_n_is_due_at_start_plus_8n_over_rate(rate: float, size: int) -> None:
    """There is no drift, whatever the rate."""
    schedule = Schedule(Script(rate=rate))
    start = schedule.begin(100.0)
    for total, due in due_times(schedule, size, start).items():
        assert due == pytest.approx(100.0 + 8 * total / rate / 1000, abs=1e-6)


@given(rate=st.floats(100, 1_000_000), size=st.integers(1, 1_000_000))
def test_runs_are_short(rate: float, size: int) -> None:
    """No run is longer than its share of time, or one byte at the very least."""
    schedule = Schedule(Script(rate=rate))
    for grant in grants(schedule, min(size, int(rate * 100)), schedule.begin(0.0)):
        assert grant.size <= max(1, STEP * rate * 1000 / 8 + 1e-6)


def test_all_arrives_before_or_after_a_pause() -> None:
    """What is due before a pause comes before it, the rest that much later."""
    schedule = Schedule(Script(rate=800, pauses=((1.0, 3.0), (5.0, 0.5))))
    due = due_times(schedule, 300_000, schedule.begin(10.0))
    before = [total for total, time in due.items() if time < 11.001]
    assert max(before) == 100_000
    assert due[200_000] == pytest.approx(15.0)
    assert due[300_000] == pytest.approx(16.5)
    assert not [time for time in due.values() if 11.001 < time < 14.0]


def test_a_request_in_a_pause_waits_for_its_end() -> None:
    """The pause counts from the first request, not from this one."""
    schedule = Schedule(Script(rate=800, pauses=((1.0, 3.0),)))
    schedule.begin(10.0)
    ready = schedule.begin(12.0)
    assert schedule.grant(500, ready) == Grant(500, pytest.approx(14.005))


def test_latency_delays_the_first_byte_of_each_answer() -> None:
    """It is a part of the schedule of the first and of every later answer."""
    schedule = Schedule(Script(rate=800, latency=0.2))
    assert schedule.begin(10.0) == pytest.approx(10.2)
    grants(schedule, 10_000, 10.2)
    schedule.end(10.3)
    assert schedule.begin(10.3) == pytest.approx(10.5)


def test_connections_share_the_rate() -> None:
    """Two answers at once take as long as one of both sizes."""
    schedule = Schedule(Script(rate=800))
    ready = [schedule.begin(0.0), schedule.begin(0.0)]
    for turn in range(400):
        ready[turn % 2] = schedule.grant(500, ready[turn % 2]).due
    assert max(ready) == pytest.approx(2.0)


def test_a_request_that_follows_at_once_loses_no_time() -> None:
    """The machine's own delay between two requests is no part of the script."""
    schedule = Schedule(Script(rate=800))
    grants(schedule, 100_000, schedule.begin(0.0))
    schedule.end(1.001)
    ready = schedule.begin(1.0 + GRACE / 2)
    assert due_times(schedule, 100_000, ready)[100_000] == pytest.approx(2.0)


def test_time_between_requests_is_lost() -> None:
    """A server does not make up for the time in which nothing was asked of it."""
    schedule = Schedule(Script(rate=800))
    grants(schedule, 100_000, schedule.begin(0.0))
    schedule.end(1.0)
    ready = schedule.begin(1.0 + IDLE / 2)
    assert due_times(schedule, 100_000, ready)[100_000] == pytest.approx(2.0 + IDLE / 2)


def test_time_in_which_a_client_does_not_read_is_lost() -> None:
    """A connection that could not take more goes on from when it could."""
    schedule = Schedule(Script(rate=800))
    schedule.begin(0.0)
    assert schedule.grant(500, 0.0).due == pytest.approx(0.005)
    assert schedule.grant(500, 7.0).due == pytest.approx(7.005)


def test_the_clock_starts_anew_after_the_host_was_idle() -> None:
    """A pause comes again in the next download."""
    schedule = Schedule(Script(pauses=((1.0, 3.0),)))
    for start in (0.0, 5.0 + IDLE):
        schedule.begin(start)
        assert schedule.grant(10, start + 2.0).due == start + 4.0
        schedule.end(start + 4.0)


def test_the_clock_goes_on_while_a_request_is_open() -> None:
    """Two requests at once are one download."""
    schedule = Schedule(Script(pauses=((1.0, 3.0),)))
    schedule.begin(0.0)
    schedule.begin(100.0)
    assert schedule.grant(10, 101.5).due == 101.5


def test_without_a_rate_blocks_are_due_at_once() -> None:
    """An unlimited host serves as fast as the client reads."""
    schedule = Schedule(Script())
    assert schedule.grant(10 * BLOCK, schedule.begin(3.0)) == Grant(BLOCK, 3.0)
