"""The rules of adaptation: what every one of them holds to."""

from math import isfinite

import pytest
from abr_videos import PLAYER, RUNGS, VIDEO, by_name, chosen, ladders, link
from hypothesis import given, settings
from hypothesis import strategies as st

from pytomo.abr import RULES, Download, Ladder, Rule, Situation
from pytomo.abr.hls_js import HLS_JS
from pytomo.abr.simulate import Content, Rate, simulate

links = st.lists(st.tuples(st.floats(0.5, 60.0), st.floats(0.0, 1e5)), min_size=1, max_size=8)


def test_names_are_distinct() -> None:
    """No two rules have the same name."""
    assert len({rule.name for rule in RULES}) == len(RULES)


@pytest.mark.parametrize("rule", RULES, ids=by_name)
@settings(max_examples=40)
@given(rungs=ladders, stretches=links, target=st.floats(0.5, 300.0), segment=st.floats(0.1, 20.0))
def test_rungs_exist(
    rule: Rule,
    rungs: tuple[float, ...],
    stretches: list[tuple[float, float]],
    target: float,
    segment: float,
) -> None:
    """Whatever the ladder and the link, pauses of it included, a rule asks for a rung there is."""
    video = Content.constant(rungs, segment, 12)
    found = simulate(rule, video, link(stretches), profile=PLAYER, target=target)
    assert set(found.rungs) <= set(range(len(rungs)))


@pytest.mark.parametrize("rule", RULES, ids=by_name)
@given(
    downloads=st.lists(
        st.tuples(
            st.integers(0, 10**9),
            st.floats(0.0, 1e4),
            st.floats(0.0, 1.0),
            st.floats(0.0, 30.0),
        ),
        max_size=12,
    ),
    buffer=st.floats(0.0, 1e4),
    started=st.booleans(),
    playing=st.booleans(),
    rungs=ladders,
)
def test_strange_histories(
    rule: Rule,
    downloads: list[tuple[int, float, float, float]],
    buffer: float,
    started: bool,
    playing: bool,
    rungs: tuple[float, ...],
) -> None:
    """Downloads of no byte, of no time or of no media, and odd buffers, confuse no rule."""
    chooser = rule.begin(Ladder(rungs, 4.0, 30.0))
    past: list[Download] = []
    current, time = None, 0.0
    for number, (size, seconds, share, media) in enumerate([*downloads, (0, 0.0, 0.0, 0.0)]):
        now = Situation(
            time=time,
            number=number,
            buffer=buffer,
            started=started,
            playing=playing,
            current=current,
            past=past,
        )
        current, wait = chooser.choose(now)
        assert 0 <= current < len(rungs)
        assert isfinite(wait)
        assert wait >= 0.0
        time += seconds
        past.append(Download(number, current, size, seconds, share * seconds, media, time))


@pytest.mark.parametrize("rule", RULES, ids=by_name)
def test_one_rung(rule: Rule) -> None:
    """Where there is one rung, it is the one."""
    video = Content.constant((500.0,), 2.0, 30)
    found = simulate(rule, video, [Rate(0.0, 700.0)], profile=PLAYER)
    assert found.rungs == [0] * 30


@pytest.mark.parametrize("rule", RULES, ids=by_name)
def test_no_throughput(rule: Rule) -> None:
    """On a link that carries nothing, nothing comes and nothing breaks."""
    assert simulate(rule, VIDEO, [Rate(0.0, 0.0)], profile=PLAYER).fetched == ()


@pytest.mark.parametrize("rule", RULES, ids=by_name)
def test_ample_link(rule: Rule) -> None:
    """On a link that carries the highest rung many times over, a rule goes there and stays."""
    rungs = chosen(rule, 60_000.0)
    top = len(RUNGS) - 1
    assert set(rungs[rungs.index(top) :]) == {top}
    assert rungs.index(top) <= 7


@pytest.mark.parametrize("rule", RULES, ids=by_name)
def test_poor_link(rule: Rule) -> None:
    """On a link that carries little more than the lowest rung, a rule ends up there mostly."""
    rungs = chosen(rule, 330.0)
    assert rungs[20:].count(0) >= 0.9 * len(rungs[20:])


@pytest.mark.parametrize("rule", [rule for rule in RULES if rule is not HLS_JS], ids=by_name)
@settings(max_examples=30)
@given(stretches=links, power=st.integers(1, 6))
def test_no_unit_of_rates(rule: Rule, stretches: list[tuple[float, float]], power: int) -> None:
    """A link and a ladder of a higher order of magnitude lead to the same choices.

    Of hls.js only below 800 Mbit/s, which it takes no link to exceed.
    """
    factor = 2.0**power
    rungs = tuple(2000.0 * rung for rung in (1.0, 2.0, 3.5, 6.0))
    here, there = (
        simulate(
            rule,
            Content.constant(tuple(by * rung for rung in rungs), 4.0, 20),
            [Rate(at, by * rate) for at, rate in link(stretches)],
            profile=PLAYER,
            target=30.0,
        )
        for by in (1.0, factor)
    )
    assert here.rungs == there.rungs
