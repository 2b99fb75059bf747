"""The short comparison with real players in Chromium, on a wire of our own."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

pytest.importorskip("av", reason="the media are made with PyAV")

from harness.conditions import SHORT
from harness.emulators import MATCHING
from harness.report import Viewings, viewings
from harness.results import stored

ROOT = Path(__file__).parents[2]
PLAYERS = Path(os.environ.get("PYTOMO_PLAYERS", Path(sys.prefix, "players", "node_modules")))
PROGRAMS = ("chromium", "nginx", "ip", "tc", "ethtool", "unshare", "nsenter", "setpriv")
SECONDS = 20
HICCUP = 0.5
"""Seconds for which a browser may stand still because the machine has other things to do."""
GENEROUS = 2.0
"""Seconds that starts may differ by, on a machine that has other things to do."""


def missing() -> str:
    """Why it cannot be done here; empty if it can."""
    if os.geteuid():
        return "namespaces are for root"
    absent = [program for program in PROGRAMS if not shutil.which(program)]
    absent += [name for name in ("hls.js", "dashjs") if not (PLAYERS / name).is_dir()]
    if absent:
        return f"not installed: {', '.join(absent)}"
    made = subprocess.run(("unshare", "--net", "--pid", "--fork", "--mount-proc", "true"))
    return "namespaces are refused" if made.returncode else ""


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Viewings]:
    """What both sides saw, by condition."""
    if reason := missing():
        pytest.skip(reason)
    results = tmp_path_factory.mktemp("fidelity")
    words = f"--short --seconds {SECONDS} --lanes 3 --busy 1 --results {results}".split()
    command = [sys.executable, "bench/fidelity.py", *words, "--players", str(PLAYERS)]
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as running:
        output, _ = running.communicate(timeout=600)
    assert running.returncode == 0, output
    found = {each.condition.name: each for each in viewings(stored(results))}
    assert set(found) == set(SHORT), output
    return found


@pytest.mark.parametrize("name", SHORT)
def test_both_sides_stall_or_neither(seen: Mapping[str, Viewings], name: str) -> None:
    """At half the bitrate both sides stall, at twice the bitrate or more neither does."""
    viewing = seen[name]
    watched = [*viewing.browser, *viewing.emulated[MATCHING]]
    assert len(watched) == 2
    stalled = [any(stall.length > HICCUP for stall in each.stalls) for each in watched]
    assert stalled == [name.endswith("-0.5")] * 2


@pytest.mark.parametrize("name", SHORT)
def test_both_sides_start_about_together(seen: Mapping[str, Viewings], name: str) -> None:
    """Playback starts at about the same time on both sides."""
    real, ours = seen[name].browser[0].startup, seen[name].emulated[MATCHING][0].startup
    assert real is not None
    assert ours is not None
    assert abs(real - ours) < GENEROUS
