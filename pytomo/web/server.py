"""The dashboard on a port: cheroot's server, which is web.py's, without what web.py puts round it.

(web.py's own `runsimple` serves the directory `static` of wherever it is started, and prints.)
"""

import errno
import importlib
import ipaddress
import logging
import socket
import threading
import time
from collections.abc import Iterable
from contextlib import suppress
from http import HTTPStatus
from typing import Any

from cheroot import wsgi
from cheroot.server import HTTPConnection, HTTPRequest

from pytomo.errors import UsageError
from pytomo.web.answers import Refusal, headers_of, plain
from pytomo.web.application import Application, Environment, Start, application
from pytomo.web.site import Site
from pytomo.web.templates import environment

THREADS = 16
"""Requests that are worked on at the same time: more would only wait for the same processors."""

WAITING = 128
"""Connections that may wait to be accepted."""

KEPT_CONNECTIONS = 200
"""Idle connections that are kept for their next request."""

LONGEST_HEADER = 16_384
"""Bytes of a request line with all headers."""

LONGEST_BODY = 65_536
"""Bytes of a body, which is not read: nothing but GET and HEAD is answered."""

FIRST = ("base.html", "macros.html", "verdict.html")
"""Templates that are there before anybody asks: the first page is made of them."""

LATER = 1.0
"""Seconds for the first page, before what other pages need is loaded."""

PAUSE = 0.02
"""Seconds for those who ask, after each other template that is prepared."""

SLOW_TO_LOAD = ("matplotlib.figure", "matplotlib.backends.backend_svg")
"""What the first picture would have to wait for."""

EVERYWHERE = ("0.0.0.0", "::")
"""Hosts that stand for all addresses of this machine."""

log = logging.getLogger(__name__)


class Server:
    """Serves a site on an address; it listens once it is made."""

    def __init__(self, site: Site, host: str, port: int) -> None:
        """Port 0: any that is free. Raises UsageError if it cannot listen there."""
        self._site = site
        self._host = host
        for name in FIRST:
            environment().get_template(name)
        app = logged(application(site, local_only=is_loopback(host)))
        try:
            self._server = _Quiet(host, port, app)
            self._server.prepare()
        except (OSError, ValueError) as error:
            site.close()
            raise UsageError(f"cannot listen on {host} port {port}: {_reason(error)}") from None

    @property
    def port(self) -> int:
        """The port that it listens on."""
        return int(self._server.bind_addr[1])

    def run(self) -> None:
        """Answer until `stop` is called, or an exception of this thread (Ctrl-C) ends it."""
        threading.Thread(target=_warm_up, args=(self._site,), name="warm up", daemon=True).start()
        try:
            self._server.serve()
        finally:
            self.stop()

    def stop(self) -> None:
        """Listen no more; what is being answered gets a few seconds."""
        self._site.stop()
        self._server.stop()
        self._site.close()

    def urls(self) -> tuple[str, ...]:
        """Where it can be reached from this machine, and from others if it can."""
        hosts = ("127.0.0.1", socket.gethostname()) if self._host in EVERYWHERE else (self._host,)
        return tuple(f"http://{_in_url(host)}:{self.port}/" for host in hosts)


def logged(inner: Application) -> Application:
    """The same application; each request is a line of the log at the level INFO."""

    def outer(given: Environment, start: Start) -> Iterable[bytes]:
        def told(status: str, headers: list[tuple[str, str]], *error: Any) -> Any:
            query = given.get("QUERY_STRING")
            place = f"{given.get('PATH_INFO')}{'?' if query else ''}{query}"
            who, method = given.get("REMOTE_ADDR"), given.get("REQUEST_METHOD")
            log.info("%s %s %s %s", who, method, ascii(place)[1:-1], status.partition(" ")[0])
            return start(status, headers, *error)

        return inner(given, told)

    return outer


def _warm_up(site: Site) -> None:
    """Load what the first page, the first picture and the archive would have to wait for."""
    with suppress(Refusal):
        site.source()
    time.sleep(LATER)
    for name in environment().list_templates(["html"]):
        environment().get_template(name)
        time.sleep(PAUSE)
    for name in SLOW_TO_LOAD:
        with suppress(ImportError):
            importlib.import_module(name)
    site.archive()


def is_loopback(host: str) -> bool:
    """Whether who listens there is heard by this machine only."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _reason(error: Exception) -> str:
    """Why a server cannot listen, and what helps."""
    text = getattr(error, "strerror", None) or str(error)
    taken = getattr(error, "errno", None) in (errno.EADDRINUSE, errno.EACCES)
    return f"{text} (give another port)" if taken else text


def _in_url(host: str) -> str:
    return f"[{host}]" if ":" in host else host


class _Request(HTTPRequest):
    """A request; those that cannot be read are answered with the headers of all other answers."""

    def simple_response(self, status: str, msg: str = "") -> None:
        """What cheroot answers by itself, before it closes the connection."""
        code, _, phrase = str(status).partition(" ")
        answer = plain(msg or phrase, HTTPStatus(int(code)))
        headers = [*headers_of(answer), ("Connection", "close")]
        head = "".join(f"{name}: {value}\r\n" for name, value in headers)
        self.close_connection = True
        with suppress(OSError):  # the reader has gone
            self.conn.wfile.write(f"HTTP/1.1 {status}\r\n{head}\r\n{msg or phrase}".encode())


class _Connection(HTTPConnection):
    RequestHandlerClass = _Request


class _Quiet(wsgi.Server):
    """cheroot's server; what it has to say goes to the log."""

    ConnectionClass = _Connection
    request_queue_size = WAITING
    keep_alive_conn_limit = KEPT_CONNECTIONS
    max_request_header_size = LONGEST_HEADER
    max_request_body_size = LONGEST_BODY
    refusal: OSError | None = None
    """Why it could not listen."""

    def __init__(self, host: str, port: int, app: Any) -> None:
        super().__init__((host, port), app, numthreads=THREADS, server_name="Pytomo")
        self.software = "Pytomo"
        self.nodelay = True

    def bind(self, *arguments: Any) -> Any:
        """The socket that listens."""
        try:
            return super().bind(*arguments)
        except OSError as error:
            self.refusal = error
            raise

    def prepare(self) -> None:
        """Listen. Raises OSError with the reason, which cheroot puts into a longer story."""
        try:
            super().prepare()
        except OSError as error:
            raise self.refusal or error from None

    @staticmethod
    def bind_socket(listener: socket.socket, address: Any) -> socket.socket:
        """The same socket, bound; closed if it cannot be."""
        try:
            listener.bind(address)
        except OSError:
            listener.close()
            raise
        return listener

    def error_log(self, msg: str = "", level: int = 20, traceback: bool = False) -> None:
        """What cheroot tells: nearly always of readers who went away."""
        log.log(level if traceback else logging.DEBUG, "%s", msg, exc_info=traceback)
