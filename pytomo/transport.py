"""One connection to one chosen address: its phases, TLS with the right name, the answers on it."""

import http.client
import socket
import ssl
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, cast

from urllib3.connection import HTTPConnection, HTTPSConnection, ProxyConfig
from urllib3.exceptions import HTTPError

from pytomo.errors import Failure, Outcome, Phase
from pytomo.route import Endpoint, Route, place
from pytomo.tcp_info import TcpInfo, tcp_info
from pytomo.wire import Body, Wire, body

CONNECT_TIMEOUT = 10.0
"""Seconds for the TCP handshake: four SYNs are lost by then (RFC 6298: sent at 0, 1, 3 and 7 s)."""


class BrokenError(Exception):
    """A sample cannot go on as it did; never leaves the download."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.detail)
        self.failure = failure


ERRORS = (OSError, EOFError, http.client.HTTPException, HTTPError)
"""What sockets, TLS and HTTP raise; `failure` tells what each means."""


class _Dialling(HTTPConnection):
    """Dials an address of our choice and takes the time of each phase.

    The name stays what urllib3 was given: for the Host header, SNI and the certificate.
    """

    dialled: tuple[str, int]
    deadline: float
    clock: Callable[[], float]
    phase = Phase.CONNECT
    connect_time: float | None = None
    tls_time: float | None = None
    _tls_begun = 0.0

    def _new_conn(self) -> socket.socket:
        begun = self.clock()
        left = self.deadline - begun
        if left <= 0:
            raise TimeoutError("the time for the download is over")
        sock = socket.create_connection(self.dialled, min(CONNECT_TIMEOUT, left))
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._tls_begun = self.clock()
        self.connect_time = self._tls_begun - begun
        sock.settimeout(max(self.deadline - self._tls_begun, 0.001))
        if self.proxy is None:
            self.phase = Phase.TLS
        return sock

    def _tunnel(self) -> None:
        self.sock, plain = cast(Any, Wire(self.sock, self.deadline, self.clock)), self.sock
        try:
            super()._tunnel()
        finally:
            self.sock = plain
        self.phase = Phase.TLS
        self._tls_begun = self.clock()

    def connect(self) -> None:
        super().connect()
        if isinstance(self, HTTPSConnection):
            self.tls_time = self.clock() - self._tls_begun
        self.phase = Phase.REQUEST


class _DiallingSecurely(_Dialling, HTTPSConnection):
    """The same over TLS."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The head of an answer, and its body still to be read."""

    status: int
    reason: str
    headers: Mapping[str, str]
    length: int | None
    """Bytes of the body, if the server tells."""
    first_byte_time: float
    """Seconds from sending the request to the first byte of the answer."""
    body: Body
    wire: Wire


@dataclass(slots=True, kw_only=True)
class Connection:
    """A keep-alive connection to the address chosen for a host. Methods raise `ERRORS`."""

    endpoint: Endpoint
    ip: str
    route: Route
    deadline: float
    clock: Callable[[], float] = time.monotonic
    _http: _Dialling = field(init=False)
    _wire: Wire | None = None
    _answer: Any = None
    _body: Body | None = None

    def __post_init__(self) -> None:
        proxy = self.route.proxy
        over_tls = (self.endpoint.scheme, proxy and proxy.scheme)
        options: dict[str, Any] = {}
        if "https" in over_tls:
            name = self.endpoint.host if self.endpoint.scheme == "https" else None
            options = {"ssl_context": self.route.trusted, "server_hostname": name}
        if proxy is not None:
            config = ProxyConfig(self.route.trusted, False, None, None)
            options |= {"proxy": proxy, "proxy_config": config}
        peer = (self.endpoint.host, self.endpoint.port) if proxy is None else place(proxy)
        kind = _DiallingSecurely if "https" in over_tls else _Dialling
        self._http = kind(*peer, **options)
        self._http.dialled = (self.ip, self.endpoint.port) if proxy is None else peer
        self._http.deadline, self._http.clock = self.deadline, self.clock

    @property
    def phase(self) -> Phase:
        """How far it has come."""
        return self._http.phase

    @property
    def connect_time(self) -> float | None:
        """Seconds of the TCP handshake (with the proxy, if there is one)."""
        return self._http.connect_time

    @property
    def tls_time(self) -> float | None:
        """Seconds of the TLS handshake with the host."""
        return self._http.tls_time if self.endpoint.scheme == "https" else None

    @property
    def reusable(self) -> bool:
        """Whether another request can be sent on it."""
        finished = self._body is None or self._body.finished
        spent = self._wire is None or self._wire.pending
        return finished and not spent and self._http.sock is not None and self._http.is_connected

    def open(self) -> None:
        """TCP, the proxy's tunnel and TLS."""
        proxy = self.route.proxy
        if proxy is not None and self.endpoint.scheme == "https":
            headers, scheme = self.route.proxy_headers, proxy.scheme or "http"
            self._http.set_tunnel(self.ip, self.endpoint.port, headers, scheme)
        try:
            self._http.connect()
        except BaseException:
            self._http.close()
            raise
        self._wire = Wire(cast(socket.socket, self._http.sock), self.deadline, self.clock)
        self._http.sock = cast(Any, self._wire)

    def ask(self, target: str, headers: Mapping[str, str]) -> Answer:
        """Send a GET request and wait for the head of its answer."""
        assert self._wire is not None, "open it first"
        if self._answer is not None:
            self._answer.close()
        self._http.phase = Phase.REQUEST
        if self.route.proxy is not None and self.endpoint.scheme == "http":
            target = f"http://{Endpoint('http', self.ip, self.endpoint.port).authority}{target}"
            headers = {**headers, **self.route.proxy_headers}
        named = {"Host": self.endpoint.authority, **headers}
        self._http.request("GET", target, headers=named, preload_content=False)
        self._answer = answer = self._http.getresponse()
        self._body = body(self._wire, chunked=answer.chunked, length=answer.length_remaining)
        self._http.phase = Phase.TRANSFER
        return Answer(
            status=answer.status,
            reason=answer.reason or "",
            headers=answer.headers,
            length=answer.length_remaining,
            first_byte_time=(self._wire.first_byte_at or self._wire.sent_at) - self._wire.sent_at,
            body=self._body,
            wire=self._wire,
        )

    def interrupt(self) -> None:
        """End it for whoever waits for it in another thread."""
        wire = self._wire
        if wire is not None:
            plain = getattr(wire.socket, "socket", wire.socket)
            with suppress(OSError):  # it may be closed meanwhile
                socket.socket.shutdown(plain, socket.SHUT_RDWR)  # not that of TLS: it lets go

    def close(self) -> TcpInfo:
        """Hang up; returns what the kernel knew at the end."""
        if self._wire is None:
            return TcpInfo()
        known = tcp_info(getattr(self._wire.socket, "socket", self._wire.socket))
        if self._answer is not None:
            self._answer.close()
        self._http.close()
        self._wire.hang_up()
        self._wire = None
        return known

    def failure(self, error: Exception) -> Failure:
        """What went wrong, from one of `ERRORS`."""
        proxied = self.route.proxy is not None
        place = self._http.dialled[0] if self.phase is Phase.CONNECT else self.endpoint.host
        said = (error.strerror if isinstance(error, OSError) else None) or str(error)
        detail = " ".join(f"{place}: {said or type(error).__name__}".split())
        return Failure(outcome(error, self.phase, proxied=proxied), self.phase, detail)


def outcome(error: Exception, phase: Phase, *, proxied: bool = False) -> Outcome:
    """What an error of sockets, TLS or HTTP means in a phase."""
    if phase is Phase.CONNECT:
        return Outcome.PROXY_FAILED if proxied else _unconnected(error)
    if isinstance(error, ssl.SSLError) and phase is Phase.TLS:
        return Outcome.TLS_FAILED
    if isinstance(error, TimeoutError):
        return Outcome.RESPONSE_TIMEOUT
    if isinstance(error, EOFError | ssl.SSLEOFError):
        return Outcome.TRUNCATED
    return Outcome.CONNECTION_RESET if isinstance(error, OSError) else Outcome.HTTP_ERROR


def _unconnected(error: Exception) -> Outcome:
    if isinstance(error, TimeoutError):
        return Outcome.CONNECT_TIMEOUT
    if isinstance(error, ConnectionRefusedError):
        return Outcome.CONNECTION_REFUSED
    if isinstance(error, ConnectionError):
        return Outcome.CONNECTION_RESET
    return Outcome.UNREACHABLE
