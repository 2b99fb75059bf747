"""Dailymotion: popular and related videos by its public API."""

import logging
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

from pytomo.config import Config
from pytomo.errors import CrawlError
from pytomo.pages import PageError, get_json, split
from pytomo.results import Video

API = "https://api.dailymotion.com"
"""https://developers.dailymotion.com/api/platform-api/reference"""

_LARGEST_PAGE = 100
_SORTS = {
    "today": "visited-today",
    "week": "visited-week",
    "month": "visited-month",
    "all_time": "visited",
}
_HOSTS = re.compile(r"(.+\.)?(dailymotion\.[a-z]{2,3}|dai\.ly)")
_PATH = re.compile(r"/(?:(?:embed|crawler|swf)/)?(?:video|swf)/([0-9A-Za-z]+)")
_TOKEN = "client_token"
"""The cookie of who is not logged in; that of a user's account is `access_token`, and stays."""
_SHORT_PATH = re.compile(r"/([0-9A-Za-z]+)")

log = logging.getLogger(__name__)
Read = Callable[..., Any]


def matches(url: str) -> bool:
    """Whether it is a page of Dailymotion."""
    return bool(_HOSTS.fullmatch(split(url).hostname or ""))


def canonical(url: str) -> str:
    """`https://www.dailymotion.com/video/ID` for every way to write the URL of a video."""
    identifier = _identifier(url) if matches(url) else None
    return watch(identifier) if identifier else url


def watch(identifier: str) -> str:
    """The page of the video with this ID."""
    return f"https://www.dailymotion.com/video/{identifier}"


def _identifier(url: str) -> str | None:
    parts = split(url)
    if parts.path.startswith("/player"):
        return next(iter(parse_qs(parts.query).get("video", ())), None)
    path = _SHORT_PATH if (parts.hostname or "").endswith("dai.ly") else _PATH
    found = path.match(parts.path)
    return found[1] if found else None


def popular(config: Config, *, read: Read = get_json) -> tuple[str, ...]:
    """The videos most visited in `time_frame`, at most `max_per_page`; raises CrawlError."""
    try:
        urls = _videos("videos", {"sort": _SORTS[config.time_frame]}, config, read)
    except PageError as error:
        raise CrawlError(f"Dailymotion gave no popular videos: {error}") from error
    if not urls:
        raise CrawlError("Dailymotion gave no popular videos: its list is empty")
    return urls


def related(url: str, video: Video, config: Config, *, read: Read = get_json) -> tuple[str, ...]:
    """The videos related to that of the URL; without an answer, the others of the page."""
    identifier = _identifier(url)
    if identifier is None:
        return video.related
    try:
        return (*video.related, *_videos(f"video/{identifier}/related", {}, config, read))
    except PageError as error:
        log.warning("no related videos of %s: %s", url, error)
        return video.related


def _videos(path: str, params: dict[str, str], config: Config, read: Read) -> tuple[str, ...]:
    limit = min(config.max_per_page, _LARGEST_PAGE)
    page = read(f"{API}/{path}", {**params, "fields": "id,url", "limit": limit}, config)
    return listed_videos(page)[:limit]


def listed_videos(page: Any) -> tuple[str, ...]:
    """The videos of an answer of the API, each once; raises PageError if it is not a list."""
    try:
        urls = (watch(str(item["id"])) for item in page["list"])
        return tuple(dict.fromkeys(urls))
    except (KeyError, TypeError) as error:
        raise PageError("api.dailymotion.com answered with something else than a list") from error


def prepare(reader: Any) -> None:
    """Forget the token that yt-dlp keeps, in the process and as a cookie: it expires.

    Besides, each video then takes the same steps, so that their CacheServerDelay compares.
    """
    from yt_dlp.extractor.dailymotion import DailymotionBaseInfoExtractor

    DailymotionBaseInfoExtractor._HEADERS.pop("Authorization", None)
    for cookie in list(reader.cookiejar):
        if cookie.name == _TOKEN and _HOSTS.fullmatch(cookie.domain):
            reader.cookiejar.clear(cookie.domain, cookie.path, cookie.name)
