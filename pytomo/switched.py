"""The timelines of a track that comes from several rungs, and of the pieces in front of them."""

from pytomo.timeline import Timeline
from pytomo.track_fetch import TrackFetch


class Switched:
    """The timeline of segments that come from several rungs: positions count from each one's start.

    What a rung is initialised with belongs to the first segment that needs it.
    """

    wanted = None

    def __init__(self, timeline: Timeline, *, whole: bool = False) -> None:
        """`whole`: segments count when they are whole, as one may be given up before."""
        self._timeline = timeline
        self._whole = whole
        self._shift = 0
        self._held: list[tuple[int, bytes]] = []

    def begin(self, head: bytes, first_byte: int) -> None:
        """The next segment begins at a byte of its resource; `head`: what initialises its rung.

        It may begin again, if none of it was to count yet.
        """
        self._held.clear()
        self._shift = 0
        if head:
            self.feed(0, head)
        self._shift = len(head) - first_byte

    @property
    def source(self) -> str:
        """See `Timeline.source`."""
        return self._timeline.source

    @property
    def playable(self) -> float:
        """See `Timeline.playable`."""
        return self._timeline.playable

    @property
    def sound(self) -> float:
        """See `Timeline.sound`."""
        return self._timeline.sound

    @property
    def appended(self) -> float:
        """See `Timeline.appended`."""
        return self._timeline.appended

    @property
    def duration(self) -> float | None:
        """See `Timeline.duration`."""
        return self._timeline.duration

    @property
    def cut(self) -> bool:
        """See `Timeline.cut`."""
        return self._timeline.cut

    def feed(self, position: int, data: bytes | memoryview) -> None:
        """See `Timeline.feed`."""
        if self._whole:
            self._held.append((position + self._shift, bytes(data)))
        else:
            self._timeline.feed(position + self._shift, data)

    def end_segment(self) -> None:
        """See `Timeline.end_segment`."""
        for position, data in self._held:
            self._timeline.feed(position, data)
        self._held.clear()
        self._timeline.end_segment()

    def bytes_until(self, media_time: float) -> int | None:
        """None: positions of several resources have no order."""
        return None

    def part_end(self, position: int) -> int | None:
        """None: segments are parts already."""
        return None


class Collected:
    """The timeline of a piece without media: the track is where it was."""

    source, duration, cut, wanted = "segments", None, False, None

    def __init__(self, fetch: TrackFetch) -> None:
        self._fetch = fetch

    @property
    def playable(self) -> float:
        """That of the track."""
        return self._fetch.playable

    @property
    def sound(self) -> float:
        """That of the track, whatever it carries."""
        return self._fetch.playable

    @property
    def appended(self) -> float:
        """That of the track."""
        return self._fetch.appended

    def feed(self, position: int, data: bytes | memoryview) -> None:
        """Nothing comes of it."""

    def end_segment(self) -> None:
        """Nothing comes of it."""

    def bytes_until(self, media_time: float) -> int | None:
        """None: there is no media."""
        return None

    def part_end(self, position: int) -> int | None:
        """None: it is a part."""
        return None
