"""A player's choice among the formats of a page."""

from typing import Any

import pytest

from pytomo.results import Segment, TrackKind
from pytomo.tracks import choose, kind, segments, track


def video(height: int, **fields: Any) -> dict[str, Any]:
    return {
        "format_id": f"v{height}",
        "protocol": "https",
        "vcodec": "avc1",
        "acodec": "none",
        "height": height,
        "ext": "mp4",
        "url": f"https://cdn.example/v{height}",
        **fields,
    }


def audio(name: str, **fields: Any) -> dict[str, Any]:
    return {
        "format_id": name,
        "protocol": "https",
        "vcodec": "none",
        "acodec": "mp4a",
        "ext": "m4a",
        "url": f"https://cdn.example/{name}",
        **fields,
    }


def both(height: int, **fields: Any) -> dict[str, Any]:
    return video(height, **{"format_id": f"b{height}", "acodec": "mp4a", **fields})


def chosen(formats: list[dict[str, Any]], largest: int = 720) -> list[str]:
    return [each["format_id"] for each in choose(formats, largest)]


LADDER = [audio("low"), audio("high"), *(video(each) for each in (144, 360, 720, 1080, 2160))]


@pytest.mark.parametrize(
    ("largest", "name"), [(720, "v720"), (1080, "v1080"), (719, "v360"), (9999, "v2160")]
)
def test_the_largest_height_up_to_the_limit(largest: int, name: str) -> None:
    """The height is the largest that the limit allows, with the best audio."""
    assert chosen(LADDER, largest) == [name, "high"]


def test_the_smallest_above_the_limit() -> None:
    """Where all are too large, the smallest is played."""
    assert chosen(LADDER, 100) == ["v144", "high"]


def test_the_best_of_one_height() -> None:
    """Of several formats of a height it is the one that yt-dlp sorts last."""
    formats = [audio("a"), video(720, format_id="avc"), video(720, format_id="vp9")]
    assert chosen(formats) == ["vp9", "a"]


def test_separate_tracks_are_preferred() -> None:
    """As YouTube's player does, even where a multiplexed format of the height is sorted later."""
    assert chosen([audio("a"), video(720), both(720)]) == ["v720", "a"]


def test_multiplexed_where_there_is_no_audio_apart() -> None:
    """A silent video is no choice where the same height comes with sound."""
    assert chosen([both(720), video(720)]) == ["b720"]


def test_multiplexed_where_the_height_has_nothing_else() -> None:
    """The height decides first."""
    assert chosen([audio("a"), video(360), both(720)]) == ["b720"]


def test_audio_comes_the_same_way_as_the_video() -> None:
    """HLS audio goes with HLS video, although files are sorted later."""
    hls = {"protocol": "m3u8_native"}
    assert chosen([audio("hls", **hls), audio("file"), video(720, **hls)]) == ["v720", "hls"]
    assert chosen([audio("file"), video(720, **hls)]) == ["v720", "file"]


HLS = {"protocol": "m3u8_native"}
FILES = [audio("a"), video(360), video(720)]


@pytest.mark.parametrize("protocol", ["m3u8_native", "m3u8", "http_dash_segments"])
def test_files_before_manifests(protocol: str) -> None:
    """Separate files win over a manifest that is sorted as better, also by its height."""
    offered = {"format_id": "manifest", "protocol": protocol, "vcodec": "vp09"}
    assert chosen([*FILES, video(720, **offered)]) == ["v720", "a"]
    assert chosen([*FILES, both(720, **offered)]) == ["v720", "a"]
    assert chosen([*FILES, video(700, **offered), video(1080, **offered)], 1080) == ["v720", "a"]


def test_a_single_file_before_a_manifest_of_its_height() -> None:
    """A file with sound wins at the chosen height, which decides first."""
    assert chosen([both(720), audio("hls", **HLS), video(720, **HLS)]) == ["b720"]
    assert chosen([both(360), both(720, format_id="hls", **HLS)]) == ["hls"]


def test_a_manifest_where_files_are_too_large() -> None:
    """The limit is kept as long as anything keeps it."""
    files = [audio("a"), video(1080)]
    assert chosen([*files, both(360, **HLS)]) == ["b360"]
    assert chosen([*files, both(2160, **HLS)]) == ["v1080", "a"]


def test_a_silent_file_without_audio_of_its_kind() -> None:
    """A file that a player could only show without sound is not preferred."""
    assert chosen([video(720), both(720, **HLS)]) == ["b720"]


@pytest.mark.parametrize("encrypted", [True, "maybe"])
def test_encrypted_media_are_left_out(encrypted: Any) -> None:
    """What is, or perhaps is, encrypted cannot be timed."""
    assert chosen([both(360), both(720, has_drm=encrypted)]) == ["b360"]
    assert chosen([both(720, has_drm=encrypted)]) == []
    assert chosen([both(720, has_drm=False)]) == ["b720"]


def test_silent_video_and_lone_audio() -> None:
    """What there is is played."""
    assert chosen([video(360)]) == ["v360"]
    assert chosen([audio("low"), audio("high")]) == ["high"]


def test_unknown_heights() -> None:
    """Without any height the best is taken; with some, only those are compared."""
    unknown = {"format_id": "file", "protocol": "http", "ext": "mp4"}
    assert chosen([unknown]) == ["file"]
    assert chosen([both(360), unknown]) == ["b360"]


def test_what_no_player_fetches_is_left_out() -> None:
    """Storyboards, and protocols that we do not speak."""
    board = {"format_id": "sb0", "protocol": "mhtml", "vcodec": "none", "acodec": "none"}
    assert chosen([board, video(720, protocol="rtmp")]) == []
    assert chosen([dict(board, protocol="https")]) == []


@pytest.mark.parametrize(
    ("offered", "expected"),
    [
        ({"vcodec": "avc1", "acodec": "none"}, TrackKind.VIDEO),
        ({"vcodec": "none", "acodec": None}, TrackKind.AUDIO),
        ({"vcodec": "avc1", "acodec": None}, TrackKind.BOTH),
        ({"ext": "mp4"}, TrackKind.BOTH),
        ({"ext": "m4a"}, TrackKind.AUDIO),
        ({"ext": "mp4", "container": "mp4_dash"}, TrackKind.VIDEO),
        ({"ext": "m4a", "container": "m4a_dash"}, TrackKind.AUDIO),
        ({"vcodec": "none", "acodec": "none"}, None),
    ],
)
def test_kind(offered: dict[str, Any], expected: TrackKind | None) -> None:
    """What is carried, from the codecs; where they are not told, from container and name."""
    assert kind(offered) == expected


def test_a_file_is_one_segment() -> None:
    """A plain file is one piece whose bytes tell the time; the claims are kept."""
    offered = video(
        720,
        filesize=1000,
        tbr=800.5,
        http_headers={"User-Agent": "x"},
        downloader_options={"http_chunk_size": 5000},
    )
    made = track(offered, segments(offered), cookies="a=b")
    assert made.segments == (Segment(url="https://cdn.example/v720"),)
    assert (made.kind, made.container, made.protocol) == (TrackKind.VIDEO, "mp4", "https")
    assert (made.size, made.bitrate, made.height, made.request_size) == (1000, 800.5, 720, 5000)
    assert made.headers == {"User-Agent": "x", "Cookie": "a=b"}
    assert made.host == "cdn.example"


def test_defaults_of_a_track() -> None:
    """Unknown claims are None; requests are of 10 MiB."""
    made = track(audio("a"), segments(audio("a")))
    assert (made.size, made.bitrate, made.height) == (None, None, None)
    assert made.request_size == 10 * 2**20
    assert made.headers == {}
    assert made.container == "mp4"


def test_dash_fragments() -> None:
    """Paths are relative to the manifest's base; the initialisation has no duration."""
    offered = video(
        720,
        protocol="http_dash_segments",
        fragment_base_url="https://cdn.example/a/",
        fragments=[
            {"path": "init.mp4"},
            {"path": "1.m4s", "duration": 4.0},
            {"url": "https://other.example/2.m4s", "duration": 2.5},
        ],
    )
    assert segments(offered) == (
        Segment(url="https://cdn.example/a/init.mp4", duration=0.0),
        Segment(url="https://cdn.example/a/1.m4s", duration=4.0),
        Segment(url="https://other.example/2.m4s", duration=2.5),
    )


def test_dash_fragments_without_times() -> None:
    """Where no fragment has a duration, only the bytes can tell."""
    offered = video(720, fragments=[{"url": "https://a/1"}, {"url": "https://a/2"}])
    assert [segment.duration for segment in segments(offered)] == [None, None]


def template(*durations: float) -> dict[str, Any]:
    listed = [{"url": f"https://a/{each}", "duration": d} for each, d in enumerate(durations)]
    return video(720, fragments=[{"url": "https://a/init"}, *listed])


@pytest.mark.parametrize(
    ("durations", "claimed", "last"),
    [
        ((4.0,) * 8, 30, 2.0),
        ((4.0,) * 8, None, 4.0),
        ((4.0,) * 8, 31.5, 4.0),  # the claim may be rounded
        ((4.0,) * 8, 20, 4.0),  # it is not the last segment that would be too long
        ((4.0,) * 8, 40, 4.0),
        ((4.0, 4.0, 3.0), 9, 3.0),  # lengths that differ are exact
        ((4.0,), 3, 3.0),
    ],
)
def test_the_last_segment_ends_with_the_video(
    durations: tuple[float, ...], claimed: float | None, last: float
) -> None:
    """A template's last segment is as long as the claim leaves it, where the two can be right."""
    made = segments(template(*durations), claimed)
    assert [each.duration for each in made] == [0.0, *durations[:-1], last]


def test_tokens_on_each_segment() -> None:
    """A site's parameters for segments are added to those that they have."""
    offered = video(720, extra_param_to_segment_url="token=x%2By&a=2")
    made = track(offered, [Segment(url="https://a/1?a=1&b=3", duration=1.0)])
    assert made.segments == (Segment(url="https://a/1?a=2&b=3&token=x%2By", duration=1.0),)


@pytest.mark.parametrize(
    ("listed", "container"),
    [
        ([Segment(url="https://a/i", duration=0.0), Segment(url="https://a/1", duration=4)], "mp4"),
        ([Segment(url="https://a/1.ts?x=1.mp4", duration=4)], "ts"),
        ([Segment(url="https://a/1.aac", duration=4)], "aac"),
        ([Segment(url="https://a/1", duration=4)], "ts"),
    ],
)
def test_containers_of_hls(listed: list[Segment], container: str) -> None:
    """HLS does not name its container: an initialisation segment or the names of the pieces do."""
    assert track(video(720, protocol="m3u8_native"), listed).container == container
