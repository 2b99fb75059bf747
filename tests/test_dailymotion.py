"""Dailymotion's URLs, popular videos and related videos."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from yt_dlp import YoutubeDL
from yt_dlp.extractor.dailymotion import DailymotionBaseInfoExtractor

from pytomo.config import Config
from pytomo.errors import CrawlError
from pytomo.pages import PageError
from pytomo.results import Video
from pytomo.services import service_of
from pytomo.services.dailymotion import listed_videos, popular, prepare, related

WATCH = "https://www.dailymotion.com/video/"
VIDEO = Video(extraction_time=1.0)


@pytest.mark.parametrize(
    ("url", "identifier"),
    [
        ("https://www.dailymotion.com/video/x8u4owg", "x8u4owg"),
        ("http://www.dailymotion.com/video/x5kesuj_office-christmas_news?start=3", "x5kesuj"),
        ("https://dailymotion.com/video/x8u4owg?playlist=x7wdsj", "x8u4owg"),
        ("https://dai.ly/x94cnnk", "x94cnnk"),
        ("dai.ly/x94cnnk", "x94cnnk"),
        ("https://www.dailymotion.com/embed/video/x8u4owg?autoplay=1", "x8u4owg"),
        ("https://touch.dailymotion.com/video/x8u4owg", "x8u4owg"),
        ("https://geo.dailymotion.com/player.html?video=x89eyek&mute=true", "x89eyek"),
        ("https://geo.dailymotion.com/player/x86gw.html?video=k46oCapRs4", "k46oCapRs4"),
        ("https://www.dailymotion.com/crawler/video/x8u4owg", "x8u4owg"),
        ("http://www.dailymotion.com/swf/video/x3n92nf", "x3n92nf"),
        ("http://www.dailymotion.com/swf/x3ss1m_funny-magic-trick", "x3ss1m"),
    ],
)
def test_each_way_to_write_a_video_is_one(url: str, identifier: str) -> None:
    """All URLs of a video are its page, without extra parameters."""
    assert service_of(url).name == "dailymotion"
    assert service_of(url).canonical(url) == WATCH + identifier


@pytest.mark.parametrize(
    "url",
    [
        "https://www.dailymotion.com/playlist/xv4bw",
        "https://www.dailymotion.com/user/nqtv",
        "https://geo.dailymotion.com/player/xf7zn.html?playlist=x7wdsj",
        "https://www.dailymotion.com/",
    ],
)
def test_other_pages_stay_as_they_are(url: str) -> None:
    """What is no video has no page of a video."""
    assert service_of(url).name == "dailymotion"
    assert service_of(url).canonical(url) == url


def answering(
    answer: Any, asked: list[tuple[str, Mapping[str, Any]]] | None = None
) -> Callable[..., Any]:
    """A reader of pages with one answer."""

    def read(url: str, params: Mapping[str, Any], config: Config) -> Any:
        if asked is not None:
            asked.append((url, params))
        return answer

    return read


def refusing(*_: Any) -> Any:
    raise PageError("api.dailymotion.com answered 500")


def page(*identifiers: str) -> dict[str, Any]:
    return {
        "page": 1,
        "limit": 20,
        "has_more": True,
        "list": [{"id": name, "url": f"{WATCH}{name}_slug"} for name in identifiers],
    }


@pytest.mark.parametrize(
    ("time_frame", "sort"),
    [
        ("today", "visited-today"),
        ("week", "visited-week"),
        ("month", "visited-month"),
        ("all_time", "visited"),
    ],
)
def test_popular(time_frame: str, sort: str) -> None:
    """The API sorts by visits in the time frame."""
    asked: list[tuple[str, Mapping[str, Any]]] = []
    config = Config(time_frame=time_frame, max_per_page=2)
    read = answering(page("x1", "x2", "x3"), asked)
    assert popular(config, read=read) == (WATCH + "x1", WATCH + "x2")
    url, params = asked[0]
    assert url == "https://api.dailymotion.com/videos"
    assert params == {"sort": sort, "fields": "id,url", "limit": 2}


def test_the_api_gives_at_most_100() -> None:
    """More than the API allows is not asked for."""
    asked: list[tuple[str, Mapping[str, Any]]] = []
    popular(Config(max_per_page=500), read=answering(page("x1"), asked))
    assert asked[0][1]["limit"] == 100


@pytest.mark.parametrize("read", [refusing, answering(page()), answering({"odd": 1})])
def test_no_popular_videos_is_one_clear_line(read: Callable[..., Any]) -> None:
    """Without any video the crawl cannot start, and the reason is told."""
    with pytest.raises(CrawlError, match=r"Dailymotion gave no popular videos: ."):
        popular(Config(), read=read)


def test_related() -> None:
    """The API's related videos of the ID in the URL."""
    asked: list[tuple[str, Mapping[str, Any]]] = []
    read = answering(page("x1", "x2"), asked)
    url = "https://dai.ly/x94cnnk"
    assert related(url, VIDEO, Config(), read=read) == (WATCH + "x1", WATCH + "x2")
    assert asked[0][0] == "https://api.dailymotion.com/video/x94cnnk/related"


def test_related_of_a_playlist() -> None:
    """A page of several videos has the others of it; nothing is asked for."""
    video = Video(extraction_time=1.0, related=(WATCH + "x3",))
    url = "https://www.dailymotion.com/playlist/xv4bw"
    assert related(url, video, Config(), read=refusing) == (WATCH + "x3",)


def test_a_crawl_goes_on_without_related_videos() -> None:
    """An API that fails after a good measurement is no reason to stop."""
    assert related(WATCH + "x1", VIDEO, Config(), read=refusing) == ()


@pytest.mark.parametrize("answer", [None, [], {"list": None}, {"list": [{}]}, {"list": [1]}])
def test_what_is_no_list_is_an_error(answer: Any) -> None:
    """Any other shape than the API's is told, not guessed at."""
    with pytest.raises(PageError, match="something else than a list"):
        listed_videos(answer)


def test_the_token_of_another_video_is_forgotten() -> None:
    """yt-dlp would keep a token, in the process and as a cookie, long after it has expired."""
    DailymotionBaseInfoExtractor._HEADERS["Authorization"] = "Bearer old"
    with YoutubeDL() as reader:
        extractor = reader.get_info_extractor("Dailymotion")
        for name in ("client_token", "access_token", "ff"):
            extractor._set_dailymotion_cookie(name, "old")
        prepare(reader)
        assert {cookie.name for cookie in reader.cookiejar} == {"access_token", "ff"}
    assert "Authorization" not in DailymotionBaseInfoExtractor._HEADERS


def test_the_tokens_of_other_sites_stay() -> None:
    """A cookie of the same name elsewhere is the user's."""
    with YoutubeDL() as reader:
        reader.get_info_extractor("Dailymotion")._set_cookie("video.example", "client_token", "x")
        prepare(reader)
        assert [cookie.domain for cookie in reader.cookiejar] == ["video.example"]
