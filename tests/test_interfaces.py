"""Which interface leads to an address, and what it carried, of texts in the format of Linux."""

import sys

import pytest

from pytomo.interfaces import ROUTES4, ROUTES6, counters, interface

DEV = """Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo
    lo:    1000      10    0    0    0     0          0         0 1000 10 0 0 0 0 0 0
  eth0: 5000000    4000    0    0    0     0          0         0 200000 2000 0 0 0 0 0 0
"""


def hexadecimal(address: bytes) -> str:
    """As /proc/net/route writes it, on this machine."""
    return f"{int.from_bytes(address, sys.byteorder):08X}"


def route4(name: str, target: bytes, mask: bytes, metric: int = 0, flags: int = 3) -> str:
    return (
        f"{name}\t{hexadecimal(target)}\t01010101\t{flags:04X}\t0\t0\t{metric}"
        f"\t{hexadecimal(mask)}\t0\t0\t0\n"
    )


HEAD = "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n"
DEFAULT = bytes(4)
TEXTS = {
    ROUTES4: HEAD
    + route4("wlan0", DEFAULT, DEFAULT, 600)
    + route4("eth0", DEFAULT, DEFAULT, 100)
    + route4("tun0", bytes([10, 8, 0, 0]), bytes([255, 255, 0, 0]), 900)
    + route4("gone0", bytes([10, 8, 1, 0]), bytes([255, 255, 255, 0]), flags=0x0201),
    ROUTES6: (
        f"{'0' * 32} 00 {'0' * 32} 00 {'fe80' + '0' * 27 + '1'} 00000400 1 0 00000003 eth1\n"
        f"{'20010db8' + '0' * 24} 20 {'0' * 32} 00 {'0' * 32} 00000100 1 0 00000001 eth2\n"
        f"{'0' * 32} 00 {'0' * 32} 00 {'0' * 32} ffffffff 1 0 00200200 lo\n"
    ),
}


def test_counters_are_both_ways() -> None:
    """Bytes received and sent, together."""
    assert counters(DEV) == {"lo": 2000, "eth0": 5_200_000}
    assert counters("") == {}


@pytest.mark.parametrize(
    ("ip", "expected"),
    [
        ("192.0.2.1", "eth0"),
        ("10.8.1.2", "tun0"),
        ("2001:db8::1", "eth2"),
        ("2001:4860::1", "eth1"),
        ("127.0.0.1", None),
        ("::1", None),
    ],
)
def test_the_longest_prefix_decides(ip: str, expected: str | None) -> None:
    """Then the lowest metric; routes that reject lead nowhere, loopback is shared with no one."""
    assert interface(ip, TEXTS) == expected


def test_without_proc_nothing_is_known() -> None:
    """Other systems have no such files."""
    assert interface("192.0.2.1", {}) is None
