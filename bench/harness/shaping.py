"""A rate that changes with time: what one side of a lane may send, by `tc tbf`.

Rates are goodput, kbps of what TCP delivers: `WIRE` has the headers on top of it.
"""

import socket
import threading
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

from harness.entering import entered
from harness.namespaces import CLIENT, Namespace

WIRE = 1 / 0.956
"""Bits on the wire for a bit of TCP's payload: 1514 bytes carry 1448."""
BURST = 4096
"""Bytes that may pass at once: not less than a packet."""
QUEUE = 128_000
"""Bytes: more than two connections can have on the way, so nothing is lost."""
NEAR, FAR = 32_000, 64_000
"""Bytes of a receive buffer on a short and on a long path: half of it can be on the way. That fills
the link, keeps queues short, and lets two connections share the link evenly. Without such a limit
Reno fills any queue: it loses packets at another moment each time, or a second connection starves.
"""
OUTAGE = "8bit"
"""Nothing passes (tc knows no rate of zero), but the queue stays, as that of a lost radio link."""
OPEN = 100_000.0
"""kbps before the clock starts."""


class Step(NamedTuple):
    """From when on which rate holds."""

    at: float
    """Seconds since the start."""
    rate: float
    """kbps; 0 is an outage."""


def limit(receiver: Namespace, rtt: float) -> None:
    """New connections inside have little on the way; `rtt` is what the path adds (ms)."""
    size = FAR if rtt else NEAR
    receiver.run("sh", "-ec", f"echo 4096 {size} {size} >/proc/sys/net/ipv4/tcp_rmem")


class Shaper:
    """The shaped direction of a lane."""

    def __init__(self, sender: Namespace, device: str) -> None:
        """Open at first; `sender` is the namespace whose packets are shaped."""
        self._sender, self._device = sender, device
        with entered(sender.holder):
            self._kick = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._over = threading.Event()
        self._follower: threading.Thread | None = None
        self._tc("add", OPEN)

    def set(self, rate: float) -> None:
        """From now on this rate (kbps) holds."""
        self._tc("change", rate)
        # The queue sleeps as long as the old rate made it: any packet makes it look at the new one.
        self._kick.sendto(b"", (CLIENT, 9))

    def follow(
        self,
        schedule: Sequence[Step],
        start: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Apply steps when their time comes, counted from a time of the clock."""
        self._follower = threading.Thread(target=self._apply, args=(start, schedule, clock))
        self._follower.start()

    def _apply(self, start: float, steps: Sequence[Step], clock: Callable[[], float]) -> None:
        for step in steps:
            if self._over.wait(max(0.0, start + step.at - clock())):
                return
            self.set(step.rate)

    def close(self) -> None:
        """Apply no further step."""
        self._over.set()
        if self._follower is not None:
            self._follower.join()
        self._kick.close()

    def _tc(self, verb: str, rate: float) -> None:
        wire = f"{rate * WIRE:.0f}kbit" if rate else OUTAGE
        bucket = ("rate", wire, "burst", str(BURST), "limit", str(QUEUE))
        self._sender.run("tc", "qdisc", verb, "dev", self._device, "root", "tbf", *bucket)
