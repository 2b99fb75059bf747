"""The page `docs/statistics.md`, made from the columns: `python -m pytomo.statistics_page`."""

import sys
from collections.abc import Iterable

from pytomo import definitions
from pytomo.errors import Outcome, Phase
from pytomo.metrics import Metric
from pytomo.results import COLUMNS
from pytomo.series import ARCHIVES, SOURCES, STEP, source_name

HEAD = """# Statistics

This page is made from `pytomo/results.py` and `pytomo/errors.py` by
`python -m pytomo.statistics_page > docs/statistics.md`.

Each address tried for a video is one row of the table `pytomo_crawl`, and every URL tried leaves at
least one row. What is unknown is NULL, never 0 or -1; kbps is 1000 bit/s; times of day are UTC.
"""

COLUMNS_HEAD = """
## Columns

The first {classic} columns are those of the first Pytomo, in its order. `RowId` comes last: the row
of the tables `stalls` (Start, Length, Position in s; Censored: still open when the sample ended),
`freezes` (the same), `answers` (what each resolver said), `segments` (of HLS, DASH and adaptive
playing: rung, media time, when each was asked for and there) and `traces` (every arrival of media,
for a replay). The table `crawl` holds what is known of the crawl as a whole, as JSON.

"""

OUTCOMES_HEAD = """
## Outcomes

`Outcome` is one word of this closed list. `OutcomePhase` tells where it happened:
{phases}.
A failed row counts as 1 in the RRD source `Failed`, one that did not fail as 0, others not at all.

"""

SOURCES_HEAD = """
## RRD files

`rrds/<hostname>.<service>.<resolver>.rrd` hold the columns that are time series (marked above),
each under its name cut to {longest} characters. Averages, minima and maxima are kept so long:
{archives}.
Beside the columns there are two sources:

"""


def statistics_page() -> str:
    """The page as Markdown."""
    classic = sum(metric.classic is not None for metric in COLUMNS)
    phases = ", ".join(f"`{phase}`" for phase in Phase)
    archives = ", ".join(_archive(steps, points) for steps, points in ARCHIVES)
    longest = max(len(source.name) for source in SOURCES)
    columns = {source_name(metric.column) for metric in COLUMNS}
    others = [source for source in SOURCES if source.name not in columns]
    return "".join(
        (
            HEAD,
            COLUMNS_HEAD.format(classic=classic),
            _table(("column", "unit", "group", "RRD", "meaning"), map(_column, COLUMNS)),
            definitions.HEAD,
            _table(("statistic", "definition", "where it is used so"), definitions.STALLS),
            definitions.TEXT,
            OUTCOMES_HEAD.format(phases=phases),
            _table(("outcome", "failed", "meaning"), map(_outcome, Outcome)),
            SOURCES_HEAD.format(longest=longest, archives=archives),
            _table(("source", "unit", "meaning"), ((f"`{n}`", u, text) for n, u, text in others)),
        )
    )


def classic_columns() -> str:
    """The table of the classic columns that the README shows."""
    classic = (metric for metric in COLUMNS if metric.classic is not None)
    lines = ((str(m.classic), f"`{m.column}`", m.unit, m.text) for m in classic)
    return _table(("", "column", "unit", "meaning"), lines)


def _column(metric: Metric) -> tuple[str, ...]:
    series = "yes" if metric.series else ""
    return (f"`{metric.column}`", metric.unit, metric.group, series, metric.text)


def _outcome(outcome: Outcome) -> tuple[str, ...]:
    return (f"`{outcome}`", {True: "yes", False: "no", None: ""}[outcome.failed], outcome.text)


def _archive(steps: int, points: int) -> str:
    return f"those of {_span(steps * STEP)} for {_span(steps * points * STEP)}"


def _span(seconds: int) -> str:
    sizes = ((86_400, "d"), (3600, "h"), (60, "min"))
    return next(f"{seconds // size} {unit}" for size, unit in sizes if seconds % size == 0)


def _table(head: tuple[str, ...], lines: Iterable[tuple[str, ...]]) -> str:
    rules = ("---",) * len(head)
    return "".join(f"| {' | '.join(map(_cell, line))} |\n" for line in (head, rules, *lines))


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    sys.stdout.write(statistics_page())
