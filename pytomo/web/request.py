"""A request as pages see it: converted arguments, the database they are about, and links."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Self
from urllib.parse import quote, urlencode

from pytomo.analysis.selection import Selection
from pytomo.analysis.table import Table
from pytomo.web.endpoint import Endpoint
from pytomo.web.parameters import SPANS, Parameter
from pytomo.web.site import Site, Source

Knows = Callable[[str], tuple[str, ...]]
"""The names of the parameters that the page at a path has."""

_OF_A_TABLE = {"sort", "page", "size"}
_ROWS = "/videos/"
"""Paths of single rows, whose numbers mean nothing without their database."""


@dataclass(frozen=True)
class Request:
    """What is asked for."""

    site: Site
    place: str
    """The path as it stands in the URL."""
    arguments: Mapping[str, Any]
    """The values of all parameters of the page, defaults filled in."""
    path: Mapping[str, str] = field(default_factory=dict)
    """What stands in the path's placeholders."""
    given: Mapping[str, str] = field(default_factory=dict)
    """The texts of the parameters that are known and given."""
    knows: Knows = field(default=lambda _: (), repr=False)
    endpoints: Callable[[], tuple[Endpoint, ...]] = field(default=tuple, repr=False)
    """What the documentation of the API lists."""
    kind: str = "html"
    """What it is asked for as: html, json, csv, picture or file."""
    seen: Source | None = field(default=None, repr=False)
    """The database as it is to be looked at; None: as it is now."""

    @cached_property
    def source(self) -> Source:
        """The database that `db` names, or the newest one.

        Raises NotFound, Unreadable, NothingYet.
        """
        return self.seen or self.site.source(self.arguments.get("db"))

    def selection(self) -> Selection:
        """What part of the database is looked at; `span` counts back from its last row."""
        known = self.arguments
        start, end = known.get("start"), known.get("end")
        span = known.get("span")
        if span not in (None, "all") and start is None and end is None:
            times = self.source.table.time
            start = float(times[-1]) - SPANS[span] if len(times) else None
        return Selection(
            service=known.get("service"),
            resolver=known.get("resolver"),
            as_number=known.get("as"),
            host=known.get("host"),
            ip=known.get("ip"),
            prefix=known.get("prefix"),
            place=known.get("place"),
            country=known.get("country"),
            outcome=known.get("outcome"),
            disturbed={"yes": True, "no": False}.get(known.get("disturbed") or ""),
            start=start,
            end=end,
        )

    def table(self) -> Table:
        """The rows that are looked at."""
        return self.selection().of(self.source.table)

    def about(
        self,
        parameters: Iterable[Parameter],
        path: Mapping[str, str] | None = None,
        **arguments: Any,
    ) -> Self:
        """The request for a page with these parameters about the same rows, at the same moment."""
        defaults = {parameter.name: parameter.default for parameter in parameters}
        known = {name: value for name, value in self.arguments.items() if name in defaults}
        return replace(
            self,
            path=path or {},
            arguments={**defaults, **known, **arguments},
            kind="html",
            seen=self.source,
        )

    def link(self, path: str, **changes: Any) -> str:
        """The address of a page about the same database and rows, but for the changes.

        None takes a parameter away. Only parameters that the page knows are kept; the order and
        the page of a table mean something in that table only.
        """
        kept = {n: t for n, t in self.given.items() if path == self.place or n not in _OF_A_TABLE}
        wanted = {**kept, **{name: _text(value) for name, value in changes.items()}}
        known = self.knows(path)
        if path.startswith(_ROWS) and "db" in known and "db" not in changes:
            wanted["db"] = self.source.name  # the newest database will be another one tomorrow
        query = {name: wanted[name] for name in known if wanted.get(name) is not None}
        address = quote(path, safe="/-_.~%")
        return f"{address}?{urlencode(query, quote_via=quote)}" if query else address

    def here(self, **changes: Any) -> str:
        """The address of this very page, but for the changes."""
        return self.link(self.place, **changes)


def _text(value: Any) -> str | None:
    return None if value is None else str(value)
