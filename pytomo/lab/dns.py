"""DNS servers for the lab: each with its own answers, over UDP and TCP, on high ports.

What a server knows comes from a function name → `Entry`, so that a dictionary's `get`, the Team
Cymru zones and others can be put together with `first_of`.
"""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import NamedTuple

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.reversename
import dns.rrset

from pytomo.lab.server import Server

PUBLIC_ADDRESS = "192.0.2.1"
"""What all of the lab says of ours (RFC 5737: for documentation)."""
TTL = 60
LONGEST_CHAIN = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What a server says about one name."""

    a: tuple[str, ...] = ()
    aaaa: tuple[str, ...] = ()
    cname: str | None = None
    """Another name, which the server must know, too, to give its addresses."""
    txt: tuple[str, ...] = ()
    delay: float = 0.0
    """Seconds before the answer."""
    servfail: bool = False
    drop: bool = False
    """Never answer."""


Names = Callable[[str], Entry | None]
"""From a name in lower case without the last dot; None: there is no such name."""


class Network(NamedTuple):
    """An announced prefix, as Team Cymru tells it."""

    prefix: str
    as_number: int
    as_name: str
    country: str


def first_of(*names: Names) -> Names:
    """The first that knows the name."""

    def entry(name: str) -> Entry | None:
        return next((found for know in names if (found := know(name)) is not None), None)

    return entry


def public_address(ipv4: str) -> Names:
    """OpenDNS's myip.opendns.com, which gives the asker's own address."""
    return {"myip.opendns.com": Entry(a=(ipv4,))}.get


def cymru(networks: tuple[Network, ...]) -> Names:
    """Team Cymru's IP to ASN mapping (https://www.team-cymru.com/ip-asn-mapping).

    `origin.asn.cymru.com` and `origin6.asn.cymru.com` for addresses, `AS<n>.asn.cymru.com`.
    """
    names = {
        f"as{network.as_number}.asn.cymru.com": Entry(txt=(_as_text(network),))
        for network in networks
    }

    def entry(name: str) -> Entry | None:
        address, zone, rest = name.partition(".origin")
        if zone and rest in (".asn.cymru.com", "6.asn.cymru.com"):
            return _origin(address, rest.startswith("6"), networks)
        return names.get(name)

    return entry


def _as_text(network: Network) -> str:
    return (
        f"{network.as_number} | {network.country} | ripencc | 2001-01-01 "
        f"| {network.as_name}, {network.country}"
    )


def _origin(reverse: str, version6: bool, networks: tuple[Network, ...]) -> Entry | None:
    zone = dns.reversename.ipv6_reverse_domain if version6 else dns.reversename.ipv4_reverse_domain
    try:
        name = dns.name.from_text(reverse, origin=None) + zone
        address = ip_address(dns.reversename.to_address(name))
    except (ValueError, dns.exception.DNSException):
        return None
    announced = [n for n in networks if address in _prefix(n)]
    longest = max(announced, key=lambda n: _prefix(n).prefixlen, default=None)
    if longest is None:
        return None
    text = f"{longest.as_number} | {longest.prefix} | {longest.country} | ripencc | 2001-01-01"
    return Entry(txt=(text,))


def _prefix(network: Network) -> IPv4Network | IPv6Network:
    return ip_network(network.prefix)


class NameServer(Server):
    """A DNS server on one address; `port` is the same for UDP and TCP."""

    def __init__(self, address: str, names: Names, *, delay: float = 0.0, port: int = 0) -> None:
        """Answer from `names`, each time after `delay` seconds and the entry's own."""
        super().__init__()
        self.address = address
        self.names = names
        self.delay = delay
        self.port = port
        self.asked: list[tuple[str, str]] = []
        """Each question so far: name and type."""
        self._server: asyncio.Server | None = None
        self._transport: asyncio.DatagramTransport | None = None

    async def start(self) -> None:
        """Listen; OSError if the address or the port cannot be had."""
        for attempts in reversed(range(20)):
            self._server = await asyncio.start_server(self._accept, self.address, self.port)
            port = self._server.sockets[0].getsockname()[1]
            try:
                await self._listen_for_datagrams(port)
            except OSError:  # another program has this port for UDP
                self._server.close()
                if self.port or not attempts:
                    raise
            else:
                self.port = port
                return

    async def stop(self) -> None:
        """Close everything."""
        if self._server:
            self._server.close()
        if self._transport:
            self._transport.close()
        await super().stop()

    async def _listen_for_datagrams(self, port: int) -> None:
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(
            lambda: _Datagrams(self._datagram), (self.address, port)
        )

    def _datagram(self, wire: bytes, client: tuple[str, int]) -> None:
        async def reply() -> None:
            response = await self._response(wire)
            if response and self._transport:
                size = response.request_payload or 512
                self._transport.sendto(
                    response.to_wire(max_size=size, prefer_truncation=True), client
                )

        self._spawn(reply())

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._spawn(self._stream(reader, writer))

    async def _stream(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError), closing(writer):
            while True:
                size = int.from_bytes(await reader.readexactly(2), "big")
                response = await self._response(await reader.readexactly(size))
                if response:
                    writer.write(response.to_wire(prepend_length=True))
                    await writer.drain()

    async def _response(self, wire: bytes) -> dns.message.Message | None:
        try:
            query = dns.message.from_wire(wire)
            question = query.question[0]
        except (dns.exception.DNSException, IndexError):
            return None
        name = question.name.to_text(omit_final_dot=True).lower()
        self.asked.append((name, dns.rdatatype.to_text(question.rdtype)))
        entry = self.names(name)
        await asyncio.sleep(self.delay + (entry.delay if entry else 0))
        return None if entry and entry.drop else answer(query, self.names)


class _Datagrams(asyncio.DatagramProtocol):
    def __init__(self, received: Callable[[bytes, tuple[str, int]], None]) -> None:
        self._received = received

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self._received(data, addr)


def answer(query: dns.message.Message, names: Names) -> dns.message.Message:
    """A recursive server's answer: the CNAME chain, then what was asked for (RFC 1034)."""
    response = dns.message.make_response(query, recursion_available=True)
    name, kind = query.question[0].name, query.question[0].rdtype
    for _ in range(LONGEST_CHAIN):
        entry = names(name.to_text(omit_final_dot=True).lower())
        if entry is None:
            response.set_rcode(dns.rcode.NXDOMAIN)
            return response
        if entry.servfail:
            response.set_rcode(dns.rcode.SERVFAIL)
            return response
        if not entry.cname:
            response.answer += _records(name, kind, entry)
            return response
        response.answer.append(dns.rrset.from_text(name, TTL, "IN", "CNAME", entry.cname + "."))
        if kind == dns.rdatatype.CNAME:
            return response
        name = dns.name.from_text(entry.cname)
    response.set_rcode(dns.rcode.SERVFAIL)
    return response


def _records(
    name: dns.name.Name, kind: dns.rdatatype.RdataType, entry: Entry
) -> list[dns.rrset.RRset]:
    values: Mapping[int, tuple[str, ...]] = {
        dns.rdatatype.A: entry.a,
        dns.rdatatype.AAAA: entry.aaaa,
        dns.rdatatype.TXT: tuple(f'"{text}"' for text in entry.txt),
    }
    # One set for each record: dnspython shuffles those of a set, and the lab is to be repeatable.
    return [dns.rrset.from_text(name, TTL, "IN", kind, value) for value in values.get(kind, ())]
