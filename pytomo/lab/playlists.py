"""HLS playlists over the library's segments: recorded, and live ones without an end.

A broadcast plays the segments round and round in step with the clock (RFC 8216 section 6.2.2).
"""

import re
from collections.abc import Callable, Sequence

from pytomo.lab.encoding import Encoding
from pytomo.lab.listing import Catalogue, Clip
from pytomo.lab.media import master_playlist
from pytomo.lab.site import Request, Response, Site, not_found, playlist

MANIFESTS = "manifest.googlevideo.com"
ITAGS = {144: 91, 240: 92, 360: 93, 480: 94, 720: 95, 1080: 96}
"""YouTube's numbers for its broadcasts, by height."""
WINDOW = 5
"""Segments that a live playlist shows."""


class Broadcast:
    """The host of YouTube's manifests."""

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
            ITAGS[variant.height]: variant
            for variant in library
            if variant.protocol == "hls" and variant.height in ITAGS
        }
        self._origin = origin
        self._clock = clock

    def sites(self) -> dict[str, Site]:
        """By host name."""
        return {MANIFESTS: self._answer}

    def manifest_url(self, clip: Clip) -> str:
        """Of the master playlist."""
        return f"https://{MANIFESTS}/api/manifest/hls_variant/id/{clip.id}/file/index.m3u8"

    def _answer(self, request: Request) -> Response:
        found = re.search(r"/id/([^/]+)(?:/itag/(\d+))?/file/index.m3u8$", request.path)
        clip = self._catalogue.clip(found[1]) if found else None
        if not found or not clip:
            return not_found(request)
        if not found[2]:
            return playlist(self._master(clip))
        variant = self._variants.get(int(found[2]))
        prefix = f"{self._origin(clip.host)}/videoplayback/id/{clip.id}"
        return playlist(window(variant, prefix, self._clock())) if variant else not_found(request)

    def _master(self, clip: Clip) -> str:
        text = master_playlist(tuple(self._variants.values()))
        for itag, variant in self._variants.items():
            place = f"hls_playlist/id/{clip.id}/itag/{itag}/file/index.m3u8"
            text = text.replace(variant.name, f"https://{MANIFESTS}/api/manifest/{place}")
        return text


def below(text: str, prefix: str) -> str:
    """A playlist with each of its relative URLs below `prefix`."""
    return re.sub(r"^(?!#)(?=.)", f"{prefix}/", text, flags=re.MULTILINE)


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
