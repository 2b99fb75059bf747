import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from dns_fixture import SERVFAIL, DnsServer

from pytomo.config import Config
from pytomo.probes.origin import (
    OriginFinder,
    parse_announcement,
    parse_name,
    place,
    question,
)
from pytomo.results import Address, Origin

RECORDED = Path(__file__).parents[2] / "shared" / "recorded" / "youtube" / "player"

ZONE = {
    "1.2.250.142.origin.asn.cymru.com TXT": ('"15169 | 142.250.0.0/15 | US | arin | 2012-05-24"',),
    "7.2.250.142.origin.asn.cymru.com TXT": ('"15169 | 142.250.0.0/15 | US | arin | 2012-05-24"',),
    "AS15169.asn.cymru.com TXT": ('"15169 | US | arin | 2000-03-30 | GOOGLE, US"',),
}


def server(ip: str, host: str = "video.example") -> Address:
    return Address(ip=ip, host=host, family=6 if ":" in ip else 4)


def origin(zone: dict[str, tuple[str, ...]], ip: str) -> Origin:
    with DnsServer(zone) as dns:
        return OriginFinder()([server(ip)], Config(resolvers=(dns.resolver(),)), 443)[ip]


def test_prefix_as_and_country_are_found() -> None:
    """The two look-ups of Team Cymru's service fill an origin."""
    assert origin(ZONE, "142.250.2.1") == Origin(
        as_number=15169, prefix="142.250.0.0/15", as_name="GOOGLE", country="US"
    )


def test_ipv6_is_asked_for_nibble_by_nibble() -> None:
    """IPv6 addresses have a zone of their own, with every digit a label."""
    name = question("2a00:1450:4007:80e::200e")
    assert name == (
        "e.0.0.2.0.0.0.0.0.0.0.0.0.0.0.0.e.0.8.0.7.0.0.4.0.5.4.1.0.0.a.2.origin6.asn.cymru.com"
    )
    zone = {f"{name} TXT": ('"15169 | 2a00:1450:4007::/48 | IE | ripencc | 2009-10-05"',)}
    found = origin(zone, "2a00:1450:4007:80e::200e")
    assert (found.as_number, found.prefix, found.country) == (15169, "2a00:1450:4007::/48", "IE")


def test_of_several_prefixes_the_most_specific_counts() -> None:
    """Routers follow the longest prefix, so does the origin."""
    zone = {
        "4.3.2.1.origin.asn.cymru.com TXT": (
            '"64500 | 1.0.0.0/8 | AU | apnic | 2011-01-01"',
            '"64501 | 1.2.3.0/24 | NZ | apnic | 2012-01-01"',
            '"64502 | 1.2.0.0/16 | JP | apnic | 2013-01-01"',
        )
    }
    found = origin(zone, "1.2.3.4")
    assert (found.as_number, found.prefix, found.country) == (64501, "1.2.3.0/24", "NZ")


def test_of_several_origins_the_first_counts() -> None:
    """A prefix that several ASes announce is put down to the first one named."""
    text = "23028 12345 | 216.90.108.0/24 | US | arin | 1998-09-25"
    found = parse_announcement(text)
    assert found is not None
    assert found.as_number == 23028


@pytest.mark.parametrize(
    "text", ["", "NA | | | other |", "15169", "x | 10.0.0.0/8 | US", "1 | 300.0.0.0/8 | US | a | b"]
)
def test_other_texts_are_no_announcement(text: str) -> None:
    """What is no answer of the service is not known."""
    assert parse_announcement(text) is None


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("15169 | US | arin | 2000-03-30 | GOOGLE, US", "GOOGLE"),
        ("3215 | FR | ripencc | 1994-12-13 | AS3215 Orange S.A., FR", "AS3215 Orange S.A."),
        ("64500 | DE | ripencc | | A | B, AT", "A | B, AT"),
        ("64500 | ZZ | | |", None),
        ("nothing", None),
    ],
)
def test_the_name_of_an_as_is_read(text: str, name: str | None) -> None:
    """The country behind the name is the AS's own, and no part of its name."""
    assert parse_name(text) == name


def test_an_unannounced_address_has_no_origin() -> None:
    """NXDOMAIN means unknown."""
    assert origin(ZONE, "192.0.2.1") == Origin()


def test_a_failing_resolver_means_unknown() -> None:
    """Errors of the look-up are no errors of the measurement."""
    assert origin({"1.2.0.192.origin.asn.cymru.com TXT": (SERVFAIL,)}, "192.0.2.1") == Origin()


def test_a_missing_name_does_not_hide_the_number() -> None:
    """AS number and prefix are kept where only the second look-up fails."""
    zone = {key: texts for key, texts in ZONE.items() if not key.startswith("AS")}
    found = origin(zone, "142.250.2.1")
    assert (found.as_number, found.as_name) == (15169, None)


def test_a_known_prefix_is_not_asked_for_again() -> None:
    """Another address of the same prefix needs no question."""
    finder = OriginFinder()
    with DnsServer(ZONE) as dns:
        config = Config(resolvers=(dns.resolver(),))
        first = finder([server("142.250.2.1")], config, 443)["142.250.2.1"]
        asked = len(dns.asked)
        second = finder([server("142.251.9.9")], config, 443)["142.251.9.9"]
    assert (asked, len(dns.asked)) == (2, 2)
    assert first == second


def test_an_as_is_asked_for_once() -> None:
    """Many new addresses of one AS at once need its name only once."""
    with DnsServer(ZONE) as dns:
        config = Config(resolvers=(dns.resolver(),))
        OriginFinder()([server("142.250.2.1"), server("142.250.2.7")], config, 443)
    assert sorted(dns.asked)[-1:] == ["AS15169.asn.cymru.com TXT"]
    assert len(dns.asked) == 3


def test_another_resolver_is_another_world() -> None:
    """What one default resolver told is not used for another one."""
    finder = OriginFinder()
    with DnsServer(ZONE) as one, DnsServer({}) as other:
        finder([server("142.250.2.1")], Config(resolvers=(one.resolver(),)), 443)
        found = finder([server("142.250.2.1")], Config(resolvers=(other.resolver(),)), 443)
    assert found["142.250.2.1"] == Origin()


def test_a_resolver_that_answers_is_asked() -> None:
    """The resolver that gave the address is asked, not the default one, which did not answer."""
    with DnsServer({}) as silent, DnsServer(ZONE) as other:
        config = Config(resolvers=(silent.resolver("silent"), other.resolver("other")))
        address = replace(server("142.250.2.1"), resolvers="other")
        found = OriginFinder()([address], config, 443)["142.250.2.1"]
    assert found.as_number == 15169
    assert silent.asked == []


@pytest.mark.parametrize(
    ("host", "location"),
    [
        ("rr5---sn-25glenlr.googlevideo.com", "par21s28"),
        ("r1---sn-5uaeznls.googlevideo.com", "atl14s23"),
        ("rr1.sn-5uaeznls.googlevideo.com", "atl14s23"),
        ("RR5---SN-25GLENLR.googlevideo.com", "par21s28"),
        ("r1---sn-i3co-i3by.googlevideo.com", "hkbn-hkg9"),
        ("rr1---sn-4axm-n8vs.googlevideo.com", "flex-svo3"),
        ("r1---sn-25glenlr.c.youtube.com", "par21s28"),
        ("redirector.googlevideo.com", None),
        ("sn-25glenlr.example.com", None),
        ("142.250.2.1", None),
    ],
)
def test_the_place_in_a_host_name_is_decoded(host: str, location: str | None) -> None:
    """Only YouTube's host names with an sn- label tell a place."""
    assert place(host) == location


def test_the_place_is_known_without_an_origin() -> None:
    """The host name tells the place whatever DNS says."""
    address = server("192.0.2.1", "rr5---sn-25glenlr.googlevideo.com")
    with DnsServer({}) as dns:
        found = OriginFinder()([address], Config(resolvers=(dns.resolver(),)), 443)
    assert found["192.0.2.1"] == Origin(place="par21s28")


@pytest.mark.skipif(not RECORDED.is_dir(), reason="no recorded answers of YouTube here")
def test_recorded_hosts_are_near_where_they_were_recorded() -> None:
    """Every media host in recorded answers decodes to an airport that exists."""
    hosts = {
        host
        for path in RECORDED.glob("*.json")
        for host in re.findall(
            r"[\w-]+\.googlevideo\.com", json.dumps(json.loads(path.read_text()))
        )
        if "---sn-" in host
    }
    assert hosts
    assert {(place(host) or "")[:5] for host in hosts} <= {"par10", "par21"}
