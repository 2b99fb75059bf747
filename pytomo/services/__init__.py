"""The services: where videos to measure come from. To add one, add it to `SERVICES`."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from pytomo.config import Config
from pytomo.errors import CrawlError
from pytomo.results import Video
from pytomo.services import dailymotion, generic, youtube


def _unknown(config: Config) -> tuple[str, ...]:
    raise CrawlError("no list of popular videos is known: give the URLs to start from")


def _of_the_page(url: str, video: Video, config: Config) -> tuple[str, ...]:
    return video.related


def _unchanged(url: str) -> str:
    return url


def _as_it_is(reader: Any) -> None:
    pass


def _nothing(reader: Any) -> str | None:
    return None


@dataclass(frozen=True, slots=True)
class Service:
    """What Pytomo has to know of a site beyond what yt-dlp does."""

    name: str
    matches: Callable[[str], bool]
    """Whether a URL is one of this service."""
    canonical: Callable[[str], str] = _unchanged
    """The one way to write the URL of a video; other URLs stay as they are."""
    popular: Callable[[Config], tuple[str, ...]] = _unknown
    """URLs of popular videos, best first, at most `max_per_page`; raises CrawlError."""
    related: Callable[[str, Video, Config], tuple[str, ...]] = _of_the_page
    """URLs of videos related to that of a URL that led to a Video; empty if they are not known."""
    prepare: Callable[[Any], None] = _as_it_is
    """Adapt a `yt_dlp.YoutubeDL` to the service. An extractor put there in place of yt-dlp's own
    may leave URLs of related videos under `pages.RELATED` in what it returns."""
    obstacle: Callable[[Any], str | None] = _nothing
    """What on this machine may keep the service's formats from a `yt_dlp.YoutubeDL`, in words for
    the detail of a row that finds none."""


SERVICES = (
    Service(
        name="youtube",
        matches=youtube.matches,
        canonical=youtube.canonical,
        popular=youtube.popular,
        related=youtube.related,
        prepare=youtube.prepare,
        obstacle=youtube.obstacle,
    ),
    Service(
        name="dailymotion",
        matches=dailymotion.matches,
        canonical=dailymotion.canonical,
        popular=dailymotion.popular,
        related=dailymotion.related,
        prepare=dailymotion.prepare,
    ),
    Service(name="generic", matches=lambda url: True, prepare=generic.prepare),
)
"""The first that matches a URL is its service; `generic`, the last, matches all."""


def service_of(url: str, services: Sequence[Service] = SERVICES) -> Service:
    """The service of a URL."""
    return next(service for service in services if service.matches(url))
