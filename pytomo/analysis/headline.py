"""The verdict in words."""

from collections.abc import Mapping
from typing import Any

from pytomo.analysis.causes import Cause
from pytomo.analysis.grades import Grade
from pytomo.analysis.intervals import Estimate
from pytomo.summary import QUICK_START
from pytomo.web.formatting import number, share

OPENINGS = {
    Grade.GOOD: "Videos play well from here",
    Grade.FAIR: "Videos play fairly well from here, but not always",
    Grade.POOR: "Videos play badly from here",
}

WORDS = {
    Cause.EXTRACTION: "a page that did not lead to its media",
    Cause.DNS: "DNS",
    Cause.DISTANCE: "the distance of the server",
    Cause.SERVER: "the server",
    Cause.PATH: "the path to the servers",
    Cause.BITRATE: "a bitrate too high for this line",
    Cause.MACHINE: "this machine, busy or on a shared line,",
    Cause.UNKNOWN: "something that the measurements do not tell",
}
"""What limited a playback, within a sentence."""

MOST_NAMED = 4
"""Causes in a sentence."""

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
        *_said(smooth, f"play without a stall{_length(numbers)}"),
    ]
    return f"{OPENINGS[graded]}: {' and '.join(said)}{_slower(numbers['would_have_stalled'])}."


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


def counted(count: int, thing: str) -> str:
    """A number of things: "1 play", "30 plays"."""
    return f"{number(count)} {thing}{'' if count == 1 else 's'}"


def _said(of: Estimate, what: str) -> list[str]:
    return [] if of.value is None else [f"{share(of.value)} {what}"]


def _length(numbers: Numbers) -> str:
    """How long samples were, where some would have stalled had they been longer."""
    length = numbers["played_time"].value
    return f" in samples of {number(length, 's')}" if numbers["would_have_stalled"].value else ""


def _slower(of: Estimate) -> str:
    return f"; {share(of.value)} more were too slow to go on" if of.value else ""


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
    if wrong == 1:
        return f"1 of {counted(due, 'playback')} went wrong; what limited it was {_named(causes)}."
    them = "them" if len(causes) > 1 else "all of them"
    return (
        f"{share(wrong / due)} of playbacks went wrong; what limited {them} was {_named(causes)}."
    )


def _named(causes: Mapping[Cause, int]) -> str:
    """One cause, or the most frequent ones with their share."""
    first, *rest = causes
    if not rest:
        return WORDS[first]
    wrong = sum(causes.values())
    told = [f"{WORDS[cause]} ({share(count / wrong)})" for cause, count in causes.items()]
    shown = told if len(told) <= MOST_NAMED else [*told[: MOST_NAMED - 1], "other causes"]
    return f"{', '.join(shown[:-1])} or {shown[-1]}"


def _failed(part: float) -> str:
    return f"{share(part)} of the times that media was asked for, nothing to play came."


def spared_by_others(count: int, wrong: int, missing: Pair) -> tuple[str, ...]:
    """How many troubles the address of another resolver would have spared, if any."""
    if not count or any(missing):
        return ()
    return (
        f"{share(count / wrong)} of what went wrong would have been spared by the address of "
        "another resolver: the same video played well from there.",
    )


def refused_as_robot(count: int) -> tuple[str, ...]:
    """What a viewer would not see, if there was any of it."""
    if not count:
        return ()
    were = "was" if count == 1 else "were"
    rows = counted(count, "more row")
    return (f"{rows} {were} refused to Pytomo as a robot, which a viewer would not see.",)


def nothing_wrong(numbers: Numbers, due: int) -> str:
    """What is to be said of playbacks that nothing limited."""
    known = numbers["quick_starts"].count > 0
    start = f"started within {QUICK_START:g} s and" if known else "went on and"
    if due == 1:
        return f"Nothing went wrong: the only playback {start} did not stall."
    return f"Nothing went wrong: of {number(due)} playbacks all {start} did not stall."
