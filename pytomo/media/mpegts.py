"""MPEG transport streams: ISO/IEC 13818-1 (ITU-T H.222.0), packets of 188 bytes.

A PES packet without a length ends where the next one of its stream begins: only then is a sample
known to be complete, as it is for a player.
"""

import re
from collections import deque
from collections.abc import Iterator

from pytomo.media import adts
from pytomo.media.index import Index
from pytomo.media.presentation import Presentation
from pytomo.media.sample_sequence import SampleSequence
from pytomo.media.scan import Scan, Units, UnreadableError

_PACKET = 188
_CLOCK = 90_000
_WRAP = 2**33
_STARTS = re.compile(rb"[\x40-\x7f\xc0-\xff]")  # payload_unit_start_indicator
_VIDEO = (0x01, 0x02, 0x10, 0x1B, 0x24, 0x33, 0xEA)
_AUDIO = (0x03, 0x04, 0x0F, 0x11, 0x81, 0x87)
_ADTS = 0x0F

_KEPT = 2**21
"""Bytes back to the beginning of a PES packet of sound, at most: seconds of media."""


class MpegTs:
    """Reads MPEG-TS; see `pytomo.media.formats.Reader`."""

    duration = None
    wanted = None

    def __init__(self, size: int | None) -> None:
        self.presentation = Presentation()
        self.index = Index()
        self._streams: dict[int, SampleSequence] = {}
        self.kinds: list[int] = []
        """Types of the streams with sound or pictures (H.222.0, table 2-34)."""
        self._programs: set[int] = set()
        self._listed: dict[int, set[int]] = {}  # what each program has
        self._adts: set[int] = set()
        self._latest_sound: dict[int, int] = {}  # where the last PES packet of ADTS began
        self._kept: deque[tuple[int, bytes]] = deque()  # what came since, and where
        self._start = 0
        self._latest: int | None = None

    @staticmethod
    def recognises(head: bytes) -> bool:
        """Whether a file that begins so is to be read as MPEG-TS."""
        return head[:1] == b"\x47"

    def scan(self, position: int) -> Scan:
        """Read packets; raises UnreadableError."""
        self._start = position
        while True:
            data = yield Units(_PACKET)
            marks = data[::_PACKET]
            good = len(marks) - len(marks.lstrip(b"\x47"))
            for start in _STARTS.finditer(data[1 : good * _PACKET : _PACKET]):
                at = start.start() * _PACKET
                self._begin(data[at : at + _PACKET], position + at)
            if good * _PACKET < len(data):
                raise UnreadableError("lost the synchronisation")
            self._keep(data, position)
            position += len(data)

    def bytes_until(self, time: float) -> int | None:
        """See `Timeline.bytes_until`."""
        return None

    def appended(self, end: int) -> float | None:
        """See `Reader.appended`: it has none."""
        return None

    def cut(self, end: int) -> bool:
        """See `Reader.cut`: within a packet; an end between two may be where it was made to end."""
        return (end - self._start) % _PACKET > 0

    def restart(self, *, whole: bool) -> None:
        """See `Reader.restart`."""
        for identifier, position in self._latest_sound.items():
            if whole and identifier in self._streams:
                length = adts.duration(self._elementary(identifier, position))
                self._streams[identifier].lasting(length or 0.0)
        self._latest_sound.clear()
        self._kept.clear()
        self.presentation.restart(whole=whole)

    def _keep(self, data: bytes, position: int) -> None:
        """What a last PES packet of sound is in: no other one's beginning will tell its length."""
        if not self._latest_sound:
            return
        self._kept.append((position, data))
        oldest = max(min(self._latest_sound.values()), position - _KEPT)
        while self._kept[0][0] + len(self._kept[0][1]) <= oldest:
            self._kept.popleft()

    def _elementary(self, identifier: int, position: int) -> bytes:
        """What the PES packet of a stream that began at a position has brought."""
        if not self._kept or self._kept[0][0] > position:
            return b""
        pieces = []
        for start, data in self._kept:
            for at in range(max(0, position - start), len(data), _PACKET):
                if int.from_bytes(data[at + 1 : at + 3]) & 0x1FFF == identifier:
                    pieces.append(_payload(data[at : at + _PACKET]))
        pes = b"".join(pieces)
        return pes[9 + pes[8] :] if len(pes) > 8 else b""

    def _begin(self, packet: bytes, position: int) -> None:
        """A packet in which a section or a PES packet begins."""
        identifier = int.from_bytes(packet[1:3]) & 0x1FFF
        payload = _payload(packet)
        if identifier == 0:
            self._programs.update(_programs(_section(payload)))
        elif identifier in self._programs:
            self._read_map(identifier, _section(payload))
        elif identifier in self._streams and payload[:3] == b"\0\0\1":
            if identifier in self._adts:
                self._latest_sound[identifier] = position
            self._read_sample(self._streams[identifier], payload, position)

    def _read_map(self, program: int, section: bytes) -> None:
        found = {i: kind for kind, i in _elementary_streams(section) if kind in _VIDEO + _AUDIO}
        self.presentation.settle(0)
        for identifier in self._listed.get(program, set()) - set(found):
            self._streams.pop(identifier, None)
            self.presentation.streams.pop(identifier, None)
            self.presentation.sounds.discard(identifier)
        self._listed[program] = set(found)
        for identifier, kind in found.items():
            if identifier not in self._streams:
                self._add(identifier, kind)

    def _add(self, identifier: int, kind: int) -> None:
        self.kinds.append(kind)
        self._streams[identifier] = SampleSequence(reorders=kind in _VIDEO)
        self.presentation.streams[identifier] = self._streams[identifier]
        if kind in _AUDIO:
            self.presentation.sounds.add(identifier)
        if kind == _ADTS:
            self._adts.add(identifier)

    def _read_sample(self, stream: SampleSequence, pes: bytes, position: int) -> None:
        self.presentation.settle(position)
        stream.received()
        if pes[7] & 0x80:
            time = self._unwrapped(_timestamp(pes[9:14]))
            decoded = self._unwrapped(_timestamp(pes[14:19])) if pes[7] & 0x40 else time
            shift = self.presentation.align(stream, time / _CLOCK)
            stream.coming(time / _CLOCK + shift, decoded / _CLOCK + shift)

    def _unwrapped(self, ticks: int) -> int:
        """The time nearest to the latest one of those that are the same modulo 2³³."""
        if self._latest is None:
            self._latest = ticks + _WRAP  # so that times just before the first stay positive
        self._latest += (ticks - self._latest + _WRAP // 2) % _WRAP - _WRAP // 2
        return self._latest


def _payload(packet: bytes) -> bytes:
    if packet[3] & 0x20:
        return packet[5 + packet[4] :] if packet[3] & 0x10 else b""
    return packet[4:]


def _section(payload: bytes) -> bytes:
    """The table section that begins in a payload, from after its length, without its CRC."""
    if not payload:
        return b""
    section = payload[1 + payload[0] :]
    length = int.from_bytes(section[1:3]) & 0xFFF
    return section[3 : 3 + length - 4]


def _programs(section: bytes) -> Iterator[int]:
    """The packet identifiers of the program maps in a program association section."""
    for at in range(5, len(section) - 3, 4):
        if section[at : at + 2] != b"\0\0":  # 0 is the network's own table
            yield int.from_bytes(section[at + 2 : at + 4]) & 0x1FFF


def _elementary_streams(section: bytes) -> Iterator[tuple[int, int]]:
    """Type and packet identifier of each stream in a program map section."""
    at = 9 + (int.from_bytes(section[7:9]) & 0xFFF)
    while at + 5 <= len(section):
        yield section[at], int.from_bytes(section[at + 1 : at + 3]) & 0x1FFF
        at += 5 + (int.from_bytes(section[at + 3 : at + 5]) & 0xFFF)


def _timestamp(coded: bytes) -> int:
    """33 bits in 5 bytes with marker bits (section 2.4.3.7)."""
    if len(coded) < 5:
        raise UnreadableError("a PES header is cut short")
    word = int.from_bytes(coded[:5])
    return (word >> 33 & 7) << 30 | (word >> 17 & 0x7FFF) << 15 | word >> 1 & 0x7FFF
