"""From the page of a video to its tracks, with yt-dlp in process."""

import logging
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from pytomo import ladder, refusals, tracks
from pytomo.config import HIGH_DEFINITION, Config
from pytomo.errors import Failure, Outcome
from pytomo.media.hls import parse_media_playlist
from pytomo.pages import RELATED, OpenReader, site_reader
from pytomo.results import Segment, Track, Video
from pytomo.route import endpoint
from pytomo.services import SERVICES, service_of

_DEEPEST = 3
"""How many lists of lists are opened on the way to a first video: channel, tab, playlist."""
_LARGEST_MANIFEST = 32 * 2**20
_SMUGGLED = "#__youtubedl_smuggle"

log = logging.getLogger(__name__)

Info = Mapping[str, Any]
"""What yt-dlp returns; `yt_dlp.extractor.common.InfoExtractor` documents it."""


def extract(
    url: str,
    config: Config,
    *,
    clock: Callable[[], float] = time.monotonic,
    open_reader: OpenReader = site_reader,
) -> Video | Failure:
    """What the page at `url` leads to: the tracks that a player would fetch, or why there are none.

    Of a list of videos it is the first one; the others become `related`.
    Raises CrawlError if the cookies asked for cannot be read.
    """
    obstacle = None
    with open_reader(config, _options(config)) as reader:
        try:
            _load(reader, url)
            obstacle = service_of(url).obstacle(reader)
            start = clock()
            found = _find(reader, url, config)
        except Exception as error:  # yt-dlp reads what thousands of sites send: anything can come
            found = refusals.failure(error)
            strange = found.outcome is Outcome.EXTRACTION_FAILED
            log.info("extraction of %s failed: %s", url, found.detail, exc_info=strange)
        if isinstance(found, Failure):
            return refusals.explained(found, obstacle)
        return replace(found, extraction_time=clock() - start)


def _options(config: Config) -> dict[str, Any]:
    return {
        "noplaylist": True,
        "extract_flat": "in_playlist",
        "playlistend": config.max_per_page,
        # We choose ourselves; yt-dlp's own choice would depend on whether ffmpeg is there.
        "format": lambda offered: offered["formats"][-1:],
    }


def _load(reader: Any, url: str) -> None:
    """Load what yt-dlp needs for this URL now: it is no delay of the site's (0.5 s at first)."""
    from yt_dlp.extractor import gen_extractor_classes

    for service in SERVICES:
        service.prepare(reader)
    suitable = next(each for each in gen_extractor_classes() if each.suitable(url))
    reader.get_info_extractor(suitable.ie_key())


def _find(reader: Any, url: str, config: Config) -> Video | Failure:
    info: Info | None = reader.extract_info(url, download=False)
    others: tuple[str, ...] = ()
    for _ in range(_DEEPEST):
        if info is None or "entries" not in info:
            break
        entries = [entry for entry in info["entries"] if entry]
        if not entries:
            return refusals.unsupported("the page is an empty list of videos")
        others = (*_pages(entries[1:]), *others)
        info = _opened(reader, entries[0])
    if info is None or "entries" in info:
        return refusals.unsupported("no video is known behind this URL")
    related = dict.fromkeys((*others, *info.get(RELATED, ())))
    related.pop(service_of(url).canonical(url), None)
    return refusals.refused(info) or _video(reader, info, tuple(related), config)


def _opened(reader: Any, entry: Info) -> Info | None:
    """An entry of a list: only its URL if yt-dlp did not have to open its page for the list."""
    if not str(entry.get("_type", "video")).startswith("url"):
        return entry
    info: Info | None = reader.extract_info(
        entry["url"], download=False, ie_key=entry.get("ie_key")
    )
    return info


def _pages(entries: Iterable[Info]) -> tuple[str, ...]:
    urls = (str(entry.get("webpage_url") or entry.get("url") or "") for entry in entries)
    pages = (url.partition(_SMUGGLED)[0] for url in urls if url.startswith("http"))
    return tuple(service_of(page).canonical(page) for page in pages)


def _video(reader: Any, info: Info, related: tuple[str, ...], config: Config) -> Video | Failure:
    """The tracks; of a direct link the link itself, so that its redirects are seen one by one."""
    largest = HIGH_DEFINITION if config.high_definition else config.quality
    offers = _formats(info)
    if config.abr:
        offers = ladder.switchable(offers)
    chosen = tracks.choose(offers, largest)
    if not chosen:
        return refusals.no_format(info)
    if info.get("direct") and not tracks.is_hls(chosen[0]) and not chosen[0].get("fragments"):
        chosen = ({**chosen[0], "url": info.get("original_url") or chosen[0]["url"]},)
    found: list[Track] = []
    for offered in chosen:
        track = _track(reader, offered, info)
        if isinstance(track, Failure):
            return track
        found.append(track)
    rungs = ladder.rungs(offers, chosen[0], largest) if _climbs(config) else ()
    return Video(
        extraction_time=0.0,
        title=info.get("title"),
        claimed_duration=_duration(info.get("duration"), found[0].segments),
        quality=found[0].height,
        formats="+".join(track.format_id for track in found),
        protocol=found[0].protocol,
        tracks=tuple(found),
        ladder=tuple(_ladder(reader, rungs, chosen[0], found[0], info)),
        related=related,
        available_at=max(each.get("available_at") or 0 for each in chosen) or None,
    )


def _climbs(config: Config) -> bool:
    """Whether more than one bitrate is needed."""
    return config.abr is not None or config.reliable_bitrate


def _ladder(
    reader: Any, rungs: Iterable[Info], chosen: Info, track: Track, info: Info
) -> Iterator[Track]:
    """The rungs that can be had, with the track that was chosen among them."""
    for offered in rungs:
        found = track if offered is chosen else _track(reader, offered, info)
        if isinstance(found, Track):
            yield found


def _track(reader: Any, offered: Info, info: Info) -> Track | Failure:
    segments = _segments(reader, offered, info.get("duration"))
    if isinstance(segments, Failure):
        return segments
    if not _is_usable(segments[0].url):
        return refusals.unsupported(f"the media has no usable URL: {segments[0].url}")
    cookies = reader.cookiejar.get_cookie_header(segments[0].url)
    return tracks.track(offered, segments, cookies=cookies)


def _is_usable(url: str) -> bool:
    try:
        endpoint(url)
    except ValueError:
        return False
    return True


def _formats(info: Info) -> Sequence[Info]:
    """All formats; where an extractor names only one, it stands in the answer itself."""
    query = {"extra_param_to_segment_url": info.get("extra_param_to_segment_url")}
    return [{**query, **offered} for offered in info.get("formats") or [info]]


def _duration(claimed: float | None, segments: Sequence[Segment]) -> float | None:
    """The site's claim, in s; the manifest's where that is the same without being rounded."""
    total = sum(segment.duration or 0.0 for segment in segments)
    return total if total and abs(total - (claimed or total)) < 1 else claimed


def _segments(reader: Any, offered: Info, claimed: float | None) -> tuple[Segment, ...] | Failure:
    if not tracks.is_hls(offered):
        return tracks.segments(offered, claimed)
    playlist = parse_media_playlist(*_manifest(reader, offered))
    if not playlist.ended:
        return refusals.live("the HLS playlist has no end")
    if not playlist.segments:
        return refusals.no_segments("the HLS playlist is empty")
    return playlist.segments


def _manifest(reader: Any, offered: Info) -> tuple[str, str]:
    """The text of a media playlist and the URL that its own URLs are relative to."""
    from yt_dlp.networking import Request

    if given := offered.get("hls_media_playlist_data"):
        return str(given), str(offered["url"])
    request = Request(offered["url"], headers=dict(offered.get("http_headers") or {}))
    with reader.urlopen(request) as answer:
        return answer.read(_LARGEST_MANIFEST).decode("utf-8", "replace"), answer.url
