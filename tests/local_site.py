"""A web site on loopback for tests: fixed answers by path, and what was asked."""

import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple


class Answer(NamedTuple):
    """An answer to a request."""

    body: bytes
    content_type: str = "text/html"
    status: int = 200
    headers: Mapping[str, str] = {}


class Asked(NamedTuple):
    """A request that came."""

    method: str
    target: str
    """As in the request line: a whole URL if we were taken for a proxy."""
    headers: Mapping[str, str]


@dataclass
class Site:
    """A running site."""

    url: str
    port: int
    asked: list[Asked] = field(default_factory=list)


@contextmanager
def site(
    answers: Mapping[str, Answer | list[Answer]], *, tls: ssl.SSLContext | None = None
) -> Iterator[Site]:
    """Serve `answers` by path (or whole target); a list is used up one by one to its last."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            running.asked.append(Asked(self.command, self.path, dict(self.headers)))
            found = answers.get(self.path) or answers.get(self.path.partition("?")[0])
            if isinstance(found, list):
                found = found.pop(0) if len(found) > 1 else found[0]
            answer = found or Answer(b"not here", status=404)
            self.send_response(answer.status)
            self.send_header("Content-Type", answer.content_type)
            self.send_header("Content-Length", str(len(answer.body)))
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(answer.body)

        do_HEAD = do_POST = do_GET  # noqa: N815

        def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    port = server.server_address[1]
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    running = Site(f"{'https' if tls else 'http'}://localhost:{port}", port)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield running
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
