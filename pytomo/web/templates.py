"""The templates: all that is put into a page is escaped, a name that is not given an error."""

from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from pytomo.errors import Outcome
from pytomo.web.filter_form import filter_form
from pytomo.web.formatting import FILTERS

PLACE = Path(__file__).parent / "templates"


@cache
def environment() -> Environment:
    """The environment of all templates."""
    made = Environment(
        loader=FileSystemLoader(PLACE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(FILTERS)
    made.tests["known_outcome"] = set(Outcome).__contains__
    made.globals["filter_form"] = filter_form
    return made


def rendered(name: str, **context: Any) -> bytes:
    """The page of a template, in UTF-8."""
    text = environment().get_template(f"{name}.html").render(context)
    return text.encode("utf-8", "replace")
