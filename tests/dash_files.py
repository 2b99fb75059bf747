"""A DASH manifest with templates and its segments of fragmented MP4, made by FFmpeg with PyAV."""

import io
from pathlib import Path

from media_files import media, pyav

_KEYFRAMES = (("x264-params", "keyint=100:min-keyint=100:scenecut=0:bframes=0"),)
"""One each 4 s at 25 pictures a second."""
_TEMPLATES = {"use_template": "1", "use_timeline": "0", "seg_duration": "4"}


def dash(directory: Path, *, seconds: float) -> list[Path]:
    """Video and audio in segments of 4 s, and `film.mpd`."""
    whole = media("mp4", seconds=seconds, encoder=_KEYFRAMES)
    manifest = str(directory / "film.mpd")
    with (
        pyav().open(io.BytesIO(whole)) as file,
        pyav().open(manifest, "w", format="dash", options=_TEMPLATES) as out,
    ):
        streams = [out.add_stream_from_template(stream) for stream in file.streams]
        for packet in file.demux():
            if packet.dts is not None:
                packet.stream = streams[packet.stream.index]
                out.mux(packet)
    return sorted(directory.iterdir())
