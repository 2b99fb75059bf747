"""The rules of adaptation: what each of them is known for."""

from dataclasses import replace
from math import inf

import pytest
from abr_videos import PLAYER, RUNGS, VIDEO, by_name, chosen, ladders, situation
from hypothesis import given
from hypothesis import strategies as st

from pytomo.abr import Choice, Chooser, Ladder, Rule, Situation
from pytomo.abr.bba import BBA
from pytomo.abr.bola import Bola, bola_map
from pytomo.abr.dash_js import DASH_JS
from pytomo.abr.hls_js import HLS_JS
from pytomo.abr.simulate import Content, Rate, simulate
from pytomo.abr.throughput import THROUGHPUT


@pytest.mark.parametrize("rule", [THROUGHPUT, DASH_JS], ids=by_name)
@pytest.mark.parametrize("rung", range(len(RUNGS)))
def test_settles(rule: Rule, rung: int) -> None:
    """On a link that carries a rung and a fifth, the throughput rules of dash.js settle there."""
    assert set(chosen(rule, 1.2 * RUNGS[rung])[40:]) == {rung}


@pytest.mark.parametrize("margin", [1.0, 1.05])
def test_keeps_a_reserve(margin: float) -> None:
    """A tenth of the throughput is kept in reserve."""
    assert set(chosen(THROUGHPUT, margin * 1500.0)[10:]) == {1}


def test_hls_js_steps_up_reluctantly() -> None:
    """hls.js steps up where 0.7 of the link carries the rung, and not before."""
    assert chosen(HLS_JS, 1.35 * 1500.0)[-1] == 1
    assert chosen(HLS_JS, 1.50 * 1500.0)[-1] == 2


def test_hls_js_stays_longer() -> None:
    """Once there, hls.js stays on a rung that 0.95 of the link carries."""
    falling = [Rate(0.0, 3000.0), Rate(20.0, 1.1 * 1500.0)]
    assert simulate(HLS_JS, VIDEO, falling, profile=PLAYER, target=30.0).rungs[-1] == 2


def first(chooser: Chooser, buffer: float, current: int) -> Choice:
    """A choice by the buffer."""
    return chooser.choose(situation(buffer, current=current))


@given(ladders, st.lists(st.floats(0.0, 60.0), min_size=2, max_size=20), st.data())
def test_bba_rises_with_the_buffer(
    rungs: tuple[float, ...], buffers: list[float], data: st.DataObject
) -> None:
    """From the same rung, a fuller buffer never gives a lower one: BBA-0."""
    current = data.draw(st.integers(0, len(rungs) - 1))
    chooser = BBA.begin(Ladder(rungs, 4.0, 30.0))
    by_buffer = [first(chooser, buffer, current).rung for buffer in sorted(buffers)]
    assert by_buffer == sorted(by_buffer)


@pytest.mark.parametrize(
    ("buffer", "current", "rung"),
    [(90.0, 4, 0), (216.0, 0, 4), (152.0, 0, 3), (152.0, 3, 3), (120.0, 4, 3), (91.0, 0, 0)],
)
def test_bba_of_the_paper(buffer: float, current: int, rung: int) -> None:
    """With room for 240 s, the reservoir is 90 s, and 216 s give the highest rung."""
    assert first(BBA.begin(Ladder(RUNGS, 4.0, 244.0)), buffer, current).rung == rung


@given(ladders, st.floats(1.0, 120.0), st.lists(st.floats(0.0, 200.0), min_size=2, max_size=20))
def test_bola_rises_with_the_buffer(
    rungs: tuple[float, ...], target: float, buffers: list[float]
) -> None:
    """A fuller buffer never gives a lower rung: BOLA."""
    levels = bola_map(rungs, target)
    best = [levels.best(buffer) if levels else 0 for buffer in sorted(buffers)]
    assert best == sorted(best)


@given(ladders, st.integers(-8, 8), st.floats(0.0, 60.0))
def test_bola_has_no_unit(rungs: tuple[float, ...], power: int, buffer: float) -> None:
    """What BOLA prefers does not depend on the unit of the rungs."""
    scaled = tuple(rung * 2.0**power for rung in rungs)
    here, there = bola_map(rungs, 30.0), bola_map(scaled, 30.0)
    assert (here and here.best(buffer)) == (there and there.best(buffer))


def test_bola_of_the_paper() -> None:
    """A rung is preferred from the buffer on where its worth for its bits is the lower ones'."""
    levels = bola_map(RUNGS, 25.0)
    assert levels is not None
    for rung in range(1, len(RUNGS)):
        # By the paper; what dash.js calls the least buffer is V·p more.
        threshold = levels.least(rung) - levels.vp
        assert levels.best(threshold - 0.01) == rung - 1
        assert levels.best(threshold + 0.01) == rung
    assert levels.vp * levels.gp == pytest.approx(10.0)
    assert levels.vp * (levels.utilities[-1] + levels.gp) == pytest.approx(25.0)


@given(st.floats(0.01, 100.0), st.floats(0.01, 100.0))
def test_bola_on_equal_utilities(one: float, other: float) -> None:
    """Rungs of the same bitrate are one rung to BOLA."""
    assert bola_map((one, one), other) is None


def test_dash_js_hands_over_by_the_buffer() -> None:
    """From 12 s on BOLA leads, which may hold a request back; below 6 s the throughput does."""
    chooser = DASH_JS.begin(Ladder(RUNGS, 4.0, 60.0))
    leads = []
    for buffer in (4.0, 11.9, 12.0, 6.1, 5.9, 11.9):
        now = replace(situation(buffer), playing=False, past=())
        chooser.choose(now)
        leads.append(vars(chooser)["_by_buffer"])
    assert leads == [False, False, True, True, False, False]


def test_bola_waits() -> None:
    """With more buffered than a rung is worth, BOLA lets the buffer drain first."""
    video = Content.constant((1000.0, 8000.0), 4.0, 75)
    waits = []

    class Noting(Bola):
        def choose(self, situation: Situation) -> Choice:
            waits.append(super().choose(situation))
            return waits[-1]

    simulate(Rule("noting", 1, "", Noting), video, [Rate(0.0, 4000.0)], profile=PLAYER, target=inf)
    assert max(choice.wait for choice in waits) > 1.0
    assert {choice.rung for choice in waits if choice.wait} == {0}
