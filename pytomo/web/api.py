"""What can be asked for as data: from the registry, for the page of the API and for programs."""

from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

from pytomo import __version__
from pytomo.web.answers import CSV, HTML, JSON
from pytomo.web.encoding import as_json
from pytomo.web.endpoint import Endpoint
from pytomo.web.page import (
    PICTURE_TYPES,
    PLACEHOLDERS,
    WORD,
    File,
    Page,
    Picture,
    always,
    filled,
    placeholders,
)
from pytomo.web.parameters import Parameter
from pytomo.web.request import Request
from pytomo.web.routes import Route, Routes, csv_path, json_path
from pytomo.web.schema import Schema, lines, returned, schema

ENVELOPE: Schema = {
    "page": {"type": "string", "description": "Name of the page."},
    "database": {
        "type": ["string", "null"],
        "description": "File name of the database; null where the data are not about one.",
    },
    "rows": {"type": ["integer", "null"], "description": "Rows of the database."},
    "loaded": {
        "type": ["integer", "null"],
        "description": "Rows in memory: fewer than rows while a large database is read.",
    },
    "arguments": {"type": "object", "description": "The parameters as they were given."},
}
"""What stands round the data of every page."""

_REFUSALS = {
    HTTPStatus.BAD_REQUEST: "A parameter cannot be so; the answer says what it can be.",
    HTTPStatus.NOT_FOUND: "There is no such row, name or database.",
    HTTPStatus.CONFLICT: "The database cannot be read (now); the answer says why.",
    HTTPStatus.SERVICE_UNAVAILABLE: "What it is made with is missing, or it is being made.",
}
_KINDS = ("html", "picture", "file")


def endpoints(routes: Routes) -> tuple[Endpoint, ...]:
    """Every page, picture and file once, in the order of the registry."""
    return tuple(_endpoint(route) for kind in _KINDS for route in routes if route.kind == kind)


def _endpoint(route: Route) -> Endpoint:
    target = route.target
    page = target if isinstance(target, Page) else None
    json = json_path(page) if page else None
    shape = schema(returned(page.build)) if page else {}
    return Endpoint(
        name=target.name,
        kind="page" if page else route.kind,
        text=target.text,
        path=target.path,
        json=json,
        csv=csv_path(page) if page and page.lines else None,
        types=_types(target),
        example=filled(json or target.path, {"format": "svg", **target.example}),
        parameters=target.parameters,
        fields=tuple(lines(shape)),
        schema=shape,
    )


def _types(target: Page | Picture | File) -> tuple[str, ...]:
    if isinstance(target, Page):
        return (HTML,)
    return tuple(PICTURE_TYPES.values()) if isinstance(target, Picture) else (target.type,)


def openapi(known: Iterable[Endpoint]) -> dict[str, Any]:
    """The same in the words of OpenAPI 3.1, for programs that make clients of it."""
    paths: dict[str, Any] = {}
    for point in known:
        own = point.name if point.json is None else f"{point.name}_page"
        types: dict[str, Any] = {kind: {} for kind in point.types}
        paths[point.path] = _operation(point, own, point.path, types)
        if point.json is not None:
            content = {JSON: {"schema": _whole(point)}}
            paths[point.json] = _operation(point, point.name, point.json, content)
        if point.csv is not None:
            paths[point.csv] = _operation(point, f"{point.name}_csv", point.csv, {CSV: {}})
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Pytomo",
            "version": __version__,
            "summary": "How well online videos play from here, and what is to blame.",
        },
        "paths": paths,
    }


def _operation(point: Endpoint, name: str, path: str, content: dict[str, Any]) -> dict[str, Any]:
    """GET of a path; programs that make clients call the function by its name."""
    in_path = [_in_path(name) for name in placeholders(path)]
    refusals = {str(s.value): {"description": text} for s, text in _REFUSALS.items()}
    return {
        "get": {
            "operationId": f"get_{name}",
            "summary": point.text,
            "parameters": [*in_path, *map(_in_query, point.parameters)],
            "responses": {"200": {"description": "It is there.", "content": content}, **refusals},
        }
    }


def _whole(point: Endpoint) -> Schema:
    properties = {**ENVELOPE, "data": point.schema}
    return {"type": "object", "properties": properties, "required": list(properties)}


def _in_path(name: str) -> dict[str, Any]:
    kind = {"type": "string", "pattern": f"^({PLACEHOLDERS.get(name, WORD)})$"}
    return {"name": name, "in": "path", "required": True, "schema": kind}


def _in_query(parameter: Parameter) -> dict[str, Any]:
    kind: Schema = {"enum": list(parameter.choices)} if parameter.choices else {}
    default = {} if parameter.default is None else {"default": parameter.default}
    text = parameter.text
    return {
        "name": parameter.name,
        "in": "query",
        "description": text,
        "schema": {**kind, **default},
    }


def _write(request: Request) -> bytes:
    return as_json(openapi(request.endpoints()))


OPENAPI = File(
    name="openapi",
    path="/api/openapi.json",
    text="This documentation for programs: OpenAPI 3.1.",
    type=JSON,
    write=_write,
    version=always,
)
