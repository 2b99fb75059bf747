"""YouTube: popular videos by its search (or the Data API), related ones from the watch page."""

import base64
import functools
import logging
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain, zip_longest
from typing import Any
from urllib.parse import parse_qs, urlencode

from pytomo import refusals, tracks
from pytomo.config import Config
from pytomo.errors import CrawlError, Failure, Outcome
from pytomo.pages import RELATED, OpenReader, PageError, get_json, site_reader, split
from pytomo.results import Video

API_KEY = "PYTOMO_YOUTUBE_API_KEY"
"""Environment variable with a key of the YouTube Data API."""

_CHART = "https://www.googleapis.com/youtube/v3/videos"
_CHART_PAGE = 50
_SEARCH_PAGE = 40
_NO_JAVASCRIPT = (
    "logged in to YouTube by cookies, but without a JavaScript runtime its formats cannot be had: "
    "install deno, or name another one with --js-runtimes"
)
_HOSTS = re.compile(r"(.+\.)?(youtube\.com|youtube-nocookie\.com|youtu\.be)")
_ID = re.compile(r"[\w-]{11}", re.ASCII)
_NO_IDS = ("videoseries", "live_stream")
"""Words of 11 letters that stand where an ID could."""
_FOLDERS = ("shorts", "embed", "live", "v", "e", "watch")
_UPLOADED = {"today": 2, "week": 3, "month": 4}
_HOPELESS = (
    Outcome.PAGE_UNREACHABLE,
    Outcome.PROXY_FAILED,
    Outcome.BOT_CHECK,
    Outcome.RATE_LIMITED,
)
"""Failures of one search that the next one would meet, too."""

log = logging.getLogger(__name__)

Search = Callable[[Config], Sequence[Sequence[str] | Failure]]


def matches(url: str) -> bool:
    """Whether it is a page of YouTube."""
    return bool(_HOSTS.fullmatch(split(url).hostname or ""))


def canonical(url: str) -> str:
    """`https://www.youtube.com/watch?v=ID` for every way to write the URL of a video."""
    identifier = _identifier(url) if matches(url) else None
    return watch(identifier) if identifier else url


def watch(identifier: str) -> str:
    """The page of the video with this ID."""
    return f"https://www.youtube.com/watch?v={identifier}"


def _identifier(url: str) -> str | None:
    parts = split(url)
    folder, _, name = parts.path.strip("/").partition("/")
    if (parts.hostname or "").endswith("youtu.be"):
        found = folder
    elif folder in _FOLDERS and name:
        found = name.partition("/")[0]
    else:
        found = parse_qs(parts.query).get("v", [""])[0] if folder == "watch" else ""
    return found if _ID.fullmatch(found) and found not in _NO_IDS else None


def popular(
    config: Config, *, environment: Mapping[str, str] = os.environ, search: Search | None = None
) -> tuple[str, ...]:
    """Popular videos, best first, at most `max_per_page`.

    Those that searches for `search_terms` give, the most viewed of `time_frame` first; with an
    API key in the environment, YouTube's chart (which knows no time frame).
    Raises CrawlError if there are none.
    """
    if key := environment.get(API_KEY):
        return chart(config, key)
    answers = (search or searches)(config)
    lists = [answer for answer in answers if not isinstance(answer, Failure)]
    urls = merged(lists)[: config.max_per_page]
    if not urls:
        raise CrawlError(f"YouTube gave no popular videos: {_excuse(answers)}")
    return urls


def merged(lists: Iterable[Sequence[str]]) -> tuple[str, ...]:
    """The lists by rank: the first of each, then the second of each; each URL once."""
    ranks = chain.from_iterable(zip_longest(*lists))
    return tuple(dict.fromkeys(url for url in ranks if url is not None))


def _excuse(answers: Iterable[Sequence[str] | Failure]) -> str:
    failures = [answer.detail for answer in answers if isinstance(answer, Failure)]
    return failures[-1] if failures else "its searches found nothing"


def searches(
    config: Config, *, open_reader: OpenReader = site_reader
) -> Sequence[Sequence[str] | Failure]:
    """For each search term its videos, or why there are none."""
    answers: list[Sequence[str] | Failure] = []
    # More than wanted: Shorts and live streams, which come first on some days, are left out.
    options = {"extract_flat": True, "playlistend": max(_SEARCH_PAGE, config.max_per_page)}
    with open_reader(config, options) as reader:
        for term in config.search_terms:
            answers.append(_search(reader, search_url(term, config.time_frame)))
            if isinstance(answers[-1], Failure) and answers[-1].outcome in _HOPELESS:
                break
    return answers


def _search(reader: Any, url: str) -> Sequence[str] | Failure:
    from yt_dlp.utils import YoutubeDLError

    try:
        return found_videos((reader.extract_info(url, download=False) or {}).get("entries") or ())
    except YoutubeDLError as error:
        log.warning("search failed: %s: %s", url, error)
        return refusals.failure(error)


def found_videos(entries: Iterable[Mapping[str, Any]]) -> tuple[str, ...]:
    """The videos among yt-dlp's entries of a search: no channels, shorts or live streams."""
    return tuple(
        canonical(entry["url"])
        for entry in entries
        if entry.get("ie_key") == "Youtube"
        and "/shorts/" not in entry["url"]
        and entry.get("live_status") not in ("is_live", "is_upcoming")
    )


def search_url(term: str, time_frame: str) -> str:
    """The page of a search for videos of a time frame, the most viewed first."""
    query = urlencode({"search_query": term, "sp": search_filter(time_frame)})
    return f"https://www.youtube.com/results?{query}"


def search_filter(time_frame: str) -> str:
    """The `sp` parameter of a search: a protocol buffer in base64.

    Field 1 is the order (3: by view count); field 2 a message of filters: its field 1 the time
    of upload (2 today, 3 this week, 4 this month; none: all), its field 2 the type (1: video).
    """
    date = _number(1, _UPLOADED[time_frame]) if time_frame in _UPLOADED else b""
    filters = date + _number(2, 1)
    return base64.b64encode(_number(1, 3) + _message(2, filters)).decode("ascii")


def _number(field: int, value: int) -> bytes:
    """A field of wire type 0 (varint); below 128 the value is its own encoding."""
    return bytes((field << 3, value))


def _message(field: int, content: bytes) -> bytes:
    """A field of wire type 2: its length, then its content."""
    return bytes((field << 3 | 2, len(content))) + content


def chart(config: Config, key: str, *, read: Callable[..., Any] = get_json) -> tuple[str, ...]:
    """YouTube's most popular videos by the Data API (`videos.list?chart=mostPopular`).

    Raises CrawlError; the key is sent in a header so that no message or log can show it.
    """
    identifiers: list[str] = []
    params: dict[str, str | int] = {"part": "id", "chart": "mostPopular", "maxResults": _CHART_PAGE}
    try:
        while len(identifiers) < config.max_per_page:
            page = read(_CHART, params, config, headers={"X-Goog-Api-Key": key})
            identifiers += [item["id"] for item in page["items"]]
            if not page.get("nextPageToken"):
                break
            params["pageToken"] = page["nextPageToken"]
    except (PageError, KeyError, TypeError) as error:
        raise CrawlError(f"YouTube's Data API gave no popular videos: {error}") from error
    return tuple(watch(identifier) for identifier in identifiers[: config.max_per_page])


def related(url: str, video: Video, config: Config) -> tuple[str, ...]:
    """The videos that the watch page proposes, as the extractor came upon them."""
    return video.related


def related_videos(answer: Mapping[str, Any] | None) -> tuple[str, ...]:
    """The related videos in an answer of the `next` endpoint, in YouTube's order.

    Videos only: playlists, mixes, shorts, advertisements and channels are left out.
    """
    column = ("contents", "twoColumnWatchNextResults", "secondaryResults", "secondaryResults")
    found = (_related(item) for item in _items(_at(answer, *column, "results")))
    valid = (identifier for identifier in found if identifier and _ID.fullmatch(identifier))
    return tuple(dict.fromkeys(watch(identifier) for identifier in valid))


def _at(value: Any, *path: str) -> Any:
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _items(results: Any) -> Iterator[Mapping[str, Any]]:
    """The items of the column; where it has filter chips on top, they are in a section of it."""
    for item in results if isinstance(results, list) else ():
        section = _at(item, "itemSectionRenderer") or _at(item, "compactAutoplayRenderer")
        if section:
            yield from _items(_at(section, "contents"))
        elif isinstance(item, dict):
            yield item


def _related(item: Mapping[str, Any]) -> str | None:
    lockup = _at(item, "lockupViewModel")
    if _at(lockup, "contentType") == "LOCKUP_CONTENT_TYPE_VIDEO":
        return str(_at(lockup, "contentId"))
    compact = _at(item, "compactVideoRenderer", "videoId")
    return str(compact) if compact else None


def prepare(reader: Any) -> None:
    """Have the extractor keep the answer of `next`, which it asks for anyway, and spare manifests.

    Those of HLS and DASH are fetched only where there are no files of video and of audio, which
    YouTube's player takes: they would count in CacheServerDelay.
    """
    reader.add_info_extractor(_extractor()())


def obstacle(reader: Any) -> str | None:
    """That a JavaScript runtime is missing; it is logged once, too.

    YouTube answers those who are logged in with URLs that only its player's script can complete.
    """
    if not reader.get_info_extractor("Youtube").is_authenticated:
        return None
    if any(runtime and runtime.info for runtime in reader._js_runtimes.values()):
        return None
    _warn_once(_NO_JAVASCRIPT)
    return _NO_JAVASCRIPT


@functools.cache
def _warn_once(text: str) -> None:
    log.warning("%s", text)


@functools.cache
def _extractor() -> Any:
    from yt_dlp.extractor.youtube import YoutubeIE as Original

    class YoutubeIE(Original):  # type: ignore[misc] # yt-dlp is not typed
        """yt-dlp's own, and the related videos; it takes its place by having its name."""

        _watch_next: Mapping[str, Any] | None = None
        _spare_manifests = False

        def _download_initial_data(self, *arguments: Any, **keywords: Any) -> Any:
            self._watch_next = super()._download_initial_data(*arguments, **keywords)
            return self._watch_next

        def _real_extract(self, url: str) -> Any:
            self._watch_next = None
            info = super()._real_extract(url)
            return {**info, RELATED: related_videos(self._watch_next)}

        def _extract_formats_and_subtitles(self, *arguments: Any) -> Iterator[Any]:
            self._spare_manifests = True
            *formats, subtitles = super()._extract_formats_and_subtitles(*arguments)
            self._spare_manifests = False
            if tracks.separate({"protocol": "https", **each} for each in formats):
                yield from (*formats, subtitles)
            else:
                yield from super()._extract_formats_and_subtitles(*arguments)

        def _extract_m3u8_formats_and_subtitles(self, *arguments: Any, **keywords: Any) -> Any:
            if self._spare_manifests:
                return [], {}
            return super()._extract_m3u8_formats_and_subtitles(*arguments, **keywords)

        def _extract_mpd_formats_and_subtitles(self, *arguments: Any, **keywords: Any) -> Any:
            if self._spare_manifests:
                return [], {}
            return super()._extract_mpd_formats_and_subtitles(*arguments, **keywords)

    return YoutubeIE
