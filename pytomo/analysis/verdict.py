"""How videos play here and what limits them: the rows of a table in a few numbers and sentences.

`docs/verdict.md` has the definitions, the thresholds and their reasons.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pytomo.analysis.blame import Rules, rules
from pytomo.analysis.causes import RULES, TROUBLES, Cause
from pytomo.analysis.grades import Grade, certain, grade, lowest
from pytomo.analysis.headline import (
    headline,
    nothing_wrong,
    refused_as_robot,
    sentences,
    spared_by_others,
)
from pytomo.analysis.intervals import Estimate, median, quantiles, ratio, share
from pytomo.analysis.norms import Norms
from pytomo.analysis.sample import (
    never_started,
    quick_starts,
    sample,
    stalled_and_watched,
    too_slow,
    without_stalls,
    would_have_stalled,
)
from pytomo.analysis.spared import spared
from pytomo.analysis.table import Table
from pytomo.errors import Outcome

ENOUGH_PLAYS = 30
"""With 30 plays the 95 % interval of a share near 95 % spans some 20 points: two grades."""
ENOUGH_VISITS = 10
"""Distinct visits; below that there is no interval at all (`bootstrap.ENOUGH`)."""

DELIVERY = (Cause.DNS, Cause.SERVER, Cause.PATH, Cause.UNKNOWN)
"""Causes of failures after the page: the site had told where the media is."""

Flags = NDArray[np.bool_]
Counts = NDArray[np.int64]
"""Rows of each `Rule`, by its code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CauseCount:
    """How often a cause limited playbacks."""

    cause: Cause
    """What limited them."""
    text: str
    """What the cause means."""
    count: int
    """Rows."""
    share: float
    """Of all playbacks that were due."""
    of_troubles: float
    """Of those that went wrong."""
    example: int
    """RowId of the latest of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeCount:
    """How often rows ended in a way other than a measurement."""

    outcome: str
    """The outcome, as in the column Outcome."""
    text: str
    """What it means."""
    count: int
    """Rows."""
    share: float
    """Of all rows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """How videos play here, what limits them, and how sure that is."""

    grade: Grade
    """How well videos play."""
    certain: bool
    """Whether the intervals leave no other grade; never where there is none."""
    headline: str
    """The same in one sentence."""
    sentences: tuple[str, ...]
    """What else is to be said: most limiting cause, failures, what is not known."""
    missing_plays: int
    """So many more are needed for a verdict; 0 if there is one."""
    missing_visits: int
    """The same of visits of videos."""

    rows: int
    """Rows that are looked at."""
    plays: int
    """Samples that were played (in the model of a player)."""
    visits: int
    """Visits of videos that led to a play."""
    start: float | None
    """Unix time of the first row."""
    end: float | None
    """Unix time of the last row."""
    loaded: int
    """Rows of the database in memory: the newest of `total`."""
    total: int
    """Rows of the database."""

    quick_starts: Estimate
    """Share of plays that started within 2 s."""
    without_stalls: Estimate
    """Share of plays that started, never stalled, and came fast enough to go on so."""
    would_have_stalled: Estimate
    """Share of plays that did not stall, but came too slowly to go on to the end of the video."""
    too_slow: int
    """Number of these."""
    played_time: Estimate
    """s: median of what was played in a sample, all that is known of whether it stalls."""
    delivered: Estimate
    """Share of the times that media was asked for, be it of a name without an address, in which a
    sample to play came."""
    startup_median: Estimate
    """s; of a play that never started it is infinite."""
    startup_90: Estimate
    """s, 90th percentile."""
    stall_ratio: Estimate
    """All stalled time over all stalled and played time."""
    reception_ratio: Estimate
    """Median of average throughput over the video's rate."""
    never_started: int
    """Plays that had not started when the sample ended."""

    causes: tuple[CauseCount, ...]
    """Of troubles, the most frequent first."""
    well: int
    """Playbacks that nothing limited."""
    due: int
    """Playbacks that were due: those that went well, and those that did not."""
    spared: int
    """Of those that went wrong, how often the same video played well from another resolver's
    address."""
    robot: int
    """Rows that the site refused to Pytomo as a robot: no playback was due."""
    nothing_wrong: str
    """Said where nothing limited any of them."""
    outcomes: tuple[OutcomeCount, ...]
    """Failures, the most frequent first."""


@np.errstate(all="ignore")  # what follows from values that cannot be is unknown, no error
def verdict(table: Table, norms: Norms) -> Verdict:
    """The verdict on the rows of a table; `norms` are those of its whole database."""
    codes = rules(table, norms)
    plays = table.where(table.measured)
    numbers = _numbers(plays)
    numbers["delivered"] = _delivered(table, codes)
    counts = np.bincount(codes, minlength=len(RULES))
    well, robot = _sum(counts, (Cause.NONE,)), _sum(counts, (Cause.ROBOT,))
    others = int(spared(table, codes).sum())
    causes, due = _causes(table, codes, counts), _sum(counts, (Cause.NONE, *TROUBLES))
    visits = int(np.count_nonzero(np.bincount(plays.visit)))
    missing = (max(0, ENOUGH_PLAYS - len(plays)), max(0, ENOUGH_VISITS - visits))
    graded = _graded(numbers, enough=not any(missing))
    known = table.time
    return Verdict(
        grade=graded,
        certain=not any(missing) and certain([numbers[name] for name in _GRADED]),
        headline=headline(graded, numbers, (len(plays), visits), missing),
        sentences=(
            *sentences(numbers, {one.cause: one.count for one in causes}, due, missing),
            *(*spared_by_others(others, due - well, missing), *refused_as_robot(robot)),
        ),
        missing_plays=missing[0],
        missing_visits=missing[1],
        rows=len(table),
        plays=len(plays),
        visits=visits,
        start=float(known.min()) if len(known) else None,
        end=float(known.max()) if len(known) else None,
        loaded=table.loaded,
        total=table.total,
        **numbers,
        never_started=int(never_started(plays).sum()),
        too_slow=int(too_slow(plays).sum()),
        causes=causes,
        well=well,
        due=due,
        spared=others,
        robot=robot,
        nothing_wrong=nothing_wrong(numbers, due) if due and not causes else "",
        outcomes=_outcomes(table),
    )


_GRADED = ("quick_starts", "without_stalls", "delivered")


def _numbers(plays: Table) -> dict[str, Any]:
    """The estimates of plays, by the names of the verdict's fields."""
    visit = plays.visit
    middle, outer = quantiles(sample(plays, "StartupDelay"), (0.5, 0.9), visit)
    return {
        "quick_starts": share(quick_starts(plays), visit),
        "without_stalls": share(without_stalls(plays), visit),
        "would_have_stalled": share(would_have_stalled(plays), visit),
        "played_time": median(sample(plays, "PlaybackDuration"), visit),
        "startup_median": middle,
        "startup_90": outer,
        "stall_ratio": ratio(*stalled_and_watched(plays), visit),
        "reception_ratio": median(_reception(plays), visit),
    }


def _reception(plays: Table) -> NDArray[Any]:
    """The column; of the first Pytomo's rows what it would be."""
    known = sample(plays, "ReceptionRatio")
    if np.isfinite(known).any() or not len(known):
        return known
    rate = 8 * sample(plays, "DownloadBytes") / 1000
    needed = sample(plays, "DownloadTime") * sample(plays, "EncodingRate")
    unknown = np.full(len(rate), np.nan, np.float32)
    found: NDArray[Any] = np.divide(rate, needed, out=unknown, where=needed > 0)
    return np.where(np.isinf(found), np.float32(np.nan), found)


def _delivered(table: Table, codes: Rules) -> Estimate:
    """Of the rows that were played, or failed after the page."""
    failed = ~table.measured & _of_causes(DELIVERY)[codes]
    tried = np.flatnonzero(table.measured | failed)
    return share(table.measured[tried], table.visit[tried])


def _causes(table: Table, codes: Rules, counts: Counts) -> tuple[CauseCount, ...]:
    due, troubles = _sum(counts, (Cause.NONE, *TROUBLES)), _sum(counts, TROUBLES)
    latest = np.full(len(RULES), -1)
    latest[codes] = np.arange(len(codes))
    counted = [
        CauseCount(
            cause=cause,
            text=cause.text,
            count=count,
            share=count / due,
            of_troubles=count / troubles,
            example=int(table.row_id[latest[_of_causes((cause,))].max()]),
        )
        for cause in TROUBLES
        if (count := _sum(counts, (cause,)))
    ]
    return tuple(sorted(counted, key=lambda one: -one.count))


def _sum(counts: Counts, causes: tuple[Cause, ...]) -> int:
    return int(counts[_of_causes(causes)].sum())


def _of_causes(causes: tuple[Cause, ...]) -> Flags:
    """For each code of a rule whether it finds one of these causes."""
    return np.array([rule.cause in causes for rule in RULES])


def _outcomes(table: Table) -> tuple[OutcomeCount, ...]:
    words = table.words("Outcome")
    counts = np.bincount(words.codes[words.codes >= 0], minlength=len(words.names))
    failed = [
        (Outcome(name), int(count))
        for name, count in zip(words.names, counts, strict=True)
        if count and name in set(Outcome) and (Outcome(name).failed or Outcome(name).unavailable)
    ]
    return tuple(
        OutcomeCount(outcome=str(end), text=_text(end), count=count, share=count / len(table))
        for end, count in sorted(failed, key=lambda one: (-one[1], one[0]))
    )


def _text(outcome: Outcome) -> str:
    """Its sentence, but for where to look in its row."""
    return f"{outcome.text.partition(';')[0].rstrip('.')}."


def _graded(numbers: dict[str, Any], *, enough: bool) -> Grade:
    if not enough:
        return Grade.UNKNOWN
    return lowest(grade(numbers[name].value) for name in _GRADED)
