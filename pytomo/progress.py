"""What all loaders of a download share: its clock, what has arrived, and whether to stop."""

import threading
from bisect import insort
from collections.abc import Callable
from operator import itemgetter

from pytomo.config import Config
from pytomo.results import Arrival
from pytomo.trace import settled
from pytomo.track_fetch import TrackFetch


class Progress:
    """The state of one download. Threads may add arrivals; each adds those of tracks of its own."""

    def __init__(self, config: Config, clock: Callable[[], float]) -> None:
        self.config = config
        self.clock = clock
        self.started = 0.0
        """Clock time of the first media request, its connection included."""
        self.arrivals: list[Arrival] = []
        """In the order of time."""
        self.stopped = threading.Event()
        """Nothing that comes from now on is part of the sample."""
        self.listener: Callable[[Arrival], None] = lambda arrival: None
        """Is told of each arrival, one at a time."""
        self._lock = threading.Lock()

    @property
    def now(self) -> float:
        """Seconds since the first media request."""
        return self.clock() - self.started

    @property
    def deadline(self) -> float:
        """Clock time at which the sample ends."""
        return self.started + self.config.download_time

    def arrive(self, fetch: TrackFetch, at: float, size: int) -> Arrival:
        """Keep bytes of a track that were read at a clock time; the arrival that they are."""
        arrival = _arrival(fetch, at - self.started, size)
        with self._lock:
            if not self.stopped.is_set():
                insort(self.arrivals, arrival, key=itemgetter(0))
                self.listener(arrival)
        return arrival

    def settle(self, fetch: TrackFetch, last: Arrival) -> Arrival:
        """More of a track can be played than its last arrival says; the arrival that says so."""
        now = _arrival(fetch, last.time, last.size)
        with self._lock:
            if not self.stopped.is_set() and now != last:
                backwards = range(len(self.arrivals) - 1, -1, -1)
                place = next(place for place in backwards if self.arrivals[place] == last)
                self.arrivals[place] = now
                self.listener(now._replace(size=0))
        return now


def _arrival(fetch: TrackFetch, time: float, size: int) -> Arrival:
    levels = (fetch.playable, fetch.appended, *fetch.blocks)
    return settled(Arrival(time, fetch.index, size, *levels))
