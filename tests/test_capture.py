"""What the benches read out of captures: packets, and what they say of a connection."""

import struct
from dataclasses import replace

import pytest
from harness.capture import ECHO, ECHO_REPLY, ETHERNET, RAW_IP, TCP, UDP, Packet, packets
from harness.conversation import ACK, FIN, SYN, Conversation, conversations, round_trips
from harness.delayed_dns import answer, delay_of
from test_emulator import ipv4, ipv6, segment

CLIENT, SERVER = "10.0.0.2", "10.0.0.1"


def capture(*frames: tuple[int, bytes], link: int = RAW_IP, magic: int = 0xA1B23C4D) -> bytes:
    """A file of frames with their nanoseconds."""
    head = struct.pack("=IHHiIII", magic, 2, 4, 0, 0, 160, link)
    records = (struct.pack("=IIII", 1, at, len(f), len(f)) + f for at, f in frames)
    return head + b"".join(records)


def sent(at: float, sequence: int, payload: bytes = b"", flags: int = ACK, ack: int = 0) -> Packet:
    """A segment of the client."""
    size = len(payload)
    return Packet(at, TCP, CLIENT, 40000, 80, size, payload, sequence, ack, flags)


def came(at: float, sequence: int, payload: bytes = b"", flags: int = ACK) -> Packet:
    """A segment of the server."""
    return Packet(at, TCP, SERVER, 80, 40000, len(payload), payload, sequence, 0, flags)


def conversation(*both: Packet) -> Conversation:
    (found,) = conversations(both, CLIENT)
    return found


def test_packets_have_nanoseconds_and_payloads() -> None:
    """Of both link types; the lengths are those on the wire, without frame and headers."""
    data = ipv4(6, segment(b"hello"))
    (plain,) = packets(capture((5, data)))
    (framed,) = packets(capture((5, bytes(14) + data), link=ETHERNET))
    assert plain == framed
    assert (plain.time, plain.protocol, plain.size) == (pytest.approx(1 + 5e-9), TCP, 5)
    assert (plain.payload, plain.sequence, plain.source) == (b"hello", 3, "0.0.0.1")


def test_datagrams_and_ipv6_are_read_and_others_are_not() -> None:
    """UDP over IPv6 is; IGMP and ICMP's errors are left out, and a record that is not all there."""
    datagram = ipv6(17, struct.pack("!HHHH", 1, 53, 11, 0) + b"abc")
    data = capture((1, datagram), (2, ipv4(2, b"12345678")), (3, ipv4(1, b"\3" + bytes(7))))
    (found,) = packets(data + b"\1" * 20)
    assert (found.protocol, found.target_port, found.payload) == (UDP, 53, b"abc")


def test_round_trips_of_pings() -> None:
    """From each request to the reply with its number, of one identifier after the other."""

    def echo(at: float, kind: int, identifier: int, number: int) -> Packet:
        body = struct.pack("!BBHHH", kind, 0, 0, identifier, number) + b"abc"
        (found,) = packets(capture((round(at * 1e9), ipv4(1, body))))
        assert found.size == 3
        return replace(found, source=SERVER if kind == ECHO_REPLY else CLIENT)

    asked = (echo(0.1, ECHO, 7, 1), echo(0.2, ECHO, 8, 1), echo(0.3, ECHO, 7, 2))
    replies = (
        *(echo(0.4, ECHO_REPLY, 8, 1), echo(0.5, ECHO_REPLY, 7, 2)),
        echo(0.7, ECHO_REPLY, 7, 1),
    )
    trips = round_trips([*asked, *replies], CLIENT)
    assert trips == [pytest.approx(wanted) for wanted in (0.6, 0.2, 0.2)]


def test_round_trips_of_connections() -> None:
    """From SYN to SYN+ACK."""
    both = (sent(0.0, 99, flags=SYN), came(0.04, 499, flags=SYN | ACK))
    assert round_trips(both, CLIENT) == [pytest.approx(0.04)]


def test_a_file_without_nanoseconds_is_refused() -> None:
    """Its times would be wrong by a factor."""
    with pytest.raises(ValueError, match="nanoseconds"):
        packets(capture(magic=0xA1B2C3D4))


def test_the_phases_of_a_connection() -> None:
    """TCP's handshake, that of TLS 1.3, and the answer's first record when it is whole."""
    it = conversation(
        sent(0.0, 99, flags=SYN),
        came(0.04, 499, flags=SYN | ACK),
        sent(0.05, 100, b"\x16 hello"),
        came(0.09, 500, b"\x16 hello back"),
        sent(0.1, 107, b"\x14 finished"),
        sent(0.11, 117, b"\x17 request"),
        came(0.15, 512, b"\x17\x03\x03\x00\x08abcd"),
        came(0.19, 521, b"efgh"),
    )
    assert it.connect == pytest.approx(0.04)
    assert it.tls == pytest.approx(0.05)
    assert it.tls_and_before == pytest.approx(0.06)
    assert it.first_byte(over_tls=True) == pytest.approx(0.08)


def test_without_tls_the_first_segment_is_the_first_byte() -> None:
    """Any byte can be read at once."""
    it = conversation(
        sent(0.0, 99, flags=SYN),
        came(0.04, 499, flags=SYN | ACK),
        sent(0.05, 100, b"GET"),
        came(0.06, 500),
        came(0.09, 500, b"HTTP"),
    )
    assert it.first_byte(over_tls=False) == pytest.approx(0.04)


def test_what_is_sent_again_is_counted() -> None:
    """SYN and data, but neither acknowledgements nor FIN; numbers may wrap."""
    start = 2**32 - 2
    it = conversation(
        sent(0.0, start, flags=SYN),
        sent(1.0, start, flags=SYN),
        came(1.1, 499, flags=SYN | ACK),
        sent(1.2, start + 1, b"abcd"),
        sent(1.3, 3),
        sent(1.4, start + 1, b"abcd"),
        sent(1.5, 3, b"efgh"),
        sent(1.6, 7, flags=FIN | ACK),
        sent(1.7, 7, flags=FIN | ACK),
    )
    assert it.sent_again() == 2
    assert it.sent_again(until=1.3) == 1


def test_what_comes_early_is_out_of_order() -> None:
    """Each segment behind a hole is; what fills it, and what follows then, is not."""
    it = conversation(
        sent(0.0, 99, flags=SYN),
        came(0.1, 499, flags=SYN | ACK),
        came(0.2, 500, b"ab"),
        came(0.3, 504, b"ef"),
        came(0.4, 506, b"gh"),
        came(0.5, 502, b"cd"),
        came(0.6, 508, b"ij"),
    )
    assert it.out_of_order == 2


def test_what_is_acknowledged_by_a_time() -> None:
    """Bytes of the stream, by the client's own word."""
    it = conversation(
        sent(0.0, 99, flags=SYN),
        came(0.1, 499, flags=SYN | ACK),
        sent(0.2, 100, ack=500),
        sent(0.3, 100, ack=1500),
        sent(0.4, 100, ack=2500),
    )
    assert it.acknowledged(0.35) == 1000


def test_a_name_says_how_late_its_address_comes() -> None:
    """The answer repeats the question and has one address of the type that was asked for."""
    name = b"\x04ms20\x01x\x04test\x00"
    asked = b"\xab\xcd\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00" + name + b"\x00\x01\x00\x01"
    assert delay_of(asked) == 0.02
    assert delay_of(asked.replace(b"ms20", b"mail")) == 0
    told = answer(asked)
    assert told[:4] == b"\xab\xcd\x81\x80"
    assert told[12:].startswith(name)
    assert told.endswith(bytes([192, 0, 2, 1]))
