import threading
from collections.abc import Sequence
from dataclasses import fields

from dns_fixture import SILENCE, DnsServer

from pytomo.config import Config
from pytomo.probes import PROBES, Probed, probe_all
from pytomo.probes.origin import OriginFinder
from pytomo.probes.ping import Pinger
from pytomo.results import Address, Origin, Ping, Row

ADDRESSES = [Address(ip=f"127.0.0.{n}", host="video.example", family=4) for n in range(1, 13)]


def test_each_probe_has_its_field() -> None:
    """PROBES, the fields of Probed and the parts of a row belong together."""
    assert len(PROBES) == len(Probed._fields)
    assert set(Probed._fields) <= {part.name for part in fields(Row)}


def test_all_probes_run_at_once() -> None:
    """No probe waits for another: each here ends only when both have begun."""
    meeting = threading.Barrier(2, timeout=30)

    def ping(addresses: Sequence[Address], config: Config, port: int) -> dict[str, Ping]:
        meeting.wait()
        return {a.ip: Ping(method=str(port)) for a in addresses}

    def origin(addresses: Sequence[Address], config: Config, port: int) -> dict[str, Origin]:
        meeting.wait()
        return {a.ip: Origin(as_number=64500) for a in addresses}

    probed = probe_all(ADDRESSES[:2], Config(), port=8443, probes=(ping, origin))
    assert probed == {
        ip: (Ping(method="8443"), Origin(as_number=64500)) for ip in ("127.0.0.1", "127.0.0.2")
    }


def test_a_dozen_addresses_are_probed_together() -> None:
    """Pings succeed while the look-ups of the origin get no answer."""
    dead = {f"{n}.0.0.127.origin.asn.cymru.com TXT": (SILENCE,) for n in range(1, 13)}
    with DnsServer(dead) as server:
        config = Config(resolvers=(server.resolver(),), ping_packets=3)
        probed = probe_all(ADDRESSES, config, port=9, probes=(Pinger(), OriginFinder()))
    assert {ping.loss for ping, _ in probed.values()} == {0.0}
    assert {origin for _, origin in probed.values()} == {Origin()}
    assert len(probed) == 12


def test_no_addresses_are_no_work() -> None:
    """Nothing is known of nothing."""
    assert probe_all([], Config()) == {}
