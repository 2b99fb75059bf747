"""How far away an address is: round trips before the download, as this machine allows them."""

import logging
import os
import re
import select
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from ipaddress import ip_address
from typing import Any, NamedTuple

import icmplib
from icmplib.utils import unique_identifier

from pytomo.config import Config
from pytomo.kernel_time import keep_stamps, since, stamp
from pytomo.probes.pace import INTERVAL, TIMEOUT, Clock, RoundTrips
from pytomo.probes.tcp_connect import tcp_connect
from pytomo.resolve import plain_address
from pytomo.results import Address, Ping

COMMAND_INTERVAL = 0.2
"""The same for one process of the system's `ping`, which allows ordinary users no less."""
COMMAND_PROCESSES = 3
"""How many of them share the packets to one address, so that people need not wait for long."""
_ECHO_REPLIES = (0, 129)  # ICMP (RFC 792), ICMPv6 (RFC 4443)
_SEQUENCES = 2**16
_REPLY = re.compile(r"\b(?:icmp_)?seq=(\d+)\b.*\btime[=<]([\d.]+) ?ms")

_log = logging.getLogger(__name__)


class Unavailable(Exception):  # noqa: N818 - no error: the next method is tried
    """This machine does not let us ping in this way."""


class Method(NamedTuple):
    """A way to ping."""

    name: str
    run: Callable[[Sequence[str], int, int], RoundTrips]
    """Addresses of one IP version, packets for each, TCP port; raises Unavailable."""


class Pinger:
    """Pings addresses all at once by the first method that works here, and remembers it."""

    def __init__(self, methods: Sequence[Method] | None = None) -> None:
        self._methods = METHODS if methods is None else methods
        self._working: dict[int, int] = {}

    def __call__(self, addresses: Sequence[Address], config: Config, port: int) -> dict[str, Ping]:
        """`config.ping_packets` round trips to each address (`port`: where TCP connects to).

        Nothing is known of what is no address, or one with a zone.
        """
        families: dict[int, dict[str, None]] = {}
        for address in addresses:
            if plain := plain_address(address.ip):
                families.setdefault(plain.version, {})[address.ip] = None
        with ThreadPoolExecutor() as pool:
            pings = pool.map(
                lambda family: self._pings(family, list(families[family]), config, port), families
            )
        found = {ip: ping for part in pings for ip, ping in part.items()}
        return {address.ip: found.get(address.ip, Ping()) for address in addresses}

    def _pings(self, family: int, ips: list[str], config: Config, port: int) -> dict[str, Ping]:
        packets = config.ping_packets
        for index in range(self._working.get(family, 0), len(self._methods)):
            method = self._methods[index]
            try:
                trips = method.run(ips, packets, port)
            except (Unavailable, OSError) as reason:
                _log.info("IPv%d cannot be pinged by %s: %s", family, method.name, reason)
                continue
            self._working[family] = index
            return {ip: summary(trips.get(ip, []), packets, method.name) for ip in ips}
        return {ip: Ping() for ip in ips}


def summary(times: Sequence[float], packets: int, method: str) -> Ping:
    """The statistics of the round trips (ms) of some packets; loss 1.0 if none came back."""
    loss = 1 - len(times) / packets
    if not times:
        return Ping(loss=loss, method=method)
    average = sum(times) / len(times)
    return Ping(minimum=min(times), average=average, maximum=max(times), loss=loss, method=method)


class _KeepsAll:
    """icmplib reads a packet and drops it when the time was over by then: we would call it lost.

    The time of a reply is that at which the kernel had it, however late we read it.
    """

    def _create_socket(self: Any, kind: Any) -> socket.socket:
        made: socket.socket = super()._create_socket(kind)  # type: ignore[misc]
        keep_stamps(made)
        return made

    def receive(self: Any, request: Any = None, timeout: float = TIMEOUT) -> Any:
        """As icmplib's, but a packet that is there is returned, however busy the machine is."""
        if not select.select([self.sock], [], [], timeout)[0]:
            raise icmplib.TimeoutExceeded(timeout)
        reply = super().receive(request, TIMEOUT)  # type: ignore[misc]
        reply._time = stamp(self.sock) or reply.time
        return reply


class _Icmp4Socket(_KeepsAll, icmplib.ICMPv4Socket):  # type: ignore[misc]
    pass


class _Icmp6Socket(_KeepsAll, icmplib.ICMPv6Socket):  # type: ignore[misc]
    pass


def _icmp_socket(family: int, privileged: bool) -> Any:
    kind = _Icmp4Socket if family == 4 else _Icmp6Socket
    return kind(None, privileged)


def icmp(
    ips: Sequence[str],
    packets: int,
    port: int,
    *,
    privileged: bool,
    open_socket: Callable[[int, bool], Any] = _icmp_socket,
    clock: Clock = time.perf_counter,
) -> RoundTrips:
    """Ping by ICMP over one socket: a datagram socket of the kernel's, or a raw one (root)."""
    try:
        echo_socket = open_socket(ip_address(ips[0]).version, privileged)
    except icmplib.ICMPLibError as error:
        raise Unavailable(str(error)) from None
    with echo_socket:
        return _Exchange(echo_socket, ips, clock).run(packets)


class _Exchange:
    """Echo requests to several addresses, evenly spaced; each has its own sequence number."""

    def __init__(self, echo_socket: Any, ips: Sequence[str], clock: Clock) -> None:
        self._socket = echo_socket
        self._ips = ips
        self._clock = clock
        self._identifier = unique_identifier()
        self._waiting: dict[int, tuple[Any, float]] = {}
        self._trips: RoundTrips = {ip: [] for ip in ips}
        self._forbidden = 0

    def run(self, packets: int) -> RoundTrips:
        began = self._clock()
        step = INTERVAL / len(self._ips)
        for number, ip in enumerate([*self._ips] * packets):
            self._send(ip, number % _SEQUENCES)
            if self._forbidden == number + 1 == len(self._ips):
                raise Unavailable("sending is not permitted")
            self._receive(began + (number + 1) * step)
        deadline = self._clock() + TIMEOUT
        while self._waiting and self._receive_one(deadline):
            pass
        return self._trips

    def _send(self, ip: str, sequence: int) -> None:
        request = icmplib.ICMPRequest(ip, self._identifier, sequence)
        before = self._clock()
        try:
            self._socket.send(request)
        except icmplib.SocketBroadcastError:  # its word for EPERM and EACCES
            self._forbidden += 1
        except icmplib.ICMPLibError as error:
            _log.debug("%s cannot be pinged: %s", ip, error)
        else:
            sent = self._clock() - since(request.time)  # to make the packet takes a while
            self._waiting[sequence] = (request, max(before, sent))

    def _receive(self, until: float) -> None:
        while self._receive_one(until):
            pass

    def _receive_one(self, until: float) -> bool:
        """Take in one packet; False if none came in time."""
        left = until - self._clock()
        if left <= 0:
            return False
        try:
            reply = self._socket.receive(None, left)
            self._note(reply, self._clock() - since(reply.time))
        except icmplib.ICMPLibError:
            return False
        return True

    def _note(self, reply: Any, at: float) -> None:
        """Raw sockets hear everything: other programs' answers, errors, our own requests."""
        request, sent = self._waiting.get(reply.sequence, (None, 0.0))
        if request is None or reply.type not in _ECHO_REPLIES:
            return
        if reply.id == request.id and reply.source == request.destination:
            del self._waiting[reply.sequence]
            self._trips[request.destination].append(max(at - sent, 0.0) * 1000)


def ping_command(
    ips: Sequence[str], packets: int, port: int, *, program: str = "ping"
) -> RoundTrips:
    """Ping by the system's `ping` (iputils or busybox), some processes for each address."""
    _try_command(program, "127.0.0.1" if ip_address(ips[0]).version == 4 else "::1")
    shares = [len(range(part, packets, COMMAND_PROCESSES)) for part in range(COMMAND_PROCESSES)]
    jobs = [(ip, part, share) for ip in ips for part, share in enumerate(shares) if share]
    trips: RoundTrips = {ip: [] for ip in ips}
    with ThreadPoolExecutor(len(jobs)) as pool:
        outputs = pool.map(lambda job: _command_share(program, *job), jobs)
        for (ip, *_), output in zip(jobs, outputs, strict=True):
            trips[ip] += parse(output)
    return trips


def parse(output: str) -> list[float]:
    """Round trips (ms) in the output of `ping`; a packet that is answered twice counts once."""
    first: dict[str, float] = {}
    for sequence, milliseconds in _REPLY.findall(output):
        first.setdefault(sequence, float(milliseconds))
    return list(first.values())


def _try_command(program: str, loopback: str) -> None:
    """The command counts as working if this machine answers it."""
    output = _command_output(program, loopback, 1)
    if not parse(output):
        raise Unavailable(" ".join(output.split()) or f"{program} printed nothing")


def _command_share(program: str, ip: str, part: int, packets: int) -> str:
    time.sleep(part * COMMAND_INTERVAL / COMMAND_PROCESSES)
    return _command_output(program, ip, packets)


def _command_output(program: str, ip: str, packets: int) -> str:
    """What a `ping` prints; one that is not done in time is asked to come to an end."""
    version = f"-{ip_address(ip).version}"
    process = subprocess.Popen(
        [program, version, "-n", "-c", str(packets), "-i", str(COMMAND_INTERVAL), ip],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        env={**os.environ, "LC_ALL": "C"},
    )
    seconds = (packets - 1) * COMMAND_INTERVAL + TIMEOUT
    for patience, stop in ((seconds, signal.SIGINT), (0.5, signal.SIGKILL)):
        try:
            return process.communicate(timeout=patience)[0]
        except subprocess.TimeoutExpired:
            process.send_signal(stop)
    return process.communicate()[0]


METHODS = (
    Method("icmp", partial(icmp, privileged=False)),
    Method("raw_icmp", partial(icmp, privileged=True)),
    Method("ping_command", ping_command),
    Method("tcp_connect", tcp_connect),
)
"""All methods, the best first."""
