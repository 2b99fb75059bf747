"""Which addresses there are: each page as HTML, JSON and CSV, pictures and files."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from pytomo.web.page import File, Page, Picture, pattern, placeholders
from pytomo.web.parameters import DATABASE, Parameter

Target = Page | Picture | File


@dataclass(frozen=True)
class Route:
    """An address and what is there."""

    path: str
    """With placeholders."""
    kind: str
    """html, json, csv, picture or file."""
    target: Target

    @cached_property
    def pattern(self) -> str:
        """A regular expression with a group for each placeholder."""
        return pattern(self.path)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the placeholders, in order."""
        return placeholders(self.path)

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """Those of its target; every page keeps to its database, whatever it is about."""
        known = self.target.parameters
        return (DATABASE, *known) if self.kind == "html" and DATABASE not in known else known

    @property
    def strict(self) -> bool:
        """Whether parameters that are not known are refused."""
        return self.kind in ("json", "csv")


class Routes:
    """All routes."""

    def __init__(self, all_routes: Iterable[Route]) -> None:
        self._all = tuple(all_routes)
        self._plain = {route.path: route for route in self._all if not route.names}
        self._others = [(re.compile(r.pattern, re.ASCII), r) for r in self._all if r.names]

    def __iter__(self) -> Iterator[Route]:
        return iter(self._all)

    def at(self, path: str) -> Route | None:
        """The route of a path, if there is one."""
        found = (route for known, route in self._others if known.fullmatch(path))
        return self._plain.get(path) or next(found, None)

    def parameters(self, path: str) -> tuple[str, ...]:
        """The names of the parameters known at a path."""
        route = self.at(path)
        return tuple(p.name for p in route.parameters) if route else ()


def routes(pages: Iterable[Page], pictures: Iterable[Picture], files: Iterable[File]) -> Routes:
    """The routes of a registry."""
    pages = tuple(pages)
    return Routes(
        (
            *(Route(file.path, "file", file) for file in files),
            *(Route(picture.path, "picture", picture) for picture in pictures),
            *(Route(csv_path(page), "csv", page) for page in pages if page.lines),
            *(Route(json_path(page), "json", page) for page in pages),
            *(Route(page.path, "html", page) for page in pages),
        )
    )


def json_path(page: Page) -> str:
    """Where a page is as JSON: `/api/<name>`, with the placeholders of its path behind it."""
    return "/".join(["/api", page.name, *(f"{{{name}}}" for name in placeholders(page.path))])


def csv_path(page: Page) -> str:
    """Where a page with lines is as CSV."""
    return f"{page.path}.csv" if page.path != "/" else f"/{page.name}.csv"
