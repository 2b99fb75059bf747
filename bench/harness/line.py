"""One direction of an emulated link: which packets are lost, and when the others leave it.

Pure: the time comes in with every call. The relay (`relay.py`) does the reading and writing.
"""

from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from heapq import heappop, heappush
from random import Random
from typing import Any, Self

TCP, UDP = 6, 17
ICMP = {1, 58}
SYN, FIN = 0x02, 0x01


@dataclass(frozen=True, slots=True)
class Conditions:
    """What one direction of a link does to packets.

    Jitter is uniform within ± `jitter` of `delay`. Unless `reorder` is asked for, packets leave in
    the order in which they came, so that among close ones the late ones hold up the others. `loss`
    is the share of packets that vanish, each one independently of the others; of `lossy` kinds
    only (see `kind_of`), if any are named.
    """

    delay: float = 0.0
    jitter: float = 0.0
    loss: float = 0.0
    reorder: bool = False
    lossy: tuple[str, ...] = ()
    seed: int = 1


@dataclass(slots=True)
class Counts:
    """Packets by kind: those that passed, and those that were dropped; how late they left (s)."""

    passed: Counter[str] = field(default_factory=Counter)
    dropped: Counter[str] = field(default_factory=Counter)
    late: float = 0.0
    latest: float = 0.0

    @property
    def mean_late(self) -> float:
        """By how much packets left too late, in the mean (s); 0 where there was none."""
        return self.late / max(1, self.passed.total())

    def values(self) -> dict[str, Any]:
        """The counts for JSON."""
        counters = {"passed": dict(self.passed), "dropped": dict(self.dropped)}
        return {**counters, "late": self.late, "latest": self.latest}

    @classmethod
    def of(cls, values: dict[str, Any]) -> Self:
        """The counts from JSON."""
        return cls(
            Counter(values["passed"]), Counter(values["dropped"]), values["late"], values["latest"]
        )


def kind_of(packet: bytes) -> str:
    """`tcp_data`, `tcp_fin`, `tcp_ack`, `udp`, `icmp` or `other`, of an IPv4 or IPv6 packet.

    A segment is `tcp_data` if it has a payload or SYN: what TCP sends again when it is lost. So is
    a FIN, but when everybody has stopped counting. The others acknowledge only.
    """
    six = packet[:1] >= b"\x60"
    if len(packet) < (40 if six else 20):
        return "other"
    protocol = packet[6] if six else packet[9]
    if protocol == TCP:
        return _kind_of_segment(packet[40:] if six else packet[4 * (packet[0] & 0x0F) :])
    return "udp" if protocol == UDP else "icmp" if protocol in ICMP else "other"


def _kind_of_segment(segment: bytes) -> str:
    if len(segment) < 20:
        return "other"
    payload = len(segment) - 4 * (segment[12] >> 4)
    if payload or segment[13] & SYN:
        return "tcp_data"
    return "tcp_fin" if segment[13] & FIN else "tcp_ack"


class Line:
    """A queue in which each packet stays as long as the conditions say."""

    def __init__(self, conditions: Conditions) -> None:
        self.conditions = conditions
        self.counts = Counts()
        self._random = Random(conditions.seed)
        self._straight: deque[tuple[float, bytes]] = deque()
        self._sorted: list[tuple[float, int, bytes]] = []
        self._number = 0
        self._last = float("-inf")

    def offer(self, packet: bytes, now: float) -> None:
        """A packet that came at this time: it is dropped, or will be `due`."""
        kind = kind_of(packet)
        if self._is_lost(kind):
            self.counts.dropped[kind] += 1
            return
        self.counts.passed[kind] += 1
        release = now + self._stay()
        if self.conditions.reorder:
            self._number += 1
            heappush(self._sorted, (release, self._number, packet))
        else:
            self._last = max(release, self._last)
            self._straight.append((self._last, packet))

    def _is_lost(self, kind: str) -> bool:
        loss, lossy = self.conditions.loss, self.conditions.lossy
        return bool(loss) and (not lossy or kind in lossy) and self._random.random() < loss

    def _stay(self) -> float:
        delay, jitter = self.conditions.delay, self.conditions.jitter
        return max(0.0, delay + self._random.uniform(-jitter, jitter)) if jitter else delay

    def next_release(self) -> float:
        """When the next packet leaves; infinity if none waits."""
        if self.conditions.reorder:
            return self._sorted[0][0] if self._sorted else float("inf")
        return self._straight[0][0] if self._straight else float("inf")

    def due(self, now: float) -> Iterator[bytes]:
        """The packets whose time has come, which leave the line."""
        while (release := self.next_release()) <= now:
            late = now - release
            self.counts.late += late
            self.counts.latest = max(self.counts.latest, late)
            yield (
                heappop(self._sorted)[2] if self.conditions.reorder else self._straight.popleft()[1]
            )
