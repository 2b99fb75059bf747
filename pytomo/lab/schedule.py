"""When the bytes of a scripted host are due: pure, no clock of its own. Times are in seconds."""

import math
from dataclasses import dataclass
from typing import NamedTuple

STEP = 0.005
"""Longest time, s, whose bytes are sent in one run."""
BLOCK = 256 * 1024
"""Most bytes sent in one run."""
GRACE = 0.020
"""A request that follows the last one within this time, s, loses no time: the difference is this
machine's, not the scripted server's."""
ROUNDING = 1e-3
"""Part of a byte by which times may be off."""
IDLE = 0.5
"""After this time, s, without a request for media a host's clock starts anew with the next one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """How a host behaves. The default: it serves all there is as fast as it can."""

    rate: float | None = None
    """kbps of body, for all connections of the host together; None: unlimited."""
    latency: float = 0.0
    """Seconds before the first byte of each answer; inf: never."""
    pauses: tuple[tuple[float, float], ...] = ()
    """(at, length), s: nothing is sent for so long, counted from the first request for media after
    the host was idle. They do not overlap."""
    reset_after: int | None = None
    """Bytes of body after which a connection is reset."""
    resets: int | None = None
    """How many connections are reset; None: all that get that far."""
    redirect_to: str | None = None
    """Each request is sent elsewhere: to a URL or, without ://, to the same target on that host."""
    status: int | None = None
    """Answer with this status and no media."""
    tls_delay: float = 0.0
    """Seconds before the TLS handshake is answered."""
    extra_length: int = 0
    """Bytes promised in Content-Length that never come: the connection is closed instead."""


class Grant(NamedTuple):
    """So many bytes, due at that time."""

    size: int
    due: float


class Schedule:
    """A host's bytes on their way: byte n is due at start + 8n / rate, pauses left out."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self._origin = -math.inf
        self._free = -math.inf
        self._left = -math.inf
        self._active = 0

    @property
    def bytes_per_second(self) -> float:
        """The rate; inf if unlimited."""
        return math.inf if self.script.rate is None else self.script.rate * 1000 / 8

    def begin(self, now: float) -> float:
        """A request for media came: returns when its first byte may leave."""
        if not self._active and now - self._left > IDLE:
            self._origin, self._free = now, -math.inf
        self._active += 1
        first = now + self.script.latency
        return self._free if self._free < first <= self._free + GRACE else first

    def end(self, now: float) -> None:
        """A request for media is over."""
        self._active -= 1
        self._left = now

    def grant(self, wanted: int, ready: float) -> Grant:
        """The next bytes, at most `wanted`, of a connection that is ready for them since then."""
        begin = self._after_pause(max(self._free, ready))
        seconds = min(STEP, self._next_pause(begin) - begin)
        size = min(wanted, BLOCK, max(1, self._fitting(seconds)))
        self._free = begin + size / self.bytes_per_second
        return Grant(size, self._free)

    def _fitting(self, seconds: float) -> int:
        if self.script.rate is None:
            return BLOCK
        return int(seconds * self.bytes_per_second + ROUNDING)

    def _after_pause(self, time: float) -> float:
        for at, length in self.script.pauses:
            if self._origin + at <= time < self._origin + at + length:
                return self._origin + at + length
        return time

    def _next_pause(self, time: float) -> float:
        starts = (self._origin + at for at, _ in self.script.pauses)
        return min((start for start in starts if start > time), default=math.inf)
