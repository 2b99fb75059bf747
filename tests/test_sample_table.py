"""Samples told in advance: expanded as far as is needed, and exact all the same."""

import math
import random
from collections.abc import Iterator
from itertools import accumulate, groupby
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from movie_boxes import Runs, box, movie, sample_boxes

from pytomo.media.sample_boxes import BLOCK, Samples
from pytomo.media.sample_table import Block, SampleTable
from pytomo.timeline import FileTimeline

RATE = 100
MANY = 10 * 3600 * RATE
"""Samples of ten hours."""
SIZE = 1000


class Counted:
    """Samples of which is counted how many are expanded."""

    def __init__(self, samples: Samples) -> None:
        self.expanded = 0
        self._samples = samples

    def __iter__(self) -> Iterator[Block]:
        for block in self._samples:
            self.expanded += len(block.ends)
            yield block


class Made(NamedTuple):
    """The sample tables of a track, and what they mean."""

    boxes: bytes
    samples: list[tuple[int, int]]
    """End in the file and presentation time of each."""

    def playable(self, position: int) -> float:
        """By the definition."""
        return min((max(0, time) for end, time in self.samples if end > position), default=math.inf)

    def bytes_until(self, time: float) -> int:
        """By the definition."""
        return max((end for end, presented in self.samples if presented < time), default=0)


def runs(values: list[int]) -> Runs:
    """Run-length coded."""
    return [(len(list(group)), value) for value, group in groupby(values)]


def made(seed: int) -> Made:
    """A track of up to some blocks: reordered, of variable rate, its chunks maybe in disorder."""
    chance = random.Random(seed)
    count = chance.choice((1, 40, BLOCK, 3 * BLOCK + 100))
    steps = chance.choices(chance.choice(((40,), (0, 1, 40, 41), (0, 9000), (90, -40))), k=count)
    shifts = chance.choice(((0,), (0, 40, 80), (-80, 0, 80), (-90_000, 0), (-(2**25), 0)))
    delays = chance.choices(shifts, k=count)
    chunks, ends = laid_out(chance, count)
    times = [t + d for t, d in zip(accumulate(steps, initial=0), delays, strict=False)]
    boxes = sample_boxes(
        durations=runs(steps),
        delays=runs(delays),
        chunks=[chunk for chunk, _ in chunks],
        lengths=[(number, len(sizes)) for number, (_, sizes) in enumerate(chunks, 1)],
        sizes=[size for _, sizes in chunks for size in sizes],
    )
    return Made(boxes, list(zip(ends, times, strict=True)))


def laid_out(chance: random.Random, count: int) -> tuple[list[tuple[int, list[int]]], list[int]]:
    """Position and sizes of samples of each chunk; the ends of all samples."""
    longest = chance.choice((1, 3, 2000))
    groups: list[list[int]] = []
    while count:
        groups.append(
            [chance.randrange(1, 5000) for _ in range(chance.randint(1, longest))][:count]
        )
        count -= len(groups[-1])
    gaps = [chance.choice((0, 700)) + sum(group) for group in groups]
    places = list(accumulate(gaps, initial=1000))[:-1]
    if chance.random() < 0.3:
        spread = 10_000_000
        places = [place + spread * chance.randrange(4) for place in places]
    chunks = list(zip(places, groups, strict=True))
    return chunks, [
        end for place, group in chunks for end in list(accumulate(group, initial=place))[1:]
    ]


@settings(max_examples=60)
@given(st.integers(0, 10**9), st.data())
def test_playable_and_bytes_until_are_by_the_definition(seed, draw):
    """However the tables are, and wherever one asks: as if all samples were looked at."""
    track = made(seed)
    table = SampleTable(1, Samples(memoryview(track.boxes), 0))
    table.complete = True
    assert table.first == track.playable(0)
    last = max(end for end, _ in track.samples)
    latest = max(0, *(time for _, time in track.samples))
    for position in sorted(draw.draw(st.lists(st.integers(0, last + 10), max_size=12))):
        if draw.draw(st.booleans()):
            time = draw.draw(st.integers(-10, latest + 10))
            assert table.bytes_until(time) == track.bytes_until(time)
        assert table.playable(position) == track.playable(position)
    assert not table.damaged


def long_track(*, told: int = MANY, begin: int = 0) -> bytes:
    """Ten hours of samples of 1000 bytes, of which durations are told for so many."""
    return sample_boxes(
        durations=[(told, 1)], chunks=[begin], lengths=[(1, MANY)], same=(SIZE, MANY)
    )


def test_samples_are_expanded_as_they_come():
    """Of ten hours only what is at the position and a little behind it is expanded."""
    samples = Counted(Samples(memoryview(long_track()), 0))
    table = SampleTable(RATE, samples)
    assert samples.expanded <= 2 * BLOCK
    for number in (1, 5000, 5001, 100_000):
        assert table.playable(number * SIZE) == number / RATE
        assert table.bytes_until((number + 300) / RATE) == (number + 300) * SIZE
        assert number < samples.expanded <= number + 300 + 2 * BLOCK


def test_no_sample_is_expanded_twice():
    """To follow the reading costs one expansion of each sample."""
    samples = Counted(Samples(memoryview(long_track()), 0))
    table = SampleTable(RATE, samples)
    for position in range(0, 50_000 * SIZE, 777_777):
        table.playable(position)
        table.bytes_until(position / SIZE / RATE + 5.0)
    assert samples.expanded <= 50_000 + 5 * RATE + 2 * BLOCK


def test_past_can_be_asked_for():
    """Where something ended that was forgotten is still told."""
    table = SampleTable(RATE, Samples(memoryview(long_track()), 0))
    assert table.playable(50_000 * SIZE) == 500.0
    assert table.bytes_until(20.0) == 2000 * SIZE


FIRST = box(b"ftyp", b"isom" * 4)
MEDIA = b"\0\0\0\1mdat" + (16 + MANY * SIZE).to_bytes(8)
TOLD = 100_000


def long_movie(begin: int, *, told: int = TOLD) -> bytes:
    """The movie box of a file whose media begin somewhere."""
    return movie((b"vide", RATE, long_track(told=told, begin=begin)))


def test_tables_are_believed_up_to_their_contradiction():
    """What is wrong far behind is no hindrance before it is reached; then its length tells."""
    head = FIRST + long_movie(len(FIRST + long_movie(0) + MEDIA)) + MEDIA
    timeline = FileTimeline(duration=36_000.0, size=len(head) + MANY * SIZE)
    timeline.feed(0, head)
    assert (timeline.source, timeline.playable, timeline.bytes_until(3.0)) == (
        *("samples", 0.0),
        len(head) + 300 * SIZE,
    )
    timeline.feed(len(head), bytes(90_000 * SIZE))
    assert (timeline.source, timeline.playable) == ("samples", 900.0)
    timeline.feed(len(head) + 90_000 * SIZE, bytes(20_000 * SIZE))
    assert timeline.source == "linear"
    assert timeline.playable == pytest.approx(1100.0, abs=0.1)


def test_contradiction_at_the_beginning_makes_the_file_unreadable():
    """Tables that tell nearly nothing are not believed at all."""
    head = FIRST + long_movie(1000, told=3) + MEDIA
    timeline = FileTimeline(duration=36_000.0, size=len(head) + MANY * SIZE)
    timeline.feed(0, head)
    assert timeline.source == "linear"


def test_nothing_is_expanded_where_all_is_there():
    """A movie box that ends the file, read straight through: no sample can be missing."""
    moov = long_movie(len(FIRST + MEDIA))
    timeline = FileTimeline(duration=None, size=len(FIRST + MEDIA + moov) + MANY * SIZE)
    timeline.feed(0, FIRST + MEDIA)
    piece = memoryview(bytes(10_000 * SIZE))
    for position in range(len(FIRST + MEDIA), MANY * SIZE, len(piece)):
        timeline.feed(position, piece)
    timeline.feed(len(FIRST + MEDIA) + MANY * SIZE, moov)
    # Its durations are told only for a part: to expand it all would have shown that.
    assert (timeline.playable, timeline.source) == (math.inf, "samples")
