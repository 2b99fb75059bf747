"""Values of pages as JSON and CSV: dataclasses by the names of their fields, unknown is null."""

import csv
import dataclasses
import io
import json
import math
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from enum import Enum
from functools import cache
from pathlib import PurePath
from typing import Any

import numpy as np

from pytomo.web.formatting import iso

_LINES_AT_ONCE = 500


def as_json(value: Any) -> bytes:
    """A value as JSON, in UTF-8."""
    text = json.dumps(plain(value), ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.encode("utf-8", "replace")


def plain(value: Any) -> Any:
    """The same made of what JSON knows; times are ISO 8601 in UTC, time spans are seconds."""
    if value is None or (isinstance(value, bool | int | str) and not isinstance(value, Enum)):
        return value
    if isinstance(value, Enum):
        return plain(value.value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, np.ndarray | np.generic):
        return plain(_shortest(value).tolist())
    if dataclasses.is_dataclass(value):
        return {name: plain(item) for name, item in _fields(value)}
    if isinstance(value, Mapping):
        return {str(plain(key)): plain(item) for key, item in value.items()}
    if isinstance(value, Iterable) and not isinstance(value, bytes):
        return [plain(item) for item in value]
    return _simple(value)


def _shortest(value: Any) -> Any:
    """Numbers of single precision without the digits that double precision would make up."""
    return value.astype(str).astype(np.float64) if value.dtype == np.float32 else value


def _simple(value: Any) -> Any:
    if isinstance(value, datetime):
        return iso(value, timespec="auto")
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, PurePath):
        return value.name
    raise TypeError(f"{type(value).__name__} has no form in JSON")


def _fields(value: Any) -> Iterator[tuple[str, Any]]:
    for name in _shown(value.__class__):
        yield name, getattr(value, name)


@cache
def _shown(kind: type) -> tuple[str, ...]:
    """The names of the fields that are shown: not those declared with `repr=False`."""
    return tuple(field.name for field in dataclasses.fields(kind) if field.repr)


def as_csv(lines: Iterable[Any]) -> Iterator[bytes]:
    """Lines of RFC 4180 with a header: the names of the first line's fields; in parts.

    Fields within fields are joined with a dot: `startup.low`.
    """
    header: list[str] = []
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    for number, line in enumerate(lines):
        cells = dict(_flat(line))
        if not header:
            header = list(cells)
            writer.writerow(header)
        writer.writerow([_cell(cells.get(name)) for name in header])
        if number % _LINES_AT_ONCE == _LINES_AT_ONCE - 1:
            yield _emptied(buffer)
    yield _emptied(buffer)


def _emptied(buffer: io.StringIO) -> bytes:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text.encode("utf-8", "replace")


def _flat(line: Any, before: str = "") -> Iterator[tuple[str, Any]]:
    if dataclasses.is_dataclass(line):
        items: Iterable[tuple[str, Any]] = _fields(line)
    elif isinstance(line, Mapping):
        items = line.items()
    else:
        raise TypeError(f"{type(line).__name__} is no line of a table")
    for name, value in items:
        if dataclasses.is_dataclass(value) or isinstance(value, Mapping):
            yield from _flat(value, f"{before}{name}.")
        else:
            yield f"{before}{name}", value


def _cell(value: Any) -> Any:
    known = plain(value)
    return ";".join(map(str, known)) if isinstance(known, list) else known
