"""Runs in parallel lanes, and the file that their results are added to."""

import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from harness.media import Medium
from harness.run import Result, Run, run

FILE = "results.jsonl"
ATTEMPTS = 2
STAGGER = 2.0
"""Seconds between the first runs, so that not all lanes start a browser at the same time."""

Key = tuple[str, str, int]


def stored(directory: Path) -> Iterator[Result]:
    """The results that are there; a last line that was cut off is none."""
    file = directory / FILE
    if not file.exists():
        return
    with file.open(encoding="utf-8") as lines:
        for line in lines:
            if line.endswith("\n"):
                yield json.loads(line)


def done(directory: Path) -> set[Key]:
    """What need not be done again."""
    return {(each["condition"], each["side"], each["repetition"]) for each in stored(directory)}


def in_lanes(
    wanted: Sequence[Run],
    media: Mapping[tuple[str, str], Medium],
    modules: Path,
    directory: Path,
    lanes: int,
) -> None:
    """Do all runs, so many at the same time, and add each result when it is there.

    What fails twice is told and left out. KeyboardInterrupt ends the runs that are under way.
    """
    waiting: queue.SimpleQueue[Run] = queue.SimpleQueue()
    for each in wanted:
        waiting.put(each)
    lock, stop = threading.Lock(), threading.Event()

    def add(result: Result) -> None:
        with lock, (directory / FILE).open("a", encoding="utf-8") as file:
            file.write(json.dumps(result) + "\n")

    def work() -> None:
        while not stop.is_set():
            try:
                each = waiting.get_nowait()
            except queue.Empty:
                return
            medium = media[each.condition.kind, each.condition.content]
            _attempt(each, medium, modules, add, stop)

    threads = [threading.Thread(target=work) for _ in range(lanes)]
    for number, thread in enumerate(threads):
        time.sleep(STAGGER if number else 0.0)
        thread.start()
    try:
        for thread in threads:
            thread.join()
    except BaseException:
        stop.set()
        end_children()
        raise
    finally:
        for thread in threads:
            thread.join()


def end_children() -> None:
    """End what our threads have started: whoever waits for it cleans up."""
    for task in Path("/proc/self/task").iterdir():
        for child in (task / "children").read_text().split():
            with suppress(ProcessLookupError):
                os.kill(int(child), signal.SIGKILL)


def _attempt(
    wanted: Run,
    medium: Medium,
    modules: Path,
    add: Callable[[Result], None],
    stop: threading.Event,
) -> None:
    name = " ".join(map(str, wanted.key))
    for _ in range(ATTEMPTS):
        try:
            add(run(wanted, medium, modules))
            sys.stdout.write(f"{time.strftime('%H:%M:%S')} {name}\n")
            sys.stdout.flush()
            return
        except (RuntimeError, OSError, subprocess.SubprocessError) as error:
            if stop.is_set():
                return
            sys.stderr.write(f"{name}: {error}\n")
