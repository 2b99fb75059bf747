"""The lab's media, read again by PyAV."""

import os
import re
import shutil
import struct
import threading
from itertools import accumulate
from pathlib import Path
from typing import NamedTuple

import pytest

from pytomo.lab.encoding import Encoding
from pytomo.lab.layout import boxes, layout
from pytomo.lab.media import library, master_playlist, user_cache
from pytomo.results import TrackKind

av = pytest.importorskip("av", reason="the lab makes its media with PyAV")

EVEN_TOLERANCE = 0.06
"""Seconds."""


class Sample(NamedTuple):
    """A frame in its file."""

    position: int
    size: int
    time: float
    track: int


@pytest.fixture(scope="module")
def encodings() -> dict[str, Encoding]:
    """By name; made first if they are not in the cache."""
    return {encoding.name: encoding for encoding in library()}


def of(encodings: dict[str, Encoding], protocol: str, container: str) -> list[Encoding]:
    """Those of a protocol and container."""
    return [
        encoding
        for encoding in encodings.values()
        if (encoding.protocol, encoding.container) == (protocol, container)
    ]


def samples(path: Path) -> list[Sample]:
    """In the order of the file."""
    with av.open(str(path)) as opened:
        packets = [packet for packet in opened.demux() if packet.size]
        return sorted(
            Sample(p.pos, p.size, float(p.pts * p.time_base), p.stream_index) for p in packets
        )


def box(path: Path, name: str) -> bytes:
    """The content of the first outermost box of this name."""
    with path.open("rb") as file:
        found = next(each for each in boxes(file) if each.name == name)
        file.seek(found.start)
        return file.read(found.end - found.start)


def test_the_library_has_all_kinds(encodings: dict[str, Encoding]) -> None:
    """Separate tracks, single files and HLS, each at several bitrates."""
    heights = [144, 360, 720]
    video = [e.height for e in of(encodings, "fragmented", "mp4") if e.kind is TrackKind.VIDEO]
    assert video == heights
    assert [e.height for e in of(encodings, "hls", "ts")] == heights
    single = of(encodings, "progressive", "mp4")
    assert [e.height for e in single if e.init_range] == heights
    assert [e.name for e in single if not e.init_range] == ["360p.moov-last.mp4"]
    assert len(of(encodings, "fragmented", "webm")) == 2


def test_what_is_told_of_a_file_is_true(encodings: dict[str, Encoding]) -> None:
    """Size, duration, codecs and picture, as a demuxer sees them."""
    for encoding in encodings.values():
        if encoding.protocol == "dash":  # FFmpeg reads it only where it has libxml2
            continue
        with av.open(str(encoding.path)) as opened:
            codecs = {stream.type: stream.codec_context.name for stream in opened.streams}
            heights = [stream.height for stream in opened.streams.video]
            assert opened.duration / 1e6 == pytest.approx(encoding.duration, abs=0.1)
        assert heights == ([encoding.height] if encoding.height else [])
        assert ("audio" in codecs, "video" in codecs) == (
            encoding.audio_codec is not None,
            encoding.video_codec is not None,
        )
        files = encoding.segments or (encoding.path,)
        assert sum(file.stat().st_size for file in files) == encoding.size


def test_mime_types_tell_the_kind(encodings: dict[str, Encoding]) -> None:
    """As YouTube writes them."""
    types = {name: encodings[name].mime_type for name in ("audio.m4a", "audio.webm", "360p.mp4")}
    assert list(types.values()) == ["audio/mp4", "audio/webm", "video/mp4"]
    assert encodings["360p.mp4"].codecs.startswith("avc1.")
    assert encodings["360p.mp4"].codecs.endswith(", mp4a.40.2")


def test_index_ranges_are_those_of_the_sidx(encodings: dict[str, Encoding]) -> None:
    """It follows the headers, and its parts add up to the rest of the file."""
    for encoding in of(encodings, "fragmented", "mp4"):
        assert encoding.init_range
        assert encoding.index_range
        first, last = encoding.index_range
        assert encoding.init_range == (0, first - 1)
        sidx = encoding.path.read_bytes()[first : last + 1]
        assert (len(sidx), sidx[4:8]) == (int.from_bytes(sidx[:4], "big"), b"sidx")
        sizes, durations = sidx_parts(sidx)
        assert last + 1 + sum(sizes) == encoding.size
        assert sum(durations) == pytest.approx(encoding.duration, abs=0.1)
        longest = 10.0 if encoding.kind is TrackKind.AUDIO else 5.0
        assert max(durations) == pytest.approx(longest, abs=0.1)


def sidx_parts(sidx: bytes) -> tuple[list[int], list[float]]:
    """Sizes in bytes and durations in seconds (ISO/IEC 14496-12 section 8.16.3)."""
    timescale = struct.unpack_from(">I", sidx, 16)[0]
    at = 28 if sidx[8] == 0 else 36
    count = struct.unpack_from(">H", sidx, at + 2)[0]
    parts = [struct.unpack_from(">III", sidx, at + 4 + 12 * number) for number in range(count)]
    return [part[0] & 0x7FFFFFFF for part in parts], [part[1] / timescale for part in parts]


def test_index_ranges_are_those_of_the_cues(encodings: dict[str, Encoding]) -> None:
    """In front of the first cluster."""
    for encoding in of(encodings, "fragmented", "webm"):
        assert encoding.init_range
        assert encoding.index_range
        content = encoding.path.read_bytes()
        first, last = encoding.index_range
        assert encoding.init_range == (0, first - 1)
        assert content[first : first + 4] == b"\x1c\x53\xbb\x6b"
        assert content[last + 1 : last + 5] == b"\x1f\x43\xb6\x75"


def test_moov_is_where_the_name_says(encodings: dict[str, Encoding]) -> None:
    """In front of the media or behind them."""
    for name, order in (("360p.mp4", 1), ("360p.moov-last.mp4", -1)):
        with encodings[name].path.open("rb") as file:
            names = [each.name for each in boxes(file) if each.name in ("moov", "mdat")]
        assert names == ["moov", "mdat"][::order]


@pytest.mark.parametrize("height", [144, 360, 720])
def test_video_fills_its_rate_all_the_time(encodings: dict[str, Encoding], height: int) -> None:
    """Bytes of each whole second are within the decoder's one-second buffer of the mean."""
    frames = samples(encodings[f"{height}p.video.mp4"].path)
    total, media = 0, sum(frame.size for frame in frames)
    for number, frame in enumerate(frames):
        total += frame.size
        assert abs(total / media * 30 - number / 25) < 1.0


def test_hls_segments_start_with_keyframes_and_last_four_seconds(
    encodings: dict[str, Encoding],
) -> None:
    """So that each can be played alone."""
    for variant in of(encodings, "hls", "ts"):
        lines = variant.path.read_text().splitlines()
        durations = [float(line[8:].rstrip(",")) for line in lines if line.startswith("#EXTINF:")]
        assert durations == pytest.approx([4.0] * 7 + [2.0], abs=0.05)
        names = [line for line in lines if not line.startswith("#")]
        assert names == [segment.name for segment in variant.segments]
        for segment in variant.segments:
            with av.open(str(segment)) as opened:
                assert next(opened.demux(video=0)).is_keyframe


def test_dash_segments_last_four_seconds(encodings: dict[str, Encoding], tmp_path: Path) -> None:
    """Those of each of the two streams, one after the other, are a file of the whole length."""
    dash = encodings["360p.mpd"]
    assert sum(path.stat().st_size for path in dash.segments) == dash.size
    for number, kind in enumerate(("video", "audio")):
        parts = [path for path in dash.segments if path.name.startswith(f"360p.dash-{number}-")]
        header = next(path for path in parts if path.name.endswith("-init.m4s"))
        media = [path.read_bytes() for path in parts if path != header]
        assert len(media) == 8
        for content, length in ((b"".join(media), 30.0), (media[0], 4.0)):
            whole = tmp_path / "whole.mp4"
            whole.write_bytes(header.read_bytes() + content)
            with av.open(str(whole)) as opened:
                assert [stream.type for stream in opened.streams] == [kind]
                packets = [each for each in opened.demux() if each.size]
                total = sum(each.duration * each.time_base for each in packets)
                assert float(total) == pytest.approx(length, abs=0.1)


def test_the_master_playlist_names_all_variants(encodings: dict[str, Encoding]) -> None:
    """With what a player chooses by; separate pictures are played with the separate sound."""
    text = master_playlist(encodings.values())
    assert [line for line in text.splitlines() if not line.startswith("#")] == [
        "144p.m3u8",
        "360p.m3u8",
        "720p.m3u8",
        "360p.vp9.m3u8",
    ]
    assert "RESOLUTION=1280x720" in text
    assert text.count('AUDIO="sound"') == 1
    assert re.search(r'URI="audio.m3u8",TYPE=AUDIO,GROUP-ID="sound"', text)
    assert 'CODECS="vp09.00.21.08, mp4a.40.2",AUDIO="sound"' in text


def test_bandwidth_is_the_peak_of_the_segments(encodings: dict[str, Encoding]) -> None:
    """BANDWIDTH is the highest rate of a segment, AVERAGE-BANDWIDTH that of all, in bits/s."""
    text = master_playlist(of(encodings, "hls", "ts"))
    told = re.findall(r"BANDWIDTH=(\d+),AVERAGE-BANDWIDTH=(\d+)", text)
    for variant, (peak, mean) in zip(of(encodings, "hls", "ts"), told, strict=True):
        rates = [
            8 * segment.stat().st_size / length
            for segment, length in zip(variant.segments, [4.0] * 7 + [2.0], strict=True)
        ]
        assert int(peak) == pytest.approx(max(rates), rel=0.02)
        assert int(mean) == pytest.approx(8 * variant.size / 30, rel=0.01)
        assert int(peak) > int(mean)


def test_the_even_file_grows_evenly(encodings: dict[str, Encoding]) -> None:
    """At each byte the playable time is that of a constant rate, within a frame and a half."""
    even = encodings["even.mp4"]
    assert even.init_range
    frames = samples(even.path)
    first = even.init_range[1] + 1
    rate = (even.size - first) / even.duration
    playable_until = list(accumulate((frame.time for frame in reversed(frames)), min))[::-1]
    for number, frame in enumerate(frames[:-1]):
        linear = (frame.position + frame.size - first) / rate
        just_before, after = playable_until[number : number + 2]
        assert linear - EVEN_TOLERANCE <= just_before <= after <= linear + EVEN_TOLERANCE


def test_one_encoder_always_makes_the_same_bytes(tmp_path: Path) -> None:
    """So that two machines measure the same video."""
    from pytomo.lab.encode import Picture, Sound, encode

    for stream in (
        Picture(codec="libx264", width=160, height=90, rate=100, duration=1),
        Sound(codec="aac", rate=96, duration=1),
    ):
        one, other = (encode(stream, tmp_path / name) for name in ("one", "other"))
        assert one.read_bytes() == other.read_bytes()


def tiny(directory: Path) -> list[Encoding]:
    """A library of one file that is no media at all."""
    path = directory / "tiny.mp4"
    path.write_bytes(b"tiny")
    return [
        Encoding(
            name="tiny.mp4",
            kind=TrackKind.BOTH,
            container="mp4",
            protocol="progressive",
            video_codec="avc1.42c00a",
            audio_codec=None,
            width=16,
            height=16,
            bitrate=1.0,
            duration=1.0,
            size=4,
            path=path,
            init_range=(0, 1),
        )
    ]


def test_a_library_is_made_once(tmp_path: Path) -> None:
    """And then told in one line; the second time it comes from the cache as it was."""
    lines: list[str] = []
    made = library(tmp_path, progress=lines.append, encode=tiny)
    assert library(tmp_path, progress=lines.append, encode=tiny) == made
    assert len(lines) == 1
    assert made[0].path.read_bytes() == b"tiny"
    assert made[0].init_range == (0, 1)


def test_media_that_nobody_uses_are_removed(tmp_path: Path) -> None:
    """When others are made, what no lab has used for a week goes; what one uses stays."""
    home = library(tmp_path, encode=tiny)[0].path.parent
    names = ("lab-old", "lab-new", ".making-old", "theirs")
    ages = (8, 6, 8, 99)
    for name, days in zip(names, ages, strict=True):
        (home.parent / name).mkdir()
        (home.parent / name / "media").touch()
        used = home.stat().st_mtime - days * 86_400
        os.utime(home.parent / name, (used, used))
    os.utime(home, (0, 0))
    library(tmp_path, encode=tiny)
    assert len(list(home.parent.iterdir())) == 5
    assert home.stat().st_mtime > 0
    shutil.rmtree(home)
    library(tmp_path, encode=tiny)
    assert {path.name for path in home.parent.iterdir()} == {home.name, "lab-new", "theirs"}


def test_two_labs_may_make_it_at_once(tmp_path: Path) -> None:
    """One of them wins; both have it, and nothing else is left."""
    both = threading.Barrier(2, timeout=10)

    def at_once(directory: Path) -> list[Encoding]:
        both.wait()
        return tiny(directory)

    found: list[tuple[Encoding, ...]] = []
    threads = [
        threading.Thread(target=lambda: found.append(library(tmp_path, encode=at_once)))
        for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found[0] == found[1]
    assert len(list((tmp_path / "pytomo").iterdir())) == 1


def test_what_fails_half_way_leaves_nothing(tmp_path: Path) -> None:
    """The next lab starts afresh."""

    def failing(directory: Path) -> list[Encoding]:
        (directory / "half").write_bytes(b"half")
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        library(tmp_path, encode=failing)
    assert not list((tmp_path / "pytomo").iterdir())


def test_the_cache_is_where_the_user_has_it() -> None:
    """A relative XDG_CACHE_HOME is invalid and ignored."""
    assert user_cache({"XDG_CACHE_HOME": "/some/where"}) == Path("/some/where")
    for invalid in ({}, {"XDG_CACHE_HOME": ""}, {"XDG_CACHE_HOME": "relative"}):
        assert user_cache(invalid) == Path.home() / ".cache"


def test_a_file_without_media_has_headers_only(tmp_path: Path) -> None:
    """A fragmented file's moov may stand alone."""
    path = tmp_path / "empty.mp4"
    path.write_bytes(b"\0\0\0\x08ftyp" + b"\0\0\0\x08mdat" + b"\0\0\0\x08moov")
    assert layout(path) == (None, None)
