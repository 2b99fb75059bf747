"""The dashboard asked without a network, and databases for it."""

import io
import json
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote_to_bytes

from rows import failed, measured

from pytomo.store import Store

NAME = "vm.youtube.2026-11-22.10_00_00.pytomo_database.db"
LATER = "vm.youtube.2026-11-23.10_00_00.pytomo_database.db"
FACTS = {"host": "vm", "service": "youtube", "resolvers": ["system", "google"]}


@dataclass(frozen=True)
class Response:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode()

    def json(self):
        """The body as JSON."""
        return json.loads(self.body)


class Client:
    """Asks a WSGI application."""

    def __init__(self, application):
        self._application = application

    def get(self, address, method="GET", **headers):
        """The response to a request; headers as `if_none_match="…"`."""
        path, _, query = address.partition("?")
        return self.raw(unquoted(path), query, method, **headers)

    def raw(self, path, query="", method="GET", **headers):
        """The same with the path as the server decodes it, and the query as it came."""
        environment = {
            "REQUEST_METHOD": method,
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "SERVER_NAME": "localhost",
            "SERVER_PORT": "80",
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(),
            "wsgi.errors": io.StringIO(),
            "HTTP_HOST": "127.0.0.1:5555",
            **{f"HTTP_{name.upper()}": value for name, value in headers.items()},
        }
        started = []
        parts = self._application(environment, lambda *told: started.append(told))
        body = b"".join(parts)
        (status, found), *more = started
        assert not more
        names = [name for name, _ in found]
        assert len(set(names)) == len(names), "a header twice"
        return Response(int(status.split()[0]), dict(found), body)


class Clock:
    """A clock that goes on by so much whenever it is looked at."""

    def __init__(self, step=1.0):
        self.now = 0.0
        self.step = step

    def __call__(self):
        self.now += self.step
        return self.now


def unquoted(path):
    """A path as WSGI hands it on: decoded, as Latin-1 (PEP 3333)."""
    return unquote_to_bytes(path).decode("latin-1")


def write_database(path: Path, count: int = 6, *, ended: bool = True, **facts) -> Path:
    """A database with so many rows: every third one failed."""
    with Store(path, {**FACTS, **facts}) as store:
        for number in range(count):
            add_row(store, number)
        if ended:
            store.note(ended="2026-11-22T11:00:00+00:00")
    return path


def add_row(store: Store, number: int) -> None:
    """Another row, 20 s after the one before."""
    second = 20.0 * number
    store(failed(second) if number % 3 == 2 else measured(second, resolvers="system,google"))
