"""Round trips as TCP handshakes: what every machine allows."""

import asyncio
import logging
import socket
import time
from collections.abc import Sequence
from ipaddress import ip_address

from pytomo.probes.pace import INTERVAL, TIMEOUT, Clock, RoundTrips

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
            return (clock() - began) * 1000
    except OSError as error:
        _log.debug("%s does not answer at port %d: %s", ip, port, error)
        return None


async def _handshake(attempt: socket.socket, place: tuple[str, int]) -> None:
    try:
        connected = asyncio.get_running_loop().sock_connect(attempt, place)
        await asyncio.wait_for(connected, TIMEOUT)
    except ConnectionRefusedError:
        return
