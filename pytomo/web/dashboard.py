"""From a route and a query to an answer: convert, look up, make; or say why not."""

import hashlib
import logging
import threading
import time
from collections.abc import Hashable
from dataclasses import dataclass, replace
from functools import cache, partial
from http import HTTPStatus

from pytomo.errors import CrawlError
from pytomo.web.answers import (
    CSV,
    HTML,
    JSON,
    Answer,
    NothingYet,
    Refusal,
    Unreadable,
    compressed,
    is_known,
    not_modified,
    plain,
    takes_gzip,
)
from pytomo.web.api import endpoints
from pytomo.web.cache import Cache
from pytomo.web.encoding import as_csv, as_json
from pytomo.web.layout import Layout, layout
from pytomo.web.making import made
from pytomo.web.memory import give_back
from pytomo.web.page import File, Page, by_rows
from pytomo.web.parameters import texts, values
from pytomo.web.request import Request
from pytomo.web.routes import Route, Routes
from pytomo.web.site import Site
from pytomo.web.templates import rendered

KEPT_BYTES = 12_000_000
"""Of rendered pages and pictures."""

_BUG = "This is a bug of Pytomo: the log of the server tells more."

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """What a reader sent."""

    place: str
    """The path."""
    values: tuple[str, ...] = ()
    """What stands in the placeholders of the path."""
    query: str = ""
    if_none_match: str = ""
    accept_encoding: str = ""


class Dashboard:
    """Answers for one site; it may be used by several threads."""

    def __init__(self, site: Site, routes: Routes) -> None:
        self._site = site
        self._routes = routes
        self._made = Cache(KEPT_BYTES, lambda answer: len(answer.body))
        self._making = {_queue(route): threading.Lock() for route in routes}
        self._endpoints = cache(partial(endpoints, routes))
        self._start = time.time_ns()

    def answer(self, route: Route, call: Call) -> Answer:
        """The answer of a route; it never raises."""
        try:
            return self._found(route, call)
        except Refusal as refusal:
            return self.refused(refusal, call, route)
        except CrawlError as error:
            return self.refused(Unreadable(f"The database cannot be read: {error}."), call, route)
        except Exception:
            log.exception("a bug at %s?%s", call.place, call.query)
            return plain(_BUG, HTTPStatus.INTERNAL_SERVER_ERROR)

    def refused(self, refusal: Refusal, call: Call, route: Route | None = None) -> Answer:
        """The page (or the JSON) that says why there is nothing else."""
        if route.kind != "html" if route else call.place.startswith("/api/"):
            body = as_json({"error": refusal.text, "status": refusal.status.value})
            return Answer(body=body, type=JSON, status=refusal.status)
        try:
            return self._refused_page(refusal, call)
        except Exception:
            log.exception("a bug in the page of an error")
            return plain(refusal.text, refusal.status)

    def _refused_page(self, refusal: Refusal, call: Call) -> Answer:
        request = self._request(None, call)
        empty = isinstance(refusal, NothingYet)
        body = rendered(
            "empty" if empty else "error",
            value=refusal,
            page=None,
            request=request,
            layout=layout(request, self._routes, None),
        )
        return Answer(body=body, type=HTML, status=HTTPStatus.OK if empty else refusal.status)

    def _found(self, route: Route, call: Call) -> Answer:
        request = self._request(route, call)
        frame = layout(request, self._routes, route) if route.kind == "html" else None
        version = (frame, (route.target.version or by_rows)(request))
        key = (route.path, call.place, tuple(sorted(request.given.items())))
        tag = self._tag((key, version))
        if is_known(tag, call.if_none_match):
            return not_modified(tag)
        if route.kind == "csv":
            answer = _lines(route.target, request)
        else:
            whole = self._made.get(key, version, lambda: self._make(route, request, frame))
            answer = whole
            if takes_gzip(call.accept_encoding):
                answer = self._made.get((*key, "gzip"), version, lambda: compressed(whole))
        return replace(answer, headers={**answer.headers, "ETag": tag})

    def _make(self, route: Route, request: Request, frame: Layout | None) -> Answer:
        with self._making[_queue(route)]:
            try:
                return made(route, request, frame)
            finally:
                give_back()

    def _request(self, route: Route | None, call: Call) -> Request:
        given = texts(call.query) if route else {}
        parameters = route.parameters if route else ()
        arguments = values(given, parameters, strict=route is not None and route.strict)
        return Request(
            site=self._site,
            place=call.place,
            path=dict(zip(route.names if route else (), call.values, strict=False)),
            given={name: text for name, text in given.items() if name in arguments},
            arguments=arguments,
            knows=self._routes.parameters,
            endpoints=self._endpoints,
            kind=route.kind if route else "html",
        )

    def _tag(self, version: Hashable) -> str:
        """A weak entity tag: what is shown means the same, whatever the bytes (RFC 9110, 8.8.1)."""
        digest = hashlib.blake2b(repr((self._start, version)).encode("utf-8", "replace"))
        return f'W/"{digest.hexdigest()[:24]}"'


def _queue(route: Route) -> object:
    """What is made one after the other: pages, pictures, and each file.

    Each may take tens of megabytes for a while, and more of them would only wait for the same
    processors. A report keeps neither pages nor metrics waiting.
    """
    return route.target.name if isinstance(route.target, File) else type(route.target)


def _lines(page: object, request: Request) -> Answer:
    assert isinstance(page, Page)
    assert page.lines is not None
    name = f"{page.name}.csv"
    return Answer(
        body=as_csv(page.lines(page.build(request))),
        type=CSV,
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
