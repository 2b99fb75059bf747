"""HLS media playlists, by the rules of RFC 8216."""

import pytest

from pytomo.media.hls import parse_media_playlist
from pytomo.results import Segment

BASE = "https://cdn.test/video/720/index.m3u8?token=1"


def playlist(*lines: str):
    """A parsed media playlist of these lines."""
    return parse_media_playlist("\n".join(["#EXTM3U", "#EXT-X-VERSION:7", *lines]), BASE)


def test_segments_have_their_durations_and_resolved_urls():
    """URIs are relative to the playlist's URL; titles are of no interest."""
    found = playlist(
        "#EXT-X-TARGETDURATION:10",
        "#EXTINF:9.009,",
        "first.ts",
        "#EXTINF:3,a title, with a comma",
        "/other/second.ts?x=1",
        "#EXT-X-DISCONTINUITY",
        "#EXTINF:2.5,",
        "http://third.test/3.ts",
        "#EXT-X-ENDLIST",
    )
    assert found.segments == (
        Segment(url="https://cdn.test/video/720/first.ts", duration=9.009),
        Segment(url="https://cdn.test/other/second.ts?x=1", duration=3.0),
        Segment(url="http://third.test/3.ts", duration=2.5),
    )
    assert found.ended


def test_playlist_without_end_is_of_a_live_stream():
    """Only EXT-X-ENDLIST ends a playlist."""
    assert not playlist("#EXTINF:4,", "a.ts").ended


def test_initialisation_segment_comes_first():
    """EXT-X-MAP is fetched before the segments that need it and lasts no time."""
    found = playlist('#EXT-X-MAP:URI="init.mp4"', "#EXTINF:4,", "a.m4s", "#EXTINF:4,", "b.m4s")
    assert [s.duration for s in found.segments] == [0.0, 4.0, 4.0]
    assert found.segments[0].url == "https://cdn.test/video/720/init.mp4"


def test_initialisation_segment_is_fetched_again_only_if_it_changes():
    """The same EXT-X-MAP said twice is one; another one is another."""
    found = playlist(
        '#EXT-X-MAP:URI="1.mp4"',
        "#EXTINF:4,",
        "a.m4s",
        '#EXT-X-MAP:URI="1.mp4"',
        "#EXTINF:4,",
        "b.m4s",
        '#EXT-X-MAP:URI="2.mp4"',
        "#EXTINF:4,",
        "c.m4s",
    )
    names = [segment.url.rpartition("/")[2] for segment in found.segments]
    assert names == ["1.mp4", "a.m4s", "b.m4s", "2.mp4", "c.m4s"]


def test_byte_ranges_follow_each_other():
    """A range without an offset begins behind the one before it in the same resource."""
    found = playlist(
        '#EXT-X-MAP:URI="all.mp4",BYTERANGE="800@0"',
        "#EXTINF:4,",
        "#EXT-X-BYTERANGE:1000@800",
        "all.mp4",
        "#EXTINF:4,",
        "#EXT-X-BYTERANGE:500",
        "all.mp4",
    )
    places = [(s.first_byte, s.last_byte) for s in found.segments]
    assert places == [(0, 799), (800, 1799), (1800, 2299)]


def test_range_of_a_map_begins_at_zero():
    """A map's range without an offset is the beginning of its resource."""
    found = playlist('#EXT-X-MAP:URI="all.mp4",BYTERANGE="800"', "#EXTINF:4,", "a.m4s")
    assert (found.segments[0].first_byte, found.segments[0].last_byte) == (0, 799)


def test_keys_change_nothing():
    """Encrypted segments are fetched and timed as others are."""
    key = '#EXT-X-KEY:METHOD=AES-128,URI="https://keys.test/a,b",IV=0x1'
    assert playlist(key, "#EXTINF:4,", "a.ts") == playlist("#EXTINF:4,", "a.ts")


def test_windows_lines_comments_and_a_byte_order_mark_do_no_harm():
    """Lines may end in CRLF; comments and unknown tags are passed over."""
    text = "\ufeff#EXTM3U\r\n# a comment\r\n#EXT-X-NEW:1\r\n\r\n#EXTINF:4\r\na.ts\r\n"
    assert [s.duration for s in parse_media_playlist(text, BASE).segments] == [4.0]


@pytest.mark.parametrize(
    "lines",
    [
        ["a.ts"],
        ["#EXTINF:x,", "a.ts"],
        ["#EXTINF:-1,", "a.ts"],
        ["#EXTINF:nan,", "a.ts"],
        ["#EXTINF:4,", "#EXT-X-BYTERANGE:10", "a.ts"],
        ["#EXTINF:4,", "#EXT-X-BYTERANGE:0@0", "a.ts"],
        ["#EXTINF:4,", "#EXT-X-BYTERANGE:ten@0", "a.ts"],
        ["#EXT-X-MAP:BYTERANGE=1", "#EXTINF:4,", "a.ts"],
        ["#EXT-X-STREAM-INF:BANDWIDTH=1", "low.m3u8"],
    ],
)
def test_playlists_against_the_rules_are_refused(lines):
    """A playlist that is none, or a master playlist, is a ValueError."""
    with pytest.raises(ValueError, match=r"\w"):
        playlist(*lines)


def test_other_texts_are_refused():
    """What does not begin with #EXTM3U is no playlist."""
    for text in ("", "<html></html>", "\n#EXTM3U"):
        with pytest.raises(ValueError, match="EXTM3U"):
            parse_media_playlist(text, BASE)
