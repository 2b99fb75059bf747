"""The description of all addresses, for programs and those who write them."""

from dataclasses import dataclass

from pytomo.web.endpoint import Endpoint
from pytomo.web.page import Page, always
from pytomo.web.request import Request


@dataclass(frozen=True, slots=True, kw_only=True)
class Api:
    """All that the dashboard answers."""

    endpoints: tuple[Endpoint, ...]
    """Every page, picture and file."""


def build(request: Request) -> Api:
    """All that the dashboard answers."""
    return Api(endpoints=request.endpoints())


PAGE = Page(
    name="api",
    path="/api",
    title="API",
    text="Everything that the pages show, for programs: as JSON, as CSV, as pictures.",
    build=build,
    version=always,
)
