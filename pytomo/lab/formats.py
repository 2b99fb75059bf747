"""How the lab's YouTube names its formats, and how its media servers find them again."""

from collections.abc import Sequence
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from pytomo.lab.encoding import Encoding
from pytomo.lab.listing import Clip
from pytomo.results import TrackKind

ITAGS = {
    ("avc1", 144): 160,
    ("avc1", 240): 133,
    ("avc1", 360): 134,
    ("avc1", 480): 135,
    ("avc1", 720): 136,
    ("avc1", 1080): 137,
    ("vp9", 144): 278,
    ("vp9", 240): 242,
    ("vp9", 360): 243,
    ("vp9", 480): 244,
    ("vp9", 720): 247,
    ("vp9", 1080): 248,
    ("mp4a", None): 140,
    ("opus", None): 251,
}
"""YouTube's numbers for its formats, by codec and height."""


def itag(encoding: Encoding) -> int | None:
    """YouTube's number for the format of a separate track; None if it has none."""
    if encoding.protocol != "fragmented":
        return None
    codec = (encoding.video_codec or encoding.audio_codec or "").split(".")[0]
    return ITAGS.get((codec.replace("vp09", "vp9"), encoding.height))


def offered(clip: Clip, library: Sequence[Encoding]) -> tuple[Encoding, ...]:
    """The separate tracks that a YouTube video comes in, best picture first, then the sound."""
    tracks = [encoding for encoding in library if itag(encoding)]
    pictures = [
        track
        for track in tracks
        if (track.video_codec or "").startswith((clip.codec, clip.codec.replace("vp9", "vp09")))
        and (not clip.heights or track.height in clip.heights)
    ]
    sounds = [track for track in tracks if track.kind is TrackKind.AUDIO]
    return (*sorted(pictures, key=lambda track: -(track.height or 0)), *sounds)


class Shelf:
    """What all media servers hold: the lookup of `Cdn`.

    A target is found by `itag=` for YouTube's /videoplayback, else by the name at its end.
    """

    def __init__(self, library: Sequence[Encoding], pages: dict[str, bytes] | None = None) -> None:
        self._tracks = {str(itag(encoding)): encoding for encoding in library if itag(encoding)}
        self._files = {path.name: path for encoding in library for path in encoding.segments}
        self._encodings = {encoding.name: encoding for encoding in library}
        self._pages = pages or {}

    def __call__(self, target: str) -> Encoding | Path | bytes | None:
        """What there is for a request's target; None if there is nothing."""
        place = urlsplit(target)
        if place.path == "/videoplayback":
            return self._tracks.get(parse_qs(place.query).get("itag", [""])[0])
        name = place.path.rpartition("/")[2]
        return self._encodings.get(name) or self._files.get(name) or self._pages.get(name)
