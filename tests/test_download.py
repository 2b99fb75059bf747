"""Tests of the bounded download, against real sockets on loopback."""

import math
import select
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import trustme
from media_files import INDEXED, media
from media_server import (
    LIMIT,
    Exchange,
    Handler,
    MediaServer,
    answers,
    file,
    redirect,
    tls,
    whole,
)
from step_timeline import StepTimeline

from pytomo.config import Config, Resolver
from pytomo.download import download
from pytomo.errors import Failure, Outcome, Phase
from pytomo.measure import Steps, measure
from pytomo.results import (
    Address,
    Answer,
    Resolution,
    Row,
    Sample,
    Segment,
    Track,
    TrackKind,
    Video,
    Visit,
)
from pytomo.timeline import timeline

HOST = "media.test"
CONTENT = bytes(range(256)) * 400
RATE = 10_000
"""Bytes a media second of the fake timeline."""


class EvenTimeline:
    """Media time in proportion to the bytes that came in order; `wanted` first, if given."""

    source = "samples"
    cut = False

    def __init__(self, size: int | None = None, wanted: int | None = None, told: bool = True):
        self.duration = 20.0
        self.received = 0
        self.ended = False
        self.size = size
        self.wanted = wanted
        self.told = told
        self.fed: list[tuple[int, int]] = []

    @property
    def playable(self) -> float:
        return math.inf if self.ended else 0.0 if self.wanted else self.received / RATE

    @property
    def sound(self) -> float:
        return self.playable

    appended = sound

    def feed(self, position: int, data: bytes | memoryview) -> None:
        self.fed.append((position, len(data)))
        if position == self.received:
            self.received += len(data)
        if position == self.wanted:
            end = position + len(data)
            self.wanted = None if end == self.size else end

    def end_segment(self) -> None:
        self.ended = True

    def bytes_until(self, media_time: float) -> int | None:
        return round(media_time * RATE) if self.told else None


def even(track: Track, *, duration: float | None, size: int | None) -> EvenTimeline:
    return EvenTimeline(size)


def segmented(track: Track, *, duration: float | None, size: int | None) -> StepTimeline:
    return StepTimeline()


def track(*urls: str, kind: TrackKind = TrackKind.BOTH, **facts: object) -> Track:
    segments = tuple(Segment(url=url) for url in urls)
    return Track(kind=kind, segments=segments, container="mp4", protocol="http", **facts)  # type: ignore[arg-type]


def video(*tracks: Track) -> Video:
    return Video(extraction_time=0.0, tracks=tracks)


def fetch(*tracks: Track, ip: str = "127.0.0.1", **changed: object) -> Sample:
    """A download of at most 10 s (if not told otherwise) from a loopback address."""
    edges = {name: changed.pop(name) for name in ("elapsed", "clock") if name in changed}
    timeline = changed.pop("timeline", even)
    config = replace(Config(download_time=10.0), **changed)  # type: ignore[arg-type]
    return download(video(*tracks), lambda host: ip, config, timeline=timeline, **edges)  # type: ignore[arg-type]


@contextmanager
def serving(handler: Handler, **facts: object) -> Iterator[MediaServer]:
    """A server that answers requests for /media."""
    with MediaServer({"/media": handler}, **facts) as server:  # type: ignore[arg-type]
        yield server


def received(sample: Sample) -> int:
    return sum(arrival.size for arrival in sample.arrivals)


def stalling(content: bytes, after: int) -> Handler:
    """Sends so many bytes of the content, then nothing until the test is over."""

    def handle(exchange: Exchange) -> None:
        promise = {"Content-Length": len(content)}
        exchange.send("200 OK", promise, content[:after])
        exchange.stopped.wait(LIMIT)

    return handle


def breaking(content: bytes, after: int, *, reset: bool = True) -> Handler:
    """Sends so many bytes of the range that is asked for, then breaks the connection."""

    def handle(exchange: Exchange) -> None:
        first = exchange.range[0] if exchange.range else 0
        told = f"bytes {first}-{len(content) - 1}/{len(content)}"
        left = {"Content-Range": told, "Content-Length": len(content) - first}
        exchange.send("206 Part", left, content[first : first + after])
        if reset:
            threading.Event().wait(0.05)  # a reset overtakes what is still on its way
            exchange.reset()
        else:
            exchange.sock.shutdown(socket.SHUT_RDWR)

    return handle


# --- one track ---


def test_a_file_is_asked_for_in_ranges_on_one_connection() -> None:
    """No range is longer than the track allows, and none overlaps another."""
    with serving(file(CONTENT, **{"Content-Type": "video/mp4; x=y"})) as server:
        sample = fetch(track(server.url("/media"), request_size=50_000))
    assert [ranged for _, ranged in server.ranges] == [
        "bytes=0-49999",
        "bytes=50000-99999",
        "bytes=100000-102399",
    ]
    assert server.connections == 1
    assert sample.failure is None
    assert sample.tracks[0].head == CONTENT
    assert sample.tracks[0].size == len(CONTENT)
    response = sample.response
    assert (response.status, response.requests, response.reconnects) == (206, 3, 0)
    assert response.bytes_received == received(sample) == len(CONTENT)
    assert response.media_type == "video/mp4"
    assert response.proxy is None


def test_the_last_arrival_of_a_whole_track_makes_all_of_it_playable() -> None:
    """The player must not stall at the end of the video."""
    with serving(file(CONTENT)) as server:
        sample = fetch(track(server.url("/media")))
    assert sample.arrivals[-1].playable == math.inf
    assert sample.response.download_time == sample.arrivals[-1].time


def test_times_are_in_order_and_include_the_connection() -> None:
    """The clock starts when the connection is begun."""
    with serving(file(CONTENT)) as server:
        sample = fetch(track(server.url("/media"), request_size=10_000))
    times = [arrival.time for arrival in sample.arrivals]
    response = sample.response
    assert times == sorted(times)
    assert response.connect_time is not None
    assert response.first_byte_time is not None
    assert times[0] >= response.connect_time + response.first_byte_time
    assert response.tls_time is None


def test_the_time_that_earlier_servers_took_counts() -> None:
    """A redirect before this server delays the first byte, and shortens the sample."""
    with serving(stalling(CONTENT, 1000)) as server:
        sample = fetch(track(server.url("/media")), elapsed=4.7, download_time=5.0)
    assert sample.arrivals[0].time >= 4.7
    assert sample.response.download_time == 5.0


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Transfer-Encoding": "chunked", "Content-Length": None},
        {"Connection": "close", "Content-Length": None},
    ],
    ids=["sized", "chunked", "endless"],
)
def test_a_server_without_ranges_is_read_on(headers: dict[str, object]) -> None:
    """Whether it tells the length, sends chunks or just ends the connection."""

    def handle(exchange: Exchange) -> None:
        chunked = b"".join(
            b"%x\r\n%b\r\n" % (len(part), part)
            for part in (CONTENT[:7], CONTENT[7:70_000], CONTENT[70_000:])
        )
        body = chunked + b"0\r\n\r\n" if "Transfer-Encoding" in headers else CONTENT
        exchange.send("200 OK", headers, body)
        if headers.get("Connection") == "close":
            exchange.sock.shutdown(socket.SHUT_RDWR)

    with serving(handle) as server:
        sample = fetch(track(server.url("/media"), request_size=10_000))
    assert sample.failure is None
    assert sample.tracks[0].head == CONTENT
    assert sample.tracks[0].size == len(CONTENT)
    assert sample.arrivals[-1].playable == math.inf
    assert len(server.log) == 1


def test_a_file_without_bytes_is_unreadable() -> None:
    """There is nothing to be measured."""
    with serving(whole(b"")) as server:
        failure = fetch(track(server.url("/media"))).failure
    assert failure is not None
    assert failure.outcome is Outcome.MEDIA_UNREADABLE


def test_empty_answers_end_the_sample() -> None:
    """A server that sends parts of no bytes is not asked for ever."""
    told = {"Content-Range": f"bytes 0-9/{len(CONTENT)}"}
    with serving(lambda exchange: exchange.send("206 Part", told)) as server:
        failure = fetch(track(server.url("/media"))).failure
    assert failure is not None
    assert failure.outcome is Outcome.TRUNCATED
    assert len(server.log) == 1


def test_a_range_that_was_not_asked_for_is_refused() -> None:
    """Its bytes would be taken for others."""
    told = {"Content-Range": "bytes 5-9/10"}
    with serving(lambda exchange: exchange.send("206 Part", told, b"56789")) as server:
        failure = fetch(track(server.url("/media"))).failure
    assert failure is not None
    assert (failure.outcome, failure.phase) == (Outcome.HTTP_ERROR, Phase.REQUEST)


def test_a_length_of_unknown_end_is_read_until_the_server_says_that_was_all() -> None:
    """Parts of a file whose size the server does not tell."""

    def handle(exchange: Exchange) -> None:
        first = exchange.range[0] if exchange.range else 0
        if first >= 20:
            exchange.send("416 No", {"Content-Range": "bytes */20"})
        else:
            told = {"Content-Range": f"bytes {first}-{first + 9}/*"}
            exchange.send("206 Part", told, CONTENT[first : first + 10])

    with serving(handle) as server:
        sample = fetch(track(server.url("/media"), request_size=10))
    assert sample.failure is None
    assert sample.tracks[0].head == CONTENT[:20]
    assert sample.tracks[0].size == 20


# --- what is sent ---


def test_media_is_asked_for_uncompressed_with_the_sites_headers() -> None:
    """Whatever the extractor wished for the encoding."""
    headers = {"User-Agent": "Browser/1", "accept-encoding": "gzip", "Cookie": "a=b", "Range": "x"}
    with serving(file(CONTENT)) as server:
        fetch(track(server.url("/media"), headers=headers))
    sent = server.log[0].headers
    assert sent["accept-encoding"] == "identity"
    assert sent["user-agent"] == "Browser/1"
    assert sent["cookie"] == "a=b"
    assert sent["host"] == f"{HOST}:{server.port}"
    assert sent["range"].startswith("bytes=0-")


# --- redirects ---


def test_a_redirect_of_the_first_request_is_handed_back() -> None:
    """The redirecting server has a row of its own."""
    with serving(redirect("/elsewhere#part")) as server:
        sample = fetch(track(server.url("/media")), elapsed=1.0)
    assert sample.failure is not None
    assert (sample.failure.outcome, sample.failure.phase) == (
        Outcome.REDIRECTED,
        Phase.REQUEST,
    )
    assert sample.response.redirect_url == server.url("/elsewhere")
    assert sample.response.status == 302
    assert sample.response.average_throughput is None
    assert (sample.response.download_time or 0.0) > 1.0


def test_a_later_redirect_is_followed_and_sticks() -> None:
    """The rest of the track comes from there."""
    with serving(file(CONTENT)) as other, MediaServer() as server:
        moved = redirect(other.url("/media", "other.test"))
        server.paths["/media"] = answers(file(CONTENT), moved)
        sample = fetch(track(server.url("/media"), request_size=40_000, headers={"Cookie": "a=b"}))
    assert sample.failure is None
    assert sample.tracks[0].head == CONTENT
    assert len(server.log) == 2
    assert [ranged for _, ranged in other.ranges] == ["bytes=40000-79999", "bytes=80000-102399"]
    assert other.log[0].headers["host"] == f"other.test:{other.port}"
    assert "cookie" not in other.log[0].headers


PERSONAL = {"Cookie": "a=b", "Authorization": "Bearer c", "Referer": "http://site.test/"}


def personal(server: MediaServer) -> list[bool]:
    """Whether each request brought cookies and credentials; never one without the other."""
    sent = [{"cookie", "authorization"} & set(exchange.headers) for exchange in server.log]
    assert all(len(each) in (0, 2) for each in sent)
    return [bool(each) for each in sent]


def test_what_is_personal_is_for_the_host_that_the_site_gave_it_for() -> None:
    """Not for the host of the first segment, where a redirect led to that one."""
    with MediaServer() as server:
        server.paths = {f"/{number}": file(CONTENT[:10]) for number in (1, 2)}
        moved = track(
            server.url("/1", "other.test"),
            server.url("/2"),
            headers=PERSONAL,
            headers_url=server.url("/1"),
        )
        assert fetch(moved, timeline=segmented).failure is None
    assert personal(server) == [False, True]
    assert all(exchange.headers["referer"] == PERSONAL["Referer"] for exchange in server.log)


def test_a_redirect_takes_nothing_personal_to_another_server() -> None:
    """The measurement goes on there as a player would, in a row of its own."""
    with serving(file(CONTENT)) as other, MediaServer() as server:
        server.paths["/media"] = redirect(other.url("/media", "other.test"))
        found = measured(video(track(server.url("/media"), headers=PERSONAL)))
    assert [row.ending.outcome for row in found][:1] == [Outcome.REDIRECTED]
    assert (personal(server), personal(other)) == ([True], [False])


def measured(video: Video) -> list[Row]:
    """The rows of a measurement of hosts that are all on loopback."""

    def resolve(host: str, config: Config) -> Resolution:
        name = config.resolvers[0].name
        answer = Answer(
            resolver=name,
            host=host,
            ips=("127.0.0.1",),
            canonical_name=None,
            time=0.0,
            failure=None,
        )
        address = Address(ip="127.0.0.1", host=host, family=4, resolvers=name)
        return Resolution(addresses=(address,), answers=(answer,))

    steps = Steps(
        extract=lambda url, config: video,
        resolve=resolve,
        probe=lambda addresses, config, port: {"127.0.0.1": {}},
    )
    visit = Visit(at=datetime(2026, 1, 1, tzinfo=UTC), service="generic", url="http://x/", round=0)
    return list(measure(visit, Config(resolvers=(Resolver("x", "192.0.2.53"),)), steps))


def test_a_segment_that_moved_does_not_take_the_others_cookies_away() -> None:
    """Those on the site's own host still get them."""
    with MediaServer({"/2": file(CONTENT[:10])}) as other, MediaServer() as server:
        server.paths = {f"/{number}": file(CONTENT[:10]) for number in (1, 3)}
        server.paths["/2"] = redirect(other.url("/2", "other.test"))
        urls = [server.url(f"/{number}") for number in (1, 2, 3)]
        assert fetch(track(*urls, headers=PERSONAL), timeline=segmented).failure is None
    assert (personal(server), personal(other)) == ([True, True, True], [False])


def test_what_is_personal_does_not_leave_tls(authority: trustme.CA, ca_file: Path) -> None:
    """From https to http, even of the same host; the other way it may."""
    with (
        serving(file(CONTENT), tls=tls(authority.issue_cert(HOST))) as secure,
        serving(file(CONTENT)) as plain,
    ):
        for first, second in ((secure, plain), (plain, secure)):
            urls = first.url("/media"), second.url("/media")
            fetch(track(*urls, headers=PERSONAL), timeline=segmented, ca_file=ca_file)
    assert (personal(secure), personal(plain)) == ([True, True], [False, True])


UNLEADING = [
    *("http://[bad/", "http://h:99999/", "http://h:abc/", "http://.h/", "http://a..h/"),
    *("http://h\u00e9\u0000/", "mailto:me@h", "http://[::1/" + "x" * 1000),
]


@pytest.mark.parametrize("location", UNLEADING)
@pytest.mark.parametrize("before", [0, 1], ids=["first", "later"])
def test_a_redirect_that_cannot_be_read_is_a_failure(location: str, before: int) -> None:
    """It is not handed back, as nobody could follow it."""
    with MediaServer() as server:
        server.paths["/media"] = answers(*[file(CONTENT)] * before, redirect(location))
        sample = fetch(track(server.url("/media"), request_size=1000))
    assert sample.failure is not None
    assert sample.failure.outcome is Outcome.UNSUPPORTED_URL
    assert sample.failure.phase is Phase.REQUEST
    assert sample.failure.detail.startswith("redirected to ")
    assert len(sample.failure.detail.splitlines()) == 1
    assert len(sample.failure.detail) < 300
    assert sample.response.redirect_url is None
    assert received(sample) == 1000 * before


def test_a_redirect_beyond_ascii_is_quoted_as_browsers_do() -> None:
    """Its bytes stay what they are, so that the server finds what it meant."""
    with serving(redirect("/caf\u00e9 au lait")) as server:
        sample = fetch(track(server.url("/media")))
    assert sample.response.redirect_url == server.url("/caf%C3%A9%20au%20lait")


def test_headers_that_http_cannot_carry_are_left_out() -> None:
    """They would break the request, or smuggle another header into it."""
    odd = {
        "X-Far": "\u65e5\u672c",
        "X-Two": "a\r\nX-Smuggled: b",
        "X-Folded": "a\n b",
        "X Name": "a",
        "X-N\u00e4me": "a",
        "X-Plain": "a b",
    }
    with serving(file(CONTENT)) as server:
        assert fetch(track(server.url("/media"), headers=odd)).failure is None
    sent = {name for name in server.log[0].headers if name.startswith("x")}
    assert sent == {"x-plain"}


@pytest.mark.parametrize(
    ("location", "expected"),
    [
        (lambda count: "/loop", Outcome.REDIRECT_LOOP),
        (lambda count: f"/{count}", Outcome.TOO_MANY_REDIRECTS),
        (lambda count: "ftp://elsewhere/", Outcome.UNSUPPORTED_URL),
    ],
)
def test_redirects_that_lead_nowhere_end_the_sample(
    location: Callable[[int], str], expected: Outcome
) -> None:
    """And what came before is kept."""
    with MediaServer() as server:

        def handle(exchange: Exchange) -> None:
            redirect(location(len(server.log)))(exchange)

        server.paths = {"/media": answers(file(CONTENT), handle), "/loop": handle}
        server.paths |= {f"/{number}": handle for number in range(20)}
        sample = fetch(track(server.url("/media"), request_size=40_000))
    assert sample.failure is not None
    assert sample.failure.outcome is expected
    assert received(sample) == 40_000
    assert len(server.log) <= 12


# --- what breaks ---


@pytest.mark.parametrize("reset", [True, False], ids=["reset", "closed"])
def test_a_broken_answer_is_resumed_where_it_broke(reset: bool) -> None:
    """Nothing is lost, and nothing is fetched twice."""
    with MediaServer() as server:
        broken = breaking(CONTENT, 30_000, reset=reset)
        server.paths["/media"] = answers(broken, broken, file(CONTENT))
        sample = fetch(track(server.url("/media")))
    assert sample.failure is None
    assert sample.tracks[0].head == CONTENT
    assert received(sample) == len(CONTENT)
    assert sample.response.reconnects == 2
    assert sample.response.requests == 3


def test_a_server_that_breaks_off_again_and_again_is_borne_with() -> None:
    """As long as each connection brings something: players do not mind either."""
    with serving(breaking(CONTENT, 10_000, reset=False)) as server:
        sample = fetch(track(server.url("/media")))
    assert sample.failure is None
    assert sample.tracks[0].head == CONTENT
    assert sample.response.reconnects > 3


def test_a_server_that_brings_nothing_any_more_is_given_up() -> None:
    """After three new connections without a byte."""
    with MediaServer() as server:
        server.paths["/media"] = answers(breaking(CONTENT, 10_000), breaking(CONTENT, 0))
        sample = fetch(track(server.url("/media")))
    assert sample.failure is not None
    assert (sample.failure.outcome, sample.failure.phase) == (
        Outcome.CONNECTION_RESET,
        Phase.TRANSFER,
    )
    assert received(sample) == 10_000
    assert sample.response.reconnects == 3


def test_a_body_shorter_than_promised_is_truncated_if_it_cannot_be_resumed() -> None:
    """The server ignores ranges, so the rest cannot be asked for."""

    def handle(exchange: Exchange) -> None:
        whole(CONTENT, **{"Content-Length": len(CONTENT) + 10})(exchange)
        exchange.sock.shutdown(socket.SHUT_RDWR)

    with serving(handle) as server:
        sample = fetch(track(server.url("/media")))
    assert sample.failure is not None
    assert sample.failure.outcome is Outcome.TRUNCATED
    assert "10 bytes" in sample.failure.detail
    assert "\n" not in sample.failure.detail
    assert received(sample) == len(CONTENT)


def test_a_promise_of_too_many_bytes_is_put_right_by_the_server() -> None:
    """Asked for the rest, it tells the size that the file really has."""

    def handle(exchange: Exchange) -> None:
        told = f"bytes 0-{len(CONTENT) + 9}/{len(CONTENT) + 10}"
        longer = {"Content-Range": told, "Content-Length": len(CONTENT) + 10}
        exchange.send("206 Part", longer, CONTENT)
        exchange.sock.shutdown(socket.SHUT_RDWR)

    with serving(answers(handle, file(CONTENT))) as server:
        sample = fetch(track(server.url("/media")))
    assert sample.failure is None
    assert sample.tracks[0].size == len(CONTENT)
    assert sample.arrivals[-1].playable == math.inf


@pytest.mark.parametrize("status", ["403 Forbidden", "404 Not Found", "503 Busy", "204 Empty"])
def test_a_refusal_is_an_http_error_with_its_status(status: str) -> None:
    """No throughput is told of a server that refused."""
    with serving(lambda exchange: exchange.send(status)) as server:
        sample = fetch(track(server.url("/media")))
    assert sample.failure == Failure(Outcome.HTTP_ERROR, Phase.REQUEST, status)
    assert sample.response.status == int(status[:3])
    assert sample.response.average_throughput is None
    assert sample.response.media_type is None


def test_a_refusal_midway_keeps_what_came() -> None:
    """URLs expire."""
    refused = answers(file(CONTENT), lambda exchange: exchange.send("403 Forbidden"))
    with serving(refused) as server:
        sample = fetch(track(server.url("/media"), request_size=40_000))
    assert sample.failure is not None
    assert sample.failure.outcome is Outcome.HTTP_ERROR
    assert sample.response.status == 403
    assert received(sample) == 40_000
    assert sample.tracks[0].head == CONTENT[:40_000]


def test_what_does_not_speak_http_is_an_http_error() -> None:
    """And no crash."""
    with serving(lambda exchange: exchange.sock.sendall(b"SSH-2.0-x\r\n")) as server:
        failure = fetch(track(server.url("/media"))).failure
    assert failure is not None
    assert failure.outcome is Outcome.HTTP_ERROR


def test_a_refused_connection_is_a_result() -> None:
    """Nothing was requested, so nothing of a transfer is told."""
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    sample = fetch(track(f"http://{HOST}:{port}/media"))
    assert sample.failure is not None
    assert (sample.failure.outcome, sample.failure.phase) == (
        Outcome.CONNECTION_REFUSED,
        Phase.CONNECT,
    )
    assert sample.response.download_time is None
    assert sample.response.bytes_received is None


def test_a_host_without_address_is_the_resolvers_failure() -> None:
    """It is handed through as it is."""
    nowhere = Failure(Outcome.DNS_NXDOMAIN, Phase.RESOLVE, "no such name")
    sample = download(video(track("http://x.test/")), lambda host: nowhere, Config(), timeline=even)
    assert sample.failure == nowhere


# --- the deadline ---


def test_a_server_that_pauses_does_not_hold_us_over_the_deadline() -> None:
    """The sample ends with the download time, and that is no failure."""
    begun = time.monotonic()
    with serving(stalling(CONTENT, 5_000)) as server:
        sample = fetch(track(server.url("/media")), download_time=0.3)
        took = time.monotonic() - begun
    assert sample.failure is None
    assert sample.response.download_time == 0.3
    assert received(sample) == 5_000
    assert sample.arrivals[-1].time < 0.3
    assert took < LIMIT / 2


def drip(exchange: Exchange) -> None:
    """A head that comes byte by byte, each in time for a timeout of its own."""
    for byte in b"HTTP/1.1 200 OK\r\nX: " + b"x" * 1000:
        if exchange.stopped.wait(0.05):
            break
        exchange.sock.sendall(bytes([byte]))


def silent(exchange: Exchange) -> None:
    exchange.stopped.wait(LIMIT)


@pytest.mark.parametrize("handler", [silent, drip, stalling(CONTENT, 0)])
def test_no_media_before_the_deadline_is_a_response_timeout(handler: Handler) -> None:
    """Whether no head came, only part of one, or only the head."""
    begun = time.monotonic()
    with serving(handler) as server:
        sample = fetch(track(server.url("/media")), download_time=0.3)
        took = time.monotonic() - begun
    assert sample.failure is not None
    assert sample.failure.outcome is Outcome.RESPONSE_TIMEOUT
    assert "no media within 0.3 s" in sample.failure.detail
    assert sample.response.average_throughput == 0.0
    assert sample.response.download_time == 0.3
    assert took < LIMIT / 2


def test_ctrl_c_loses_nothing() -> None:
    """The sample so far is returned, whenever it comes."""
    calls = 0

    def clock() -> float:
        nonlocal calls
        calls += 1
        if calls == 60:
            raise KeyboardInterrupt
        return time.monotonic()

    with serving(file(CONTENT)) as server:
        sample = fetch(track(server.url("/media"), request_size=1_000), clock=clock)
    assert sample.failure is not None
    assert sample.failure.outcome is Outcome.INTERRUPTED
    assert 0 < received(sample) < len(CONTENT)
    assert sample.response.bytes_received == received(sample)


# --- two tracks ---


SLOW = {"elapsed": 50.0, "clock": lambda: 0.0, "download_time": 100.0}
"""Time stands still 50 s after the start: whatever came by then would have been played."""


def two(server: MediaServer, **facts: object) -> tuple[Track, Track]:
    return (
        track(server.url("/video"), kind=TrackKind.VIDEO, **facts),
        track(server.url("/audio"), kind=TrackKind.AUDIO, **facts),
    )


def test_the_track_with_less_media_is_next_and_each_request_goes_a_step_further() -> None:
    """First up to the start threshold, then 2 s at a time; audio where both have the same."""
    long = bytes(20 * RATE)
    with MediaServer({"/video": file(long), "/audio": file(long)}) as server:
        sample = fetch(*two(server), **SLOW)
    assert sample.failure is None
    # what nothing is known of costs 64 KiB: 6.5536 s here
    assert server.ranges[:6] == [
        ("/video", "bytes=0-65535"),
        ("/audio", "bytes=0-65535"),
        ("/audio", "bytes=65536-85535"),
        ("/video", "bytes=65536-85535"),
        ("/audio", "bytes=85536-105535"),
        ("/video", "bytes=85536-105535"),
    ]
    assert server.connections == 1
    assert {arrival.track for arrival in sample.arrivals} == {0, 1}


def test_requests_are_few_where_much_is_buffered() -> None:
    """6.5 s came in 2 s: 4.5 s are buffered, and in half of that 7.5 s more would come."""
    long = bytes(20 * RATE)
    with MediaServer({"/video": file(long), "/audio": file(long)}) as server:
        sample = fetch(*two(server), **{**SLOW, "elapsed": 2.0})
    assert sample.failure is None
    first, second = 65536, round(65536 + 0.5 * 4.5536 * 3.2768 * RATE)
    assert server.ranges[2:4] == [
        ("/audio", f"bytes={first}-{second - 1}"),
        ("/video", f"bytes={first}-{second - 1}"),
    ]
    assert len(server.log) == 6


def test_the_first_request_reaches_for_the_start_threshold_by_the_claimed_rate() -> None:
    """2 s of it, if that is more than what an index needs."""
    with MediaServer({"/video": file(CONTENT), "/audio": file(CONTENT)}) as server:
        fetch(*two(server, bitrate=320.0), buffering_video_duration=2000.0)
    assert server.ranges[0] == ("/video", "bytes=0-79999")


def test_the_start_threshold_is_the_settings() -> None:
    """-B, milliseconds."""
    with MediaServer({"/video": file(CONTENT), "/audio": file(CONTENT)}) as server:
        fetch(*two(server, bitrate=160.0), buffering_video_duration=4000.0)
    assert server.ranges[0] == ("/video", "bytes=0-79999")


def test_no_request_of_two_tracks_is_longer_than_allowed() -> None:
    """However far the horizon."""
    with MediaServer({"/video": file(CONTENT), "/audio": file(CONTENT)}) as server:
        fetch(*two(server, request_size=30_000))
    assert server.ranges[0] == ("/video", "bytes=0-29999")


def test_tracks_on_two_hosts_have_a_connection_each() -> None:
    """Kept alive as long as they are needed."""
    with MediaServer({"/video": file(CONTENT)}) as first, ExitStack() as stack:
        second = stack.enter_context(MediaServer({"/audio": file(CONTENT)}))
        sample = fetch(
            track(first.url("/video"), kind=TrackKind.VIDEO, request_size=20_000),
            track(second.url("/audio"), kind=TrackKind.AUDIO, request_size=20_000),
        )
    assert sample.failure is None
    assert (first.connections, second.connections) == (1, 1)
    assert [sample.tracks[number].head for number in (0, 1)] == [CONTENT, CONTENT]


# --- segments ---


def test_each_segment_is_one_request() -> None:
    """Whole segments are asked for whole, one after the other."""
    with MediaServer({f"/{n}": file(CONTENT[: n * 10]) for n in (1, 2, 3)}) as server:
        segments = track(*(server.url(f"/{n}") for n in (1, 2, 3)))
        sample = fetch(segments, timeline=segmented)
    assert server.ranges == [("/1", None), ("/2", None), ("/3", None)]
    assert sample.tracks[0].head == CONTENT[:10] + CONTENT[:20] + CONTENT[:30]
    assert sample.tracks[0].size == 60
    assert [arrival.playable for arrival in sample.arrivals] == [1.0, 2.0, 3.0]
    assert server.connections == 1


@pytest.mark.parametrize("handler", [file(CONTENT), whole(CONTENT)], ids=["parts", "whole"])
def test_byte_ranges_of_segments_are_honoured(handler: Handler) -> None:
    """Even by a server that ignores them, as far as they are at the beginning of the file."""
    with serving(handler) as server:
        first = Segment(url=server.url("/media"), first_byte=0, last_byte=99)
        sample = fetch(replace(track("x"), segments=(first, first)), timeline=segmented)
    assert server.ranges == [("/media", "bytes=0-99")] * 2
    assert sample.failure is None
    assert sample.tracks[0].head == CONTENT[:100] * 2
    assert received(sample) == 200


def test_a_broken_segment_is_resumed_by_range() -> None:
    """Although it had been asked for as a whole."""

    def handle(exchange: Exchange) -> None:
        if exchange.range is None:
            whole(CONTENT[:100], **{"Content-Length": len(CONTENT)})(exchange)
            exchange.sock.shutdown(socket.SHUT_RDWR)
        else:
            file(CONTENT)(exchange)

    with MediaServer({"/1": handle, "/2": file(b"end")}) as server:
        sample = fetch(track(server.url("/1"), server.url("/2")), timeline=segmented)
    assert sample.failure is None
    assert server.ranges == [("/1", None), ("/1", f"bytes=100-{len(CONTENT) - 1}"), ("/2", None)]
    assert sample.tracks[0].head == CONTENT + b"end"


def test_a_broken_segment_that_cannot_be_resumed_tells_what_broke_it() -> None:
    """Not that the server ignores ranges."""

    def handle(exchange: Exchange) -> None:
        whole(CONTENT[:100], **{"Content-Length": len(CONTENT)})(exchange)
        exchange.sock.shutdown(socket.SHUT_RDWR)

    with MediaServer({"/1": handle, "/2": file(b"end")}) as server:
        sample = fetch(track(server.url("/1"), server.url("/2")), timeline=segmented)
    assert sample.failure is not None
    assert (sample.failure.outcome, sample.failure.phase) == (Outcome.TRUNCATED, Phase.TRANSFER)
    assert received(sample) == 100


# --- what is wanted out of order ---


def test_the_end_of_a_file_is_fetched_first_if_it_is_wanted_and_not_twice() -> None:
    """An MP4 file with its movie box behind the media cannot be played before it is read."""
    content = bytes(3_000_000)
    made: list[EvenTimeline] = []

    def at_end(track: Track, *, duration: float | None, size: int | None) -> EvenTimeline:
        made.append(EvenTimeline(size, wanted=2_900_000))
        return made[0]

    with serving(file(content)) as server:
        sample = fetch(track(server.url("/media"), request_size=1_000_000), timeline=at_end)
    assert sample.failure is None
    ranges = [ranged for _, ranged in server.ranges]
    assert ranges[:2] == ["bytes=0-999999", "bytes=2900000-2999999"]
    resumed = received(sample) - 100_000  # all but the end, in order
    assert resumed == 2_900_000
    assert made[0].received == 2_900_000
    assert sample.response.reconnects == 0
    assert len(sample.tracks[0].tail) == 100_000


def test_no_more_than_a_mebibyte_of_the_end_is_kept() -> None:
    """And nothing where nothing was wanted out of order."""

    def at_end(track: Track, *, duration: float | None, size: int | None) -> EvenTimeline:
        return EvenTimeline(size, wanted=1_000_000)

    content = bytes(1_000_000) + b"1" * 2**20 + b"2" * 500_000
    with serving(file(content)) as server:
        media = track(server.url("/media"), request_size=300_000)
        assert fetch(media, timeline=at_end).tracks[0].tail == b"1" * 2**20
        assert fetch(media).tracks[0].tail == b""


def test_a_server_without_ranges_is_read_to_the_wanted_end() -> None:
    """There is no other way."""

    def at_end(track: Track, *, duration: float | None, size: int | None) -> EvenTimeline:
        return EvenTimeline(size, wanted=90_000)

    with serving(whole(CONTENT)) as server:
        sample = fetch(track(server.url("/media")), timeline=at_end)
    assert sample.failure is None
    assert len(server.log) == 1
    assert received(sample) == len(CONTENT)


# --- real media ---

FULL_RATE = "nal-hrd=cbr:bitrate=1000:vbv-maxrate=1000:vbv-bufsize=500:keyint=25:scenecut=0"
FULL = (("x264-params", FULL_RATE),)


def test_a_movie_box_at_the_end_is_read_before_the_media() -> None:
    """What can be played is known long before the whole file is there."""
    content = media("mp4", seconds=12.0, encoder=FULL)
    with serving(file(content)) as server:
        sample = fetch(track(server.url("/media")), timeline=timeline)
    assert sample.failure is None
    ranges = [exchange.range or (0, 0) for exchange in server.log]
    assert len(ranges) == 3
    assert abs(ranges[1][0] - content.index(b"moov")) <= 4
    assert ranges[2][1] == ranges[1][0] - 1
    assert received(sample) == len(content)
    assert 0 < sample.arrivals[-2].playable < 12.0
    assert sample.tracks[0].head == content[: 2**20]
    assert sample.tracks[0].tail == content[content.index(b"moov") - 4 :]


def test_a_movie_box_that_is_read_in_its_turn_is_kept_all_the_same() -> None:
    """The server has no ranges, and the box is behind what is kept of the head."""
    content = media("mp4", seconds=12.0, encoder=FULL)
    with serving(whole(content)) as server:
        sample = fetch(track(server.url("/media")), timeline=timeline)
    assert sample.failure is None
    assert content.index(b"moov") > 2**20
    assert sample.tracks[0].tail == content[content.index(b"moov") - 4 :]


def test_the_tracks_of_an_indexed_video_are_fetched_in_step() -> None:
    """The index tells just how far each request has to reach."""
    picture = media("mp4", seconds=24.0, encoder=FULL, muxer=INDEXED, audio=None)
    sound = media("mp4", seconds=24.0, muxer=INDEXED, video=None)
    with MediaServer({"/video": file(picture), "/audio": file(sound)}) as server:
        sample = fetch(*two(server), timeline=timeline, **SLOW)
    assert sample.failure is None
    reached = [arrival.playable for arrival in sample.arrivals if not arrival.track]
    for horizon in (2.0, 4.0, 6.0, 8.0, 10.0, 12.0, 14.0):
        assert any(horizon <= playable < horizon + 1.0 for playable in reached)
    assert [t.head for t in sample.tracks] == [picture[: 2**20], sound]


# --- TLS and proxies ---


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def ca_file(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("trust") / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return path


def test_media_comes_over_tls_from_the_chosen_address(authority: trustme.CA, ca_file: Path) -> None:
    """With the name of the host in the handshake, which is timed."""
    names: list[str | None] = []
    context = tls(authority.issue_cert(HOST), names)
    with serving(file(CONTENT), address="127.0.0.3", tls=context) as server:
        media = track(server.url("/media"), request_size=60_000)
        sample = fetch(media, ip="127.0.0.3", ca_file=ca_file)
    assert sample.failure is None
    assert sample.tracks[0].head == CONTENT
    assert names == [HOST]
    assert (sample.response.tls_time or 0.0) > 0


def test_a_connection_that_breaks_over_tls_is_resumed(authority: trustme.CA, ca_file: Path) -> None:
    """An end without TLS's own goodbye is a broken connection like any other."""
    broken = answers(breaking(CONTENT, 30_000), file(CONTENT))
    with serving(broken, tls=tls(authority.issue_cert(HOST))) as server:
        sample = fetch(track(server.url("/media")), ca_file=ca_file)
    assert sample.failure is None
    assert sample.tracks[0].head == CONTENT
    assert sample.response.reconnects == 1


def test_a_certificate_that_is_not_trusted_is_a_tls_failure(authority: trustme.CA) -> None:
    """No byte of media is asked for."""
    with serving(file(CONTENT), tls=tls(authority.issue_cert(HOST))) as server:
        sample = fetch(track(server.url("/media")))
    assert sample.failure is not None
    assert (sample.failure.outcome, sample.failure.phase) == (Outcome.TLS_FAILED, Phase.TLS)
    assert sample.response.requests == 0
    assert sample.response.connect_time is not None


def tunnel(exchange: Exchange) -> None:
    """A CONNECT proxy: to the address asked for, and bytes both ways until one end closes.

    All in one thread: two may not use a TLS socket at the same time.
    """
    host, _, port = exchange.target.rpartition(":")
    client = exchange.sock
    with socket.create_connection((host, int(port))) as onward:
        client.sendall(b"HTTP/1.1 200 Connected\r\nVia: test\r\n\r\n")
        other = {client: onward, onward: client}
        while data := (source := _readable(client, onward)).recv(2**16):
            other[source].sendall(data)
    client.shutdown(socket.SHUT_RDWR)


def _readable(client: socket.socket, onward: socket.socket) -> socket.socket:
    """The end that has bytes for the other."""
    if isinstance(client, ssl.SSLSocket) and client.pending():
        return client
    ready: list[socket.socket] = select.select([client, onward], [], [], LIMIT)[0]
    return ready[0] if ready else client


class Proxy(MediaServer):
    """Tunnels whatever it is asked for."""

    def answer(self, exchange: Exchange) -> None:
        tunnel(exchange)


def test_a_proxy_carries_media_to_the_chosen_address(authority: trustme.CA, ca_file: Path) -> None:
    """CONNECT names the address, SNI the host; the row says which proxy, without its password."""
    names: list[str | None] = []
    context = tls(authority.issue_cert(HOST), names)
    with serving(file(CONTENT), address="127.0.0.4", tls=context) as server, Proxy() as proxy:
        sample = fetch(
            track(server.url("/media")),
            ip="127.0.0.4",
            ca_file=ca_file,
            http_proxy=f"http://me:secret@127.0.0.1:{proxy.port}",
        )
    assert sample.failure is None
    assert sample.tracks[0].head == CONTENT
    assert [(log.method, log.target) for log in proxy.log] == [
        ("CONNECT", f"127.0.0.4:{server.port}")
    ]
    assert proxy.log[0].headers["proxy-authorization"] == "Basic bWU6c2VjcmV0"
    assert names == [HOST]
    assert "proxy-authorization" not in server.log[0].headers
    assert server.log[0].headers["host"] == f"{HOST}:{server.port}"
    assert sample.response.proxy == f"http://127.0.0.1:{proxy.port}"


def test_a_proxy_may_itself_be_spoken_to_over_tls(authority: trustme.CA, ca_file: Path) -> None:
    """TLS with the host then runs within TLS with the proxy."""
    context = tls(authority.issue_cert(HOST))
    with (
        serving(file(CONTENT), tls=context) as server,
        Proxy(tls=tls(authority.issue_cert("127.0.0.1"))) as proxy,
    ):
        sample = fetch(
            track(server.url("/media"), request_size=40_000),
            ca_file=ca_file,
            http_proxy=f"https://127.0.0.1:{proxy.port}",
        )
    assert sample.failure is None
    assert sample.tracks[0].head == CONTENT
    assert sample.response.proxy == f"https://127.0.0.1:{proxy.port}"


def test_plain_media_is_asked_of_the_proxy_by_address() -> None:
    """The absolute form of RFC 9112 section 3.2.2, with the host's name in its header."""
    with MediaServer() as proxy:
        proxy.paths["http://127.0.0.5:8000/media"] = file(CONTENT)
        sample = fetch(
            track(f"http://{HOST}:8000/media"),
            ip="127.0.0.5",
            http_proxy=f"http://127.0.0.1:{proxy.port}",
        )
    assert sample.failure is None
    assert sample.tracks[0].head == CONTENT
    assert proxy.log[0].headers["host"] == f"{HOST}:8000"


@pytest.mark.parametrize("refusal", ["407 Proxy Authentication Required", "502 Bad Gateway"])
def test_a_proxy_that_refuses_is_the_proxys_failure(refusal: str) -> None:
    """Not the server's."""

    class Refusing(MediaServer):
        def answer(self, exchange: Exchange) -> None:
            exchange.send(refusal)

    with Refusing() as proxy:
        failure = fetch(
            track(f"https://{HOST}/media"), http_proxy=f"http://127.0.0.1:{proxy.port}"
        ).failure
    assert failure is not None
    assert (failure.outcome, failure.phase) == (Outcome.PROXY_FAILED, Phase.CONNECT)
    assert refusal[:3] in failure.detail


def test_a_proxy_that_is_not_there_is_the_proxys_failure() -> None:
    """A refused connection to it says nothing about the server."""
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    failure = fetch(track(f"https://{HOST}/media"), http_proxy=f"http://127.0.0.1:{port}").failure
    assert failure is not None
    assert failure.outcome is Outcome.PROXY_FAILED


def test_the_environments_proxies_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only --http-proxy carries media."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    with serving(file(CONTENT)) as server:
        assert fetch(track(server.url("/media"))).failure is None
