"""The loop of a download: which track is next, what to ask for, what came and what went wrong."""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Protocol
from urllib.parse import urljoin

from pytomo import __version__
from pytomo.config import Config
from pytomo.connections import Connections
from pytomo.errors import Failure, Outcome, Phase
from pytomo.results import Arrival, Track, Video
from pytomo.route import Endpoint, endpoint, route
from pytomo.timeline import Timeline
from pytomo.track_fetch import Ask, TrackFetch
from pytomo.transport import Answer, BrokenError
from pytomo.wire import RECEIVE_BUFFER, receive

MAX_REDIRECTS = 10
"""In a row; those of the first request, which have rows of their own, are counted elsewhere."""
MAX_RECONNECTS = 3
"""In a row, without a byte of media in between."""
DRAINED = 64 * 2**10
"""Bytes of a redirect's text that are read rather than the connection given up."""
_REDIRECTS = {301, 302, 303, 307, 308}
_OURS = {"accept-encoding", "connection", "host", "range"}
_PERSONAL = {"authorization", "cookie"}
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_TEXT = re.compile(r"[\t -~\x80-\xff]*")
"""What a header may consist of (RFC 9110 sections 5.1 and 5.5)."""
_NOT_ASCII = re.compile(r"[^\x00-\x7f]")
_SHOWN = 200
"""Characters of a bad URL in a message."""
_RESUMED = {Outcome.CONNECTION_RESET, Outcome.TRUNCATED}
_TIMEOUTS = {Outcome.CONNECT_TIMEOUT, Outcome.RESPONSE_TIMEOUT}
_TICK = 0.001
"""Seconds: what the system's timeouts may be early by."""


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
        self.fetches = tuple(
            TrackFetch(
                index=index,
                track=track,
                duration=video.claimed_duration,
                make_timeline=timeline,
            )
            for index, track in enumerate(video.tracks)
        )
        self.config = config
        self.clock = clock
        self.route = route(config)
        self.connections = Connections(locate, self.route, clock)
        self.buffer = memoryview(bytearray(RECEIVE_BUFFER))
        self.elapsed = elapsed
        self.started = self.ended = self.asked = 0.0
        self.arrivals: list[Arrival] = []
        self.requests = self.reconnects = 0
        self.fruitless = self.fruits = 0
        self.first: Answer | None = None
        self.last: Answer | None = None
        self.redirect_url: str | None = None

    def run(self) -> Failure | None:
        """Fetch until the deadline, the end of all tracks or a failure."""
        try:
            self._start()
            while (fetch := self._next_fetch()) is not None:
                self._fetch(fetch)
            if not self.arrivals:
                text = "the media has no bytes"
                raise BrokenError(Failure(Outcome.MEDIA_UNREADABLE, Phase.TRANSFER, text))
        except BrokenError as broken:
            return self._stopped(broken.failure)
        self.ended = self.arrivals[-1].time
        return None

    def _start(self) -> None:
        """The clock starts when all is known that a player would know."""
        place, _ = _place(self.fetches[0].next_ask(None).url)
        self.connections.locate(place)
        self.started = self.clock() - self.elapsed
        self.connections.deadline = self.started + self.config.download_time

    def _next_fetch(self) -> TrackFetch | None:
        """The track to go on with; the row is about the first one's server, so it comes first."""
        if not self.requests:
            return self.fetches[0]
        running = [fetch for fetch in self.fetches if not fetch.complete]
        return min(running, key=lambda fetch: (fetch.playable, not fetch.audio), default=None)

    def _fetch(self, fetch: TrackFetch) -> None:
        self.asked = self.clock()
        start = self.config.buffering_video_duration / 1000 if len(self.fetches) > 1 else None
        ask = fetch.next_ask(start, self.asked - self.started)
        try:
            answer = self._answer(fetch, ask)
            fetch.accept(ask, answer)
            self._receive(fetch, answer)
        except BrokenError as broken:
            self._mend(fetch, broken)
        else:
            self._settle(fetch, ask, answer)

    def _answer(self, fetch: TrackFetch, ask: Ask) -> Answer:
        """The answer at the end of the redirects."""
        url, visited = ask.url, [ask.url]
        while location := _location(url, answer := self._asked(url, fetch, ask)):
            if self.requests == 1:
                self.redirect_url = location
                raise _refused(Outcome.REDIRECTED, f"redirected to {location}")
            if location in visited:
                raise _refused(Outcome.REDIRECT_LOOP, f"redirected back to {location}")
            if len(visited) > MAX_REDIRECTS:
                raise _refused(Outcome.TOO_MANY_REDIRECTS, f"more than {MAX_REDIRECTS} redirects")
            self._drain(answer)
            visited.append(url := location)
            fetch.move(url)
        return answer

    def _asked(self, url: str, fetch: TrackFetch, ask: Ask) -> Answer:
        place, target = _place(url)
        self.connections.to(place)
        with self.connections.watched() as connection:
            self.requests += 1
            answer = connection.ask(target, _headers(fetch.track, place, ask))
        self.first = self.first or answer
        self.last = answer
        return answer

    def _drain(self, answer: Answer) -> None:
        """Read a redirect's text if it is short: a new connection would cost some round trips."""
        with self.connections.watched():
            left = DRAINED
            while left > 0 and (count := answer.body.readinto(self.buffer[:left])):
                left -= count

    def _receive(self, fetch: TrackFetch, answer: Answer) -> None:
        def take(at: float, data: memoryview) -> bool:
            if count := fetch.take(data):
                arrival = Arrival(at - self.started, fetch.index, count, fetch.playable)
                self.arrivals.append(arrival)
            return fetch.diverted

        with self.connections.watched():
            receive(answer.body.readinto, take, answer.wire.arm, self.clock, self.buffer)

    def _settle(self, fetch: TrackFetch, ask: Ask, answer: Answer) -> None:
        fetch.settle(ask, finished=answer.body.finished)
        if self.arrivals and self.arrivals[-1].track == fetch.index:
            self.arrivals[-1] = self.arrivals[-1]._replace(playable=fetch.playable)

    def _mend(self, fetch: TrackFetch, broken: BrokenError) -> None:
        """Go on by Range after a broken connection; raises what broke it where that cannot be.

        As players do, it goes on as long as each connection brings something.
        """
        self.fruitless = 0 if len(self.arrivals) > self.fruits else self.fruitless + 1
        self.fruits = len(self.arrivals)
        mendable = broken.failure.outcome in _RESUMED and fetch.resumable and self.arrivals
        if not mendable or self.fruitless == MAX_RECONNECTS:
            raise broken
        fetch.broken = broken.failure
        self.reconnects += 1

    def _stopped(self, failure: Failure) -> Failure | None:
        """Why the sample ended: the deadline is a failure only if a server was silent."""
        self.ended = self._now()
        in_time = self.clock() < self.connections.deadline - _TICK
        if in_time or failure.outcome not in _TIMEOUTS:
            return failure
        self.ended = self.config.download_time
        if not self.arrivals or self._starved():
            text = f"no media within {self.config.download_time:g} s ({failure.detail})"
            return replace(failure, detail=text)
        return None

    def _starved(self) -> bool:
        """Whether a track got nothing although its server had most of the time to answer."""
        waited = self.connections.deadline - self.asked
        fetch = self._next_fetch()
        return fetch is not None and not fetch.received and waited > self.config.download_time / 2

    def interrupted(self) -> Failure:
        """The user stopped it."""
        self.ended = self._now()
        text = "stopped by the user during the download"
        return Failure(Outcome.INTERRUPTED, self.connections.phase, text)

    def _now(self) -> float:
        return self.clock() - self.started


def _place(url: str) -> tuple[Endpoint, str]:
    try:
        return endpoint(url)
    except ValueError as error:
        raise _refused(Outcome.UNSUPPORTED_URL, str(error)) from None


def _refused(outcome: Outcome, text: str) -> BrokenError:
    return BrokenError(Failure(outcome, Phase.REQUEST, text))


def _location(url: str, answer: Answer) -> str | None:
    """Where an answer redirects to (RFC 9110 section 10.2.2), if it does.

    It is as whoever parses it next will understand it: ASCII only, and no fragment. Raises
    BrokenError if it leads nowhere.
    """
    location = answer.headers.get("Location")
    if not location or answer.status not in _REDIRECTS:
        return None
    location = _NOT_ASCII.sub(lambda found: f"%{ord(found[0]):02X}", location)  # as browsers do
    try:
        place, target = endpoint(urljoin(url, location))
    except ValueError:
        text = f"redirected to {location[:_SHOWN]!r}, which is no HTTP URL"
        raise _refused(Outcome.UNSUPPORTED_URL, text) from None
    return f"{place.scheme}://{place.authority}{target}"


def _headers(track: Track, place: Endpoint, ask: Ask) -> dict[str, str]:
    """Those that the site wants to see, and ours; what HTTP cannot carry is left out."""
    dropped = _OURS if _confidant(track, place) else _OURS | _PERSONAL
    wanted = {
        name: text
        for name, text in track.headers.items()
        if name.lower() not in dropped and _NAME.fullmatch(name) and _TEXT.fullmatch(text)
    }
    ours = {"Accept-Encoding": "identity"}
    if ask.ranged:
        ours["Range"] = ask.span.header
    return {"User-Agent": f"Pytomo/{__version__}"} | wanted | ours


def _confidant(track: Track, place: Endpoint) -> bool:
    """Whether a server may see what is personal: the site's own, and not less securely."""
    home, _ = _place(track.headers_url or track.segments[0].url)
    return place.host == home.host and place.scheme in (home.scheme, "https")
