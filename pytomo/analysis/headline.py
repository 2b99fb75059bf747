"""The verdict in words."""

from collections.abc import Mapping
from typing import Any

from pytomo.analysis.causes import Cause
from pytomo.analysis.grades import Grade
from pytomo.analysis.intervals import Estimate
from pytomo.summary import QUICK_START

OPENINGS = {
    Grade.GOOD: "Videos play well from here",
    Grade.FAIR: "Videos play fairly well from here, but not always",
    Grade.POOR: "Videos play badly from here",
}

WORDS = {
    Cause.EXTRACTION: "the page, which did not lead to its media",
    Cause.DNS: "DNS",
    Cause.DISTANCE: "the distance of the server",
    Cause.SERVER: "the server",
    Cause.PATH: "the path to the servers",
    Cause.BITRATE: "the bitrate, too high for this line",
    Cause.UNKNOWN: "nothing that the measurements tell",
}
"""What limited a playback, within a sentence."""

NO_START = "When playback started is not known in this database."

Numbers = Mapping[str, Any]
"""The estimates, by the names of the verdict's fields."""
Pair = tuple[int, int]
"""Of plays, of visits."""


def headline(graded: Grade, numbers: Numbers, have: Pair, missing: Pair) -> str:
    """How videos play here, or what is missing to say it."""
    if graded is Grade.UNKNOWN:
        return _too_few(have, missing)
    quick, smooth = numbers["quick_starts"], numbers["without_stalls"]
    said = [
        *_said(quick, f"start within {QUICK_START:g} s"),
        *_said(smooth, "play without a stall"),
    ]
    return f"{OPENINGS[graded]}: {' and '.join(said)}."


def sentences(
    numbers: Numbers, causes: Mapping[Cause, int], due: int, missing: Pair
) -> tuple[str, ...]:
    """What else is to be said; `causes` are counts of rows, the highest first."""
    delivered, started = numbers["delivered"].value, numbers["startup_median"].value
    return (
        *([_limiting(causes, due)] if causes and not any(missing) else []),
        *([_failed(1 - delivered)] if delivered is not None and delivered < 1 else []),
        *([NO_START] if started is None and numbers["stall_ratio"].value is not None else []),
    )


def percent(part: float) -> str:
    """A share in whole percent, with a decimal where that hides something: "96 %", "99.7 %"."""
    whole = f"{100 * part:.0f}"
    hides = (whole == "100" and part < 1) or (whole == "0" and part > 0)
    return f"{100 * part:.1f} %" if hides else f"{whole} %"


def counted(count: int, thing: str) -> str:
    """A number of things: "1 play", "30 plays"."""
    return f"{count} {thing}{'' if count == 1 else 's'}"


def _said(of: Estimate, what: str) -> list[str]:
    return [] if of.value is None else [f"{percent(of.value)} {what}"]


def _too_few(have: Pair, missing: Pair) -> str:
    if not have[0]:
        return (
            f"No verdict: nothing was played. It takes {missing[0]} plays of {missing[1]} visits."
        )
    needed = [
        *([counted(missing[0], "more play")] if missing[0] else []),
        *([counted(missing[1], "more visit") + " of a video"] if missing[1] else []),
    ]
    verb = "is" if sum(missing) == 1 else "are"
    seen = f"{counted(have[0], 'play')} of {counted(have[1], 'visit')}"
    return f"No verdict yet: {' and '.join(needed)} {verb} needed; so far there are {seen}."


def _limiting(causes: Mapping[Cause, int], due: int) -> str:
    wrong = sum(causes.values())
    most, count = next(iter(causes.items()))
    of_them = "all of them" if count == wrong else f"most of them ({percent(count / wrong)})"
    often = of_them if 2 * count > wrong else f"more of them ({percent(count / wrong)}) than others"
    return (
        f"{percent(wrong / due)} of playbacks went wrong; what limited {often} was {WORDS[most]}."
    )


def _failed(part: float) -> str:
    return f"{percent(part)} of attempts at a server brought nothing to play."
