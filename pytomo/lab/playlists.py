"""HLS playlists over the library's segments: recorded, and live ones without an end.

A broadcast plays the segments round and round in step with the clock (RFC 8216 section 6.2.2).
"""

import re
from collections.abc import Callable, Mapping, Sequence

from pytomo.errors import Outcome
from pytomo.lab.dns import PUBLIC_ADDRESS
from pytomo.lab.encoding import Encoding
from pytomo.lab.listing import Catalogue, Clip
from pytomo.lab.media import master_playlist
from pytomo.lab.site import Request, Response, Site, not_found, playlist

HOST = "manifest.googlevideo.com"
ITAGS = {
    ("hls", 144): 91,
    ("hls", 240): 92,
    ("hls", 360): 93,
    ("hls", 480): 94,
    ("hls", 720): 95,
    ("hls", 1080): 96,
    ("separate hls", None): 234,
    ("separate hls", 360): 605,
}
"""YouTube's numbers for what it offers as HLS, by height; the separate pictures are in VP9."""
WINDOW = 5
"""Segments that a live playlist shows."""


class Manifests:
    """The host of YouTube's manifests: of broadcasts, and of videos that come as HLS, too."""

    def __init__(
        self,
        catalogue: Catalogue,
        library: Sequence[Encoding],
        origin: Callable[[str], str],
        *,
        clock: Callable[[], float],
    ) -> None:
        self._catalogue = catalogue
        self._variants = {
            ITAGS[variant.protocol, variant.height]: variant
            for variant in library
            if (variant.protocol, variant.height) in ITAGS
        }
        self._origin = origin
        self._clock = clock

    def sites(self) -> dict[str, Site]:
        """By host name."""
        return {HOST: self._answer}

    def url(self, clip: Clip) -> str:
        """Of the master playlist."""
        return f"{_place('hls_variant', clip)}/file/index.m3u8"

    def _answer(self, request: Request) -> Response:
        found = re.search(r"/id/([^/]+)(?:/itag/(\d+))?/file/index.m3u8$", request.path)
        clip = self._catalogue.clip(found[1]) if found else None
        if not found or not clip:
            return not_found(request)
        offered = self._offered(clip)
        if not found[2]:
            return playlist(_master(clip, offered))
        variant = offered.get(int(found[2]))
        return playlist(self._segments(clip, variant)) if variant else not_found(request)

    def _offered(self, clip: Clip) -> dict[int, Encoding]:
        """By YouTube's number; a broadcast has nothing separate."""
        live = clip.outcome is Outcome.LIVE
        heights = (None, *clip.heights)
        return {
            itag: variant
            for itag, variant in self._variants.items()
            if (variant.protocol == "hls" or not live)
            and (not clip.heights or variant.height in heights)
        }

    def _segments(self, clip: Clip, variant: Encoding) -> str:
        place = f"{self._origin(clip.host)}/videoplayback/ip/{PUBLIC_ADDRESS}/id/{clip.id}"
        if clip.outcome is Outcome.LIVE:
            return window(variant, place, self._clock())
        return below(variant.path.read_text(encoding="utf-8"), place)


def _place(what: str, clip: Clip) -> str:
    return f"https://{HOST}/api/manifest/{what}/ip/{PUBLIC_ADDRESS}/id/{clip.id}"


def _master(clip: Clip, offered: Mapping[int, Encoding]) -> str:
    text = master_playlist(offered.values())
    for itag, variant in offered.items():
        url = f"{_place('hls_playlist', clip)}/itag/{itag}/file/index.m3u8"
        text = text.replace(variant.name, url)
    return text


def below(text: str, prefix: str) -> str:
    """A playlist with each of its relative URLs below `prefix`."""
    return re.sub(r'^(?!#)(?=.)|(?<=URI=")', f"{prefix}/", text, flags=re.MULTILINE)


def window(variant: Encoding, prefix: str, now: float) -> str:
    """The playlist of a broadcast at `now` (s): the segments that were complete last."""
    lengths = re.findall(r"#EXTINF:([\d.]+)", variant.path.read_text(encoding="utf-8"))
    count = len(lengths)
    newest = int(now / variant.duration * count)
    longest = max(float(length) for length in lengths)
    lines = [
        "#EXTM3U",
        "#EXT-X-VERSION:3",
        f"#EXT-X-TARGETDURATION:{longest + 0.5:.0f}",
        f"#EXT-X-MEDIA-SEQUENCE:{newest - WINDOW}",
    ]
    for number in range(newest - WINDOW, newest):
        lines += ["#EXT-X-DISCONTINUITY"] if number % count == 0 else []
        name = variant.segments[number % count].name
        lines += [f"#EXTINF:{lengths[number % count]},", f"{prefix}/sq/{number}/{name}"]
    return "\n".join([*lines, ""])
