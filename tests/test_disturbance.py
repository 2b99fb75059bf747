"""What disturbed a download: the watch on this machine, with a test's clock and files."""

import threading

import pytest
from test_interfaces import TEXTS

from pytomo.disturbance import CROSS, CROSS_LEAST, LAG, SCHEDSTAT, WAIT, Watch, disturbed, waited
from pytomo.interfaces import DEVICES
from pytomo.results import COLUMNS


def dev(received: int, sent: int) -> str:
    return f"\n\n eth0: {received} 0 0 0 0 0 0 0 {sent} 0 0 0 0 0 0 0\n"


class Machine:
    """Files that change with each reading, and a clock that only the test moves."""

    def __init__(self, *, stats: list[str], devices: list[str]) -> None:
        self.now = 0.0
        self._files = {SCHEDSTAT: stats, DEVICES: devices}

    def read(self, path: str) -> str:
        waiting = self._files.get(path)
        return waiting.pop(0) if waiting else TEXTS.get(path, "")

    def clock(self) -> float:
        return self.now


def watched(machine: Machine, seconds: float = 10.0) -> Watch:
    with Watch(clock=machine.clock, read=machine.read) as watch:
        machine.now += seconds
    return watch


@pytest.mark.parametrize(
    ("lag", "wait", "cross", "throughput", "expected"),
    [
        (LAG - 1, WAIT - 0.01, CROSS * 5000 - 1, 5000.0, None),
        (LAG, 0.0, 0.0, 5000.0, "lag"),
        (0.0, WAIT, 0.0, 5000.0, "lag"),
        (0.0, 0.0, CROSS * 5000, 5000.0, "cross_traffic"),
        (LAG, 0.0, CROSS * 5000, 5000.0, "lag,cross_traffic"),
        (0.0, 0.0, CROSS_LEAST - 1, 10.0, None),
        (0.0, 0.0, CROSS_LEAST, None, "cross_traffic"),
        (None, None, None, None, None),
    ],
)
def test_the_flag_names_what_is_beyond_its_threshold(
    lag: float | None,
    wait: float | None,
    cross: float | None,
    throughput: float | None,
    expected: str | None,
) -> None:
    """Lag by its length or by the share of waiting; traffic by our own, but for chatter."""
    assert disturbed(lag, wait, cross, length=10.0, throughput=throughput) == expected


def test_a_short_wait_is_no_lag() -> None:
    """Half of a sample of 10 ms is nothing; half of one of 100 ms is something."""
    assert disturbed(0.0, 0.5, None, length=0.01, throughput=None) is None
    assert disturbed(0.0, 0.5, None, length=0.1, throughput=None) == "lag"


def test_the_thresholds_are_documented() -> None:
    """The column's sentence has the numbers of the code."""
    text = next(metric.text for metric in COLUMNS if metric.column == "Disturbed")
    assert f"LoopLag of {LAG:g} ms" in text
    assert f"CpuWait of {WAIT:g}" in text
    assert (CROSS, f"{CROSS_LEAST:g} kbps" in text, "a tenth" in text) == (0.1, True, True)


def test_traffic_that_is_not_ours_crosses() -> None:
    """5 MB in 10 s on the interface, of which 1 MB was ours: 3200 kbps."""
    machine = Machine(stats=[], devices=[dev(0, 1000), dev(4_900_000, 101_000)])
    seen = watched(machine).seen("192.0.2.1", 1_000_000, 800.0)
    assert seen.cross_traffic == pytest.approx(3200)
    assert seen.disturbed == "cross_traffic"


def test_our_own_traffic_does_not_cross() -> None:
    """What the kernel counts a little more for us than the interface did is not less than none."""
    machine = Machine(stats=[], devices=[dev(0, 0), dev(1_000_000, 0)])
    seen = watched(machine).seen("192.0.2.1", 1_010_000, 800.0)
    assert (seen.cross_traffic, seen.disturbed) == (0.0, None)


def test_the_wait_for_a_processor_is_a_share_of_the_sample() -> None:
    """The second number of schedstat is nanoseconds on a run queue: 1.2 s of 10 s."""
    machine = Machine(stats=["5 1000000000 9", "6 2200000000 12"], devices=[])
    seen = watched(machine).seen(None, None)
    assert seen.cpu_wait == pytest.approx(0.12)
    assert seen.disturbed == "lag"


def test_the_thread_that_waited_longest_counts() -> None:
    """Where tracks have threads of their own, theirs are what measures: 2.5 s of 10 s."""
    machine = Machine(stats=["5 1000000000 9", "6 1000000000 12"], devices=[])
    seen = watched(machine).seen(None, None, waits=[None, 2_500_000_000, 1_000_000_000])
    assert seen.cpu_wait == pytest.approx(0.25)


def test_what_the_system_does_not_tell_is_unknown() -> None:
    """Without /proc there is no share and no traffic; the lag is known everywhere."""
    seen = watched(Machine(stats=[], devices=[])).seen("192.0.2.1", 1000, 5000.0)
    assert (seen.cpu_wait, seen.cross_traffic) == (None, None)
    assert seen.loop_lag is not None
    assert waited("") is None


def test_the_lag_is_the_longest_lateness() -> None:
    """A clock on which a sleep of 20 ms takes 320 ms."""
    ticked = threading.Event()
    times = iter((0.0, 0.0, 0.32))

    def clock() -> float:
        if threading.current_thread() is threading.main_thread():
            return 1.0
        found = next(times, 0.34)
        if found == 0.34:
            ticked.set()
        return found

    with Watch(clock=clock, read=lambda _: "") as watch:
        assert ticked.wait(10)
    assert watch.seen(None, None).loop_lag == pytest.approx(320 - 20)
    assert watch.seen(None, None).disturbed == "lag"


def test_nothing_stays_behind() -> None:
    """The watching thread ends with the watch, whatever ends it."""

    def broken() -> None:
        with Watch():
            raise KeyboardInterrupt

    before = threading.active_count()
    with pytest.raises(KeyboardInterrupt):
        broken()
    assert threading.active_count() == before
