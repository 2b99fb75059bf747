"""Tracks of several segments: what PyAV's demuxer finds in them is what our timeline tells."""

import math
from bisect import bisect_right
from fractions import Fraction
from itertools import pairwise
from statistics import median

import pytest
from media_files import RATE, Packet, Truth, packets
from segment_files import RECIPES, Pieces, begun, ends, fed, feed, joined, pieces
from test_mpegts import PACKET, starts

RATES = (RATE, Fraction(24000, 1001), Fraction(30000, 1001))
SLACK = {"webm": 0.0011, "ts": 1.2e-5, "mp4": 1e-9}
"""By which a time may be off: WebM's are whole milliseconds, those of MPEG-TS 1/90000 s, and the
time of the sample that comes next is not known before it begins: it is taken to keep the step."""


def slack(name: str) -> float:
    """See `SLACK`."""
    return next(found for kind, found in SLACK.items() if kind in name)


def streams(name: str, found: Pieces) -> dict[int, list[Packet]]:
    """The packets of each stream in the joined segments."""
    data, borders = joined(found), ends(found)
    if "mpeg-ts" not in name:
        return packets(data)
    places = starts(data)

    def end(packet):
        """A PES packet ends where the next one of its stream begins, or with the segment."""
        later = [at for at in places[_identifier(data, packet.pos)] if at > packet.pos]
        border = borders[bisect_right(borders, packet.pos)]
        return min(later[0] + PACKET, border) if later else border

    return packets(data, end)


def _identifier(data: bytes, at: int) -> int:
    return int.from_bytes(data[at + 1 : at + 3]) & 0x1FFF


def followed(found: Pieces, truth: Truth):
    """Number of the segment, the timeline and what is truly playable, wherever that changes."""
    told, base = begun(found), 0
    for number, piece in enumerate(found):
        first, at = piece.segment.first_byte or 0, 0
        border = base + len(piece.data)
        places = [p - base for p in truth.positions() if base <= p < border]
        for place in [*places, len(piece.data)]:
            told.feed(first + at, piece.data[at:place])
            at = place
            if place < len(piece.data):
                yield number, told, truth.playable(base + place)
        told.end_segment()
        base = border
        yield number + 1, told, truth.playable(border)


@pytest.mark.parametrize(
    ("name", "rate"),
    [
        *((name, RATE) for name in RECIPES),
        *((name, rate) for name in RECIPES if "ranges" not in name for rate in RATES[1:]),
    ],
    ids=str,
)
def test_playable_time_inside_segments_is_that_of_the_packets(name, rate):
    """At each position, playable is the smallest time of the packets not completely before it.

    That holds at the end of each segment, too: it is the first time of the next one.
    """
    found = pieces(name, rate=rate)
    for _, told, true in followed(found, Truth(streams(name, found))):
        if not math.isinf(true):
            # Before the second sample of a stream its step is not known.
            allowed = 0.0212 if true < 0.03 else slack(name)
            assert told.playable == pytest.approx(true, abs=allowed)
        assert told.source in ("samples", "segments")


@pytest.mark.parametrize("name", RECIPES)
def test_whole_segments_are_appended(name):
    """Appended is what was playable at the end of the last whole segment, and jumps there."""
    found = pieces(name)
    reached, before = {0: 0.0}, 0.0
    for number, told, _ in followed(found, Truth(streams(name, found))):
        if number not in reached:
            reached[number] = told.playable
        assert told.appended == reached[number]
        assert before <= told.appended <= told.playable
        before = told.appended
    assert len(set(reached.values())) >= 4
    assert told.appended == told.playable == told.sound == math.inf


@pytest.mark.parametrize(("name", "most"), [("hls mpeg-ts", 0.035), ("hls mp4", 0.0)])
def test_sound_of_segments_is_told_apart(name, most):
    """Sound is the smallest time of the sound's packets that are not completely there.

    Or what is playable, if that is more: the step between pictures is not that between sounds.
    """
    found = pieces(name)
    packs = streams(name, found)
    whole, sound, ahead = Truth(packs), Truth({1: packs[1]}), 0.0
    for _, told, true in followed(found, sound):
        if math.isfinite(true) and told.playable > 0:
            true += sound.start - whole.start
            assert told.sound == pytest.approx(max(true, told.playable), abs=slack(name))
            ahead = max(ahead, told.sound - told.playable)
    assert ahead == pytest.approx(most, abs=0.001)


@pytest.mark.parametrize("name", ["audio of dash mp4", "hls mpeg-ts of pictures"])
def test_sound_is_playable_where_nothing_else_is(name):
    """In a track with one kind of stream, sound is no more and no less than playable."""
    found = pieces(name)
    for _, told, _ in followed(found, Truth(streams(name, found))):
        assert told.sound == told.playable


@pytest.mark.parametrize("name", RECIPES)
def test_duration_is_that_of_the_samples_in_the_end(name):
    """Before all is there the manifest tells it, then the samples do."""
    found = pieces(name)
    told = begun(found)
    assert told.duration == math.fsum(piece.segment.duration for piece in found)
    assert fed(found).duration == pytest.approx(7.0, abs=0.03)


def length(packs: list[Packet]) -> float:
    """When the last packet of a stream ends: it lasts as long as most of them do."""
    times = sorted(packet.time for packet in packs)
    return times[-1] + median(b - a for a, b in pairwise(times))


@pytest.mark.parametrize("name", [n for n in RECIPES if "ranges" not in n])
def test_segments_join_up_over_a_discontinuity(name):
    """Where the clock is set anew, a stream goes on where it ended (EXT-X-DISCONTINUITY)."""
    first, second = pieces(name, 5.0), pieces(name, 7.0, RATES[2])
    before, after = streams(name, first), streams(name, second)
    start = min(max(0.0, p.time) for packs in before.values() for p in packs)
    # The stream that is the first in the segment goes on: here, the pictures. Another
    # initialisation makes other streams, and they begin where all those before are complete.
    end = length(before[0]) if name != "hls mp4" else min(map(length, before.values()))
    moved = end - min(max(0.0, packet.time) for packet in after[0])
    truth, told, base = Truth(after), begun(first + second), 0
    for piece in first + second:
        feed(told, piece)
        told.end_segment()
        base += len(piece.data)
        place = base - len(joined(first))
        true = truth.playable(place) + truth.start + moved - start
        if place > 0 and math.isfinite(true) and truth.playable(place) > 0:
            assert told.playable == pytest.approx(true, abs=2 * slack(name) + 1e-4)
    assert told.source == "samples"
