"""What the kernel knows about a TCP connection."""

import socket
import struct
import sys
from array import array
from typing import NamedTuple


class TcpInfo(NamedTuple):
    """Facts about one connection; None where this system does not tell."""

    rtt: float | None = None
    """Smoothed round trip, ms."""
    retransmits: int | None = None
    """Segments that we sent again."""
    delivery_rate: float | None = None
    """The latest estimate of our own sending rate, kbps."""
    out_of_order: int | None = None
    """Segments that arrived out of order."""
    carried: int | None = None
    """Bytes that it put on the wire, both ways, headers included (those of IPv4 in Ethernet)."""


_SIZE = 232
_RTT = struct.Struct("=68xI")
_TOTAL_RETRANS = struct.Struct("=100xI")
_BYTES_AND_SEGMENTS = struct.Struct("=120xQQII")
"""Bytes acknowledged and received, segments out and in."""
_HEADERS = 14 + 20 + 32
"""Bytes of Ethernet, IPv4 and TCP with timestamps in a segment."""
_DELIVERY_RATE = struct.Struct("=160xQ")
_RCV_OOOPACK = struct.Struct("=224xI")


def tcp_info(sock: socket.socket) -> TcpInfo:
    """Facts about the connection of a socket.

    Source: `struct tcp_info` of Linux's `include/uapi/linux/tcp.h`, which only ever grows at its
    end: an older kernel gives less of it.
    """
    if sys.platform != "linux":
        return TcpInfo()
    try:
        data = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _SIZE)
    except OSError:
        return TcpInfo()
    return parse(data)


def unread(sock: socket.socket) -> int:
    """Bytes that have arrived on a socket and were not read; 0 where this system does not tell."""
    if sys.platform != "linux":
        return 0
    import fcntl
    import termios

    count = array("i", [0])
    fcntl.ioctl(sock.fileno(), termios.FIONREAD, count)
    return count[0]


def parse(data: bytes) -> TcpInfo:
    """The facts in a `struct tcp_info`, however much of it there is."""
    rtt = _field(_RTT, data)
    rate = _field(_DELIVERY_RATE, data)
    return TcpInfo(
        rtt=None if rtt is None else rtt / 1000,
        retransmits=_field(_TOTAL_RETRANS, data),
        delivery_rate=None if rate is None else rate * 8 / 1000,
        out_of_order=_field(_RCV_OOOPACK, data),
        carried=_carried(data),
    )


def _carried(data: bytes) -> int | None:
    if len(data) < _BYTES_AND_SEGMENTS.size:
        return None
    sent, received, segments_out, segments_in = _BYTES_AND_SEGMENTS.unpack_from(data)
    return int(sent + received + _HEADERS * (segments_out + segments_in))


def _field(field: struct.Struct, data: bytes) -> int | None:
    return int(field.unpack_from(data)[0]) if len(data) >= field.size else None
