"""The tables of the proof, in Markdown, from stored results. Pure."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import combinations

from harness.compare import Scores, difference, one_sided, scores
from harness.conditions import CONDITIONS, KINDS, Condition
from harness.emulators import EMULATORS, MATCHING, said
from harness.results import Result, best
from harness.watched import PLENTY, Watched, seen

BY_NAME = {condition.name: condition for condition in CONDITIONS}


@dataclass(slots=True)
class Viewings:
    """All that was seen under one condition."""

    condition: Condition
    browser: list[Watched] = field(default_factory=list)
    emulated: dict[str, list[Watched]] = field(default_factory=lambda: defaultdict(list))
    """By emulator, one for each run of Pytomo."""


def viewings(results: Iterable[Result]) -> list[Viewings]:
    """What was seen, by condition, in their order; of those that still exist."""
    found = {name: Viewings(condition) for name, condition in BY_NAME.items()}
    for result in best(results):
        there = found.get(result["condition"])
        if there is None:
            continue
        if result["side"] == "browser":
            there.browser.append(seen(result["recording"], result["window"]))
        else:
            for name in EMULATORS:
                there.emulated[name].append(said(name, result))
    return [each for each in found.values() if each.browser]


def emulator_scores(chosen: Iterable[Viewings], emulator: str) -> Scores:
    """Every run of the emulator against every run of the browser."""
    return scores(
        [
            difference(one, reference)
            for each in chosen
            for one in each.emulated[emulator]
            for reference in each.browser
        ]
    )


def browser_scores(chosen: Iterable[Viewings]) -> Scores:
    """Every run of the browser against every other one, both ways: its own spread."""
    return scores(
        [
            difference(*pair)
            for each in chosen
            for one, other in combinations(each.browser, 2)
            for pair in ((one, other), (other, one))
        ]
    )


def one_sided_conditions(chosen: Iterable[Viewings], emulator: str) -> list[str]:
    """The names of those in which only the emulator or only the browser ever stalls."""
    return [
        each.condition.name
        for each in chosen
        if each.emulated[emulator] and one_sided(each.emulated[emulator], each.browser)
    ]


COLUMNS: tuple[tuple[str, Callable[[Scores], str]], ...] = (
    ("startup error, median", lambda each: milliseconds(each.startup_median)),
    ("p90", lambda each: milliseconds(each.startup_p90)),
    ("precision", lambda each: share(each.precision)),
    ("recall", lambda each: share(each.recall)),
    ("F1", lambda each: share(each.f1)),
    ("stalls miscounted", lambda each: number(each.count_error)),
    ("stalled seconds error", lambda each: percent(each.stalled_error)),
    ("buffer error", lambda each: milliseconds(each.buffer_error)),
)


def milliseconds(seconds: float | None) -> str:
    """As a table has it."""
    return "–" if seconds is None else f"{1000 * seconds:.0f} ms"


def share(value: float | None) -> str:
    """From 0 to 1."""
    return "–" if value is None else f"{value:.3f}"


def number(value: float | None) -> str:
    """A mean of counts."""
    return "–" if value is None else f"{value:.2f}"


def percent(value: float | None) -> str:
    """A ratio."""
    return "–" if value is None else f"{100 * value:.1f} %"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """In Markdown; the first column is text, the others are numbers."""
    lines = [f"| {' | '.join(head)} |", f"|---|{'---:|' * (len(head) - 1)}"]
    lines += [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join(lines) + "\n"


def by_kind(seen_: Sequence[Viewings]) -> str:
    """Pytomo by kind of delivery, the browser's own spread behind it in brackets."""
    head = ("delivery", "conditions", *(name for name, _ in COLUMNS), "only one stalls")
    return table(head, _kind_rows(seen_))


def _kind_rows(seen_: Sequence[Viewings]) -> Iterator[Sequence[str]]:
    for kind in (*KINDS, None):
        chosen = [each for each in seen_ if kind in (None, each.condition.kind)]
        ours, own = emulator_scores(chosen, MATCHING), browser_scores(chosen)
        cells = [f"{show(ours)} ({show(own)})" for _, show in COLUMNS]
        alone = one_sided_conditions(chosen, MATCHING)
        yield (kind or "**all**", str(len(chosen)), *cells, str(len(alone)))


def by_emulator(seen_: Sequence[Viewings]) -> str:
    """All emulators on the same traces, and the browser against itself."""
    head = ("", *(name for name, _ in COLUMNS), "only one stalls")
    rows = [("Chromium, another run", *(show(browser_scores(seen_)) for _, show in COLUMNS), "–")]
    for name in EMULATORS:
        found = emulator_scores(seen_, name)
        alone = one_sided_conditions(seen_, name)
        rows.append((name, *(show(found) for _, show in COLUMNS), str(len(alone))))
    return table(head, rows)


def by_condition(seen_: Sequence[Viewings]) -> str:
    """Startup delays and stalls of every run, to look into."""
    head = ("condition", "browser", "Pytomo")
    return table(
        head,
        (
            (
                each.condition.name + (" (held out)" if each.condition.held_out else ""),
                "; ".join(map(summary, each.browser)),
                "; ".join(map(summary, each.emulated[MATCHING])),
            )
            for each in seen_
        ),
    )


def summary(watched: Watched) -> str:
    """Startup, number of stalls, seconds stalled."""
    if watched.startup is None:
        return "never"
    return f"{watched.startup:.2f} s, {len(watched.stalls)}: {watched.stalled:.1f} s"


def _hiccups(all_: Iterable[Viewings]) -> str:
    found = [watched.hiccups for each in all_ for watched in each.browser]
    return (
        f"The browser stood still {sum(found)} times, in {sum(map(bool, found))} of {len(found)} "
        f"runs, with {PLENTY:g} s or more in its buffer: its machine was busy, and no stall is "
        "counted."
    )


def report(all_: Sequence[Viewings]) -> str:
    """All of it."""
    held = [each for each in all_ if each.condition.held_out]
    alone = ", ".join(one_sided_conditions(all_, MATCHING)) or "none"
    parts = [
        "## Pytomo against Chromium\n\n" + by_kind(all_),
        "## Held out of all tuning\n\n" + by_kind(held),
        "## Emulators on the same traces\n\n" + by_emulator(all_),
        f"## Conditions\n\nOnly one of both ever stalls in: {alone}.\n\n{_hiccups(all_)}\n\n"
        + by_condition(all_),
    ]
    return "\n".join(parts)
