"""How far one viewing is from another, and many from many. Pure."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from statistics import fmean, median

from harness.watched import Watched
from pytomo.results import Stall

TOLERANCE = 1.0
"""Seconds that two starts of a stall may be apart to be the same stall's."""
SHARE = 0.5
"""Of the longer of two stalls that they have in common, if they are the same but start farther
apart."""


def match(one: Sequence[Stall], other: Sequence[Stall]) -> list[tuple[int, int]]:
    """The stalls that are the same in both, each at most once: as many as possible, and those
    that agree best. Both are in order of time, and so are the pairs."""

    @cache
    def best(i: int, j: int) -> tuple[float, tuple[tuple[int, int], ...]]:
        if i == len(one) or j == len(other):
            return 0.0, ()
        found = max(best(i + 1, j), best(i, j + 1), key=lambda each: each[0])
        agreement = _agreement(one[i], other[j])
        if agreement is not None:
            rest, pairs = best(i + 1, j + 1)
            # More pairs before better ones: agreement is less than 1.
            found = max(found, (rest + 1 + agreement / 1000, ((i, j), *pairs)), key=lambda x: x[0])
        return found

    return list(best(0, 0)[1])


def _agreement(one: Stall, other: Stall) -> float | None:
    """From 0 to 1; None if they are not the same stall."""
    begin, end = max(one.start, other.start), min(_end(one), _end(other))
    common = max(0.0, end - begin)
    longer = max(one.length, other.length)
    apart = abs(one.start - other.start)
    if apart > TOLERANCE and common < SHARE * longer:
        return None
    return (common / longer if longer else 1.0) / (1 + apart)


def _end(stall: Stall) -> float:
    return stall.start + stall.length


@dataclass(frozen=True, slots=True)
class Difference:
    """What one viewing says that another, the reference, does not."""

    startup: float | None
    """Seconds between the two starts; a lower bound where one did not start; None: neither did."""
    matched: int
    extra: int
    """Stalls that the reference does not have."""
    missed: int
    """Stalls that only the reference has."""
    stalled: float | None
    """Difference of the seconds stalled, over the reference's; None where that has none."""
    buffer: float | None = None
    """Seconds between the buffers, the median over time."""

    @property
    def count(self) -> int:
        """By how many stalls they differ in number."""
        return abs(self.extra - self.missed)


def difference(said: Watched, reference: Watched) -> Difference:
    """How far what was said of a viewing is from the reference."""
    matched = len(match(said.stalls, reference.stalls))
    return Difference(
        startup=_startup_error(said, reference),
        matched=matched,
        extra=len(said.stalls) - matched,
        missed=len(reference.stalls) - matched,
        stalled=abs(said.stalled - reference.stalled) / reference.stalled
        if reference.stalls
        else None,
        buffer=_buffer_error(said, reference),
    )


def _buffer_error(said: Watched, reference: Watched) -> float | None:
    both = zip(said.buffer, reference.buffer, strict=False)
    return _or_none(median, [abs(a - b) for a, b in both if a is not None and b is not None])


def _startup_error(said: Watched, reference: Watched) -> float | None:
    starts = [each.end if each.startup is None else each.startup for each in (said, reference)]
    both_silent = said.startup is None and reference.startup is None
    return None if both_silent else abs(starts[0] - starts[1])


@dataclass(frozen=True, slots=True)
class Scores:
    """Many differences in a few numbers; None where nothing can be said."""

    pairs: int
    startup_median: float | None
    startup_p90: float | None
    precision: float | None
    recall: float | None
    f1: float | None
    count_error: float | None
    """Mean difference of the number of stalls."""
    stalled_error: float | None
    """Median of the relative differences of the seconds stalled."""
    buffer_error: float | None
    """Median of the differences between the buffers, s."""


def scores(differences: Sequence[Difference]) -> Scores:
    """Each difference counts the same; stalls are added up over all."""
    startups = [each.startup for each in differences if each.startup is not None]
    stalled = [each.stalled for each in differences if each.stalled is not None]
    matched = sum(each.matched for each in differences)
    said = matched + sum(each.extra for each in differences)
    true = matched + sum(each.missed for each in differences)
    return Scores(
        pairs=len(differences),
        startup_median=_or_none(median, startups),
        startup_p90=_or_none(lambda values: quantile(values, 0.9), startups),
        precision=matched / said if said else None,
        recall=matched / true if true else None,
        f1=2 * matched / (said + true) if said + true else None,
        count_error=_or_none(fmean, [each.count for each in differences]),
        stalled_error=_or_none(median, stalled),
        buffer_error=_or_none(median, [d.buffer for d in differences if d.buffer is not None]),
    )


def _or_none(
    statistic: Callable[[Sequence[float]], float], values: Sequence[float]
) -> float | None:
    return statistic(values) if values else None


def quantile(values: Sequence[float], share: float) -> float:
    """By linear interpolation between the values in order."""
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (place - low) * (ordered[high] - ordered[low])


def one_sided(said: Iterable[Watched], references: Iterable[Watched]) -> bool:
    """Whether only one side ever stalls under a condition."""
    return any(each.stalls for each in said) != any(each.stalls for each in references)
