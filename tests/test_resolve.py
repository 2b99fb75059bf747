import threading
from itertools import count
from pathlib import Path

import dns.exception
import dns.message
import dns.nameserver
import dns.resolver
import pytest
from dns_fixture import SERVFAIL, SILENCE, DnsServer, Zone
from hypothesis import example, given
from hypothesis import strategies as st

from pytomo.config import SYSTEM, Config, Resolver
from pytomo.errors import Failure, Outcome, Phase
from pytomo.resolve import LIFETIME, Records, first_address, has_route, query, resolve

HOST = "video.example"
ANYWHERE = {"route": lambda ip: True}
NOWHERE = {"route": lambda ip: False}
NOBODY = Config(resolvers=(Resolver("nobody", "255.255.255.255"),), ipv4_only=True)
"""The system refuses to send to a broadcast address: names are read, but never asked for."""


def config_for(*servers: DnsServer, **settings: object) -> Config:
    resolvers = tuple(server.resolver(f"r{place}") for place, server in enumerate(servers))
    return Config(resolvers=resolvers, **settings)


def outcome_of(zone: Zone, host: str = HOST) -> Outcome | None:
    """How one resolver's answer ends."""
    with DnsServer(zone) as server:
        failure = resolve(host, config_for(server)).answers[0].failure
    assert failure is None or failure.phase is Phase.RESOLVE
    return failure and failure.outcome


def test_addresses_of_both_versions_are_found() -> None:
    """A and AAAA records become addresses of family 4 and 6."""
    zone = {f"{HOST} A": ("192.0.2.1", "192.0.2.2"), f"{HOST} AAAA": ("2001:db8::1",)}
    with DnsServer(zone) as server:
        resolution = resolve(HOST, config_for(server), **NOWHERE)
    assert [(a.ip, a.family) for a in resolution.addresses] == [
        ("192.0.2.1", 4),
        ("192.0.2.2", 4),
        ("2001:db8::1", 6),
    ]
    assert resolution.failure is None


def test_addresses_are_merged_in_the_order_of_the_resolvers() -> None:
    """Each address is there once, with all resolvers that gave it, the default one's first."""
    with (
        DnsServer({f"{HOST} A": ("192.0.2.9", "192.0.2.1")}) as first,
        DnsServer({f"{HOST} A": ("192.0.2.1", "192.0.2.5")}, address="127.0.0.2") as second,
    ):
        resolution = resolve(HOST, config_for(first, second))
    assert [(a.ip, a.resolvers) for a in resolution.addresses] == [
        ("192.0.2.9", "r0"),
        ("192.0.2.1", "r0,r1"),
        ("192.0.2.5", "r1"),
    ]
    times = [answer.time for answer in resolution.answers]
    assert [a.resolve_time for a in resolution.addresses] == [times[0], times[0], times[1]]


def test_the_cname_chain_is_followed() -> None:
    """The addresses are those at the end of the chain, whose name is kept."""
    zone = {
        f"{HOST} CNAME": ("edge.example.",),
        "edge.example CNAME": ("edge7.example.",),
        "edge7.example A": ("192.0.2.7",),
    }
    with DnsServer(zone) as server:
        (address,) = resolve(HOST, config_for(server)).addresses
    assert (address.host, address.canonical_name, address.ip) == (
        HOST,
        "edge7.example",
        "192.0.2.7",
    )


def test_without_a_cname_there_is_no_canonical_name() -> None:
    """The canonical name is unknown where the name is no alias."""
    with DnsServer({f"{HOST} A": ("192.0.2.7",)}) as server:
        assert resolve(HOST, config_for(server)).addresses[0].canonical_name is None


@pytest.mark.parametrize(
    ("zone", "outcome"),
    [
        ({f"{HOST} A": ("192.0.2.7",)}, None),
        ({}, Outcome.DNS_NXDOMAIN),
        ({f"{HOST} TXT": ("no address",)}, Outcome.DNS_NO_ADDRESS),
        ({f"{HOST} CNAME": ("gone.example.",)}, Outcome.DNS_NXDOMAIN),
        ({f"{HOST} A": (SERVFAIL,), f"{HOST} AAAA": (SERVFAIL,)}, Outcome.DNS_SERVFAIL),
        ({f"{HOST} A": (SERVFAIL,), f"{HOST} TXT": ("",)}, Outcome.DNS_SERVFAIL),
        ({f"{HOST} A": (SILENCE,), f"{HOST} AAAA": (SILENCE,)}, Outcome.DNS_TIMEOUT),
        ({f"{HOST} A": ("192.0.2.7",), f"{HOST} AAAA": (SILENCE,)}, None),
        ({f"{HOST} A": (SERVFAIL,), f"{HOST} AAAA": ("2001:db8::1",)}, None),
    ],
)
def test_what_a_resolver_says_becomes_an_outcome(zone: Zone, outcome: Outcome | None) -> None:
    """A resolver's answer fails only if neither A nor AAAA gave an address."""
    assert outcome_of(zone) is outcome


@pytest.mark.parametrize("host", ["a..b", "x" * 64 + ".example", "a." * 200 + "b", "\udc80.x"])
def test_names_that_cannot_be_do_not_exist(host: str) -> None:
    """A name that cannot be asked for is a failure, no crash."""
    assert outcome_of({}, host) is Outcome.DNS_NXDOMAIN


def test_dead_resolvers_are_waited_for_together() -> None:
    """Three silent resolvers take the time of one, and each says so."""
    zone = {f"{HOST} A": (SILENCE,), f"{HOST} AAAA": (SILENCE,)}
    with DnsServer(zone) as one, DnsServer(zone) as two, DnsServer(zone) as three:
        resolution = resolve(HOST, config_for(one, two, three))
    assert [a.failure.outcome for a in resolution.answers if a.failure] == [Outcome.DNS_TIMEOUT] * 3
    assert all(LIFETIME * 0.9 < answer.time < LIFETIME * 2 for answer in resolution.answers)
    assert resolution.failure == resolution.answers[0].failure


def test_other_resolvers_help_out() -> None:
    """With an address from any resolver the resolution has not failed, but the answer has."""
    with DnsServer({}) as dead, DnsServer({f"{HOST} A": ("192.0.2.1",)}) as alive:
        resolution = resolve(HOST, config_for(dead, alive))
    assert resolution.failure is None
    assert resolution.answers[0].failure is not None
    assert first_address(resolution, "r0") is None
    assert first_address(resolution, "r1") == resolution.addresses[0]


def test_a_lost_packet_is_sent_again() -> None:
    """A resolver that does not answer at once is asked a second time."""
    with DnsServer({f"{HOST} A": ("192.0.2.1",)}, lost=1) as server:
        resolution = resolve(HOST, config_for(server, ipv4_only=True))
    assert [address.ip for address in resolution.addresses] == ["192.0.2.1"]
    assert len(server.asked) == 2


class LateServer(DnsServer):
    """Answers nothing but the first question, and that only when `patience` more have come."""

    def __init__(self, zone: Zone, *, patience: int) -> None:
        super().__init__(zone)
        self.numbers = count()
        self.patience = patience
        self.enough = threading.Event()

    def respond(self, wire: bytes, *, datagram: bool) -> bytes | None:
        number = next(self.numbers)
        response = super().respond(wire, datagram=datagram)
        if number == self.patience:
            self.enough.set()
        return response if number == 0 and self.enough.wait(30) else None


class NextServer(DnsServer):
    """Answers nothing; once it has been asked, another one answers."""

    def __init__(self, other: LateServer) -> None:
        super().__init__({})
        self.other = other

    def respond(self, wire: bytes, *, datagram: bool) -> bytes | None:
        self.other.enough.set()
        return None


def test_a_late_answer_is_heard() -> None:
    """The answer to the first question counts although it comes after the repeated question."""
    with LateServer({f"{HOST} A": ("192.0.2.1",)}, patience=1) as server:
        resolution = resolve(HOST, config_for(server, ipv4_only=True))
    assert [address.ip for address in resolution.addresses] == ["192.0.2.1"]
    assert len(server.asked) == 2


def test_a_late_answer_is_heard_while_the_next_server_is_asked() -> None:
    """The machine's first server may answer after the second one has been asked."""
    first = LateServer({f"{HOST} A": ("192.0.2.1",)}, patience=9)
    with first, NextServer(first) as second:
        records = query(
            HOST,
            "A",
            Resolver("system", SYSTEM),
            LIFETIME,
            configured=lambda: client(first, second),
        )
    assert records.values == ("192.0.2.1",)


def test_truncated_answers_are_asked_for_over_tcp() -> None:
    """An answer that does not fit into a datagram arrives all the same."""
    with DnsServer({f"{HOST} A": ("192.0.2.1",)}, truncates=True) as server:
        records = query(HOST, "A", server.resolver(), 5.0)
        assert records == Records(("192.0.2.1",), HOST, records.time)


@pytest.mark.parametrize(
    ("settings", "asked"),
    [
        ({}, {f"{HOST} A", f"{HOST} AAAA"}),
        ({"ipv4_only": True}, {f"{HOST} A"}),
        ({"ipv6_only": True}, {f"{HOST} AAAA"}),
    ],
)
def test_only_the_wanted_ip_version_is_asked_for(
    settings: dict[str, bool], asked: set[str]
) -> None:
    """-4 asks for A alone, -6 for AAAA alone."""
    with DnsServer({}) as server:
        resolve(HOST, config_for(server, **settings))
    assert set(server.asked) == asked


def test_extra_resolvers_can_be_left_out() -> None:
    """--no-extra-resolvers asks the default resolver only."""
    with DnsServer({}) as default, DnsServer({}) as extra:
        resolution = resolve(HOST, config_for(default, extra, no_extra_resolvers=True))
    assert [answer.resolver for answer in resolution.answers] == ["r0"]
    assert extra.asked == []


def test_a_usable_ipv6_address_comes_first() -> None:
    """A client with a route to it connects to the IPv6 address first, without one to IPv4."""
    zone = {f"{HOST} A": ("192.0.2.1",), f"{HOST} AAAA": ("2001:db8::2", "2001:db8::1")}
    with DnsServer(zone) as server:
        with_route = resolve(HOST, config_for(server), **ANYWHERE)
        without = resolve(HOST, config_for(server), **NOWHERE)
    assert with_route.answers[0].ips == ("2001:db8::2", "2001:db8::1", "192.0.2.1")
    assert without.answers[0].ips == ("192.0.2.1", "2001:db8::2", "2001:db8::1")
    first = [first_address(resolution, "r0") for resolution in (with_route, without)]
    assert [address and address.ip for address in first] == ["2001:db8::2", "192.0.2.1"]


def test_each_resolver_has_its_own_first_address() -> None:
    """The order of a resolver's own answer decides, not the order of the merged addresses."""
    with (
        DnsServer({f"{HOST} A": ("192.0.2.1", "192.0.2.2")}) as one,
        DnsServer({f"{HOST} A": ("192.0.2.2", "192.0.2.1")}) as two,
    ):
        resolution = resolve(HOST, config_for(one, two))
    first = [first_address(resolution, name) for name in ("r0", "r1", "unknown")]
    assert [address and address.ip for address in first] == ["192.0.2.1", "192.0.2.2", None]


@pytest.mark.parametrize(
    ("host", "settings", "ip"),
    [
        ("192.0.2.4", {}, "192.0.2.4"),
        ("2001:DB8::0:4", {}, "2001:db8::4"),
        ("localhost", {}, "127.0.0.1"),
        ("video.localhost", {"ipv6_only": True}, "::1"),
    ],
)
def test_own_addresses_need_no_resolver(host: str, settings: dict[str, bool], ip: str) -> None:
    """Literal addresses and localhost are known without a question."""
    resolution = resolve(host, Config(**settings), ask=unreachable_network)
    (address,) = resolution.addresses
    assert (address.ip, address.host, address.resolvers) == (ip, host, None)
    assert resolution.answers == ()
    assert first_address(resolution, "system") == address


def test_an_address_of_the_unwanted_ip_version_is_refused() -> None:
    """With -6 an IPv4 literal leads nowhere."""
    resolution = resolve("192.0.2.4", Config(ipv6_only=True), ask=unreachable_network)
    assert resolution.addresses == ()
    assert resolution.failure is not None
    assert resolution.failure.outcome is Outcome.DNS_NO_ADDRESS


def unreachable_network(*question: object) -> Records:
    """What dnspython raises where the system refuses to send."""
    reason = ("Do53:192.0.2.53@53", False, 53, OSError(101, "Network is unreachable"), None)
    raise dns.resolver.NoNameservers(request=dns.message.make_query(HOST, "A"), errors=[reason])


def test_a_resolver_without_a_route_is_unreachable() -> None:
    """An error of the system while sending is told apart from a resolver that refuses."""
    failure = resolve(HOST, Config(), ask=unreachable_network).failure
    assert failure is not None
    assert (failure.outcome, failure.phase) == (Outcome.UNREACHABLE, Phase.RESOLVE)
    assert failure.detail.startswith("system: ")
    assert "Network is unreachable" in failure.detail


@pytest.mark.parametrize("settings", ["", "# nothing\n", "nameserver not-an-address\n", None])
def test_a_machine_without_resolvers_is_a_failure(settings: str | None, tmp_path: Path) -> None:
    """Missing, empty and wrong resolv.conf files end in an answer, not in a crash."""
    assert isinstance(system_failure(settings, tmp_path), Failure)


def system_failure(settings: str | None, directory: Path) -> Failure | None:
    path = directory / "resolv.conf"
    if settings is not None:
        path.write_text(settings)
    resolution = resolve(
        HOST,
        Config(resolvers=(Resolver("system", SYSTEM),)),
        ask=lambda *question: query(*question, configured=lambda: dns.resolver.Resolver(str(path))),
    )
    failure = resolution.failure
    assert failure is None or failure.outcome is Outcome.UNREACHABLE
    return failure


def test_the_system_resolver_asks_the_next_server_in_time() -> None:
    """A dead first server of the machine's leaves the second one time to answer."""
    zone = {f"{HOST} A": (SILENCE,)}
    with DnsServer(zone) as dead, DnsServer({f"{HOST} A": ("192.0.2.1",)}) as alive:
        records = query(
            *(HOST, "A", Resolver("system", SYSTEM), LIFETIME),
            configured=lambda: client(dead, alive),
        )
    assert records.values == ("192.0.2.1",)


def client(*servers: DnsServer) -> dns.resolver.Resolver:
    """A machine's resolver that knows these servers."""
    resolver = dns.resolver.Resolver(configure=False)
    resolver.nameservers = [
        dns.nameserver.Do53Nameserver(*server.resolver()[1:]) for server in servers
    ]
    return resolver


@pytest.mark.parametrize("host", ["fe80::1%eth0", "fe80::1%25eth0", "::1%1", "192.0.2.1%eth0"])
def test_an_address_with_a_zone_is_refused(host: str) -> None:
    """What is an address on one machine only is a failure, for which nobody is asked."""
    resolution = resolve(host, Config(), ask=unreachable_network)
    assert (resolution.addresses, resolution.answers) == ((), ())
    assert resolution.failure is not None
    assert resolution.failure.outcome is Outcome.DNS_NO_ADDRESS
    assert host in resolution.failure.detail


@given(host=st.text())
@example("[fe80::1")
@example("\\256.example")
@example("xn--a.example")
def test_no_host_raises(host: str) -> None:
    """Whatever stands where a host should is answered with addresses or a failure."""
    resolution = resolve(host, NOBODY)
    assert bool(resolution.addresses) is (resolution.failure is None)


def test_texts_are_joined_and_decoded() -> None:
    """The strings of a TXT record are one text; bytes that are no UTF-8 do not harm."""
    with DnsServer({f"{HOST} TXT": (r'"one " "two \255"',)}) as server:
        assert query(HOST, "TXT", server.resolver(), 5.0).values == ("one two \ufffd",)


def test_queries_raise_only_dns_exceptions() -> None:
    """NXDOMAIN is raised by `query` itself, for its other users."""
    with DnsServer({}) as server, pytest.raises(dns.exception.DNSException):
        query(HOST, "TXT", server.resolver(), 5.0)


def test_there_is_no_route_to_what_is_no_address_of_this_machine() -> None:
    """What the system refuses to connect to is not usable."""
    assert not has_route("fe80::1")
