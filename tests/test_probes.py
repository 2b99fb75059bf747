import threading
from collections.abc import Sequence
from dataclasses import fields

from dns_fixture import SILENCE, DnsServer

from pytomo.config import Config
from pytomo.probes import PROBES, Probe, probe_all
from pytomo.probes.origin import OriginFinder
from pytomo.probes.ping import Pinger
from pytomo.results import Address, Origin, Ping, Row

ADDRESSES = [Address(ip=f"127.0.0.{n}", host="video.example", family=4) for n in range(1, 13)]


def test_each_probe_has_its_field() -> None:
    """The result of each probe has its place in a row."""
    assert {probe.part for probe in PROBES} <= {part.name for part in fields(Row)}


def test_all_probes_run_at_once() -> None:
    """No probe waits for another: each here ends only when both have begun."""
    meeting = threading.Barrier(2, timeout=30)

    def ping(addresses: Sequence[Address], config: Config, port: int) -> dict[str, Ping]:
        meeting.wait()
        return {a.ip: Ping(method=str(port)) for a in addresses}

    def origin(addresses: Sequence[Address], config: Config, port: int) -> dict[str, Origin]:
        meeting.wait()
        return {a.ip: Origin(as_number=64500) for a in addresses}

    probes = (Probe("ping", ping), Probe("origin", origin))
    probed = probe_all(ADDRESSES[:2], Config(), port=8443, probes=probes)
    both = {"ping": Ping(method="8443"), "origin": Origin(as_number=64500)}
    assert probed == {"127.0.0.1": both, "127.0.0.2": both}


def test_a_dozen_addresses_are_probed_together() -> None:
    """Pings succeed while the look-ups of the origin get no answer."""
    dead = {f"{n}.0.0.127.origin.asn.cymru.com TXT": (SILENCE,) for n in range(1, 13)}
    with DnsServer(dead) as server:
        config = Config(resolvers=(server.resolver(),), ping_packets=3)
        probes = (Probe("ping", Pinger()), Probe("origin", OriginFinder()))
        probed = probe_all(ADDRESSES, config, port=9, probes=probes)
    assert {found["ping"].loss for found in probed.values()} == {0.0}
    assert {found["origin"] for found in probed.values()} == {Origin()}
    assert len(probed) == 12


def test_no_addresses_are_no_work() -> None:
    """Nothing is known of nothing."""
    assert probe_all([], Config()) == {}


def test_nothing_is_known_of_what_is_no_address() -> None:
    """An address with a zone, or none at all, is no error and does not hinder the others."""
    odd = [Address(ip=ip, host="video.example", family=6) for ip in ("fe80::1%eth0", "video", "")]
    with DnsServer({}) as server:
        config = Config(resolvers=(server.resolver(),), ping_packets=1)
        probed = probe_all([*odd, ADDRESSES[0]], config, port=9)
    assert [probed[a.ip] for a in odd] == [{"ping": Ping(), "origin": Origin()}] * 3
    assert probed["127.0.0.1"]["ping"].loss == 0.0
