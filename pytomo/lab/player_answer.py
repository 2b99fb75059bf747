"""What the lab's YouTube answers to its players: the formats of a video, or why there are none."""

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from pytomo.errors import Outcome
from pytomo.lab.dns import PUBLIC_ADDRESS
from pytomo.lab.encoding import FRAME_RATE, Encoding
from pytomo.lab.formats import itag, offered
from pytomo.lab.listing import Catalogue, Clip
from pytomo.lab.playability import NO_SUCH_VIDEO, PLAYABLE, REFUSALS
from pytomo.lab.playlists import Manifests
from pytomo.lab.renderers import CHANNEL, CHANNEL_ID
from pytomo.lab.site import Site

Origin = Callable[[str], str]
"""From a media server's name to scheme, name and port of its URLs."""

QUALITIES = {
    144: "tiny",
    240: "small",
    360: "medium",
    480: "large",
    720: "hd720",
    1080: "hd1080",
}
VALID = 6 * 3600
"""Seconds that a media URL is good for."""
SIGNED = "expire,ei,ip,id,itag,source,requiressl,mime,gir,clen,dur,lmt"
MODIFIED = "1751328000000000"
"""Microseconds since 1970."""


class Players:
    """The `player` endpoint, and what its answers lead to."""

    def __init__(
        self,
        catalogue: Catalogue,
        library: Sequence[Encoding],
        origin: Origin,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._catalogue = catalogue
        self._library = library
        self._origin = origin
        self._clock = clock
        self._manifests = Manifests(catalogue, library, origin, clock=clock)

    def sites(self) -> dict[str, Site]:
        """The hosts of manifests."""
        return self._manifests.sites()

    def answer(self, clip: Clip | None) -> dict[str, Any]:
        """Playability, formats and details of a video."""
        if clip is None:
            return {"playabilityStatus": NO_SUCH_VIDEO}
        details = self._details(clip)
        refusal = REFUSALS.get(clip.outcome)
        if refusal:
            return {"playabilityStatus": refusal, "videoDetails": details}
        return {
            "playabilityStatus": PLAYABLE,
            "streamingData": self._streaming_data(clip),
            "videoDetails": details,
        }

    def preview(self, clip: Clip | None) -> dict[str, Any]:
        """The answer for a browser that a watch page carries: no formats, but more details."""
        answer = self.answer(clip)
        answer.pop("streamingData", None)
        if clip is None:
            return answer
        return answer | {"microformat": {"playerMicroformatRenderer": self._microformat(clip)}}

    def _microformat(self, clip: Clip) -> dict[str, Any]:
        published = datetime.fromtimestamp(self._clock(), UTC) - timedelta(days=clip.age)
        return {
            "title": {"simpleText": clip.title},
            "externalChannelId": CHANNEL_ID,
            "ownerChannelName": CHANNEL,
            "isFamilySafe": clip.outcome is not Outcome.AGE_RESTRICTED,
            "isUnlisted": False,
            "availableCountries": ["JP"] if clip.outcome is Outcome.GEO_BLOCKED else ["FR", "JP"],
            "category": "Science & Technology",
            "publishDate": published.isoformat(timespec="seconds"),
            "uploadDate": published.isoformat(timespec="seconds"),
        }

    def _streaming_data(self, clip: Clip) -> dict[str, Any]:
        always: dict[str, Any] = {"expiresInSeconds": str(VALID), "aspectRatio": 1.7777778}
        if clip.hls or clip.outcome is Outcome.LIVE:
            always["hlsManifestUrl"] = self._manifests.url(clip)
        if clip.outcome is Outcome.LIVE:
            return always
        tracks = offered(clip, self._library)
        return always | {"adaptiveFormats": [self._format(clip, track) for track in tracks]}

    def _format(self, clip: Clip, track: Encoding) -> dict[str, Any]:
        return {
            "itag": itag(track),
            "url": f"{self._origin(clip.host)}/videoplayback?{self._signature(clip, track)}",
            "mimeType": f'{track.mime_type}; codecs="{track.codecs}"',
            "bitrate": round(track.bitrate * 1100),
            "initRange": _range(track.init_range),
            "indexRange": _range(track.index_range),
            "lastModified": MODIFIED,
            "contentLength": str(track.size),
            "projectionType": "RECTANGULAR",
            "averageBitrate": round(track.bitrate * 1000),
            "approxDurationMs": str(round(track.duration * 1000)),
            **(_picture(track, track.height) if track.height else _sound()),
        }

    def _signature(self, clip: Clip, track: Encoding) -> str:
        return urlencode(
            {
                "expire": int(self._clock()) + VALID,
                "ei": "bGFi",
                "ip": PUBLIC_ADDRESS,
                "id": f"o-{clip.id}",
                "itag": itag(track),
                "source": "youtube",
                "requiressl": "yes",
                "mn": clip.host.partition("---")[2].partition(".")[0],
                "mime": track.mime_type,
                "gir": "yes",
                "clen": track.size,
                "dur": f"{track.duration:.3f}",
                "lmt": MODIFIED,
                "c": "VISIONOS",
                "sparams": SIGNED,
                "sig": "AHEqNM4wRQIgTGFi",
            }
        )

    def _details(self, clip: Clip) -> dict[str, Any]:
        live = clip.outcome is Outcome.LIVE
        length = max((track.duration for track in offered(clip, self._library)), default=0.0)
        return {
            "videoId": clip.id,
            "title": clip.title,
            "lengthSeconds": "0" if live else str(round(length)),
            "channelId": CHANNEL_ID,
            "isOwnerViewing": False,
            "shortDescription": clip.title,
            "isCrawlable": True,
            "allowRatings": True,
            "viewCount": str(self._catalogue.views(clip)),
            "author": CHANNEL,
            "isPrivate": clip.outcome is Outcome.PRIVATE,
            "isUnpluggedCorpus": False,
            "isLiveContent": live,
            **({"isLive": True} if live else {}),
        }


def _range(span: tuple[int, int] | None) -> dict[str, str] | None:
    return {"start": str(span[0]), "end": str(span[1])} if span else None


def _picture(track: Encoding, height: int) -> dict[str, Any]:
    return {
        "width": track.width,
        "height": height,
        "quality": QUALITIES[height],
        "qualityLabel": f"{height}p",
        "qualityOrdinal": f"QUALITY_ORDINAL_{height}P",
        "fps": FRAME_RATE,
    }


def _sound() -> dict[str, Any]:
    return {
        "quality": "tiny",
        "audioQuality": "AUDIO_QUALITY_MEDIUM",
        "audioSampleRate": "48000",
        "audioChannels": 2,
    }
