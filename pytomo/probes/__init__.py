"""What is asked of addresses before the download: a file for each probe, a tuple of all."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

from pytomo.config import Config
from pytomo.probes.origin import OriginFinder
from pytomo.probes.ping import Pinger
from pytomo.results import Address, Origin, Ping

Probe = Callable[[Sequence[Address], Config, int], Mapping[str, Any]]
"""Addresses, settings and the media's port → a result for each IP; it waits at most ~1.5 s.

A probe raises nothing: what cannot be found out is None in its result. A probe that learns
something of the machine or the network is an object that remembers it for the whole crawl.
"""


class Probed(NamedTuple):
    """What was learnt of one address: a field for each of `PROBES`, named as in `Row`."""

    ping: Ping
    origin: Origin


PROBES: tuple[Probe, ...] = (Pinger(), OriginFinder())
"""All probes, in the order of the fields of `Probed`: a new one is added to both."""


def probe_all(
    addresses: Sequence[Address],
    config: Config,
    *,
    port: int = 443,
    probes: Sequence[Probe] = PROBES,
) -> dict[str, tuple[Ping, Origin]]:
    """A `Probed` for each IP; all addresses and all probes at once."""
    with ThreadPoolExecutor(len(probes)) as pool:
        results = list(pool.map(lambda probe: probe(addresses, config, port), probes))
    return {a.ip: Probed(*(result[a.ip] for result in results)) for a in addresses}
