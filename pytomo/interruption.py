"""Ctrl-C and SIGTERM: one KeyboardInterrupt, never in the middle of the bookkeeping."""

import math
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType
from typing import Any, Self

SIGNALS = (signal.SIGINT, signal.SIGTERM)


IMPATIENCE = 1.0
"""Seconds: signals that follow so soon are the same wish, and must not cut off the bookkeeping."""


class Interruption:
    """While entered, a signal raises KeyboardInterrupt; those right after it do nothing.

    Must be entered in the main thread, where Python runs signal handlers.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._raised_at = -math.inf
        self._waiting = False
        self._holding = False
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Self:
        self._before = {number: signal.signal(number, self._handle) for number in SIGNALS}
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    @contextmanager
    def held(self) -> Iterator[None]:
        """A signal that comes meanwhile takes effect at the end."""
        self._holding = True
        try:
            yield
        finally:
            self._holding = False
        if self._waiting:
            self._raise()

    def _handle(self, number: int, frame: FrameType | None) -> None:
        if self._clock() - self._raised_at < IMPATIENCE:
            return
        if self._holding:
            self._waiting = True
        else:
            self._raise()

    def _raise(self) -> None:
        self._waiting = False
        self._raised_at = self._clock()
        raise KeyboardInterrupt
