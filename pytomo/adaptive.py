"""A track whose rung is chosen for each segment, from what a player would know by then."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from statistics import median

from pytomo.abr import Choice, Chooser, Download, Ladder, Rule, Situation
from pytomo.abr import Progress as Running
from pytomo.errors import Failure, Outcome, Phase
from pytomo.pacing import Viewer
from pytomo.progress import Progress
from pytomo.results import Fetched, Track
from pytomo.rungs import Rung, rung
from pytomo.switched import Collected, Switched
from pytomo.timeline import Timeline
from pytomo.track_fetch import TrackFetch
from pytomo.transport import Answer, BrokenError

NOMINAL = 5.0
"""Seconds of a segment, as long as no index has told: those of YouTube's files last about so."""
INTERVAL = 0.05
"""Seconds between two looks at a running request: a browser tells of it no more often."""
TARGET = 30.0
"""Seconds of buffer that rules are told of for a profile which never stops fetching."""


@dataclass(slots=True)
class _Request:
    """A request for a segment, and what has come of it."""

    asked: float
    """Seconds since the first media request."""
    first_byte: float
    """Seconds since it was asked for."""
    size: int | None
    """Bytes of the whole answer, if told."""
    reads: list[tuple[float, int]] = field(default_factory=list)
    """Seconds since it was asked for, and bytes."""
    judged: float = 0.0
    """Seconds since it was asked for, when the rule looked at it last."""

    def add(self, time: float, size: int) -> bool:
        """Bytes came; whether the rule is to look at it again."""
        self.reads.append((time - self.asked, size))
        if time - self.asked < self.judged + INTERVAL:
            return False
        self.judged = time - self.asked
        return True

    def given_up(self, number: int, rung: int, time: float) -> Download:
        """What a rule remembers of it when it brought nothing."""
        size, seconds = sum(size for _, size in self.reads), time - self.asked
        return Download(number, rung, size, seconds, self.first_byte, 0.0, time)


class Adaptive:
    """The choice of rungs during one download; `fetch` is the track that comes of it."""

    def __init__(
        self,
        ladder: Sequence[Track],
        rule: Rule,
        viewer: Viewer,
        progress: Progress,
        *,
        duration: float | None,
        make_timeline: Callable[..., Timeline],
    ) -> None:
        """`ladder`: the lowest rung first; `duration`: of the video, as claimed."""
        self.rungs = [rung(track) for track in ladder]
        self.current: int | None = None
        """The rung of the segment that is being fetched, or was last."""
        self.fetch = TrackFetch(
            index=0,
            track=ladder[0],
            duration=duration,
            make_timeline=self._switched,
            segmented=True,
        )
        self._rule = rule
        self._viewer = viewer
        self._progress = progress
        self._make_timeline = make_timeline
        self._timeline: Switched | None = None
        self._chooser: Chooser | None = None
        self._wanted: int | None = None
        self._number: int | None = None
        self._judges = type(rule.begin(self._ladder())).abandon is not Chooser.abandon
        """Whether the rule looks at running requests: what it gives up must not count before."""
        self._past: list[Download] = []
        self._running: _Request | None = None
        self.given_up = False
        """The segment is to be asked for again, from another rung."""

    @property
    def due(self) -> bool:
        """Whether the rung of the next segment is still to be chosen."""
        return not self.fetch.complete and (self.given_up or self._number != self.fetch.number)

    def choose(self) -> float:
        """Choose it; returns the seconds that the rule lets pass before it is asked for."""
        if self.given_up:
            self.given_up = False
            return 0.0
        chooser = self._chooser or self._rule.begin(self._ladder())
        if any(each.media for each in self.rungs):
            self._chooser = chooser
        choice: Choice = chooser.choose(self._situation())
        self._wanted = choice.rung
        return choice.wait

    def piece(self) -> TrackFetch | None:
        """What must be fetched of the rung before its segments, if anything.

        Raises BrokenError if no rung can be used.
        """
        missing = self._chosen.missing
        if missing is None:
            return None
        return TrackFetch(
            index=self.fetch.index,
            track=self._chosen.of(missing),
            duration=None,
            make_timeline=lambda *_, **__: Collected(self.fetch),
            segmented=True,
        )

    def learn(self, piece: TrackFetch) -> None:
        """A piece is there."""
        chosen = self._chosen
        chosen.learn(piece.sample().head)
        if chosen.media and self._timeline is not None:
            chosen.usable &= chosen.fits(self.fetch.track.segments)

    def turn(self) -> None:
        """Let the track go on with the rung of which all is known now."""
        chosen, index = self._chosen, self.rungs.index(self._chosen)
        track = chosen.of(*chosen.media)
        if self._timeline is None:
            plain = [replace(each, first_byte=None, last_byte=None) for each in chosen.media]
            made = self._make_timeline(chosen.of(*plain), duration=self.fetch.duration, size=None)
            self._timeline = Switched(made, whole=self._judges)
        head = b"" if index == self.current else chosen.head
        self.fetch.turn_to(track, head)
        self._number, self.current = self.fetch.number, index
        self._timeline.begin(head, track.segments[self._number].first_byte or 0)
        if self._chooser is None:  # now the length of segments is known
            self._chooser = self._rule.begin(self._ladder())
            self._chooser.choose(self._situation())

    def answered(self, asked: float, answer: Answer) -> None:
        """A request that was made `asked` seconds after the first one is being answered."""
        self._running = _Request(asked, answer.first_byte_time, answer.length)

    def read(self, time: float, size: int) -> bool:
        """Bytes of it were read; whether it is given up, for an answer from another rung."""
        running, chooser = self._running, self._chooser
        if running is None or chooser is None or not self._judges or not running.add(time, size):
            return False
        number, rung = self.fetch.number, self.current or 0
        media = self.fetch.track.segments[number].duration or 0.0
        buffer = max(0.0, self._viewer.ahead(self.fetch, time))
        state = Running(
            time=time,
            number=number,
            rung=rung,
            size=running.size,
            media=media,
            buffer=buffer,
            reads=running.reads,
        )
        instead = chooser.abandon(state)
        if instead is not None:
            self._wanted, self.given_up = instead, True
            self._past.append(running.given_up(number, rung, time))
        return self.given_up

    def fetched(self, segment: Fetched, first_byte: float) -> None:
        """A segment is there; `first_byte`: when, in seconds since it was asked for."""
        if segment.finished is not None:
            seconds = segment.finished - segment.asked
            number, rung, size = segment.number, segment.rung, segment.size
            self._past.append(
                Download(
                    number, rung, size, seconds, first_byte, segment.duration, segment.finished
                )
            )

    def _switched(self, *_: object, **__: object) -> Switched:
        assert self._timeline is not None, "turn first"
        return self._timeline

    @property
    def _chosen(self) -> Rung:
        """The rung that was wanted, or the one next to it (rather below) that can be used."""
        wanted = self._wanted or 0
        usable = [index for index, each in enumerate(self.rungs) if each.usable]
        if not usable:
            text = "no format has an index that can be read"
            raise BrokenError(Failure(Outcome.MEDIA_UNREADABLE, Phase.MEDIA, text))
        return self.rungs[min(usable, key=lambda index: (abs(index - wanted), index))]

    def _ladder(self) -> Ladder:
        lengths = [segment.duration or 0.0 for segment in self.fetch.track.segments]
        target = self._viewer.profile.full(self.rungs[-1].track.bitrate)
        return Ladder(
            rungs=tuple(each.track.bitrate or 0.0 for each in self.rungs),
            segment=median(lengths) or NOMINAL,
            target=target if target < float("inf") else TARGET,
        )

    def _situation(self) -> Situation:
        now = self._progress.now
        return Situation(
            time=now,
            number=self.fetch.number,
            buffer=max(0.0, self._viewer.ahead(self.fetch, now)),
            started=self._viewer.started,
            playing=self._viewer.playing,
            current=self.current,
            past=self._past,
        )
