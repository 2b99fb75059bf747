"""When the kernel had a packet."""

import select
import socket
import sys
import time

import pytest

from pytomo.kernel_time import keep_stamps, since, stamp


@pytest.mark.skipif(sys.platform != "linux", reason="a question to Linux")
def test_a_packet_is_stamped_when_it_arrives() -> None:
    """Not when it is read: one that lay there for 50 ms has the time at which it came.

    Linux needs a moment to begin with its stamps, so that the first ones may be late.
    """
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as there,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as here,
    ):
        here.bind(("127.0.0.1", 0))
        keep_stamps(here)
        assert any(_stamped_in_time(there, here) for _ in range(50))


def _stamped_in_time(there: socket.socket, here: socket.socket) -> bool:
    before = time.time()
    there.sendto(b"x", here.getsockname())
    assert select.select([here], [], [], 10)[0]
    arrived = time.time()
    time.sleep(0.05)
    here.recvfrom(10)
    told = stamp(here)
    return told is not None and before - 0.001 <= told <= arrived


@pytest.mark.parametrize(
    ("moment", "expected"),
    [(99.7, 0.3), (100.0, 0.0), (100.1, 0.0), (98.0, 0.0), (0.0, 0.0), (None, 0.0)],
)
def test_what_cannot_be_is_no_time(moment: float | None, expected: float) -> None:
    """The future, and a past that is longer ago than anything is waited for: a clock was set."""
    assert since(moment, clock=lambda: 100.0) == pytest.approx(expected)


def test_a_socket_without_packets_has_no_stamp() -> None:
    """Nothing has been read from it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        keep_stamps(sock)
        assert stamp(sock) is None
