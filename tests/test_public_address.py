import dns.resolver
import pytest
from dns_fixture import SERVFAIL, DnsServer, Zone

from pytomo.config import Config, Resolver
from pytomo.public_address import public_address
from pytomo.resolve import Records


def test_the_server_tells_our_address() -> None:
    """The address is what myip.opendns.com is at the configured server."""
    with DnsServer({"myip.opendns.com A": ("203.0.113.77",)}) as server:
        assert public_address(Config(address_server=server.resolver())) == "203.0.113.77"
    assert server.asked == ["myip.opendns.com A"]


@pytest.mark.parametrize("zone", [{}, {"myip.opendns.com A": (SERVFAIL,)}])
def test_a_server_that_does_not_know_leaves_it_unknown(zone: Zone) -> None:
    """No answer is no address, and no crash."""
    with DnsServer(zone) as server:
        assert public_address(Config(address_server=server.resolver())) is None


def test_a_machine_without_a_network_has_no_public_address() -> None:
    """Errors of the system are no crash either."""

    def fail(name: str, record: str, resolver: Resolver, lifetime: float) -> Records:
        raise dns.resolver.NoResolverConfiguration

    assert public_address(Config(), ask=fail) is None
