"""Ctrl-C and SIGTERM: one KeyboardInterrupt, never in the middle of the bookkeeping."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType
from typing import Any, Self

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interruption:
    """While entered, the first signal raises KeyboardInterrupt; the ones after it do nothing.

    Must be entered in the main thread, where Python runs signal handlers.
    """

    def __init__(self) -> None:
        self._asked = False
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
        asked_before = self._asked
        try:
            yield
        finally:
            self._holding = False
        if self._asked and not asked_before:
            raise KeyboardInterrupt

    def _handle(self, number: int, frame: FrameType | None) -> None:
        asked_before, self._asked = self._asked, True
        if not asked_before and not self._holding:
            raise KeyboardInterrupt
