"""How good is good: the fixed thresholds of the verdict (docs/verdict.md)."""

from collections.abc import Iterable, Sequence
from enum import StrEnum, unique

from pytomo.analysis.intervals import Estimate


@unique
class Grade(StrEnum):
    """How videos play, from the best to the worst; unknown where there are too few plays."""

    GOOD = "good"
    FAIR = "fair"
    POOR = "poor"
    UNKNOWN = "unknown"


WORST_FIRST = (Grade.POOR, Grade.FAIR, Grade.GOOD)

GOOD = 0.95
"""At least this share of plays: one viewer in twenty is not well served."""
FAIR = 0.80
"""At least this share: one in five. Below it is poor."""


def grade(share: float | None) -> Grade:
    """The grade of a share of plays that went well."""
    if share is None:
        return Grade.UNKNOWN
    if share >= GOOD:
        return Grade.GOOD
    return Grade.FAIR if share >= FAIR else Grade.POOR


def lowest(grades: Iterable[Grade]) -> Grade:
    """The worst of those that are known."""
    known = set(grades)
    return next((one for one in WORST_FIRST if one in known), Grade.UNKNOWN)


def certain(estimates: Iterable[Estimate]) -> bool:
    """Whether the worst grade is the same at the lower and at the upper ends of the intervals."""
    known = [of for of in estimates if of.value is not None]
    ends = {lowest(grade(end) for end in which) for which in _ends(known)}
    return bool(known) and all(of.low is not None for of in known) and len(ends) == 1


def _ends(of: Sequence[Estimate]) -> Iterable[Iterable[float | None]]:
    return ((one.low for one in of), (one.value for one in of), (one.high for one in of))
