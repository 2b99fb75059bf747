"""What the comparison of two resolvers says, in sentences.

"No difference could be seen" is not "there is no difference": its interval tells how large one may
be that was not seen.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum, unique

from pytomo.analysis.pairs import Comparison, Difference
from pytomo.analysis.relevance import SMALLEST, matters
from pytomo.analysis.resolvers import Through
from pytomo.web.formatting import number, share, with_unit
from pytomo.web.subjects import SUBJECTS, Subject


@unique
class Finding(StrEnum):
    """What is found of one subject."""

    BETTER = "better"
    WORSE = "worse"
    UNSEEN = "unseen"
    """No difference could be seen."""
    SMALL = "small"
    """One is seen, and too small to matter."""
    SAME = "same"
    """The same servers, always."""
    MISSING = "missing"
    """Too few pairs."""
    PINGED = "pinged"
    """Nothing was downloaded from the servers that differ."""


@dataclass(frozen=True, slots=True)
class SubjectFinding:
    """What is found of a subject, and how it is said."""

    subject: str
    """The field."""
    finding: Finding
    """Whether the resolver does better or worse than the baseline."""
    text: str
    """A few words, for a table."""


def findings(compared: Comparison) -> tuple[SubjectFinding, ...]:
    """What is found of each of `SUBJECTS`."""
    return tuple(_finding(subject, compared) for subject in SUBJECTS)


def sentences(compared: Comparison) -> tuple[str, ...]:
    """All that is found, the most important first."""
    return tuple(_sentences(compared))


def unanswered(mine: Through, baseline: Through) -> Iterator[str]:
    """How often resolvers gave no address, where that is kept and one of them failed to."""
    both = [through.answered for through in (mine, baseline)]
    shares = [answered.failed.value for answered in both if answered]
    if any(shares):
        told = [share(value) for value in shares]
        yield f"{mine.name} gave no address in {told[0]} of answers ({baseline.name}: {told[-1]})."


def _finding(subject: Subject, compared: Comparison) -> SubjectFinding:
    difference: Difference = getattr(compared, subject.field)
    finding = _kind(subject, compared, difference)
    return SubjectFinding(subject.field, finding, _words(subject, finding, difference))


def _kind(subject: Subject, compared: Comparison, difference: Difference) -> Finding:
    if compared.same == 1:
        return Finding.SAME
    if difference.missing:
        pinged = subject.played and compared.only_probed > difference.differing
        return Finding.PINGED if pinged else Finding.MISSING
    if not difference.seen:
        return Finding.UNSEEN
    if not matters(subject.field, difference):
        return Finding.SMALL
    more = (difference.estimate.value or 0.0) > 0
    return Finding.BETTER if more is subject.more_is_better else Finding.WORSE


def _words(subject: Subject, finding: Finding, difference: Difference) -> str:
    if finding is Finding.SAME:
        return "the same servers"
    if finding is Finding.PINGED:
        return "only pinged"
    if finding is Finding.MISSING:
        return f"too few pairs: {difference.missing} more needed"
    if finding is Finding.UNSEEN:
        return "no difference seen"
    if finding is Finding.SMALL:
        return "no difference that matters"
    return signed(difference.estimate.value, subject.unit)


def _sentences(compared: Comparison) -> Iterator[str]:
    name, baseline = compared.name, compared.baseline
    if compared.same is None:
        yield f"{name} and {baseline} never both gave an address for the same video."
        return
    if compared.same == 1:
        yield f"{name} led to the same servers as {baseline} {_in_visits(compared)}."
        return
    yield (
        f"{name} led to the same servers as {baseline} in {share(compared.same)} of "
        f"{_visits(compared.visits)}."
    )
    found = {each.subject: each.finding for each in findings(compared)}
    yield from _seen(compared, found)
    yield from _small(compared, found)
    yield from _unseen(compared, found)
    yield from _missing(compared, found)
    yield from _not_started(compared)
    if Finding.PINGED in found.values():
        yield (
            f"How videos play from the servers of {name} is not known: in {compared.only_probed} "
            f"of these visits they were only pinged. A crawl with --download-extra-dns downloads "
            "from every resolver's servers."
        )


def _seen(compared: Comparison, found: Mapping[str, Finding]) -> Iterator[str]:
    for subject in SUBJECTS:
        if found[subject.field] in (Finding.BETTER, Finding.WORSE):
            difference: Difference = getattr(compared, subject.field)
            value = difference.where_differing or 0.0
            said = (subject.more if value > 0 else subject.less).format(amount(value, subject.unit))
            where = _where(difference, subject.unit)
            yield f"{said} through {compared.name} than through {compared.baseline}{where}."


def _where(difference: Difference, unit: str) -> str:
    """Of which visits it is the mean, and the mean of all, which has an interval."""
    interval = _size_interval(difference, unit)
    if difference.differing == difference.pairs:
        return interval
    everywhere = amount(difference.estimate.value or 0.0, unit)
    return (
        f" where the servers differ ({_visits(difference.differing)}); over all "
        f"{_visits(difference.pairs)}: {everywhere}{interval}"
    )


def _small(compared: Comparison, found: Mapping[str, Finding]) -> Iterator[str]:
    parts = [
        f"{subject.noun}{_interval(getattr(compared, subject.field), subject.unit)}"
        for subject in SUBJECTS
        if found[subject.field] is Finding.SMALL
    ]
    if parts:
        yield f"There is no difference that matters in {joined(parts)}."


def _unseen(compared: Comparison, found: Mapping[str, Finding]) -> Iterator[str]:
    parts = [
        f"{subject.noun}{_interval(getattr(compared, subject.field), subject.unit)}"
        for subject in SUBJECTS
        if found[subject.field] is Finding.UNSEEN
    ]
    if parts:
        yield f"No difference could be seen in {joined(parts)}."


def _missing(compared: Comparison, found: Mapping[str, Finding]) -> Iterator[str]:
    few = [subject for subject in SUBJECTS if found[subject.field] is Finding.MISSING]
    if few:
        most = max(getattr(compared, subject.field).missing for subject in few)
        about = f" of {joined([subject.noun for subject in few])}" if len(few) < len(found) else ""
        needed = "visit with other servers is" if most == 1 else "visits with other servers are"
        yield f"Nothing can be said yet{about}: {most} more {needed} needed."


def _not_started(compared: Comparison) -> Iterator[str]:
    mine, theirs = compared.never_started, compared.baseline_never_started
    if mine or theirs:
        yield (
            f"In {number(mine)} of these visits no video started from the servers of "
            f"{compared.name}, in {number(theirs)} from those of {compared.baseline}: startup "
            "delays are compared in the others."
        )


def smallest(subject: Subject) -> str:
    """The smallest difference of a subject that matters: "1 ms of the distance of the servers"."""
    least = SMALLEST[subject.field]
    if least.relative:
        return f"{share(least.difference)} of {subject.noun}"
    return f"{amount(least.difference, subject.unit)} of {subject.noun}"


def joined(parts: Sequence[str]) -> str:
    """One, two and three."""
    *most, last = parts
    return f"{', '.join(most)} and {last}" if most else last


def amount(value: float, unit: str) -> str:
    """A difference without its sign; that of shares in percentage points."""
    if unit == "ratio":
        return f"{number(abs(100 * value))} percentage points"
    return number(abs(float(value)), unit)


def signed(value: float | None, unit: str) -> str:
    """A difference with its sign."""
    if value is None:
        return number(None)
    said = amount(value, unit)
    if not re.search("[1-9]", said):
        return amount(0.0, unit)
    return f"{'+' if value > 0 else '−'}{said}"


def _size_interval(difference: Difference, unit: str) -> str:
    low, high = difference.estimate.low, difference.estimate.high
    if low is None or high is None:
        return f", in all {difference.pairs} pairs"
    least, most = sorted((abs(low), abs(high)))
    return f" ({_digits(least, unit)} to {amount(most, unit)})"


def _interval(difference: Difference, unit: str) -> str:
    low, high = difference.estimate.low, difference.estimate.high
    if low is None or high is None:
        return f" (the same in all {difference.pairs} pairs)"
    return f" ({signed(low, unit)} to {signed(high, unit)})"


def _digits(value: float, unit: str) -> str:
    return number(100 * value if unit == "ratio" else value)


def _visits(count: int) -> str:
    return with_unit(number(count), "visit" if count == 1 else "visits")


def _in_visits(compared: Comparison) -> str:
    return "in the only visit" if compared.visits == 1 else f"in all {_visits(compared.visits)}"
