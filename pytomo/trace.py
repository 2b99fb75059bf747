"""The arrivals of a sample as a few bytes and back: a row can be replayed under any profile.

A trace is one version byte and a zlib stream of four columns of little-endian 64-bit integers:
times, tracks, sizes and playable media times. Times are whole microseconds and both kinds of them
are stored as differences (those of the media, within each track), which compress well.
"""

import math
import struct
import zlib
from collections import defaultdict
from collections.abc import Iterable, Sequence

from pytomo.results import Arrival

_VERSION = 1
_MICRO = 1_000_000
_FOREVER = 2**62
"""Stands for infinity: more microseconds than any video has."""
_CELL = struct.calcsize("<q")
_COLUMNS = len(Arrival._fields)
_LARGEST = 64 * 2**20
"""Bytes that a trace may unpack to: a database from elsewhere must not fill the memory."""


def encode(arrivals: Sequence[Arrival]) -> bytes:
    """The trace: exact to half a microsecond of time and of media.

    Raises ValueError for what is no arrival (a NaN, a number beyond 64 bits).
    """
    try:
        playables = _media_differences(arrivals)
        times = _differences([round(arrival.time * _MICRO) for arrival in arrivals])
        columns = (times, [a.track for a in arrivals], [a.size for a in arrivals], playables)
        packed = b"".join(struct.pack(f"<{len(column)}q", *column) for column in columns)
    except (struct.error, OverflowError) as error:
        raise ValueError(f"these arrivals cannot be stored: {error}") from error
    return bytes([_VERSION]) + zlib.compress(packed)


def decode(trace: bytes, *, largest: int = _LARGEST) -> tuple[Arrival, ...]:
    """The arrivals of a trace of at most `largest` bytes when unpacked.

    Raises ValueError if it is damaged, too long or of a later version.
    """
    if trace[:1] != bytes([_VERSION]):
        raise ValueError("no trace of a known version")
    packed = _unpacked(trace[1:], largest)
    count, rest = divmod(len(packed), _CELL * _COLUMNS)
    if rest:
        raise ValueError("damaged trace: its columns differ in length")
    cells = struct.unpack(f"<{count * _COLUMNS}q", packed)
    times, tracks, sizes, playables = (
        cells[start * count : (start + 1) * count] for start in range(_COLUMNS)
    )
    return tuple(_arrivals(times, tracks, sizes, playables))


def _unpacked(compressed: bytes, largest: int) -> bytes:
    stream = zlib.decompressobj()
    try:
        packed = stream.decompress(compressed, largest)
    except zlib.error as error:
        raise ValueError(f"damaged trace: {error}") from error
    if not stream.eof or stream.unused_data:
        raise ValueError("damaged trace: cut off, too long or with something behind it")
    return packed


def _arrivals(
    times: Iterable[int], tracks: Iterable[int], sizes: Iterable[int], playables: Iterable[int]
) -> Iterable[Arrival]:
    now = 0
    media: defaultdict[int, int] = defaultdict(int)
    for time, track, size, playable in zip(times, tracks, sizes, playables, strict=True):
        now += time
        media[track] += playable
        yield Arrival(now / _MICRO, track, size, _media_seconds(media[track]))


def _media_seconds(microseconds: int) -> float:
    return math.inf if microseconds == _FOREVER else microseconds / _MICRO


def _media_differences(arrivals: Iterable[Arrival]) -> list[int]:
    """The playable media of each arrival less that of the one before it in its track."""
    last: defaultdict[int, int] = defaultdict(int)
    differences = []
    for arrival in arrivals:
        forever = arrival.playable == math.inf
        playable = _FOREVER if forever else round(arrival.playable * _MICRO)
        differences.append(playable - last[arrival.track])
        last[arrival.track] = playable
    return differences


def _differences(numbers: Sequence[int]) -> list[int]:
    return [number - before for before, number in zip((0, *numbers), numbers, strict=False)]
