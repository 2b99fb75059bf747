"""docs/extending.md: its examples run, and the places that it names exist."""

import re
from pathlib import Path
from pkgutil import resolve_name

import pytest
from loopback_only import loopback_only

from pytomo.config import SERVICE_NAMES
from pytomo.services import SERVICES

PAGE = Path(__file__).parents[1] / "docs" / "extending.md"
TEXT = PAGE.read_text(encoding="utf-8")
EXAMPLES = {
    found[1]: "\n" * TEXT.count("\n", 0, found.start(2)) + found[2]
    for found in re.finditer(r"^## (.+?)\n(?:(?!^##).)*?```python\n(.*?)```", TEXT, re.M | re.S)
}
"""By heading; each begins at its line of the page, so that a traceback shows that."""


@pytest.mark.parametrize("heading", EXAMPLES)
def test_example(heading: str) -> None:
    """The example runs as it is printed, and contacts nobody."""
    with loopback_only():
        exec(compile(EXAMPLES[heading], str(PAGE), "exec"), {"__name__": "example"})


def test_each_thing_has_an_example() -> None:
    """What the table says can be added has an example of its own; the lab has its own page."""
    table = re.findall(r"^\| (an? [^|]+?) \|", TEXT, re.M)
    assert [thing.capitalize() for thing in table if "lab" not in thing] == list(EXAMPLES)
    assert TEXT.count("```python") == len(EXAMPLES)


@pytest.mark.parametrize("name", sorted(set(re.findall(r"`(pytomo\.[\w.]+)`", TEXT))))
def test_places_exist(name: str) -> None:
    """Each module, tuple and class that the page names is there."""
    resolve_name(name)


def test_services_can_be_named() -> None:
    """`-s` offers each service that is no last resort."""
    assert [service.name for service in SERVICES] == [*SERVICE_NAMES, "generic"]
