"""The bytes of a track, as they come, and the media seconds that they make playable."""

import math
from collections.abc import Sequence
from functools import partial
from typing import Protocol

from pytomo.media.content import is_media
from pytomo.media.formats import FORMATS, Reader, reader
from pytomo.media.reading import Reading
from pytomo.media.scan import Scanner
from pytomo.media.segments import SegmentTimeline
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
        """Seconds from the track's start that can be decoded, sample by sample, in all its streams.

        Infinity once all of it is there; so are `sound` and `appended`.
        """

    @property
    def sound(self) -> float:
        """As `playable`, of the sound alone where it is multiplexed with pictures.

        The same as `playable` in a track that has nothing else, or no sound.
        """

    @property
    def appended(self) -> float:
        """As `playable`, but in whole segments or fragments.

        So a player of Media Source Extensions hands them to its decoder: whole segments of a
        track in several ones; of fragmented MP4 in one file whole fragments, or what its index
        (sidx) tells to be one; of WebM whole clusters. The same as `playable` in other files.
        """

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
    """The timeline of a track: of several segments, or of one file.

    `duration`: what the site claims, in seconds; `size`: where the single file ends, if known.
    """
    if len(track.segments) == 1:
        start = track.segments[0].first_byte or 0
        return FileTimeline(duration=duration, size=size, start=start)
    return SegmentTimeline(track.segments, duration)


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
        self._claimed = duration
        self._size = size
        self._start = start
        self._reading = Reading(partial(reader, size=size, formats=formats), start)
        self._ahead: Scanner | None = None  # reads what was wanted out of order
        self._exact = self._exact_sound = 0.0
        self._failed = False
        self._ended = False
        self._end = start
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
    def sound(self) -> float:
        """See `Timeline.sound`: what is estimated is so of both."""
        return max(self.playable, self._exact_sound)

    @property
    def appended(self) -> float:
        """See `Timeline.appended`."""
        playable = self.playable
        if self._failed or self._reader is None or math.isinf(playable):
            return playable
        appended = self._reader.appended(self._received)
        return playable if appended is None else appended

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
            self._reading.feed(position, view)
            self._failed |= self._reading.failed
        else:
            self._feed_ahead(position, view)
        self._judge()

    def end_segment(self) -> None:
        """See `Timeline.end_segment`."""
        self._reading.end()
        self._failed |= self._reading.failed
        if self._ahead is not None:
            self._end = self._ahead.position
        self._ended = True
        self._judge()
        if self._reader is not None and self._reader.duration is None:
            self._length = None if self.cut or self._failed else self._reader.presentation.length

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
        return self._reading.reader.index.part_end(position) if self._reading.reader else None

    @property
    def _reader(self) -> Reader | None:
        return self._reading.reader

    @property
    def _received(self) -> int:
        """Behind the last byte: in the end that may be one which was read out of order."""
        return max(self._reading.received, self._end)

    @property
    def _unreadable(self) -> bool:
        """Nothing in it could be understood, and it does not even begin as media do."""
        if not (self._failed or self._ended):
            return False
        understood = self._reader is not None and self._reader.presentation.streams
        return not understood and not is_media(self._reading.head)

    def _judge(self) -> None:
        if self._reader is not None:
            self._exact, self._exact_sound = self._reader.presentation.levels(self._received)
            self._failed |= self._reader.presentation.damaged

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
