"""The emulated link of the benches: what is lost, and when packets leave. No root, no clock."""

import json
import struct
from collections.abc import Callable

import pytest
from harness.line import Conditions, Counts, Line, kind_of

Made = Callable[[int, bytes], bytes]
PACKET = b"\x45" + bytes(19)


def segment(payload: bytes = b"", flags: int = 0x10) -> bytes:
    return struct.pack("!HHLLBBHHH", 1, 2, 3, 4, 5 << 4, flags, 0, 0, 0) + payload


def ipv4(protocol: int, body: bytes) -> bytes:
    return struct.pack("!BBHLBBHLL", 0x45, 0, 20 + len(body), 0, 64, protocol, 0, 1, 2) + body


def ipv6(protocol: int, body: bytes) -> bytes:
    return struct.pack("!LHBB", 6 << 28, len(body), protocol, 64) + bytes(32) + body


def times(line: Line, offered: list[float]) -> list[tuple[float, bytes]]:
    """When each packet leaves, named by its number, if one looks at every release."""
    for number, at in enumerate(offered):
        line.offer(PACKET + bytes([number]), at)
    left = []
    while (release := line.next_release()) != float("inf"):
        left += [(release, packet[-1:]) for packet in line.due(release)]
    return left


@pytest.mark.parametrize("made", [ipv4, ipv6])
def test_segments_that_take_up_numbers_are_data(made: Made) -> None:
    """Payload and SYN are sent again when lost; a pure acknowledgement is not."""
    assert kind_of(made(6, segment(b"x"))) == "tcp_data"
    assert kind_of(made(6, segment(flags=0x02))) == "tcp_data"
    assert kind_of(made(6, segment(flags=0x11))) == "tcp_fin"
    assert kind_of(made(6, segment())) == "tcp_ack"


def test_other_protocols_have_their_kinds() -> None:
    """UDP and ICMP are counted apart; what is cut short or unknown is `other`."""
    assert kind_of(ipv4(17, b"12345678")) == kind_of(ipv6(17, b"12345678")) == "udp"
    assert kind_of(ipv4(1, b"")) == kind_of(ipv6(58, b"")) == "icmp"
    assert kind_of(ipv4(6, b"short")) == kind_of(b"") == kind_of(b"\x60") == "other"


def test_a_packet_stays_for_the_delay() -> None:
    """Not due a moment before, due at the very time, and then gone."""
    line = Line(Conditions(delay=0.02))
    line.offer(PACKET, 1.0)
    assert line.next_release() == pytest.approx(1.02)
    assert not list(line.due(1.0199))
    assert list(line.due(1.0201)) == [PACKET]
    assert line.next_release() == float("inf")


def test_jitter_keeps_the_order() -> None:
    """The delays differ within the bounds; none overtakes another one."""
    offered = [number / 100 for number in range(200)]
    left = times(Line(Conditions(delay=0.05, jitter=0.03)), offered)
    assert [packet for _, packet in left] == [bytes([number]) for number in range(200)]
    stays = [release - at for (release, _), at in zip(left, offered, strict=True)]
    assert 0.02 <= min(stays) < 0.03
    assert 0.07 < max(stays) <= 0.08


def test_reordering_is_had_when_asked_for() -> None:
    """Each packet then leaves at its own time, whatever came before it."""
    line = Line(Conditions(delay=0.05, jitter=0.03, reorder=True))
    left = times(line, [number / 1000 for number in range(100)])
    assert sorted(left) == left
    assert [packet for _, packet in left] != sorted(packet for _, packet in left)
    assert len(left) == 100


def test_losses_are_counted_by_kind() -> None:
    """What was dropped and what passed add up to what was offered, in the share asked for."""
    line = Line(Conditions(loss=0.1))
    for _ in range(2000):
        line.offer(ipv4(6, segment(b"x")), 0.0)
        line.offer(ipv4(17, b"12345678"), 0.0)
    passed, dropped = line.counts.passed, line.counts.dropped
    assert passed["tcp_data"] + dropped["tcp_data"] == passed["udp"] + dropped["udp"] == 2000
    assert 150 < dropped["tcp_data"] < 250
    assert len(list(line.due(0.0))) == passed.total()


def test_losses_can_spare_kinds() -> None:
    """With `lossy` only packets of those kinds are dropped."""
    line = Line(Conditions(loss=1.0, lossy=("tcp_data",)))
    line.offer(ipv4(6, segment(b"x")), 0.0)
    line.offer(ipv4(6, segment()), 0.0)
    assert (line.counts.dropped, line.counts.passed) == ({"tcp_data": 1}, {"tcp_ack": 1})


def test_a_seed_makes_the_same_losses_again() -> None:
    """Two lines with one seed drop the same packets, with another seed others."""
    lost = []
    for seed in (1, 1, 2):
        line = Line(Conditions(loss=0.5, seed=seed))
        lost.append([packet for _, packet in times(line, [0.0] * 100)])
    assert lost[0] == lost[1] != lost[2]


def test_a_late_relay_is_told() -> None:
    """How late packets left is counted: the truth of the link, when its machine is busy."""
    line = Line(Conditions(delay=1.0))
    line.offer(PACKET, 0.0)
    line.offer(PACKET, 0.5)
    assert len(list(line.due(1.6))) == 2
    assert line.counts.latest == pytest.approx(0.6)
    assert line.counts.mean_late == pytest.approx(0.35)
    assert Counts.of(json.loads(json.dumps(line.counts.values()))) == line.counts
