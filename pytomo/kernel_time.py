"""When the kernel had a packet, rather than when this process came round to reading it."""

import socket
import struct
import sys
import time
from collections.abc import Callable
from contextlib import suppress

_SIOCGSTAMPNS = 0x8907
"""The time of the packet last read, a timespec (socket(7), linux/sockios.h)."""
_TIMESPEC = struct.Struct("@ll")
_OLDEST = 1.0
"""Seconds; an older packet is none that was waited for: the clock of the machine was set."""


def keep_stamps(sock: socket.socket) -> None:
    """From now on packets of this socket are stamped as they arrive."""
    stamp(sock)  # the first question makes Linux begin


def stamp(sock: socket.socket) -> float | None:
    """Unix time at which the packet last read arrived; None where the system does not tell."""
    if sys.platform != "linux":
        return None
    from fcntl import ioctl  # not there to be imported elsewhere

    with suppress(OSError):
        seconds, nanoseconds = _TIMESPEC.unpack(ioctl(sock, _SIOCGSTAMPNS, bytes(_TIMESPEC.size)))
        return float(seconds + nanoseconds / 1e9)
    return None


def since(moment: float | None, *, clock: Callable[[], float] = time.time) -> float:
    """Seconds from a moment (Unix time) to now; 0 where that cannot be, or is not known."""
    passed = clock() - (moment or 0.0)
    return passed if 0 <= passed < _OLDEST else 0.0
