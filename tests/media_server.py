"""A scriptable HTTP server on loopback for the tests of the download, one thread a connection."""

import re
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import NoReturn

LIMIT = 20.0
"""Seconds after which a test's server gives up waiting."""


@dataclass
class Exchange:
    """A request as it came, and the way to answer it."""

    target: str
    headers: dict[str, str]
    """Names in lower case."""
    connection: int
    """Number of the connection, from 0."""
    method: str
    sock: socket.socket
    stopped: threading.Event

    def send(self, status: str, headers: Mapping[str, object] = {}, body: bytes = b"") -> None:
        """A whole answer; its length is that of the body unless the headers tell another."""
        lengthy = {"Content-Length": len(body), **headers}
        lines = [f"HTTP/1.1 {status}", *(f"{k}: {v}" for k, v in lengthy.items() if v is not None)]
        self.sock.sendall("\r\n".join([*lines, "", ""]).encode() + body)

    def reset(self) -> NoReturn:
        """Break the connection so that the other side sees it as reset; ends the thread."""
        linger = b"\x01\x00\x00\x00\x00\x00\x00\x00"  # on, 0 s
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        raise ConnectionAbortedError

    @property
    def range(self) -> tuple[int, int | None] | None:
        """What the Range header asks for."""
        found = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("range", ""))
        return found and (int(found[1]), int(found[2]) if found[2] else None)


Handler = Callable[[Exchange], None]


def file(content: bytes, **headers: object) -> Handler:
    """Sends the content, or the range of it that is asked for."""

    def handle(exchange: Exchange) -> None:
        asked = exchange.range
        if asked is None:
            exchange.send("200 OK", headers, content)
            return
        first, last = asked[0], min(asked[1] or len(content), len(content) - 1)
        if first >= len(content):
            exchange.send("416 No", {"Content-Range": f"bytes */{len(content)}"})
            return
        told = {"Content-Range": f"bytes {first}-{last}/{len(content)}"}
        exchange.send("206 Part", {**told, **headers}, content[first : last + 1])

    return handle


def whole(content: bytes, **headers: object) -> Handler:
    """Sends the content whatever range is asked for."""
    return lambda exchange: exchange.send("200 OK", headers, content)


def redirect(location: str, status: str = "302 Found") -> Handler:
    """Sends us elsewhere."""
    return lambda exchange: exchange.send(status, {"Location": location}, b"moved")


def answers(*handlers: Handler) -> Handler:
    """One handler after the other, the last one again and again."""
    left = list(handlers)
    return lambda exchange: (left.pop(0) if len(left) > 1 else left[0])(exchange)


def tls(certificate: object, names: list[str | None] | None = None) -> ssl.SSLContext:
    """A server's context for a certificate of trustme; `names` collects what clients ask for."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)  # type: ignore[attr-defined]
    if names is not None:
        context.sni_callback = lambda sock, name, _: names.append(name)
    return context


@dataclass
class MediaServer:
    """Answers requests by their path; `log` keeps them in order."""

    paths: dict[str, Handler] = field(default_factory=dict)
    address: str = "127.0.0.1"
    tls: ssl.SSLContext | None = None
    log: list[Exchange] = field(default_factory=list)
    port: int = 0
    _stopped: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)
    _sockets: list[socket.socket] = field(default_factory=list)

    def __enter__(self) -> "MediaServer":
        self._listener = socket.create_server((self.address, 0))
        self.port = self._listener.getsockname()[1]
        self._start(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        for sock in (self._listener, *self._sockets):
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(LIMIT)
        for sock in (self._listener, *self._sockets):
            sock.close()

    def url(self, path: str, host: str = "media.test") -> str:
        """The URL of a path."""
        return f"{'https' if self.tls else 'http'}://{host}:{self.port}{path}"

    @property
    def ranges(self) -> list[tuple[str, str | None]]:
        """Path and Range header of each request."""
        return [(exchange.target, exchange.headers.get("range")) for exchange in self.log]

    @property
    def connections(self) -> int:
        """How many there were."""
        return len(self._sockets)

    def _start(self, work: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=work, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        with suppress(OSError):
            while not self._stopped.is_set():
                sock, _ = self._listener.accept()
                sock.settimeout(LIMIT)
                self._sockets.append(sock)
                self._start(self._serve, sock, len(self._sockets) - 1)

    def _serve(self, sock: socket.socket, number: int) -> None:
        with suppress(OSError), self._secured(sock) as stream, stream.makefile("rb") as lines:
            while request := lines.readline():
                method, target, _ = request.decode().split()
                headers = dict(_headers(iter(lines.readline, b"\r\n")))
                exchange = Exchange(target, headers, number, method, stream, self._stopped)
                self.log.append(exchange)
                self.answer(exchange)

    def answer(self, exchange: Exchange) -> None:
        """Answer one request."""
        self.paths.get(exchange.target, lambda unknown: unknown.send("404 No"))(exchange)

    @contextmanager
    def _secured(self, sock: socket.socket) -> Iterator[socket.socket]:
        if self.tls is None:
            with sock:
                yield sock
            return
        with sock, self.tls.wrap_socket(sock, server_side=True) as stream:
            yield stream


def _headers(lines: Iterator[bytes]) -> Iterator[tuple[str, str]]:
    for line in lines:
        name, _, text = line.decode().partition(":")
        yield name.lower(), text.strip()
