"""Media facts: what the heads of the tracks say, completed by the site's claims."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from media_files import RATE, RECIPES, media, recipe
from media_server import MediaServer, file

from pytomo.config import Config
from pytomo.download import download
from pytomo.facts import facts, read_head
from pytomo.media.frame_rate import mp4_frame_rate
from pytomo.results import Media, Segment, Track, TrackKind, TrackSample, Video


def track(kind: TrackKind = TrackKind.BOTH, **claims) -> Track:
    """A track with some claims."""
    usual = {"container": "mp4", "segments": (Segment(url="https://cdn.test/v"),)}
    return Track(kind=kind, protocol="https", **{**usual, **claims})


def video(*tracks: Track, duration: float | None = 5.0) -> Video:
    """A video with a claimed duration."""
    return Video(extraction_time=0.1, claimed_duration=duration, tracks=tracks)


def sample(head: bytes, size=None, duration=None, timeline="samples", **more) -> TrackSample:
    """What was learnt of a track."""
    return TrackSample(head=head, size=size, duration=duration, timeline=timeline, **more)


def served(*bodies: bytes, durations: tuple[float | None, ...] = (None,), **claims) -> Media:
    """The facts of a video whose segments a server answers with these bodies, 2 minutes claimed."""
    with MediaServer({f"/{n}": file(body) for n, body in enumerate(bodies)}) as server:
        segments = tuple(
            Segment(url=server.url(f"/{n}"), duration=d) for n, d in enumerate(durations)
        )
        asked = video(track(segments=segments, **claims), duration=120.0)
        return facts(asked, download(asked, lambda host: "127.0.0.1", Config()).tracks)


@pytest.mark.parametrize(
    ("name", "container", "codecs"),
    [
        ("mp4", "mp4", ("h264", "aac")),
        ("indexed mp4", "mp4", ("h264", "aac")),
        ("webm", "webm", ("vp9", "opus")),
        ("live webm", "webm", ("vp9", "opus")),
        ("matroska", "mkv", ("h264", "aac")),
        ("flv", "flv", ("h264", "aac")),
        ("mpeg-ts", "ts", ("h264", "aac")),
    ],
)
def test_heads_tell_container_and_codecs(name, container, codecs):
    """The container and the codecs come from the bytes, by their usual names."""
    data = recipe(name)
    found = facts(video(track(container="claimed")), [sample(data[:4000], len(data), 5.0)])
    assert (found.container, found.video_codec, found.audio_codec) == (container, *codecs)


@pytest.mark.parametrize("name", ["mp4", "indexed mp4", "webm", "live webm", "matroska", "flv"])
def test_heads_tell_the_size_of_the_picture(name):
    """Width and height come from the bytes."""
    found = facts(video(track(height=480)), [sample(recipe(name)[:4000])])
    assert (found.width, found.height) == (64, 48)


@pytest.mark.parametrize("name", [name for name in RECIPES if "mp4" in name or "mov" in name])
def test_mp4_tells_its_frame_rate(name):
    """Whether its samples are listed in front, at the end or fragment by fragment."""
    data = recipe(name)
    tail = data[data.index(b"moov") - 4 :] if "end" in name or name == "mov" else b""
    found = facts(video(track(height=480, frame_rate=50.0)), [sample(data, tail=tail)])
    assert found.frame_rate == (50.0 if "audio" in name else RATE)


def test_first_fragment_is_enough_for_the_frame_rate():
    """Its rate is told by the first run of samples, however little of the file is there."""
    data = recipe("video of indexed mp4")
    second = data.index(b"moof", data.index(b"moof") + 4)
    assert facts(video(track()), [sample(data[:second])]).frame_rate == RATE


@pytest.mark.parametrize("name", ["webm", "mpeg-ts"])
def test_claimed_frame_rate_fills_the_gap(name):
    """What the head does not tell, the site does; else it is unknown."""
    assert (
        facts(video(track(height=480, frame_rate=30.0)), [sample(recipe(name))]).frame_rate == 30.0
    )
    assert facts(video(track()), [sample(recipe(name))]).frame_rate is None


def test_flv_tells_its_frame_rate():
    """In its metadata."""
    assert facts(video(track()), [sample(recipe("flv"))]).frame_rate == RATE


@given(st.integers(0, 3000), st.binary(max_size=40))
def test_damaged_heads_have_no_frame_rate_or_one(start, damage):
    """Whatever stands in a file, reading its frame rate raises nothing."""
    data = bytearray(recipe("mp4")[:4000])
    data[start : start + len(damage)] = damage
    found = mp4_frame_rate(bytes(data))
    assert found is None or found > 0


def test_claimed_height_fills_the_gap():
    """A transport stream's head tells no height: the site's word is taken."""
    found = facts(video(track(height=480)), [sample(recipe("mpeg-ts"))])
    assert (found.width, found.height) == (None, 480)
    found = facts(video(track(height=480, width=854)), [sample(recipe("mpeg-ts"))])
    assert (found.width, found.height) == (854, 480)


def test_other_codecs_in_mp4_are_known_too():
    """VP9 and Opus in MP4."""
    data = media("mp4", video="libvpx-vp9", audio="libopus")
    found = facts(video(track()), [sample(data)])
    assert (found.video_codec, found.audio_codec) == ("vp9", "opus")


def test_two_tracks_are_added_up():
    """With separate tracks, length and rate are of both together, duration is the longer one's."""
    picture, sound = recipe("video of indexed mp4"), recipe("audio of indexed mp4")
    tracks = (track(TrackKind.VIDEO), track(TrackKind.AUDIO))
    found = facts(video(*tracks), [sample(picture, 900_000, 10.0), sample(sound, 100_000, 10.02)])
    assert (found.length, found.duration) == (1_000_000, 10.02)
    assert found.encoding_rate == pytest.approx(8 * 1_000_000 / 10.02 / 1000)
    assert found.duration_error == pytest.approx(5.02)
    assert (found.video_codec, found.audio_codec) == ("h264", "aac")


def test_estimated_durations_are_not_measured_ones():
    """What a linear timeline calls the duration is the claim itself: no error is known."""
    found = facts(video(track()), [sample(b"?" * 100, 1000, 5.0, "linear")])
    assert (found.duration, found.duration_error, found.timeline) == (5.0, None, "linear")


def test_duration_in_the_head_counts_where_the_timeline_has_none():
    """hachoir's duration is taken where the timeline gave up."""
    found = facts(video(track(), duration=7.0), [sample(recipe("mp4"), 1000, 7.0, "linear")])
    assert found.duration == pytest.approx(5.0, abs=0.05)
    assert found.duration_error == pytest.approx(-2.0, abs=0.05)


def test_length_of_segmented_tracks_is_estimated_by_the_claimed_bitrate():
    """A track whose size nobody tells has the length that its claimed bitrate comes to."""
    tracks = (track(bitrate=800.0), track(TrackKind.AUDIO, size=50_000))
    samples = [sample(b"", None, 10.0, "segments"), sample(b"", None, 10.0, "segments")]
    found = facts(video(*tracks), samples)
    assert found.length == 1_050_000
    assert found.encoding_rate == pytest.approx(840.0)


def test_rate_of_whole_segments_goes_before_the_claimed_one():
    """The claimed bitrate of HLS is the peak: once a segment is whole, the mean rate counts."""
    claimed = track(bitrate=1600.0)
    segments = {"whole_bytes": 400_000, "whole_seconds": 8.0}
    found = facts(video(claimed), [sample(b"", None, 100.0, "segments", **segments)])
    assert (found.length, found.encoding_rate) == (5_000_000, pytest.approx(400.0))
    told = facts(video(claimed), [sample(b"", 4_000_000, 100.0, "segments", **segments)])
    assert told.length == 4_000_000


def test_whole_segments_of_a_download_tell_the_rate():
    """Initialisation segments have no duration and do not count; the missing segment is left."""
    bodies = (b"\0\0\0\x10ftyp" + bytes(8), b"\0" * 30_000, b"\0" * 10_000)
    found = served(*bodies, durations=(0.0, 4.0, 4.0, 4.0), bitrate=500.0)
    assert found.length == 60_000
    assert found.encoding_rate == pytest.approx(40.0)
    assert served(bodies[0], durations=(0.0, 4.0), bitrate=500.0).encoding_rate == 500.0


def test_unknown_length_of_one_track_leaves_the_sum_unknown():
    """A sum with an unknown part is unknown, and so is the rate."""
    tracks = (track(), track(TrackKind.AUDIO, size=50_000))
    found = facts(video(*tracks), [sample(b"", None, 10.0), sample(b"", None, 10.0)])
    assert (found.length, found.encoding_rate) == (None, None)


def test_least_certain_timeline_is_told():
    """With two tracks, the timeline that is less certain tells how far to trust the row."""
    tracks = (track(), track(TrackKind.AUDIO))
    samples = [sample(b"", timeline="samples"), sample(b"", timeline="index")]
    assert facts(video(*tracks), samples).timeline == "index"


def test_claims_alone_are_facts_where_nothing_came():
    """Without any sample, the claims are all there is."""
    found = facts(video(track(size=625_000, height=720, container="ts"), duration=10.0), [])
    assert (found.container, found.duration, found.length) == ("ts", 10.0, 625_000)
    assert (found.encoding_rate, found.height, found.timeline) == (500.0, 720, None)


def test_movie_box_behind_the_head_leaves_codecs_unknown():
    """A head without the movie box says no more than what the file is."""
    data = recipe("mp4 with its movie box at the end")
    head = read_head(data[: data.index(b"moov") // 2])
    assert (head.container, head.codecs, head.duration) == ("mp4", (), None)


@pytest.mark.parametrize("name", ["mp4 with its movie box at the end", "mov"])
def test_movie_box_at_the_end_tells_all(name):
    """The tail of a file tells codecs, picture and duration where the head does not."""
    data = recipe(name)
    tail = data[data.index(b"moov") - 4 :]
    found = facts(video(track()), [sample(data[:600], timeline="linear", tail=tail)])
    assert (found.container, found.video_codec, found.audio_codec) == ("mp4", "h264", "aac")
    assert (found.width, found.height) == (64, 48)
    assert found.duration == pytest.approx(5.0, abs=0.05)


def test_tail_that_is_cut_short_tells_what_it_can():
    """Of a movie box of which only the beginning came, the first track may be known."""
    data = recipe("mp4 with its movie box at the end")
    tail = data[data.index(b"moov") - 4 :]
    for end in range(1, len(tail), 50):
        assert read_head(data[:600], tail[:end]).container == "mp4"
    assert read_head(data[:600], tail[:700]).codecs == ("avc1",)


def test_page_instead_of_a_file_is_no_video():
    """An HTML page with status 200 has no container, length, rate or timeline."""
    page = b"<!DOCTYPE html>\n<title>Log in</title>".ljust(8192)
    found = served(page, size=1_000_000, bitrate=800.0)
    assert (found.timeline, found.container, found.video_codec) == (None, None, None)
    assert (found.length, found.encoding_rate) == (None, None)
    assert (found.duration, found.duration_error) == (120.0, None)


def test_page_instead_of_one_track_leaves_the_sums_unknown():
    """Of a video with two tracks, both must be media."""
    samples = [sample(recipe("video of indexed mp4"), 900_000, 10.0)]
    samples.append(sample(b"<html>", 6, None, "unreadable"))
    found = facts(video(track(), track(TrackKind.AUDIO, bitrate=64.0)), samples)
    assert (found.timeline, found.length, found.encoding_rate) == (None, None, None)
    assert (found.container, found.video_codec, found.duration) == ("mp4", "h264", 10.0)


def test_page_instead_of_a_segment_leaves_the_timeline_unknown():
    """The segments before it tell the container."""
    transport = recipe("mpeg-ts")
    found = served(transport, b"<html>expired</html>", durations=(5.0, 5.0), container="ts")
    assert (found.timeline, found.length, found.container) == (None, None, "ts")


@pytest.mark.parametrize("name", RECIPES)
def test_truncated_and_damaged_heads_raise_and_print_nothing(name, capfd):
    """However short or damaged a head is, reading it is quiet."""
    data = recipe(name)
    for end in (0, 1, 9, 50, 150, 400, 900, 2000, 5000):
        head = data[:end]
        read_head(head)
        read_head(head[: end // 2] + b"\xff" * 16 + head[end // 2 + 16 :])
        read_head(head[: end // 3] + bytes(16) + head[end // 3 + 16 :])
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("name", ["fragmented mp4", "mpeg-ts"])
def test_whole_file_without_a_told_duration_has_that_of_its_samples(name):
    """The duration that no header tells, and so the encoding rate, are known of a whole file."""
    body = recipe(name)
    found = served(body)
    assert found.duration == pytest.approx(5.0, abs=0.1)
    assert found.encoding_rate == pytest.approx(8 * len(body) / found.duration / 1000)


@pytest.mark.parametrize("size", [1500, 8_000])
def test_cut_file_has_the_duration_of_what_it_was_but_no_rate(size):
    """A file that ends before its media does says nothing of the length that it should have."""
    found = served(recipe("mp4")[:size])
    assert found.duration == pytest.approx(5.0, abs=0.1)
    assert (found.length, found.encoding_rate) == (None, None)
