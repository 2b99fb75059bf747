"""Which of a page's formats a player would play, as tracks. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

from pytomo.results import Segment, Track, TrackKind

Format = Mapping[str, Any]
"""One of yt-dlp's `formats`; `yt_dlp.extractor.common.InfoExtractor` documents its fields."""

_PLAYABLE = ("https", "http", "m3u8_native", "m3u8", "http_dash_segments")
_AUDIO_EXTENSIONS = ("m4a", "mp3", "aac", "opus", "ogg", "oga", "weba", "flac", "wav", "mka")
_CONTAINERS = {"m4a": "mp4", "m4v": "mp4", "m4s": "mp4", "mov": "mp4", "weba": "webm"}


def choose(formats: Iterable[Format], largest: int) -> tuple[Format, ...]:
    """What a player limited to `largest` pixels of height fetches: video first, then audio.

    `formats` as yt-dlp sorts them, the best last. The height is the largest up to the limit, else
    the smallest above; separate tracks are taken before multiplexed ones, as YouTube's player
    does. Without any video it is the audio; empty if nothing can be played.
    """
    playable = [each for each in formats if each.get("protocol") in _PLAYABLE]
    audio = [each for each in playable if kind(each) is TrackKind.AUDIO]
    pictures = [each for each in playable if kind(each) in (TrackKind.VIDEO, TrackKind.BOTH)]
    if not pictures:
        return tuple(audio[-1:])
    video = _video(pictures, largest, separate=bool(audio))
    if kind(video) is TrackKind.BOTH or not audio:
        return (video,)
    return video, _audio(audio, video)


def _video(pictures: Sequence[Format], largest: int, *, separate: bool) -> Format:
    height = _height([each["height"] for each in pictures if each.get("height")], largest)
    fitting = [each for each in pictures if each.get("height") == height] or pictures
    silent = [each for each in fitting if kind(each) is TrackKind.VIDEO] if separate else []
    return (silent or [each for each in fitting if kind(each) is TrackKind.BOTH] or fitting)[-1]


def _height(heights: Sequence[int], largest: int) -> int | None:
    small = [height for height in heights if height <= largest]
    return max(small) if small else min(heights, default=None)


def _audio(audio: Sequence[Format], video: Format) -> Format:
    """The best audio offered in the same way as the video: players do not mix HLS and files."""
    alike = [each for each in audio if each.get("protocol") == video.get("protocol")]
    return (alike or audio)[-1]


def kind(offered: Format) -> TrackKind | None:
    """What a format carries; None: pictures of a storyboard. Unknown codecs count as both."""
    video, audio = offered.get("vcodec"), offered.get("acodec")
    if video == audio == "none":
        return None
    if video == "none" or (video is None and offered.get("ext") in _AUDIO_EXTENSIONS):
        return TrackKind.AUDIO
    # A DASH representation is of one kind, even where the manifest does not name its codecs.
    if audio == "none" or (audio is None and str(offered.get("container")).endswith("_dash")):
        return TrackKind.VIDEO
    return TrackKind.BOTH


def track(offered: Format, segments: Sequence[Segment], *, cookies: str | None = None) -> Track:
    """The track that a format stands for; `cookies` is the Cookie header for its URL."""
    chunk = (offered.get("downloader_options") or {}).get("http_chunk_size")
    limit: dict[str, Any] = {"request_size": int(chunk)} if chunk else {}
    headers = dict(offered.get("http_headers") or {})
    return Track(
        kind=kind(offered) or TrackKind.BOTH,
        segments=tuple(_with_query(offered, segments)),
        container=_container(offered, segments),
        protocol=str(offered["protocol"]),
        format_id=str(offered.get("format_id") or ""),
        bitrate=offered.get("tbr") or offered.get("vbr") or offered.get("abr") or None,
        size=offered.get("filesize"),
        height=offered.get("height"),
        headers=headers | ({"Cookie": cookies} if cookies else {}),
        **limit,
    )


def segments(offered: Format) -> tuple[Segment, ...]:
    """The segments of a format that is no HLS: one file, or what a DASH manifest lists."""
    if fragments := offered.get("fragments"):
        return _fragments(list(fragments), offered.get("fragment_base_url") or offered["url"])
    return (Segment(url=offered["url"]),)


def is_hls(offered: Format) -> bool:
    """Whether the format's URL is that of an HLS media playlist."""
    return str(offered.get("protocol")).startswith("m3u8")


def _fragments(fragments: Sequence[Mapping[str, Any]], base: str) -> tuple[Segment, ...]:
    """DASH segments; only the initialisation segment has no duration where others have one."""
    timed = any("duration" in fragment for fragment in fragments)
    return tuple(
        Segment(
            url=fragment.get("url") or urljoin(base, str(fragment.get("path"))),
            duration=fragment.get("duration", 0.0 if timed else None),
        )
        for fragment in fragments
    )


def _with_query(offered: Format, segments: Iterable[Segment]) -> Iterable[Segment]:
    """Some sites want their token on each segment, yt-dlp's `extra_param_to_segment_url`."""
    extra = offered.get("extra_param_to_segment_url")
    if not extra:
        return segments
    return (_extended(segment, parse_qsl(str(extra))) for segment in segments)


def _extended(segment: Segment, extra: Sequence[tuple[str, str]]) -> Segment:
    parts = urlsplit(segment.url)
    query = urlencode({**dict(parse_qsl(parts.query)), **dict(extra)})
    return replace(segment, url=parts._replace(query=query).geturl())


def _container(offered: Format, segments: Sequence[Segment]) -> str:
    if not is_hls(offered):
        extension = str(offered.get("ext") or "")
    elif segments[0].duration == 0.0:  # EXT-X-MAP: fragmented MP4 (RFC 8216, section 3.3)
        extension = "mp4"
    else:
        extension = PurePosixPath(urlsplit(segments[0].url).path).suffix[1:].lower() or "ts"
    return _CONTAINERS.get(extension, extension)
