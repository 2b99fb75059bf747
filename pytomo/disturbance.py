"""What disturbed a download from this side: how late our own loop ran, and what others carried.

A busy machine must not look like a slow network. `docs/truth.md` has the measurements that the
thresholds rest on. Where the system does not tell (no /proc), a measure is None.
"""

import math
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from types import TracebackType
from typing import Self

from pytomo.interfaces import DEVICES, ROUTES4, ROUTES6, counters, interface
from pytomo.results import Disturbance

TICK = 0.02
"""Seconds that the watching thread sleeps; how much later it wakes up is the lag."""
LAG = 100.0
"""ms of lag from which on a row is disturbed: an arrival may have been noted so much too late."""
WAIT = 0.1
"""Share of the sample spent waiting for a processor from which on a row is disturbed."""
WAIT_LEAST = 0.05
"""Seconds of it below which it does not count: of a sample of some ms any wait is a large share."""
CROSS = 0.1
"""Share of our own throughput from which on what others carry disturbs."""
CROSS_LEAST = 100.0
"""kbps below which it does not: the chatter of any local network."""
SCHEDSTAT = "/proc/thread-self/schedstat"


def disturbed(
    lag: float | None,
    wait: float | None,
    cross: float | None,
    *,
    length: float,
    throughput: float | None,
) -> str | None:
    """`lag`, `cross_traffic` or both, joined by a comma; None where nothing disturbed.

    Lag in ms, the wait as a share of the sample, its length in s, the traffic of others and our own
    in kbps.
    """
    starved = wait is not None and wait >= WAIT and wait * length >= WAIT_LEAST
    late = starved or (lag or 0.0) >= LAG
    crossed = cross is not None and cross >= max(CROSS_LEAST, CROSS * (throughput or 0.0))
    words = [word for word, holds in (("lag", late), ("cross_traffic", crossed)) if holds]
    return ",".join(words) or None


def waited(text: str) -> int | None:
    """Nanoseconds that a thread was ready to run and had no processor, of its schedstat."""
    numbers = text.split()
    return int(numbers[1]) if len(numbers) == 3 else None


def read(path: str) -> str:
    """The text of a file of /proc; empty where there is none."""
    try:
        return Path(path).read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError):
        return ""


class Watch:
    """Watches the machine while it is entered, in the thread that measures."""

    def __init__(
        self,
        *,
        clock: Callable[[], float] = time.monotonic,
        read: Callable[[str], str] = read,
    ) -> None:
        self._clock = clock
        self._read = read
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._sleep, name="watch", daemon=True)
        self._lag = 0.0
        self._began = self._ended = math.nan
        self._wait: int | None = None
        self._before: dict[str, int] = {}
        self._after: dict[str, int] = {}

    def __enter__(self) -> Self:
        self._before = counters(self._read(DEVICES))
        self._wait = waited(self._read(SCHEDSTAT))
        self._began = self._clock()
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._over.set()
        self._ended = self._clock()
        before, now = self._wait, waited(self._read(SCHEDSTAT))
        self._wait = None if before is None or now is None else now - before
        self._after = counters(self._read(DEVICES))
        self._thread.join()

    def _sleep(self) -> None:
        asleep = self._clock()
        while not self._over.wait(TICK):
            awake = self._clock()
            self._lag = max(self._lag, awake - asleep - TICK)
            asleep = awake

    def seen(
        self,
        ip: str | None,
        carried: int | None,
        throughput: float | None = None,
        *,
        waits: Iterable[int | None] = (),
    ) -> Disturbance:
        """What disturbed a download from an address, which itself carried so many bytes.

        `waits`: what each thread of the download says that it `waited`, if it had some.
        """
        cross = None if ip is None or carried is None else self._cross_traffic(ip, carried)
        length = self._ended - self._began
        longest = max((wait for wait in (self._wait, *waits) if wait is not None), default=None)
        wait = longest / 1e9 / length if longest is not None and length > 0 else None
        lag = 1000 * self._lag
        return Disturbance(
            loop_lag=lag,
            cpu_wait=wait,
            cross_traffic=cross,
            disturbed=disturbed(lag, wait, cross, length=length, throughput=throughput),
        )

    def _cross_traffic(self, ip: str, carried: int) -> float | None:
        """kbps that the interface to an address carried for others, both ways."""
        texts = {path: self._read(path) for path in (ROUTES4, ROUTES6)}
        name = interface(ip, texts)
        if name not in self._before or name not in self._after or self._ended <= self._began:
            return None
        others = self._after[name] - self._before[name] - carried
        return max(0.0, 8 * others / 1000 / (self._ended - self._began))
