"""Runs in parallel lanes.

Browsers take most of the machine's time, so each side has lanes of its own; both go through the
conditions in the same order.
"""

import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from harness.results import ATTEMPTS, Result
from harness.run import SIDES, Run

STAGGER = 2.0
"""Seconds between the first runs, so that not all lanes start a browser at the same time."""

URGENCY = -15
"""As nice values are: other processes of the machine must not look like a slow network."""
GROUP = Path("/proc/self/autogroup")
"""The processes of our session, which share what the scheduler gives to them together."""

Work = Callable[[Run], Result]


@contextmanager
def urgent() -> Iterator[None]:
    """Our session comes before others (Chromium undoes what it inherits of `nice` alone)."""
    with suppress(OSError):  # a kernel without such groups
        GROUP.write_text(str(URGENCY))
    os.nice(URGENCY)
    try:
        yield
    finally:
        os.nice(-URGENCY)
        with suppress(OSError):
            GROUP.write_text("0")


class Lanes:
    """Threads that do runs until there is none left."""

    def __init__(self, wanted: Sequence[Run], work: Work, keep: Callable[[Result], None]) -> None:
        """`work` does a run; `keep` is called with what came of it, never at the same time."""
        self._waiting: dict[str, queue.SimpleQueue[Run]] = {
            side: queue.SimpleQueue() for side in SIDES
        }
        for each in wanted:
            self._waiting[each.side].put(each)
        self._work, self._keep = work, keep
        self._lock, self._stop = threading.Lock(), threading.Event()

    def run(self, lanes: int, busy: float) -> None:
        """Do all runs, so many of each side at the same time.

        A run in which more than the share `busy` of the processors was taken is done twice. What
        fails twice is told and left out. KeyboardInterrupt ends the runs that are under way.
        """
        threads = [
            threading.Thread(target=self._lane, args=(side, busy))
            for _ in range(lanes)
            for side in SIDES
        ]
        with self._ended(threads):
            for thread in threads:
                thread.start()
                self._stop.wait(STAGGER)
            for thread in threads:
                thread.join()

    @contextmanager
    def _ended(self, threads: Sequence[threading.Thread]) -> Iterator[None]:
        try:
            yield
        finally:
            self._stop.set()
            for thread in threads:
                while thread.is_alive():
                    end_children()
                    thread.join(timeout=0.5)

    def _lane(self, side: str, busy: float) -> None:
        with suppress(queue.Empty):
            while not self._stop.is_set():
                self._attempt(self._waiting[side].get_nowait(), busy)

    def _attempt(self, wanted: Run, busy: float) -> None:
        for _ in range(ATTEMPTS):
            if self._stop.is_set():
                return
            try:
                result = self._work(wanted)
            except (RuntimeError, OSError, subprocess.SubprocessError) as error:
                if not self._stop.is_set():
                    sys.stderr.write(f"{' '.join(map(str, wanted.key))}: {error}\n")
                continue
            self._add(result)
            if result["load"] <= busy:
                return

    def _add(self, result: Result) -> None:
        with self._lock:
            self._keep(result)
            name = f"{result['condition']} {result['side']} {result['repetition']}"
            sys.stdout.write(f"{time.strftime('%H:%M:%S')} {name}, load {result['load']:.2f}\n")
            sys.stdout.flush()


def end_children() -> None:
    """End what our threads have started: whoever waits for it cleans up."""
    for task in Path("/proc/self/task").iterdir():
        for child in (task / "children").read_text().split():
            with suppress(ProcessLookupError):
                os.kill(int(child), signal.SIGKILL)
