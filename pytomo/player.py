"""What a viewer would have seen: arrivals of media, played in an exact model of a video player.

Time moves from event to event, so a stall begins at the instant the buffer reaches the threshold
and not at the next packet. `docs/player.md` has the model, its formulas and a worked example. Its
terms (initial loading delay, stalling) are those of ITU-T P.1203.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from copy import copy
from typing import NamedTuple

from pytomo.first_pytomo import play_first
from pytomo.profiles import FIRST_PYTOMO, Profile
from pytomo.results import Arrival, Freeze, Playback, Stall
from pytomo.stock import Stock

_RESOLUTION = 1e-6
"""s: stored traces keep times to this, so an arrival may stand that far behind the end."""


def play(
    arrivals: Iterable[Arrival],
    *,
    tracks: int,
    duration: float | None,
    end: float,
    profile: Profile,
) -> Playback:
    """What a viewer would have seen until `end`.

    `arrivals` are in order of time; those after `end` are no part of the sample. `duration` is the
    video's, `end` the sample's, in seconds. If playback never started, nothing was played and all
    that was received is in the buffer; what is only defined by a start is None.
    """
    sample = _until(end, arrivals)
    if profile.name == FIRST_PYTOMO:
        return play_first(sample, tracks=tracks, duration=duration, profile=profile)
    player = Player(profile, tracks=tracks, duration=duration)
    for arrival in sample:
        player.arrive(arrival)
    return player.playback(end)


class Supply(NamedTuple):
    """The instants at which there was more to play than before."""

    times: Sequence[float]
    ready: Sequence[float]
    """Media seconds from the video's start that are playable in every track from then on."""
    complete: bool
    """Whether the last one brought the end of every track."""


def supply(
    arrivals: Iterable[Arrival],
    tracks: int,
    duration: float | None,
    end: float,
    profile: Profile,
) -> Supply:
    """What there is to play, and from when on; the arguments are those of `play`.

    One instant at most for each distinct time: how its bytes were cut leaves no mark.
    """
    stock = Stock(profile, tracks, duration)
    rises: dict[float, float] = {}
    for arrival in _until(end - profile.latency, arrivals):
        before = stock.ready
        if stock.take(arrival) and (stock.ready > before or stock.complete):
            rises[arrival.time + profile.latency] = stock.ready
    return Supply(list(rises), list(rises.values()), stock.complete)


def _until(end: float, arrivals: Iterable[Arrival]) -> Iterator[Arrival]:
    """The arrivals up to a time."""
    for arrival in arrivals:
        if arrival.time > end + _RESOLUTION:
            return
        yield arrival


class Player:
    """A video player that is told what arrives, in the order of time, and plays meanwhile.

    Times are seconds since the first media request.
    """

    def __init__(self, profile: Profile, *, tracks: int, duration: float | None = None) -> None:
        self.profile = profile
        self.playing = False
        self._stock = Stock(profile, tracks, duration)
        self._now = 0.0  # of what it knows last
        self._received = 0  # bytes
        self._startup: float | None = None
        self._initial_bytes = 0
        self._initial_buffer = 0.0
        self._due: deque[Arrival] = deque()  # what has come and cannot be played yet
        self._begun = self._position = 0.0  # the last time it began to play, and from where
        self._stalled = 0.0  # the last time it stopped to play
        self._frozen: float | None = None  # since when the picture stands still, if it does
        self._stalls: list[Stall] = []
        self._freezes: list[Freeze] = []

    def arrive(self, arrival: Arrival) -> None:
        """Bytes arrive; they can be played when the profile's latency is over."""
        if self._due:
            self._go_on(arrival.time)
        self._received += arrival.size
        self._due.append(arrival)
        self._go_on(arrival.time)
        if self._startup is not None and arrival.time <= self._startup:
            self._initial_bytes = self._received

    def position(self, at: float) -> float:
        """Media seconds played by a time that is not before the last arrival."""
        return self._seen(at)._played(at)

    def buffer(self, at: float) -> float:
        """Media seconds in the buffer at a time that is not before the last arrival."""
        seen = self._seen(at)
        return max(0.0, seen._stock.ready - seen._played(at))

    def playback(self, end: float) -> Playback:
        """What a viewer would have seen until a time that is not before the last arrival."""
        return self._seen(end)._summary()

    def _seen(self, at: float) -> "Player":
        """The player when nothing more has come by a time; this one stays as it is."""
        later = copy(self)
        later._stalls, later._freezes = [*self._stalls], [*self._freezes]
        if self._due:
            later._due, later._stock = self._due.copy(), self._stock.copy()
        later._go_on(at)
        return later

    def _go_on(self, until: float) -> None:
        """Let all happen that happens up to a time."""
        latency = self.profile.latency
        while self._due and self._due[0].time + latency <= until:
            arrival = self._due.popleft()
            self._take(arrival, arrival.time + latency)
        self._play_on(until)

    def _take(self, arrival: Arrival, time: float) -> None:
        self._play_on(time)
        if self._stock.take(arrival):
            self._react(time)
        if time == self._startup:
            self._initial_buffer = self._stock.ready

    def _played(self, at: float) -> float:
        if not self.playing:
            return self._position
        most = self._stock.ready if self._stock.complete else self._stock.heard
        return min(most, self._position + max(0.0, at - self._begun))

    def _play_on(self, until: float) -> None:
        """Play what is there. What comes at the very instant at which it is used up is in time."""
        self._now = max(self._now, until)
        if not self.playing or self._stock.complete:
            return
        stop, position = self._dry()
        if self.profile.patience:
            frozen = self._frozen if self._frozen is not None else self._lasts(self._stock.ready)
            if frozen + self.profile.patience < stop:
                stop = frozen + self.profile.patience
                position = self._position + stop - self._begun
            if frozen < min(stop, until):
                self._frozen = frozen
        if stop < until:
            self._stop(stop, position)

    def _dry(self) -> tuple[float, float]:
        """When and where there is nothing more to play, if nothing more comes."""
        last = self._stock.heard - self.profile.stall
        return self._lasts(last), last

    def _lasts(self, media: float) -> float:
        """Until when it plays what ends at a media time."""
        return self._begun + (media - self._position)

    def _react(self, time: float) -> None:
        """There is more to play than before."""
        if self.playing:
            self._notice(time)
        elif self._stock.complete or self._enough():
            self._begin(time)

    def _notice(self, time: float) -> None:
        """It plays, and what has come may let a frozen picture go on."""
        position = self._position + time - self._begun
        if self._frozen is not None and (self._stock.ready > position or self._stock.complete):
            self._thaw(time)

    def _enough(self) -> bool:
        """Whether there is enough to begin with, of the sound where that is what counts."""
        threshold = self.profile.start
        if self._startup is not None:
            threshold = self.profile.resume_from(len(self._stalls))
        seen, heard = self._stock.ready - self._position, self._stock.heard - self._position
        return (heard >= threshold or self._stock.heard_out) and seen > self.profile.stall

    def _begin(self, time: float) -> None:
        if self._startup is None:
            self._startup, self._initial_bytes = time, self._received
        else:
            self._stalls.append(self._stall(time, censored=False))
        self._begun = time
        self.playing = True

    def _stop(self, time: float, position: float) -> None:
        self._thaw(time)
        self._stalled, self._position = time, position
        self.playing = False

    def _thaw(self, time: float, *, censored: bool = False) -> None:
        """The picture goes on, or the sound stops, too."""
        if self._frozen is not None:
            position = self._position + self._frozen - self._begun
            freeze = Freeze(self._frozen, time - self._frozen, position, censored)
            self._freezes.append(freeze)
            self._frozen = None

    def _stall(self, until: float, *, censored: bool) -> Stall:
        return Stall(self._stalled, until - self._stalled, self._position, censored)

    def _ended(self) -> None:
        """The sample is over: what is still open is censored."""
        if self._startup is not None and not self.playing:
            self._stalls.append(self._stall(self._now, censored=True))
        self._thaw(self._now, censored=True)

    def _summary(self) -> Playback:
        played, ready, label = self._played(self._now), self._stock.ready, self.profile.label
        if self._startup is None:
            return Playback(played_time=0.0, buffer_at_end=ready, profile=label)
        self._ended()
        stalled = sum(stall.length for stall in self._stalls)
        size = self._initial_bytes
        return Playback(
            startup_delay=self._startup,
            initial_bytes=size,
            initial_rate=8 * size / self._startup / 1000 if self._startup else None,
            initial_buffer=self._initial_buffer,
            stall_count=len(self._stalls),
            stalled_time=stalled,
            played_time=played,
            buffer_at_end=max(0.0, ready - played),
            stall_ratio=stalled / (stalled + played) if stalled + played else None,
            stall_censored=bool(self._stalls) and self._stalls[-1].censored,
            freeze_count=len(self._freezes),
            frozen_time=sum(freeze.length for freeze in self._freezes),
            profile=label,
            stalls=tuple(self._stalls),
            freezes=tuple(self._freezes),
        )
