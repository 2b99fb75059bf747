"""Encodes the lab's pictures and sounds with PyAV: a moving test picture, a tone in noise."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import av
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.filter import Graph
from av.video.frame import PictureType
from av.video.stream import VideoStream

from pytomo.lab.encoding import FRAME_RATE

DURATION = 30
"""Seconds."""
SAMPLE_RATE = 48000
KEYFRAMES = 5
"""Seconds between those of VP9, about as on YouTube; H.264 has one a second."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A video stream to encode."""

    codec: str
    width: int
    height: int
    rate: int
    """kbps."""
    duration: int = DURATION
    buffer: int = 1000
    """How far the bytes may be ahead of the time, ms of the rate (the decoder's buffer)."""
    options: str = ""
    """More of x264's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sound:
    """An audio stream to encode."""

    codec: str
    rate: int
    duration: int = DURATION


Stream = Picture | Sound


def encode(stream: Stream, target: Path) -> Path:
    """A file with this stream alone; the same bytes each time."""
    with av.open(target, "w", format="mp4") as output:
        if isinstance(stream, Picture):
            _encode_picture(stream, output)
        else:
            _encode_sound(stream, output)
    return target


def _encode_picture(picture: Picture, output: OutputContainer) -> None:
    encoder = output.add_stream(picture.codec, rate=FRAME_RATE, options=_picture_options(picture))
    assert isinstance(encoder, VideoStream)
    encoder.width, encoder.height, encoder.pix_fmt = picture.width, picture.height, "yuv420p"
    encoder.bit_rate = picture.rate * 1000
    size = f"{picture.width}x{picture.height}"
    source = f"size={size}:rate={FRAME_RATE}:duration={picture.duration}"
    for frame in generate(("testsrc2", source), ("buffersink", "")):
        assert isinstance(frame, av.VideoFrame)
        frame.pict_type = PictureType.NONE  # the encoder chooses
        output.mux(encoder.encode(frame))
    output.mux(encoder.encode(None))


def _picture_options(picture: Picture) -> dict[str, str]:
    if picture.codec != "libx264":
        rate = f"{picture.rate}k"
        speed = {"deadline": "realtime", "cpu-used": "8"}
        return speed | {"minrate": rate, "maxrate": rate, "g": str(KEYFRAMES * FRAME_RATE)}
    buffer = picture.rate * picture.buffer // 1000
    constant = f"nal-hrd=cbr:force-cfr=1:vbv-maxrate={picture.rate}:vbv-bufsize={buffer}"
    keyframes = f"keyint={FRAME_RATE}:min-keyint={FRAME_RATE}:scenecut=0"
    return {
        "preset": "superfast",
        "threads": "1",
        "x264-params": f"{constant}:{keyframes}{picture.options}",
    }


def _encode_sound(sound: Sound, output: OutputContainer) -> None:
    options = {"vbr": "off"} if sound.codec == "libopus" else {}
    encoder = output.add_stream(sound.codec, rate=SAMPLE_RATE, options=options)
    assert isinstance(encoder, AudioStream)
    encoder.layout, encoder.bit_rate = "stereo", sound.rate * 1000
    context = encoder.codec_context
    context.open()
    source = f"frequency=440:beep_factor=4:sample_rate={SAMPLE_RATE}:duration={sound.duration}"
    shape = f"sample_fmts={context.format.name}:channel_layouts=stereo"
    chain = ("sine", source), ("aformat", shape), ("asetnsamples", f"n={context.frame_size}:p=0")
    for frame in generate(*chain, ("abuffersink", "")):
        assert isinstance(frame, av.AudioFrame)
        output.mux(encoder.encode(frame))
    output.mux(encoder.encode(None))


def generate(*chain: tuple[str, str]) -> Iterator[av.VideoFrame | av.AudioFrame]:
    """The frames at the end of a chain of FFmpeg filters with their arguments."""
    graph = Graph()
    graph.link_nodes(*(graph.add(name, arguments or None) for name, arguments in chain))
    graph.configure()
    with suppress(av.EOFError):
        while True:
            yield graph.pull()
