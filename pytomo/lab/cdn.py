"""The lab's content delivery network: HTTP/1.1 servers that follow scripts.

All hosts share one port for HTTPS and one for HTTP, each on its own loopback address: a name may
be resolved to any of them, as in the world.
"""

import asyncio
import socket
import ssl
from collections.abc import Callable, Mapping, Sequence
from itertools import count
from typing import Any

from pytomo.lab.answer import Lookup
from pytomo.lab.connection import Connection, Host
from pytomo.lab.schedule import Script
from pytomo.lab.server import Server
from pytomo.lab.truth import Truth

Certificates = Callable[[str], ssl.SSLContext]
"""From the name that a client asks for (or, without SNI, the address) to a server's context; called
at each handshake, so it should remember."""

SEND_BUFFER = 64 * 1024
"""Of paced connections, bytes: small, so that what was sent is about what was received."""
CLOSING = 1.0
"""Longest wait for a client's part of the end of TLS, s."""
ATTEMPTS = 50
"""To find a port that is free on all addresses."""


class Cdn(Server):
    """The hosts; `http_port` and `https_port` are set once started, `truth` tells what was done."""

    def __init__(
        self,
        hosts: Mapping[str, Script],
        lookup: Lookup,
        *,
        certificates: Certificates | None = None,
    ) -> None:
        """`hosts` from loopback addresses to scripts; HTTPS only where there are certificates."""
        super().__init__()
        self.truth = Truth()
        self.http_port = 0
        self.https_port = 0
        self._hosts = {address: Host(address, script) for address, script in hosts.items()}
        self._lookup = lookup
        self._certificates = certificates
        self._numbers = count(1)
        self._listeners: list[socket.socket] = []

    def script(self, address: str, script: Script) -> None:
        """Give a host another script, from its next connection on; its clock starts anew."""
        self._hosts[address] = Host(address, script)

    async def start(self) -> None:
        """Listen; OSError if an address is none of this machine."""
        self.http_port = self._listen(secure=False)
        if self._certificates:
            self.https_port = self._listen(secure=True)

    async def stop(self) -> None:
        """Close everything, at once."""
        await super().stop()
        for listener in self._listeners:
            listener.close()
        self._listeners.clear()

    def _listen(self, *, secure: bool) -> int:
        listeners = listen_on_one_port(list(self._hosts))
        self._listeners += listeners
        for address, listener in zip(self._hosts, listeners, strict=True):
            self._spawn(self._accept(listener, address, secure))
        return int(listeners[0].getsockname()[1])

    async def _accept(self, listener: socket.socket, address: str, secure: bool) -> None:
        loop = asyncio.get_running_loop()
        while True:
            client, _ = await loop.sock_accept(listener)
            self._spawn(self._serve(client, self._hosts[address], secure))

    async def _serve(self, client: socket.socket, host: Host, secure: bool) -> None:
        number = next(self._numbers)
        with client:
            _set_up(client, paced=host.script.rate is not None)
            if secure:
                await asyncio.sleep(host.script.tls_delay)
            try:
                reader, writer = await _streams(client, self._context(host) if secure else None)
            except OSError:  # the client went away or does not trust us: it will tell itself
                return
            await Connection(reader, writer, host, number, self._lookup, self.truth).serve()

    def _context(self, host: Host) -> ssl.SSLContext | None:
        certificates = self._certificates
        if certificates is None:
            return None
        context = certificates(host.address)

        def choose(connection: Any, name: str | None, _context: ssl.SSLContext) -> None:
            if name:
                connection.context = certificates(name)

        context.sni_callback = choose
        return context


def listen_on_one_port(addresses: Sequence[str]) -> list[socket.socket]:
    """Listening sockets on all these addresses, with the same port; OSError if that cannot be."""
    for attempts in reversed(range(ATTEMPTS)):
        listeners: list[socket.socket] = []
        try:
            for address in addresses:
                port = listeners[0].getsockname()[1] if listeners else 0
                listeners.append(_listener(address, port))
        except OSError:  # the port that the first address got is taken on another
            for listener in listeners:
                listener.close()
            if not listeners or not attempts:
                raise
        else:
            break
    return listeners


def _listener(address: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.bind((address, port))
        listener.listen(128)
    except OSError:
        listener.close()
        raise
    listener.setblocking(False)
    return listener


def _set_up(client: socket.socket, *, paced: bool) -> None:
    client.setblocking(False)
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if paced:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)


async def _streams(
    client: socket.socket, context: ssl.SSLContext | None
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    protocol = asyncio.StreamReaderProtocol(reader)
    shutdown = CLOSING if context else None
    transport, _ = await loop.connect_accepted_socket(
        lambda: protocol, client, ssl=context, ssl_shutdown_timeout=shutdown
    )
    return reader, asyncio.StreamWriter(transport, protocol, reader, loop)
