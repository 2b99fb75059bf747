"""What the packets of one TCP connection say of it, as its client's side saw them. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import inf

from harness.capture import ECHO_REPLY, ICMP, TCP, Packet

FIN, SYN, ACK = 0x01, 0x02, 0x10
CHANGE_CIPHER = b"\x14"
"""The record with which a TLS 1.3 client begins its last flight of the handshake, the one with its
Finished (RFC 8446, appendix D.4: middlebox compatibility, which OpenSSL has on)."""
_HALF = 2**31
_RECORD = 5
"""Bytes of a record's head, the last two of which tell how many follow."""


@dataclass(frozen=True, slots=True)
class Conversation:
    """The segments of a connection, in the order of time."""

    sent: tuple[Packet, ...]
    """By the client."""
    received: tuple[Packet, ...]

    @property
    def begun(self) -> float:
        """When its first SYN was sent."""
        return self.sent[0].time

    @property
    def connect(self) -> float:
        """Seconds from the first SYN to the first SYN+ACK."""
        return first(p for p in self.received if p.flags & SYN).time - self.begun

    @property
    def tls(self) -> float:
        """Seconds from the first segment of ClientHello to the client's Finished (TLS 1.3)."""
        return self._finished.time - self._data[0].time

    @property
    def tls_and_before(self) -> float:
        """Seconds from the SYN+ACK to the client's Finished: what its program does before its
        ClientHello, too."""
        return self._finished.time - self.begun - self.connect

    @property
    def _data(self) -> list[Packet]:
        return [p for p in self.sent if p.size]

    @property
    def _finished(self) -> Packet:
        return first(p for p in self._data if p.payload[:1] == CHANGE_CIPHER)

    def first_byte(self, *, over_tls: bool) -> float:
        """Seconds from the first request to the segment that makes its answer readable.

        That is the first one with data or, over TLS, the last one of the first record: nothing of
        a record can be read until it is whole (RFC 8446, section 5.2). The server must send nothing
        else after the handshake, such as session tickets.
        """
        after = self._finished.time if over_tls else 0.0
        request = first(p for p in self._data if p.time > after)
        answer = [p for p in self.received if p.size and p.time > request.time]
        needed = _RECORD + int.from_bytes(answer[0].payload[3:5]) if over_tls else 1
        came = 0
        for p in answer:
            came += p.size
            if came >= needed:
                return p.time - request.time
        raise ValueError("the first record of the answer is not all there")

    def sent_again(self, until: float = inf) -> int:
        """Segments of the client, up to then, with sequence numbers that it had sent before; FINs
        do not count."""
        highest, count = self.sent[0].sequence, 0
        for number, p in enumerate(self.sent):
            length = p.size + bool(p.flags & SYN)
            if length and not p.flags & FIN and p.time <= until:
                end = p.sequence + length
                count += number > 0 and not _after(end, highest)
                highest = end if _after(end, highest) else highest
        return count

    @property
    def out_of_order(self) -> int:
        """Segments that arrived beyond the next byte that the client waited for."""
        opening = first(p for p in self.received if p.flags & SYN)
        following, waiting, count = opening.sequence + 1, dict[int, int](), 0
        for p in self.received:
            if not p.size:
                continue
            start = p.sequence - following
            count += 0 < start % 2**32 < _HALF
            waiting[p.sequence] = max(p.size, waiting.get(p.sequence, 0))
            while size := waiting.pop(following % 2**32, 0):
                following += size
        return count

    def acknowledged(self, until: float) -> int:
        """Bytes that the client had acknowledged by then."""
        start = first(p for p in self.received if p.flags & SYN).sequence + 1
        told = [(p.acknowledged - start) % 2**32 for p in self.sent if p.flags & ACK]
        times = [p.time for p in self.sent if p.flags & ACK]
        return max((n for n, at in zip(told, times, strict=True) if at <= until), default=0)


def first(found: Iterable[Packet]) -> Packet:
    """The first packet; ValueError where the capture lacks what is looked for."""
    for each in found:
        return each
    raise ValueError("the capture is not complete")


def _after(one: int, other: int) -> bool:
    return 0 < (one - other) % 2**32 < _HALF


def conversations(packets: Iterable[Packet], client: str) -> list[Conversation]:
    """Those that a client began, in the order of their beginning."""
    segments = [p for p in packets if p.protocol == TCP]
    ports = dict.fromkeys(p.source_port for p in segments if p.source == client)
    return [
        Conversation(
            tuple(p for p in segments if p.source == client and p.source_port == port),
            tuple(p for p in segments if p.source != client and p.target_port == port),
        )
        for port in ports
    ]


def round_trips(packets: Iterable[Packet], client: str) -> list[float]:
    """Seconds from each echo request of a client to its reply, or from its SYN to the answer.

    Those of each identifier together, as each `ping` prints its own.
    """
    seen = list(packets)
    echoes = [p for p in seen if p.protocol == ICMP]
    answers = {(p.source_port, p.sequence): p.time for p in echoes if p.flags == ECHO_REPLY}
    requests = [p for p in echoes if p.source == client]
    order = list(dict.fromkeys(p.source_port for p in requests))
    requests.sort(key=lambda p: order.index(p.source_port))
    trips = [answers[p.source_port, p.sequence] - p.time for p in requests]
    return trips or [each.connect for each in conversations(seen, client)]
