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
from pytomo.missing import missing
from pytomo.web.answers import (
    CSV,
    HTML,
    JSON,
    Answer,
    BeingMade,
    Lacking,
    NothingYet,
    Refusal,
    compressed,
    is_known,
    not_modified,
    plain,
    takes_gzip,
    unreadable,
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
ENTRY_BYTES = 2000
"""What each of them takes besides: what it was made of, and its headers."""
PATIENCE = 3.0
"""Seconds that a reader waits while a slow file is made for another."""
MOST_PATIENT = 3
"""Readers who may wait for slow files at a time: the others of the server answer for pages."""

_BUSY = "A report is being made for another reader: ask again in a few seconds."

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
        self._made = Cache(KEPT_BYTES, lambda answer: len(answer.body) + ENTRY_BYTES)
        self._making = {_queue(route): threading.Lock() for route in routes}
        self._patient = threading.Semaphore(MOST_PATIENT)
        self._endpoints = cache(partial(endpoints, routes))
        self._start = time.time_ns()

    def answer(self, route: Route, call: Call) -> Answer:
        """The answer of a route; it never raises."""
        try:
            return self._found(route, call)
        except Refusal as refusal:
            return self.refused(refusal, call, route)
        except CrawlError as error:
            return self.refused(unreadable(error, self._site.directory), call, route)
        except ImportError as error:
            text = missing("this", error)
            log.warning("%s: %s", call.place, text)
            return self.refused(Lacking(f"{text[:1].upper()}{text[1:]}."), call, route)
        except Exception:
            log.exception("a bug at %s?%s", call.place, call.query)
            return plain(_BUG, HTTPStatus.INTERNAL_SERVER_ERROR)

    def refused(self, refusal: Refusal, call: Call, route: Route | None = None) -> Answer:
        """The page (or the JSON) that says why there is nothing else."""
        if _is_data(route) if route else call.place.startswith("/api/"):
            body = as_json({"error": refusal.text, "status": refusal.status.value})
            return Answer(body=body, type=JSON, status=refusal.status, headers=refusal.headers)
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
        status = HTTPStatus.OK if empty else refusal.status
        return Answer(body=body, type=HTML, status=status, headers=refusal.headers)

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
            answer = whole = self._kept(key, version, route, request, frame)
            if takes_gzip(call.accept_encoding):
                answer = self._made.get((*key, "gzip"), version, lambda: compressed(whole))
        return replace(answer, headers={**answer.headers, "ETag": tag})

    def _kept(
        self, key: Hashable, version: Hashable, route: Route, request: Request, frame: Layout | None
    ) -> Answer:
        """The answer, made if need be. Raises BeingMade if it is slow and would be late."""
        make = partial(self._make, route, request, frame)
        answer: Answer
        if not _is_slow(route):
            answer = self._made.get(key, version, make)
            return answer
        if not self._patient.acquire(blocking=False):
            raise BeingMade(_BUSY)
        try:
            answer = self._made.get(key, version, make, PATIENCE)
            return answer
        except TimeoutError:
            raise BeingMade(_BUSY) from None
        finally:
            self._patient.release()

    def _make(self, route: Route, request: Request, frame: Layout | None) -> Answer:
        queue = self._making[_queue(route)]
        if not queue.acquire(timeout=PATIENCE if _is_slow(route) else -1):
            raise BeingMade(_BUSY)
        try:
            return made(route, request, frame)
        finally:
            queue.release()
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
    """What is made one after the other: pages, pictures, each file, and slow files.

    Each may take tens of megabytes for a while, and more of them would only wait for the same
    processors. A report keeps neither pages nor metrics waiting.
    """
    if _is_slow(route):
        return "slow"
    return route.target.name if isinstance(route.target, File) else type(route.target)


def _is_slow(route: Route) -> bool:
    return isinstance(route.target, File) and route.target.slow


def _is_data(route: Route) -> bool:
    """Whether programs read it: they are refused with JSON, and people with a page."""
    return route.kind != "html" and not _is_slow(route)


def _lines(page: object, request: Request) -> Answer:
    assert isinstance(page, Page)
    assert page.lines is not None
    name = f"{page.name}.csv"
    return Answer(
        body=as_csv(page.lines(page.build(request))),
        type=CSV,
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
