"""The table of averages, as the first Pytomo had it: a column for each service and round."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pytomo.analysis.averages import Averages, averages
from pytomo.metrics import Metric
from pytomo.results import COLUMNS
from pytomo.web.page import Page
from pytomo.web.parameters import SELECTION
from pytomo.web.request import Request

LONGEST_WAIT = 60.0
"""Seconds until all rows of a database are read, which a CSV waits for."""


@dataclass(frozen=True, slots=True)
class AveragesPage:
    """All averages."""

    lines: tuple[Averages, ...]
    """Of all rows, of each service and of each round."""

    @property
    def metrics(self) -> tuple[Metric, ...]:
        """The columns that are averaged, the classic ones first."""
        return tuple(metric for metric in COLUMNS if metric.series)


def build(request: Request) -> AveragesPage:
    """The averages of the selected rows."""
    if request.kind == "csv":
        request.source.frame.wait(LONGEST_WAIT)
    return AveragesPage(averages(request.table()))


def lines(value: AveragesPage) -> Iterator[Mapping[str, Any]]:
    """What each line is about, then its means by the names of their columns."""
    for line in value.lines:
        yield {
            **{name: getattr(line, name) for name in ("service", "round", "start", "end", "time")},
            **{name: getattr(line, name) for name in ("videos", "rows", "plays")},
            **line.means,
        }


PAGE = Page(
    name="averages",
    path="/averages",
    title="Averages",
    text="The averages of all parameters: for each service that was crawled, and for each round.",
    parameters=SELECTION,
    build=build,
    lines=lines,
    menu="Compare",
)
