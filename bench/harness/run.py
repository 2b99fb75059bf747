"""One run: a player, real or ours, under one condition, on a wire made for it alone."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from harness.browser import page
from harness.conditions import WINDOW, Condition
from harness.emulators import PLAYERS
from harness.far import lane
from harness.media import Medium
from harness.namespaces import Lane
from harness.results import Key, Result
from harness.server import served, url
from harness.shaping import Shaper, limit

BENCH = Path(__file__).parents[1]
SIDES = ("browser", "pytomo")
PATIENCE = 30.0
"""Seconds that Pytomo may take beyond what it is to watch."""


@dataclass(frozen=True, slots=True)
class Run:
    """What is to be done: which side plays under which condition for the how manieth time."""

    condition: Condition
    side: str
    repetition: int

    @property
    def key(self) -> Key:
        """What tells it from others."""
        return (self.condition.name, self.side, self.repetition)


def run(wanted: Run, medium: Medium, modules: Path, seconds: float = WINDOW) -> Result:
    """What came of it, ready for JSON; an exception where the harness itself fails."""
    play = {"browser": _browser, "pytomo": _pytomo}[wanted.side]
    with (
        lane(wanted.condition.rtt) as made,
        served(made.server, medium, modules),
        shaper(made) as shaping,
    ):
        busy = _busy()
        found = play(made, wanted.condition, medium, shaping, seconds)
    condition, side, repetition = wanted.key
    return {
        "condition": condition,
        "side": side,
        "repetition": repetition,
        "bitrate": round(medium.bitrate, 3),
        "window": seconds,
        "load": round(_busy_share(busy), 3),
        **found,
    }


@contextmanager
def shaper(made: Lane) -> Iterator[Shaper]:
    """The shaped direction, from the server."""
    shaping = Shaper(made.server, made.device)
    try:
        yield shaping
    finally:
        shaping.close()


def _browser(
    made: Lane, condition: Condition, medium: Medium, shaping: Shaper, seconds: float
) -> Result:
    with page(made.client, PLAYERS[condition.kind], url(medium)) as ready:
        first, *later = condition.schedule(medium)
        limit(made.client, condition.rtt)
        shaping.set(first.rate)
        began = ready.go()
        shaping.follow(later, began)
        return {"recording": ready.watch(began + seconds)}


def _pytomo(
    made: Lane, condition: Condition, medium: Medium, shaping: Shaper, seconds: float
) -> Result:
    words = (url(medium), PLAYERS[condition.kind], str(seconds))
    process = made.client.start(
        *(sys.executable, "-m", "harness.pytomo_run", *words),
        env={**os.environ, "PYTHONPATH": f"{BENCH}:{BENCH.parent}"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            if process.stdout is None or process.stdout.readline() != "ready\n":
                raise RuntimeError(f"Pytomo is not ready: {process.communicate()[1]}")
            first, *later = condition.schedule(medium)
            limit(made.client, condition.rtt)
            shaping.set(first.rate)
            shaping.follow(later, time.monotonic())
            told, said = process.communicate("go\n", timeout=seconds + PATIENCE)
        finally:
            process.kill()
    if process.returncode:
        raise RuntimeError(f"Pytomo failed: {said}")
    return {"sample": json.loads(told)}


def _busy() -> tuple[float, float]:
    """Seconds that the machine's processors were busy, and that they could have been, so far."""
    fields = [int(field) for field in Path("/proc/stat").read_text().split("\n")[0].split()[1:9]]
    return sum(fields) - fields[3] - fields[4], sum(fields)


def _busy_share(before: tuple[float, float]) -> float:
    busy, total = (now - then for now, then in zip(_busy(), before, strict=True))
    return busy / total if total else 0.0
