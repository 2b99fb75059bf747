"""The lab's sites, as yt-dlp's own unmodified extractors and the sites' other callers see them."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import urlopen

import pytest
import requests
import yt_dlp
from loopback_only import loopback_only

from pytomo.errors import Outcome
from pytomo.lab import renderers
from pytomo.lab.catalogue import CATALOGUE, CLIPS
from pytomo.lab.dns import PUBLIC_ADDRESS
from pytomo.lab.lab import Lab
from pytomo.lab.listing import Clip
from pytomo.lab.site import Request
from pytomo.lab.youtube import uploaded_within

RECORDED = Path(__file__).parents[2] / "shared" / "recorded" / "youtube"
MESSAGES = {
    Outcome.REMOVED: "removed by the uploader|deleted",
    Outcome.PRIVATE: "[Pp]rivate",
    Outcome.GEO_BLOCKED: "in your country|geo-restricted by the owner",
    Outcome.AGE_RESTRICTED: "confirm your age",
    Outcome.MEMBERS_ONLY: "members-only",
    Outcome.BOT_CHECK: "not a bot",
    Outcome.RATE_LIMITED: "rate-limited",
}
"""What yt-dlp says of videos that sites refuse."""
REFUSED = [clip for clip in CLIPS if clip.outcome in MESSAGES]
SHOWN = [clip for clip in CLIPS if clip.outcome not in MESSAGES]


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with Lab() as opened:
        yield opened


@pytest.fixture
def reader(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    settings = lab.settings()
    monkeypatch.setenv("SSL_CERT_FILE", str(settings["ca_file"]))
    options = {
        "proxy": settings["page_proxy"],
        "compat_opts": {"no-certifi"},
        "quiet": True,
        "no_warnings": True,
        "cachedir": False,
        "extract_flat": True,
        "js_runtimes": {},
    }
    with loopback_only(), yt_dlp.YoutubeDL(options) as opened:
        yield opened
    assert lab.refused == ()


@pytest.fixture
def pages(lab: Lab) -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.trust_env = False
        session.proxies = dict.fromkeys(("http", "https"), lab.settings()["page_proxy"])
        session.verify = str(lab.settings()["ca_file"])
        yield session


def formats(info: dict[str, Any]) -> dict[str, Any]:
    return {each["format_id"]: each for each in info["formats"]}


@pytest.mark.parametrize("clip", REFUSED, ids=lambda clip: clip.id)
def test_refused_videos_are_refused_in_the_sites_words(reader: Any, clip: Clip) -> None:
    """yt-dlp raises the message that it raises for such a video of the real site."""
    with pytest.raises(yt_dlp.utils.DownloadError, match=MESSAGES[clip.outcome]):
        reader.extract_info(clip.url, download=False)


@pytest.mark.parametrize("clip", SHOWN, ids=lambda clip: clip.id)
def test_other_videos_have_formats(reader: Any, clip: Clip) -> None:
    """yt-dlp finds formats on the right host, and what is live is known to be."""
    info = reader.extract_info(clip.url, download=False)
    assert info["title"].startswith(clip.title)
    assert (info.get("live_status") == "is_live") == (clip.outcome is Outcome.LIVE)
    assert clip.outcome is Outcome.LIVE or info["duration"] == 30
    assert info["formats"]


def test_youtube_offers_separate_tracks(lab: Lab, reader: Any) -> None:
    """A YouTube video comes as separate audio and video, with true sizes, on its media server."""
    clip = CATALOGUE.popular("youtube")[0]
    found = formats(reader.extract_info(clip.url, download=False))
    assert list(found) == ["140", "251", "160", "134", "136"]
    picture, sound = found["136"], found["140"]
    assert picture["vcodec"].startswith("avc1")
    assert (picture["acodec"], sound["vcodec"]) == ("none", "none")
    assert picture["height"] == 720
    for name, file in (("136", "720p.video.mp4"), ("140", "audio.m4a")):
        assert found[name]["filesize"] == lab.encoding(file).size
        assert urlsplit(found[name]["url"]).hostname == clip.host
    assert picture["downloader_options"] == {"http_chunk_size": 10 << 20}


def test_youtube_offers_hls_beside_files(reader: Any, pages: requests.Session) -> None:
    """A video that comes as HLS, too, has a VP9 picture there, which yt-dlp sorts last."""
    clip = next(clip for clip in CLIPS if clip.hls)
    found = reader.extract_info(clip.url, download=False)["formats"]
    assert {each["protocol"] for each in found} == {"https", "m3u8_native"}
    last = found[-1]
    assert (last["protocol"], last["vcodec"][:4], last["acodec"]) == ("m3u8_native", "vp09", "none")
    assert last["height"] == max(clip.heights)
    sound = next(each for each in found if each["protocol"] != "https" and not each.get("height"))
    for each in (last, sound):
        text = pages.get(each["url"]).text
        urls = re.findall(r'^https://.+$|(?<=URI=")[^"]+', text, re.MULTILINE)
        assert len(urls) == text.count("#EXTINF") + 1
        assert {urlsplit(url).hostname for url in urls} == {clip.host}
        assert all(pages.head(url).status_code == 200 for url in urls)


def test_youtubes_media_urls_carry_our_address(reader: Any, pages: requests.Session) -> None:
    """As the real ones: in the query of a file's, in the path of playlists' and segments'."""
    for clip in (clip for clip in SHOWN if clip.service == "youtube"):
        for each in reader.extract_info(clip.url, download=False)["formats"]:
            path = each["protocol"] != "https"
            mark = f"/ip/{PUBLIC_ADDRESS}/" if path else f"&ip={PUBLIC_ADDRESS}&"
            assert mark in each["url"]
            if path:
                assert mark in each["manifest_url"]
                lines = pages.get(each["url"]).text.splitlines()
                assert all(mark in line for line in lines if line[:1] not in ("", "#"))


def test_media_urls_serve_the_media(lab: Lab, reader: Any) -> None:
    """The media server gives the very bytes of the format that was asked for."""
    clip = CATALOGUE.popular("youtube")[0]
    found = formats(reader.extract_info(clip.url, download=False))["140"]
    place = urlsplit(found["url"])._replace(scheme="http", netloc="")
    origin = lab.origin(lab.address(clip.host), "http")
    with urlopen(f"{origin}{place.path}?{place.query}") as answer:
        assert answer.read() == lab.encoding("audio.m4a").path.read_bytes()


def test_dailymotion_offers_hls(lab: Lab, reader: Any, pages: requests.Session) -> None:
    """A Dailymotion video comes as HLS, its segments on its media server."""
    clip = CATALOGUE.popular("dailymotion")[0]
    info = reader.extract_info(clip.url, download=False)
    assert [each["height"] for each in info["formats"]] == [144, 360, 720]
    assert {each["protocol"] for each in info["formats"]} == {"m3u8_native"}
    lines = pages.get(info["formats"][-1]["url"]).text.splitlines()
    urls = [line for line in lines if line and not line.startswith("#")]
    assert len(urls) == len(lab.encoding("720p.m3u8").segments)
    assert {urlsplit(url).hostname for url in urls} == {clip.host}
    with urlopen(urls[0].replace(lab.origin(clip.host), _plain(lab, clip.host))) as answer:
        assert answer.read(1) == b"\x47"  # the sync byte of MPEG transport streams


def _plain(lab: Lab, host: str) -> str:
    return lab.origin(lab.address(host), "http")


def test_broadcasts_move_on(reader: Any, pages: requests.Session) -> None:
    """A live playlist has no end, and shows segments of now."""
    clip = next(clip for clip in CLIPS if clip.outcome is Outcome.LIVE)
    info = reader.extract_info(clip.url, download=False)
    text = pages.get(info["formats"][-1]["url"]).text
    assert "#EXT-X-ENDLIST" not in text
    assert text.count("#EXTINF") == 5


@pytest.mark.parametrize("carries", [True, False])
def test_related_videos_come_either_way(
    lab: Lab, reader: Any, pages: requests.Session, carries: bool
) -> None:
    """A watch page has the answer of `next` in it, or leaves asking for it to the client."""
    clip = next(c for c in CATALOGUE.popular("youtube") if c.carries_related is carries)
    assert ("ytInitialData" in pages.get(clip.url).text) == carries
    answer = pages.post(
        "https://www.youtube.com/youtubei/v1/next", json={"videoId": clip.id}
    ).json()
    results = answer["contents"]["twoColumnWatchNextResults"]["secondaryResults"]
    boxes = results["secondaryResults"]["results"]
    videos = [
        box["lockupViewModel"]["contentId"]
        for box in boxes
        if box.get("lockupViewModel", {}).get("contentType") == "LOCKUP_CONTENT_TYPE_VIDEO"
    ]
    videos += [
        box["compactVideoRenderer"]["videoId"] for box in boxes if "compactVideoRenderer" in box
    ]
    assert videos == [other.id for other in lab.catalogue.related(clip)]
    assert len(boxes) > len(videos)  # and what is none


@pytest.mark.parametrize(
    ("filter_", "days"), [("CAMSBAgCEAE=", 1), ("CAMSBAgDEAE%3D", 7), ("CAMSAhAB", 36500)]
)
def test_searches_honour_the_time_frame(reader: Any, filter_: str, days: int) -> None:
    """A search gives the videos of its time frame only, in order, and neither ads nor shelves."""
    url = f"https://www.youtube.com/results?search_query=news&sp={filter_}"
    found = reader.extract_info(url, download=False)["entries"]
    assert [entry["id"] for entry in found] == [c.id for c in CATALOGUE.popular("youtube", days)]


def test_time_frames_differ() -> None:
    """Today's list is shorter than the week's, that than all."""
    counts = [len(CATALOGUE.popular("youtube", days)) for days in (1, 7, 31, 36500)]
    assert counts == sorted(set(counts))


@pytest.mark.parametrize("broken", ["", "%%%", "CAM", "CAMSBAg", "EgIQAfABAQ==", "é"])
def test_filters_that_cannot_be_read_do_not_filter(broken: str) -> None:
    """An unreadable `sp` parameter, or one without a date, goes back for ever."""
    assert uploaded_within(broken) == 36500


def test_the_data_api_wants_a_key(pages: requests.Session) -> None:
    """The chart of most popular videos is refused without a key, and comes in pages with one."""
    url = "https://www.googleapis.com/youtube/v3/videos"
    query = {"part": "id", "chart": "mostPopular", "maxResults": "8"}
    assert pages.get(url, params=query).status_code == 403
    headers = {"X-Goog-Api-Key": "mine"}
    first = pages.get(url, params=query, headers=headers).json()
    more = {**query, "pageToken": first["nextPageToken"], "key": "mine"}
    second = pages.get(url, params=more).json()
    listed = [item["id"] for item in (*first["items"], *second["items"])]
    assert listed == [clip.id for clip in CATALOGUE.popular("youtube")]
    assert "nextPageToken" not in second


def test_dailymotions_popular_list(pages: requests.Session) -> None:
    """The public API gives the fields asked for, page by page, by time frame."""
    query = {"sort": "visited-week", "fields": "id,url", "limit": "6"}
    url = "https://api.dailymotion.com/videos"
    found = [pages.get(url, params={**query, "page": str(page)}).json() for page in (1, 2)]
    week = CATALOGUE.popular("dailymotion", 7)
    assert [item for page in found for item in page["list"]] == [
        {"id": clip.id, "url": clip.url} for clip in week
    ]
    assert [page["has_more"] for page in found] == [True, False]
    today = pages.get(url, params={**query, "sort": "visited-today"}).json()
    assert len(today["list"]) < len(week)


def test_dailymotions_related_list(pages: requests.Session) -> None:
    """Related videos are listed like others; an unknown video has none."""
    clip = CATALOGUE.popular("dailymotion")[0]
    url = "https://api.dailymotion.com/video/{}/related"
    found = pages.get(url.format(clip.id), params={"fields": "id", "limit": "50"}).json()
    assert [i["id"] for i in found["list"]] == [c.id for c in CATALOGUE.related(clip)]
    assert pages.get(url.format("xnone")).status_code == 404


def test_unknown_videos(reader: Any) -> None:
    """Videos that are not in the catalogue are not available."""
    for url in ("https://www.youtube.com/watch?v=NotInTheLab", "https://dai.ly/xnotinthelab"):
        with pytest.raises(yt_dlp.utils.DownloadError, match=r"not available|Not Found"):
            reader.extract_info(url, download=False)


def test_pages_that_do_not_exist(pages: requests.Session) -> None:
    """A site says 404 for a path that it does not have, and goes on."""
    for host in ("www.youtube.com", "www.dailymotion.com", "api.dailymotion.com"):
        assert pages.get(f"https://{host}/no/such/page").status_code == 404
    assert pages.head("http://www.youtube.com/").status_code == 200


def test_bodies_that_are_no_json() -> None:
    """A body that is no JSON object reads as an empty one."""
    bodies = (b"", b"[1]", b"{", b'{"a": 1}')
    found = [Request(host="h", path="/", body=body).json() for body in bodies]
    assert found == [{}, {}, {}, {"a": 1}]


def _unlike(ours: Any, real: Any, path: str = "") -> list[str]:
    """Where a value of ours has a key or a type that the real one has not."""
    if isinstance(ours, dict) and isinstance(real, dict):
        return [
            unlike
            for key, value in ours.items()
            for unlike in (
                _unlike(value, real[key], f"{path}.{key}") if key in real else [f"{path}.{key}"]
            )
        ]
    if isinstance(ours, list) and isinstance(real, list) and ours and real:
        return _unlike(ours[0], real[0], f"{path}[]")
    return [] if type(ours) is type(real) else [f"{path}: {type(ours)}, {type(real)}"]


def _recorded(name: str) -> Any:
    path = RECORDED / name
    if not path.exists():
        pytest.skip(f"needs the recorded answers in {RECORDED}")
    return json.loads(path.read_text(encoding="utf-8"))


def test_player_answers_are_shaped_like_real_ones(pages: requests.Session) -> None:
    """Every field of our player's answers is in YouTube's, with the same type."""
    real = _recorded("player/An8vtD1FDqs.json")
    url = "https://www.youtube.com/youtubei/v1/player"
    ours = pages.post(url, json={"videoId": CATALOGUE.popular("youtube")[0].id}).json()
    assert _unlike(ours, real) == []
    sounds = [answer["streamingData"]["adaptiveFormats"][-1] for answer in (ours, real)]
    assert _unlike(*sounds) == []


def test_related_videos_are_shaped_like_real_ones() -> None:
    """Every field of our related videos is in YouTube's, with the same type."""
    real = _recorded("next/An8vtD1FDqs.json")
    clip = CATALOGUE.popular("youtube")[0]
    assert _unlike(renderers.watch_next([renderers.lockup(clip, 1)]), real) == [
        ".contents.twoColumnWatchNextResults.results"
    ]


def test_search_results_are_shaped_like_real_ones() -> None:
    """Every field of our search results is in YouTube's, with the same type."""
    real = _recorded("search/test.json")
    clip = CATALOGUE.popular("youtube")[0]
    assert _unlike(renderers.search_results([renderers.video(clip, 1)]), real) == []
