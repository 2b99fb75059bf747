"""What the JSON of a page looks like: from the types of its dataclasses, and what they say."""

import ast
import dataclasses
import enum
import inspect
import textwrap
import types
import typing
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from functools import cache
from pathlib import PurePath
from typing import Any

import numpy as np

from pytomo.metrics import Declaration

Schema = dict[str, Any]

_NULL: Schema = {"type": "null"}
_SIMPLE: tuple[tuple[type, Schema], ...] = (
    (bool, {"type": "boolean"}),
    (int, {"type": "integer"}),
    (float, {"type": ["number", "null"]}),
    (str, {"type": "string"}),
    (bytes, {"type": "string"}),
    (datetime, {"type": "string", "format": "date-time"}),
    (timedelta, {"type": "number"}),
    (PurePath, {"type": "string"}),
    (type(None), _NULL),
)


@dataclasses.dataclass(frozen=True, slots=True)
class FieldLine:
    """A field as documentation lists it."""

    name: str
    """With those that hold it: `servers[].rtt.value`."""
    type: str
    """In words."""
    text: str
    """What it means; empty where nothing is written of it."""


def returned(build: Callable[..., Any]) -> Any:
    """The type of what a function returns."""
    return typing.get_type_hints(build).get("return", Any)


def shown_fields(kind: type) -> tuple[str, ...]:
    """The names of a dataclass's fields that JSON and CSV show: not those with `repr=False`."""
    return tuple(field.name for field in dataclasses.fields(kind) if field.repr)


def schema(kind: Any) -> Schema:
    """JSON Schema (2020-12) of the values of a type, as `encoding.plain` writes them."""
    if dataclasses.is_dataclass(kind):
        return _object(kind)
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in (typing.Union, types.UnionType):
        return _either([schema(argument) for argument in arguments])
    if origin is np.ndarray:
        return {"type": "array", "items": {"type": ["number", "null"]}}
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return {"type": "object", "additionalProperties": schema(arguments[-1])}
    if isinstance(origin, type) and issubclass(origin, Iterable):
        items = [schema(argument) for argument in arguments if argument is not Ellipsis]
        return {"type": "array", "items": _either(items)}
    return _simple(kind)


def lines(found: Schema, before: str = "") -> Iterator[FieldLine]:
    """All fields of a schema, in order, those within others behind them."""
    for name, field in found.get("properties", {}).items():
        here = f"{before}{name}"
        yield FieldLine(here, _type_name(field), field.get("description", ""))
        yield from _below(field, here)


def _below(field: Schema, here: str) -> Iterator[FieldLine]:
    for option in (field, *field.get("anyOf", ())):
        if "properties" in option:
            yield from lines(option, f"{here}.")
        if "items" in option:
            yield from _below(option["items"], f"{here}[]") if "anyOf" in option["items"] else ()
            yield from lines(option["items"], f"{here}[].")
        if isinstance(option.get("additionalProperties"), dict):
            yield from lines(option["additionalProperties"], f"{here}.*.")


def _type_name(field: Schema) -> str:
    if "anyOf" in field:
        return " | ".join(dict.fromkeys(_type_name(option) for option in field["anyOf"]))
    if "enum" in field:
        return " | ".join(str(value) for value in field["enum"])
    kind = field.get("type", "any")
    return " | ".join(kind) if isinstance(kind, list) else str(kind)


def _object(kind: Any) -> Schema:
    hints, texts = typing.get_type_hints(kind), field_texts(kind)
    properties = {name: _described(hints[name], texts.get(name)) for name in shown_fields(kind)}
    return {"type": "object", "properties": properties, "required": list(properties)}


def _described(kind: Any, text: str | None) -> Schema:
    return {**schema(kind), **({"description": text} if text else {})}


def _either(options: list[Schema]) -> Schema:
    with_null = any("null" in option.get("type", "") for option in options if option != _NULL)
    wanted = [option for option in options if option != _NULL or not with_null]
    different = [option for n, option in enumerate(wanted) if option not in wanted[:n]]
    return different[0] if len(different) == 1 else {"anyOf": different}


def _simple(kind: Any) -> Schema:
    if not isinstance(kind, type):
        return {}
    if issubclass(kind, enum.Enum):
        return {"enum": [member.value for member in kind]}
    return next((dict(found) for base, found in _SIMPLE if issubclass(kind, base)), {})


@cache
def field_texts(kind: type) -> Mapping[str, str]:
    """The sentence below each field of a class, as this project writes them, or of its metric."""
    try:
        body = ast.parse(textwrap.dedent(inspect.getsource(kind))).body[0]
    except (OSError, TypeError, SyntaxError):  # no source: an executable made of it
        return {}
    assert isinstance(body, ast.ClassDef)
    return _metric_texts(kind) | {
        field.target.id: text
        for field, below in zip(body.body, body.body[1:], strict=False)
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)
        if (text := _sentence(below))
    }


def _metric_texts(kind: type) -> dict[str, str]:
    return {
        field.name: f"{told.text} Unit: {told.unit}." if told.unit else told.text
        for field in dataclasses.fields(kind)
        for told in field.metadata.values()
        if isinstance(told, Declaration)
    }


def _sentence(node: ast.stmt) -> str:
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return inspect.cleandoc(str(node.value.value)).replace("\n", " ")
    return ""
