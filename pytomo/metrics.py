"""How a statistic is declared: `metric()` makes a dataclass field that knows its column.

The SQLite table, the RRD data sources, the pages, exports and documentation are all derived from
these declarations; `results.py` holds them.
"""

import dataclasses
import types
import typing
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum, unique
from typing import Any

_KEY = "metric"


@unique
class Group(StrEnum):
    """The part of the story that a statistic tells."""

    VISIT = "visit"
    OUTCOME = "outcome"
    SERVER = "server"
    NETWORK = "network"
    TRANSFER = "transfer"
    VIDEO = "video"
    PLAYBACK = "playback"


@dataclass(frozen=True, slots=True)
class Declaration:
    """What `metric()` writes into a field's metadata."""

    column: str
    unit: str
    group: Group
    text: str
    classic: int | None
    series: bool


@dataclass(frozen=True, slots=True)
class Metric:
    """One declared statistic and where it stands in a row."""

    column: str
    unit: str
    group: Group
    text: str
    classic: int | None
    """Place among the 29 classic columns, from 1; None for the newer ones."""
    series: bool
    """Whether it makes sense as a time series (an RRD data source)."""
    type: type
    """int, float, str, bool or datetime."""
    part: str
    """The field of `Row` that holds the step's result."""
    field: str
    """The field of that result."""


def metric(
    column: str,
    unit: str,
    group: Group,
    text: str,
    *,
    classic: int | None = None,
    series: bool = False,
    default: Any = dataclasses.MISSING,
) -> Any:
    """Declare a statistic: a dataclass field with its column, unit, group and one sentence."""
    declaration = Declaration(column, unit, group, text, classic, series)
    return dataclasses.field(default=default, metadata={_KEY: declaration})


def columns(row: type) -> tuple[Metric, ...]:
    """All metrics of the parts of a row class: the classic ones in their order, then the others."""
    found = [found for part in dataclasses.fields(row) for found in _part_metrics(row, part.name)]
    classic = sorted((m for m in found if m.classic is not None), key=lambda m: m.classic or 0)
    return (*classic, *(m for m in found if m.classic is None))


def values(row: Any, metrics: tuple[Metric, ...]) -> dict[str, Any]:
    """The row's value for each column; None where its part is missing or does not know."""
    return {m.column: getattr(getattr(row, m.part), m.field, None) for m in metrics}


def _part_metrics(row: type, part: str) -> list[Metric]:
    result = _without_none(typing.get_type_hints(row)[part])
    if not dataclasses.is_dataclass(result):
        return []
    hints = typing.get_type_hints(result)
    return [
        _bound(field.metadata[_KEY], _without_none(hints[field.name]), part, field.name)
        for field in dataclasses.fields(result)
        if _KEY in field.metadata
    ]


def _bound(declaration: Declaration, hint: Any, part: str, field: str) -> Metric:
    plain = next(t for t in (bool, int, float, datetime, str) if issubclass(hint, t))
    return Metric(**dataclasses.asdict(declaration), type=plain, part=part, field=field)


def _without_none(hint: Any) -> Any:
    """`X` of `X | None`; any other hint as it is."""
    if typing.get_origin(hint) in (types.UnionType, typing.Union):
        return next(arg for arg in typing.get_args(hint) if arg is not type(None))
    return hint
