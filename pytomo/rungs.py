"""The rungs of a ladder: one video at several bitrates, in segments that take each other's place.

Of HLS and DASH the manifests tell the segments. Of a file that is a fragmented MP4 its own index
does (sidx, ISO/IEC 14496-12 section 8.16), in front of which nothing is known but its URL.
"""

import struct
from dataclasses import dataclass, field, replace
from itertools import accumulate

from pytomo.media.fragments import segment_index
from pytomo.media.scan import UnreadableError
from pytomo.results import Segment, Track

FRONT = 4 * 2**10
"""Bytes of a file to ask for first: enough for the index of ten minutes."""
_LARGEST = 2**20
"""Bytes in front of the media: more is no index."""
_APART = 0.5
"""Seconds that segments of two rungs may begin apart and still take each other's place."""


@dataclass(slots=True, kw_only=True)
class Rung:
    """One of the bitrates of a track, as far as it is known."""

    track: Track
    """As the site offers it."""
    media: tuple[Segment, ...] = ()
    """Those with media; none as long as they are not known."""
    head: bytes = b""
    """The initialisation segment, which a player appends before the first other one."""
    missing: Segment | None = None
    """What must be fetched before anything else of it."""
    usable: bool = True
    _front: bytearray = field(default_factory=bytearray)

    def of(self, *segments: Segment) -> Track:
        """The track, but of these segments."""
        home = self.track.headers_url or self.track.segments[0].url
        return replace(self.track, segments=segments, size=None, headers_url=home)

    def learn(self, data: bytes) -> None:
        """What was missing has come."""
        if self.media:
            self.head, self.missing = data, None
            return
        asked = self.missing
        self._front += data
        try:
            self._read_index()
        except (UnreadableError, struct.error):
            self.usable, self.missing = False, None
        if self.missing and asked and len(self._front) <= (asked.last_byte or 0):
            self.usable, self.missing = False, None  # the file ends there

    def fits(self, other: tuple[Segment, ...]) -> bool:
        """Whether its segments can take the place of those of another rung."""
        own, others = _starts(self.media), _starts(other)
        return len(own) == len(others) and all(
            abs(start - another) <= _APART for start, another in zip(own, others, strict=True)
        )

    def _read_index(self) -> None:
        front, url = memoryview(self._front), self.track.segments[0].url
        start, header, end = _index(front)
        if end > _LARGEST:
            raise UnreadableError("an index far away")
        if end > len(front):
            self.missing = Segment(url=url, first_byte=len(front), last_byte=end - 1)
            return
        self.head, self.missing = bytes(front[:start]), None
        self.media = tuple(
            Segment(url=url, duration=seconds, first_byte=first, last_byte=behind - 1)
            for first, behind, seconds in segment_index(front[start + header : end], end)
        )
        if not self.media:
            raise UnreadableError("an index of nothing")


def rung(track: Track) -> Rung:
    """What is known of a rung at first."""
    if len(track.segments) == 1:
        front = replace(track.segments[0], first_byte=0, last_byte=FRONT - 1)
        return Rung(track=track, missing=front)
    heads = [segment for segment in track.segments if segment.duration == 0.0]
    media = tuple(segment for segment in track.segments if segment.duration != 0.0)
    known = len(heads) < 2 and all(segment.duration for segment in media)
    return Rung(track=track, media=media, missing=heads[0] if heads else None, usable=known)


def _starts(segments: tuple[Segment, ...]) -> list[float]:
    """When each begins (s), and when the last one ends."""
    return list(accumulate((segment.duration or 0.0 for segment in segments), initial=0.0))


def _index(front: memoryview) -> tuple[int, int, int]:
    """Where the index begins at the head of a file, bytes of its own head, and where it ends.

    The end, or as far as is known what is in front of it, may be behind what is there. Raises
    UnreadableError if media comes first.
    """
    position = 0
    while position + 16 <= len(front):
        size, kind = struct.unpack_from(">I4s", front, position)
        header = 8
        if size == 1:
            header, (size,) = 16, struct.unpack_from(">Q", front, position + 8)
        if kind in (b"moof", b"mdat") or size < header:
            break
        if kind == b"sidx":
            return position, header, position + size
        position += size
    else:
        return position, 0, position + FRONT
    raise UnreadableError("no index in front of the media")
