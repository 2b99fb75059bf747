"""A track in several segments, and the media time inside each of them (HLS, DASH)."""

import math
from collections.abc import Sequence

from pytomo.media.content import SAMPLE, is_text
from pytomo.media.formats import FORMATS, Reader, reader
from pytomo.media.reading import Reading
from pytomo.results import Segment


class SegmentTimeline:
    """A track of several segments: see `pytomo.timeline.Timeline`.

    Each segment begins where the one before it ended, whatever its clock shows. Inside it samples
    tell; where they cannot be read (it is encrypted, say), or make it much longer or shorter than
    the manifest does, it counts when it is whole, for as long as the manifest says.
    """

    wanted = None

    def __init__(
        self,
        segments: Sequence[Segment],
        duration: float | None,
        formats: Sequence[type[Reader]] = FORMATS,
    ) -> None:
        self._segments = segments
        self._lengths = _lengths(segments, duration)
        unknown = any(segment.duration is None for segment in segments)
        self._told = "linear" if unknown else "segments"
        self._duration = duration if unknown else math.fsum(self._lengths)
        self._formats = formats
        self._reader: Reader | None = None  # goes on from segment to segment
        self._complete = 0
        self._readable = True
        self._counted = False  # whether a whole segment counts by the manifest
        self._cut = False
        self._whole = 0.0
        self._playable = 0.0
        self._sound = 0.0
        self._longer = 0.0  # seconds by which the longest stream is longer than the shortest
        self._begin_segment()

    @property
    def source(self) -> str:
        """See `Timeline.source`."""
        if not self._readable:
            return "unreadable"
        by_samples = self._reader is not None and not self._counted and not self._reading.failed
        return "samples" if by_samples else self._told

    @property
    def playable(self) -> float:
        """See `Timeline.playable`."""
        return math.inf if self._all else self._playable

    @property
    def sound(self) -> float:
        """See `Timeline.sound`."""
        return math.inf if self._all else self._sound

    @property
    def appended(self) -> float:
        """See `Timeline.appended`."""
        return math.inf if self._all else self._whole

    @property
    def duration(self) -> float | None:
        """See `Timeline.duration`: by the samples once all are there, else by the manifest."""
        by_samples = self._all and self.source == "samples"
        return self._whole + self._longer if by_samples else self._duration

    @property
    def cut(self) -> bool:
        """See `Timeline.cut`: of one of the segments."""
        return self._cut

    def feed(self, position: int, data: bytes | memoryview) -> None:
        """See `Timeline.feed`; a text is never media."""
        if self._complete == len(self._segments):
            return
        view = memoryview(data)
        if len(self._head) < SAMPLE and position <= self._reading.received:
            self._head += view[self._reading.received - position :][: SAMPLE - len(self._head)]
        self._reading.feed(position, view)
        self._advance()

    def end_segment(self) -> None:
        """See `Timeline.end_segment`: a page instead of a segment ends what can be played."""
        if self._complete == len(self._segments):
            return
        self._reading.end()
        self._readable &= not is_text(self._head)
        if self._readable:
            self._advance()
            self._whole = max(self._playable, self._whole + self._length())
            self._playable = self._whole
            self._sound = max(self._sound, self._whole)
            self._complete += 1
        self._begin_segment()

    def bytes_until(self, media_time: float) -> int | None:
        """None: positions of several resources have no order."""
        return None

    def part_end(self, position: int) -> int | None:
        """None: segments are parts already."""
        return None

    @property
    def _all(self) -> bool:
        return self._complete == len(self._segments) and not self._cut

    def _begin_segment(self) -> None:
        self._head = b""
        start = 0
        if self._complete < len(self._segments):
            start = self._segments[self._complete].first_byte or 0
        self._reading = Reading(self._recognise, start)

    def _recognise(self, head: bytes) -> Reader | None:
        """The reader of the segments before it goes on, unless another container begins.

        Only the first segment, or one with nothing but that, need tell what is in them all.
        """
        found = reader(head, None, self._formats)
        if found is not None and type(found) is not type(self._reader):
            self._reader = found
        return self._reader

    def _advance(self) -> None:
        """Count what the samples say, up to what the manifest leaves possible."""
        if self._reading.reader is None or not self._readable:
            return
        presentation, position = self._reading.reader.presentation, self._reading.received
        longest = self._whole + _longest(self._segments[self._complete].duration)
        base = self._whole - presentation.entered
        reached, sound = presentation.levels(position)
        if math.isfinite(reached):
            self._playable = max(self._playable, min(base + reached, longest))
        if math.isfinite(sound):
            self._sound = max(self._sound, self._playable, min(base + sound, longest))

    def _length(self) -> float:
        """Seconds of the current segment, which is over."""
        own = self._own_length()
        told = self._segments[self._complete].duration
        if own is not None and (not told or told / 2 - 1 <= own <= _longest(told)):
            return own
        self._counted = True
        return self._lengths[self._complete]

    def _own_length(self) -> float | None:
        """As its samples say; None if they cannot be read."""
        found, position = self._reading.reader, self._reading.received
        if found is None:
            return None
        presentation = found.presentation
        cut, entered = presentation.misses(position), presentation.entered
        reached = presentation.playable(position)
        found.restart(whole=not (cut or self._reading.failed))
        if self._reading.failed:
            return None
        self._cut |= cut
        self._longer = max(0.0, (presentation.length or 0.0) - presentation.entered)
        return (reached if cut else presentation.entered) - entered


def _lengths(segments: Sequence[Segment], duration: float | None) -> list[float]:
    """As the manifest tells; those of which it does not share what is left of `duration`."""
    told = [segment.duration for segment in segments]
    unknown = told.count(None)
    rest = (duration or 0.0) - math.fsum(length or 0.0 for length in told)
    share = max(0.0, rest) / unknown if unknown else 0.0
    return [share if length is None else length for length in told]


def _longest(told: float | None) -> float:
    """Seconds that a segment can last of which the manifest tells a duration.

    DASH templates tell one for all, from which each may differ by half of it (ISO/IEC 23009-1,
    section 7.2.1).
    """
    return 1.5 * told + 1 if told else math.inf
