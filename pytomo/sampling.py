"""A download under way: its loaders, in turn or at the same time, and why it ended."""

import queue
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple, Protocol

from pytomo.abr import RULES
from pytomo.adaptive import Adaptive
from pytomo.config import Config
from pytomo.connections import Connections
from pytomo.disturbance import SCHEDSTAT, read, waited
from pytomo.errors import Failure, Outcome, Phase
from pytomo.loader import Loader
from pytomo.media_request import place
from pytomo.pacing import Gap, Pacing, Viewer
from pytomo.player import Player
from pytomo.profiles import profile
from pytomo.progress import Progress
from pytomo.results import Track, Video
from pytomo.route import route
from pytomo.timeline import Timeline
from pytomo.track_fetch import TrackFetch
from pytomo.transport import Answer, BrokenError

_TIMEOUTS = {Outcome.CONNECT_TIMEOUT, Outcome.RESPONSE_TIMEOUT}
_TICK = 0.001
"""Seconds: what the system's timeouts may be early by."""
_LOOK = 0.25
"""Seconds between two looks at whether the user wants to stop (waits cannot be interrupted on
Windows)."""
_FAREWELL = 1.0
"""Seconds that a thread is given to end; one that is just connecting ends by itself later."""


class MakeTimeline(Protocol):
    """As `pytomo.timeline.timeline`."""

    def __call__(self, track: Track, *, duration: float | None, size: int | None) -> Timeline:
        """The timeline of a track."""


class Sampling:
    """The state of one download."""

    def __init__(
        self,
        video: Video,
        locate: Callable[[str], str | Failure],
        config: Config,
        elapsed: float,
        clock: Callable[[], float],
        timeline: MakeTimeline,
    ) -> None:
        self.route = route(config)
        self.progress = Progress(config, clock)
        self.ended = 0.0
        """Seconds after the first request."""
        self._elapsed = elapsed
        wanted = profile(config)
        tracks, duration = len(video.tracks), video.claimed_duration
        viewer = Viewer(Player(wanted, tracks=tracks, duration=duration))
        adaptive = self._adaptive(video, viewer, timeline)
        plain = [
            TrackFetch(index=index, track=track, duration=duration, make_timeline=timeline)
            for index, track in enumerate(video.tracks)
        ]
        self.fetches = (adaptive.fetch if adaptive else plain[0], *plain[1:])
        apart = wanted.parallel and tracks > 1
        groups = [(fetch,) for fetch in self.fetches] if apart else [self.fetches]
        self.pacing = self._pacing(viewer, len(groups)) if config.paced or apart else None
        if self.pacing or adaptive:
            self.progress.listener = viewer.arrive
        self.loaders = tuple(
            Loader(
                group,
                self.progress,
                Connections(locate, self.route, clock),
                first=not number,
                own=wanted.parallel,
                pacing=self.pacing,
                adaptive=adaptive,
            )
            for number, group in enumerate(groups)
        )
        self._ended_by = self.loaders[0]
        self._threads: list[threading.Thread] = []

    def _pacing(self, viewer: Viewer, loaders: int) -> Pacing:
        """What lets the loaders wait: for the playhead, and several for the one of the picture."""
        return Pacing(
            viewer,
            self.progress,
            loaders=loaders,
            paced=self.progress.config.paced,
            picture=self.fetches[0] if loaders > 1 else None,
        )

    def _adaptive(self, video: Video, viewer: Viewer, timeline: MakeTimeline) -> Adaptive | None:
        """Who chooses the rungs, if they are to be chosen and there are several."""
        wanted = self.progress.config.abr
        if wanted is None or len(video.ladder) < 2:
            return None
        return Adaptive(
            video.ladder,
            next(rule for rule in RULES if rule.name == wanted),
            viewer,
            self.progress,
            duration=video.claimed_duration,
            make_timeline=timeline,
        )

    @property
    def last(self) -> Answer | None:
        """The last answer of the server that ended the sample, else of the first one."""
        return self._ended_by.last or self.loaders[0].last

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """When nothing was asked for because the buffer was full."""
        paced = self.progress.config.paced
        return tuple(self.pacing.gaps) if self.pacing is not None and paced else ()

    def run(self) -> Failure | None:
        """Fetch until the deadline, the end of all tracks or a failure."""
        try:
            self._start()
            if len(self.loaders) == 1:
                self.loaders[0].run()
            else:
                self._run_together()
            if not self.progress.arrivals:
                text = "the media has no bytes"
                raise BrokenError(Failure(Outcome.MEDIA_UNREADABLE, Phase.TRANSFER, text))
        except BrokenError as broken:
            return self._stopped(broken.failure)
        self.ended = self.progress.arrivals[-1].time
        return None

    def interrupted(self) -> Failure:
        """The user stopped it."""
        self._stop()
        text = "stopped by the user during the download"
        return Failure(Outcome.INTERRUPTED, self.loaders[0].connections.phase, text)

    def close(self) -> None:
        """Hang up, and see the threads off."""
        self.progress.stopped.set()
        if not self._threads:
            self.loaders[0].connections.close()
        for loader, thread in zip(self.loaders, self._threads, strict=False):
            loader.connections.interrupt()
            thread.join(_FAREWELL)

    def _start(self) -> None:
        """The clock starts when all is known that a player would know."""
        server, _ = place(self.fetches[0].track.segments[0].url)
        self.loaders[0].connections.locate(server)
        self.progress.started = self.progress.clock() - self._elapsed
        for loader in self.loaders:
            loader.connections.deadline = self.progress.deadline

    def _run_together(self) -> None:
        """Each loader in a thread; raises what ended the sample, be it the first failure."""
        endings: queue.Queue[_End] = queue.Queue()
        for loader in self.loaders:
            thread = threading.Thread(target=_run, args=(loader, endings), daemon=True)
            self._threads.append(thread)
            thread.start()
        late: list[tuple[Loader, BrokenError]] = []
        for _ in self.loaders:
            loader, error = _next(endings)
            if self.pacing is not None:
                self.pacing.leave()
            if isinstance(error, BrokenError) and self._over(error.failure):
                late.append((loader, error))
            elif error is not None:
                self._ended_by = loader
                raise error
        for loader, broken in sorted(late, key=lambda end: not end[0].starved)[:1]:
            self._ended_by = loader
            raise broken

    def _over(self, failure: Failure) -> bool:
        """Whether it is the deadline that made something fail."""
        in_time = self.progress.clock() < self.progress.deadline - _TICK
        return not in_time and failure.outcome in _TIMEOUTS

    def _stopped(self, failure: Failure) -> Failure | None:
        """Why the sample ended: the deadline is a failure only if a server was silent."""
        self._stop()
        if not self._over(failure):
            return failure
        length = self.progress.config.download_time
        self.ended = length
        if not self.progress.arrivals or any(loader.starved for loader in self.loaders):
            text = f"no media within {length:g} s ({failure.detail})"
            return replace(failure, detail=text)
        return None

    def _stop(self) -> None:
        """What arrives from now on is no part of it."""
        self.progress.stopped.set()
        self.ended = self.progress.now


class _End(NamedTuple):
    """A loader has ended, and how; None: all is there."""

    loader: Loader
    error: BaseException | None


def _run(loader: Loader, endings: "queue.Queue[_End]") -> None:
    error: BaseException | None = None
    try:
        loader.run()
    except BaseException as caught:  # it is raised where it is waited for
        error = caught
    finally:
        loader.connections.close()
        loader.waited = waited(read(SCHEDSTAT))
        endings.put(_End(loader, error))


def _next(endings: "queue.Queue[_End]") -> _End:
    """The next loader that has ended."""
    while True:
        try:
            return endings.get(timeout=_LOOK)
        except queue.Empty:
            continue
