"""The archive: every database of the directory, those that cannot be read included."""

from collections.abc import Hashable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pytomo.web.archive import Entry
from pytomo.web.page import Page
from pytomo.web.request import Request


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseLine:
    """A database of the archive."""

    name: str
    """The file's name: the value of the parameter `db`."""
    begun: datetime
    """When its crawl began, by its name."""
    service: str | None
    """What was crawled; None: not known."""
    rows: int | None
    """How many there are, by the last RowId; None: not known."""
    first: str | None
    """UTC of its first row."""
    last: str | None
    """UTC of its last row."""
    ended: str | None
    """UTC of the end of its crawl; None if it goes on, or was killed."""
    running: bool
    """Whether its crawl seems to go on."""
    classic: bool
    """Whether the first Pytomo wrote it."""
    size: int
    """Bytes."""
    problem: str | None
    """Why it cannot be read; None if it can."""

    @property
    def state(self) -> str:
        """What is to be said of it in a few words."""
        if self.problem:
            return self.problem
        if self.classic:
            return "of the first Pytomo"
        if self.running:
            return "running"
        return "ended" if self.ended else "broke off"


@dataclass(frozen=True, slots=True, kw_only=True)
class Databases:
    """The databases, the newest first."""

    directory: str
    """Where they are."""
    databases: tuple[DatabaseLine, ...]
    """Each of them."""


def build(request: Request) -> Databases:
    """The archive as it is."""
    now = request.site.clock()
    entries = request.site.archive()
    return Databases(
        directory=str(request.site.directory),
        databases=tuple(_line(entry, running=entry.running(now)) for entry in entries),
    )


def _line(entry: Entry, *, running: bool) -> DatabaseLine:
    return DatabaseLine(
        name=entry.name,
        begun=entry.at,
        service=_text(entry.facts.get("service")),
        rows=entry.rows,
        first=entry.first,
        last=entry.last,
        ended=_text(entry.facts.get("ended")),
        running=running,
        classic=entry.classic,
        size=entry.size,
        problem=entry.problem,
    )


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _version(request: Request) -> Hashable:
    now = request.site.clock()
    entries = request.site.archive()
    return tuple((e.name, e.changed, e.size, e.problem, e.running(now)) for e in entries)


PAGE = Page(
    name="databases",
    path="/databases",
    title="Databases",
    text="The databases of all crawls, to switch between them.",
    build=build,
    lines=lambda value: value.databases,
    menu="Archive",
    version=_version,
)
