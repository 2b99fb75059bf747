"""What Linux tells of a machine's network interfaces: the route to an address, and byte counters.

The texts are those of /proc/net/route, /proc/net/ipv6_route and /proc/net/dev (proc_net(5)).
"""

import sys
from collections.abc import Iterator, Mapping
from ipaddress import IPv4Address, IPv4Network, IPv6Network, ip_address
from typing import NamedTuple

_UP, _REJECT = 0x0001, 0x0200
"""Flags of a route (linux/route.h)."""


class RouteEntry(NamedTuple):
    """Where packets to a network go."""

    network: IPv4Network | IPv6Network
    metric: int
    """Of several routes to one network, the one with the lowest is taken."""
    interface: str


def counters(text: str) -> dict[str, int]:
    """Bytes that each interface received and sent, of the text of /proc/net/dev."""
    found = {}
    for line in text.splitlines()[2:]:
        name, _, numbers = line.partition(":")
        cells = numbers.split()
        if len(cells) >= 16:
            found[name.strip()] = int(cells[0]) + int(cells[8])
    return found


def routes4(text: str) -> Iterator[RouteEntry]:
    """The routes in the text of /proc/net/route; its addresses are in the machine's byte order."""
    for line in text.splitlines()[1:]:
        cells = line.split()
        if len(cells) >= 8 and int(cells[3], 16) & (_UP | _REJECT) == _UP:
            target, mask = (_address4(cells[place]) for place in (1, 7))
            network = IPv4Network(f"{target}/{mask}", strict=False)
            yield RouteEntry(network, int(cells[6]), cells[0])


def _address4(text: str) -> IPv4Address:
    return IPv4Address(int(text, 16).to_bytes(4, sys.byteorder))


def routes6(text: str) -> Iterator[RouteEntry]:
    """The routes in the text of /proc/net/ipv6_route."""
    for line in text.splitlines():
        cells = line.split()
        if len(cells) >= 10 and int(cells[8], 16) & (_UP | _REJECT) == _UP:
            network = IPv6Network((int(cells[0], 16), int(cells[1], 16)), strict=False)
            yield RouteEntry(network, int(cells[5], 16), cells[9])


def interface(ip: str, texts: Mapping[str, str]) -> str | None:
    """The interface to an address, of the texts by their paths; None for loopback or without one.

    The longest prefix decides, then the lowest metric. Routing by rules (ip-rule(8)) is not seen.
    """
    address = ip_address(ip)
    if address.is_loopback:
        return None
    six = address.version == 6
    entries = routes6(texts.get(ROUTES6, "")) if six else routes4(texts.get(ROUTES4, ""))
    fitting = [entry for entry in entries if address in entry.network]
    best = max(fitting, key=lambda e: (e.network.prefixlen, -e.metric), default=None)
    return None if best is None or best.interface == "lo" else best.interface


ROUTES4, ROUTES6, DEVICES = "/proc/net/route", "/proc/net/ipv6_route", "/proc/net/dev"
