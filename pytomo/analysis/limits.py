"""What limited playbacks that started late, never started or stalled: rules on arrays. Pure.

`docs/verdict.md` gives the reasons and sources. NaN, unknown, satisfies no comparison, so that no
rule holds on what is not known.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pytomo.analysis.causes import Rule
from pytomo.analysis.norms import Norms
from pytomo.summary import QUICK_START

COLUMNS = (
    *("StartupDelay", "ConnectTime", "TlsTime", "TimeTogetFirstByte", "DownloadInterruptions"),
    *("AverageThroughput", "MaxInstantThp", "EncodingRate", "InitialData", "DownloadBytes"),
    *("DownloadTime", "PingMin", "PingLoss", "TcpRtt", "TcpOutOfOrder"),
)

PINGS_LOST = 0.11
"""More than this share of pings is a sign of loss; of ten pings, that is more than one."""
OUT_OF_ORDER = 0.01
"""Share of segments that came out of order from which on packets were lost: behind a lost segment
of a full window, dozens that follow it are out of order."""
QUEUEING = 100.0
"""ms by which the round trip grew under load (Gettys and Nichols, "Bufferbloat", CACM 55, 2012)."""
FAR = 50.0
"""ms more than usual; light in fibre takes them for 5000 km and back."""
FAR_TIMES = 2.0
"""And so many times the usual."""
SAME_FLIGHT = 0.5
"""Of the bytes that others keep under way: TCP's rate is what is under way by the round trip
(Mathis et al., "The Macroscopic Behavior of the TCP Congestion Avoidance Algorithm", 1997)."""
FIRST_WINDOW = 10 * 1460
"""bytes that a server may send at once (RFC 6928); then twice as many in each round trip."""
SEGMENT = 1448
"""bytes of data in a full segment with TCP's timestamps."""

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Codes = NDArray[np.int8]


@dataclass(frozen=True)
class Samples:
    """Samples that did not play well, with what follows from their columns."""

    columns: Mapping[str, Floats]
    """Those of `COLUMNS`."""
    others: Floats
    """kbps that another server gave at the same time."""
    norms: Norms

    @cached_property
    def started(self) -> Flags:
        """Whether playback started."""
        return ~np.isnan(self.columns["StartupDelay"])

    @cached_property
    def stalled(self) -> Flags:
        """Whether it stalled."""
        return self.columns["DownloadInterruptions"] > 0

    @cached_property
    def wait(self) -> Floats:
        """s until the start, or to the end of the sample."""
        return np.where(self.started, self.columns["StartupDelay"], self.columns["DownloadTime"])

    @cached_property
    def round_trip(self) -> Floats:
        """s: the shortest that is known."""
        pings, handshakes = self.columns["PingMin"] / 1000, self.columns["ConnectTime"]
        return np.where(np.isnan(pings), handshakes, pings)

    @cached_property
    def size(self) -> Floats:
        """bytes until the start, or to the end of the sample."""
        return np.where(self.started, self.columns["InitialData"], self.columns["DownloadBytes"])

    @cached_property
    def transfer(self) -> Floats:
        """s of the wait after the first byte."""
        before = sum(self._spent(c) for c in ("ConnectTime", "TlsTime", "TimeTogetFirstByte"))
        return np.maximum(self.wait - before, 0.0)

    @cached_property
    def rounds(self) -> Floats:
        """Round trips in which TCP's slow start brings the bytes until the start (Cardwell et al.,
        "Modeling TCP Latency", INFOCOM 2000)."""
        return np.log2(1 + np.nan_to_num(self.size) / FIRST_WINDOW)

    @cached_property
    def parts(self) -> Mapping[str, Floats]:
        """s of the wait by what took them: distance, connection, answer and rate."""
        trip = np.nan_to_num(self.round_trip)
        connect, tls = self._spent("ConnectTime"), self._spent("TlsTime")
        answer, rounds = self._spent("TimeTogetFirstByte"), self.rounds * trip
        phases = ((connect, trip), (tls, 2 * trip), (answer, trip), (self.transfer, rounds))
        far = sum(np.minimum(took, trips) for took, trips in phases)
        beyond = [np.maximum(took - trips, 0.0) for took, trips in phases]
        return {
            "distance": np.asarray(far),
            "connection": beyond[0],
            "answer": beyond[1] + beyond[2],
            "rate": beyond[3],
        }

    @cached_property
    def late(self) -> Flags:
        """Whether it started, did not stall, and is only to be blamed for its start."""
        return self.started & ~self.stalled

    @cached_property
    def needed(self) -> Floats:
        """kbps that would have done: the video's rate or, to start in time, what fetches the bytes
        in the seconds that the first byte left of it (half of those that it took, at least)."""
        left = np.maximum(QUICK_START - self.wait + self.transfer, self.transfer / 2)
        in_time = _rate(self.size, left)
        return np.where(self.late, in_time, self.columns["EncodingRate"])

    @cached_property
    def given(self) -> Floats:
        """kbps that came: in the sample or, of one that was late only, until its start."""
        column = self.columns["AverageThroughput"]
        known = _rate(self.columns["DownloadBytes"], self.columns["DownloadTime"])
        average = np.where(np.isnan(column), known, column)
        return np.where(self.late, _rate(self.size, self.transfer), average)

    @cached_property
    def out_of_order(self) -> Floats:
        """Share of segments that came out of order."""
        segments = np.maximum(self.columns["DownloadBytes"] / SEGMENT, 1.0)
        return self.columns["TcpOutOfOrder"] / segments

    @cached_property
    def queueing(self) -> Floats:
        """ms that the round trip grew under load."""
        return self.columns["TcpRtt"] - self.columns["PingMin"]

    @cached_property
    def lossy(self) -> Flags:
        """Whether packets were lost or queued. A host that answers no ping at all is no sign."""
        pings = self.columns["PingLoss"]
        lost = (pings > PINGS_LOST) & (pings < 1)
        return lost | (self.out_of_order >= OUT_OF_ORDER) | (self.queueing >= QUEUEING)

    @cached_property
    def far(self) -> Flags:
        """Whether the round trip, and nothing but it, explains the rate."""
        trip, usual = 1000 * self.round_trip, self.norms.round_trip
        most = self.columns["MaxInstantThp"]
        away = (trip >= usual + FAR) & (trip >= FAR_TIMES * usual)
        full = most * trip / 8 >= SAME_FLIGHT * self.norms.in_flight
        return away & full & (most < self.needed)

    def _spent(self, column: str) -> Floats:
        """s of a phase; 0 if it is unknown or there was none."""
        return np.nan_to_num(self.columns[column])


def limits(samples: Samples) -> Codes:
    """The rule that holds for each sample: of its wait or, always if it stalled, of its rate."""
    by_part = {name: np.asarray(part) for name, part in samples.parts.items()}
    largest = np.argmax(np.stack(list(by_part.values())), axis=0)
    of_wait = _first(
        (largest == 0, Rule.FAR_START),
        (largest == 1, Rule.SLOW_CONNECTION),
        ((largest == 2) & samples.lossy, Rule.LOST_ANSWER),
        (largest == 2, Rule.SLOW_ANSWER),
        default=np.full(len(largest), -1),
    )
    of_wait = np.where(samples.stalled, -1, of_wait)
    return np.where(of_wait >= 0, of_wait, _of_rate(samples)).astype(np.int8)


def _of_rate(samples: Samples) -> Any:
    needed, others, capacity = samples.needed, samples.others, samples.norms.capacity
    never = ~samples.started & ~samples.stalled
    return _first(
        (never & (samples.given >= needed), Rule.RATE_SUFFICED),
        (capacity < needed, Rule.LINE),
        (samples.lossy, Rule.LOSS),
        (samples.far, Rule.FAR),
        (others < needed, Rule.ALL_SLOW),
        (others >= needed, Rule.THIS_SLOW),
        (capacity >= needed, Rule.THIS_SLOW),
        default=np.full(len(needed), Rule.UNDECIDED.code),
    )


def _first(*rules: tuple[Flags, Rule], default: Any) -> Any:
    conditions, found = zip(*rules, strict=True)
    return np.select(conditions, [rule.code for rule in found], default)


def _rate(size: Floats, seconds: Floats) -> Floats:
    """kbps."""
    found: Floats = np.full(len(size), np.nan)
    return np.divide(8 * size / 1000, seconds, out=found, where=seconds > 0)
