"""A DNS server that answers as late as the name says: `python -m harness.delayed_dns ADDRESS`.

The addresses of `ms20.test` come 20 ms after the question; it says "ready" when it listens. The
answer is made of the question's own bytes (RFC 1035, section 4), so that it takes no time.
"""

import re
import select
import socket
import struct
import sys
import time
from collections.abc import Callable
from heapq import heappop, heappush
from ipaddress import ip_address

PORT = 53
FLAGS = 0x8180
"""An answer, recursion desired and available."""
RECORD = {1: ip_address("192.0.2.1").packed, 28: ip_address("2001:db8::1").packed}
"""By type: A and AAAA."""
EARLY = 100e-6
"""Seconds that a sleep ends too early; the rest is spun, for to wake up takes a while."""


def delay_of(question: bytes) -> float:
    """Seconds that the name in a question asks for."""
    found = re.match(rb"ms(\d+)$", question[13 : 13 + question[12]])
    return int(found[1]) / 1000 if found else 0.0


def answer(question: bytes) -> bytes:
    """The answer to a question of one name, without the question's options."""
    end = question.index(0, 12) + 5
    (kind,) = struct.unpack_from("!H", question, end - 4)
    address = RECORD[kind]
    head = question[:2] + struct.pack("!HHHHH", FLAGS, 1, 1, 0, 0)
    record = struct.pack("!HHHIH", 0xC00C, kind, 1, 60, len(address))
    return head + question[12:end] + record + address


def serve(link: socket.socket, clock: Callable[[], float] = time.monotonic) -> None:
    """Answer until killed."""
    waiting: list[tuple[float, bytes, tuple[str, int]]] = []
    while True:
        timeout = max(0.0, waiting[0][0] - clock() - EARLY) if waiting else None
        if select.select([link], [], [], timeout)[0]:
            question, sender = link.recvfrom(4096)
            heappush(waiting, (clock() + delay_of(question), answer(question), sender))
        while waiting and waiting[0][0] <= clock():
            _, data, sender = heappop(waiting)
            link.sendto(data, sender)


def main() -> None:
    """Listen at the address."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as link:
        link.bind((sys.argv[1], PORT))
        print("ready", flush=True)  # noqa: T201
        serve(link)


if __name__ == "__main__":
    main()
