"""What the rules of adaptation are made of: means, histories, requests that are given up."""

import pytest
from abr_videos import RUNGS
from hypothesis import given
from hypothesis import strategies as st

from pytomo.abr import Download, Ladder, Progress
from pytomo.abr.abandon import slower_rung
from pytomo.abr.average import Cautious, Ewma
from pytomo.abr.dash_js import DASH_JS
from pytomo.abr.hls_js import Estimate
from pytomo.abr.switch_history import SwitchHistory
from pytomo.abr.throughput import Throughput

LADDER = Ladder(RUNGS, 4.0, 30.0)


def download(size: int, seconds: float, first_byte: float = 0.0, media: float = 4.0) -> Download:
    return Download(0, 0, size, seconds, first_byte, media, seconds)


@given(st.floats(0.0, 1e9), st.floats(1e-12, 1e6), st.floats(0.1, 20.0))
def test_mean_of_one(value: float, weight: float, half_life: float) -> None:
    """The mean of one value is that value, however little it weighs."""
    mean = Ewma(half_life)
    mean.add(value, weight)
    assert mean.mean == pytest.approx(value)


def test_half_life() -> None:
    """After a half-life of weight, half of the mean is new."""
    mean = Ewma(3.0)
    mean.add(100.0, 3000.0)
    mean.add(200.0, 3.0)
    assert mean.mean == pytest.approx(150.0)


def test_no_weight_is_no_mean() -> None:
    """Without a value that has a weight there is no mean."""
    mean = Ewma(3.0)
    mean.add(100.0, 0.0)
    assert (mean.mean, Cautious(1.0, 2.0).mean) == (None, None)


@given(st.lists(st.tuples(st.floats(0.0, 1e6), st.floats(0.01, 10.0)), min_size=1))
def test_mean_lies_between(values: list[tuple[float, float]]) -> None:
    """A mean lies between the least and the greatest of what it is made of."""
    mean = Cautious(3.0, 8.0)
    for value, weight in values:
        mean.add(value, weight)
    rates = [value for value, _ in values]
    assert mean.mean is not None
    assert min(rates) * (1 - 1e-9) - 1e-9 <= mean.mean <= max(rates) * (1 + 1e-9)


def test_throughput_without_the_latency() -> None:
    """dash.js counts from the first byte on, and relies on nine tenths."""
    throughput = Throughput()
    throughput.read([download(500_000, 2.5, 0.5)])
    assert throughput.mean == pytest.approx(2000.0)
    assert throughput.safe == pytest.approx(1800.0)


def test_throughput_counts_once() -> None:
    """The same downloads read again change nothing."""
    throughput, past = Throughput(), [download(500_000, 2.0)]
    throughput.read(past)
    past.append(download(125_000, 2.0))
    throughput.read(past)
    mean = throughput.mean
    throughput.read(past)
    assert throughput.mean == mean


@pytest.mark.parametrize(
    "useless", [download(0, 0.0), download(9, 0.0), download(9, 1.0, 1.0), download(9, 1.0, 0.0, 0)]
)
def test_throughput_of_nothing(useless: Download) -> None:
    """A download that took no time, or was given up, tells no throughput."""
    throughput = Throughput()
    throughput.read([useless])
    assert (throughput.mean, throughput.safe) == (None, None)


def test_hls_js_takes_the_latency_off() -> None:
    """hls.js takes off the time to the first byte, as far as it expects it."""
    estimate = Estimate()
    estimate.add(download(500_000, 2.1, 0.1))
    assert estimate.rate == pytest.approx(2000.0)
    estimate = Estimate()
    estimate.add(download(0, 2.0, 1.0))
    assert (estimate.known, estimate.latency) == (False, pytest.approx(1.0))


def test_few_choices_limit_nothing() -> None:
    """With fewer than eight choices the history is silent, and so it is without a drop."""
    history = SwitchHistory()
    for _ in range(7):
        history.add(2, 1)
    assert history.highest() is None
    for _ in range(8):
        history.add(2, 2)
    assert history.highest() is None


def test_a_rung_that_is_left() -> None:
    """One drop in eight is enough to avoid the rung, until it is forgotten."""
    history = SwitchHistory()
    for chosen in (2, 2, 2, 2, 2, 2, 2, 1):
        history.add(2, chosen)
    assert history.highest() == 1
    for _ in range(8):
        history.add(1, 1)
    assert history.highest() is None


def progress(kbps: float, seconds: float, **changes: object) -> Progress:
    """A request for 4 s at 3000 kbps that has run for so long at a rate."""
    reads = [(0.1 * n, round(kbps * 12.5)) for n in range(1, round(10 * seconds) + 1)]
    known = {"time": seconds, "number": 3, "rung": 3, "size": 1_500_000, "media": 4.0}
    return Progress(**{**known, "buffer": 5.0, "reads": reads, **changes})  # type: ignore[arg-type]


def given_up(running: Progress) -> int | None:
    return slower_rung(LADDER, running, stable=18.0)


def test_slow_request_is_given_up() -> None:
    """What would take more than 1.8 times its media is asked for at a rung that fits."""
    assert given_up(progress(1000.0, 1.0)) == 1


def test_request_that_does_is_kept() -> None:
    """At 1.7 times its media it goes on; so it does where the rest is less than a new segment."""
    assert given_up(progress(3000.0 / 1.7, 1.0)) is None
    assert given_up(progress(1000.0, 11.0)) is None


@pytest.mark.parametrize(
    "changes", [{"buffer": 18.1}, {"rung": 0}, {"size": None}, {"size": 10}, {"reads": []}]
)
def test_kept_all_the_same(changes: dict[str, object]) -> None:
    """With a full buffer, at the lowest rung, of unknown size, or with nothing come, it goes on."""
    assert given_up(progress(1000.0, 1.0, **changes)) is None


def test_too_early() -> None:
    """Half a second and six events at intervals of 50 ms are needed to judge."""
    assert given_up(progress(1000.0, 0.5)) is None
    dense = [(0.001 * n, 10) for n in range(290)]
    assert given_up(progress(1000.0, 1.0, reads=dense)) is None


def test_nothing_more_comes() -> None:
    """A request of which nothing comes any more is given up for the lowest rung."""
    reads = [(0.1 * n, 1000 if n == 1 else 0) for n in range(1, 11)]
    assert given_up(progress(0.0, 1.0, reads=reads)) == 0


def test_given_up_once() -> None:
    """A segment is given up once, another one again."""
    chooser = DASH_JS.begin(LADDER)
    slow = progress(1000.0, 1.0)
    assert [chooser.abandon(slow), chooser.abandon(slow)] == [1, None]
    assert chooser.abandon(progress(1000.0, 1.0, number=4)) == 1
