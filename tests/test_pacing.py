"""Tests of a player that stops fetching while its buffer is full, on a clock of the test's own."""

import math
from collections.abc import Callable
from dataclasses import replace

import pytest
from media_server import MediaServer, file
from step_timeline import StepTimeline

from pytomo.config import Config
from pytomo.download import download
from pytomo.errors import Outcome
from pytomo.pacing import LONGEST, SHORTEST, Gap, Pacing, Viewer
from pytomo.player import Player
from pytomo.profiles import Profile, named
from pytomo.progress import Progress
from pytomo.quality import quality
from pytomo.results import Arrival, Media, Response, Sample, Segment, Track, TrackKind, Video
from pytomo.track_fetch import TrackFetch
from pytomo.transport import BrokenError

TARGET = named("dash.js").target
PROFILE = Profile("test", 1, start=1.0, stall=0.0, resume=1.0, target=5.0)


class World:
    """Segments of 2 s that arrive as they are told to, and a clock that only waits move."""

    def __init__(self, profile: Profile = PROFILE, tracks: int = 1, loaders: int = 1) -> None:
        self.time = 0.0
        self.waits: list[float] = []
        config = Config(download_time=30.0)
        self.progress = Progress(config, lambda: self.time)
        self.viewer = Viewer(Player(profile, tracks=tracks, duration=None))
        self.progress.listener = self.viewer.arrive
        self.pacing = Pacing(self.viewer, self.progress, loaders=loaders, wait=self.wait)
        self.fetches = [fetch(index) for index in range(tracks)]

    def wait(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.time += seconds

    def segment(self, index: int = 0, size: int = 1000) -> None:
        """A whole segment of a track arrives now."""
        one = self.fetches[index]
        one.take(memoryview(bytes(range(250)) * (size // 250)))
        arrival = self.progress.arrive(one, self.time, size)
        one._end_segment()
        self.progress.settle(one, arrival)


class Steps(StepTimeline):
    """Segments of 2 s each."""

    seconds = 2.0


def fetch(index: int) -> TrackFetch:
    segments = tuple(Segment(url=f"http://a.test/{n}", duration=2.0) for n in range(50))
    track = Track(kind=TrackKind.VIDEO, segments=segments, container="mp4", protocol="http")
    return TrackFetch(
        index=index, track=track, duration=100.0, make_timeline=lambda *_, **__: Steps()
    )


def test_nothing_waits_while_the_buffer_has_room() -> None:
    """4 s are less than the target of 5 s."""
    world = World()
    for _ in range(2):
        world.segment()
        world.pacing.hold(world.fetches[0])
    assert world.waits == []
    assert world.pacing.gaps == []


def test_the_buffer_is_held_at_the_target() -> None:
    """Each segment is asked for when just the target is left, to a wait's length."""
    world = World()
    levels = []
    while world.time < 20.0:
        world.segment()
        world.pacing.hold(world.fetches[0])
        levels.append(world.viewer.buffer(world.time))
    steady = levels[2:]
    assert all(5.0 - SHORTEST - 1e-9 <= level <= 5.0 + 1e-9 for level in steady)
    assert max(world.waits) <= LONGEST


def test_gaps_are_the_time_that_was_waited() -> None:
    """They follow each other without an overlap."""
    world = World()
    while world.time < 10.0:
        world.segment()
        world.pacing.hold(world.fetches[0])
    gaps = world.pacing.gaps
    assert sum(gap.length for gap in gaps) == pytest.approx(math.fsum(world.waits))
    ends = [gap.start + gap.length for gap in gaps]
    assert all(end <= gap.start for end, gap in zip(ends, gaps[1:], strict=False))


def test_a_wait_ends_with_the_sample() -> None:
    """Two minutes of media at once do not hold us over the deadline."""
    world = World()
    for _ in range(20):
        world.segment()
    with pytest.raises(BrokenError) as broken:
        world.pacing.hold(world.fetches[0])
    assert broken.value.failure.outcome is Outcome.RESPONSE_TIMEOUT
    assert world.time == pytest.approx(30.0)
    assert world.pacing.gaps == [Gap(0.0, pytest.approx(30.0))]


def test_a_stopped_sample_waits_no_longer() -> None:
    """Another track failed, or the user wants to stop."""
    world = World()
    for _ in range(5):
        world.segment()
    world.progress.stopped.set()
    with pytest.raises(BrokenError):
        world.pacing.hold(world.fetches[0])
    assert world.waits == []


def test_a_track_waits_for_its_own_buffer() -> None:
    """The sound is far ahead while the picture has not begun: it waits, the picture does not."""
    world = World(tracks=2, loaders=2)
    for _ in range(4):
        world.segment(1)
    world.pacing.hold(world.fetches[0])
    assert world.waits == []
    with pytest.raises(BrokenError):
        world.pacing.hold(world.fetches[1])
    assert world.pacing.gaps == []


def test_the_time_is_idle_only_while_all_wait() -> None:
    """A loader that has ended is not waited for."""
    world = World(tracks=2, loaders=2)
    for index in (0, 1, 0, 1, 0, 1):
        world.segment(index)
    world.pacing.hold(world.fetches[0])
    assert world.pacing.gaps == []
    world.pacing.leave()
    world.segment(0)
    begun = world.time
    world.pacing.hold(world.fetches[0])
    assert world.pacing.gaps == [Gap(begun, pytest.approx(world.time - begun))]


def test_a_pause_is_idle_time() -> None:
    """An adaptive rule asks for it; it ends with the sample, too."""
    world = World()
    world.pacing.pause(0.0)
    assert world.pacing.gaps == []
    world.pacing.pause(2.0)
    assert world.time == pytest.approx(2.0)
    assert world.pacing.gaps == [Gap(0.0, pytest.approx(2.0))]
    with pytest.raises(BrokenError):
        world.pacing.pause(100.0)


def test_a_target_below_the_start_threshold_does_not_keep_it_from_starting() -> None:
    """Else nothing would ever play."""
    world = World(replace(PROFILE, start=8.0, resume=8.0, target=2.0))
    for _ in range(4):
        world.pacing.hold(world.fetches[0])
        world.segment()
    assert world.waits == []
    assert world.viewer.playing


def test_a_player_that_does_not_play_although_all_wait_is_fetched_for() -> None:
    """Its count of the media may be another than ours; waiting would not help."""
    world = World(replace(PROFILE, start=5.0, stall=5.5, target=5.0))
    for _ in range(3):
        world.segment()
    held: Callable[[], None] = lambda: world.pacing.hold(world.fetches[0])  # noqa: E731
    world.viewer._player.playing = False
    held()
    assert world.waits == []


def test_an_arrival_that_is_told_late_counts_from_then_on() -> None:
    """Another track's thread was faster."""
    world = World(tracks=2)
    world.viewer.arrive(Arrival(2.0, 0, 1, 4.0))
    world.viewer.arrive(Arrival(1.5, 1, 1, 4.0))
    assert world.viewer.buffer(2.0) == pytest.approx(4.0)
    assert world.viewer.position(3.0) == pytest.approx(1.0)


class Even(Steps):
    """One second of media for each 10 kB of a file."""

    source = "samples"

    def feed(self, position: int, data: bytes | memoryview) -> None:
        self.playable = (position + len(data)) / 10_000

    def end_segment(self) -> None:
        self.playable = math.inf


def paced(content: bytes, *, count: int = 1, timeline: type[Steps] = Even) -> tuple[Sample, int]:
    """A paced sample of 1 s of so many segments; and the number of requests."""
    with MediaServer({f"/{number}": file(content) for number in range(count)}) as server:
        segments = tuple(Segment(url=server.url(f"/{number}")) for number in range(count))
        track = Track(kind=TrackKind.BOTH, segments=segments, container="mp4", protocol="http")
        config = Config(download_time=1.0, profile="dash.js", paced=True)
        sample = download(
            Video(extraction_time=0.0, tracks=(track,)),
            lambda host: "127.0.0.1",
            config,
            timeline=lambda *_, **__: timeline(),
        )
        return sample, len(server.log)


def test_a_file_is_not_read_while_the_buffer_is_full() -> None:
    """One request, of which the system holds back what has no room."""
    content = bytes(50_000_000)
    sample, requests = paced(content)
    response = sample.response
    assert sample.failure is None
    assert requests == 1
    assert TARGET * 10_000 <= (response.bytes_received or 0) < len(content) / 2
    assert response.download_time == 1.0
    assert response.idle_time is not None
    assert 0.5 < response.idle_time < 1.0
    assert response.paced


def test_segments_are_not_asked_for_while_the_buffer_is_full() -> None:
    """Those that reach the target, and one more, as it plays meanwhile."""
    sample, requests = paced(bytes(1000), count=50, timeline=Steps)
    assert requests in (math.ceil(TARGET / 2), math.ceil(TARGET / 2) + 1)
    assert sample.failure is None
    busy = 1.0 - (sample.response.idle_time or 0.0)
    assert sample.response.average_throughput == pytest.approx(8 * requests / busy)


def test_a_paced_throughput_says_nothing_of_what_could_have_come() -> None:
    """It is what the video needs."""
    media = Media(encoding_rate=500.0)
    response = Response(url="", average_throughput=5000.0)
    assert quality(response, media).reception_ratio == 10.0
    assert quality(replace(response, paced=True), media).reception_ratio is None
