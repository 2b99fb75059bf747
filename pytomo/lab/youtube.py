"""A replica of the parts of YouTube that yt-dlp and Pytomo ask, over the lab's catalogue.

The answers have the shape of those that YouTube gave in 2026: separate audio and video tracks
without a single-file format, `lockupViewModel` for related videos, `videoRenderer` in searches.
"""

import base64
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from pytomo.lab import renderers
from pytomo.lab.listing import FOREVER, Catalogue, Clip
from pytomo.lab.player_answer import Players
from pytomo.lab.site import Request, Response, Site, html, not_found, to_json

VISITOR = "CgtMYWJWaXNpdG9yMSiAgICABg%3D%3D"
VERSION = "2.20260708.05.00"
SETTINGS = {
    "INNERTUBE_CONTEXT": {
        "client": {
            "hl": "en",
            "gl": "FR",
            "clientName": "WEB",
            "clientVersion": VERSION,
            "visitorData": VISITOR,
        }
    },
    "INNERTUBE_CONTEXT_CLIENT_NAME": 1,
    "INNERTUBE_CONTEXT_CLIENT_VERSION": VERSION,
    "VISITOR_DATA": VISITOR,
    "PLAYER_JS_URL": "/s/player/1ab2c3d4/player_ias.vflset/en_US/base.js",
    "STS": 20635,
    "LOGGED_IN": False,
}
"""What yt-dlp looks for in the pages' `ytcfg.set(…)`."""
DAYS = {1: 1, 2: 1, 3: 7, 4: 31, 5: 366}
"""Of YouTube's upload date filters: last hour, today, this week, this month, this year."""
WEB_HOSTS = ("www.youtube.com", "youtube.com", "m.youtube.com", "music.youtube.com")
API_HOSTS = ("www.googleapis.com", "youtube.googleapis.com")


class YouTube:
    """The site."""

    def __init__(self, catalogue: Catalogue, players: Players) -> None:
        self._catalogue = catalogue
        self._players = players
        self._routes: Mapping[str, Site] = {
            "/": self._start,
            "/watch": self._watch,
            "/youtubei/v1/next": self._next,
            "/youtubei/v1/player": self._player,
            "/youtubei/v1/search": self._search,
            "/youtube/v3/videos": self._data_api,
        }

    def sites(self) -> dict[str, Site]:
        """By host name."""
        return dict.fromkeys((*WEB_HOSTS, *API_HOSTS), self._answer) | self._players.sites()

    def _answer(self, request: Request) -> Response:
        if request.path.startswith("/embed/"):
            return self._start(request)
        return self._routes.get(request.path, not_found)(request)

    def _start(self, _request: Request) -> Response:
        return html(_page("YouTube", {}))

    def _watch(self, request: Request) -> Response:
        clip = self._catalogue.clip(request.query.get("v", ""))
        if clip is None:
            return html(_page("YouTube", {"ytInitialPlayerResponse": self._players.preview(None)}))
        data = {"ytInitialPlayerResponse": self._players.preview(clip)}
        if clip.carries_related:
            data["ytInitialData"] = self._watch_next(clip)
        return html(_page(f"{clip.title} - YouTube", data))

    def _next(self, request: Request) -> Response:
        clip = self._catalogue.clip(str(request.json().get("videoId")))
        return to_json(self._watch_next(clip))

    def _watch_next(self, clip: Clip | None) -> dict[str, Any]:
        found = self._catalogue.related(clip) if clip else ()
        entries = [renderers.lockup(other, self._views(other)) for other in found[:-1]]
        entries += [renderers.compact(other, self._views(other)) for other in found[-1:]]
        if clip:
            entries[2:2] = [renderers.mix_lockup(clip), renderers.advertisement()]
            entries.append(renderers.playlist_lockup())
        return _context() | renderers.watch_next(entries)

    def _player(self, request: Request) -> Response:
        identifier = str(request.json().get("videoId"))
        return to_json(_context() | self._players.answer(self._catalogue.clip(identifier)))

    def _search(self, request: Request) -> Response:
        days = uploaded_within(str(request.json().get("params", "")))
        clips = self._catalogue.popular("youtube", days)
        entries = [renderers.video(clip, self._views(clip)) for clip in clips]
        entries[:0] = [renderers.advertisement()]
        entries[3:3] = [renderers.shelf()]
        return to_json(_context() | renderers.search_results(entries))

    def _data_api(self, request: Request) -> Response:
        key = request.query.get("key") or request.headers.get("x-goog-api-key")
        if not key:
            return to_json(_data_api_error(403, "The request is missing a valid API key."), 403)
        if request.query.get("chart") != "mostPopular":
            return to_json(_data_api_error(400, "No filter selected."), 400)
        clips = self._catalogue.popular("youtube")
        first, count = (
            int(request.query.get("pageToken", 0)),
            int(request.query.get("maxResults", 5)),
        )
        page = {
            "kind": "youtube#videoListResponse",
            "etag": "lab",
            "items": [self._data_api_item(clip) for clip in clips[first : first + count]],
            "pageInfo": {"totalResults": len(clips), "resultsPerPage": count},
        }
        more = {"nextPageToken": str(first + count)} if first + count < len(clips) else {}
        return to_json(page | more)

    def _data_api_item(self, clip: Clip) -> dict[str, Any]:
        return {
            "kind": "youtube#video",
            "etag": clip.id,
            "id": clip.id,
            "snippet": {"title": clip.title, "channelTitle": renderers.CHANNEL},
            "statistics": {"viewCount": str(self._views(clip))},
        }

    def _views(self, clip: Clip) -> int:
        return self._catalogue.views(clip)


def _page(title: str, data: Mapping[str, Any]) -> str:
    """A page with the settings of YouTube's scripts, and data for them by name of variable."""
    scripts = [f"ytcfg.set({json.dumps(SETTINGS)});"]
    scripts += [f"var {name} = {json.dumps(value)};" for name, value in data.items()]
    tags = "".join(f"<script>{script}</script>" for script in scripts)
    return f"<!DOCTYPE html><html><head><title>{title}</title>{tags}</head><body></body></html>"


def _context() -> dict[str, Any]:
    return {"responseContext": {"visitorData": VISITOR, "maxAgeSeconds": 0}}


def _data_api_error(code: int, message: str) -> dict[str, Any]:
    reason = {"message": message, "domain": "global", "reason": "forbidden"}
    return {"error": {"code": code, "message": message, "errors": [reason]}}


def uploaded_within(search_filter: str) -> int:
    """Days that the `sp` filter of a search goes back.

    It is a Protocol Buffers message in base64: field 2 holds the filters, whose field 1 is the
    upload date. Anything that cannot be read does not filter.
    """
    text = dict(parse_qsl(f"sp={search_filter}")).get("sp", "")
    try:
        message = _fields(base64.urlsafe_b64decode(text.replace(" ", "+")))
        filters = _fields(message.get(2, b""))
    except (ValueError, IndexError, TypeError):
        return FOREVER
    return DAYS.get(filters.get(1, 0), FOREVER)


def _fields(message: bytes) -> dict[int, Any]:
    """Numbers and byte strings of a Protocol Buffers message that has nothing else, by field."""
    found: dict[int, Any] = {}
    place = 0
    while place < len(message):
        key, value, place = message[place], message[place + 1], place + 2
        if key & 7 == 2:
            found[key >> 3], place = message[place : place + value], place + value
        else:
            found[key >> 3] = value
    return found
