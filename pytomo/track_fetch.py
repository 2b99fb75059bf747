"""How far one track has been fetched, and what of it to ask for next."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

from pytomo import fetch_plan
from pytomo.errors import Failure, Outcome, Phase
from pytomo.fetch_plan import HEAD_SIZE, ContentRange, Coverage, Span, content_range
from pytomo.kept import Kept
from pytomo.results import BLOCK, Segment, Track, TrackKind, TrackSample
from pytomo.timeline import Timeline
from pytomo.transport import Answer, BrokenError


class Ask(NamedTuple):
    """A request to be made."""

    url: str
    span: Span
    ranged: bool
    """Whether the server is asked for that span only."""


@dataclass(slots=True, kw_only=True)
class TrackFetch:
    """The state of one track during a download."""

    index: int
    track: Track
    duration: float | None
    """Claimed, s."""
    make_timeline: Callable[..., Timeline]
    segmented: bool = False
    """It is fetched by whole segments even if it has only one."""
    broken: Failure | None = None
    """Why the last request ended early: what is to be said if it cannot be resumed."""
    received: int = 0
    """Bytes."""
    _moved: dict[str, str] = field(default_factory=dict)
    _timeline: Timeline | None = None
    _segment: int = 0
    _size: int | None = None
    _whole: int = 0  # bytes of the segments that are complete
    _media: int = 0  # bytes of those of them that have a duration
    _ranges: bool | None = None
    _coverage: Coverage = field(default_factory=Coverage)
    _position: int = 0
    _wanted: int | None = None  # what the timeline said after it was fed
    _ahead: bool = False  # whether the answer is one of bytes wanted out of order
    _kept: Kept = field(default_factory=Kept)
    _blocks: tuple[float, float] = (0.0, 0.0)

    def __post_init__(self) -> None:
        self._begin_segment()

    @property
    def complete(self) -> bool:
        """Whether all of the track is there."""
        return self._segment == len(self.track.segments)

    @property
    def number(self) -> int:
        """The current segment, from 0; the number of them once all are there."""
        return self._segment

    @property
    def playable(self) -> float:
        """Media seconds that can be played."""
        return 0.0 if self._timeline is None else self._timeline.playable

    @property
    def blocks(self) -> tuple[float, float]:
        """Media seconds in whole blocks of a file: of all its streams, and of the sound alone."""
        return self._blocks if self._single and not self.complete else (self.playable,) * 2

    @property
    def appended(self) -> float:
        """Media seconds in whole segments or fragments."""
        return 0.0 if self._timeline is None else self._timeline.appended

    @property
    def audio(self) -> bool:
        """Whether this is the audio track of two."""
        return self.track.kind is TrackKind.AUDIO

    @property
    def resumable(self) -> bool:
        """Whether the server may send parts of files: it does, or was not asked yet."""
        return self._ranges is not False

    @property
    def _single(self) -> bool:
        return len(self.track.segments) == 1 and not self.segmented

    @property
    def _now(self) -> Segment:
        return self.track.segments[self._segment]

    def next_ask(self, start: float | None, elapsed: float = 0.0) -> Ask:
        """What to ask for next; `start`: the start threshold (s) if the tracks are two, else None.

        `elapsed`: seconds since the first request; see `fetch_plan.goal`.
        Without another track to keep in step with, requests are as large as the track allows.
        """
        gap = self._gap()
        if self._single:
            gap = fetch_plan.shorter(gap, self.track.request_size)
            if start is not None:
                goal = fetch_plan.goal(self.playable, start, elapsed)
                gap = fetch_plan.shorter(gap, self._reach(gap.start, goal) - gap.start)
        return self._ask(gap)

    def own_ask(self) -> Ask:
        """What to ask for next if the track is fetched apart from others, as players do.

        A whole segment, the next part of an indexed file, or all that is left of any other.
        """
        gap = self._gap()
        if (end := self._part_end(gap.start)) is not None:
            gap = fetch_plan.shorter(gap, end - gap.start)
        return self._ask(gap)

    @property
    def streamed(self) -> bool:
        """Whether it is a file without parts: a player reads it as fast as it has room for it."""
        return self._single and self._part_end(self._position) is None

    def _ask(self, gap: Span) -> Ask:
        url = self._moved.get(self._now.url, self._now.url)
        ranged = self._single or gap.start > 0 or self._now.last_byte is not None
        return Ask(url, gap, ranged)

    def _part_end(self, position: int) -> int | None:
        """Where the part of a file ends that is to be asked for; None if it has none (any more).

        Files of one kind have an index in front, in front of which nothing is known of them.
        """
        if not self._single or self.track.kind is TrackKind.BOTH:
            return None
        if self._timeline is None:
            return position + HEAD_SIZE
        return self._timeline.part_end(position)

    def _gap(self) -> Span:
        """The bytes to go on with: those that the timeline wants first, or the next ones."""
        first = self._begin()
        ahead = self._coverage.gap((self.resumable and self._wanted) or first, self._size)
        return ahead if ahead.start != self._size else self._coverage.gap(first, self._size)

    def _reach(self, position: int, goal: float) -> int:
        timeline = self._timeline
        duration = (timeline.duration if timeline else None) or self.duration
        known = timeline.bytes_until(goal) if timeline else None
        return fetch_plan.reach(
            position,
            known=self._size if timeline and duration and goal >= duration else known,
            playable=self.playable,
            goal=goal,
            rate=fetch_plan.byte_rate(self.track, self._size, duration),
        )

    def accept(self, ask: Ask, answer: Answer) -> None:
        """Be ready for the body of an answer; raises BrokenError if it is of no use."""
        self._position = ask.span.start
        self._ahead = ask.span.start != self._coverage.gap(self._begin(), self._size).start
        told = content_range(answer.headers)
        if answer.status == 206 and ask.ranged:
            self._accept_part(told)
        elif answer.status == 200:
            self._accept_whole(ask, answer)
        elif answer.status == 416 and told and told.size == ask.span.start > 0:
            self._size = told.size  # that was all: the length promised before was wrong
        else:
            raise _refused(f"{answer.status} {answer.reason}".strip())

    def _accept_part(self, told: ContentRange | None) -> None:
        if told is None or told.start != self._position:
            raise _refused("the answer is another range than was asked for")
        self._ranges = True
        if told.size is not None:
            self._size = min(told.size, self._end_told() or told.size)

    def _accept_whole(self, ask: Ask, answer: Answer) -> None:
        if ask.ranged:
            self._ranges = False
        if ask.span.start > 0:
            refused = _refused("the whole file was sent to a request for a part of it")
            raise BrokenError(self.broken) if self.broken else refused
        self._size = self._end_told() or answer.length

    def _end_told(self) -> int | None:
        """Where the segment ends, if the manifest says so."""
        return None if self._now.last_byte is None else self._now.last_byte + 1

    def _begin_segment(self) -> None:
        self._coverage = Coverage()
        self._size = None if self.complete else self._end_told()

    def take(self, data: memoryview) -> int:
        """The next bytes of a body; returns how many of them belong to the track."""
        if self._size is not None:
            data = data[: max(0, self._size - self._position)]
        if self._timeline is None:
            size = self._size or self.track.size
            self._timeline = self.make_timeline(self.track, duration=self.duration, size=size)
        if not self._single or self._position == self._begin() + len(self._kept.head):
            self._kept.add(data)
        self._feed(self._timeline, data)
        self.received += len(data)
        return len(data)

    def _begin(self) -> int:
        return self._now.first_byte or 0

    def _feed(self, timeline: Timeline, data: memoryview) -> None:
        """Feed it in pieces: as the timeline wants it, and up to the end of the last block."""
        start, end, wanted = self._position, self._position + len(data), self._wanted
        block = end - end % BLOCK
        cuts = {cut for cut in (wanted, block, end) if cut is not None and start < cut <= end}
        for begin, cut in pairwise((start, *sorted(cuts))):
            piece = data[begin - start : cut - start]
            timeline.feed(begin, piece)
            self._kept.add_wanted(begin, piece, wanted)
            if cut == block or self._ahead:
                self._blocks = timeline.playable, timeline.sound
        self._position, self._wanted = end, timeline.wanted
        self._coverage.add(start, end)

    @property
    def diverted(self) -> bool:
        """Whether to break the answer off: a new connection costs less than the bytes between."""
        left = math.inf if self._size is None else self._size - self._position
        if left <= HEAD_SIZE or not self.resumable:
            return left <= 0
        if self._wanted is None and not self._ahead:
            return False
        return not 0 <= self._gap().start - self._position <= HEAD_SIZE

    def settle(self, ask: Ask, *, finished: bool) -> None:
        """An answer is over: go on to the next segment if this one is whole.

        `finished`: it was read to its own end. Raises BrokenError if it brought nothing.
        """
        stopped_short = ask.span.end is None or self._position < ask.span.end
        if finished and self._size is None and (self._ranges is not True or stopped_short):
            self._size = self._position
        if self._coverage.gap(self._begin(), self._size).start == self._size:
            self._end_segment()
        elif finished and self._position == ask.span.start:
            text = "the server sent an empty answer"
            raise BrokenError(Failure(Outcome.TRUNCATED, Phase.TRANSFER, text))

    def move(self, url: str) -> None:
        """The current segment is at another URL: a redirect led there."""
        self._moved[self._now.url] = url

    def turn_to(self, track: Track, head: bytes) -> None:
        """Go on with the same segments of another rung; `head` initialises it, if it must be."""
        self.track = track
        self._kept.add(head)
        self._begin_segment()

    def _end_segment(self) -> None:
        if self._timeline is not None:
            self._timeline.end_segment()
        size = (self._size or 0) - self._begin()
        self._whole += size
        self._media += size if self._now.duration else 0
        self._segment += 1
        self.broken = None
        self._begin_segment()

    def sample(self) -> TrackSample:
        """What was learnt of the track."""
        timeline = self._timeline
        durations = [segment.duration for segment in self.track.segments]
        told = None if None in durations else math.fsum(d or 0.0 for d in durations)
        return TrackSample(
            head=bytes(self._kept.head),
            size=self._whole_size(),
            duration=(timeline.duration if timeline else None) or told or None,
            timeline=timeline.source if timeline else "linear",
            tail=bytes(self._kept.tail),
            cut=timeline is not None and timeline.cut,
            whole_bytes=self._media,
            whole_seconds=math.fsum(d or 0.0 for d in durations[: self._segment]),
        )

    def _whole_size(self) -> int | None:
        if self.complete:
            return self._whole
        return (self._size if self._single else None) or self.track.size


def _refused(text: str) -> BrokenError:
    return BrokenError(Failure(Outcome.HTTP_ERROR, Phase.REQUEST, text))
