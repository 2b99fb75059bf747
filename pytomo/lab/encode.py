"""Makes the lab's media with PyAV: a moving test picture with a tone in noise."""

import heapq
import os
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import av.stream
from av.audio.stream import AudioStream
from av.container import InputContainer, OutputContainer
from av.filter import Graph
from av.packet import Packet
from av.video.frame import PictureType
from av.video.stream import VideoStream

from pytomo.lab.encoding import Encoding
from pytomo.lab.layout import layout
from pytomo.results import TrackKind

DURATION = 30
CBR_DURATION = 60
FRAME_RATE = 25
SAMPLE_RATE = 48000
FRAGMENT = 5
"""Seconds of video in a fragment, about as on YouTube."""
SOUND_FRAGMENT = 10
"""Seconds of audio in a fragment, as there."""
HLS_SEGMENT = 4
"""Seconds."""


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
Streams = tuple[Stream, ...]
Sources = Mapping[Stream, Path]

RUNGS = (
    Picture(codec="libx264", width=256, height=144, rate=200),
    Picture(codec="libx264", width=640, height=360, rate=600),
    Picture(codec="libx264", width=1280, height=720, rate=1200),
)
VP9 = Picture(codec="libvpx-vp9", width=640, height=360, rate=500)
AAC = Sound(codec="aac", rate=128)
OPUS = Sound(codec="libopus", rate=128)
EVEN_PICTURE = Picture(
    codec="libx264",
    width=160,
    height=90,
    rate=300,
    duration=CBR_DURATION,
    buffer=60,
    options=":bframes=0",
)
EVEN_SOUND = Sound(codec="aac", rate=96, duration=CBR_DURATION)


INDEXED = "delay_moov+default_base_moof+global_sidx+skip_trailer"
FRAGMENTED_PICTURE = {
    "movflags": f"frag_keyframe+{INDEXED}",
    "min_frag_duration": str(FRAGMENT * 1_000_000),
}
FRAGMENTED_SOUND = {"movflags": INDEXED, "frag_duration": str(SOUND_FRAGMENT * 1_000_000)}
CUES_FIRST = {"dash": "1", "cues_to_front": "1"}
CODECS = {"aac": "mp4a.40.2", "libopus": "opus", "libvpx-vp9": "vp9"}


def encode_library(directory: Path) -> tuple[Encoding, ...]:
    """Everything, encoded once each and put into all its containers, into `directory`."""
    streams: Streams = (
        *reversed(RUNGS),
        VP9,
        EVEN_PICTURE,
        EVEN_SOUND,
        AAC,
        OPUS,
    )  # the longest first
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        names = (directory / f"{number}.source.mp4" for number in range(len(streams)))
        sources = dict(zip(streams, pool.map(encode, streams, names), strict=True))
    made = tuple(_separate(sources, directory)) + tuple(_together(sources, directory))
    for path in sources.values():
        path.unlink()
    return made


def _separate(sources: Sources, directory: Path) -> Iterator[Encoding]:
    for rung in RUNGS:
        target = directory / f"{rung.height}p.video.mp4"
        yield _file(sources, (rung,), target, "fragmented", FRAGMENTED_PICTURE)
    yield _file(sources, (AAC,), directory / "audio.m4a", "fragmented", FRAGMENTED_SOUND)
    target = directory / f"{VP9.height}p.video.webm"
    yield _file(sources, (VP9,), target, "fragmented", CUES_FIRST)
    yield _file(sources, (OPUS,), directory / "audio.webm", "fragmented", CUES_FIRST)


def _together(sources: Sources, directory: Path) -> Iterator[Encoding]:
    moov_first = {"movflags": "faststart"}
    for rung in RUNGS:
        target = directory / f"{rung.height}p.mp4"
        yield _file(sources, (rung, AAC), target, "progressive", moov_first)
    target = directory / f"{RUNGS[1].height}p.moov-last.mp4"
    yield _file(sources, (RUNGS[1], AAC), target, "progressive", {})
    for rung in RUNGS:
        yield _hls(sources, rung, directory)
    even = (EVEN_PICTURE, EVEN_SOUND)
    yield _file(sources, even, directory / "even.mp4", "cbr", moov_first)


def _file(
    sources: Sources, streams: Streams, target: Path, protocol: str, options: dict[str, str]
) -> Encoding:
    container = "webm" if target.suffix == ".webm" else "mp4"
    remux([sources[stream] for stream in streams], target, container, options)
    front = layout(target)
    encoding = _describe(sources, streams, target, protocol, target.stat().st_size)
    return replace(
        encoding, container=container, init_range=front.init_range, index_range=front.index_range
    )


def _hls(sources: Sources, rung: Picture, directory: Path) -> Encoding:
    target = directory / f"{rung.height}p.m3u8"
    options = {
        "hls_time": str(HLS_SEGMENT),
        "hls_playlist_type": "vod",
        "hls_segment_filename": str(directory / f"{rung.height}p-%02d.ts"),
    }
    remux([sources[rung], sources[AAC]], target, "hls", options)
    segments = tuple(sorted(directory.glob(f"{rung.height}p-*.ts")))
    size = sum(segment.stat().st_size for segment in segments)
    return replace(_describe(sources, (rung, AAC), target, "hls", size), segments=segments)


def _describe(
    sources: Sources, streams: Streams, target: Path, protocol: str, size: int
) -> Encoding:
    picture = next((stream for stream in streams if isinstance(stream, Picture)), None)
    sound = next((stream for stream in streams if isinstance(stream, Sound)), None)
    kind = TrackKind.AUDIO if picture is None else TrackKind.BOTH if sound else TrackKind.VIDEO
    duration = float(streams[0].duration)
    return Encoding(
        name=target.name,
        kind=kind,
        container="ts",
        protocol=protocol,
        video_codec=_video_codec(picture, sources[picture]) if picture else None,
        audio_codec=CODECS[sound.codec] if sound else None,
        width=picture.width if picture else None,
        height=picture.height if picture else None,
        bitrate=8 * size / duration / 1000,
        duration=duration,
        size=size,
        path=target,
    )


def _video_codec(picture: Picture, source: Path) -> str:
    """As RFC 6381 has it: profile, constraints and level from the avcC record of H.264."""
    if picture.codec in CODECS:
        return CODECS[picture.codec]
    with av.open(source) as opened:
        record = opened.streams.video[0].codec_context.extradata or b""
    return f"avc1.{record[1:4].hex()}"


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
        return speed | {"minrate": rate, "maxrate": rate, "g": str(FRAGMENT * FRAME_RATE)}
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


def remux(sources: Sequence[Path], target: Path, container: str, options: dict[str, str]) -> None:
    """Put the streams of the sources, one each, into one file, in the order of time."""
    with ExitStack() as stack:
        inputs = [stack.enter_context(av.open(source)) for source in sources]
        output = stack.enter_context(av.open(target, "w", format=container, options=options))
        outputs = [output.add_stream_from_template(each.streams[0]) for each in inputs]
        packets = map(_packets, inputs, outputs)
        for packet in heapq.merge(*packets, key=_decoding_time):
            output.mux(packet)


def _decoding_time(packet: "Packet[Any]") -> Fraction:
    return (packet.dts or 0) * packet.time_base


def _packets(source: InputContainer, stream: av.stream.Stream) -> "Iterator[Packet[Any]]":
    for packet in source.demux(source.streams[0]):
        if packet.dts is not None:  # else it marks the end
            packet.stream = stream
            yield packet
