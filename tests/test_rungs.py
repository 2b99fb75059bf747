"""Tests of what is known of a rung, and what must be fetched first."""

import struct

import pytest
from media_files import INDEXED, media

from pytomo.results import Segment, Track, TrackKind
from pytomo.rungs import FRONT, Rung, rung


def track(*segments: Segment, **facts: object) -> Track:
    return Track(
        kind=TrackKind.VIDEO,
        segments=segments or (Segment(url="http://a.test/v.mp4"),),
        container="mp4",
        protocol="https",
        **facts,  # type: ignore[arg-type]
    )


def learnt(content: bytes) -> tuple[Rung, list[tuple[int, int]]]:
    """The rung of a file, and what was asked for of it."""
    found, asked = rung(track()), []
    while (missing := found.missing) is not None:
        first, last = missing.first_byte or 0, missing.last_byte or 0
        asked.append((first, last))
        found.learn(content[first : last + 1])
    return found, asked


def box(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(body), kind) + body


def sidx(*parts: tuple[int, int], skipped: int = 0) -> bytes:
    """An index (version 0, ticks of 1 s) of parts of so many bytes and seconds."""
    head = struct.pack(">IIIIIHH", 0, 1, 1, 0, skipped, 0, len(parts))
    return box(b"sidx", head + b"".join(struct.pack(">III", *part, 0) for part in parts))


def test_a_files_index_tells_its_segments() -> None:
    """They follow each other up to the end of the file, which is fetched once."""
    content = media("mp4", seconds=12.0, muxer=INDEXED, audio=None)
    found, asked = learnt(content)
    assert asked == [(0, FRONT - 1)]
    assert found.usable
    ends = [(segment.last_byte or 0) + 1 for segment in found.media]
    assert [segment.first_byte for segment in found.media[1:]] == ends[:-1]
    assert ends[-1] <= len(content)
    assert sum(segment.duration or 0.0 for segment in found.media) == pytest.approx(12.0)
    assert all(content[(s.first_byte or 0) + 4 :][:4] in (b"moof", b"styp") for s in found.media)


def test_the_initialisation_is_what_stands_in_front_of_the_index() -> None:
    """A player appends it without the index."""
    content = box(b"ftyp", b"x") + box(b"moov", b"y" * 50) + sidx((100, 4), (200, 4))
    found, _ = learnt(content + bytes(300))
    assert found.head == box(b"ftyp", b"x") + box(b"moov", b"y" * 50)
    assert [(s.first_byte, s.last_byte, s.duration) for s in found.media] == [
        (len(content), len(content) + 99, 4.0),
        (len(content) + 100, len(content) + 299, 4.0),
    ]


def test_a_long_index_takes_another_request() -> None:
    """Just up to its end."""
    content = box(b"moov", bytes(100)) + sidx(*[(10, 4)] * 500)
    found, asked = learnt(content + bytes(5000))
    assert asked == [(0, FRONT - 1), (FRONT, len(content) - 1)]
    assert len(found.media) == 500


def test_an_index_behind_a_large_movie_box_is_found() -> None:
    """What is asked for next is where it might be."""
    content = box(b"moov", bytes(3 * FRONT)) + sidx((10, 4))
    found, asked = learnt(content + bytes(FRONT))
    assert found.usable
    assert [first for first, _ in asked[1:]] == [last + 1 for _, last in asked[:-1]]


@pytest.mark.parametrize(
    "content",
    [
        box(b"moov", bytes(100)) + box(b"mdat", bytes(5000)),
        box(b"moov", bytes(100)) + box(b"moof", bytes(5000)),
        box(b"moov", bytes(2**21)) + sidx((10, 4)),
        sidx() + bytes(5000),
        b"\x1a\x45\xdf\xa3" + bytes(5000),
        struct.pack(">I4s", 40, b"sidx") + b"\xff" * 5000,
        b"",
    ],
    ids=["progressive", "without", "far", "empty", "webm", "damaged", "nothing"],
)
def test_a_file_without_an_index_cannot_be_used(content: bytes) -> None:
    """A player would not switch to it either."""
    found, asked = learnt(content)
    assert not found.usable or not found.media
    assert len(asked) < 10


def test_a_manifests_segments_are_known_at_once() -> None:
    """Only what initialises them is missing."""
    head = Segment(url="http://a.test/init.mp4", duration=0.0)
    parts = tuple(Segment(url=f"http://a.test/{n}.m4s", duration=4.0) for n in range(3))
    found = rung(track(head, *parts))
    assert (found.media, found.missing) == (parts, head)
    found.learn(b"init")
    assert (found.head, found.missing) == (b"init", None)
    assert rung(track(*parts)).missing is None


def test_segments_of_unknown_length_cannot_be_used() -> None:
    """Nor those that are initialised anew on the way."""
    head = Segment(url="http://a.test/init.mp4", duration=0.0)
    part = Segment(url="http://a.test/1.m4s", duration=4.0)
    assert not rung(track(head, part, head, part)).usable
    assert not rung(track(part, Segment(url="http://a.test/2.m4s"))).usable


@pytest.mark.parametrize(
    ("lengths", "fits"),
    [
        ((4.0, 4.0, 2.0), True),
        ((4.1, 3.8, 2.1), True),
        ((4.0, 4.0), False),
        ((5.0, 4.0, 1.0), False),
    ],
)
def test_rungs_fit_if_their_segments_begin_together(lengths: tuple[float, ...], fits: bool) -> None:
    """Else some media would be missing after a switch, or be there twice."""
    own = rung(track(*(Segment(url=f"http://a.test/{n}", duration=4.0) for n in range(2))))
    own.media = (*own.media, Segment(url="http://a.test/2", duration=2.0))
    assert own.fits(tuple(Segment(url="x", duration=length) for length in lengths)) is fits


def test_what_is_personal_stays_with_the_home_of_the_track() -> None:
    """However its segments are cut."""
    found = rung(track(headers={"Cookie": "a=b"}, size=5))
    made = found.of(Segment(url="http://b.test/1", duration=4.0))
    assert made.headers_url == "http://a.test/v.mp4"
    assert made.size is None
