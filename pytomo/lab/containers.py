"""Puts the lab's streams into all the containers of the library, with PyAV."""

import heapq
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import av.stream
from av.container import InputContainer
from av.packet import Packet

from pytomo.lab.encode import Picture, Sound, Stream, encode
from pytomo.lab.encoding import Encoding
from pytomo.lab.layout import layout
from pytomo.results import TrackKind

CBR_DURATION = 60
FRAGMENT = 5
"""Seconds of video in a fragment, about as on YouTube."""
SOUND_FRAGMENT = 10
"""Seconds of audio in a fragment, as there."""
SEGMENT = 4
"""Seconds of an HLS or DASH segment; more where keyframes are farther apart."""

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
    made = tuple(
        encoding
        for put in (_separate, _together, _in_segments)
        for encoding in put(sources, directory)
    )
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
    even = (EVEN_PICTURE, EVEN_SOUND)
    yield _file(sources, even, directory / "even.mp4", "cbr", moov_first)


def _in_segments(sources: Sources, directory: Path) -> Iterator[Encoding]:
    for rung in RUNGS:
        yield _hls(sources, (rung, AAC), directory / f"{rung.height}p.m3u8")
    yield _separate_hls(sources, VP9, directory / f"{VP9.height}p.vp9.m3u8")
    yield _separate_hls(sources, AAC, directory / "audio.m3u8")
    yield _dash(sources, (RUNGS[1], AAC), directory / f"{RUNGS[1].height}p.mpd")


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


def _hls(sources: Sources, streams: Streams, target: Path) -> Encoding:
    """A variant in MPEG transport streams."""
    names = target.with_name(f"{target.stem}-%02d.ts")
    remux([sources[each] for each in streams], target, "hls", _hls_options(names))
    return _listed(_describe(sources, streams, target, "hls", 0))


def _separate_hls(sources: Sources, stream: Stream, target: Path) -> Encoding:
    """One track alone, in segments of fragmented MP4 (RFC 8216 section 3.3)."""
    header = target.with_name(f"{target.stem}-init.mp4")
    names = target.with_name(f"{target.stem}-%02d.m4s")
    fragmented = {"hls_segment_type": "fmp4", "hls_fmp4_init_filename": header.name}
    remux([sources[stream]], target, "hls", _hls_options(names) | fragmented)
    found = _listed(_describe(sources, (stream,), target, "separate hls", 0))
    if isinstance(stream, Picture):
        found = replace(found, video_codec=_vp9_codec(header))
    return replace(
        found,
        container="mp4",
        segments=(header, *found.segments),
        size=found.size + header.stat().st_size,
    )


def _hls_options(names: Path) -> dict[str, str]:
    return {
        "hls_time": str(SEGMENT),
        "hls_playlist_type": "vod",
        "hls_segment_filename": str(names),
    }


def _listed(encoding: Encoding) -> Encoding:
    """With the media segments of its playlist, and what they amount to."""
    text = encoding.path.read_text(encoding="utf-8")
    names = re.findall(r"^(?!#).+$", text, re.MULTILINE)
    segments = tuple(encoding.path.with_name(name) for name in names)
    lengths = [float(length) for length in re.findall(r"#EXTINF:([\d.]+)", text)]
    sizes = [segment.stat().st_size for segment in segments]
    rates = [8 * size / length / 1000 for size, length in zip(sizes, lengths, strict=True)]
    rate = 8 * sum(sizes) / sum(lengths) / 1000
    return replace(encoding, segments=segments, size=sum(sizes), bitrate=rate, peak=max(rates))


def _dash(sources: Sources, streams: Streams, target: Path) -> Encoding:
    """A manifest with SegmentTemplates (ISO/IEC 23009-1), each stream in files of its own."""
    name = f"{target.stem}.dash-$RepresentationID$"
    options = {
        "seg_duration": str(SEGMENT),
        "init_seg_name": f"{name}-init.m4s",
        "media_seg_name": f"{name}-$Number%02d$.m4s",
        "adaptation_sets": "id=0,streams=v id=1,streams=a",
    }
    remux([sources[each] for each in streams], target, "dash", options)
    segments = tuple(sorted(target.parent.glob(f"{target.stem}.dash-*.m4s")))
    size = sum(segment.stat().st_size for segment in segments)
    encoding = _describe(sources, streams, target, "dash", size)
    return replace(encoding, container="mp4", segments=segments)


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


def _vp9_codec(file: Path) -> str:
    """As RFC 6381 has it: profile, level and depth from the vpcC box."""
    content = file.read_bytes()
    at = content.index(b"vpcC") + 8
    profile, level, depth = content[at], content[at + 1], content[at + 2] >> 4
    return f"vp09.{profile:02}.{level:02}.{depth:02}"


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
