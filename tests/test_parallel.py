"""Tests of tracks that are fetched at the same time, against real sockets on loopback."""

import _thread
import math
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

import pytest
from media_files import INDEXED, media
from media_server import LIMIT, Exchange, Handler, MediaServer, file, redirect

from pytomo.config import Config
from pytomo.download import download
from pytomo.errors import Failure, Outcome, Phase
from pytomo.results import Sample, Segment, Track, TrackKind, Video

MEDIA = bytes(range(256)) * 200
FULL_RATE = "nal-hrd=cbr:bitrate=400:vbv-maxrate=400:vbv-bufsize=200:keyint=25:scenecut=0"
FULL = (("x264-params", FULL_RATE),)
"""A picture that fills its bitrate, so that a file is longer than what the index is in."""


def track(kind: TrackKind, *urls: str, **facts: object) -> Track:
    segments = tuple(Segment(url=url, duration=1.0 if len(urls) > 1 else None) for url in urls)
    return Track(kind=kind, segments=segments, container="mp4", protocol="http", **facts)  # type: ignore[arg-type]


def segmented(server: MediaServer, kind: TrackKind, count: int) -> Track:
    return track(kind, *(server.url(f"/{kind}{number}") for number in range(count)))


def fetch(*tracks: Track, **changed: object) -> Sample:
    """A download by a player that fetches tracks at the same time, of at most 10 s."""
    clock = changed.pop("clock", time.monotonic)
    config = replace(Config(download_time=10.0, profile="dash.js"), **changed)  # type: ignore[arg-type]
    video = Video(extraction_time=0.0, tracks=tracks)
    return download(video, lambda host: "127.0.0.1", config, clock=clock)  # type: ignore[arg-type]


def meeting(handler: Handler, parties: int = 2) -> Handler:
    """Answers when so many requests wait for an answer at the same time."""
    barrier = threading.Barrier(parties, timeout=LIMIT)

    def handle(exchange: Exchange) -> None:
        barrier.wait()
        handler(exchange)

    return handle


def stalling(after: int) -> Handler:
    """Sends so many bytes, then nothing until the test is over."""

    def handle(exchange: Exchange) -> None:
        exchange.send("200 OK", {"Content-Length": len(MEDIA)}, MEDIA[:after])
        exchange.stopped.wait(LIMIT)

    return handle


def both(handler: Handler, count: int = 3) -> dict[str, Handler]:
    """Segments of the picture and of the sound."""
    return {f"/{kind}{number}": handler for kind in ("video", "audio") for number in range(count)}


def test_tracks_come_on_connections_of_their_own_at_the_same_time() -> None:
    """No server would answer here if only one of them were asked."""
    with MediaServer(both(meeting(file(MEDIA)))) as server:
        sample = fetch(segmented(server, TrackKind.VIDEO, 3), segmented(server, TrackKind.AUDIO, 3))
    assert sample.failure is None
    assert server.connections == 2
    of_connection = {exchange.connection: exchange.target[:6] for exchange in server.log}
    assert set(of_connection.values()) == {"/video", "/audio"}
    assert sample.response.requests == 6
    assert sample.response.bytes_received == 6 * len(MEDIA)
    assert [each.size for each in sample.tracks] == [3 * len(MEDIA)] * 2


def test_arrivals_of_all_tracks_are_in_the_order_of_time() -> None:
    """Whichever thread brings them."""
    with MediaServer(both(file(MEDIA), 20)) as server:
        sample = fetch(
            segmented(server, TrackKind.VIDEO, 20), segmented(server, TrackKind.AUDIO, 20)
        )
    assert {arrival.track for arrival in sample.arrivals} == {0, 1}
    assert all(one.time <= other.time for one, other in pairwise(sample.arrivals))
    for index in (0, 1):
        levels = [arrival.playable for arrival in sample.arrivals if arrival.track == index]
        assert levels == sorted(levels)
        assert levels[-1] == math.inf
    assert sample.response.download_time == sample.arrivals[-1].time


def test_one_track_is_fetched_by_segments_without_a_thread() -> None:
    """A player of one muxed track has nothing to do at the same time."""
    threads = threading.active_count()
    seen: list[int] = []

    def handle(exchange: Exchange) -> None:
        seen.append(threading.active_count())
        file(MEDIA)(exchange)

    with MediaServer({"/both0": handle, "/both1": handle}) as server:
        sample = fetch(segmented(server, TrackKind.BOTH, 2))
    assert sample.failure is None
    assert max(seen) == threads + 3  # the server's two, and the one that watches for lag
    assert server.connections == 1


def test_a_file_of_both_is_one_open_request() -> None:
    """As a browser asks for a progressive file, however large."""
    with MediaServer({"/film": file(MEDIA)}) as server:
        sample = fetch(track(TrackKind.BOTH, server.url("/film"), request_size=1000))
    assert server.ranges == [("/film", "bytes=0-")]
    assert sample.response.bytes_received == len(MEDIA)


def test_an_indexed_file_is_asked_for_by_its_parts() -> None:
    """First what holds the index, then each subsegment, up to the end of the file."""
    content = media("mp4", seconds=24.0, encoder=FULL, muxer=INDEXED, audio=None)
    with MediaServer({"/video": file(content), "/audio": file(MEDIA)}) as server:
        sample = fetch(
            track(TrackKind.VIDEO, server.url("/video")),
            track(TrackKind.AUDIO, server.url("/audio")),
        )
    asked = [span or "" for target, span in server.ranges if target == "/video"]
    assert asked[0] == "bytes=0-65535"
    ends = [int(span.partition("-")[2]) + 1 for span in asked[1:]]
    starts = [int(span.partition("=")[2].partition("-")[0]) for span in asked[1:]]
    assert starts == [65536, *ends[:-1]]
    assert len(asked) > 2
    boxes = (content[end + 4 : end + 8] for end in ends[:-1])
    assert {bytes(box) for box in boxes} <= {b"moof", b"styp", b"mfra"}
    assert sample.tracks[0].size == len(content)


def test_the_first_failure_ends_the_sample() -> None:
    """The other track is not waited for."""
    handlers = {"/video0": stalling(500), "/video1": stalling(500), "/audio0": meeting_later()}
    begun = time.monotonic()
    with MediaServer(handlers) as server:
        sample = fetch(segmented(server, TrackKind.VIDEO, 2), segmented(server, TrackKind.AUDIO, 2))
        took = time.monotonic() - begun
    assert sample.failure is not None
    assert (sample.failure.outcome, sample.failure.phase) == (Outcome.HTTP_ERROR, Phase.REQUEST)
    assert sample.response.status == 404
    assert took < 5.0
    assert {arrival.track for arrival in sample.arrivals} == {0, 1}
    assert sample.response.first_byte_time is not None


def meeting_later() -> Handler:
    """Sends all of a segment, a little later than others send theirs."""

    def handle(exchange: Exchange) -> None:
        exchange.stopped.wait(0.2)
        file(MEDIA)(exchange)

    return handle


def test_the_deadline_ends_all_tracks() -> None:
    """What came by then is the sample."""
    with MediaServer({**both(stalling(700), 2)}) as server:
        sample = fetch(
            segmented(server, TrackKind.VIDEO, 2),
            segmented(server, TrackKind.AUDIO, 2),
            download_time=0.5,
        )
    assert sample.failure is None
    assert sample.response.download_time == 0.5
    assert sample.response.bytes_received == 1400


def test_a_track_without_a_byte_by_the_deadline_is_a_response_timeout() -> None:
    """The other one's media does not make up for it."""
    handlers = {**both(file(MEDIA), 2), "/audio0": stalling(0)}
    with MediaServer(handlers) as server:
        sample = fetch(
            segmented(server, TrackKind.VIDEO, 2),
            segmented(server, TrackKind.AUDIO, 2),
            download_time=0.5,
        )
    assert sample.failure is not None
    assert sample.failure.outcome is Outcome.RESPONSE_TIMEOUT


def test_ctrl_c_loses_nothing() -> None:
    """The sample so far is returned, and no thread stays behind."""
    main = threading.current_thread()
    calls = 0

    def clock() -> float:
        nonlocal calls
        own = threading.current_thread() is not main
        calls += own
        if own and calls == 60:
            raise KeyboardInterrupt
        return time.monotonic()

    before = set(threading.enumerate())
    with MediaServer(both(file(MEDIA), 50)) as server:
        sample = fetch(
            segmented(server, TrackKind.VIDEO, 50),
            segmented(server, TrackKind.AUDIO, 50),
            clock=clock,
        )
    assert sample.failure is not None
    assert sample.failure.outcome is Outcome.INTERRUPTED
    assert 0 < (sample.response.bytes_received or 0) < 100 * len(MEDIA)
    assert not set(threading.enumerate()) - before


def test_ctrl_c_is_heard_while_threads_fetch() -> None:
    """It comes to the main thread, which waits for them."""

    def handle(exchange: Exchange) -> None:
        if exchange.target == "/video1":
            _thread.interrupt_main()
            exchange.stopped.wait(LIMIT)
        file(MEDIA)(exchange)

    before = set(threading.enumerate())
    # Whoever starts the tests in the background may have had SIGINT ignored.
    usual = signal.signal(signal.SIGINT, signal.default_int_handler)
    with MediaServer({**both(file(MEDIA), 2), "/video1": handle}) as server:
        sample = fetch(segmented(server, TrackKind.VIDEO, 2), segmented(server, TrackKind.AUDIO, 2))
        threads = [each for each in set(threading.enumerate()) - before if "_run" in each.name]
    signal.signal(signal.SIGINT, usual)
    assert sample.failure is not None
    assert sample.failure.outcome is Outcome.INTERRUPTED
    assert (sample.response.bytes_received or 0) >= len(MEDIA)
    assert not threads


def test_only_the_first_request_hands_a_redirect_back() -> None:
    """That of the other track is followed."""
    handlers: dict[str, Handler] = {
        **both(file(MEDIA), 2),
        "/audio0": redirect("/elsewhere"),
        "/elsewhere": file(MEDIA),
    }
    with MediaServer(handlers) as server:
        sample = fetch(segmented(server, TrackKind.VIDEO, 2), segmented(server, TrackKind.AUDIO, 2))
    assert sample.failure is None
    assert sample.response.redirect_url is None


@pytest.mark.parametrize("kind", ["video", "audio"])
def test_a_bug_is_not_lost_in_a_thread(kind: str) -> None:
    """It is raised where the sample is waited for."""

    def locate(host: str) -> str | Failure:
        if host.startswith(kind):
            raise ZeroDivisionError
        return "127.0.0.1"

    with MediaServer(both(file(MEDIA), 2)) as server:
        tracks = [
            track(each, *(server.url(f"/{each}{n}", host=f"{each}.test") for n in range(2)))
            for each in (TrackKind.VIDEO, TrackKind.AUDIO)
        ]
        config = Config(download_time=10.0, profile="dash.js")
        attempt: Callable[[], Sample] = lambda: download(  # noqa: E731
            Video(extraction_time=0.0, tracks=tuple(tracks)), locate, config
        )
        with pytest.raises(ZeroDivisionError):
            attempt()
