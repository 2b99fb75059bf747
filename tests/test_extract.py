"""From pages to tracks, through yt-dlp's own extractors."""

import itertools
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from dash_files import dash
from local_site import Answer, Site, site
from media_files import RATE, SAMPLE_RATE, packets
from recorded_reader import YOUTUBE, recorded, youtube
from yt_dlp.networking.exceptions import HTTPError

from pytomo.config import Config
from pytomo.errors import Failure, Outcome, Phase
from pytomo.extract import extract
from pytomo.results import Segment, TrackKind, Video

WATCH = "https://www.youtube.com/watch?v="

MASTER = """#EXTM3U
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="English",DEFAULT=YES,AUTOSELECT=YES,URI="sound.m3u8"
#EXT-X-STREAM-INF:BANDWIDTH=400000,RESOLUTION=640x360,CODECS="avc1.4d401e,mp4a.40.2",AUDIO="a"
360.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=900000,RESOLUTION=1280x720,CODECS="avc1.4d401f,mp4a.40.2",AUDIO="a"
720.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=1900000,RESOLUTION=1920x1080,CODECS="avc1.640028,mp4a.40.2",AUDIO="a"
1080.m3u8
"""
MEDIA = """#EXTM3U
#EXT-X-TARGETDURATION:4
#EXT-X-PLAYLIST-TYPE:VOD
#EXTINF:4.0,
{name}-0.ts
#EXTINF:2.5,
{name}-1.ts
#EXT-X-ENDLIST
"""
MPEGURL = "application/vnd.apple.mpegurl"

MPD = """<?xml version="1.0"?>
<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" mediaPresentationDuration="PT10S"
  minBufferTime="PT2S" profiles="urn:mpeg:dash:profile:isoff-live:2011"><Period>
<AdaptationSet mimeType="video/mp4" contentType="video">
  <SegmentTemplate timescale="1000" duration="4000" startNumber="1"
    initialization="$RepresentationID$/init.mp4" media="$RepresentationID$/$Number$.m4s"/>
  <Representation id="v360" codecs="avc1.4d401e" width="640" height="360" bandwidth="400000"/>
  <Representation id="v720" codecs="avc1.4d401f" width="1280" height="720" bandwidth="900000"/>
</AdaptationSet>
<AdaptationSet mimeType="audio/mp4" contentType="audio">
  <Representation id="sound" codecs="mp4a.40.2" bandwidth="64000">
    <BaseURL>sound.mp4</BaseURL>
    <SegmentBase indexRange="600-700"><Initialization range="0-599"/></SegmentBase>
  </Representation>
</AdaptationSet>
</Period></MPD>
"""
DASH = "application/dash+xml"

MOVIE = Answer(b"\0" * 100, "video/mp4")


def extracted(running: Site, path: str, config: Config | None = None) -> Video | Failure:
    return extract(running.url + path, config or Config())


def video_of(answer: Video | Failure) -> Video:
    assert isinstance(answer, Video), answer
    return answer


def refused(answer: Video | Failure) -> Outcome:
    assert isinstance(answer, Failure), answer
    assert answer.phase == Phase.EXTRACT
    assert answer.detail
    assert "\n" not in answer.detail
    return answer.outcome


def test_a_direct_link() -> None:
    """A file on any web server is one track of one segment."""
    with site({"/film.mp4": MOVIE}) as running:
        video = video_of(extracted(running, "/film.mp4"))
    (track,) = video.tracks
    assert track.kind == TrackKind.BOTH
    assert track.segments == (Segment(url=f"{running.url}/film.mp4"),)
    assert (track.container, track.protocol, video.protocol) == ("mp4", "http", "http")
    assert video.claimed_duration is None
    assert video.quality is None
    assert "User-Agent" in track.headers


def test_a_direct_link_of_unknown_type() -> None:
    """A server that does not know the type of its file is no obstacle."""
    answer = Answer(bytes(range(256)) * 4, "application/octet-stream")
    with site({"/film.mp4": answer}) as running:
        video = video_of(extracted(running, "/film.mp4"))
    assert video.tracks[0].segments == (Segment(url=f"{running.url}/film.mp4"),)
    assert video.tracks[0].container == "mp4"


def test_a_redirected_link() -> None:
    """A direct link stays as it is, so that the download sees each server that redirects."""
    moved = Answer(b"", status=302, headers={"Location": "/film.mp4"})
    with site({"/old": moved, "/film.mp4": MOVIE}) as running:
        video = video_of(extracted(running, "/old"))
    assert video.tracks[0].segments[0].url == f"{running.url}/old"


def test_media_without_a_usable_url() -> None:
    """What a page says of its media may be nonsense."""
    page = Answer(b'<video src="http://127.0.0.1:99999/film.mp4"></video>', "text/html")
    with site({"/page": page}) as running:
        failure = extracted(running, "/page")
    assert isinstance(failure, Failure)
    assert failure.outcome is Outcome.UNSUPPORTED_URL


def test_the_delay_is_that_of_the_site() -> None:
    """CacheServerDelay runs from asking for the page to knowing the media URLs."""
    ticks = itertools.count(100.0, 2.5)
    with site({"/film.mp4": MOVIE}) as running:
        video = video_of(extract(f"{running.url}/film.mp4", Config(), clock=lambda: next(ticks)))
    assert video.extraction_time == 2.5


HLS = {
    "/master.m3u8": Answer(MASTER.encode(), MPEGURL),
    **{
        f"/{name}.m3u8": Answer(MEDIA.format(name=name).encode(), MPEGURL)
        for name in ("360", "720", "1080", "sound")
    },
}


@pytest.mark.parametrize(
    ("config", "name"),
    [
        (Config(), "720"),
        (Config(quality=400), "360"),
        (Config(high_definition=True), "1080"),
        (Config(quality=100), "360"),
    ],
)
def test_hls(config: Config, name: str) -> None:
    """Video and audio renditions are two tracks with the segments of their playlists."""
    with site(HLS) as running:
        video = video_of(extracted(running, "/master.m3u8", config))
    picture, sound = video.tracks
    assert (picture.kind, sound.kind) == (TrackKind.VIDEO, TrackKind.AUDIO)
    assert picture.segments == (
        Segment(url=f"{running.url}/{name}-0.ts", duration=4.0),
        Segment(url=f"{running.url}/{name}-1.ts", duration=2.5),
    )
    assert sound.segments[0].url == f"{running.url}/sound-0.ts"
    assert (picture.container, picture.protocol) == ("ts", "m3u8_native")
    assert video.quality == int(name)
    assert video.claimed_duration == 6.5


def test_a_media_playlist() -> None:
    """A link to one rendition plays that one."""
    with site(HLS) as running:
        video = video_of(extracted(running, "/360.m3u8"))
    (track,) = video.tracks
    assert track.kind == TrackKind.BOTH
    assert [segment.duration for segment in track.segments] == [4.0, 2.5]


def test_a_live_playlist_is_refused() -> None:
    """A playlist without an end is a live stream."""
    endless = MEDIA.replace("#EXT-X-ENDLIST\n", "").replace("#EXT-X-PLAYLIST-TYPE:VOD\n", "")
    with site({"/live.m3u8": Answer(endless.encode(), MPEGURL)}) as running:
        assert refused(extracted(running, "/live.m3u8")) == Outcome.LIVE


def test_a_missing_rendition_is_refused() -> None:
    """A master playlist whose rendition is not there cannot be played."""
    with site({"/master.m3u8": HLS["/master.m3u8"]}) as running:
        assert refused(extracted(running, "/master.m3u8")) == Outcome.REMOVED


def test_dash() -> None:
    """Templates become segments with durations; a single file with an index is one segment."""
    with site({"/a/film.mpd": Answer(MPD.encode(), DASH)}) as running:
        video = video_of(extracted(running, "/a/film.mpd"))
    picture, sound = video.tracks
    base = f"{running.url}/a/v720"
    assert [(each.url, each.duration) for each in picture.segments] == [
        (f"{base}/init.mp4", 0.0),
        (f"{base}/1.m4s", 4.0),
        (f"{base}/2.m4s", 4.0),
        (f"{base}/3.m4s", 2.0),
    ]
    assert (picture.kind, picture.protocol) == (TrackKind.VIDEO, "http_dash_segments")
    assert (picture.bitrate, picture.container) == (900.0, "mp4")
    assert sound.segments == (Segment(url=f"{running.url}/a/sound.mp4"),)
    assert (sound.kind, sound.container) == (TrackKind.AUDIO, "mp4")
    assert video.formats == "v720+sound"


def test_dash_of_several_periods() -> None:
    """Each period ends where the manifest says, the last segment of it before a whole one."""
    head, _, period = MPD.partition("<Period>")
    period = period.partition("</Period>")[0]
    text = "".join(f'<Period duration="PT{each}S">{period}</Period>' for each in (6, 4))
    with site({"/film.mpd": Answer(f"{head}{text}</MPD>".encode(), DASH)}) as running:
        video = video_of(extracted(running, "/film.mpd"))
    durations = [each.duration for each in video.tracks[0].segments if each.duration]
    assert durations == [4.0, 2.0, 4.0]


def test_dash_that_yt_dlp_cannot_read() -> None:
    """Byte ranges of one file as a list of segments: it is told what is missing."""
    listed = (
        '<SegmentList duration="4"><Initialization range="0-99"/>'
        '<SegmentURL mediaRange="100-199"/></SegmentList>'
    )
    manifest = re.sub("<SegmentTemplate.*?/>", listed, MPD, flags=re.DOTALL)
    with site({"/film.mpd": Answer(manifest.encode(), DASH)}) as running:
        failure = extracted(running, "/film.mpd")
    assert refused(failure) == Outcome.EXTRACTION_FAILED
    assert isinstance(failure, Failure)
    assert "cannot read this DASH manifest: no 'sourceURL'" in failure.detail


def test_dash_with_real_segments(tmp_path: Path) -> None:
    """FFmpeg's own manifest and fragmented MP4: the tracks, and the media times of all segments."""
    made = dash(tmp_path, seconds=10)
    answers = {f"/{path.name}": Answer(path.read_bytes(), "video/mp4") for path in made}
    with site(
        {**answers, "/film.mpd": answers["/film.mpd"]._replace(content_type=DASH)}
    ) as running:
        video = video_of(extracted(running, "/film.mpd"))
    assert [track.kind for track in video.tracks] == [TrackKind.VIDEO, TrackKind.AUDIO]
    assert video.claimed_duration == 10.0
    for track, rate in zip(video.tracks, (RATE, SAMPLE_RATE), strict=True):
        assert [each.duration for each in track.segments] == [0.0, 4.0, 4.0, 2.0]
        names = [each.url.removeprefix(running.url) for each in track.segments]
        data = b"".join(answers[name].body for name in names)
        (stream,) = packets(data).values()
        assert max(packet.time for packet in stream) == pytest.approx(10, abs=1100 / rate)


def test_dynamic_dash_is_refused() -> None:
    """A manifest that goes on changing is that of a live stream."""
    manifest = MPD.replace('type="static"', 'type="dynamic"')
    with site({"/film.mpd": Answer(manifest.encode(), DASH)}) as running:
        assert refused(extracted(running, "/film.mpd")) == Outcome.LIVE


def test_encrypted_dash_is_refused() -> None:
    """Media for which a key would have to be bought."""
    scheme = '<ContentProtection schemeIdUri="urn:mpeg:dash:mp4protection:2011"/>'
    manifest = MPD.replace('contentType="video">', f'contentType="video">{scheme}').replace(
        'contentType="audio">', f'contentType="audio">{scheme}'
    )
    with site({"/film.mpd": Answer(manifest.encode(), DASH)}) as running:
        assert refused(extracted(running, "/film.mpd")) == Outcome.DRM


def feed(running_url: str, *names: str) -> Answer:
    """A podcast-like list of media."""
    items = "".join(
        f"<item><title>{name}</title><enclosure url='{running_url}/{name}.mp4'/></item>"
        for name in names
    )
    text = f"<?xml version='1.0'?><rss><channel><title>x</title>{items}</channel></rss>"
    return Answer(text.encode(), "application/rss+xml")


def test_a_list_of_videos() -> None:
    """The first entry is measured; the others are related."""
    answers: dict[str, Any] = {f"/{name}.mp4": MOVIE for name in "abc"}
    with site(answers) as running:
        answers["/feed"] = feed(running.url, "a", "b", "c")
        video = video_of(extracted(running, "/feed"))
    assert video.tracks[0].segments[0].url == f"{running.url}/a.mp4"
    assert video.related == (f"{running.url}/b.mp4", f"{running.url}/c.mp4")
    assert not any(asked.target == "/b.mp4" for asked in running.asked)


def test_a_list_is_read_as_far_as_wanted() -> None:
    """No more than `max_per_page` videos of a page are considered."""
    answers: dict[str, Any] = {f"/{name}.mp4": MOVIE for name in "abc"}
    with site(answers) as running:
        answers["/feed"] = feed(running.url, "a", "b", "c")
        video = video_of(extracted(running, "/feed", Config(max_per_page=2)))
    assert video.related == (f"{running.url}/b.mp4",)


def test_an_empty_list() -> None:
    """Without an entry there is no video."""
    with site({"/feed": feed("")}) as running:
        assert refused(extracted(running, "/feed")) == Outcome.UNSUPPORTED_URL


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (Answer(b"gone", status=410), Outcome.REMOVED),
        (Answer(b"no", status=404), Outcome.REMOVED),
        (Answer(b"slow down", status=429), Outcome.RATE_LIMITED),
        (Answer(b"broken", status=500), Outcome.PAGE_UNREACHABLE),
        (Answer(b"<html><body>Just words</body></html>"), Outcome.UNSUPPORTED_URL),
    ],
)
def test_pages_without_a_video(answer: Answer, outcome: Outcome) -> None:
    """What a web server says in place of a video is an outcome."""
    with site({"/page": answer}) as running:
        assert refused(extracted(running, "/page")) == outcome


def test_an_unreachable_page() -> None:
    """A closed port is network trouble, told with its reason."""
    with site({}) as running:
        url = f"{running.url}/film.mp4"
    failure = extract(url, Config())
    assert refused(failure) == Outcome.PAGE_UNREACHABLE
    assert isinstance(failure, Failure)
    assert "refused" in failure.detail


def test_an_unreachable_proxy() -> None:
    """A proxy that is not there is not the site's fault."""
    failure = extract("http://site.example/film.mp4", Config(page_proxy="http://127.0.0.1:1"))
    assert refused(failure) == Outcome.PROXY_FAILED


@pytest.mark.parametrize("url", ["nonsense", "ftp:", "http://", "://", "http://[bad/"])
def test_what_is_no_url(url: str) -> None:
    """Any text leads to an outcome, never to an exception."""
    assert refused(extract(url, Config())) in (
        Outcome.UNSUPPORTED_URL,
        Outcome.PAGE_UNREACHABLE,
        Outcome.EXTRACTION_FAILED,
    )


needs_recordings = pytest.mark.skipif(not YOUTUBE.is_dir(), reason="no recorded answers here")


@needs_recordings
@pytest.mark.parametrize("name", ["An8vtD1FDqs", "KI7fMGRg0Wk", "cJ9to6EmElQ", "tjz2u2DiveM"])
def test_youtube(name: str) -> None:
    """A recorded page of YouTube leads to separate video and audio files, and to related videos."""
    video = video_of(extract(WATCH + name, Config(), open_reader=recorded(youtube)))
    picture, sound = video.tracks
    player = json.loads((YOUTUBE / "player" / f"{name}.json").read_text())
    heights = [each.get("height", 0) for each in player["streamingData"]["adaptiveFormats"]]
    assert (picture.kind, sound.kind) == (TrackKind.VIDEO, TrackKind.AUDIO)
    assert video.quality == max(height for height in heights if height <= 720)
    assert all(track.host.endswith(".googlevideo.com") for track in video.tracks)
    assert all(track.protocol == "https" and track.size for track in video.tracks)
    assert all(track.request_size == 10 * 2**20 for track in video.tracks)
    assert video.title == player["videoDetails"]["title"]
    assert video.claimed_duration == int(player["videoDetails"]["lengthSeconds"])
    assert video.available_at is not None
    assert len(video.related) == 20
    assert WATCH + name not in video.related


VARIANTS = """#EXTM3U
#EXT-X-STREAM-INF:BANDWIDTH=9000000,RESOLUTION=1280x720,CODECS="vp09.00.31.08,mp4a.40.2"
https://manifest.googlevideo.com/api/manifest/hls_playlist/itag/612/720.m3u8
"""


def with_master(url: str, sent: Any) -> str | None:
    """YouTube, with an HLS master playlist behind the recorded answers' URL of it."""
    return VARIANTS if "/hls_variant/" in url else youtube(url, sent)


@needs_recordings
def test_youtube_s_manifests_are_spared() -> None:
    """Where there are separate files, they are played, and no manifest is fetched."""
    asked: list[str] = []
    reader = recorded(with_master, asked)
    video = video_of(extract(WATCH + "An8vtD1FDqs", Config(), open_reader=reader))
    assert video.formats == "136+140"
    assert video.protocol == "https"
    assert not any("manifest" in url for url in asked)


@needs_recordings
def test_youtube_s_manifests_are_the_last_resort() -> None:
    """Without separate files, what HLS offers is played."""

    def answer(url: str, sent: Any) -> str | None:
        if url.endswith("/720.m3u8"):
            return MEDIA.format(name="s")
        text = with_master(url, sent)
        if "/v1/player" not in url:
            return text
        player = json.loads(text or "")
        del player["streamingData"]["adaptiveFormats"]
        return json.dumps(player)

    video = video_of(extract(WATCH + "An8vtD1FDqs", Config(), open_reader=recorded(answer)))
    assert (video.protocol, video.quality) == ("m3u8_native", 720)


LOGGED_IN = ("SAPISID", "LOGIN_INFO")


@needs_recordings
@pytest.mark.parametrize("cookies", [LOGGED_IN, ()])
def test_logged_in_without_javascript(
    cookies: tuple[str, ...], caplog: pytest.LogCaptureFixture
) -> None:
    """That YouTube wants a JavaScript runtime of who is logged in is told in row and log."""

    def answer(url: str, sent: Any) -> str | None:
        text = youtube(url, sent)
        if "/v1/player" not in url:  # who is logged in is asked which client the page is made for
            return text and text.replace('"client": {}', '"client": {"clientName": "WEB"}')
        return json.dumps({**json.loads(text or ""), "streamingData": {}})

    @contextmanager
    def open_reader(config: Config, options: Any) -> Iterator[Any]:
        without = {**options, "js_runtimes": {"deno": {"path": "/nowhere"}}}
        with recorded(answer)(config, without) as reader:
            for name in cookies:
                reader.get_info_extractor("Youtube")._set_cookie(".youtube.com", name, "x")
            yield reader

    for _ in range(2):
        failure = extract(WATCH + "An8vtD1FDqs", Config(), open_reader=open_reader)
        assert refused(failure) == Outcome.NO_FORMAT
        assert isinstance(failure, Failure)
        assert ("JavaScript runtime" in failure.detail) == bool(cookies)
    warned = [each for each in caplog.records if each.levelname == "WARNING"]
    assert len(warned) == bool(cookies)


@needs_recordings
def test_related_videos_cost_no_request() -> None:
    """The answer that has them is asked for once."""
    asked: list[str] = []
    extract(WATCH + "An8vtD1FDqs", Config(), open_reader=recorded(youtube, asked))
    assert sum("/youtubei/v1/next" in url for url in asked) == 1


@needs_recordings
def test_a_video_that_youtube_does_not_show() -> None:
    """The recorded refusal, `This video is not available`, is an outcome with these words."""
    failure = extract(WATCH + "it3OtbTxQk0", Config(), open_reader=recorded(youtube))
    assert refused(failure) == Outcome.REMOVED
    assert isinstance(failure, Failure)
    assert failure.detail == "This video is not available"


@needs_recordings
@pytest.mark.parametrize(
    ("status", "reason", "outcome"),
    [
        ("LOGIN_REQUIRED", "Sign in to confirm you\u2019re not a bot", Outcome.BOT_CHECK),
        ("LOGIN_REQUIRED", "Private video", Outcome.PRIVATE),
        ("LOGIN_REQUIRED", "Sign in to confirm your age", Outcome.AGE_RESTRICTED),
        ("LIVE_STREAM_OFFLINE", "Premieres in 3 hours", Outcome.LIVE),
        ("ERROR", "Video unavailable", Outcome.REMOVED),
        ("UNPLAYABLE", "This content isn't available, try again later", Outcome.RATE_LIMITED),
        ("UNPLAYABLE", "This video requires payment to watch.", Outcome.MEMBERS_ONLY),
    ],
)
def test_refusals_of_youtube(status: str, reason: str, outcome: Outcome) -> None:
    """What the player endpoint says comes through yt-dlp's extractor as its outcome."""

    def answer(url: str, sent: Any) -> str | None:
        if "/v1/player" not in url:
            return youtube(url, sent)
        text = youtube(url, {**sent, "videoId": "it3OtbTxQk0"})
        player = json.loads(text or "")
        player["playabilityStatus"] = {"status": status, "reason": reason}
        player["videoDetails"]["videoId"] = sent["videoId"]
        return json.dumps(player)

    name = "An8vtD1FDqs"
    assert refused(extract(WATCH + name, Config(), open_reader=recorded(answer))) == outcome


@needs_recordings
def test_youtube_behind_a_geographical_fence() -> None:
    """yt-dlp's own error for it is understood."""
    text = "The uploader has not made this video available in your country"
    screen = {"playerErrorMessageRenderer": {"subreason": {"simpleText": text}}}
    status = {"status": "UNPLAYABLE", "reason": "Video unavailable", "errorScreen": screen}

    def answer(url: str, sent: Any) -> str | None:
        if "/v1/player" not in url:
            return youtube(url, sent)
        return json.dumps(
            {"playabilityStatus": status, "videoDetails": {"videoId": sent["videoId"]}}
        )

    failure = extract(WATCH + "An8vtD1FDqs", Config(), open_reader=recorded(answer))
    assert refused(failure) == Outcome.GEO_BLOCKED


def dailymotion(url: str, sent: Any) -> str | None:
    """The endpoints of Dailymotion that yt-dlp asks, with one video."""
    if url.endswith("/oauth/token"):
        return json.dumps({"access_token": "t"})
    if "graphql.api.dailymotion.com" in url:
        return json.dumps({"data": {"media": {"xid": "x1", "description": "d"}}})
    if "/player/metadata/video/" in url:
        quality = {"type": "application/x-mpegURL", "url": "https://cdn.example/x1/m.m3u8"}
        answer = {"title": "A film", "duration": 7, "qualities": {"auto": [quality]}}
        return json.dumps(answer)
    if url.endswith("/m.m3u8"):
        return MASTER.replace(',AUDIO="a"', "").replace("#EXT-X-MEDIA", "#EXT-X-NONE")
    return MEDIA.format(name="s") if url.endswith("/720.m3u8") else None


def test_dailymotion() -> None:
    """A video of Dailymotion is one track of HLS segments; each one asks for its own token."""
    asked: list[str] = []
    url = "https://www.dailymotion.com/video/x1"
    for _ in range(2):
        video = video_of(extract(url, Config(), open_reader=recorded(dailymotion, asked)))
    (track,) = video.tracks
    assert (track.kind, track.protocol) == (TrackKind.BOTH, "m3u8_native")
    assert track.segments[0].url == "https://cdn.example/x1/s-0.ts"
    assert (video.title, video.claimed_duration, video.quality) == ("A film", 6.5, 720)
    assert sum(url.endswith("/oauth/token") for url in asked) == 2


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        ({"code": "DM007", "title": "Not available where you are"}, Outcome.GEO_BLOCKED),
        ({"code": "DM002", "title": "Content deleted"}, Outcome.REMOVED),
        ({"code": "DM010", "title": "Private content"}, Outcome.PRIVATE),
        ({"code": "DM001", "raw_message": "Video not found"}, Outcome.REMOVED),
    ],
)
def test_refusals_of_dailymotion(error: dict[str, str], outcome: Outcome) -> None:
    """What its player says comes through yt-dlp's extractor as its outcome."""

    def answer(url: str, sent: Any) -> str | None:
        metadata = "/player/metadata/video/" in url
        return json.dumps({"error": error}) if metadata else dailymotion(url, sent)

    url = "https://www.dailymotion.com/video/x1"
    assert refused(extract(url, Config(), open_reader=recorded(answer))) == outcome


@pytest.mark.parametrize(
    ("playlist", "outcome"),
    [
        ("#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXT-X-ENDLIST\n", Outcome.NO_FORMAT),
        ("#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\n0.ts\n", Outcome.LIVE),
        ("<html>Moved</html>", Outcome.EXTRACTION_FAILED),
        (None, Outcome.REMOVED),
    ],
)
def test_renditions_that_cannot_be_played(playlist: str | None, outcome: Outcome) -> None:
    """The media playlist is read, too, and what is wrong with it is an outcome."""

    def answer(url: str, sent: Any) -> str | None:
        return playlist if url.endswith("/720.m3u8") else dailymotion(url, sent)

    url = "https://www.dailymotion.com/video/x1"
    assert refused(extract(url, Config(), open_reader=recorded(answer))) == outcome


def test_an_answer_that_nobody_expected() -> None:
    """A surprise within yt-dlp is an outcome of that video, not the end of the crawl."""

    def answer(url: str, sent: Any) -> str | None:
        return "[]" if "graphql" in url else dailymotion(url, sent)

    url = "https://www.dailymotion.com/video/x1"
    failure = extract(url, Config(), open_reader=recorded(answer))
    assert refused(failure) == Outcome.EXTRACTION_FAILED


def test_cookies_of_the_media_server(tmp_path: Path) -> None:
    """The cookies that belong to a track's server are among its headers."""
    cookies = tmp_path / "cookies.txt"
    line = "\t".join(("localhost.local", "FALSE", "/", "FALSE", "0", "session", "abc"))
    cookies.write_text(f"# Netscape HTTP Cookie File\n{line}\n")
    with site({"/film.mp4": MOVIE}) as running:
        video = video_of(extracted(running, "/film.mp4", Config(cookies=cookies)))
    assert video.tracks[0].headers["Cookie"] == "session=abc"


def test_the_interruption_of_the_user_passes() -> None:
    """Ctrl-C while a page is read is no outcome of the video."""

    def answer(url: str, sent: Any) -> str | None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        extract("https://www.dailymotion.com/video/x1", Config(), open_reader=recorded(answer))


def test_http_errors_are_those_of_yt_dlp() -> None:
    """The recorded reader fails as yt-dlp does, or the tests above would prove nothing."""
    with recorded(lambda url, sent: None)(Config(), {}) as reader, pytest.raises(HTTPError):
        reader.urlopen("https://site.example/")
