"""Tests of the kernel's facts."""

import socket
import struct
import sys

import pytest

from pytomo.tcp_info import TcpInfo, parse, tcp_info, unread


def test_the_fields_are_where_linux_has_them() -> None:
    """Offsets of `struct tcp_info`: rtt 68, total_retrans 100, bytes_acked 120, bytes_received 128,
    segs_out 136, segs_in 140, delivery_rate 160, rcv_ooopack 224."""
    data = bytearray(232)
    struct.pack_into("=I", data, 68, 20_500)
    struct.pack_into("=I", data, 100, 3)
    struct.pack_into("=Q", data, 160, 125_000)
    struct.pack_into("=I", data, 224, 7)
    struct.pack_into("=QQII", data, 120, 400, 100_000, 30, 70)
    assert parse(bytes(data)) == TcpInfo(20.5, 3, 1000.0, 7, 100_400 + 66 * 100)


def test_an_older_kernel_tells_less() -> None:
    """What the structure is too short for is unknown, not 0."""
    assert parse(bytes(104)) == TcpInfo(0.0, 0, None, None)
    assert parse(b"") == TcpInfo()


@pytest.mark.skipif(sys.platform != "linux", reason="TCP_INFO of Linux")
def test_a_real_connection_has_a_round_trip() -> None:
    """The kernel measures it in the handshake."""
    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        socket.create_connection(listener.getsockname()) as sock,
    ):
        rtt = tcp_info(sock).rtt
        assert rtt is not None
        assert 0 < rtt < 1000


@pytest.mark.skipif(sys.platform != "linux", reason="FIONREAD of Linux")
def test_what_has_arrived_and_was_not_read_is_told() -> None:
    """Until it is read."""
    one, other = socket.socketpair()
    with one, other:
        other.sendall(bytes(1234))
        assert unread(one) == 1234
        one.recv(1000)
        assert unread(one) == 234


def test_a_socket_that_is_no_tcp_connection_tells_nothing() -> None:
    """No exception reaches the download."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        assert tcp_info(sock) == TcpInfo()
