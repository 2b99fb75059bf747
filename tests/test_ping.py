import socket
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Self

import icmplib
import pytest

from pytomo.config import Config
from pytomo.probes.ping import (
    INTERVAL,
    METHODS,
    TIMEOUT,
    Method,
    Pinger,
    RoundTrips,
    Unavailable,
    icmp,
    parse,
    ping_command,
    summary,
    tcp_connect,
)
from pytomo.results import Address, Ping

IPUTILS = """\
PING 192.0.2.1 (192.0.2.1) 56(84) bytes of data.
64 bytes from 192.0.2.1: icmp_seq=1 ttl=57 time=9.05 ms
From 198.51.100.1 icmp_seq=2 Destination Host Unreachable
64 bytes from 192.0.2.1: icmp_seq=3 ttl=57 time=1004 ms
64 bytes from 192.0.2.1: icmp_seq=3 ttl=57 time=1011 ms (DUP!)

--- 192.0.2.1 ping statistics ---
3 packets transmitted, 2 received, +1 duplicates, +1 errors, 33.3333% packet loss, time 401ms
rtt min/avg/max/mdev = 9.050/506.525/1004.000/497.475 ms, pipe 3
"""
BUSYBOX = """\
PING 2001:db8::1 (2001:db8::1): 56 data bytes
64 bytes from 2001:db8::1: seq=0 ttl=64 time=0.365 ms
64 bytes from 2001:db8::1: seq=2 ttl=64 time=12.059 ms

--- 2001:db8::1 ping statistics ---
3 packets transmitted, 2 packets received, 33% packet loss
round-trip min/avg/max = 0.365/6.212/12.059 ms
"""


def server(ip: str) -> Address:
    return Address(ip=ip, host="video.example", family=6 if ":" in ip else 4)


class EchoNetwork:
    """An ICMP socket and the time: each address answers after its own delay, None for never."""

    def __init__(self, delays: dict[str, float | None]) -> None:
        self.delays = delays
        self.now = 0.0
        self.sent: list[tuple[float, str]] = []
        self.replies: list[tuple[float, Any]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.delays = {}

    def clock(self) -> float:
        return self.now

    def send(self, request: Any) -> None:
        self.sent.append((self.now, request.destination))
        delay = self.delays[request.destination]
        if delay is not None:
            self.replies.append((self.now + delay, reply_to(request)))
            self.replies.sort(key=lambda reply: reply[0])

    def receive(self, request: None, timeout: float) -> Any:
        if not self.replies or self.replies[0][0] > self.now + timeout:
            self.now += timeout
            raise icmplib.TimeoutExceeded(timeout)
        at, reply = self.replies.pop(0)
        self.now = max(at, self.now)
        return reply

    def ping(self, packets: int) -> RoundTrips:
        opened = {"privileged": True, "open_socket": lambda family, privileged: self}
        return icmp(list(self.delays), packets, 443, clock=self.clock, **opened)


def reply_to(request: Any, **changes: object) -> Any:
    fields = {"id": request.id, "sequence": request.sequence, "type": 0, "time": 0.0}
    return SimpleNamespace(**{**fields, "source": request.destination, **changes})


def test_round_trips_are_timed_for_each_address() -> None:
    """Packets to several addresses are told apart, and none waits for another's answer."""
    network = EchoNetwork({"192.0.2.1": 0.02, "192.0.2.2": 0.3, "192.0.2.3": 0.9})
    trips = network.ping(4)
    assert {ip: [round(t, 6) for t in times] for ip, times in trips.items()} == {
        "192.0.2.1": [20.0] * 4,
        "192.0.2.2": [300.0] * 4,
        "192.0.2.3": [900.0] * 4,
    }
    assert network.now == pytest.approx(3 * INTERVAL + 2 / 3 * INTERVAL + 0.9)


def test_packets_are_evenly_spaced() -> None:
    """Each address gets a packet every interval, the addresses one after another."""
    network = EchoNetwork({"192.0.2.1": 0.001, "192.0.2.2": 0.001})
    network.ping(3)
    assert [ip[-1] for _, ip in network.sent] == ["1", "2"] * 3
    assert [at for at, _ in network.sent] == pytest.approx([n * INTERVAL / 2 for n in range(6)])


def test_lost_packets_are_waited_for_once() -> None:
    """However many packets are lost, the time is that of sending and one timeout."""
    network = EchoNetwork({f"192.0.2.{n}": None for n in range(12)})
    assert set(map(tuple, network.ping(10).values())) == {()}
    assert network.now == pytest.approx(10 * INTERVAL + TIMEOUT)


@pytest.mark.parametrize(
    "changes", [{"id": -1}, {"type": 8}, {"type": 3}, {"source": "192.0.2.9"}, {"sequence": 999}]
)
def test_what_others_say_is_no_answer(changes: dict[str, object]) -> None:
    """Raw sockets hear other programs' answers, errors and our own requests: not counted."""

    class Noise(EchoNetwork):
        def send(self, request: Any) -> None:
            self.replies.append((self.now, reply_to(request, **changes)))

    assert Noise({"192.0.2.1": None}).ping(2) == {"192.0.2.1": []}


def test_a_repeated_answer_counts_once() -> None:
    """A duplicated packet makes neither a second round trip nor a negative loss."""

    class Echoing(EchoNetwork):
        def send(self, request: Any) -> None:
            super().send(request)
            super().send(request)

    assert len(Echoing({"192.0.2.1": 0.001}).ping(3)["192.0.2.1"]) == 3


def test_ipv6_answers_have_a_type_of_their_own() -> None:
    """An ICMPv6 echo reply, type 129, is an answer."""

    class Six(EchoNetwork):
        def send(self, request: Any) -> None:
            self.replies.append((self.now + 0.01, reply_to(request, type=129)))

    assert len(Six({"2001:db8::1": None}).ping(2)["2001:db8::1"]) == 2


def test_packets_that_cannot_be_sent_are_lost() -> None:
    """An address without a route costs no waiting and no other address its answers."""

    class Routeless(EchoNetwork):
        def send(self, request: Any) -> None:
            if request.destination == "192.0.2.1":
                raise icmplib.ICMPSocketError("Network is unreachable")
            super().send(request)

    network = Routeless({"192.0.2.1": None, "192.0.2.2": 0.001})
    assert [len(times) for times in network.ping(5).values()] == [0, 5]
    assert network.now == pytest.approx(5 * INTERVAL)


def test_forbidden_sending_makes_a_method_unavailable() -> None:
    """Where not one packet may leave, the next method has its turn."""

    class Forbidden(EchoNetwork):
        def send(self, request: Any) -> None:
            raise icmplib.SocketBroadcastError

    with pytest.raises(Unavailable):
        Forbidden({"192.0.2.1": None, "192.0.2.2": None}).ping(5)


def test_a_forbidden_address_does_not_stop_the_others() -> None:
    """A firewall of ours that forbids one address makes that one's packets lost."""

    class Firewall(EchoNetwork):
        def send(self, request: Any) -> None:
            if request.destination == "192.0.2.1":
                raise icmplib.SocketBroadcastError
            super().send(request)

    network = Firewall({"192.0.2.1": None, "192.0.2.2": 0.001})
    assert [len(times) for times in network.ping(5).values()] == [0, 5]


def test_a_refused_socket_makes_a_method_unavailable() -> None:
    """What the system says about sockets is the reason that is given."""

    def refuse(family: int, privileged: bool) -> Any:
        raise icmplib.SocketPermissionError(privileged)

    with pytest.raises(Unavailable, match="privileges"):
        icmp(["192.0.2.1"], 1, 443, privileged=True, open_socket=refuse)


def test_the_summary_counts_what_came_back() -> None:
    """Minimum, mean and maximum are of the answered packets, loss is the share of the others."""
    assert summary([10.0, 40.0, 25.0], 4, "icmp") == Ping(
        minimum=10.0, average=25.0, maximum=40.0, loss=0.25, method="icmp"
    )


def test_no_answer_at_all_is_a_loss_of_one() -> None:
    """When all is lost there are no times, and the loss is 1."""
    assert summary([], 10, "icmp") == Ping(loss=1.0, method="icmp")


def test_the_output_of_iputils_is_read() -> None:
    """Errors are no answers, duplicates no new ones, and times may be whole numbers."""
    assert parse(IPUTILS) == [9.05, 1004.0]


def test_the_output_of_busybox_is_read() -> None:
    """Its sequence numbers have another name and start with 0."""
    assert parse(BUSYBOX) == [0.365, 12.059]


class Recorder:
    """A way to ping that remembers what it was asked, and may refuse."""

    def __init__(self, name: str, refusal: Exception | None = None) -> None:
        self.asked: list[tuple[list[str], int, int]] = []
        self.refusal = refusal
        self.method = Method(name, self.run)

    def run(self, ips: Sequence[str], packets: int, port: int) -> RoundTrips:
        self.asked.append((list(ips), packets, port))
        if self.refusal:
            raise self.refusal
        return {ip: [1.0] * packets for ip in ips}


def test_the_methods_are_tried_in_order() -> None:
    """Unprivileged ICMP is the first choice, TCP the last resort."""
    assert [method.name for method in METHODS] == [
        "icmp",
        "raw_icmp",
        "ping_command",
        "tcp_connect",
    ]


def test_the_first_method_that_works_is_used_and_remembered() -> None:
    """What this machine refused once is not tried again for that IP version."""
    refused = Recorder("one", Unavailable("no"))
    broken = Recorder("two", FileNotFoundError(2, "No such file"))
    works, spare = Recorder("three"), Recorder("four")
    pinger = Pinger([r.method for r in (refused, broken, works, spare)])
    for _ in range(3):
        pings = pinger([server("192.0.2.1")], Config(ping_packets=7), 8443)
        assert (pings["192.0.2.1"].method, pings["192.0.2.1"].loss) == ("three", 0.0)
    assert [len(r.asked) for r in (refused, broken, works, spare)] == [1, 1, 3, 0]
    assert works.asked[0] == (["192.0.2.1"], 7, 8443)


def test_each_ip_version_has_its_own_method() -> None:
    """A machine may allow ICMP for IPv4 and refuse it for IPv6."""

    def only_four(ips: Sequence[str], packets: int, port: int) -> RoundTrips:
        if ":" in ips[0]:
            raise Unavailable("no IPv6")
        return {ip: [1.0] for ip in ips}

    pinger = Pinger([Method("four", only_four), Recorder("any").method])
    pings = pinger([server("2001:db8::1"), server("192.0.2.1")], Config(ping_packets=1), 443)
    assert {ip: ping.method for ip, ping in pings.items()} == {
        "2001:db8::1": "any",
        "192.0.2.1": "four",
    }


def test_without_any_method_nothing_is_known() -> None:
    """A machine that lets us ping in no way gives an empty result, not a loss."""
    pinger = Pinger([Recorder("one", Unavailable("no")).method])
    assert pinger([server("192.0.2.1")], Config(), 443) == {"192.0.2.1": Ping()}


def test_an_address_is_pinged_once() -> None:
    """Two hosts at one address do not double the packets."""
    recorder = Recorder("one")
    Pinger([recorder.method])([server("192.0.2.1"), server("192.0.2.1")], Config(), 443)
    assert [ips for ips, *_ in recorder.asked] == [["192.0.2.1"]]


def test_this_machine_can_be_pinged() -> None:
    """By whatever this machine allows, loopback addresses answer every packet."""
    ips = [f"127.0.0.{last}" for last in range(1, 13)]
    pings = Pinger()([server(ip) for ip in ips], Config(ping_packets=3), 9)
    assert {ping.loss for ping in pings.values()} == {0.0}
    assert {ping.method for ping in pings.values()} <= {method.name for method in METHODS}
    for ping in pings.values():
        assert 0 < (ping.minimum or 0) <= (ping.average or 0) <= (ping.maximum or 0)


@pytest.fixture
def listening() -> Iterator[int]:
    """A port on the loopback address that accepts connections."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listener:
        yield listener.getsockname()[1]


def test_tcp_handshakes_are_timed(listening: int) -> None:
    """An open port answers each attempt."""
    assert [t > 0 for t in tcp_connect(["127.0.0.1"], 5, listening)["127.0.0.1"]] == [True] * 5


def test_a_refused_connection_is_a_round_trip() -> None:
    """A closed port is an answer of the host, too."""
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        trips = tcp_connect(["127.0.0.1", "127.0.0.2"], 3, closed.getsockname()[1])
    assert [len(times) for times in trips.values()] == [3, 3]


def test_an_impossible_connection_is_a_loss(listening: int) -> None:
    """An address that the system refuses to connect to has no round trips; others have."""
    assert tcp_connect(["fe80::1"], 2, listening) == {"fe80::1": []}


def program(directory: Path, commands: str) -> str:
    """A `ping` of our own; $target is the address."""
    path = directory / "ping"
    path.write_text(f"#!/bin/sh\nfor target; do :; done\n{commands}\n")
    path.chmod(0o755)
    return str(path)


def test_processes_share_the_packets(tmp_path: Path) -> None:
    """The packets to an address are split between a few processes, none more, none less."""
    answering = program(
        tmp_path,
        'echo "$@" >> "${0}s"\n'
        "while [ $# -gt 1 ]; do [ $1 = -c ] && count=$2; shift; done\n"
        'for n in $(seq $count); do echo "seq=$n time=2 ms"; done',
    )
    assert ping_command(["127.0.0.7"], 10, 443, program=answering) == {"127.0.0.7": [2.0] * 10}
    calls = (tmp_path / "pings").read_text().splitlines()
    assert calls[0] == "-4 -n -c 1 -i 0.2 127.0.0.1"
    assert sorted(calls[1:]) == sorted(f"-4 -n -c {n} -i 0.2 127.0.0.7" for n in (4, 3, 3))


def test_a_ping_that_does_not_end_is_stopped(tmp_path: Path) -> None:
    """What was printed before counts; the process is gone."""
    lingering = program(tmp_path, 'echo "seq=1 time=2 ms"\n[ $target = ::1 ] || exec sleep 600')
    assert ping_command(["2001:db8::1"], 1, 443, program=lingering) == {"2001:db8::1": [2.0]}


def test_a_ping_that_may_not_send_is_unavailable(tmp_path: Path) -> None:
    """The command's own words are the reason."""
    forbidden = program(tmp_path, 'echo "ping: permission denied (are you root?)" >&2; exit 1')
    with pytest.raises(Unavailable, match="are you root"):
        ping_command(["127.0.0.7"], 10, 443, program=forbidden)


def test_a_machine_without_ping_goes_on_with_tcp(tmp_path: Path, listening: int) -> None:
    """A missing program is no crash: the next method has its turn."""
    missing = partial(ping_command, program=str(tmp_path / "ping"))
    pinger = Pinger([Method("ping_command", missing), Method("tcp_connect", tcp_connect)])
    pings = pinger([server("127.0.0.1")], Config(ping_packets=2), listening)
    assert (pings["127.0.0.1"].method, pings["127.0.0.1"].loss) == ("tcp_connect", 0.0)


def test_the_ping_of_this_system_is_understood() -> None:
    """The installed `ping`, where it works, answers for the loopback address."""
    try:
        trips = ping_command(["127.0.0.1"], 2, 443)
    except (Unavailable, OSError) as reason:
        pytest.skip(f"ping does not work here: {reason}")
    assert len(trips["127.0.0.1"]) == 2
