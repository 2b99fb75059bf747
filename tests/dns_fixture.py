"""A small DNS server for tests, on a loopback address with a high port, over UDP and TCP."""

import socketserver
import struct
import threading
from collections.abc import Mapping
from types import TracebackType
from typing import Self

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.rrset

from pytomo.config import Resolver

SERVFAIL = "SERVFAIL"
SILENCE = "SILENCE"
"""What a record set may hold instead of records: the server fails, or does not answer."""

Zone = Mapping[str, tuple[str, ...]]
"""`"name TYPE"` → records, or (SERVFAIL,) or (SILENCE,)."""


class DnsServer:
    """Answers from a zone: NXDOMAIN for other names, nothing for other types, CNAMEs followed."""

    def __init__(
        self,
        zone: Zone,
        *,
        address: str = "127.0.0.1",
        truncates: bool = False,
        lost: int = 0,
    ) -> None:
        """`truncates`: complete answers over TCP only. `lost`: the first so many get no answer."""
        self.zone = {key.lower(): records for key, records in zone.items()}
        self.truncates = truncates
        self.lost = lost
        self.asked: list[str] = []
        self._servers = _listeners(self, address)
        self._threads = [
            threading.Thread(target=s.serve_forever, args=(0.02,)) for s in self._servers
        ]

    def resolver(self, name: str = "test") -> Resolver:
        """This server as a setting."""
        address, port = self._servers[0].server_address[:2]
        return Resolver(name, str(address), int(port))

    def respond(self, wire: bytes, *, datagram: bool) -> bytes | None:
        """The answer to a question, in the wire format; None: there is none."""
        question = dns.message.from_wire(wire)
        name, kind = question.question[0].name, question.question[0].rdtype
        self.asked.append(f"{name.to_text(omit_final_dot=True)} {kind.name}")
        response = dns.message.make_response(question)
        if len(self.asked) <= self.lost or not self._fill(response, name, kind):
            return None
        if datagram and self.truncates:
            response.answer.clear()
            response.flags |= dns.flags.TC
        return response.to_wire(want_shuffle=False)

    def _fill(
        self, response: dns.message.Message, name: dns.name.Name, kind: dns.rdatatype.RdataType
    ) -> bool:
        text = name.to_text(omit_final_dot=True).lower()
        records = self.zone.get(f"{text} {kind.name}".lower(), ())
        alias = self.zone.get(f"{text} cname", ())
        if records in ((SERVFAIL,), (SILENCE,)):
            response.set_rcode(dns.rcode.SERVFAIL)
            return records == (SERVFAIL,)
        if records:
            response.answer.append(dns.rrset.from_text(name, 60, "IN", kind, *records))
        elif alias:
            response.answer.append(dns.rrset.from_text(name, 60, "IN", "CNAME", *alias))
            return self._fill(response, dns.name.from_text(alias[0]), kind)
        elif not any(key.startswith(f"{text} ") for key in self.zone):
            response.set_rcode(dns.rcode.NXDOMAIN)
        return True

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for server, thread in zip(self._servers, self._threads, strict=True):
            server.shutdown()
            thread.join()
            server.server_close()


def _listeners(owner: DnsServer, address: str) -> list[socketserver.BaseServer]:
    """A UDP and a TCP socket with the same port."""
    while True:
        datagrams = socketserver.ThreadingUDPServer((address, 0), _handler(owner, _Datagram))
        try:
            streams = socketserver.ThreadingTCPServer(
                datagrams.server_address, _handler(owner, _Stream)
            )
        except OSError:  # the port is another program's
            datagrams.server_close()
        else:
            return [datagrams, streams]


def _handler(
    owner: DnsServer, kind: type[socketserver.BaseRequestHandler]
) -> type[socketserver.BaseRequestHandler]:
    return type("Handler", (kind,), {"owner": owner})


class _Datagram(socketserver.BaseRequestHandler):
    owner: DnsServer

    def handle(self) -> None:
        wire, link = self.request
        response = self.owner.respond(wire, datagram=True)
        if response is not None:
            link.sendto(response, self.client_address)


class _Stream(socketserver.BaseRequestHandler):
    owner: DnsServer

    def handle(self) -> None:
        (length,) = struct.unpack("!H", self.request.recv(2, 256))
        response = self.owner.respond(self.request.recv(length, 256), datagram=False)
        if response is not None:
            self.request.sendall(struct.pack("!H", len(response)) + response)
