"""The process between two TUN devices: reads packets from each and writes them to the other one.

    python -m harness.relay LINK

LINK is what `emulator.py` writes. For each line on its input the relay answers with one line of
counts (JSON); at the end of the input it ends. It makes the devices itself, since a TUN device is
in the namespace in which it was opened, and lives as long as its file is open.
"""

import ctypes
import fcntl
import json
import os
import select
import struct
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from harness.entering import entered
from harness.line import Conditions, Line

TUNSETIFF = 0x400454CA
IFF_TUN, IFF_NO_PI = 0x0001, 0x1000
PR_SET_TIMERSLACK = 29
PRIORITY = 10
EARLY = 400e-6
"""A sleep ends so much before a packet is due (s), since to wake up takes a while, in a virtual
machine that slept a few tenths of a millisecond; the relay spins for the rest of it."""
LARGEST = 2048
"""Bytes of the largest packet: more than the MTU."""
BATCH = 32
"""Packets read from a device before the other one and the queues are looked at again."""


def open_device(holder: int, name: str) -> int:
    """A new TUN device in a process's namespace: what is written is received there."""
    with entered(holder):
        device = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
        fcntl.ioctl(device, TUNSETIFF, struct.pack("16sH22x", name.encode(), IFF_TUN | IFF_NO_PI))
    return device


def be_punctual() -> None:
    """Wake up at the microsecond, before other processes: the clock of the link must not lag."""
    ctypes.CDLL(None).prctl(PR_SET_TIMERSLACK, 1)
    with suppress(OSError):
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(PRIORITY))


def receive(device: int, line: Line, clock: Callable[[], float]) -> None:
    """Take what waits at a device into a line, a batch at most."""
    for _ in range(BATCH):
        try:
            packet = os.read(device, LARGEST)
        except BlockingIOError:
            return
        line.offer(packet, clock())


def release(line: Line, device: int, now: float) -> None:
    """Write the packets of a line that are due; to a device that is down they are lost."""
    for packet in line.due(now):
        with suppress(OSError):
            os.write(device, packet)


def answer(lines: tuple[Line, Line], control: int) -> bool:
    """Print the counts for a question; False at the end of the questions."""
    question = os.read(control, 4096)
    if question:
        print(json.dumps([line.counts.values() for line in lines]), flush=True)  # noqa: T201
    return bool(question)


def relay(
    devices: tuple[int, int],
    lines: tuple[Line, Line],
    control: int,
    clock: Callable[[], float] = time.monotonic,
) -> None:
    """Carry packets both ways until the control input ends."""
    near, far = devices
    there, back = lines
    while True:
        release(there, far, clock())
        release(back, near, clock())
        wait = min(there.next_release(), back.next_release()) - clock()
        timeout = None if wait == float("inf") else max(0.0, wait - EARLY)
        ready, _, _ = select.select([near, far, control], [], [], timeout)
        if near in ready:
            receive(near, there, clock)
        if far in ready:
            receive(far, back, clock)
        if control in ready and not answer(lines, control):
            return


def conditions(values: dict[str, Any]) -> Conditions:
    """The conditions of a direction, from JSON."""
    return Conditions(**{**values, "lossy": tuple(values["lossy"])})


def main() -> None:
    """Make the devices, say so, and carry packets."""
    link = json.loads(sys.argv[1])
    near, far = (open_device(holder, name) for holder, name in link["ends"])
    be_punctual()
    print("ready", flush=True)  # noqa: T201
    there, back = (Line(conditions(values)) for values in link["conditions"])
    relay((near, far), (there, back), sys.stdin.fileno())


if __name__ == "__main__":
    main()
