"""Round trips as TCP handshakes: what every machine allows."""

import asyncio
import logging
import socket
import time
from collections.abc import Sequence
from ipaddress import ip_address

from pytomo.probes.pace import INTERVAL, TIMEOUT, Clock, RoundTrips
from pytomo.tcp_info import tcp_info

_log = logging.getLogger(__name__)


def tcp_connect(
    ips: Sequence[str], packets: int, port: int, *, clock: Clock = time.perf_counter
) -> RoundTrips:
    """Time TCP handshakes; a refusal has made the same round trip. Always available."""
    return asyncio.run(_connect_all(ips, packets, port, clock))


async def _connect_all(ips: Sequence[str], packets: int, port: int, clock: Clock) -> RoundTrips:
    step = INTERVAL / len(ips)
    attempts = [
        _connect(ip, port, number * step, clock) for number, ip in enumerate([*ips] * packets)
    ]
    times = await asyncio.gather(*attempts)
    return {
        ip: [t for t in times[place :: len(ips)] if t is not None] for place, ip in enumerate(ips)
    }


async def _connect(ip: str, port: int, delay: float, clock: Clock) -> float | None:
    """Milliseconds of one handshake; None if it came to nothing."""
    await asyncio.sleep(delay)
    family = socket.AF_INET if ip_address(ip).version == 4 else socket.AF_INET6
    try:
        with socket.socket(family, socket.SOCK_STREAM) as attempt:
            attempt.setblocking(False)
            began = clock()
            await _handshake(attempt, (ip, port))
            took = (clock() - began) * 1000
            return _kernel_time(attempt) or took
    except OSError as error:
        _log.debug("%s does not answer at port %d: %s", ip, port, error)
        return None


def _kernel_time(attempt: socket.socket) -> float | None:
    """Milliseconds of the handshake as the kernel took them; None of one that was refused."""
    known = tcp_info(attempt)
    return None if known.retransmits else known.rtt


async def _handshake(attempt: socket.socket, place: tuple[str, int]) -> None:
    try:
        connected = asyncio.get_running_loop().sock_connect(attempt, place)
        await asyncio.wait_for(connected, TIMEOUT)
    except ConnectionRefusedError:
        return
