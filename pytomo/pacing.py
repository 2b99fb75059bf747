"""A player that does not fetch ahead without end: it waits while its buffer is full."""

import math
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

from pytomo.errors import Failure, Outcome, Phase
from pytomo.player import Player
from pytomo.progress import Progress
from pytomo.results import Arrival
from pytomo.track_fetch import TrackFetch
from pytomo.transport import BrokenError

LONGEST = 0.25
"""Seconds between two looks at the player, which another track's arrivals may have set going."""
SHORTEST = 0.005
"""Seconds: so many media seconds more or less in the buffer are not worth a wake-up."""


class Gap(NamedTuple):
    """A time in which nothing was being fetched because the buffer was full."""

    start: float
    """Seconds since the first media request."""
    length: float
    """Seconds."""


class Viewer:
    """The player as it stands while a sample is being fetched."""

    def __init__(self, player: Player) -> None:
        self.profile = player.profile
        self.started = False
        """Whether playback has ever begun."""
        self._player = player
        self._latest = 0.0
        self._lock = threading.Lock()

    def arrive(self, arrival: Arrival) -> None:
        """It is told of an arrival; one that is told late counts from now on."""
        with self._lock:
            self._latest = max(self._latest, arrival.time)
            self._player.arrive(arrival._replace(time=self._latest))
            self.started |= self._player.playing

    def position(self, at: float) -> float:
        """Media seconds played `at` seconds after the first request, as far as is known."""
        with self._lock:
            return self._player.position(max(at, self._latest))

    def buffer(self, at: float) -> float:
        """Media seconds ahead of that in all tracks."""
        with self._lock:
            return self._player.buffer(max(at, self._latest))

    @property
    def playing(self) -> bool:
        """Whether it played when it was told of something last."""
        return self._player.playing

    def ahead(self, fetch: TrackFetch, at: float) -> float:
        """Media seconds of one track ahead of what has been played."""
        level = fetch.appended if self.profile.whole else fetch.playable
        if self.profile.blocks:
            level, _ = fetch.blocks
        return level - self.position(at)


class Pacing:
    """Lets the loaders of a sample wait, and knows when all of them did.

    `wait` is told how long at most; its result does not matter.
    """

    def __init__(
        self,
        viewer: Viewer,
        progress: Progress,
        *,
        loaders: int = 1,
        paced: bool = True,
        picture: TrackFetch | None = None,
        wait: Callable[[float], object] | None = None,
    ) -> None:
        """`paced`: the profile's target holds; `picture`: its lead holds for the other tracks."""
        profile = viewer.profile
        resumes = (profile.resume, *profile.first_resumes)
        self._least = max(profile.start, profile.stall, *resumes)  # to play at all
        self._paced = paced
        self._picture = picture
        self.gaps: list[Gap] = []
        self._viewer = viewer
        self._progress = progress
        self._wait = wait or progress.stopped.wait
        self._running = loaders
        self._waiting = 0
        self._idle_since: float | None = None
        self._lock = threading.Lock()

    def hold(self, fetch: TrackFetch) -> bool:
        """Return when the player goes on to fetch a track: whether it had to wait for that.

        Raises BrokenError if the sample ends before.
        """
        if self._excess(fetch) <= 0:
            return False
        with self._held():
            while (excess := self._excess(fetch)) > 0 and not self._stuck():
                self._wait_on(max(excess, SHORTEST))
        return True

    def pause(self, seconds: float) -> None:
        """Let time pass because the player wants to; raises BrokenError as `hold` does."""
        end = self._progress.clock() + seconds
        if seconds > 0:
            with self._held():
                while (left := end - self._progress.clock()) > 0:
                    self._wait_on(left)

    def leave(self) -> None:
        """A loader has ended: the others need not wait for it."""
        with self._lock:
            self._running -= 1
            self._begin_gap()

    def _wait_on(self, seconds: float) -> None:
        """Wait for some time, or until something may have changed."""
        left = self._progress.deadline - self._progress.clock()
        if left <= 0 or self._progress.stopped.is_set():
            text = "the time for the download is over"
            raise BrokenError(Failure(Outcome.RESPONSE_TIMEOUT, Phase.TRANSFER, text))
        self._wait(min(left, LONGEST, seconds))

    def _excess(self, fetch: TrackFetch) -> float:
        """Media seconds of a track that the player has beyond what it wants."""
        wanted = min(self._full(fetch), self._led(fetch))
        return self._viewer.ahead(fetch, self._progress.now) - wanted

    def _full(self, fetch: TrackFetch) -> float:
        if not self._paced:
            return math.inf
        return max(self._least, self._viewer.profile.full(fetch.track.bitrate))

    def _led(self, fetch: TrackFetch) -> float:
        """How far a track may be ahead of the playhead beside the picture."""
        picture = self._picture
        if picture is None or fetch is picture or picture.complete:
            return math.inf
        lead = self._viewer.profile.lead
        next_ones = fetch.track.segments[fetch.number : fetch.number + 1]
        segment = sum(each.duration or 0.0 for each in next_ones)
        return max(self._viewer.ahead(picture, self._progress.now) + lead, segment)

    def _stuck(self) -> bool:
        """Whether it will never play if nobody fetches on."""
        return not self._viewer.playing and self._waiting >= self._running

    @contextmanager
    def _held(self) -> Iterator[None]:
        with self._lock:
            self._waiting += 1
            self._begin_gap()
        try:
            yield
        finally:
            with self._lock:
                self._end_gap()
                self._waiting -= 1

    def _begin_gap(self) -> None:
        if self._idle_since is None and 0 < self._running <= self._waiting:
            self._idle_since = self._progress.now

    def _end_gap(self) -> None:
        if self._idle_since is not None:
            end = min(self._progress.now, self._progress.config.download_time)
            self.gaps.append(Gap(self._idle_since, max(0.0, end - self._idle_since)))
            self._idle_since = None
