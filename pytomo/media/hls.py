"""HLS media playlists (RFC 8216, section 4.3)."""

import math
import re
from dataclasses import dataclass, field
from urllib.parse import urljoin

from pytomo.results import Segment

_ATTRIBUTE = re.compile(r'\s*([A-Z0-9-]+)=("[^"]*"|[^",]*)(?:,|$)')


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaPlaylist:
    """The segments of one rendition."""

    segments: tuple[Segment, ...]
    """In playing order; each initialisation segment (EXT-X-MAP) stands before the first segment
    that needs it, with duration 0.0."""
    ended: bool
    """No more segments will be added; a playlist without that is one of a live stream."""


def parse_media_playlist(text: str, base_url: str) -> MediaPlaylist:
    """The playlist in a text that was found at a URL. Raises ValueError if it is none."""
    lines = [line.strip() for line in text.removeprefix("\ufeff").splitlines()]
    if not lines or lines[0] != "#EXTM3U":
        raise ValueError("no playlist: it does not begin with #EXTM3U")
    reading = _Reading(base_url)
    for line in lines[1:]:
        if line.startswith("#"):
            tag, _, value = line.partition(":")
            reading.tag(tag, value)
        elif line:
            reading.uri(line)
    return MediaPlaylist(segments=tuple(reading.segments), ended=reading.ended)


@dataclass(slots=True)
class _Reading:
    """What the lines so far say of the next segment."""

    base_url: str
    segments: list[Segment] = field(default_factory=list)
    ended: bool = False
    _duration: float | None = None
    _range: str | None = None
    _map: Segment | None = None

    def tag(self, tag: str, value: str) -> None:
        """Take note of a tag; those that say nothing of places and durations are passed over."""
        match tag:
            case "#EXTINF":
                self._duration = _seconds(value.partition(",")[0])
            case "#EXT-X-BYTERANGE":
                self._range = value
            case "#EXT-X-MAP":
                self._initialise(_attributes(value))
            case "#EXT-X-ENDLIST":
                self.ended = True
            case "#EXT-X-STREAM-INF" | "#EXT-X-I-FRAME-STREAM-INF" | "#EXT-X-MEDIA":
                raise ValueError("a master playlist, not a media playlist")

    def uri(self, uri: str) -> None:
        """The segment that the tags before it describe."""
        if self._duration is None:
            raise ValueError(f"a segment without #EXTINF: {uri}")
        self._append(uri, self._duration, self._range)
        self._duration = self._range = None

    def _initialise(self, attributes: dict[str, str]) -> None:
        if "URI" not in attributes:
            raise ValueError("#EXT-X-MAP without a URI")
        segment = self._segment(attributes["URI"], 0.0, attributes.get("BYTERANGE"), start=0)
        if segment != self._map:
            self.segments.append(segment)
        self._map = segment

    def _append(self, uri: str, duration: float, byte_range: str | None) -> None:
        start = None
        if byte_range is not None and "@" not in byte_range:
            start = self._behind_last(uri)
        self.segments.append(self._segment(uri, duration, byte_range, start))

    def _behind_last(self, uri: str) -> int:
        """Where a byte range without an offset begins: behind the one before it."""
        last = next((s for s in reversed(self.segments) if s.duration), None)
        if last is None or last.last_byte is None or last.url != urljoin(self.base_url, uri):
            raise ValueError(f"a byte range without an offset, and none before it: {uri}")
        return last.last_byte + 1

    def _segment(
        self, uri: str, duration: float, byte_range: str | None, start: int | None
    ) -> Segment:
        url = urljoin(self.base_url, uri)
        if byte_range is None:
            return Segment(url=url, duration=duration)
        length, offset = _byte_range(byte_range)
        first = (start or 0) if offset is None else offset
        return Segment(url=url, duration=duration, first_byte=first, last_byte=first + length - 1)


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0 <= seconds < math.inf:
        raise ValueError(f"{text} is no duration")
    return seconds


def _byte_range(text: str) -> tuple[int, int | None]:
    """Length and offset (None: not given) of `n[@o]`."""
    length, _, offset = text.partition("@")
    if not length.isdecimal() or (offset and not offset.isdecimal()) or int(length) == 0:
        raise ValueError(f"{text} is no byte range")
    return int(length), int(offset) if offset else None


def _attributes(text: str) -> dict[str, str]:
    """An attribute list (section 4.2), quotes taken off."""
    return {name: value.strip('"') for name, value in _ATTRIBUTE.findall(text)}
