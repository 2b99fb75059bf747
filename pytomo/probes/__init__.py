"""What is asked of addresses before the download: a file for each probe, a tuple of all."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

from pytomo.config import Config
from pytomo.probes.origin import OriginFinder
from pytomo.probes.ping import Pinger
from pytomo.results import Address


class Probe(NamedTuple):
    """Something to ask of addresses."""

    part: str
    """The field of `Row` that holds its result."""
    run: Callable[[Sequence[Address], Config, int], Mapping[str, Any]]
    """Addresses, settings and the media's port → a result for each IP; it waits at most ~1.5 s.

    It raises nothing: what cannot be found out is None in its result. One that learns something
    of the machine or the network is an object that remembers it for the whole crawl.
    """


PROBES = (Probe("ping", Pinger()), Probe("origin", OriginFinder()))
"""All probes. To add one, add it here and its result to `results.py`."""

Probed = Mapping[str, Any]
"""What was learnt of one address: the result of each probe, by the field of `Row`."""


def probe_all(
    addresses: Sequence[Address],
    config: Config,
    *,
    port: int = 443,
    probes: Sequence[Probe] = PROBES,
) -> dict[str, Probed]:
    """What was learnt of each IP; all addresses and all probes at once."""
    with ThreadPoolExecutor(len(probes)) as pool:
        results = list(pool.map(lambda probe: probe.run(addresses, config, port), probes))
    return {
        a.ip: {probe.part: result[a.ip] for probe, result in zip(probes, results, strict=True)}
        for a in addresses
    }
