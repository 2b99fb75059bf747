"""FLV: Adobe Flash Video File Format Specification 10.1, annex E; Enhanced RTMP v1 for the rest."""

import math
import re
import struct
from enum import IntEnum, unique

from pytomo.media.index import Index
from pytomo.media.presentation import Presentation
from pytomo.media.sample_sequence import SampleSequence
from pytomo.media.scan import Scan, Skip, Take, UnreadableError

_DURATION = re.compile(rb"\0\x08duration\0(.{8})", re.DOTALL)
# A property of the onMetaData object in AMF0: name, type 0 (number), big-endian double.

_LARGEST_SCRIPT = 2**20

_ROUNDING = 1.0
"""Seconds by which a told duration may be too long: some writers tell whole seconds."""


@unique
class Tag(IntEnum):
    """What a tag carries."""

    AUDIO = 8
    VIDEO = 9
    SCRIPT = 18


class Flv:
    """Reads FLV; see `pytomo.media.formats.Reader`."""

    wanted = None

    def __init__(self, size: int | None) -> None:
        self.presentation = Presentation()
        self.index = Index()
        self.duration: float | None = None

    @staticmethod
    def recognises(head: bytes) -> bool:
        """Whether a file that begins so is to be read as FLV."""
        return head.startswith(b"FLV\x01")

    def scan(self, position: int) -> Scan:
        """Read tags; raises UnreadableError."""
        (header,) = struct.unpack(">5xI", (yield Take(9)))
        yield Skip(header - 9)
        position += header
        while True:
            # The length of the tag before, then the header.
            kind, size, time = _tag_header((yield Take(4 + 11))[4:])
            position += 4 + 11
            if kind == Tag.SCRIPT and size <= _LARGEST_SCRIPT:
                self._read_script((yield Take(size)))
            elif kind in (Tag.AUDIO, Tag.VIDEO):
                yield from self._sample(kind, size, time, position)
            else:
                yield Skip(size)
            position += size

    def bytes_until(self, time: float) -> int | None:
        """See `Timeline.bytes_until`."""
        return None

    def appended(self, end: int) -> float | None:
        """See `Reader.appended`: it has none."""
        return None

    def cut(self, end: int) -> bool:
        """See `Reader.cut`: within a tag, or well before the duration that its script data tell.

        Where they tell none, as those of live streams, an end between two tags is one.
        """
        length = self.presentation.length or 0.0
        short = self.duration is not None and length < self.duration - _ROUNDING
        return short or self.presentation.misses(end)

    def restart(self, *, whole: bool) -> None:
        """See `Reader.restart`."""
        self.presentation.restart(whole=whole)

    def _read_script(self, body: bytes) -> None:
        found = _DURATION.search(body)
        if found:
            (duration,) = struct.unpack(">d", found[1])
            self.duration = duration if 0 < duration < math.inf else None

    def _sample(self, kind: int, size: int, time: int, position: int) -> Scan:
        head = yield Take(min(size, 8))
        stream = self.presentation.streams.setdefault(kind, SampleSequence(reorders=kind == 9))
        delay = _video_delay(head) if kind == Tag.VIDEO else _audio_delay(head)
        if kind == Tag.AUDIO:
            self.presentation.sounds.add(kind)
        if delay is not None and isinstance(stream, SampleSequence):
            self.presentation.settle(position)
            shift = self.presentation.align(stream, (time + delay) / 1000)
            shown, decoded = (time + delay) / 1000 + shift, time / 1000 + shift
            stream.coming(shown, decoded, end=position + size)
            yield Skip(size - len(head))
            stream.received()
        else:
            yield Skip(size - len(head))


def _tag_header(head: bytes) -> tuple[int, int, int]:
    """Type, size of the data and time (ms)."""
    kind, size, low, high = head[0] & 0x1F, head[1:4], head[4:7], head[7:8]
    if head[0] & 0xC0 or any(head[8:11]):
        raise UnreadableError("not an FLV tag")
    return kind, int.from_bytes(size), int.from_bytes(high + low, signed=True)


def _audio_delay(head: bytes) -> int | None:
    """0, or None if the tag holds no sound but the decoder's configuration."""
    if not head:
        return None
    is_configuration = head[0] >> 4 == 10 and head[1:2] == b"\0"  # AAC
    is_extended = head[0] >> 4 == 9 and head[0] & 0xF not in (1, 3)
    return None if is_configuration or is_extended else 0


def _video_delay(head: bytes) -> int | None:
    """Milliseconds from decoding to presentation; None if the tag holds no picture."""
    if not head or head[0] >> 4 == 5:  # command frame
        return None
    if head[0] & 0x80:
        return _extended_delay(head[0] & 0xF, head[1:])
    if head[0] & 0xF != 7:  # of the older codecs only H.264 reorders
        return 0
    return int.from_bytes(head[2:5], signed=True) if head[1:2] == b"\1" else None


def _extended_delay(kind: int, rest: bytes) -> int | None:
    if kind == 1 and rest[:4] in (b"avc1", b"hvc1"):
        return int.from_bytes(rest[4:7], signed=True)
    return 0 if kind in (1, 3) else None
