"""Tables, conditions and results of the comparison with real players."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from harness.conditions import CHANGING, CONDITIONS, KINDS, SHORT, STEADY
from harness.emulators import MATCHING, said
from harness.report import by_kind, report, viewings
from harness.results import add, best, done, keep, stored
from harness.segment_level import whole_segments
from recordings import recording

from pytomo import trace
from pytomo.results import Arrival

NAME = "hls-vbr-0.5"
WINDOW = 32.0
HALF = [Arrival(second, 0, 50_000, second / 2 // 4 * 4) for second in map(float, range(1, 33))]
"""Half a second of media each second, in segments of four."""


def browser(repetition: int, startup: float = 8.0, load: float = 0.5) -> dict[str, Any]:
    """A result of a player that plays each segment when it is there."""
    stops = [(12.0, 16.0), (20.0, 24.0), (28.0, WINDOW)]
    told = recording(startup, stops, end=WINDOW)
    run = {"condition": NAME, "side": "browser", "repetition": repetition}
    return {**run, "window": WINDOW, "load": load, "bitrate": 800.0, "recording": told}


def pytomo() -> dict[str, Any]:
    """A result of Pytomo on the same wire."""
    told = base64.b64encode(trace.encode(HALF)).decode()
    run = {"condition": NAME, "side": "pytomo", "repetition": 0}
    sample = {"trace": told, "tracks": 1, "duration": 60.0, "end": WINDOW}
    return {**run, "window": WINDOW, "load": 0.1, "bitrate": 800.0, "sample": sample}


def test_conditions_are_enough() -> None:
    """Every kind is played at every rate and every change, with other contents and paths, too."""
    names = {condition.name for condition in CONDITIONS}
    assert len(names) == len(CONDITIONS) >= 60
    assert names >= {f"{kind}-vbr-{what}" for kind in KINDS for what in (*STEADY, *CHANGING)}
    assert {condition.rtt for condition in CONDITIONS} == {0, 20, 100}
    assert {condition.content for condition in CONDITIONS} == {"vbr", "cbr"}
    assert names >= set(SHORT)


def test_a_third_is_held_out() -> None:
    """About a third of the conditions is kept out of tuning, of every kind, for good."""
    held = [condition for condition in CONDITIONS if condition.held_out]
    assert 0.25 <= len(held) / len(CONDITIONS) <= 0.42
    assert {condition.kind for condition in held} == set(KINDS)
    assert "mp4-vbr-0.5" in {condition.name for condition in held}


def test_segment_level_knows_whole_segments_only() -> None:
    """The classic simulator starts with the first segment and stalls for every other one."""
    assert [arrival.playable for arrival in whole_segments(HALF, 800.0, 60.0)] == [
        second // 2 // 4 * 4 for second in range(1, 33)
    ]
    watched = said("segment level", pytomo())
    assert watched.startup == 8.0
    assert [stall.start for stall in watched.stalls] == [12.0, 20.0, 28.0]


def test_results_are_kept_and_not_repeated(tmp_path: Path) -> None:
    """What is stored is done, but for a busy machine's; a line that is cut off is none."""
    add(tmp_path, browser(0))
    add(tmp_path, browser(1, load=0.95))
    with (tmp_path / "results.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps(browser(2))[:-5])
    assert done(stored(tmp_path)) == {(NAME, "browser", 0)}


def test_busy_runs_are_repeated_once(tmp_path: Path) -> None:
    """A run on a busy machine is repeated once, and the less busy one counts."""
    results = [browser(0, load=0.95, startup=9.0), browser(0, load=0.9)]
    assert done(results) == {(NAME, "browser", 0)}
    assert [each["load"] for each in best(results)] == [0.9]


def test_kept_results_are_read_again(tmp_path: Path) -> None:
    """What is kept is what was told, in the same bytes each time."""
    keep(tmp_path / "kept", [browser(0)])
    first = (tmp_path / "kept" / "results.jsonl.gz").read_bytes()
    keep(tmp_path / "kept", [browser(0)])
    assert (tmp_path / "kept" / "results.jsonl.gz").read_bytes() == first
    assert list(stored(tmp_path / "kept")) == [json.loads(json.dumps(browser(0)))]


def test_report_compares_both_sides() -> None:
    """The table of a kind has what differs, and the browser's own spread in brackets."""
    found = viewings([browser(0), browser(1, startup=8.1), pytomo()])
    line = next(line for line in by_kind(found).splitlines() if line.startswith("| hls"))
    cells = [cell.strip() for cell in line.strip("|").split("|")]
    assert cells[:3] == ["hls", "1", "50 ms (100 ms)"]
    assert cells[6] == "1.000 (1.000)"
    assert "hls-vbr-0.5" in report(found)


def test_emulators_get_the_same_trace() -> None:
    """Every emulator says something of one and the same run."""
    watched = said(MATCHING, pytomo())
    assert watched.startup == 8.05  # what hls.js needs to append a segment
    assert watched.buffer[:10] == pytest.approx((0.0,) * 9 + (3.05,))
    assert said("profile pytomo-2011", pytomo()).startup is not None
