"""The lab's DNS servers, asked by dnspython over real sockets."""

import asyncio
from collections.abc import Callable

import dns.asyncquery
import dns.exception
import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.reversename
import pytest

from pytomo.lab.dns import (
    Entry,
    Names,
    NameServer,
    Network,
    answer,
    cymru,
    first_of,
    public_address,
)

ADDRESS = "127.31.1.1"
TIMEOUT = 10.0

NAMES: dict[str, Entry] = {
    "both.example": Entry(a=("127.0.1.1", "127.0.1.2"), aaaa=("::1",)),
    "old.example": Entry(a=("127.0.1.3",)),
    "alias.example": Entry(cname="middle.example"),
    "middle.example": Entry(cname="old.example"),
    "loop.example": Entry(cname="loop.example"),
    "nowhere.example": Entry(cname="missing.example"),
    "text.example": Entry(txt=("some words",)),
    "broken.example": Entry(servfail=True),
    "silent.example": Entry(drop=True),
    "slow.example": Entry(a=("127.0.1.4",), delay=0.1),
    "many.example": Entry(a=tuple(f"127.0.2.{number}" for number in range(1, 100))),
}

NETWORKS = (
    Network("192.0.2.0/24", 64500, "LAB-ONE", "FR"),
    Network("192.0.0.0/16", 64501, "LAB-TWO", "US"),
    Network("2001:db8::/32", 64502, "LAB-SIX", "DE"),
)


def told(name: str, kind: str = "A", names: Names = NAMES.get) -> dns.message.Message:
    """The answer to a question."""
    return answer(dns.message.make_query(name, kind), names)


def values(response: dns.message.Message) -> list[str]:
    """The records, in order, without their names."""
    return [record.to_text() for rrset in response.answer for record in rrset]


def asked(
    question: dns.message.Message,
    ask: Callable[..., object],
    server: NameServer | None = None,
    timeout: float = TIMEOUT,
) -> dns.message.Message:
    """The answer of a real server, over UDP or TCP."""

    async def exchange() -> dns.message.Message:
        async with server or NameServer(ADDRESS, NAMES.get) as running:
            return await ask(question, running.address, port=running.port, timeout=timeout)

    return asyncio.run(exchange())


@pytest.mark.parametrize(
    ("kind", "expected"),
    [("A", ["127.0.1.1", "127.0.1.2"]), ("AAAA", ["::1"]), ("TXT", [])],
)
def test_addresses_of_both_families(kind: str, expected: list[str]) -> None:
    """In the order given."""
    assert values(told("both.example", kind)) == expected


def test_a_name_without_aaaa_is_no_error() -> None:
    """NOERROR and an empty answer."""
    response = told("old.example", "AAAA")
    assert (response.rcode(), response.answer) == (dns.rcode.NOERROR, [])


def test_an_unknown_name_does_not_exist() -> None:
    """NXDOMAIN."""
    assert told("missing.example").rcode() == dns.rcode.NXDOMAIN


def test_names_are_found_in_any_case() -> None:
    """As RFC 4343 demands; resolvers write 0x20 mixed case."""
    assert values(told("Old.eXample")) == ["127.0.1.3"]


def test_chains_of_names_are_followed() -> None:
    """The chain comes first, as from a recursive server."""
    expected = ["middle.example.", "old.example.", "127.0.1.3"]
    assert values(told("alias.example")) == expected


def test_a_chain_itself_can_be_asked_for() -> None:
    """One link of it."""
    assert values(told("alias.example", "CNAME")) == ["middle.example."]


def test_a_chain_to_nowhere_does_not_exist() -> None:
    """NXDOMAIN with the chain, RFC 2308 section 2.1."""
    response = told("nowhere.example")
    assert response.rcode() == dns.rcode.NXDOMAIN
    assert values(response) == ["missing.example."]


@pytest.mark.parametrize("name", ["loop.example", "broken.example"])
def test_servfail(name: str) -> None:
    """For endless chains, and as scripted."""
    assert told(name).rcode() == dns.rcode.SERVFAIL


@pytest.mark.parametrize("ask", [dns.asyncquery.udp, dns.asyncquery.tcp])
def test_answers_over_udp_and_tcp(ask: Callable[..., object]) -> None:
    """On the same port."""
    response = asked(dns.message.make_query("both.example", "A"), ask)
    assert values(response) == ["127.0.1.1", "127.0.1.2"]
    assert response.flags & dns.flags.RA


def test_too_long_an_answer_is_truncated_over_udp() -> None:
    """The asker then tries TCP, where there is room."""
    question = dns.message.make_query("many.example", "A", use_edns=False)
    assert asked(question, dns.asyncquery.udp).flags & dns.flags.TC
    assert len(values(asked(question, dns.asyncquery.tcp))) == 99


def test_a_dropped_question_is_never_answered() -> None:
    """The asker's patience ends it."""
    with pytest.raises(dns.exception.Timeout):
        asked(dns.message.make_query("silent.example", "A"), dns.asyncquery.udp, timeout=0.05)


def test_an_answer_can_be_late() -> None:
    """By the server's delay and the name's own."""
    server = NameServer(ADDRESS, NAMES.get, delay=0.05)
    response = asked(dns.message.make_query("slow.example", "A"), dns.asyncquery.udp, server)
    assert response.time >= 0.15


def test_servers_disagree() -> None:
    """Each has its own answers and its own record of questions."""

    async def exchange() -> list[str]:
        found = []
        for number in (1, 2):
            names = {"cdn.example": Entry(a=(f"127.0.0.{number}",))}.get
            async with NameServer(f"127.31.1.{number}", names) as server:
                question = dns.message.make_query("cdn.example", "A")
                response = await dns.asyncquery.udp(
                    question, server.address, port=server.port, timeout=TIMEOUT
                )
                found += values(response)
                assert server.asked == [("cdn.example", "A")]
        return found

    assert asyncio.run(exchange()) == ["127.0.0.1", "127.0.0.2"]


def test_two_servers_on_one_address_have_two_ports() -> None:
    """Another lab may run beside."""

    async def ports() -> set[int]:
        async with NameServer(ADDRESS, NAMES.get) as one, NameServer(ADDRESS, NAMES.get) as other:
            return {one.port, other.port}

    assert len(asyncio.run(ports())) == 2


def test_a_taken_port_is_an_error() -> None:
    """Where it was asked for."""

    async def start_twice() -> None:
        async with NameServer(ADDRESS, NAMES.get) as one:
            await NameServer(ADDRESS, NAMES.get, port=one.port).start()

    with pytest.raises(OSError, match=r"\[Errno \d+\]"):
        asyncio.run(start_twice())


def test_nonsense_is_ignored() -> None:
    """The server answers the next question."""

    async def exchange() -> dns.message.Message:
        async with NameServer(ADDRESS, NAMES.get) as server:
            loop = asyncio.get_running_loop()
            place = (server.address, server.port)
            transport, _ = await loop.create_datagram_endpoint(
                asyncio.DatagramProtocol, remote_addr=place
            )
            transport.sendto(b"nonsense")
            transport.close()
            question = dns.message.make_query("old.example", "A")
            return await dns.asyncquery.udp(question, *place[:1], port=place[1], timeout=TIMEOUT)

    assert values(asyncio.run(exchange())) == ["127.0.1.3"]


def test_the_first_that_knows_a_name_answers_for_it() -> None:
    """Zones are put together."""
    names = first_of({"a.example": Entry(a=("127.0.0.9",))}.get, NAMES.get)
    assert values(told("a.example", names=names)) == ["127.0.0.9"]
    assert values(told("old.example", names=names)) == ["127.0.1.3"]
    assert names("b.example") is None


def test_the_public_address() -> None:
    """OpenDNS's way to ask for it."""
    assert values(told("myip.opendns.com", names=public_address("203.0.113.7"))) == ["203.0.113.7"]


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("192.0.2.9", '"64500 | 192.0.2.0/24 | FR | ripencc | 2001-01-01"'),
        ("192.0.3.9", '"64501 | 192.0.0.0/16 | US | ripencc | 2001-01-01"'),
        ("2001:db8::1", '"64502 | 2001:db8::/32 | DE | ripencc | 2001-01-01"'),
    ],
)
def test_origin_of_an_address(address: str, expected: str) -> None:
    """The longest announced prefix, in Team Cymru's form."""
    reverse = dns.reversename.from_address(address).to_text()
    zone = "origin6.asn.cymru.com" if ":" in address else "origin.asn.cymru.com"
    name = reverse.replace("in-addr.arpa", zone).replace("ip6.arpa", zone)
    assert values(told(name, "TXT", cymru(NETWORKS))) == [expected]


def test_name_of_an_as() -> None:
    """With the country at its end, as there."""
    expected = ['"64500 | FR | ripencc | 2001-01-01 | LAB-ONE, FR"']
    assert values(told("AS64500.asn.cymru.com", "TXT", cymru(NETWORKS))) == expected


@pytest.mark.parametrize(
    "name", ["9.100.51.198.origin.asn.cymru.com", "x.origin.asn.cymru.com", "AS1.asn.cymru.com"]
)
def test_what_nobody_announces_does_not_exist(name: str) -> None:
    """NXDOMAIN, as there."""
    assert told(name, "TXT", cymru(NETWORKS)).rcode() == dns.rcode.NXDOMAIN
