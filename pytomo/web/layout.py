"""What stands round the content of every page: the menu, the database, what it is doing."""

from dataclasses import dataclass
from datetime import datetime

from pytomo import __version__
from pytomo.web.answers import Refusal
from pytomo.web.formatting import iso, moment
from pytomo.web.page import Page, filled
from pytomo.web.request import Request
from pytomo.web.routes import Route, Routes, csv_path, json_path
from pytomo.web.site import Site, Source

MOST_LISTED = 100
"""Databases to choose from on every page: the newest; the archive has all of them."""


@dataclass(frozen=True, slots=True)
class Status:
    """What the database that is shown is doing."""

    text: str
    state: str
    """live, still, reading or empty."""


@dataclass(frozen=True, slots=True)
class MenuItem:
    """An entry of the menu."""

    title: str
    href: str
    current: bool
    section: str


@dataclass(frozen=True, slots=True)
class Choice:
    """A database to choose."""

    name: str
    """Empty: whichever is the newest."""
    text: str
    selected: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """All that the frame of a page shows."""

    title: str
    text: str
    version: str
    menu: tuple[MenuItem, ...]
    databases: tuple[Choice, ...]
    database: str
    switch: str
    status: Status
    json: str
    csv: str


def layout(request: Request, routes: Routes, route: Route | None) -> Layout:
    """The frame of the page at a route; of an error page where there is none."""
    page = route.target if route and isinstance(route.target, Page) else None
    source = shown(request)
    return Layout(
        title=page.title if page else "Not found",
        text=page.text if page else "",
        version=__version__,
        menu=_menu(request, routes, page),
        databases=_choices(request.site, source),
        database=source.name if source else "",
        switch=request.place if page and "{row}" not in page.path else "/",
        status=status(request.site, source),
        json=request.link(filled(json_path(page), request.path)) if page else "",
        csv=request.link(filled(csv_path(page), request.path)) if page and page.lines else "",
    )


def shown(request: Request) -> Source | None:
    """The database of a request, None if there is none that can be read."""
    try:
        return request.source
    except Refusal:
        return None


def status(site: Site, source: Source | None) -> Status:
    """What the database is doing, in words."""
    if source is None:
        return Status("No database yet", "empty")
    table = source.table
    if table.loaded < table.total:
        return Status(f"Reading: {table.loaded:,} of {table.total:,} rows", "reading")
    rows = "1 row" if table.total == 1 else f"{table.total:,} rows"
    newest = f", the last at {moment(float(table.time[-1]))} UTC" if len(table) else ""
    text = f"{'Live' if source.running else 'Ended'}: {rows}{newest}{_switch(site, source)}"
    return Status(text, "live" if source.running else "still")


def _switch(site: Site, source: Source) -> str:
    """That the dashboard went over to a newer database, or that there is one."""
    following = site.following
    if source.followed and following and following.before:
        return f"; following this database since {_time(following.since)} UTC"
    if not source.followed and site.newer(source.entry):
        return "; there is a newer database"
    return ""


def _time(at: datetime) -> str:
    return iso(at)[11:19]


def _menu(request: Request, routes: Routes, current: Page | None) -> tuple[MenuItem, ...]:
    pages = [r.target for r in routes if r.kind == "html" and isinstance(r.target, Page)]
    return tuple(
        MenuItem(
            title=page.title,
            href=request.link(filled(page.path, page.example)),
            current=page is current,
            section=page.menu,
        )
        for page in pages
        if page.menu
    )


def _choices(site: Site, source: Source | None) -> tuple[Choice, ...]:
    if source is None:
        return ()
    names = list(site.names()[:MOST_LISTED])
    if source.name not in names:
        names.append(source.name)
    pinned = None if source.followed else source.name
    newest = Choice("", "The newest, always", pinned is None)
    return (newest, *(Choice(name, name, name == pinned) for name in names))
