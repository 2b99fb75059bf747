"""Which of a host's addresses to download from. Pure."""

from collections.abc import Sequence

from pytomo.config import Config, Resolver
from pytomo.errors import Outcome
from pytomo.resolve import first_address
from pytomo.results import Address, Resolution

UNCONNECTED = frozenset({Outcome.CONNECT_TIMEOUT, Outcome.CONNECTION_REFUSED, Outcome.UNREACHABLE})


def chosen(resolution: Resolution, config: Config) -> dict[str, tuple[Resolver, ...]]:
    """The addresses to download from, each with the resolvers that name it first.

    A player connects to the address that its own resolver names first. With --download-extra-dns
    each resolver has its turn; without, the first one that knows an address.
    """
    found: dict[str, tuple[Resolver, ...]] = {}
    for resolver in config.resolvers:
        address = first_address(resolution, resolver.name)
        if address is not None and (config.download_extra_dns or address.ip in found or not found):
            found[address.ip] = (*found.get(address.ip, ()), resolver)
    return found


def fallback(
    outcome: Outcome, failed: Address, resolvers: Sequence[Resolver], free: Sequence[Address]
) -> Address | None:
    """Where a player goes on that could not connect: to its resolver's next address, if any.

    One of the other IP version comes first (RFC 8305, section 4).
    """
    if outcome not in UNCONNECTED:
        return None
    mine = {resolver.name for resolver in resolvers}
    known = [address for address in free if mine & {*(address.resolvers or "").split(",")}]
    return min(known, key=lambda address: address.family == failed.family, default=None)
