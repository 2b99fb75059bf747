"""The arrivals of a sample as a few bytes and back: a row can be replayed under any profile.

A trace is a version byte, a byte that tells which of the last three columns there are, and a zlib
stream of columns of little-endian 64-bit integers: times, tracks, sizes, playable media times, and
those of whole segments, of whole blocks and of the sound in these. Times are whole microseconds
and all kinds of them are stored as differences (those of the media, within each track), which
compress well. Version 1 had four columns and no second byte.
"""

import math
import struct
import zlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import repeat

from pytomo.results import Arrival

_VERSION = 2
_MICRO = 1_000_000
_FOREVER = 2**62
"""Stands for infinity: more microseconds than any video has."""
_CELL = struct.calcsize("<q")
_ALWAYS = ("time", "track", "size", "playable")
_OPTIONAL = ("appended", "blocks", "sound")
"""None stands for what `playable` says, of `sound` for what `blocks` says; a column of nothing else
is left out."""
_LARGEST = 64 * 2**20
"""Bytes that a trace may unpack to: a database from elsewhere must not fill the memory."""


def settled(arrival: Arrival) -> Arrival:
    """The arrival as a trace gives it back: in whole microseconds.

    What is played from settled arrivals is what a replay of their trace plays, to the bit.
    """
    playable = _settled(arrival.playable)
    appended, blocks, sound = (_settled(_told(arrival, name)) for name in _OPTIONAL)
    kept = (_unlike(appended, playable), _unlike(blocks, playable), _unlike(sound, blocks))
    return Arrival(round(arrival.time, 6), arrival.track, arrival.size, playable, *kept)


def _told(arrival: Arrival, name: str) -> float:
    """The media seconds that one of the optional fields stands for."""
    told: float | None = getattr(arrival, name)
    if told is None and name == "sound":
        told = arrival.blocks
    return arrival.playable if told is None else told


def _settled(seconds: float) -> float:
    return seconds if seconds == math.inf else round(seconds, 6)


def encode(arrivals: Sequence[Arrival]) -> bytes:
    """The trace: exact to half a microsecond of time and of media.

    Raises ValueError for what is no arrival (a NaN, a number beyond 64 bits).
    """
    told = [name for name in _OPTIONAL if any(getattr(a, name) is not None for a in arrivals)]
    try:
        times = _differences([round(arrival.time * _MICRO) for arrival in arrivals])
        columns = [times, [a.track for a in arrivals], [a.size for a in arrivals]]
        columns += [_media_differences(arrivals, name) for name in ("playable", *told)]
        packed = b"".join(struct.pack(f"<{len(column)}q", *column) for column in columns)
    except (struct.error, OverflowError) as error:
        raise ValueError(f"these arrivals cannot be stored: {error}") from error
    marks = sum(1 << _OPTIONAL.index(name) for name in told)
    return bytes([_VERSION, marks]) + zlib.compress(packed)


def decode(trace: bytes, *, largest: int = _LARGEST) -> tuple[Arrival, ...]:
    """The arrivals of a trace of at most `largest` bytes when unpacked.

    Raises ValueError if it is damaged, too long or of a later version.
    """
    told, compressed = _head(trace)
    packed = _unpacked(compressed, largest)
    names = (*_ALWAYS, *told)
    count, rest = divmod(len(packed), _CELL * len(names))
    if rest:
        raise ValueError("damaged trace: its columns differ in length")
    cells = struct.unpack(f"<{count * len(names)}q", packed)
    columns = {name: cells[start * count : (start + 1) * count] for start, name in enumerate(names)}
    return tuple(_arrivals(columns))


def _head(trace: bytes) -> tuple[Sequence[str], bytes]:
    """The optional columns that a trace has, and its stream."""
    if trace[:1] == bytes([1]):
        return (), trace[1:]
    marks = trace[1] if trace[:1] == bytes([_VERSION]) and len(trace) > 1 else 1 << len(_OPTIONAL)
    if marks >> len(_OPTIONAL):
        raise ValueError("no trace of a known version")
    return [name for bit, name in enumerate(_OPTIONAL) if marks >> bit & 1], trace[2:]


def _unpacked(compressed: bytes, largest: int) -> bytes:
    stream = zlib.decompressobj()
    try:
        packed = stream.decompress(compressed, largest)
    except zlib.error as error:
        raise ValueError(f"damaged trace: {error}") from error
    if not stream.eof or stream.unused_data:
        raise ValueError("damaged trace: cut off, too long or with something behind it")
    return packed


def _arrivals(columns: Mapping[str, Sequence[int]]) -> Iterable[Arrival]:
    tracks = columns["track"]
    media = {name: _media(columns[name], tracks) for name in columns if name not in _ALWAYS[:3]}
    playable = media["playable"]
    usual = (playable, playable, media.get("blocks", playable))
    others = [
        map(_unlike, media[name], values) if name in media else repeat(None)
        for name, values in zip(_OPTIONAL, usual, strict=True)
    ]
    now = 0
    rows = zip(columns["time"], tracks, columns["size"], playable, *others, strict=False)
    for time, track, size, *seconds in rows:
        now += time
        yield Arrival(now / _MICRO, track, size, *seconds)


def _media(differences: Iterable[int], tracks: Iterable[int]) -> list[float]:
    """Media seconds, from their differences within each track."""
    reached: defaultdict[int, int] = defaultdict(int)
    found = []
    for difference, track in zip(differences, tracks, strict=True):
        reached[track] += difference
        found.append(_media_seconds(reached[track]))
    return found


def _unlike(value: float, playable: float) -> float | None:
    return None if value == playable else value


def _media_seconds(microseconds: int) -> float:
    return math.inf if microseconds == _FOREVER else microseconds / _MICRO


def _media_differences(arrivals: Iterable[Arrival], name: str) -> list[int]:
    """The media time of each arrival less that of the one before it in its track."""
    last: defaultdict[int, int] = defaultdict(int)
    differences = []
    for arrival in arrivals:
        seconds = arrival.playable if name == "playable" else _told(arrival, name)
        media = _FOREVER if seconds == math.inf else round(seconds * _MICRO)
        differences.append(media - last[arrival.track])
        last[arrival.track] = media
    return differences


def _differences(numbers: Sequence[int]) -> list[int]:
    return [number - before for before, number in zip((0, *numbers), numbers, strict=False)]
