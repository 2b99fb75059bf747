"""When each segment of a track was asked for, and when it was there."""

from dataclasses import dataclass, replace

from pytomo.results import Fetched
from pytomo.track_fetch import TrackFetch


@dataclass(slots=True)
class _Running:
    """A segment that is being fetched."""

    fetch: TrackFetch
    asked: Fetched
    index: int
    """Among all segments of the track, those without media included."""
    before: int
    """Bytes of the track that came before it."""

    def at(self, finished: float | None) -> Fetched:
        """What is known of it by now."""
        return replace(self.asked, finished=finished, size=self.fetch.received - self.before)


class SegmentLog:
    """The segments that a loader fetches, of tracks whose manifest or index tells their lengths."""

    def __init__(self) -> None:
        self._over: list[Fetched] = []
        self._running: dict[int, _Running] = {}
        self._ends: dict[int, tuple[int, float]] = {}

    @property
    def segments(self) -> tuple[Fetched, ...]:
        """All of them, those that are still running last."""
        return (*self._over, *(running.at(None) for running in self._running.values()))

    def ask(self, fetch: TrackFetch, time: float, rung: int) -> None:
        """A request for (more of) the current segment of a track is about to be made."""
        running = self._running.get(fetch.index)
        segment = fetch.track.segments[fetch.number]
        if not segment.duration or (running and running.index == fetch.number):
            return
        number, start = self._ends.get(fetch.index, (0, 0.0))
        asked = Fetched(
            track=fetch.index,
            number=number,
            rung=rung,
            bitrate=fetch.track.bitrate,
            height=fetch.track.height,
            start=start,
            duration=segment.duration,
            asked=time,
            finished=None,
            size=0,
        )
        self._running[fetch.index] = _Running(fetch, asked, fetch.number, fetch.received)

    def settle(self, fetch: TrackFetch, time: float) -> Fetched | None:
        """The segment if it is there as a whole, since `time`."""
        running = self._running.get(fetch.index)
        if running is None or running.index == fetch.number:
            return None
        del self._running[fetch.index]
        whole = running.at(time)
        self._over.append(whole)
        self._ends[fetch.index] = (whole.number + 1, whole.start + whole.duration)
        return whole

    def give_up(self, fetch: TrackFetch) -> None:
        """The current segment is not waited for any more."""
        running = self._running.pop(fetch.index, None)
        if running is not None:
            self._over.append(running.at(None))
