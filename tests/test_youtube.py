"""YouTube's URLs, popular videos and related videos."""

import base64
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pytest
from recorded_reader import YOUTUBE, recorded, youtube

from pytomo.config import Config
from pytomo.errors import CrawlError, Failure, Outcome, Phase
from pytomo.pages import PageError
from pytomo.services import service_of
from pytomo.services.youtube import (
    chart,
    found_videos,
    merged,
    popular,
    related_videos,
    search_filter,
    search_url,
    searches,
)

NEXT = YOUTUBE / "next"
WATCH = "https://www.youtube.com/watch?v="
ID = "An8vtD1FDqs"


@pytest.mark.parametrize(
    "url",
    [
        f"https://www.youtube.com/watch?v={ID}",
        f"http://youtube.com/watch?v={ID}&feature=share&t=42s",
        f"https://m.youtube.com/watch?app=desktop&v={ID}&list=PL0123456789",
        f"https://music.youtube.com/watch?v={ID}",
        f"https://youtu.be/{ID}",
        f"https://youtu.be/{ID}?si=abcdefgh",
        f"https://www.youtube.com/shorts/{ID}",
        f"https://www.youtube.com/shorts/{ID}?feature=share",
        f"https://www.youtube.com/embed/{ID}?autoplay=1",
        f"https://www.youtube-nocookie.com/embed/{ID}",
        f"https://www.youtube.com/live/{ID}",
        f"https://www.youtube.com/v/{ID}",
        f"youtu.be/{ID}",
        f"www.youtube.com/watch?v={ID}",
    ],
)
def test_each_way_to_write_a_video_is_one(url: str) -> None:
    """All URLs of a video are its watch page, without extra parameters."""
    service = service_of(url)
    assert service.name == "youtube"
    assert service.canonical(url) == WATCH + ID


@pytest.mark.parametrize(
    "url",
    [
        "https://www.youtube.com/playlist?list=PL0123456789",
        "https://www.youtube.com/embed/videoseries?list=PL0123456789",
        "https://www.youtube.com/embed/live_stream?channel=UC0123456789",
        "https://www.youtube.com/@channel/videos",
        "https://www.youtube.com/watch?v=tooshort",
        "https://www.youtube.com/results?search_query=v",
    ],
)
def test_other_pages_stay_as_they_are(url: str) -> None:
    """What is no video has no watch page."""
    assert service_of(url).name == "youtube"
    assert service_of(url).canonical(url) == url


@pytest.mark.parametrize(
    "url",
    [
        "https://notyoutube.com/watch?v=" + ID,
        "https://youtube.com.evil.example/watch?v=" + ID,
        "http://127.0.0.1:8000/youtube.com/video.mp4",
        "nonsense",
        "http://[bad/",
    ],
)
def test_other_sites_are_not_youtube(url: str) -> None:
    """The host decides."""
    assert service_of(url).name == "generic"
    assert service_of(url).canonical(url) == url


@pytest.mark.parametrize(
    ("time_frame", "parameter"),
    [
        ("today", "CAMSBAgCEAE="),
        ("week", "CAMSBAgDEAE="),
        ("month", "CAMSBAgEEAE="),
        ("all_time", "CAMSAhAB"),
    ],
)
def test_the_filter_of_a_search(time_frame: str, parameter: str) -> None:
    """The parameter is the one that YouTube's own menu makes for these choices."""
    assert search_filter(time_frame) == parameter


def test_the_filter_is_a_protocol_buffer() -> None:
    """Field 1 (order) is 3; field 2 has fields 1 (uploaded this week: 3) and 2 (video: 1)."""
    content = base64.b64decode(search_filter("week"))
    assert content == bytes([0x08, 3, 0x12, 4, 0x08, 3, 0x10, 1])


def test_the_page_of_a_search() -> None:
    """Terms and filter are quoted."""
    assert search_url("rock & roll", "week") == (
        "https://www.youtube.com/results?search_query=rock+%26+roll&sp=CAMSBAgDEAE%3D"
    )


def test_found_videos() -> None:
    """Of a search's entries only videos with an end are kept."""
    entries = [
        {"ie_key": "Youtube", "url": WATCH + "aaaaaaaaaaa"},
        {"ie_key": "YoutubeTab", "url": "https://www.youtube.com/channel/UC01"},
        {"ie_key": "Youtube", "url": "https://www.youtube.com/shorts/bbbbbbbbbbb"},
        {"ie_key": "Youtube", "url": WATCH + "ccccccccccc", "live_status": "is_live"},
        {"ie_key": "Youtube", "url": WATCH + "ddddddddddd", "live_status": "was_live"},
        {"ie_key": None, "url": WATCH + "eeeeeeeeeee"},
    ]
    assert found_videos(entries) == (WATCH + "aaaaaaaaaaa", WATCH + "ddddddddddd")


def test_lists_are_merged_by_rank() -> None:
    """The first of each list, then the second of each; the first mention counts."""
    assert merged([["a", "b", "c"], ["d", "a"], [], ["e", "f", "g", "h"]]) == (
        ("a", "d", "e", "b", "f", "c", "g", "h")
    )
    assert merged([]) == ()


def failing(outcome: Outcome, detail: str) -> Failure:
    return Failure(outcome, Phase.EXTRACT, detail)


def test_popular_by_search() -> None:
    """The searches' videos by rank, at most as many as asked for; one failure does no harm."""

    def search(config: Config) -> Sequence[Sequence[str] | Failure]:
        return [["a", "b"], failing(Outcome.EXTRACTION_FAILED, "odd"), ["c", "d"]]

    config = Config(max_per_page=3)
    assert popular(config, environment={}, search=search) == ("a", "c", "b")


@pytest.mark.parametrize(
    ("answers", "reason"),
    [
        ([failing(Outcome.PAGE_UNREACHABLE, "no route")], "no route"),
        ([[], []], "its searches found nothing"),
    ],
)
def test_no_popular_videos_is_one_clear_line(
    answers: Sequence[Sequence[str] | Failure], reason: str
) -> None:
    """Without any video the crawl cannot start, and the reason is told."""
    with pytest.raises(CrawlError, match=f"YouTube gave no popular videos: {reason}"):
        popular(Config(), environment={}, search=lambda config: answers)


def test_an_unreachable_youtube_is_told_at_once() -> None:
    """The first search that finds no network is the last one."""
    config = Config(page_proxy="http://127.0.0.1:1")
    with pytest.raises(CrawlError, match=r"YouTube gave no popular videos: .*refused"):
        popular(config, environment={})


def test_recorded_searches() -> None:
    """Each term's recorded answer gives its videos; a term without an answer is a failure."""
    if not YOUTUBE.is_dir():
        pytest.skip("no recorded answers here")
    config = Config(search_terms=("test", "unheard of", "cirque du soleil"), max_per_page=10)
    first, second, third = searches(config, open_reader=recorded(youtube))
    for found in (first, third):
        assert not isinstance(found, Failure)
        assert 10 < len(set(found)) <= len(found) <= 40
        assert all(url.startswith(WATCH) for url in found)
    assert isinstance(second, Failure)


def test_one_popular_video_of_many_shorts() -> None:
    """With -P 1, a search that begins with Shorts still finds the first video after them."""

    def answer(url: str, sent: Any) -> str | None:
        text = youtube(url, sent)
        if "/v1/search" not in url or text is None:
            return text
        page = json.loads(text)
        listed = list(_renderers(page))
        assert len(listed) > 10
        for video in listed[:5]:
            command = video["navigationEndpoint"]["commandMetadata"]["webCommandMetadata"]
            command["url"] = f"/shorts/{video['videoId']}"
        return json.dumps(page)

    if not YOUTUBE.is_dir():
        pytest.skip("no recorded answers here")
    config = Config(search_terms=("test",), max_per_page=1)
    found = popular(
        config,
        environment={},
        search=lambda config: searches(config, open_reader=recorded(answer)),
    )
    assert len(found) == 1


def _renderers(value: Any) -> Iterator[dict[str, Any]]:
    """The videos of a recorded search."""
    if isinstance(value, dict):
        if "videoRenderer" in value:
            yield value["videoRenderer"]
        value = list(value.values())
    for each in value if isinstance(value, list) else ():
        yield from _renderers(each)


def test_popular_by_the_data_api() -> None:
    """With a key it is the chart, page by page; the key goes into a header only."""
    asked: list[tuple[str, dict[str, Any], Mapping[str, str]]] = []

    def read(url: str, params: Mapping[str, Any], config: Config, **named: Any) -> Any:
        asked.append((url, dict(params), named["headers"]))
        items = [{"id": f"{len(asked)}-{rank}"} for rank in range(2)]
        return {"items": items, "nextPageToken": f"page{len(asked)}"}

    assert chart(Config(max_per_page=3), "secret", read=read) == (
        WATCH + "1-0",
        WATCH + "1-1",
        WATCH + "2-0",
    )
    url, params, headers = asked[1]
    assert url == "https://www.googleapis.com/youtube/v3/videos"
    assert params["chart"] == "mostPopular"
    assert params["pageToken"] == "page1"
    assert "secret" not in str(params)
    assert headers == {"X-Goog-Api-Key": "secret"}


def test_the_chart_may_be_short() -> None:
    """The last page ends it."""
    assert chart(Config(), "k", read=lambda *_, **__: {"items": [{"id": "x"}]}) == (WATCH + "x",)


def refusing(*_: Any, **__: Any) -> Any:
    raise PageError("www.googleapis.com answered 403 The quota is used up")


@pytest.mark.parametrize("read", [refusing, lambda *_, **__: {"kind": "odd"}])
def test_a_refusing_data_api_is_one_clear_line(read: Any) -> None:
    """An answer without videos stops the crawl with its reason."""
    with pytest.raises(CrawlError, match=r"YouTube's Data API gave no popular videos: ."):
        chart(Config(), "secret", read=read)


def test_related_videos_of_recorded_answers() -> None:
    """Each recorded answer has 20 videos, none twice, and not the one that is watched."""
    if not NEXT.is_dir():
        pytest.skip("no recorded answers here")
    files = sorted(NEXT.glob("*.json"))
    assert files
    for file in files:
        found = related_videos(json.loads(file.read_text()))
        assert len(found) == len(set(found)) == 20, file.name
        assert all(url.startswith(WATCH) and len(url) == len(WATCH) + 11 for url in found)
        assert WATCH + file.stem not in found


def test_related_videos_keep_their_order() -> None:
    """The first recorded one is the first."""
    if not NEXT.is_dir():
        pytest.skip("no recorded answers here")
    answer = json.loads((NEXT / f"{ID}.json").read_text())
    assert related_videos(answer)[:2] == (WATCH + "enePU6YCdWo", WATCH + "KV39wkUBFIQ")


def column(*results: Any) -> dict[str, Any]:
    """An answer of `next` with these items."""
    inner = {"secondaryResults": {"results": list(results)}}
    return {"contents": {"twoColumnWatchNextResults": {"secondaryResults": inner}}}


def lockup(identifier: str, content: str = "VIDEO") -> dict[str, Any]:
    return {
        "lockupViewModel": {
            "contentId": identifier,
            "contentType": f"LOCKUP_CONTENT_TYPE_{content}",
        }
    }


def compact(identifier: str) -> dict[str, Any]:
    return {"compactVideoRenderer": {"videoId": identifier}}


def test_both_kinds_of_items_are_videos() -> None:
    """The new and the old renderer, also within a section and the old autoplay box."""
    answer = column(
        {"relatedChipCloudRenderer": {}},
        {"compactAutoplayRenderer": {"contents": [compact("aaaaaaaaaaa")]}},
        {"itemSectionRenderer": {"contents": [lockup("bbbbbbbbbbb"), compact("ccccccccccc")]}},
        lockup("ddddddddddd"),
        lockup("bbbbbbbbbbb"),
    )
    names = ("aaaaaaaaaaa", "bbbbbbbbbbb", "ccccccccccc", "ddddddddddd")
    assert related_videos(answer) == tuple(WATCH + name for name in names)


def test_what_is_no_video_is_left_out() -> None:
    """Playlists, mixes, podcasts, shorts, advertisements and continuations."""
    short = {"shortsLockupViewModel": {"entityId": "shorts-shelf-item-aaaaaaaaaaa"}}
    answer = column(
        lockup("PL0123456789", "PLAYLIST"),
        lockup("RDaaaaaaaaaaa", "PLAYLIST"),
        lockup("aaaaaaaaaaa", "SHORTS"),
        {"compactRadioRenderer": {"playlistId": "RDaaaaaaaaaaa"}},
        {"compactPlaylistRenderer": {"playlistId": "PL0123456789"}},
        {"reelShelfRenderer": {"items": [short]}},
        {"adSlotRenderer": {"fulfillmentContent": compact("aaaaaaaaaaa")}},
        {"continuationItemRenderer": {}},
        lockup("not an id", "VIDEO"),
        "odd",
    )
    assert related_videos(answer) == ()


@pytest.mark.parametrize("answer", [None, {}, {"contents": []}, column(), {"contents": None}])
def test_an_answer_without_the_column(answer: Any) -> None:
    """Nothing related is no error."""
    assert related_videos(answer) == ()


def test_yt_dlp_still_has_what_we_hook_into() -> None:
    """The method of yt-dlp's that sees the answer of `next` has this name."""
    from yt_dlp.extractor.youtube import YoutubeIE

    assert callable(YoutubeIE._download_initial_data)
