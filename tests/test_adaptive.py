"""Tests of rungs that are chosen segment by segment, against real sockets on loopback."""

import math
from collections.abc import Sequence
from dataclasses import replace

import pytest
from media_files import INDEXED, media
from media_server import LIMIT, Exchange, Handler, MediaServer, file, redirect

from pytomo.abr import Choice, Chooser, Ladder, Rule, Situation
from pytomo.adaptive import NOMINAL, TARGET, Adaptive
from pytomo.config import Config
from pytomo.download import download
from pytomo.errors import Outcome
from pytomo.measure import _moved
from pytomo.pacing import Viewer
from pytomo.player import Player
from pytomo.profiles import PROFILES
from pytomo.progress import Progress
from pytomo.results import Fetched, Sample, Segment, Track, TrackKind, Video
from pytomo.timeline import timeline

COUNT = 6
"""Segments of 4 s."""
PART = bytes(range(256)) * 8


def rung(server: MediaServer, height: int, *, head: bool = False) -> Track:
    """One of a manifest's: segments of 4 s, perhaps with an initialisation segment."""
    first = [Segment(url=server.url(f"/{height}/init"), duration=0.0)] if head else []
    parts = [Segment(url=server.url(f"/{height}/{n}"), duration=4.0) for n in range(COUNT)]
    return Track(
        kind=TrackKind.VIDEO,
        segments=(*first, *parts),
        container="ts",
        protocol="m3u8_native",
        bitrate=float(height),
        height=height,
    )


def paths(*heights: int, handler: Handler | None = None) -> dict[str, Handler]:
    names = ("init", *map(str, range(COUNT)))
    served = handler or file(PART)
    return {f"/{height}/{name}": served for height in heights for name in names}


def fetch(video: Video, **changed: object) -> Sample:
    config = replace(Config(download_time=10.0, abr="bba"), **changed)  # type: ignore[arg-type]
    return download(video, lambda host: "127.0.0.1", config)


def laddered(*ladder: Track) -> Video:
    tracks = (ladder[-1],)
    return Video(extraction_time=0.0, claimed_duration=24.0, tracks=tracks, ladder=ladder)


def asked(server: MediaServer) -> list[str]:
    return [exchange.target for exchange in server.log]


class Scripted(Chooser):
    """Asks for rungs as it is told to, and remembers what it was told."""

    def __init__(self, ladder: Ladder, rungs: Sequence[int]) -> None:
        self.ladder = ladder
        self.rungs = rungs
        self.situations: list[Situation] = []

    def choose(self, situation: Situation) -> Choice:
        self.situations.append(situation)
        return Choice(self.rungs[situation.number])


class Fakes:
    """A rule that does as it is told, for `Adaptive` without a network."""

    def __init__(self, *rungs: int) -> None:
        self.choosers: list[Scripted] = []

        def begin(ladder: Ladder) -> Chooser:
            self.choosers.append(Scripted(ladder, rungs))
            return self.choosers[-1]

        self.rule = Rule("scripted", 1, "As told.", begin)
        self.progress = Progress(Config(), lambda: 0.0)
        self.viewer = Viewer(Player(PROFILES[0], tracks=1, duration=None))

    def adaptive(self, *ladder: Track) -> Adaptive:
        return Adaptive(
            ladder,
            self.rule,
            self.viewer,
            self.progress,
            duration=24.0,
            make_timeline=timeline,
        )


def test_a_buffer_rule_climbs_while_it_fills() -> None:
    """From the lowest rung to the top one, each segment once."""
    with MediaServer(paths(144, 360, 720)) as server:
        sample = fetch(laddered(*(rung(server, height) for height in (144, 360, 720))))
    assert sample.failure is None
    assert [segment.number for segment in sample.fetched] == list(range(COUNT))
    assert sample.fetched[0].height == 144
    rungs = [segment.rung for segment in sample.fetched]
    assert rungs == sorted(rungs)
    assert rungs[-1] > 0
    assert asked(server) == [f"/{each.height}/{each.number}" for each in sample.fetched]
    assert sample.arrivals[-1].playable == math.inf


def test_a_segment_is_told_with_its_times() -> None:
    """Asked for before it came, after the one before it; by the media seconds before it."""
    with MediaServer(paths(144, 720)) as server:
        sample = fetch(laddered(rung(server, 144), rung(server, 720)))
    first, second = sample.fetched[:2]
    assert (first.start, first.duration, first.bitrate) == (0.0, 4.0, 144.0)
    assert second.start == 4.0
    assert first.size == len(PART)
    assert first.asked <= (first.finished or 0.0) <= second.asked
    assert sum(each.size for each in sample.fetched) == sample.response.bytes_received


def test_each_rung_is_initialised_once_before_its_first_segment() -> None:
    """A player keeps what it has appended."""
    with MediaServer(paths(144, 360, 720)) as server:
        ladder = [rung(server, height, head=True) for height in (144, 360, 720)]
        sample = fetch(laddered(*ladder))
    targets = asked(server)
    assert targets[:2] == ["/144/init", "/144/0"]
    used = {each.height for each in sample.fetched}
    assert [t for t in targets if t.endswith("init")] == [f"/{h}/init" for h in sorted(used)]
    assert len(sample.fetched) == COUNT


def test_files_are_fetched_by_the_segments_that_their_indexes_tell() -> None:
    """The index of a rung is fetched when it is first needed; media times are exact."""
    low = media("mp4", seconds=24.0, muxer=INDEXED, audio=None)
    high = media("mp4", seconds=24.0, muxer=INDEXED, audio=None, encoder=(("g", "50"),))
    with MediaServer({"/low": file(low), "/high": file(high)}) as server:
        ladder = [
            Track(
                kind=TrackKind.VIDEO,
                segments=(Segment(url=server.url(f"/{name}")),),
                container="mp4",
                protocol="https",
                bitrate=bitrate,
                size=999_999_999,
            )
            for name, bitrate in (("low", 100.0), ("high", 200.0))
        ]
        sample = fetch(laddered(*ladder))
    assert sample.failure is None
    assert server.ranges[0] == ("/low", "bytes=0-4095")
    assert sample.tracks[0].timeline == "samples"
    assert sample.tracks[0].head[4:8] == b"ftyp"
    assert sample.arrivals[-1].playable == math.inf
    assert sum(each.duration for each in sample.fetched) == pytest.approx(24.0)
    assert {each.rung for each in sample.fetched} <= {0, 1}


def test_a_broken_segment_is_resumed() -> None:
    """By Range, on the rung that it was begun on."""
    broken: list[str] = []

    def handle(exchange: Exchange) -> None:
        if exchange.target.endswith("/1") and not broken:
            broken.append(exchange.target)
            exchange.send("200 OK", {"Content-Length": len(PART)}, PART[:500])
            exchange.stopped.wait(0.05)
            exchange.reset()
        file(PART)(exchange)

    with MediaServer(paths(144, 720, handler=handle)) as server:
        sample = fetch(laddered(rung(server, 144), rung(server, 720)))
    assert sample.failure is None
    assert (broken[0], "bytes=500-2047") in server.ranges
    assert sample.response.reconnects == 1
    assert len(sample.fetched) == COUNT


def test_what_did_not_come_whole_by_the_deadline_is_told_too() -> None:
    """With what came of it."""

    def handle(exchange: Exchange) -> None:
        exchange.send("200 OK", {"Content-Length": len(PART)}, PART[:700])
        exchange.stopped.wait(LIMIT)

    served = {**paths(144, 720), "/144/1": handle, "/720/1": handle}
    with MediaServer(served) as server:
        sample = fetch(laddered(rung(server, 144), rung(server, 720)), download_time=0.5)
    assert sample.failure is None
    assert sample.fetched[-1].number == 1
    assert sample.fetched[-1].finished is None
    assert sample.fetched[-1].size == 700


def test_a_request_that_takes_too_long_is_given_up_for_a_lower_rung() -> None:
    """As dash.js does; what came of it counts as bytes, and never as media."""
    large = bytes(500_000)  # at 1000 kbps as claimed, and sent at a quarter of it

    def drip(exchange: Exchange) -> None:
        exchange.send("200 OK", {"Content-Length": len(large)})
        for start in range(0, len(large), 2000):
            if exchange.stopped.wait(0.06):
                break
            exchange.sock.sendall(large[start : start + 2000])

    served = {**paths(100), **paths(1000, handler=drip)}
    with MediaServer(served) as server:
        video = laddered(rung(server, 100), rung(server, 1000))
        sample = fetch(video, abr="dash.js", download_time=2.0)
    first, second = sample.fetched[:2]
    assert asked(server)[:2] == ["/1000/0", "/100/0"]
    assert (first.number, first.rung, first.finished) == (0, 1, None)
    assert 0 < first.size < len(large)
    assert (second.number, second.rung, second.size) == (0, 0, len(PART))
    assert second.finished is not None
    playable = [each.playable for each in sample.arrivals if each.time <= second.finished]
    assert playable[:-1] == [0.0] * (len(playable) - 1)
    assert playable[-1] == 4.0


def test_a_fixed_rung_has_its_segments_told_as_well() -> None:
    """Without --abr; what initialises them is no segment."""
    with MediaServer(paths(720)) as server:
        track = rung(server, 720, head=True)
        sample = fetch(replace(laddered(track), ladder=()), abr=None)
    assert [(each.number, each.rung) for each in sample.fetched] == [(n, 0) for n in range(COUNT)]
    assert [each.start for each in sample.fetched] == [4.0 * n for n in range(COUNT)]


def test_a_redirect_of_the_first_request_moves_that_rung() -> None:
    """Whatever rung it was for."""
    with MediaServer({**paths(144, 720), "/144/0": redirect("/elsewhere")}) as server:
        video = laddered(rung(server, 144), rung(server, 720))
        sample = fetch(video)
    assert sample.failure is not None
    assert sample.failure.outcome is Outcome.REDIRECTED
    assert sample.response.url == server.url("/144/0")
    moved = _moved(video, sample.response.url, sample.response.redirect_url or "")
    assert [track.segments[0].url for track in moved.ladder] == [
        server.url("/elsewhere"),
        server.url("/720/0"),
    ]
    assert moved.tracks[0].segments[0].url == server.url("/elsewhere")


def test_a_rung_that_cannot_be_used_is_passed_over() -> None:
    """The next lower one is taken, else the next higher."""
    fakes = Fakes(2, 0)
    with MediaServer() as server:
        good, other = rung(server, 360), rung(server, 720)
        odd = replace(other, segments=(*other.segments, other.segments[0]))
    adaptive = fakes.adaptive(replace(good, bitrate=1.0), good, odd)
    adaptive.rungs[2].usable = adaptive.rungs[0].usable = False
    adaptive.choose()
    assert adaptive.piece() is None
    adaptive.turn()
    assert adaptive.current == 1


def test_segments_that_begin_elsewhere_make_a_rung_useless() -> None:
    """As soon as another rung has told where they begin."""
    fakes = Fakes(0, 1)
    with MediaServer() as server:
        low, high = rung(server, 144), rung(server, 720, head=True)
    shifted = [replace(each, duration=2.0) for each in high.segments[1:]]
    adaptive = fakes.adaptive(low, replace(high, segments=(high.segments[0], *shifted)))
    adaptive.choose()
    adaptive.turn()
    adaptive._wanted = 1
    piece = adaptive.piece()
    assert piece is not None
    adaptive.learn(piece)
    assert adaptive.piece() is None
    adaptive.turn()
    assert adaptive.current == 0


def test_what_a_rule_is_told() -> None:
    """The ladder with the length of its segments, and each segment that came."""
    fakes = Fakes(1, 0)
    with MediaServer() as server:
        adaptive = fakes.adaptive(rung(server, 144), rung(server, 720))
    adaptive.choose()
    adaptive.turn()
    chooser = fakes.choosers[-1]
    assert chooser.ladder == Ladder((144.0, 720.0), 4.0, TARGET)
    came = Fetched(
        track=0,
        number=0,
        rung=1,
        bitrate=720.0,
        height=720,
        start=0.0,
        duration=4.0,
        asked=1.0,
        finished=3.0,
        size=500,
    )
    adaptive.fetched(came, 0.25)
    adaptive.fetched(replace(came, number=1, finished=None), 0.25)
    adaptive.choose()
    situation = chooser.situations[1]
    assert situation.current == 1
    assert [(d.rung, d.size, d.seconds, d.first_byte, d.media) for d in situation.past] == [
        (1, 500, 2.0, 0.25, 4.0)
    ]


def test_a_rule_begins_anew_when_the_length_of_segments_is_known() -> None:
    """Before the first index nobody knows it."""
    fakes = Fakes(0, 0)
    content = media("mp4", seconds=24.0, muxer=INDEXED, audio=None)
    track = Track(
        kind=TrackKind.VIDEO,
        segments=(Segment(url="http://a.test/film"),),
        container="mp4",
        protocol="https",
        bitrate=100.0,
    )
    adaptive = fakes.adaptive(track, replace(track, bitrate=200.0))
    adaptive.choose()
    adaptive.rungs[0].learn(content[:4096])
    adaptive.turn()
    adaptive.choose()
    assert fakes.choosers[0].ladder.segment == NOMINAL
    assert fakes.choosers[-1].ladder.segment == adaptive.rungs[0].media[0].duration
