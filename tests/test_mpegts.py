"""MPEG-TS: what PyAV's demuxer finds is what our timeline tells."""

import io

import pytest
from media_files import Truth, media, packets, pyav, recipe

from pytomo.media import adts
from pytomo.media.mpegts import MpegTs
from pytomo.media.scan import Scanner
from pytomo.timeline import FileTimeline

PACKET = 188


def starts(data: bytes) -> dict[int, list[int]]:
    """By packet identifier, the positions of the transport packets in which something begins."""
    found: dict[int, list[int]] = {}
    for at in range(0, len(data), PACKET):
        if data[at + 1] & 0x40:
            found.setdefault(int.from_bytes(data[at + 1 : at + 3]) & 0x1FFF, []).append(at)
    return found


def ends(data: bytes):
    """Where a PES packet is known to end: behind the transport packet that begins the next."""
    places = starts(data)

    def end(packet):
        identifier = int.from_bytes(data[packet.pos + 1 : packet.pos + 3]) & 0x1FFF
        later = [at for at in places[identifier] if at > packet.pos]
        return later[0] + PACKET if later else len(data) + 1

    return end


def test_playable_time_is_that_of_the_packets():
    """Playable is the smallest time of the packets that are not known to be complete."""
    data = recipe("mpeg-ts")
    truth = Truth(packets(data, ends(data)))
    timeline = FileTimeline(duration=None, size=len(data))
    for position in range(0, len(data), PACKET):
        timeline.feed(position, data[position : position + PACKET])
        reached = truth.playable(position + PACKET)
        assert timeline.playable == pytest.approx(reached, abs=1e-4), position
    assert timeline.source == "samples"
    assert timeline.playable > 4.8


def test_types_of_the_streams_are_told():
    """The program map tells the codecs: H.264 (0x1B) and AAC (0x0F)."""
    reader = MpegTs(None)
    Scanner(reader.scan(0)).feed(memoryview(recipe("mpeg-ts")))
    assert sorted(reader.kinds) == [0x0F, 0x1B]


def test_clock_may_wrap():
    """The 33-bit clock may begin anew in the middle of the file."""
    data = recipe("mpeg-ts")
    first = packets(data, ends(data))[0][0].time
    moved = shifted(data, 2**33 - round((first + 2) * 90_000))
    plain, wrapped = (FileTimeline(duration=None, size=None) for _ in range(2))
    plain.feed(0, data)
    wrapped.feed(0, moved)
    assert wrapped.playable == pytest.approx(plain.playable, abs=1e-4)


def shifted(data: bytes, ticks: int) -> bytes:
    """The same stream with other time stamps."""
    moved = bytearray(data)
    for places in starts(data).values():
        for at in places:
            start = at + 4 + (1 + moved[at + 4] if moved[at + 3] & 0x20 else 0)
            if moved[start : start + 3] == b"\0\0\1":
                for index in range(moved[start + 8] // 5):
                    shift_stamp(moved, start + 9 + 5 * index, ticks)
    return bytes(moved)


def shift_stamp(data: bytearray, at: int, ticks: int) -> None:
    """Add to one time stamp of a PES header."""
    word = int.from_bytes(data[at : at + 5])
    time = (word >> 33 & 7) << 30 | (word >> 17 & 0x7FFF) << 15 | word >> 1 & 0x7FFF
    time = (time + ticks) % 2**33
    marked = (word >> 36) << 36 | (time >> 30) << 33 | (time >> 15 & 0x7FFF) << 17
    data[at : at + 5] = (marked | (time & 0x7FFF) << 1 | 0x100010001).to_bytes(5)


def test_frames_of_sound_have_their_own_length():
    """The frames of ADTS tell how long a piece of sound is: those that are all there, if it is."""
    with pyav().open(io.BytesIO(media("adts", video=None))) as file:
        frames = [bytes(packet) for packet in file.demux() if packet.size]
    sound = media("adts", video=None)
    assert adts.duration(sound) == pytest.approx(len(frames) * 1024 / 48_000)
    assert adts.duration(sound[:-1]) == pytest.approx((len(frames) - 1) * 1024 / 48_000)
    assert adts.duration(b"") is None
    assert adts.duration(sound[1:]) is None
    assert adts.duration(bytes(100)) is None


def test_lost_synchronisation_is_unreadable():
    """Where a packet does not begin with its mark, the rest cannot be read."""
    data = recipe("mpeg-ts")
    half = len(data) // PACKET // 2 * PACKET
    timeline = FileTimeline(duration=5.0, size=len(data))
    timeline.feed(0, data[:half] + b"\0" + data[half + 1 :])
    assert timeline.source == "linear"
    assert timeline.playable == pytest.approx(5.0)
