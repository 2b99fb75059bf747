"""Fetches one track, or several in turn: one request after the other, as long as that works."""

from collections.abc import Sequence

from pytomo.adaptive import Adaptive
from pytomo.connections import Connections
from pytomo.errors import Outcome
from pytomo.media_request import headers, location, place, refused
from pytomo.pacing import Pacing
from pytomo.progress import Progress
from pytomo.results import Arrival
from pytomo.segment_log import SegmentLog
from pytomo.tcp_info import unread
from pytomo.track_fetch import Ask, TrackFetch
from pytomo.transport import Answer, BrokenError
from pytomo.wire import RECEIVE_BUFFER, receive, receive_promptly

MAX_REDIRECTS = 10
"""In a row; those of the first request, which have rows of their own, are counted elsewhere."""
MAX_RECONNECTS = 3
"""In a row, without a byte of media in between."""
DRAINED = 64 * 2**10
"""Bytes of a redirect's text that are read rather than the connection given up."""
_RESUMED = {Outcome.CONNECTION_RESET, Outcome.TRUNCATED}


class Loader:
    """Some tracks of a download and the connections that they come on."""

    def __init__(
        self,
        fetches: Sequence[TrackFetch],
        progress: Progress,
        connections: Connections,
        *,
        first: bool = True,
        own: bool = False,
        pacing: Pacing | None = None,
        adaptive: Adaptive | None = None,
    ) -> None:
        """`first`: its first request is that of the sample; `own`: it fetches as players do that
        fetch each track apart; `adaptive`: chooses the rungs of the track that is its own.
        """
        self.fetches = fetches
        self.connections = connections
        self.requests = self.reconnects = 0
        self.idle_bytes = 0
        """What arrived while we were not reading because the buffer was full."""
        self.first: Answer | None = None
        self.last: Answer | None = None
        self.first_url: str | None = None
        self.redirect_url: str | None = None
        self.log = SegmentLog()
        self.waited: int | None = None
        """Nanoseconds that a thread of its own, if it had one, waited for a processor."""
        self._adaptive = adaptive
        self._progress = progress
        self._hands_back = first
        self._own = own
        self._pacing = pacing
        self._prompt = own or pacing is not None or adaptive is not None
        self._asked = 0.0
        self._arrivals = self._fruits = self._fruitless = 0
        self._latest: Arrival | None = None
        self._buffer = memoryview(bytearray(RECEIVE_BUFFER))

    def run(self) -> None:
        """Fetch until all is there, or nothing more is wanted.

        Raises BrokenError at the deadline or when something fails.
        """
        while (fetch := self._next_fetch()) is not None and not self._progress.stopped.is_set():
            self._fetch(fetch)

    @property
    def starved(self) -> bool:
        """Whether a track got nothing although its server had most of the time to answer."""
        waited = self._progress.deadline - self._asked
        fetch = self._next_fetch()
        most = self._progress.config.download_time / 2
        return fetch is not None and not fetch.received and waited > most

    def _next_fetch(self) -> TrackFetch | None:
        """The track to go on with; the row is about the first one's server, so it comes first."""
        if not self.requests:
            return self.fetches[0]
        running = [fetch for fetch in self.fetches if not fetch.complete]
        return min(running, key=lambda fetch: (fetch.playable, not fetch.audio), default=None)

    def _fetch(self, fetch: TrackFetch) -> None:
        if self._pacing is not None:
            self._pacing.hold(fetch)
        adaptive = self._adaptive_of(fetch)
        if adaptive is not None and adaptive.due:
            self._turn(adaptive)
        self._request(fetch)

    def _turn(self, adaptive: Adaptive) -> None:
        """Have the next segment come from the rung that a player would choose now."""
        wait = adaptive.choose()
        if self._pacing is not None:
            self._pacing.pause(wait)
        while (piece := adaptive.piece()) is not None:
            while not piece.complete:
                self._request(piece)
            adaptive.learn(piece)
        adaptive.turn()

    def _request(self, fetch: TrackFetch) -> None:
        self._asked = self._progress.clock()
        ask = self._next_ask(fetch)
        adaptive = self._adaptive_of(fetch)
        rung = (adaptive.current if adaptive is not None else None) or 0
        self.log.ask(fetch, self._asked - self._progress.started, rung)
        try:
            answer = self._answer(fetch, ask)
            fetch.accept(ask, answer)
            if adaptive is not None:
                adaptive.answered(self._asked - self._progress.started, answer)
            self._receive(fetch, answer)
        except BrokenError as broken:
            self._mend(fetch, broken)
        else:
            if adaptive is not None and adaptive.given_up:
                self.log.give_up(fetch)
            else:
                self._settle(fetch, ask, answer)

    def _next_ask(self, fetch: TrackFetch) -> Ask:
        if self._own:
            return fetch.own_ask()
        start = self._progress.config.buffering_video_duration / 1000
        elapsed = self._asked - self._progress.started
        return fetch.next_ask(start if len(self.fetches) > 1 else None, elapsed)

    def _answer(self, fetch: TrackFetch, ask: Ask) -> Answer:
        """The answer at the end of the redirects."""
        url, visited = ask.url, [ask.url]
        while target := location(url, answer := self._answered(url, fetch, ask)):
            if self._hands_back and self.requests == 1:
                self.redirect_url = target
                raise refused(Outcome.REDIRECTED, f"redirected to {target}")
            if target in visited:
                raise refused(Outcome.REDIRECT_LOOP, f"redirected back to {target}")
            if len(visited) > MAX_REDIRECTS:
                raise refused(Outcome.TOO_MANY_REDIRECTS, f"more than {MAX_REDIRECTS} redirects")
            self._drain(answer)
            visited.append(url := target)
            fetch.move(url)
        return answer

    def _answered(self, url: str, fetch: TrackFetch, ask: Ask) -> Answer:
        server, target = place(url)
        self.first_url = self.first_url or url
        self.connections.to(server)
        with self.connections.watched() as connection:
            self.requests += 1
            answer = connection.ask(target, headers(fetch.track, server, ask))
        self.first = self.first or answer
        self.last = answer
        return answer

    def _drain(self, answer: Answer) -> None:
        """Read a redirect's text if it is short: a new connection would cost some round trips."""
        with self.connections.watched():
            left = DRAINED
            while left > 0 and (count := answer.body.readinto(self._buffer[:left])):
                left -= count

    def _receive(self, fetch: TrackFetch, answer: Answer) -> None:
        adaptive = self._adaptive_of(fetch)

        def take(at: float, data: memoryview) -> bool:
            if count := fetch.take(data):
                self._latest = self._progress.arrive(fetch, at, count)
                self._arrivals += 1
            if fetch.diverted:
                return True
            return adaptive is not None and adaptive.read(at - self._progress.started, count)

        def arm() -> None:
            if self._pacing is not None and fetch.streamed:
                self._hold_reading(self._pacing, answer, fetch)
            answer.wire.arm()

        take_on = receive_promptly if self._prompt else receive
        with self.connections.watched():
            take_on(answer.body.readinto, take, arm, self._progress.clock, self._buffer)

    def _hold_reading(self, pacing: Pacing, answer: Answer, fetch: TrackFetch) -> None:
        """Leave bytes to the system while the buffer is full: TCP then slows the server down."""
        before = unread(answer.wire.socket)
        if pacing.hold(fetch):
            self.idle_bytes += unread(answer.wire.socket) - before

    def _settle(self, fetch: TrackFetch, ask: Ask, answer: Answer) -> None:
        fetch.settle(ask, finished=answer.body.finished)
        if self._latest is not None and self._latest.track == fetch.index:
            self._latest = self._progress.settle(fetch, self._latest)
            whole = self.log.settle(fetch, self._latest.time)
            if whole is not None and (adaptive := self._adaptive_of(fetch)) is not None:
                adaptive.fetched(whole, answer.first_byte_time)

    def _adaptive_of(self, fetch: TrackFetch) -> Adaptive | None:
        """Who chooses the rungs of a track; None if they are not chosen."""
        adaptive = self._adaptive
        return adaptive if adaptive is not None and fetch is adaptive.fetch else None

    def _mend(self, fetch: TrackFetch, broken: BrokenError) -> None:
        """Go on by Range after a broken connection; raises what broke it where that cannot be.

        As players do, it goes on as long as each connection brings something.
        """
        self._fruitless = 0 if self._arrivals > self._fruits else self._fruitless + 1
        self._fruits = self._arrivals
        mendable = broken.failure.outcome in _RESUMED and fetch.resumable and self._arrivals
        given_up = self._fruitless == MAX_RECONNECTS or self._progress.stopped.is_set()
        if not mendable or given_up:
            raise broken
        fetch.broken = broken.failure
        self.reconnects += 1
