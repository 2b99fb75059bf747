"""WebM and Matroska: RFC 8794 (EBML) and RFC 9559 (Matroska)."""

import struct
from collections.abc import Generator, Iterator
from enum import IntEnum, unique
from typing import NamedTuple

from pytomo.media.index import Index, Mark
from pytomo.media.presentation import Presentation
from pytomo.media.sample_sequence import SampleSequence
from pytomo.media.scan import Request, Scan, Skip, Take, UnreadableError

_MAGIC = bytes.fromhex("1a45dfa3")
_REORDERING = ("V_MPEG", "V_MS/VFW")
_PICTURES, _SOUND = 1, 2  # track types
_NANOSECOND = 1e-9
_LONGEST_HEADER = 12  # bytes of a cluster's ID and size, at most


@unique
class Id(IntEnum):
    """The elements that are of interest, by their IDs (RFC 9559, section 27.1)."""

    SEGMENT = 0x18538067
    INFO = 0x1549A966
    TIMESTAMP_SCALE = 0x2AD7B1
    DURATION = 0x4489
    TRACKS = 0x1654AE6B
    TRACK_ENTRY = 0xAE
    TRACK_NUMBER = 0xD7
    TRACK_TYPE = 0x83
    CODEC_ID = 0x86
    CODEC_DELAY = 0x56AA
    DEFAULT_DURATION = 0x23E383
    CUES = 0x1C53BB6B
    CUE_POINT = 0xBB
    CUE_TIME = 0xB3
    CUE_TRACK_POSITIONS = 0xB7
    CUE_CLUSTER_POSITION = 0xF1
    CUE_RELATIVE_POSITION = 0xF0
    CLUSTER = 0x1F43B675
    TIMESTAMP = 0xE7
    SIMPLE_BLOCK = 0xA3
    BLOCK_GROUP = 0xA0
    BLOCK = 0xA1


_ENTERED = (Id.SEGMENT, Id.CLUSTER, Id.BLOCK_GROUP)
# Read as if their children stood on the same level: whether their size is known does not matter.
_TAKEN = (Id.INFO, Id.TRACKS, Id.CUES, Id.TIMESTAMP)
_BLOCKS = (Id.SIMPLE_BLOCK, Id.BLOCK)


class _Track(NamedTuple):
    samples: SampleSequence
    delay: float
    """Seconds to subtract from its timestamps: what the decoder needs before the first output."""
    sound: bool


class WebM:
    """Reads WebM; see `pytomo.media.formats.Reader`."""

    wanted = None

    def __init__(self, size: int | None) -> None:
        self.presentation = Presentation()
        self.index = Index()
        self.duration: float | None = None
        self._size = size
        self._scale = 1_000_000 * _NANOSECOND
        self._segment = 0
        self._end = 0  # of the segment, as far as it tells
        self._cluster = 0
        self._cluster_end: int | None = None  # None: where the next one begins
        self._clusters = Index()
        self._tracks: dict[int, _Track] = {}

    @staticmethod
    def recognises(head: bytes) -> bool:
        """Whether a file that begins so is to be read as WebM."""
        return head.startswith(_MAGIC)

    def scan(self, position: int) -> Scan:
        """Read elements from a position on; raises UnreadableError."""
        while True:
            element, size, header = yield from _element_header()
            position += header
            if element in _ENTERED:
                self._enter(element, position, size)
            elif size is None:
                raise UnreadableError(f"element {element:x} of unknown size")
            elif element in _TAKEN:
                self._read(element, (yield Take(size)))
            elif element in _BLOCKS:
                yield from self._block(element, size, position)
            else:
                yield Skip(size)
            position += 0 if element in _ENTERED else size or 0
            if position == self._cluster_end:
                self._end_cluster(position)

    def bytes_until(self, time: float) -> int | None:
        """See `Timeline.bytes_until`."""
        found = self.index.bytes_until(time)
        return self._size if found is None and len(self.index) else found

    def appended(self, end: int) -> float | None:
        """See `Reader.appended`: in whole clusters."""
        return self._clusters.playable(end)

    def cut(self, end: int) -> bool:
        """See `Reader.cut`: of a segment of unknown size only the last block tells."""
        return self._end > end or self.presentation.misses(end)

    def restart(self, *, whole: bool) -> None:
        """See `Reader.restart`."""
        self.presentation.restart(whole=whole)

    def _enter(self, element: int, position: int, size: int | None) -> None:
        if element == Id.SEGMENT:
            self._segment = position
            self._end = position + (size or 0)
        elif element == Id.CLUSTER:
            self._end_cluster(position)
            self._cluster_end = None if size is None else position + size

    def _end_cluster(self, position: int) -> None:
        self._clusters.extend([(position, self.presentation.playable(position))])

    def _read(self, element: int, body: bytes) -> None:
        if element == Id.TIMESTAMP:
            self._cluster = _unsigned(body)
        elif element == Id.INFO:
            self._read_info(body)
        elif element == Id.TRACKS:
            self._read_tracks(body)
        elif element == Id.CUES:
            self.index.follow(_marks(body, self._segment, self._scale))

    def _read_info(self, body: bytes) -> None:
        info = dict(_elements(body))
        if Id.TIMESTAMP_SCALE in info:
            self._scale = _unsigned(info[Id.TIMESTAMP_SCALE]) * _NANOSECOND
        if Id.DURATION in info:
            self.duration = _float(info[Id.DURATION]) * self._scale or None

    def _read_tracks(self, body: bytes) -> None:
        self.presentation.settle(0)
        self._tracks.clear()
        for element, content in _elements(body):
            entry = dict(_elements(content)) if element == Id.TRACK_ENTRY else {}
            if entry and _unsigned(entry[Id.TRACK_TYPE]) in (_PICTURES, _SOUND):
                self._tracks[_unsigned(entry[Id.TRACK_NUMBER])] = _track(entry)
        self.presentation.streams.clear()
        self.presentation.streams.update({i: t.samples for i, t in self._tracks.items()})
        self.presentation.sounds = {i for i, t in self._tracks.items() if t.sound}

    def _block(self, element: int, size: int, position: int) -> Scan:
        head = yield Take(min(size, 4))
        number, length = _number(head)
        if len(head) < length + 3:
            head += yield Take(length + 3 - len(head))
        ticks, flags = struct.unpack_from(">hB", head, length)
        track = self._tracks.get(number)
        self.presentation.settle(position)
        if track is not None:
            key = element == Id.SIMPLE_BLOCK and bool(flags & 0x80)
            time = (self._cluster + ticks) * self._scale - track.delay
            time += self.presentation.align(track.samples, time)
            track.samples.coming(time, key=key, end=position + size)
        yield Skip(size - len(head))
        if track is not None:
            track.samples.received()


def _track(entry: dict[int, bytes]) -> _Track:
    step = _unsigned(entry.get(Id.DEFAULT_DURATION, b"")) * _NANOSECOND
    delay = _unsigned(entry.get(Id.CODEC_DELAY, b"")) * _NANOSECOND
    codec = entry.get(Id.CODEC_ID, b"").decode("ascii", "replace")
    samples = SampleSequence(step=step, reorders=codec.startswith(_REORDERING))
    return _Track(samples, delay, _unsigned(entry[Id.TRACK_TYPE]) == _SOUND)


def _marks(cues: bytes, segment: int, scale: float) -> Iterator[Mark]:
    """Before the place that a cue points to, all is there up to its time; cues are in its order."""
    start: int | None = None
    for element, point in _elements(cues):
        cue = dict(_elements(point)) if element == Id.CUE_POINT else {}
        if Id.CUE_TRACK_POSITIONS in cue:
            time = _unsigned(cue[Id.CUE_TIME])
            start = time if start is None else start
            yield segment + _cue_position(cue[Id.CUE_TRACK_POSITIONS]), (time - start) * scale


def _cue_position(body: bytes) -> int:
    """Of the cluster or, where the cue tells, of the block in it."""
    place = dict(_elements(body))
    position = _unsigned(place[Id.CUE_CLUSTER_POSITION])
    if Id.CUE_RELATIVE_POSITION in place:
        position += _LONGEST_HEADER + _unsigned(place[Id.CUE_RELATIVE_POSITION])
    return position


def _element_header() -> Generator[Request, bytes, tuple[int, int | None, int]]:
    """ID, size (None: unknown) and length of the header of the element that follows."""
    head = yield Take(2)  # no element is shorter, and most have an ID of one byte
    length = _length(head[0])
    if length > 4:
        raise UnreadableError(f"no element: {head.hex()}")
    if length > 1:
        head += yield Take(length - 1)
    width = _length(head[length])
    if width > 1:
        head += yield Take(width - 1)
    size, width = _number(head[length:])
    unknown = size == (1 << 7 * width) - 1
    return int.from_bytes(head[:length]), None if unknown else size, length + width


def _elements(body: bytes) -> Iterator[tuple[int, bytes]]:
    """The children in the body of an element."""
    position = 0
    while position < len(body):
        start = position + _length(body[position])
        size, length = _number(body[start : start + 8])
        content = start + length
        if content + size > len(body):
            raise UnreadableError("an element is longer than what holds it")
        yield int.from_bytes(body[position:start]), body[content : content + size]
        position = content + size


def _number(coded: bytes) -> tuple[int, int]:
    """A variable-size integer and its length (RFC 8794, section 4)."""
    length = _length(coded[0])
    if length > len(coded):
        raise UnreadableError("a number is cut short")
    return int.from_bytes(coded[:length]) & (1 << 7 * length) - 1, length


def _length(first: int) -> int:
    if not first:
        raise UnreadableError("no variable-size integer begins with a zero byte")
    return 9 - first.bit_length()


def _unsigned(body: bytes) -> int:
    if len(body) > 8:
        raise UnreadableError("an integer of more than 8 bytes")
    return int.from_bytes(body)


def _float(body: bytes) -> float:
    return float(struct.unpack({0: ">0x", 4: ">f", 8: ">d"}[len(body)], body)[0]) if body else 0.0
