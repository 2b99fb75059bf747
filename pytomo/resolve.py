"""Host names to addresses, as each resolver sees them."""

import socket
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import NamedTuple

import dns.exception
import dns.name
import dns.rdata
import dns.rdtypes.ANY.TXT
import dns.resolver

from pytomo.config import SYSTEM, Config, Resolver
from pytomo.errors import Failure, Outcome, Phase
from pytomo.patience import Questions, patient
from pytomo.results import Address, Answer, Resolution

LIFETIME = 1.5
"""Seconds that a resolver has for an answer; one that comes in time is never missed.

Resolving and pinging shall take at most 3 s. A silent resolver costs 1.6 s, as dnspython pauses for
0.1 s before it gives up; ten packets take 0.5 s and the round trip of the last one, which leaves
0.9 s for it. Where addresses are silent too, 1 s is waited for it: 3.1 s in the worst case.
"""


class Records(NamedTuple):
    """What a resolver knows of one type about a name."""

    values: tuple[str, ...]
    """Addresses or texts in the resolver's order; none if the name has no such records."""
    canonical_name: str
    """The name at the end of the CNAME chain; the name itself where there is no chain."""
    time: float | None = None
    """Seconds from the question's leaving to the answer's arrival, if that is known."""


Ask = Callable[[str, str, Resolver, float], Records]
"""Name, record type, resolver and the seconds it has → records; raises DNSException."""


def query(
    name: str,
    record: str,
    resolver: Resolver,
    lifetime: float,
    *,
    configured: Callable[[], dns.resolver.Resolver] = dns.resolver.Resolver,
) -> Records:
    """Ask one resolver for the records of a name (RFC 1035), over TCP where UDP is too small.

    Raises dns.exception.DNSException: NXDOMAIN, LifetimeTimeout, NoNameservers (all that there are
    refuse, fail or cannot be reached), NoResolverConfiguration, or a name that cannot be.
    """
    client = _client(resolver, configured)
    # The next server is asked when a share of the time is over, with an ear to those before.
    client.timeout = lifetime / max(len(client.nameservers), 1)
    with Questions() as questions:
        client.nameservers = patient(client.nameservers, client.port, questions)
        answer = client.resolve(name, record, lifetime=lifetime, raise_on_no_answer=False)
        took = questions.elapsed
    values = tuple(_text(rdata) for rdata in answer.rrset or ())
    return Records(values, answer.canonical_name.to_text(omit_final_dot=True), took)


def has_route(ip: str) -> bool:
    """Whether packets to an IPv6 address would leave with a source that belongs to it.

    A machine that has only a unique local address (RFC 4193) has none for the public internet
    (RFC 6724, section 5, rule 5). Nothing is sent.
    """
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as probe:
            probe.connect((ip, 443))
            source = ip_address(probe.getsockname()[0])
    except OSError:
        return False
    return source.is_global or not ip_address(ip).is_global


def resolve(
    host: str,
    config: Config,
    *,
    ask: Ask = query,
    route: Callable[[str], bool] = has_route,
) -> Resolution:
    """Ask all resolvers for all addresses of a host at once, for `LIFETIME` seconds.

    Literal addresses and `localhost` are not asked for. What goes wrong is told in the answers,
    or in the failure where no resolver was asked; nothing is raised, whatever the host is.
    """
    if _zoned(host):
        return _refused(f"{host} has a zone, which means something on one machine only")
    own = _own_address(host, config)
    if own is not None:
        return _own_resolution(host, own, config)
    resolvers = config.resolvers[:1] if config.no_extra_resolvers else config.resolvers
    records = _record_types(config)
    with ThreadPoolExecutor(len(resolvers) * len(records)) as pool:
        asked = [
            [pool.submit(_hear, ask, host, r, resolver) for r in records] for resolver in resolvers
        ]
    answers = tuple(
        _answer(host, resolver, [reply.result() for reply in replies], route)
        for resolver, replies in zip(resolvers, asked, strict=True)
    )
    addresses = _merged(answers)
    failure = None if addresses else answers[0].failure
    return Resolution(addresses=addresses, answers=answers, failure=failure)


def first_address(resolution: Resolution, resolver_name: str) -> Address | None:
    """Where a client of that resolver connects first; None if it was given no address."""
    if not resolution.answers:
        return next(iter(resolution.addresses), None)
    ips = [ip for a in resolution.answers if a.resolver == resolver_name for ip in a.ips]
    return next((a for a in resolution.addresses if ips[:1] == [a.ip]), None)


def _client(
    resolver: Resolver, configured: Callable[[], dns.resolver.Resolver]
) -> dns.resolver.Resolver:
    if resolver.address == SYSTEM:
        try:
            return configured()
        except ValueError as error:  # no server in the machine's settings is an address
            raise dns.resolver.NoResolverConfiguration from error
    client = dns.resolver.Resolver(configure=False)
    client.nameservers = [resolver.address]
    client.port = resolver.port
    return client


def _text(rdata: dns.rdata.Rdata) -> str:
    if isinstance(rdata, dns.rdtypes.ANY.TXT.TXT):
        return b"".join(rdata.strings).decode("utf-8", "replace")
    return rdata.to_text()


def _own_address(host: str, config: Config) -> str | None:
    """The address that a host has without any resolver (`localhost`: RFC 6761, section 6.3)."""
    if host == "localhost" or host.endswith(".localhost"):
        return "::1" if config.ipv6_only else "127.0.0.1"
    address = plain_address(host)
    return None if address is None else str(address)


def plain_address(text: str) -> IPv4Address | IPv6Address | None:
    """A literal address; None for anything else, and for one with a zone (RFC 4007, section 11).

    A zone such as `%eth0` means something on one machine only; it has no place in URLs.
    """
    try:
        return None if "%" in text else ip_address(text)
    except ValueError:
        return None


def _zoned(host: str) -> bool:
    address, percent, _ = host.partition("%")
    return bool(percent) and plain_address(address) is not None


def _own_resolution(host: str, ip: str, config: Config) -> Resolution:
    family = ip_address(ip).version
    wanted = 4 if config.ipv4_only else 6 if config.ipv6_only else family
    if family != wanted:
        return _refused(f"{ip} is not of the only IP version that is to be used, {wanted}")
    return Resolution(addresses=(Address(ip=ip, host=host, family=family),), answers=())


def _refused(reason: str) -> Resolution:
    failure = Failure(Outcome.DNS_NO_ADDRESS, Phase.RESOLVE, reason)
    return Resolution(addresses=(), answers=(), failure=failure)


def _record_types(config: Config) -> tuple[str, ...]:
    if config.ipv4_only:
        return ("A",)
    return ("AAAA",) if config.ipv6_only else ("A", "AAAA")


class _Reply(NamedTuple):
    """What came of one question."""

    records: Records | None
    error: dns.exception.DNSException | None
    time: float


def _hear(ask: Ask, host: str, record: str, resolver: Resolver) -> _Reply:
    began = time.perf_counter()
    try:
        records = ask(host, record, resolver, LIFETIME)
        took = time.perf_counter() - began
        return _Reply(records, None, took if records.time is None else records.time)
    except dns.exception.DNSException as error:
        return _Reply(None, error, time.perf_counter() - began)


def _answer(
    host: str, resolver: Resolver, replies: Sequence[_Reply], route: Callable[[str], bool]
) -> Answer:
    known = [reply.records for reply in replies if reply.records is not None]
    ips = dict.fromkeys(ip for records in known for ip in records.values)
    names = {records.canonical_name for records in known} - {host}
    errors = [reply.error for reply in replies if reply.error is not None]
    return Answer(
        resolver=resolver.name,
        host=host,
        ips=tuple(sorted(ips, key=lambda ip: _preference(ip, route))),
        canonical_name=min(names, default=None),
        time=max(reply.time for reply in replies),
        failure=None if ips else _failure(host, resolver, errors),
    )


def _preference(ip: str, route: Callable[[str], bool]) -> int:
    """Place of an address's kind in the order of connecting (RFC 6724): usable IPv6 first."""
    if ip_address(ip).version == 4:
        return 1
    return 0 if route(ip) else 2


def _failure(
    host: str, resolver: Resolver, errors: Sequence[dns.exception.DNSException]
) -> Failure:
    if not errors:
        text = f"{resolver.name}: {host} has no address"
        return Failure(Outcome.DNS_NO_ADDRESS, Phase.RESOLVE, text)
    outcome = _outcome(errors[0])
    if outcome is Outcome.DNS_TIMEOUT:
        text = f"{resolver.name}: no answer about {host} within {LIFETIME:g} s"
        return Failure(outcome, Phase.RESOLVE, text)
    return Failure(outcome, Phase.RESOLVE, " ".join(f"{resolver.name}: {errors[0]}".split()))


def _outcome(error: dns.exception.DNSException) -> Outcome:
    if isinstance(error, dns.exception.Timeout):
        return Outcome.DNS_TIMEOUT
    if isinstance(error, dns.resolver.NoResolverConfiguration) or _never_reached(error):
        return Outcome.UNREACHABLE
    if isinstance(error, (dns.resolver.NoNameservers, dns.resolver.YXDOMAIN)):
        return Outcome.DNS_SERVFAIL
    # NXDOMAIN, and the names that cannot exist: too long, with an empty label…
    return Outcome.DNS_NXDOMAIN


def _never_reached(error: dns.exception.DNSException) -> bool:
    """Whether the system refused to send to each of the resolver's servers."""
    tried = error.kwargs.get("errors", ()) if isinstance(error, dns.resolver.NoNameservers) else ()
    return bool(tried) and all(isinstance(reason, OSError) for *_, reason, _ in tried)


def _merged(answers: Sequence[Answer]) -> tuple[Address, ...]:
    """Distinct addresses, each with those who gave it."""
    given: dict[str, list[Answer]] = {}
    for answer in answers:
        for ip in answer.ips:
            given.setdefault(ip, []).append(answer)
    return tuple(_address(ip, by) for ip, by in given.items())


def _address(ip: str, by: Sequence[Answer]) -> Address:
    return Address(
        ip=ip,
        resolvers=",".join(answer.resolver for answer in by),
        resolve_time=by[0].time,
        host=by[0].host,
        canonical_name=by[0].canonical_name,
        family=ip_address(ip).version,
    )
