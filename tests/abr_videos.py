"""Ladders, links and situations that the tests of adaptation share."""

from hypothesis import strategies as st

from pytomo.abr import Download, Rule, Situation
from pytomo.abr.simulate import Content, Rate, simulate
from pytomo.profiles import Profile

RUNGS = (300.0, 750.0, 1500.0, 3000.0, 6000.0)
VIDEO = Content.constant(RUNGS, 4.0, 75)
PLAYER = Profile("plain", 1, start=0.0, stall=0.0, resume=0.0)

ladders = st.lists(st.floats(1.0, 1e6), min_size=1, max_size=9, unique=True).map(sorted).map(tuple)


def link(stretches: list[tuple[float, float]]) -> list[Rate]:
    """A link of stretches of (seconds, kbps)."""
    begin, rates = 0.0, []
    for seconds, rate in stretches:
        rates.append(Rate(begin, rate))
        begin += seconds
    return rates


def by_name(rule: Rule) -> str:
    return rule.name


def chosen(rule: Rule, rate: float, *, target: float = 30.0) -> list[int]:
    """The rungs at a constant rate (kbps)."""
    return simulate(rule, VIDEO, [Rate(0.0, rate)], profile=PLAYER, target=target).rungs


def situation(buffer: float, *, rate: float = 2000.0, current: int | None = 2) -> Situation:
    """After one segment at a rate (kbps)."""
    past = (Download(0, 2, round(rate * 125), 1.1, 0.1, 4.0, 1.1),)
    return Situation(
        time=1.1, number=1, buffer=buffer, started=True, playing=True, current=current, past=past
    )
