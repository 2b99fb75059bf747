"""The media of the proof: one video of changing and one of constant bitrate, in all containers.

Made once, with PyAV, and kept in the user's cache. The changing one has scenes from a still
picture to noise, as films have: what a mean rate says of the next seconds is little.
"""

import hashlib
import heapq
import inspect
import re
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import av.stream
from av.container import InputContainer
from av.packet import Packet
from av.video.frame import PictureType
from av.video.stream import VideoStream

from pytomo.lab.containers import remux
from pytomo.lab.encode import Sound, encode, generate
from pytomo.lab.encoding import FRAME_RATE
from pytomo.lab.media import user_cache
from pytomo.lab.playlists import below

DURATION = 60
"""Seconds."""
WIDTH, HEIGHT = 640, 360
RATE = 700
"""kbps of the picture in the mean."""
PEAK = 2.0
"""How much more than the mean the changing rate may be over two seconds."""
SEGMENT = 4
"""Seconds of an HLS or DASH segment."""
KEYFRAMES = 2
"""Seconds between keyframes."""
SCENES = (
    (5, 0),
    (3, 30),
    (4, 6),
    (6, 0),
    (2, 45),
    (5, 12),
    (7, 3),
    (4, 25),
)
"""Seconds of each scene, strength of its noise; they come round until the end."""
CONTENTS = ("vbr", "cbr")
AAC = Sound(codec="aac", rate=96, duration=DURATION)
OPUS = Sound(codec="libopus", rate=96, duration=DURATION)
CLIP = 1
"""Seconds of what a player warms up with."""
CUES = {"cues_to_front": "1"}
"""The index of a WebM file before its media."""


@dataclass(frozen=True, slots=True)
class Medium:
    """A video in one container."""

    kind: str
    """mp4, webm, hls or dash."""
    content: str
    """vbr or cbr."""
    path: Path
    """The file, playlist or manifest."""
    files: tuple[Path, ...]
    """What is fetched as media."""

    @property
    def bitrate(self) -> float:
        """Mean, kbps, of all that is fetched."""
        return 8 * sum(path.stat().st_size for path in self.files) / DURATION / 1000

    @property
    def is_file(self) -> bool:
        """Whether it is one file, and not a manifest with segments."""
        return self.path in self.files


def media(
    contents: Iterable[str] = CONTENTS, progress: Callable[[str], None] = lambda _: None
) -> Mapping[tuple[str, str], Medium]:
    """By kind and content; made first (half a minute each) if this recipe's are not in the cache.

    `progress` gets a line when something is made.
    """
    found = [
        _medium(_home(content, progress), kind, content) for content in contents for kind in NAMES
    ]
    return {(medium.kind, medium.content): medium for medium in found}


def _home(content: str, progress: Callable[[str], None]) -> Path:
    """The directory with a content in all containers."""
    home = user_cache() / "pytomo" / f"fidelity-{_recipe()}-{content}"
    if not home.exists():
        progress(f"Making the media in {home} (once, about half a minute)…")
        home.parent.mkdir(parents=True, exist_ok=True)
        making = Path(tempfile.mkdtemp(dir=home.parent, prefix=".fidelity-"))
        try:
            _make(making, content)
            making.chmod(0o755)
            making.rename(home)
        finally:
            shutil.rmtree(making, ignore_errors=True)
    return home


def publish(medium: Medium, pages: Path, origin: str) -> str:
    """Put the manifest beside the pages, pointing to the media at `origin`; the name it has."""
    text = medium.path.read_text(encoding="utf-8")
    if medium.path.suffix == ".m3u8":
        text = below(text, origin)
    else:
        text = re.sub(r"(?=<Period)", f"<BaseURL>{origin}/</BaseURL>", text, count=1)
    (pages / medium.path.name).write_text(text, encoding="utf-8")
    return medium.path.name


def _recipe() -> str:
    """Differs whenever the media could."""
    code = inspect.getsource(sys.modules[__name__]) + inspect.getsource(
        sys.modules[encode.__module__]
    )
    return hashlib.sha256(code.encode()).hexdigest()[:12]


def _make(home: Path, content: str) -> None:
    aac, opus = (encode(sound, home / f"{sound.codec}.source.mp4") for sound in (AAC, OPUS))
    with ThreadPoolExecutor() as pool:
        # hls.js would seek over the gap that reordered pictures leave at the start of its streams.
        straight, reordered = (
            pool.submit(encode_scenes, home / f"{name}.source.mp4", options, content)
            for name, options in (("straight", _h264(content, 0)), ("reordered", _h264(content, 2)))
        )
        webm = pool.submit(
            encode_scenes, home / f"{content}.webm", _vp9(content), content, sound=opus
        )
        _hls((straight.result(), aac), home, content)
        _mp4((reordered.result(), aac), home, content)
        _dash((reordered.result(), aac), home, content)
        webm.result()
    _make_clips(home, aac, opus)
    for source in home.glob("*.source.mp4"):
        source.unlink()


def _make_clips(home: Path, aac: Path, opus: Path) -> None:
    """Short ones, for players to warm up with."""
    picture = encode_scenes(home / "clip.source.mp4", _h264("vbr", 0), "cbr", CLIP)
    sound = encode(replace(AAC, duration=CLIP), home / "clip-sound.source.mp4")
    remux((picture, sound), home / "clip.mp4", "mp4", {"movflags": "faststart"})
    fragmented = {"movflags": "empty_moov+default_base_moof+frag_keyframe"}
    remux((picture, sound), home / "clip.fragmented.mp4", "mp4", fragmented)
    _hls((picture, sound), home, "clip")
    encode_scenes(home / "clip.webm", _vp9("vbr"), "cbr", CLIP, sound=opus)


def encode_scenes(
    target: Path,
    options: Mapping[str, str],
    content: str,
    duration: int = DURATION,
    *,
    sound: Path | None = None,
) -> Path:
    """The moving test picture, with noise that comes and goes if the bitrate is to change.

    In WebM with the sound of a file. (Remuxed, its picture would have no rate, and Chromium would
    read on to find it out.)
    """
    noise = _noise() if content == "vbr" else ()
    source = ("testsrc2", f"size={WIDTH}x{HEIGHT}:rate={FRAME_RATE}:duration={duration}")
    codec, index = ("libvpx-vp9", CUES) if target.suffix == ".webm" else ("libx264", {})
    with ExitStack() as stack:
        output = stack.enter_context(av.open(target, "w", format=target.suffix[1:], options=index))
        stream = output.add_stream(codec, rate=FRAME_RATE, options=dict(options))
        assert isinstance(stream, VideoStream)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.bit_rate = RATE * 1000
        packets = [_encoded(stream, (source, *noise, ("format", "yuv420p"), ("buffersink", "")))]
        if sound is not None:
            heard = stack.enter_context(av.open(sound))
            packets.append(_copied(heard, output.add_stream_from_template(heard.streams[0])))
        for packet in heapq.merge(*packets, key=_decoding_time):
            if _decoding_time(packet) < duration:
                output.mux(packet)
    return target


def _encoded(stream: VideoStream, chain: Sequence[tuple[str, str]]) -> "Iterator[Packet[Any]]":
    for frame in generate(*chain):
        assert isinstance(frame, av.VideoFrame)
        frame.pict_type = PictureType.NONE  # the encoder chooses
        yield from stream.encode(frame)
    yield from stream.encode(None)


def _copied(source: InputContainer, stream: av.stream.Stream) -> "Iterator[Packet[Any]]":
    for packet in source.demux(source.streams[0]):
        if packet.dts is not None:  # else it marks the end
            packet.stream = stream
            yield packet


def _decoding_time(packet: "Packet[Any]") -> Fraction:
    return (packet.dts or 0) * packet.time_base


def _noise() -> Sequence[tuple[str, str]]:
    """A filter for each scene that has noise."""
    period = sum(length for length, _ in SCENES)
    filters = []
    begin = 0
    for length, strength in SCENES:
        when = f"between(mod(t,{period}),{begin},{begin + length - 0.01})"
        if strength:
            filters.append(("noise", f"alls={strength}:allf=t:all_seed=1:enable='{when}'"))
        begin += length
    return filters


def _h264(content: str, reordered: int) -> dict[str, str]:
    keyframes = f"keyint={KEYFRAMES * FRAME_RATE}:min-keyint={KEYFRAMES * FRAME_RATE}:scenecut=0"
    peak = round(RATE * PEAK)
    limits = {
        "vbr": f"vbv-maxrate={peak}:vbv-bufsize={2 * peak}:ratetol=4",
        "cbr": f"vbv-maxrate={RATE}:vbv-bufsize={RATE}:nal-hrd=cbr:force-cfr=1",
    }[content]
    options = f"{keyframes}:{limits}:bframes={reordered}"
    return {"preset": "veryfast", "threads": "1", "x264-params": options}


def _vp9(content: str) -> dict[str, str]:
    fast = {"deadline": "realtime", "cpu-used": "8", "g": str(KEYFRAMES * FRAME_RATE)}
    if content == "cbr":
        return fast | {"minrate": f"{RATE}k", "maxrate": f"{RATE}k"}
    return fast


def _mp4(sources: Sequence[Path], home: Path, content: str) -> None:
    remux(sources, home / f"{content}.mp4", "mp4", {"movflags": "faststart"})


def _hls(sources: Sequence[Path], home: Path, content: str) -> None:
    options = {
        "hls_time": str(SEGMENT),
        "hls_playlist_type": "vod",
        "hls_segment_filename": str(home / f"{content}.hls-%02d.ts"),
    }
    remux(sources, home / f"{content}.m3u8", "hls", options)


def _dash(sources: Sequence[Path], home: Path, content: str) -> None:
    name = f"{content}.dash-$RepresentationID$"
    options = {
        "seg_duration": str(SEGMENT),
        "init_seg_name": f"{name}-init.m4s",
        "media_seg_name": f"{name}-$Number%02d$.m4s",
        "adaptation_sets": "id=0,streams=v id=1,streams=a",
    }
    remux(sources, home / f"{content}.mpd", "dash", options)


NAMES = {
    "mp4": ("{}.mp4", "{}.mp4"),
    "webm": ("{}.webm", "{}.webm"),
    "hls": ("{}.m3u8", "{}.hls-*"),
    "dash": ("{}.mpd", "{}.dash-*"),
}
"""The file to play, and what is fetched, of a content."""


def _medium(home: Path, kind: str, content: str) -> Medium:
    path, fetched = (pattern.format(content) for pattern in NAMES[kind])
    return Medium(kind, content, home / path, tuple(sorted(home.glob(fetched))))
