"""How the pages of a site are reached: the proxy, the authorities trusted, the cookies."""

import io
import logging
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from copy import copy
from functools import lru_cache
from http.cookiejar import Cookie
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit

from pytomo.config import Config
from pytomo.errors import CrawlError, PytomoError

TIMEOUT = 15.0
"""s without an answer from a site before giving up."""
RETRIES = 2
"""How often a request is repeated after trouble on the way or at the server."""

RELATED = "pytomo_related"
"""Where our extractors leave the URLs of related videos in what yt-dlp returns."""

OpenReader = Callable[[Config, Mapping[str, Any]], AbstractContextManager[Any]]
"""What `site_reader` is."""

log = logging.getLogger(__name__)


class PageError(PytomoError):
    """A page could not be read; the message says in one line which and why."""


def split(url: str) -> SplitResult:
    """The parts of a URL as people write it, `https://` or not; all empty if it is none."""
    try:
        return urlsplit(url if "//" in url else f"//{url}")
    except ValueError:
        return urlsplit("")


def get_json(
    url: str,
    params: Mapping[str, str | int],
    config: Config,
    *,
    headers: Mapping[str, str] | None = None,
) -> Any:
    """What the JSON document at `url` says.

    Raises PageError; its message never shows `params` or `headers`, which may hold a key.
    """
    import requests

    try:
        with _session(config) as session:
            answer = session.get(
                url,
                params=dict(params),
                headers=dict(headers or {}),
                timeout=TIMEOUT,
                proxies=_proxies(config),
                # Given with the request, it wins over REQUESTS_CA_BUNDLE.
                verify=str(config.ca_file) if config.ca_file else True,
            )
        return _content(answer)
    except requests.RequestException as error:
        raise PageError(f"{urlsplit(url).hostname} cannot be reached: {_root(error)}") from error


def _content(answer: Any) -> Any:
    host = urlsplit(answer.url).hostname
    try:
        content = answer.json()
    except ValueError:
        content = None
    if not answer.ok:
        raise PageError(f"{host} answered {answer.status_code} {_complaint(content)}".rstrip())
    if content is None:
        raise PageError(f"{host} answered with something that is not JSON")
    return content


def _complaint(content: Any) -> str:
    """The message of `{"error": {"message": …}}`, as Google and Dailymotion say it."""
    error = content.get("error") if isinstance(content, dict) else None
    return str(error.get("message", "")) if isinstance(error, dict) else ""


def _root(error: BaseException) -> str:
    """The first reason: the messages on top of it repeat the whole URL or say nothing."""
    while error.__context__ is not None:
        error = error.__context__
    return str(error) or type(error).__name__


def _session(config: Config) -> Any:
    from requests import Session
    from requests.adapters import HTTPAdapter
    from urllib3.util import Retry

    retries = Retry(
        RETRIES,
        backoff_factor=0.5,
        status_forcelist=(500, 502, 503, 504),
        raise_on_status=False,
        respect_retry_after_header=False,
    )
    session = Session()
    session.mount("http://", HTTPAdapter(max_retries=retries))
    session.mount("https://", HTTPAdapter(max_retries=retries))
    if source := _source_address(config):
        for adapter in session.adapters.values():
            adapter.init_poolmanager(10, 10, source_address=(source, 0))  # type: ignore[attr-defined]
    return session


def _proxy(config: Config) -> str | None:
    return config.page_proxy or config.http_proxy


def _proxies(config: Config) -> dict[str, str]:
    proxy = _proxy(config)
    return {"http": proxy, "https": proxy} if proxy else {}


def _source_address(config: Config) -> str | None:
    """The address to bind to: it decides on the family, in yt-dlp as in urllib3."""
    if config.ipv6_only:
        return "::"
    return "0.0.0.0" if config.ipv4_only else None


@contextmanager
def site_reader(config: Config, options: Mapping[str, Any]) -> Iterator[Any]:
    """A `yt_dlp.YoutubeDL` that reaches pages as `config` says; `options` are added to its own.

    Raises CrawlError if the cookies asked for cannot be read.
    """
    from yt_dlp import YoutubeDL

    cookies = _cookies(config.cookies, config.cookies_from_browser)
    with _trusted(config.ca_file), YoutubeDL({**_options(config), **options}) as reader:
        for cookie in cookies:
            reader.cookiejar.set_cookie(copy(cookie))
        yield reader


@lru_cache(maxsize=1)
def _cookies(file: Path | None, browser_words: str | None) -> tuple[Cookie, ...]:
    """The user's cookies, read once: a browser's store takes long, and may ask for a password.

    Each reader gets copies. What a site sets is gone with the reader, so that each video takes the
    same steps, and the user's own file and browser are never written to.
    """
    if not (file or browser_words):
        return ()
    from yt_dlp import YoutubeDL
    from yt_dlp.cookies import CookieLoadError, load_cookies

    words = browser(browser_words) if browser_words else None
    try:
        text = io.StringIO(file.read_text(encoding="utf-8")) if file else None
        with YoutubeDL({"logger": SiteLog(), "quiet": True}) as reader:
            return tuple(load_cookies(text, words, reader))
    except (CookieLoadError, OSError, UnicodeDecodeError) as error:
        raise CrawlError(f"the cookies cannot be read: {_root(error)}") from error


@contextmanager
def _trusted(ca_file: Path | None) -> Iterator[None]:
    """yt-dlp has no option for this: with `no-certifi` it asks OpenSSL, which reads a variable."""
    if ca_file is None:
        yield
        return
    before = os.environ.get("SSL_CERT_FILE")
    os.environ["SSL_CERT_FILE"] = str(ca_file)
    try:
        yield
    finally:
        if before is None:
            del os.environ["SSL_CERT_FILE"]
        else:
            os.environ["SSL_CERT_FILE"] = before


def _options(config: Config) -> dict[str, Any]:
    """yt-dlp's options for `config`; those that it does not speak of stay yt-dlp's own."""
    options = {
        "proxy": _proxy(config),
        "source_address": _source_address(config),
        "js_runtimes": javascript_runtimes(config.js_runtimes) or None,
        # Trust what the machine is set up to trust, as requests does; yt-dlp alone would not.
        "compat_opts": {"no-certifi"} if "SSL_CERT_FILE" in os.environ else None,
    }
    return {
        **{name: value for name, value in options.items() if value is not None},
        "logger": SiteLog(),
        "color": "no_color",
        "quiet": True,
        "noprogress": True,
        "socket_timeout": TIMEOUT,
        "extractor_retries": RETRIES,
        # An invented X-Forwarded-For would have us measure the servers of another country.
        "geo_bypass": False,
    }


def browser(text: str) -> tuple[str, str | None, str | None, str | None]:
    """`NAME[+KEYRING][:PROFILE][::CONTAINER]` as yt-dlp's (name, profile, keyring, container)."""
    rest, _, container = text.partition("::")
    rest, _, profile = rest.partition(":")
    name, _, keyring = rest.partition("+")
    return name.lower(), profile or None, keyring.upper() or None, container or None


def javascript_runtimes(words: tuple[str, ...]) -> dict[str, dict[str, str | None]]:
    """yt-dlp's `js_runtimes` of `NAME[:PATH]` words."""
    parts = (word.partition(":") for word in words)
    return {name.lower(): {"path": path or None} for name, _, path in parts}


class SiteLog:
    """What yt-dlp says, as details of the log: what it fails at ends in a row, not on a screen."""

    def debug(self, message: str) -> None:
        log.debug("%s", message)

    info = warning = error = debug
