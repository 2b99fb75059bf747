"""Whose address it is: the AS that announces it, and the place that a YouTube host name tells."""

import logging
import re
import string
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import NamedTuple

import dns.exception

from pytomo.config import Config, Resolver
from pytomo.resolve import Ask, plain_address, query
from pytomo.results import Address, Origin

TOTAL_TIME = 1.3
"""Seconds for the two look-ups, of the prefix and then of the name of its AS."""
PREFIX_TIME = 1.0
"""Seconds of it that the first one may take."""

_ENCODED = "7elsz6dkry5cjqx4bipw3ahov29gnu08fmt1"
_DECODE = str.maketrans(_ENCODED, string.digits + string.ascii_lowercase)
_YOUTUBE_HOST = re.compile(
    r"(?:^|\.|---)sn-([a-z0-9]+(?:-[a-z0-9]+)*)\.(?:googlevideo|c\.youtube|gvt1)\.com$"
)

_log = logging.getLogger(__name__)


class Announcement(NamedTuple):
    """A prefix in the BGP table."""

    prefix: IPv4Network | IPv6Network
    as_number: int
    """The first one where several ASes announce it."""
    country: str | None


def place(host: str) -> str | None:
    """The location code in a YouTube host name, such as par21s28 in rr5---sn-25glenlr.….

    It begins with the airport code of the city; in the name of a cache inside a provider's network
    the provider comes first (hkbn-hkg9). The letters are replaced one by one: each one's place
    among 0-9a-z, from 1, is multiplied by 7 modulo 36, and 0 and 1 are changed. Found and
    published by M. M. Munafò (Tstat, decode_yt_sitename, 2012) and in the wiki of
    github.com/lennylxx/ipv6-hosts ("sn domains", 2015).
    """
    found = _YOUTUBE_HOST.search(host.lower())
    return found[1].translate(_DECODE) if found else None


def question(ip: str) -> str:
    """The name under which Team Cymru's IP to ASN service knows an address."""
    address = ip_address(ip)
    zone = "origin" if address.version == 4 else "origin6"
    return f"{address.reverse_pointer.rsplit('.', 2)[0]}.{zone}.asn.cymru.com"


def parse_announcement(text: str) -> Announcement | None:
    """Read `15169 | 142.250.0.0/15 | US | arin | 2012-05-24`; None if it is nothing like it."""
    try:
        numbers, prefix, country, *_ = (part.strip() for part in text.split("|"))
        return Announcement(ip_network(prefix), int(numbers.split()[0]), country or None)
    except (ValueError, IndexError):
        return None


def parse_name(text: str) -> str | None:
    """Read `15169 | US | arin | 2000-03-30 | GOOGLE, US`: the name without its country."""
    parts = [part.strip() for part in text.split("|", 4)]
    return parts[4].removesuffix(f", {parts[1]}") or None if len(parts) == 5 else None


@dataclass(frozen=True, slots=True)
class _Known:
    """What was learnt from one resolver."""

    announcements: set[Announcement] = field(default_factory=set)
    names: dict[int, str] = field(default_factory=dict)

    def announcement(self, ip: str) -> Announcement | None:
        """The most specific known prefix that holds an address."""
        return most_specific(a for a in self.announcements if ip_address(ip) in a.prefix)


def answering(addresses: Sequence[Address], config: Config) -> Resolver:
    """The first resolver that gave any of the addresses; the default one if none had to.

    One that has just been silent would be so again, and cost the whole time.
    """
    gave = {name for address in addresses for name in (address.resolvers or "").split(",")}
    known = (resolver for resolver in config.resolvers if resolver.name in gave)
    return next(known, config.default_resolver)


def most_specific(announcements: Iterable[Announcement]) -> Announcement | None:
    """The one that routers follow: the longest prefix."""
    return max(announcements, key=lambda a: a.prefix.prefixlen, default=None)


class OriginFinder:
    """Asks Team Cymru's IP to ASN service over DNS; remembers prefixes and AS names.

    https://www.team-cymru.com/ip-asn-mapping
    """

    def __init__(self, *, ask: Ask = query, clock: Callable[[], float] = time.monotonic) -> None:
        self._ask = ask
        self._clock = clock
        self._known: dict[Resolver, _Known] = {}

    def __call__(
        self, addresses: Sequence[Address], config: Config, port: int
    ) -> dict[str, Origin]:
        """The origin of each address by a resolver that answers, in about `TOTAL_TIME` seconds."""
        resolver = answering(addresses, config)
        known = self._known.setdefault(resolver, _Known())
        deadline = self._clock() + TOTAL_TIME
        ips = {a.ip for a in addresses if plain_address(a.ip)}
        self._learn_prefixes(known, ips, resolver)
        found = {ip: known.announcement(ip) for ip in ips}
        numbers = {announcement.as_number for announcement in found.values() if announcement}
        self._learn_names(known, numbers, resolver, deadline - self._clock())
        return {a.ip: _origin(a, found.get(a.ip), known) for a in addresses}

    def _learn_prefixes(self, known: _Known, ips: Iterable[str], resolver: Resolver) -> None:
        questions = [question(ip) for ip in ips if known.announcement(ip) is None]
        for texts in self._texts(questions, resolver, PREFIX_TIME):
            best = most_specific(filter(None, map(parse_announcement, texts)))
            if best is not None:
                known.announcements.add(best)

    def _learn_names(
        self, known: _Known, numbers: Iterable[int], resolver: Resolver, lifetime: float
    ) -> None:
        unknown = [number for number in numbers if number not in known.names]
        questions = [f"AS{number}.asn.cymru.com" for number in unknown]
        for number, texts in zip(unknown, self._texts(questions, resolver, lifetime), strict=True):
            name = next(filter(None, map(parse_name, texts)), None)
            if name is not None:
                known.names[number] = name

    def _texts(
        self, names: Sequence[str], resolver: Resolver, lifetime: float
    ) -> list[tuple[str, ...]]:
        """The texts of each name, all asked for at once."""
        with ThreadPoolExecutor(len(names) or 1) as pool:
            return list(pool.map(lambda name: self._texts_of(name, resolver, lifetime), names))

    def _texts_of(self, name: str, resolver: Resolver, lifetime: float) -> tuple[str, ...]:
        try:
            return self._ask(name, "TXT", resolver, lifetime).values
        except dns.exception.DNSException as error:
            _log.debug("no origin: %s", error)
            return ()


def _origin(address: Address, announcement: Announcement | None, known: _Known) -> Origin:
    located = place(address.host)
    if announcement is None:
        return Origin(place=located)
    return Origin(
        as_number=announcement.as_number,
        prefix=str(announcement.prefix),
        as_name=known.names.get(announcement.as_number),
        country=announcement.country,
        place=located,
    )
