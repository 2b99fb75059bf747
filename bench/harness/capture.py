"""Packets as tcpdump saw them on a device of a namespace: the truth of when what was sent.

The times are those at which the kernel handed a packet to the device, or had it from there, in
nanoseconds (`tcpdump --time-stamp-precision=nano`). The format is that of pcap-savefile(5).
"""

import struct
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path

from harness.namespaces import Namespace

NANOSECONDS = 0xA1B23C4D
ETHERNET, RAW_IP = 1, 101
"""Link types; a TUN device has packets without a frame round them."""
SNAP = 160
"""Bytes of a packet that are kept: its headers, and how its payload begins."""
SETTLING = 0.3
"""Seconds for the last packets to reach the file."""
ICMP, TCP, UDP = 1, 6, 17
ECHO_REPLY, ECHO = 0, 8


@dataclass(frozen=True, slots=True)
class Packet:
    """A TCP segment, a UDP datagram or an ICMP message of an echo."""

    time: float
    """Unix time, s."""
    protocol: int
    source: str
    source_port: int
    """Of ICMP the identifier, as is `target_port`."""
    target_port: int
    size: int
    """Bytes of payload."""
    payload: bytes
    """How it begins."""
    sequence: int = 0
    acknowledged: int = 0
    flags: int = 0
    """Of ICMP the type."""


def packets(data: bytes) -> list[Packet]:
    """The packets of a capture that can be read; ValueError if it is none with nanoseconds."""
    if len(data) < 24 or struct.unpack_from("=I", data)[0] != NANOSECONDS:
        raise ValueError("no capture with nanoseconds of this machine")
    (link,) = struct.unpack_from("=I", data, 20)
    skipped = {ETHERNET: 14, RAW_IP: 0}[link]
    found = (packet(at, frame[skipped:]) for at, frame in _frames(data))
    return [each for each in found if each is not None]


def _frames(data: bytes) -> Iterator[tuple[float, bytes]]:
    """Time and bytes of each record that is there as a whole."""
    place = 24
    while place + 16 <= len(data):
        seconds, nanoseconds, kept, _ = struct.unpack_from("=IIII", data, place)
        place += 16
        if place + kept > len(data):
            return
        yield seconds + nanoseconds / 1e9, data[place : place + kept]
        place += kept


def packet(at: float, data: bytes) -> Packet | None:
    """The packet in the bytes of IPv4 or IPv6, from their beginning; None of other protocols."""
    if data[:1] >= b"\x60":
        header, length, protocol = 40, 40 + int.from_bytes(data[4:6]), data[6]
        source = str(ip_address(data[8:24]))
    else:
        header, length, protocol = 4 * (data[0] & 15), int.from_bytes(data[2:4]), data[9]
        source = str(ip_address(data[12:16]))
    body = data[header:]
    read = {ICMP: _message, TCP: _segment, UDP: _datagram}.get(protocol)
    return read(at, source, body, length - header) if read else None


def _message(at: float, source: str, body: bytes, length: int) -> Packet | None:
    kind, _, _, identifier, number = struct.unpack_from("!BBHHH", body)
    if kind not in (ECHO, ECHO_REPLY):
        return None
    size = length - 8
    return Packet(at, ICMP, source, identifier, identifier, size, body[8:], number, flags=kind)


def _datagram(at: float, source: str, body: bytes, length: int) -> Packet:
    near, far = struct.unpack_from("!HH", body)
    return Packet(at, UDP, source, near, far, length - 8, body[8:])


def _segment(at: float, source: str, body: bytes, length: int) -> Packet:
    near, far, sequence, acknowledged, offset, flags = struct.unpack_from("!HHIIBB", body)
    header = 4 * (offset >> 4)
    size, payload = length - header, body[header:]
    return Packet(at, TCP, source, near, far, size, payload, sequence, acknowledged, flags)


@contextmanager
def captured(
    namespace: Namespace, device: str, expression: str = "ip or ip6"
) -> Iterator[Callable[[], list[Packet]]]:
    """While entered, packets on a device are kept; what it gives tells those so far."""
    with tempfile.TemporaryDirectory(prefix="pytomo-capture-") as place:
        file = Path(place, "packets.pcap")
        how = ("--time-stamp-precision=nano", "--immediate-mode", "-U", "-n", "-B", "16384")
        tcpdump = namespace.start(
            *("tcpdump", "-Z", "root", "-i", device, "-s", str(SNAP), *how),
            *("-w", str(file), expression),
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            _wait_for(tcpdump)
            yield lambda: _read(file)
        finally:
            tcpdump.kill()
            tcpdump.communicate()


def _wait_for(tcpdump: "subprocess.Popen[str]") -> None:
    """RuntimeError if it does not listen."""
    said = ""
    for line in tcpdump.stderr or ():
        said += line
        if "listening on" in line:
            return
    raise RuntimeError(f"tcpdump does not capture: {said.strip()}")


def _read(file: Path) -> list[Packet]:
    time.sleep(SETTLING)
    return packets(file.read_bytes())
