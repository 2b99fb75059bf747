"""Where each resolver leads, how videos play from there, and what the difference is."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pytomo.analysis.intervals import UNKNOWN, Estimate
from pytomo.analysis.pairs import Comparison, compared
from pytomo.analysis.resolvers import Answers, Through, resolvers
from pytomo.analysis.table import Table
from pytomo.database import TABLE
from pytomo.web.comparison import (
    SubjectFinding,
    findings,
    sentences,
    signed,
    smallest,
    unanswered,
)
from pytomo.web.page import Page
from pytomo.web.parameters import RESOLVER, SELECTION, Parameter, word
from pytomo.web.request import Request
from pytomo.web.site import Source
from pytomo.web.subjects import SUBJECTS, Subject

BASELINE = Parameter(
    "baseline",
    "Resolver that the others are compared with; without it the default one of the crawl.",
    word,
)
MOST_ANSWERS = 30_000
"""Those looked at, the newest."""
_ANSWERS = (
    "SELECT RowId, CAST(Resolver AS TEXT), CAST(Time AS REAL), Outcome FROM answers"
    " WHERE RowId BETWEEN ? AND ? ORDER BY RowId DESC, Number DESC LIMIT ?"
)
KINDS = {
    "hosts": ("Hosts", "host"),
    "addresses": ("Addresses", "ip"),
    "prefixes": ("Prefixes", "prefix"),
    "systems": ("Autonomous systems", "as"),
}
"""Kinds of destinations: title and parameter of each."""


@dataclass(frozen=True, slots=True)
class Compared:
    """A resolver against the baseline, in words and in numbers."""

    sentences: tuple[str, ...]
    """What is certain, in words."""
    findings: tuple[SubjectFinding, ...]
    """Subject by subject."""
    numbers: Comparison
    """What these rest on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolversPage:
    """All resolvers side by side."""

    baseline: str | None
    """The resolver that the others are compared with; None: there is none."""
    resolvers: tuple[Through, ...]
    """The baseline first, then the most frequent one first."""
    comparisons: tuple[Compared, ...]
    """Each other resolver against the baseline."""
    subjects: tuple[Subject, ...] = field(default=SUBJECTS, repr=False)

    @property
    def names(self) -> tuple[str, ...]:
        """Of all resolvers."""
        return tuple(through.name for through in self.resolvers)

    @property
    def most_answers(self) -> int:
        """The answers that are looked at."""
        return MOST_ANSWERS

    @property
    def kinds(self) -> Mapping[str, tuple[str, str]]:
        """Kinds of destinations."""
        return KINDS

    @property
    def smallest(self) -> tuple[str, ...]:
        """The differences that matter, at least."""
        return tuple(smallest(subject) for subject in SUBJECTS)

    def signed(self, value: float, unit: str) -> str:
        """A difference with its sign."""
        return signed(value, unit)

    def against(self, name: str) -> Compared | None:
        """The comparison of a resolver; None for the baseline itself."""
        return next((each for each in self.comparisons if each.numbers.name == name), None)

    def scale(self, subject: Subject) -> float:
        """The largest difference, or bound of one, of a subject."""
        estimates = [getattr(each.numbers, subject.field).estimate for each in self.comparisons]
        return max((_largest(estimate) for estimate in estimates), default=0.0)


def build(request: Request) -> ResolversPage:
    """The resolvers of the selected rows."""
    table = request.table()
    baseline = request.arguments["baseline"] or default(request.source, table)
    found = resolvers(table, answers(request.source, table))
    pairs = _pairs(table, baseline)
    return ResolversPage(
        baseline=baseline,
        resolvers=tuple(sorted(found, key=lambda through: through.name != baseline)),
        comparisons=tuple(_compared(pair, found) for pair in pairs),
    )


def _compared(pair: Comparison, found: Sequence[Through]) -> Compared:
    by_name = {through.name: through for through in found}
    failures = unanswered(by_name[pair.name], by_name[pair.baseline])
    return Compared((*failures, *sentences(pair)), findings(pair), pair)


def _pairs(table: Table, baseline: str | None) -> tuple[Comparison, ...]:
    return compared(table, baseline) if baseline in table.resolvers else ()


def default(source: Source, table: Table) -> str | None:
    """The resolver that a player would use: the first of the crawl, else the most frequent one."""
    named: Any = source.facts.get("resolvers")
    first = named[0] if isinstance(named, list) and named else None
    return first if first in table.resolvers else next(iter(table.resolvers), None)


def answers(source: Source, table: Table) -> Answers | None:
    """What the resolvers said while these rows were measured; None where it was not kept."""
    if not len(table):
        return None
    with source.database() as database:
        if database.table != TABLE:
            return None
        span = (int(table.row_id[0]), int(table.row_id[-1]))
        return Answers.of(list(database.query(_ANSWERS, (*span, MOST_ANSWERS))))


def lines(value: ResolversPage) -> Iterator[Mapping[str, Any]]:
    """A line for each resolver: its numbers, and its differences from the baseline."""
    for through in value.resolvers:
        against = value.against(through.name)
        yield {
            **{name: getattr(through, name) for name in ("name", "rows", "visits", "plays")},
            **{kind: getattr(through, kind).distinct for kind in KINDS},
            **{subject.field: getattr(through, subject.field) for subject in SUBJECTS},
            **{
                f"{subject.field}_difference": _difference(against, subject) for subject in SUBJECTS
            },
            "resolve_time": through.answered.time if through.answered else UNKNOWN,
            "resolve_failures": through.answered.failed if through.answered else UNKNOWN,
        }


def _difference(against: Compared | None, subject: Subject) -> Estimate:
    if against is None:
        return UNKNOWN
    estimate: Estimate = getattr(against.numbers, subject.field).estimate
    return estimate


def _largest(estimate: Estimate) -> float:
    values: Sequence[float | None] = (estimate.value, estimate.low, estimate.high)
    return max((abs(value) for value in values if value is not None), default=0.0)


PAGE = Page(
    name="resolvers",
    path="/resolvers",
    title="Resolvers",
    text="Where each DNS resolver leads, how videos play from there, and what the difference is.",
    parameters=(*(known for known in SELECTION if known is not RESOLVER), BASELINE),
    build=build,
    lines=lines,
    menu="Compare",
)
