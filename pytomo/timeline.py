"""The bytes of a track, as they come, and the media seconds that they make playable."""

import math
from collections.abc import Sequence
from typing import Protocol

from pytomo.media.content import SAMPLE, is_media, is_text
from pytomo.media.formats import FORMATS, HEAD, Reader, reader
from pytomo.media.scan import Scanner
from pytomo.results import Track


class Timeline(Protocol):
    """What a track's bytes say of its media time. `feed` never raises, whatever the bytes are."""

    @property
    def source(self) -> str:
        """How it is known: `samples`, `index`, `segments` or `linear` (by the share of bytes).

        `unreadable`: what came is no media; then nothing (more) of it is playable, ever.
        """

    @property
    def playable(self) -> float:
        """Seconds from the track's start that can be played; infinity once all of it is there."""

    @property
    def duration(self) -> float | None:
        """Seconds of the whole track, once known."""

    @property
    def cut(self) -> bool:
        """Whether all of the file is there, and yet not all of the media that it tells of."""

    @property
    def wanted(self) -> int | None:
        """Position of the next byte that must be read out of order before anything plays.

        It is behind the media in an MP4 file whose movie box is at its end, and goes on as it is
        fed; None once all is read, and for all other files.
        """

    def feed(self, position: int, data: bytes | memoryview) -> None:
        """Bytes of the current resource at a position: those that follow, or those wanted.

        What was fed before is passed over; what leaves a gap cannot count.
        """

    def end_segment(self) -> None:
        """All of the current segment (of a track with one segment: of the file) is there."""

    def bytes_until(self, media_time: float) -> int | None:
        """Position behind the last byte needed to play up to a time (s), if already known."""

    def part_end(self, position: int) -> int | None:
        """Where the part of an indexed file ends that holds a position; None without an index."""


def timeline(track: Track, *, duration: float | None, size: int | None) -> Timeline:
    """The timeline of a track: by whole segments if it has several, else by the file's bytes.

    `duration`: what the site claims, in seconds; `size`: where the single file ends, if known.
    """
    if len(track.segments) == 1:
        start = track.segments[0].first_byte or 0
        return FileTimeline(duration=duration, size=size, start=start)
    return SegmentTimeline(tuple(s.duration for s in track.segments), duration)


class SegmentTimeline:
    """A track of several segments: only whole ones count, as players append whole ones."""

    wanted = None
    cut = False

    def __init__(self, durations: tuple[float | None, ...], duration: float | None) -> None:
        told = sum(d for d in durations if d is not None)
        unknown = durations.count(None)
        self.duration = duration if unknown else told
        share = max(0.0, (duration or 0.0) - told) / unknown if unknown else 0.0
        self._told = "linear" if unknown else "segments"
        self._durations = [share if d is None else d for d in durations]
        self._complete = 0
        self._head = b""  # of the current segment
        self._readable = True

    @property
    def source(self) -> str:
        """See `Timeline.source`."""
        return self._told if self._readable else "unreadable"

    @property
    def playable(self) -> float:
        """See `Timeline.playable`."""
        if self._complete >= len(self._durations):
            return math.inf
        return math.fsum(self._durations[: self._complete])

    def feed(self, position: int, data: bytes | memoryview) -> None:
        """Nothing can be told before a segment is whole; a text is never media."""
        if len(self._head) < SAMPLE:
            self._head += data[: SAMPLE - len(self._head)]

    def end_segment(self) -> None:
        """See `Timeline.end_segment`."""
        self._readable &= not is_text(self._head)
        self._head = b""
        self._complete += self._readable

    def bytes_until(self, media_time: float) -> int | None:
        """None: positions of several resources have no order."""
        return None

    def part_end(self, position: int) -> int | None:
        """None: segments are parts already."""
        return None


class FileTimeline:
    """A track in one file: its container's own tables tell, else its index, else its length."""

    def __init__(
        self,
        *,
        duration: float | None,
        size: int | None,
        start: int = 0,
        formats: Sequence[type[Reader]] = FORMATS,
    ) -> None:
        self._formats = formats
        self._claimed = duration
        self._size = size
        self._start = self._received = start
        self._head = b""
        self._reader: Reader | None = None
        self._scanner: Scanner | None = None
        self._ahead: Scanner | None = None  # reads what was wanted out of order
        self._exact = 0.0
        self._failed = False
        self._ended = False
        self._length: float | None = None  # of the whole file, by its samples

    @property
    def source(self) -> str:
        """See `Timeline.source`."""
        if self._unreadable:
            return "unreadable"
        if self._reader is None:
            return "linear"
        if not self._failed:
            return "samples"
        return "index" if len(self._reader.index) else "linear"

    @property
    def playable(self) -> float:
        """See `Timeline.playable`."""
        if self._unreadable:
            return 0.0
        if self._ended and not self.cut:
            return math.inf
        return max(self._exact, self._estimate()) if self._failed else self._exact

    @property
    def duration(self) -> float | None:
        """See `Timeline.duration`: what the bytes tell; the claim if they cannot be read."""
        told = (self._reader.duration if self._reader else None) or self._length
        estimated = told is None and self._failed and not self._unreadable
        return self._claimed if estimated else told

    @property
    def cut(self) -> bool:
        """See `Timeline.cut`: a container that cannot be read tells of nothing."""
        if not self._ended or self._failed or self._reader is None or self._unreadable:
            return False
        return self._reader.cut(self._received)

    @property
    def wanted(self) -> int | None:
        """See `Timeline.wanted`."""
        wanted = self._reader.wanted if self._reader else None
        if wanted is None or self._failed:
            return None
        if self._ahead is not None:
            wanted = max(wanted, self._ahead.needed)
        if self._size is not None and wanted >= self._size:
            return None
        return None if wanted <= self._received else wanted

    def feed(self, position: int, data: bytes | memoryview) -> None:
        """See `Timeline.feed`."""
        view = memoryview(data)
        if position <= self._received:
            self._feed_next(view[self._received - position :])
        else:
            self._feed_ahead(position, view)
        if self._reader is not None:
            self._exact = self._reader.presentation.playable(self._received)
            self._failed |= self._reader.presentation.damaged

    def end_segment(self) -> None:
        """See `Timeline.end_segment`."""
        if self._scanner is None and not self._failed:
            self._recognise()
        if self._ahead is not None:
            self._received = max(self._received, self._ahead.position)
        self._ended = True
        if self._reader is not None:
            self._exact = self._reader.presentation.playable(self._received)
            if self._reader.duration is None and not self.cut and not self._failed:
                self._length = self._reader.presentation.length

    def bytes_until(self, media_time: float) -> int | None:
        """See `Timeline.bytes_until`."""
        told = self._reader.bytes_until(media_time) if self._reader else None
        if told is not None or self._unreadable:
            return told
        if not (self._failed and self._size and self._claimed):
            return None
        share = min(1.0, max(0.0, media_time / self._claimed))
        return self._start + math.ceil(share * (self._size - self._start))

    def part_end(self, position: int) -> int | None:
        """See `Timeline.part_end`."""
        return self._reader.index.part_end(position) if self._reader else None

    @property
    def _unreadable(self) -> bool:
        """Nothing in it could be understood, and it does not even begin as media do."""
        if not (self._failed or self._ended):
            return False
        understood = self._reader is not None and self._reader.presentation.streams
        return not understood and not is_media(self._head)

    def _feed_next(self, data: memoryview) -> None:
        self._received += len(data)
        if self._scanner is None and not self._failed:
            missing = HEAD - len(self._head)
            self._head += data[:missing]
            data = data[missing:]
            if len(self._head) == HEAD:
                self._recognise()
        if self._scanner is not None and len(data):
            self._scanner.feed(data)
            self._failed |= self._scanner.failed

    def _recognise(self) -> None:
        self._reader = reader(self._head, self._size, self._formats)
        if self._reader is None:
            self._failed = True
        else:
            self._scanner = Scanner(self._reader.scan(self._start), self._start)
            self._scanner.feed(memoryview(self._head))

    def _feed_ahead(self, position: int, data: memoryview) -> None:
        if self._reader is None or position != self.wanted:
            return
        if self._ahead is None or self._ahead.position != position:
            self._ahead = Scanner(self._reader.scan(position), position)
        self._ahead.feed(data)
        self._failed |= self._ahead.failed

    def _estimate(self) -> float:
        if self._reader is not None and len(self._reader.index):
            return self._reader.index.playable(self._received)
        if not self._size or not self._claimed or self._size <= self._start:
            return 0.0
        share = (self._received - self._start) / (self._size - self._start)
        return self._claimed * min(1.0, share)
