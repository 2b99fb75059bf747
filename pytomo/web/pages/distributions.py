"""How a parameter is distributed: curves and quantiles for each service, resolver, AS, ….

And its spread over time, which the page of the parameter shows.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pytomo.analysis.distributions import GROUPINGS, SHARES, Distributions, distributions
from pytomo.analysis.sample import PARAMETERS
from pytomo.analysis.selection import Selection
from pytomo.analysis.spread import spread
from pytomo.metrics import Group, Metric
from pytomo.pictures import distribution as distribution_picture
from pytomo.pictures import spread as spread_picture
from pytomo.pictures.style import THEMES
from pytomo.web.answers import NotFound
from pytomo.web.formatting import number
from pytomo.web.page import Page, Picture
from pytomo.web.parameters import SELECTION, THEME, Parameter, word
from pytomo.web.request import Request

COLUMN = Parameter(
    "column",
    "The parameter.",
    word,
    "StartupDelay",
    tuple(metric.column for metric in PARAMETERS),
)
BY = Parameter("by", "A curve for each of these.", word, "nothing", tuple(GROUPINGS))


@dataclass(frozen=True, slots=True, kw_only=True)
class DistributionsPage:
    """The distribution of a parameter in the selected rows."""

    selected: str
    """Which rows they are, in words."""
    curves: Distributions
    """A curve for each group of rows."""

    @property
    def parameters(self) -> Mapping[Group, Sequence[Metric]]:
        """What can be chosen, by the part of the story that it tells."""
        return {
            group: [metric for metric in PARAMETERS if metric.group is group]
            for group in Group
            if any(metric.group is group for metric in PARAMETERS)
        }

    @property
    def groupings(self) -> Mapping[str, str]:
        """What the curves can be told apart by, in words."""
        return {name: grouping.text for name, grouping in GROUPINGS.items()}

    @property
    def width(self) -> int:
        """CSS pixels of the picture."""
        return distribution_picture.WIDTH

    @property
    def height(self) -> int:
        """CSS pixels of the picture."""
        return distribution_picture.HEIGHT

    @property
    def caption(self) -> str:
        """Of the table."""
        return f"Quantiles of {distribution_picture.headline(self.curves)}"

    @property
    def columns(self) -> Sequence[Mapping[str, Any]]:
        """Of the table."""
        unit, text = self.curves.unit, GROUPINGS[self.curves.by].text
        return (
            {"text": text[:1].upper() + text[1:]},
            {"text": "Values", "number": True, "about": "Rows with a value."},
            *(
                {
                    "text": f"{100 * share:.0f} %",
                    "number": True,
                    "unit": unit,
                    "about": _about(share),
                }
                for share in SHARES
            ),
            {"text": "Without", "number": True, "about": "Rows without a value."},
        )

    @property
    def notes(self) -> Sequence[str]:
        """What is to be known of the numbers."""
        return tuple(_notes(self.curves))

    @property
    def alt(self) -> str:
        """What is to be seen in the picture."""
        curves = self.curves
        unit = curves.unit
        told = (f"{g.name}: median {number(g.quantiles['p50'], unit)}" for g in curves.groups)
        title = distribution_picture.headline(curves)
        return f"Cumulative distribution of {title}, {'; '.join(told) or 'no row has a value'}."


def build(request: Request) -> DistributionsPage:
    """The curves that are asked for."""
    asked = request.arguments
    curves = distributions(request.table(), asked["column"], asked["by"])
    return DistributionsPage(selected=request.selection().described(), curves=curves)


def lines(value: DistributionsPage) -> Iterator[Mapping[str, Any]]:
    """The steps of all curves, one a line."""
    for group in value.curves.groups:
        for at, share in group.points:
            yield {"group": group.name, "value": at, "share": share, "rows": group.count}


def draw(request: Request) -> bytes:
    """The picture of the curves."""
    return drawn(build(request), request)


def drawn(value: DistributionsPage, request: Request) -> bytes:
    """The picture of curves that are known, as it is asked for."""
    theme, image = THEMES[request.arguments["theme"]], request.path["format"]
    return distribution_picture.draw(value.curves, theme, image, rows=_rows(value.selected))


def draw_spread(request: Request) -> bytes:
    """The picture of a parameter over time. Raises NotFound."""
    column = request.path["column"]
    if column not in COLUMN.choices:
        raise NotFound(f"There is no parameter {column}.")
    selection = request.selection()
    values = spread(request.table(), column, start=selection.start, end=selection.end)
    theme, image = THEMES[request.arguments["theme"]], request.path["format"]
    return spread_picture.draw(values, theme, image, rows=_rows(selection.described()))


def _about(share: float) -> str:
    return f"{100 * share:.0f} % of the rows have at most this value."


def _notes(curves: Distributions) -> Iterator[str]:
    endless = sum(group.endless for group in curves.groups)
    bounded = sum(group.bounded for group in curves.groups)
    if endless:
        yield (
            f"Samples that never started ({number(endless)}) count as endless: "
            "a curve ends at the share that did start."
        )
    if bounded:
        yield (
            f"The value is a lower bound in rows ({number(bounded)}) whose last stall was still "
            "open when the sample ended."
        )
    if curves.overlapping:
        yield "A row whose address several resolvers gave counts for each of them."
    if curves.groups_left_out:
        yield (
            f"The largest groups are shown; {number(curves.groups_left_out)} smaller ones with "
            f"{number(curves.rows_left_out)} rows are left out."
        )
    yield "Rows without a value, such as those that failed, are in no curve."


def _rows(selected: str) -> str:
    return "" if selected == Selection().described() else f"({selected})"


PAGE = Page(
    name="distributions",
    path="/distributions",
    title="Distributions",
    text="How the values of a parameter are spread, for each service, resolver or AS.",
    parameters=(*SELECTION, COLUMN, BY),
    build=build,
    lines=lines,
    menu="Compare",
)

CURVES = Picture(
    name="distribution",
    path="/distributions/curves.{format}",
    text="Empirical distribution functions of a parameter: the share of rows at or below.",
    parameters=(*SELECTION, COLUMN, BY, THEME),
    draw=draw,
    example={"format": "svg"},
)
SPREAD = Picture(
    name="spread",
    path="/parameters/{column}/spread.{format}",
    text="The spread of a parameter over time as smoke, and where there is none to be seen.",
    parameters=(*SELECTION, THEME),
    draw=draw_spread,
    example={"column": "StartupDelay", "format": "svg"},
)
PICTURES = (CURVES, SPREAD)
