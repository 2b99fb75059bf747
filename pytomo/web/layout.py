"""What stands round the content of every page: the menu, the database, what it is doing."""

from dataclasses import dataclass

from pytomo import __version__
from pytomo.web.page import Page, filled
from pytomo.web.request import Request
from pytomo.web.routes import Route, Routes, csv_path, json_path
from pytomo.web.site import Site
from pytomo.web.state import State, state

MOST_LISTED = 100
"""Databases to choose from on every page: the newest; the archive has all of them."""


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
    status: State
    json: str
    csv: str


def layout(request: Request, routes: Routes, route: Route | None) -> Layout:
    """The frame of the page at a route; of an error page where there is none."""
    page = route.target if route and isinstance(route.target, Page) else None
    now = state(request)
    return Layout(
        title=page.title if page else "Not found",
        text=page.text if page else "",
        version=__version__,
        menu=_menu(request, routes, page),
        databases=_choices(request.site, now),
        database=now.database or "",
        switch=request.place if page and "{row}" not in page.path else "/",
        status=now,
        json=_same(request, json_path(page)) if page else "",
        csv=_same(request, csv_path(page)) if page and page.lines else "",
    )


def _same(request: Request, path: str) -> str:
    """The address of what is shown, the order of its table included, in another form."""
    return request.link(filled(path, request.path), **request.given)


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


def _choices(site: Site, now: State) -> tuple[Choice, ...]:
    if now.database is None:
        return ()
    names = list(site.names()[:MOST_LISTED])
    if now.database not in names:
        names.append(now.database)
    pinned = None if now.followed else now.database
    newest = Choice("", "The newest, always", pinned is None)
    return (newest, *(Choice(name, name, name == pinned) for name in names))
