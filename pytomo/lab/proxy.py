"""The way to the lab's sites: an HTTP proxy that ends TLS itself (RFC 9110 section 9.3.6).

Names of sites are answered here, those of media servers are relayed to their addresses, and all
others get a 502: nothing leaves the machine.
"""

import asyncio
import contextlib
import ssl
from collections.abc import Callable, Mapping
from http import HTTPStatus
from urllib.parse import parse_qsl, urlsplit

from pytomo.lab import message
from pytomo.lab.server import Server
from pytomo.lab.site import Request, Response, Site, html

Route = Callable[[str, int], tuple[str, int] | None]
"""From a media server's name and port, as asked for, to where it is; None: no such server."""

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]

ADDRESS = "127.0.0.1"
LONGEST_HEAD = 256 * 1024
CHUNK = 64 * 1024
HTTP_PORT = 80


class Proxy(Server):
    """The proxy; `url` is set once started."""

    def __init__(
        self,
        sites: Mapping[str, Site],
        certificates: Callable[[str], ssl.SSLContext],
        *,
        route: Route = lambda _host, _port: None,
    ) -> None:
        super().__init__()
        self.url = ""
        self.refused: list[str] = []
        """Hosts that were asked for and are not in the lab."""
        self._sites = sites
        self._certificates = certificates
        self._route = route
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Listen on a free port."""
        self._server = await asyncio.start_server(self._accept, ADDRESS, 0, limit=LONGEST_HEAD)
        self.url = f"http://{ADDRESS}:{self._server.sockets[0].getsockname()[1]}"

    async def stop(self) -> None:
        """Close everything, at once."""
        if self._server:
            self._server.close()
        await super().stop()

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._spawn(self._connection(reader, writer))

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with contextlib.suppress(OSError, EOFError, ValueError, asyncio.LimitOverrunError):
                await self._converse(reader, writer)
        finally:
            writer.close()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            method, target = head.decode("latin-1").split(" ", 2)[:2]
            if method == "CONNECT":
                await self._connect(target, reader, writer)
                return
            place = urlsplit(target)
            host = place.hostname or ""
            site = self._sites.get(host)
            if site is None:
                route = self._route(host, place.port or HTTP_PORT)
                await self._forward(host, route, _origin_form(head), (reader, writer))
                return
            if not await _reply(site, host, _origin_form(head), reader, writer):
                return

    async def _connect(
        self, target: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        host, _, port = target.rpartition(":")
        site, route = self._sites.get(host), self._route(host, int(port))
        if site is None and route is None:
            await self._refuse(host, writer)
            return
        if site is None and route is not None:
            upstream = await asyncio.open_connection(*route)
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            await _relay((reader, writer), upstream)
        elif site is not None:
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            if int(port) != HTTP_PORT:
                await writer.start_tls(self._certificates(host))
            while await _reply(site, host, await reader.readuntil(b"\r\n\r\n"), reader, writer):
                pass

    async def _forward(
        self, host: str, route: tuple[str, int] | None, head: bytes, client: Streams
    ) -> None:
        if route is None:
            await self._refuse(host, client[1])
            return
        upstream = await asyncio.open_connection(*route)
        # One exchange a connection: the next request might be for another host.
        upstream[1].write(head.removesuffix(b"\r\n") + b"Connection: close\r\n\r\n")
        await _relay(client, upstream)

    async def _refuse(self, host: str, writer: asyncio.StreamWriter) -> None:
        self.refused.append(host)
        reason = f"The lab has no host {host}"
        writer.write(
            f"HTTP/1.1 502 {reason}\r\nContent-Type: text/plain\r\nConnection: close\r\n"
            f"Content-Length: {len(reason) + 1}\r\n\r\n{reason}\n".encode("latin-1", "replace")
        )
        await writer.drain()


def _origin_form(head: bytes) -> bytes:
    """The same request with its target as the origin server wants it (RFC 9112 section 3.2)."""
    method, target, rest = head.split(b" ", 2)
    path = b"/" + target.split(b"://", 1)[-1].partition(b"/")[2]
    lines = rest.split(b"\r\n")
    kept = [line for line in lines if not line.lower().startswith((b"proxy-", b"connection:"))]
    return b" ".join((method, path, b"\r\n".join(kept)))


async def _reply(
    site: Site,
    host: str,
    head: bytes,
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
) -> bool:
    """Answer one request; whether another may follow on the connection."""
    parsed = message.parse_request(head)
    body = await reader.readexactly(int(parsed.headers.get("content-length", "0")))
    place = urlsplit(parsed.target)
    request = Request(
        method=parsed.method,
        host=host,
        path=place.path,
        query=dict(parse_qsl(place.query)),
        headers=parsed.headers,
        body=body,
    )
    writer.write(_wire(_ask(site, request), parsed.method != "HEAD"))
    await writer.drain()
    return parsed.keep_alive


def _ask(site: Site, request: Request) -> Response:
    try:
        return site(request)
    except Exception as error:  # a bug of the lab: whoever waits for the answer shall see it
        return html(f"The lab's {request.host} failed: {error!r}", 500)


def _wire(response: Response, with_body: bool) -> bytes:
    head = (
        f"HTTP/1.1 {response.status} {HTTPStatus(response.status).phrase}\r\n"
        f"Content-Type: {response.content_type}\r\n"
        f"Content-Length: {len(response.body)}\r\n\r\n"
    )
    return head.encode() + (response.body if with_body else b"")


async def _relay(client: Streams, upstream: Streams) -> None:
    """Carry bytes both ways until both sides have ended."""
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(_carry(client[0], upstream[1]))
            group.create_task(_carry(upstream[0], client[1]))
    except* OSError:
        pass  # one side is gone: so is the tunnel
    finally:
        upstream[1].close()


async def _carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(CHUNK):
        writer.write(data)
        await writer.drain()
    if writer.can_write_eof():
        writer.write_eof()
