"""What Pytomo reports against what the lab's servers really did."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from closed_form import Expected, closed_form

from pytomo.config import Config
from pytomo.lab.encoding import Encoding
from pytomo.lab.lab import Lab
from pytomo.lab.schedule import Script
from pytomo.lab.truth import cumulative, select
from pytomo.measure import Steps, measure
from pytomo.profiles import profile
from pytomo.results import Row, Segment, Track, TrackKind, Video, Visit

pytest.importorskip("av", reason="the lab makes its media with PyAV")

NAME = "even.mp4"
SECONDS = 15.0
LONGER = {0.9: 26.0, 0.95: 56.0}
"""Close to the rate of the video the first stall takes longer to come."""
AT_ONCE = 2
"""Measurements; more of them in one process would be measuring how Python's threads wait."""
RATIOS = (0.3, 0.5, 0.8, 0.9, 0.95, 1.0, 1.05, 1.5, 4.0)
PAUSE = "pause"

STARTUP_TOLERANCE = 0.1
STALLED_TOLERANCE = 0.15


def host(case: float | str) -> str:
    return f"rate-{case}.lab.example".replace("0.", "0-")


def seconds(case: float | str) -> float:
    """How long a case is measured."""
    return LONGER.get(case, SECONDS) if isinstance(case, float) else SECONDS


def scripts(rate: float) -> dict[str, Script]:
    """A host for each ratio, and one that pauses 3 s at its fifth second."""
    steady = {host(ratio): Script(rate=ratio * rate) for ratio in RATIOS}
    return steady | {host(PAUSE): Script(rate=1.5 * rate, pauses=((5.0, 3.0),))}


def measured(lab: Lab, case: float | str) -> Row:
    """The row of a direct download of the even video from a host."""
    url = lab.url(NAME, host=host(case))
    encoding = lab.encoding(NAME)
    track = Track(
        kind=TrackKind.BOTH, segments=(Segment(url=url),), container="mp4", protocol="https"
    )
    video = Video(extraction_time=0.0, claimed_duration=encoding.duration, tracks=(track,))
    visit = Visit(at=datetime.now(UTC), service="generic", url=url, round=0)
    steps = Steps(extract=lambda url, config: video)
    config = Config(download_time=seconds(case), ping_packets=1, **lab.settings())
    return next(measure(visit, config, steps))


class Measured:
    """All cases, measured at the same time, with the lab that served them."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        longest_first = sorted((*RATIOS, PAUSE), key=seconds, reverse=True)
        with ThreadPoolExecutor(AT_ONCE) as pool:
            rows = pool.map(lambda case: measured(lab, case), longest_first)
            self.rows = dict(zip(longest_first, rows, strict=True))

    def expected(self, case: float | str) -> Expected:
        """The closed form of the default profile on the schedule that was really served."""
        encoding = self.lab.encoding(NAME)
        address = self.lab.address(host(case))
        response = self.rows[case].response
        assert response is not None
        asked = min(asked.at for asked in select(self.lab.truth.asked, address=address))
        began = asked - (response.connect_time or 0.0) - (response.tls_time or 0.0)
        served = cumulative(select(self.lab.truth.served, address=address))
        curve = [(time - began, media_time(encoding, size)) for time, size in served]
        return closed_form(
            [(0.0, 0.0), *curve], encoding.duration, seconds(case), profile(Config())
        )


def media_time(encoding: Encoding, size: int) -> float:
    """Media seconds in the first bytes of a file of constant bitrate, behind its header."""
    header = encoding.path.read_bytes().index(b"mdat") + len("mdat")
    return max(0.0, (size - header) / (encoding.size - header) * encoding.duration)


@pytest.fixture(scope="module")
def truth() -> Iterator[Measured]:
    with Lab() as plain:
        rate = plain.encoding(NAME).bitrate
    with Lab(hosts=scripts(rate)) as lab:
        yield Measured(lab)


@pytest.mark.parametrize("case", [*RATIOS, PAUSE])
def test_playback_agrees_with_the_served_schedule(truth: Measured, case: float | str) -> None:
    """Startup delay, number of stalls and stalled time are those of the closed form."""
    row, expected = truth.rows[case], truth.expected(case)
    assert row.values()["Outcome"] == "ok", row.ending
    playback = row.playback
    assert playback is not None
    assert playback.startup_delay == pytest.approx(expected.startup_delay, abs=STARTUP_TOLERANCE)
    assert playback.stall_count == len(expected.stalls)
    assert playback.stalled_time == pytest.approx(expected.stalled, abs=STALLED_TOLERANCE)


@pytest.mark.parametrize("ratio", [ratio for ratio in RATIOS if ratio >= 1.0])
def test_no_stall_is_invented(truth: Measured, ratio: float) -> None:
    """A server that keeps up with the video never makes it stall."""
    playback = truth.rows[ratio].playback
    assert playback is not None
    assert playback.stall_count == 0


@pytest.mark.parametrize("ratio", [0.3, 0.5, 0.8, 0.9, 0.95])
def test_stalls_are_found(truth: Measured, ratio: float) -> None:
    """A server that does not keep up makes the video stall."""
    playback = truth.rows[ratio].playback
    assert playback is not None
    assert playback.stall_count
