"""How the first Pytomo (2011-2015) counted stalls, with its errors: for continuity with its rows.

It looked at its buffer only at the end of a read of about a second's worth of bytes. What it got
wrong is kept on purpose: its playhead starts the duration of one read after the first byte, however
late playback starts, so stalls are invented near rate 1; the read that spans an interruption does
not count as waiting; what has arrived by the last read outside a stall counts as played. Described
after FileDownloader of lib_general_download.py in its last version. Where it estimated media time
from bytes, we know it.
"""

from collections.abc import Iterable

from pytomo.profiles import Profile
from pytomo.results import Arrival, Playback, Stall
from pytomo.stock import Stock

_FIRST_READ = 1024
_LARGEST_READ = 4 * 2**20
"""Bytes."""
_INSTANT = 0.001
"""Seconds: no rate is told from less."""


def play_first(
    arrivals: Iterable[Arrival], *, tracks: int, duration: float | None, profile: Profile
) -> Playback:
    """What the first Pytomo would have stored; times are seconds since the first media request."""
    player = _FirstPlayer(profile, Stock(profile, tracks, duration))
    for arrival in arrivals:
        player.arrive(arrival)
    return player.playback()


class _FirstPlayer:
    def __init__(self, profile: Profile, stock: Stock) -> None:
        self._profile = profile
        self._stock = stock
        self._size = _FIRST_READ  # bytes of the read that is under way
        self._missing = _FIRST_READ
        self._began: float | None = None  # the clock: the first byte
        self._last = 0.0  # the end of the last read
        self._received = 0
        self._startup: float | None = None
        self._initial_bytes = 0
        self._lead = 0.0  # how far the playhead is behind the clock
        self._waited = self._played = 0.0
        self._open: Stall | None = None
        self._stalls: list[Stall] = []

    def arrive(self, arrival: Arrival) -> None:
        if self._began is None:
            self._began = self._last = arrival.time
        self._stock.take(arrival)
        left = arrival.size
        while left >= self._missing:
            left -= self._missing
            self._received += self._missing
            self._read(arrival.time)
        self._received += left
        self._missing -= left
        if left and self._stock.complete:  # The last read is as long as what is left.
            self._read(arrival.time)

    def playback(self) -> Playback:
        """Its buffer at the end was always told as empty."""
        stalls = [*self._stalls, *([self._open] if self._open else [])]
        started = self._startup is not None
        ratio = self._waited + self._played
        return Playback(
            startup_delay=self._startup,
            initial_bytes=self._initial_bytes if started else None,
            initial_rate=self._initial_rate(),
            stall_count=len(stalls) if started else None,
            stalled_time=self._waited if started else None,
            played_time=self._played,
            buffer_at_end=0.0,
            stall_ratio=self._waited / ratio if started and ratio else None,
            stall_censored=self._open is not None if started else None,
            profile=self._profile.label,
            stalls=tuple(stalls),
        )

    def _initial_rate(self) -> float | None:
        """kbps from the first byte to the start."""
        if self._startup is None or self._began is None or self._startup <= self._began:
            return None
        return 8 * self._initial_bytes / (self._startup - self._began) / 1000

    def _read(self, time: float) -> None:
        """A read ends: the only moment at which it looks at its buffer."""
        lasted, self._last = time - self._last, time
        self._missing = self._size = _next_size(self._size, lasted)
        if self._startup is None:
            self._start(time, lasted)
        elif self._open is None:
            self._check(time)
        else:
            self._wait(time, lasted)

    def _start(self, time: float, lasted: float) -> None:
        if self._stock.ready > self._profile.start:
            self._startup, self._lead, self._initial_bytes = time, lasted, self._received

    def _check(self, time: float) -> None:
        self._played = self._stock.ready
        if self._stock.ready - self._position(time) < self._profile.stall:
            self._open = Stall(time, 0.0, self._position(time), censored=True)

    def _wait(self, time: float, lasted: float) -> None:
        assert self._open is not None, "it waits"
        self._waited += lasted
        begun = self._open
        self._open = Stall(begun.start, begun.length + lasted, begun.position, censored=True)
        if self._stock.ready - self._position(time) > self._profile.resume:
            ended = Stall(begun.start, self._open.length, begun.position, censored=False)
            self._stalls.append(ended)
            self._open = None

    def _position(self, time: float) -> float:
        return time - (self._began or 0.0) - self._lead - self._waited


def _next_size(size: int, lasted: float) -> int:
    """Bytes of the next read: about those of a second, at most twice and at least half as many."""
    most = min(2 * size, _LARGEST_READ)
    if lasted < _INSTANT:
        return most
    return int(min(max(size / lasted, size / 2, 1), most))
