"""The dashboard as a WSGI application: web.py brings requests to the routes of the registry."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from http import HTTPStatus
from typing import Any

import web

from pytomo.web.answers import (
    Answer,
    Misdirected,
    NotAllowed,
    NotFound,
    Refusal,
    compressed,
    headers_of,
    is_known,
    not_modified,
    plain,
    takes_gzip,
)
from pytomo.web.dashboard import Call, Dashboard
from pytomo.web.hosts import is_local
from pytomo.web.page import File, Page, Picture
from pytomo.web.pages import FILES, PAGES, PICTURES
from pytomo.web.routes import routes
from pytomo.web.site import Site
from pytomo.web.static import static_files

Environment = dict[str, Any]
Start = Callable[..., Any]
Application = Callable[[Environment, Start], Iterable[bytes]]

METHODS = ("GET", "HEAD")


def application(
    site: Site,
    *,
    local_only: bool = False,
    pages: Iterable[Page] = PAGES,
    pictures: Iterable[Picture] = PICTURES,
    files: Iterable[File] = FILES,
) -> Application:
    """The WSGI application of a site.

    `local_only`: the server listens on the loopback only, and answers nobody who knows it by
    another name than localhost.
    """
    known = routes(pages, pictures, files)
    dashboard = Dashboard(site, known)
    static = partial(_static, static_files())
    mapping: list[Any] = ["/static/[A-Za-z0-9_.-]+", _handler(static, dashboard)]
    for route in known:
        mapping += [route.pattern, _handler(partial(dashboard.answer, route), dashboard)]
    mapping += ["(?s:.*)", _handler(_nowhere, dashboard)]
    inner: Application = web.application(tuple(mapping), {}, autoreload=False).wsgifunc()
    return partial(_guarded, inner, local_only)


def _guarded(
    inner: Application, local_only: bool, environment: Environment, start: Start
) -> Iterable[bytes]:
    """Let through what is meant for us and only wants to read."""
    refusal: Refusal | None = None
    if environment.get("REQUEST_METHOD") not in METHODS:
        refusal = NotAllowed("Pages can only be read: GET and HEAD are answered.")
    elif local_only and not is_local(environment.get("HTTP_HOST", "")):
        refusal = Misdirected(
            "This dashboard answers to localhost and to addresses only, not to other names; "
            "pytomo serve --host opens it to the network."
        )
    if refusal is None:
        return inner(environment, start)
    answer = plain(refusal.text, refusal.status)
    allowed = [("Allow", ", ".join(METHODS))] if isinstance(refusal, NotAllowed) else []
    start(_status(answer.status), [*headers_of(answer), *allowed])
    return _body(answer, environment)


def _handler(answer: Callable[[Call], Answer], dashboard: Dashboard) -> type:
    """The class that web.py wants for a path; whatever stands in its groups is the call's."""

    def get(_: object, *values: str) -> Any:
        call = _call(values)
        try:
            found = answer(call)
        except Refusal as refusal:
            found = dashboard.refused(refusal, call)
        return _sent(found)

    return type("Handler", (), dict.fromkeys(METHODS, get))


def _call(values: tuple[str, ...]) -> Call:
    environment = web.ctx.environ
    return Call(
        place=web.ctx.path or "/",
        values=values,
        query=environment.get("QUERY_STRING", ""),
        if_none_match=environment.get("HTTP_IF_NONE_MATCH", ""),
        accept_encoding=environment.get("HTTP_ACCEPT_ENCODING", ""),
    )


def _sent(answer: Answer) -> Any:
    """Hand an answer to web.py."""
    web.ctx.status = _status(answer.status)
    web.ctx.headers = headers_of(answer)
    body = _body(answer, web.ctx.environ)
    return body[0] if isinstance(body, list) else body


def _body(answer: Answer, environment: Environment) -> list[bytes] | Iterator[bytes]:
    """The parts of the body: none where only the headers are asked for."""
    if environment["REQUEST_METHOD"] == "HEAD":
        return [b""]
    return [answer.body] if isinstance(answer.body, bytes) else iter(answer.body)


def _status(status: HTTPStatus) -> str:
    return f"{status.value} {status.phrase}"


def _static(files: Mapping[str, Answer], call: Call) -> Answer:
    found = files.get(call.place)
    if found is None:
        raise NotFound("There is no such file.")
    if is_known(found.headers["ETag"], call.if_none_match):
        return not_modified(found.headers["ETag"])
    return compressed(found) if takes_gzip(call.accept_encoding) else found


def _nowhere(call: Call) -> Answer:
    raise NotFound("There is no page at this address.")
