"""A replica of the parts of Dailymotion that yt-dlp and Pytomo ask, over the lab's catalogue.

The public API lists videos, the GraphQL API and the player's metadata describe them, and the CDN
director hands out the HLS playlists, whose segments lie on the media servers.
"""

import re
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pytomo.errors import Outcome
from pytomo.lab.encoding import Encoding
from pytomo.lab.listing import FOREVER, Catalogue, Clip
from pytomo.lab.media import master_playlist
from pytomo.lab.playlists import below, window
from pytomo.lab.site import Request, Response, Site, html, not_found, playlist, to_json

DIRECTOR = "cdndirector.dailymotion.com"
DAYS = {"visited-today": 1, "visited-week": 7, "visited-month": 31}
REFUSALS = {
    Outcome.REMOVED: ("DM002", 410, "Content deleted", "This content has been deleted."),
    Outcome.PRIVATE: ("DM010", 403, "Private content", "This content is private."),
    Outcome.GEO_BLOCKED: (
        "DM007",
        403,
        "Video geo-restricted by the owner.",
        "The owner has restricted the countries in which this video can be watched.",
    ),
    Outcome.AGE_RESTRICTED: ("DM008", 403, "Explicit content", "This content is explicit."),
}
"""Code, status, title and message of Dailymotion's access errors, by what a crawl is to make of
them (https://developers.dailymotion.com/api/platform-api/errors/)."""
NO_SUCH_VIDEO = {
    "more_info": "https://developer.dailymotion.com/api#error-codes",
    "code": 404,
    "message": "Can't find object video for `id' parameter",
    "type": "not_found",
}
Origin = Callable[[str], str]


class Dailymotion:
    """The site."""

    def __init__(
        self,
        catalogue: Catalogue,
        library: Sequence[Encoding],
        origin: Origin,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._catalogue = catalogue
        self._variants = {e.name: e for e in library if e.protocol == "hls"}
        self._origin = origin
        self._clock = clock

    def sites(self) -> dict[str, Site]:
        """By host name."""
        return {
            "www.dailymotion.com": self._pages,
            "graphql.api.dailymotion.com": self._graphql,
            "api.dailymotion.com": self._api,
            DIRECTOR: self._director,
        }

    def _clip(self, identifier: str) -> Clip | None:
        clip = self._catalogue.clip(identifier)
        return clip if clip and clip.service == "dailymotion" else None

    def _pages(self, request: Request) -> Response:
        folder, _, identifier = request.path.rpartition("/")
        clip = self._clip(identifier)
        if folder == "/player/metadata/video":
            return to_json(self._metadata(clip) if clip else _access_error(Outcome.REMOVED))
        return html(f"<title>{clip.title}</title>") if clip else not_found(request)

    def _metadata(self, clip: Clip) -> dict[str, Any]:
        if clip.outcome in REFUSALS:
            return {"id": clip.id, "title": clip.title, **_access_error(clip.outcome)}
        url = f"https://{DIRECTOR}/cdn/manifest/video/{clip.id}.m3u8?sec=lab"
        return {
            "id": clip.id,
            "title": clip.title,
            "duration": 0 if _is_live(clip) else round(self._longest()),
            "created_time": 1751328000,
            "explicit": False,
            "owner": {"id": "x1lab", "screenname": "The Lab Channel"},
            "qualities": {"auto": [{"type": "application/x-mpegURL", "url": url}]},
            "stream_type": "live" if _is_live(clip) else "recorded",
            "tags": ["lab"],
        }

    def _longest(self) -> float:
        return max((variant.duration for variant in self._variants.values()), default=0.0)

    def _graphql(self, request: Request) -> Response:
        if request.path == "/oauth/token":
            return _token(request.form())
        if not request.headers.get("authorization", "").startswith("Bearer "):
            return to_json({"errors": [{"message": "Not authenticated"}]}, 401)
        asked = re.search(r'media\(xid: "([^"]+)"', str(request.json().get("query")))
        clip = self._clip(asked[1]) if asked else None
        if clip is None:
            error = {"message": "Not Found", "path": ["media"], "type": "not_found"}
            return to_json({"data": {"media": None}, "errors": [error]})
        return to_json({"data": {"media": self._media(clip)}})

    def _media(self, clip: Clip) -> dict[str, Any]:
        blocked = clip.outcome is Outcome.GEO_BLOCKED
        media: dict[str, Any] = {
            "xid": clip.id,
            "description": clip.title,
            "geoblockedCountries": {"allowed": ["JP"] if blocked else []},
        }
        if _is_live(clip):
            return media | {"isOnAir": True, "audienceCount": self._catalogue.views(clip)}
        counts = {"views": {"total": self._catalogue.views(clip)}, "likes": {"total": 0}}
        return media | {"stats": counts}

    def _api(self, request: Request) -> Response:
        if request.path == "/videos":
            days = DAYS.get(request.query.get("sort", ""), FOREVER)
            return self._listed(self._catalogue.popular("dailymotion", days), request.query)
        found = re.fullmatch(r"/video/(\w+)/related", request.path)
        clip = self._clip(found[1]) if found else None
        if clip is None:
            return to_json({"error": NO_SUCH_VIDEO}, 404)
        return self._listed(self._catalogue.related(clip), request.query)

    def _listed(self, clips: Sequence[Clip], query: Mapping[str, str]) -> Response:
        page, limit = int(query.get("page", 1)), int(query.get("limit", 10))
        wanted = query.get("fields", "id,title,channel,owner").split(",")
        shown = clips[(page - 1) * limit : page * limit]
        return to_json(
            {
                "page": page,
                "limit": limit,
                "explicit": False,
                "total": len(clips),
                "has_more": page * limit < len(clips),
                "list": [self._fields(clip, wanted) for clip in shown],
            }
        )

    def _fields(self, clip: Clip, wanted: Sequence[str]) -> dict[str, Any]:
        known = {
            "id": clip.id,
            "title": clip.title,
            "channel": "videogames",
            "owner": "x1lab",
            "url": clip.url,
            "duration": round(self._longest()),
            "views_total": self._catalogue.views(clip),
        }
        return {field: known[field] for field in wanted if field in known}

    def _director(self, request: Request) -> Response:
        found = re.fullmatch(r"/cdn/manifest/video/(\w+)(?:/([\w.]+))?\.m3u8", request.path)
        clip = self._clip(found[1]) if found else None
        if not found or not clip or clip.outcome in REFUSALS:
            return not_found(request)
        if found[2] is None:
            return playlist(self._master(clip))
        variant = self._variants.get(f"{found[2]}.m3u8")
        return playlist(self._segments(clip, variant)) if variant else not_found(request)

    def _master(self, clip: Clip) -> str:
        shown = [v for v in self._variants.values() if not clip.heights or v.height in clip.heights]
        prefix = f"https://{DIRECTOR}/cdn/manifest/video/{clip.id}"
        return below(master_playlist(tuple(shown)), prefix)

    def _segments(self, clip: Clip, variant: Encoding) -> str:
        prefix = f"{self._origin(clip.host)}/sec2(bGFi)/video/{clip.id}"
        if _is_live(clip):
            return window(variant, prefix, self._clock())
        return below(variant.path.read_text(encoding="utf-8"), prefix)


def _is_live(clip: Clip) -> bool:
    return clip.outcome is Outcome.LIVE


def _token(form: Mapping[str, str]) -> Response:
    if form.get("grant_type") != "client_credentials":
        error = {"error": "invalid_grant", "error_description": "The lab has no users."}
        return to_json(error, 400)
    lease = {"access_token": "lab-token", "token_type": "Bearer", "expires_in": 36000}
    return to_json(lease | {"scope": ""})


def _access_error(outcome: Outcome) -> dict[str, Any]:
    code, status, title, message = REFUSALS[outcome]
    error = {"code": code, "status_code": status, "title": title, "message": message}
    return {"error": error | {"raw_message": message, "refresh": 0}}
