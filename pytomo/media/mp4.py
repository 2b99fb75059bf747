"""MP4, progressive or fragmented: ISO/IEC 14496-12, the ISO base media file format."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import accumulate

from pytomo.media.boxes import (
    box_header,
    child,
    children,
    required,
    unpack,
    version_and_flags,
)
from pytomo.media.fragments import Defaults, Fragment, segment_index, track_defaults
from pytomo.media.index import Index
from pytomo.media.presentation import Presentation
from pytomo.media.sample_boxes import Samples
from pytomo.media.sample_table import SampleTable
from pytomo.media.scan import FOREVER, Scan, Skip, Take, UnreadableError

FIRST_BOXES = (b"ftyp", b"styp", b"moov", b"sidx", b"moof", b"mdat", b"free", b"skip", b"wide")
_PRESENTED = (b"vide", b"soun")


@dataclass(slots=True)
class _Track:
    samples: SampleTable
    shift: int
    """Ticks that the edit list adds to the media time."""
    sound: bool = False
    defaults: Defaults = field(default_factory=Defaults)
    next_time: int = 0
    """Decoding time of the next fragment, where it does not tell."""


class Mp4:
    """Reads MP4; see `pytomo.media.formats.Reader`."""

    def __init__(self, size: int | None) -> None:
        self.presentation = Presentation()
        self.index = Index()
        self.duration: float | None = None
        self.wanted: int | None = None
        self._size = size
        self._tracks: dict[int, _Track] | None = None
        self._fragmented = False
        self._fragment_end = 0  # of the last moof box that was announced
        self._fragments = Index()
        self._again = False  # whether the next movie box is that of another resource

    @staticmethod
    def recognises(head: bytes) -> bool:
        """Whether a file that begins so is to be read as MP4."""
        return head[4:8] in FIRST_BOXES

    def scan(self, position: int) -> Scan:
        """Read boxes from a position on; raises UnreadableError."""
        while True:
            head = yield Take(8)
            if head[:4] == b"\0\0\0\1":
                head += yield Take(8)
            size, kind, header = box_header(head)
            start, position = position, position + size
            self._fragment_end = position if kind == b"moof" else self._fragment_end
            if kind in (b"moov", b"moof", b"sidx") and size:
                body = yield Take(size - header)
                self._read(kind, memoryview(body), start, position)
            else:
                self._pass_by(kind, size, position)
                yield Skip(size - header if size else FOREVER)

    def bytes_until(self, time: float) -> int | None:
        """See `Timeline.bytes_until`."""
        if len(self.index) or self._fragmented or not self._tracks:
            return self.index.bytes_until(time)
        at = time + (self.presentation.start or 0.0)
        return max(track.samples.bytes_until(at) for track in self._tracks.values())

    def appended(self, end: int) -> float | None:
        """See `Reader.appended`; where there is an index, those that are one in it together."""
        return self._fragments.playable(self.index.boundary(end)) if self._fragmented else None

    def restart(self, *, whole: bool) -> None:
        """See `Reader.restart`."""
        self.presentation.restart(whole=whole)
        self._again = True

    def cut(self, end: int) -> bool:
        """See `Reader.cut`; without a movie box there is nothing but what it was to tell of."""
        told = max(self.index.end, self._fragment_end)
        return self._tracks is None or told > end or self.presentation.misses(end)

    def _pass_by(self, kind: bytes, size: int, end: int) -> None:
        if kind != b"mdat":
            return
        if self._tracks is not None:
            self._read_media(end if size else FOREVER)
        elif size:
            self.wanted = end
        else:
            raise UnreadableError("media to the end of the file, and nothing that describes it")

    def _read_media(self, end: int) -> None:
        if self._fragmented and not self.presentation.misses(end):
            self._fragments.extend([(end, self.presentation.playable(end))])

    def _read(self, kind: bytes, body: memoryview, start: int, end: int) -> None:
        if kind == b"sidx":
            self._read_index(body, end)
        elif kind == b"moof":
            self._read_fragment(body, start, end)
        elif self._tracks is None or self._again:
            self._read_movie(body)
            if end == self._size and not self._fragmented:
                self.presentation.whole = end  # read straight through, the media are before it

    def _read_movie(self, moov: memoryview) -> None:
        mvhd = required(moov, b"mvhd")
        scale, length = _scale_and_length(mvhd)
        self._fragmented = child(moov, b"mvex") is not None
        tracks = dict(_tracks(moov, scale))
        if not tracks:
            raise UnreadableError("no sound, no picture")
        whole = not self._fragmented or all(t.samples.first is None for t in tracks.values())
        self.duration = length / scale if whole and length and scale else None
        self._announce(tracks)
        self._read_defaults(moov, scale)
        self.wanted = None

    def _announce(self, tracks: dict[int, _Track]) -> None:
        self._tracks, self._again = tracks, False
        self.presentation.streams.clear()
        for track in tracks.values():
            track.samples.complete = not self._fragmented
        filled = {i: t.samples for i, t in tracks.items() if t.samples.first is not None}
        if self._fragmented:
            self.presentation.streams.update({i: t.samples for i, t in tracks.items()})
        elif not filled:
            raise UnreadableError("no samples")
        else:
            self.presentation.streams.update(filled)
            self.presentation.patience = math.inf
        self.presentation.sounds = {i for i in self.presentation.streams if tracks[i].sound}

    def _read_defaults(self, moov: memoryview, scale: int) -> None:
        for kind, content in children(child(moov, b"mvex") or memoryview(b"")):
            if kind == b"trex":
                number, defaults = track_defaults(content)
                if self._tracks and number in self._tracks:
                    self._tracks[number].defaults = defaults
            elif kind == b"mehd":
                version, _ = version_and_flags(content)
                (length,) = unpack(">4xQ" if version else ">4xI", content)
                self.duration = length / scale if length else self.duration

    def _read_index(self, sidx: memoryview, anchor: int) -> None:
        entries = list(segment_index(sidx, anchor))
        if not entries or entries[0][0] < self.index.end:
            return  # of another stream of the same bytes, or a finer part of what is known
        times = accumulate((length for _, _, length in entries), initial=self.index.duration)
        next(times)
        self.index.extend(zip((end for _, end, _ in entries), times, strict=True))
        # An sidx of one entry may be that of each fragment, one of several is that of the file.
        whole = len(entries) > 1 or self.index.end == self._size
        if whole and self.duration is None:
            self.duration = self.index.duration

    def _read_fragment(self, moof: memoryview, start: int, end: int) -> None:
        if self._tracks is None:
            raise UnreadableError("a fragment of an unknown movie")
        self.presentation.settle(end)
        base = start
        for kind, traf in children(moof):
            if kind == b"traf":
                fragment = Fragment(traf, start, base)
                track = self._tracks.get(fragment.track) or _Track(SampleTable(1), 0)
                self._add(track, fragment, end)
                base = fragment.position

    def _add(self, track: _Track, fragment: Fragment, position: int) -> None:
        if not self.presentation.aligned:
            self._align(track, fragment)
        shift = track.shift + round(self.presentation.shift * track.samples.timescale)
        for run in fragment.runs(track.defaults, track.next_time, shift):
            track.samples.add(position, run.ends, run.times, run.end)
            track.next_time = run.next_time

    def _align(self, track: _Track, fragment: Fragment) -> None:
        runs = fragment.runs(track.defaults, track.next_time, track.shift)
        first = min((min(run.times) for run in runs if run.times), default=None)
        if first is not None and track.samples in self.presentation.streams.values():
            self.presentation.align(track.samples, first / track.samples.timescale)


def _tracks(moov: memoryview, movie_scale: int) -> Iterator[tuple[int, _Track]]:
    """Number and samples of each track with sound or pictures."""
    for kind, trak in children(moov):
        if kind == b"trak":
            (handler,) = unpack(">8x4s", required(trak, b"mdia", b"hdlr"))
            if handler in _PRESENTED:
                track = _track(trak, movie_scale)
                track.sound = handler == b"soun"
                yield _number(required(trak, b"tkhd")), track


def _track(trak: memoryview, movie_scale: int) -> _Track:
    scale, _ = _scale_and_length(required(trak, b"mdia", b"mdhd"))
    shift = _edit_shift(child(trak, b"edts", b"elst"), scale, movie_scale)
    table = SampleTable(scale, Samples(required(trak, b"mdia", b"minf", b"stbl"), shift))
    if table.damaged:
        raise UnreadableError("tables that contradict each other from their beginning")
    return _Track(table, shift)


def _number(tkhd: memoryview) -> int:
    version, _ = version_and_flags(tkhd)
    (number,) = unpack(">20xI" if version else ">12xI", tkhd)
    return int(number)


def _scale_and_length(header: memoryview) -> tuple[int, int]:
    """Ticks a second and duration in ticks (0: unknown) of an mvhd or mdhd box."""
    version, _ = version_and_flags(header)
    scale, length = unpack(">20xIQ" if version else ">12xII", header)
    unknown = 2**64 - 1 if version else 2**32 - 1
    return scale, 0 if length == unknown else length


def _edit_shift(elst: memoryview | None, scale: int, movie_scale: int) -> int:
    """Ticks from media time to presentation time: empty edits first, then where playing begins."""
    if elst is None:
        return 0
    version, _ = version_and_flags(elst)
    (count,) = unpack(">4xI", elst)
    pattern = ">Qq4x" if version else ">Ii4x"
    delay = 0
    for entry in range(min(count, (len(elst) - 8) // (20 if version else 12))):
        length, media_time = unpack(pattern, elst, 8 + entry * (20 if version else 12))
        if media_time >= 0:
            return int(delay * scale // (movie_scale or 1) - media_time)
        delay += length
    return 0
