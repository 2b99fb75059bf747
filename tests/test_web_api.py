from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
import pytest
from numpy.typing import NDArray
from web_client import NAME, Client, write_database

from pytomo.errors import Phase
from pytomo.web.api import endpoints, openapi
from pytomo.web.application import application
from pytomo.web.page import filled, placeholders
from pytomo.web.pages import FILES, PAGES, PICTURES
from pytomo.web.routes import routes
from pytomo.web.schema import lines, schema
from pytomo.web.site import Site

ENDPOINTS = endpoints(routes(PAGES, PICTURES, FILES))


@dataclass(frozen=True)
class Part:
    """Part of a page."""

    value: float | None
    """How much,
    in s."""


@dataclass(frozen=True)
class Whole:
    """A page."""

    name: str
    parts: tuple[Part, ...]
    """All of them."""
    by_name: Mapping[str, Part]
    phase: Phase | None = None
    at: datetime | None = None
    curve: NDArray[np.float64] | None = None
    hidden: object = field(default=None, repr=False)


def test_schema():
    """The JSON of a dataclass is described by its types and the sentences below its fields."""
    found = schema(Whole)
    assert found["required"] == ["name", "parts", "by_name", "phase", "at", "curve"]
    parts = found["properties"]["parts"]
    assert parts["description"] == "All of them."
    assert parts["items"]["properties"]["value"] == {
        "type": ["number", "null"],
        "description": "How much, in s.",
    }
    assert found["properties"]["at"]["anyOf"][0]["format"] == "date-time"


def test_every_field_is_explained():
    """Each field of the JSON of each page has a sentence in the documentation."""
    fields = [(e.name, line.name) for e in ENDPOINTS for line in e.fields if not line.text]
    assert fields == []


def test_lines_of_a_schema():
    """Documentation lists fields with those that hold them."""
    found = {line.name: (line.type, line.text) for line in lines(schema(Whole))}
    assert found["parts[].value"] == ("number | null", "How much, in s.")
    assert found["by_name.*.value"] == ("number | null", "How much, in s.")
    assert found["curve"][0] == "array | null"


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    """The whole dashboard with one database."""
    directory = tmp_path_factory.mktemp("databases")
    write_database(directory / NAME)
    site = Site(directory)
    yield Client(application(site))
    site.close()


def check(value, shape, place="data"):
    """Whether a value is as a schema says; AssertionError."""
    options = shape.get("anyOf", [shape])
    kinds = {
        kind
        for option in options
        for kind in (
            [option["type"]] if isinstance(option.get("type"), str) else option.get("type", [])
        )
    }
    names = {
        **{dict: "object", list: "array", str: "string", bool: "boolean", type(None): "null"},
        **{int: "integer", float: "number"},
    }
    kind = names[type(value)]
    allowed = kinds | ({"integer"} if "number" in kinds else set())
    if not kinds or any("enum" in option for option in options):
        return
    assert kind in allowed, f"{place} is {kind}, not {kinds}"
    for option in options:
        if kind == "object" and "properties" in option:
            assert set(value) == set(option["properties"]), place
            for name, item in value.items():
                check(item, option["properties"][name], f"{place}.{name}")
        if kind == "array" and "items" in option:
            for item in value:
                check(item, option["items"], f"{place}[]")


PAGES_OF_DATA = [point for point in ENDPOINTS if point.json]


@pytest.mark.parametrize("point", PAGES_OF_DATA, ids=[point.name for point in PAGES_OF_DATA])
def test_json_is_as_described(client, point):
    """The JSON of each page has the fields and types that its documentation says."""
    response = client.get(point.example)
    assert response.status == 200
    check(response.json()["data"], point.schema)


def test_openapi(client):
    """OpenAPI 3.1 has every address, with every placeholder and parameter described."""
    found = client.get("/api/openapi.json").json()
    assert found == openapi(ENDPOINTS)
    assert found["openapi"].startswith("3.1")
    assert set(found["paths"]) == {route.path for route in routes(PAGES, PICTURES, FILES)}
    for path, item in found["paths"].items():
        described = item["get"]["parameters"]
        in_path = [one["name"] for one in described if one["in"] == "path"]
        assert in_path == list(placeholders(path))
        assert all(one["description"] for one in described if one["in"] == "query")


def test_every_address_is_there(client):
    """Each page, picture and file answers at its example, with what it needs filled in."""
    for target in (*PAGES, *PICTURES, *FILES):
        place = filled(target.path, {"format": "png", **target.example})
        assert client.get(place).status == 200, place


def test_operations_have_names():
    """Every operation has a name of its own, which is a word, for clients made of it."""
    paths = openapi(ENDPOINTS)["paths"]
    names = [path["get"]["operationId"] for path in paths.values()]
    assert len(set(names)) == len(names)
    assert all(name.isidentifier() for name in names)
    assert paths["/api/servers"]["get"]["operationId"] == "get_servers"
    assert paths["/servers.csv"]["get"]["operationId"] == "get_servers_csv"
