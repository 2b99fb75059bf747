"""Which of a page's formats a player would play, as tracks. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

from pytomo.results import Segment, Track, TrackKind

Format = Mapping[str, Any]
"""One of yt-dlp's `formats`; `yt_dlp.extractor.common.InfoExtractor` documents its fields."""
Fragment = Mapping[str, Any]
"""One of a format's `fragments`; documented there, too."""

_FILES = ("https", "http")
_PLAYABLE = (*_FILES, "m3u8_native", "m3u8", "http_dash_segments")
_AUDIO_EXTENSIONS = ("m4a", "mp3", "aac", "opus", "ogg", "oga", "weba", "flac", "wav", "mka")
_CONTAINERS = {"m4a": "mp4", "m4v": "mp4", "m4s": "mp4", "mov": "mp4", "weba": "webm"}


def choose(formats: Iterable[Format], largest: int) -> tuple[Format, ...]:
    """What a player limited to `largest` pixels of height fetches: video first, then audio.

    `formats` as yt-dlp sorts them, the best last. Where video and audio are offered as files of
    their own within the limit, only these count, as for YouTube's player. The height is the
    largest up to the limit, else the smallest above; at that height, files are taken before
    manifests, and separate tracks before multiplexed ones. Without any video it is the audio;
    empty if nothing can be played.
    """
    able = [each for each in formats if playable(each)]
    files = [each for each in able if is_file(each)]
    offers = files if separate(files) and _fits(files, able, largest) else able
    audio = _of_kind(offers, TrackKind.AUDIO)
    pictures = _of_kind(offers, TrackKind.VIDEO, TrackKind.BOTH)
    if not pictures:
        return tuple(audio[-1:])
    video = _video(pictures, audio, largest)
    if kind(video) is TrackKind.BOTH or not audio:
        return (video,)
    return video, _audio(audio, video)


def separate(formats: Iterable[Format]) -> bool:
    """Whether there are files of video only and files of audio only that can be played."""
    kinds = {kind(each) for each in formats if playable(each) and is_file(each)}
    return {TrackKind.VIDEO, TrackKind.AUDIO} <= kinds


def playable(offered: Format) -> bool:
    """Whether we can play it; yt-dlp itself keeps what is perhaps encrypted (`maybe`)."""
    return offered.get("protocol") in _PLAYABLE and not offered.get("has_drm")


def is_file(offered: Format) -> bool:
    """Whether it is one file to fetch by parts, or as a whole."""
    return offered.get("protocol") in _FILES


def _of_kind(formats: Iterable[Format], *kinds: TrackKind) -> list[Format]:
    return [each for each in formats if kind(each) in kinds]


def _fits(files: Sequence[Format], others: Sequence[Format], largest: int) -> bool:
    """Whether silent files are within the limit, or nothing else is."""
    height = _height(_of_kind(files, TrackKind.VIDEO), largest)
    lowest = _height(_of_kind(others, TrackKind.VIDEO, TrackKind.BOTH), largest)
    return height is not None and (height <= largest or height == lowest)


def _video(pictures: Sequence[Format], audio: Sequence[Format], largest: int) -> Format:
    height = _height(pictures, largest)
    fitting = [each for each in pictures if each.get("height") == height] or pictures
    files = [each for each in fitting if is_file(each)]
    by_preference = (
        _of_kind(files, TrackKind.VIDEO) if any(map(is_file, audio)) else [],
        _of_kind(files, TrackKind.BOTH),
        _of_kind(fitting, TrackKind.VIDEO) if audio else [],
        _of_kind(fitting, TrackKind.BOTH),
        fitting,
    )
    return next(group for group in by_preference if group)[-1]


def _height(pictures: Iterable[Format], largest: int) -> int | None:
    heights = [each["height"] for each in pictures if each.get("height")]
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
        width=offered.get("width"),
        frame_rate=offered.get("fps") or None,
        headers=headers | ({"Cookie": cookies} if cookies else {}),
        **limit,
    )


def segments(offered: Format, claimed: float | None = None) -> tuple[Segment, ...]:
    """The segments of a format that is no HLS: one file, or what a DASH manifest lists.

    `claimed`: how long the page says that the video is, in s, perhaps rounded.
    """
    fragments = list(offered.get("fragments") or ())
    if not fragments:
        return (Segment(url=offered["url"]),)
    if claimed and _total(fragments) - claimed >= 1:
        fragments = shortened(fragments, claimed)
    return _fragments(fragments, offered.get("fragment_base_url") or offered["url"])


def shortened(fragments: list[Fragment], duration: float) -> list[Fragment]:
    """The fragments of `duration` s of media, in which the last one may be a shorter one.

    A DASH template tells one duration for all (ISO/IEC 23009-1, section 5.3.9.2: the last may be
    shorter), and yt-dlp says it of the last one, too. Where they differ, they are exact already.
    """
    lengths = {each["duration"] for each in fragments if each.get("duration")}
    excess = _total(fragments) - duration
    if len(lengths) != 1 or not 0 < excess < min(lengths):
        return fragments
    return [*fragments[:-1], {**fragments[-1], "duration": min(lengths) - excess}]


def _total(fragments: Iterable[Fragment]) -> float:
    return sum(each.get("duration") or 0.0 for each in fragments)


def is_hls(offered: Format) -> bool:
    """Whether the format's URL is that of an HLS media playlist."""
    return str(offered.get("protocol")).startswith("m3u8")


def _fragments(fragments: Sequence[Fragment], base: str) -> tuple[Segment, ...]:
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
