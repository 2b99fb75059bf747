"""The media of the proof: one video of changing and one of constant bitrate, in all containers.

Made once, with PyAV, and kept in the user's cache. The changing one has scenes from a still
picture to noise, as films have: what a mean rate says of the next seconds is little.
"""

import hashlib
import inspect
import re
import shutil
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
from av.video.frame import PictureType
from av.video.stream import VideoStream

from pytomo.lab.containers import remux
from pytomo.lab.encode import Picture, Sound, encode, generate
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
CONSTANT = Picture(codec="libx264", width=WIDTH, height=HEIGHT, rate=RATE, duration=DURATION)


@dataclass(frozen=True, slots=True)
class Medium:
    """A video in one container."""

    kind: str
    """mp4, webm, hls, hls-fmp4 or dash."""
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


def media(progress: Callable[[str], None] = lambda _: None) -> tuple[Medium, ...]:
    """All of them; made first (in half a minute) if this recipe's are not in the cache."""
    home = user_cache() / "pytomo" / f"fidelity-{_recipe()}"
    if not home.exists():
        progress(f"Making the media in {home} (once, about half a minute)…")
        home.parent.mkdir(parents=True, exist_ok=True)
        making = Path(tempfile.mkdtemp(dir=home.parent, prefix=".fidelity-"))
        try:
            _make(making)
            making.chmod(0o755)
            making.rename(home)
        finally:
            shutil.rmtree(making, ignore_errors=True)
    return tuple(
        _medium(home, kind, content) for content in CONTENTS for kind in ("webm", *CONTAINERS)
    )


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


def _make(home: Path) -> None:
    constant = encode(CONSTANT, home / "cbr.source.mp4")
    sound, opus = encode(AAC, home / "aac.source.mp4"), encode(OPUS, home / "opus.source.mp4")
    changing = _encode_scenes("libx264", home / "vbr.source.mp4", _x264())
    for content, picture in (("vbr", changing), ("cbr", constant)):
        for put in CONTAINERS.values():
            put((picture, sound), home, content)
    for content in CONTENTS:
        vp9 = _encode_scenes("libvpx-vp9", home / "vp9.source.mp4", _vp9(content), content == "cbr")
        remux((vp9, opus), home / f"{content}.webm", "webm", {"cues_to_front": "1"})
    for source in home.glob("*.source.mp4"):
        source.unlink()


def _encode_scenes(
    codec: str, target: Path, options: Mapping[str, str], constant: bool = False
) -> Path:
    """The moving test picture, with noise that comes and goes unless it is to be constant."""
    source = f"size={WIDTH}x{HEIGHT}:rate={FRAME_RATE}:duration={DURATION}"
    noise = () if constant else tuple(_noise())
    with av.open(target, "w", format="mp4") as output:
        stream = output.add_stream(codec, rate=FRAME_RATE, options=dict(options))
        assert isinstance(stream, VideoStream)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.bit_rate = RATE * 1000
        shape = ("format", "yuv420p")
        for frame in generate(("testsrc2", source), *noise, shape, ("buffersink", "")):
            assert isinstance(frame, av.VideoFrame)
            frame.pict_type = PictureType.NONE  # the encoder chooses
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    return target


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


def _x264() -> dict[str, str]:
    peak = round(RATE * PEAK)
    keyframes = f"keyint={KEYFRAMES * FRAME_RATE}:min-keyint={KEYFRAMES * FRAME_RATE}:scenecut=0"
    limits = f"vbv-maxrate={peak}:vbv-bufsize={2 * peak}:ratetol=4"
    return {"preset": "veryfast", "threads": "1", "x264-params": f"{keyframes}:{limits}"}


def _vp9(content: str) -> dict[str, str]:
    fast = {"deadline": "realtime", "cpu-used": "8", "g": str(KEYFRAMES * FRAME_RATE)}
    if content == "cbr":
        return fast | {"minrate": f"{RATE}k", "maxrate": f"{RATE}k"}
    return fast


def _mp4(sources: Sequence[Path], home: Path, content: str) -> None:
    remux(sources, home / f"{content}.mp4", "mp4", {"movflags": "faststart"})


def _hls(sources: Sequence[Path], home: Path, content: str) -> None:
    names = {"hls_segment_filename": str(home / f"{content}.hls-%02d.ts")}
    remux(sources, home / f"{content}.m3u8", "hls", _hls_options() | names)


def _hls_fmp4(sources: Sequence[Path], home: Path, content: str) -> None:
    names = {
        "hls_segment_type": "fmp4",
        "hls_fmp4_init_filename": f"{content}.fmp4-init.mp4",
        "hls_segment_filename": str(home / f"{content}.fmp4-%02d.m4s"),
    }
    remux(sources, home / f"{content}.fmp4.m3u8", "hls", _hls_options() | names)


def _hls_options() -> dict[str, str]:
    return {"hls_time": str(SEGMENT), "hls_playlist_type": "vod"}


def _dash(sources: Sequence[Path], home: Path, content: str) -> None:
    name = f"{content}.dash-$RepresentationID$"
    options = {
        "seg_duration": str(SEGMENT),
        "init_seg_name": f"{name}-init.m4s",
        "media_seg_name": f"{name}-$Number%02d$.m4s",
        "adaptation_sets": "id=0,streams=v id=1,streams=a",
    }
    remux(sources, home / f"{content}.mpd", "dash", options)


CONTAINERS: Mapping[str, Callable[[Sequence[Path], Path, str], Any]] = {
    "mp4": _mp4,
    "hls": _hls,
    "hls-fmp4": _hls_fmp4,
    "dash": _dash,
}
"""What puts H.264 and AAC into each; WebM has other codecs."""
NAMES = {
    "mp4": ("{}.mp4", "{}.mp4"),
    "webm": ("{}.webm", "{}.webm"),
    "hls": ("{}.m3u8", "{}.hls-*"),
    "hls-fmp4": ("{}.fmp4.m3u8", "{}.fmp4-*"),
    "dash": ("{}.mpd", "{}.dash-*"),
}
"""The file to play, and what is fetched, of a content."""


def _medium(home: Path, kind: str, content: str) -> Medium:
    path, fetched = (pattern.format(content) for pattern in NAMES[kind])
    return Medium(kind, content, home / path, tuple(sorted(home.glob(fetched))))
