import contextlib
import math
import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytomo.results import Arrival
from pytomo.trace import decode, encode, settled

seconds = st.floats(min_value=0, max_value=86400)
media = seconds | st.just(math.inf)
arrivals = st.builds(
    Arrival,
    time=seconds,
    track=st.integers(0, 3),
    size=st.integers(0, 2**40),
    playable=media,
    sound=st.none() | media,
    appended=st.none() | media,
    blocks=st.none() | media,
)


def meant(arrival):
    """The media seconds in whole segments, in whole blocks and of the sound in these."""
    appended = arrival.playable if arrival.appended is None else arrival.appended
    blocks = arrival.playable if arrival.blocks is None else arrival.blocks
    return appended, blocks, blocks if arrival.sound is None else arrival.sound


@given(arrivals)
def test_settling_settles_for_good(arrival):
    """A settled arrival stays as it is, and means the same as before to half a microsecond."""
    kept = settled(arrival)
    assert settled(kept) == kept
    assert meant(kept) == pytest.approx(meant(arrival), rel=0, abs=0.501e-6)


def test_sound_in_whole_blocks_is_told_apart_from_what_is_playable():
    """Sound that is as far as what is playable, but further than the blocks, is not forgotten."""
    arrival = Arrival(1.0, 0, 100, 5.0, blocks=4.5, sound=5.0)
    assert settled(arrival).sound == 5.0
    assert decode(encode([arrival])) == (arrival,)
    assert settled(arrival._replace(sound=4.5)).sound is None


def test_the_first_version_is_still_read():
    """A trace of four columns, as Pytomo first stored them, gives its arrivals."""
    packed = struct.pack("<8q", 500_000, 250_000, 0, 0, 100, 200, 1_000_000, 500_000)
    assert decode(b"\x01" + zlib.compress(packed)) == (
        Arrival(0.5, 0, 100, 1.0),
        Arrival(0.75, 0, 200, 1.5),
    )


@given(st.lists(arrivals))
def test_settled_arrivals_come_back_to_the_bit(given_arrivals):
    """What a trace gives back is what settled arrivals were, whatever they hold."""
    kept = tuple(map(settled, given_arrivals))
    assert decode(encode(kept)) == kept


@given(st.lists(arrivals))
def test_round_trip(given_arrivals):
    """What comes back differs by at most half a microsecond, whatever the order of arrivals."""
    for before, after in zip(given_arrivals, decode(encode(given_arrivals)), strict=True):
        assert (after.track, after.size) == (before.track, before.size)
        assert after.time == pytest.approx(before.time, rel=0, abs=0.501e-6)
        assert after.playable == pytest.approx(before.playable, rel=0, abs=0.501e-6)
        assert meant(after) == pytest.approx(meant(before), rel=0, abs=0.501e-6)


@given(st.lists(arrivals))
def test_a_stored_trace_is_stable(given_arrivals):
    """Reading a trace of settled arrivals and storing it again gives the same bytes."""
    trace = encode(list(map(settled, given_arrivals)))
    assert encode(decode(trace)) == trace


@given(st.lists(arrivals, min_size=1), st.data())
def test_every_damaged_bit_is_noticed(given_arrivals, data):
    """A trace with one bit flipped is refused, or unpacks to the same: never to something else."""
    trace = bytearray(encode(given_arrivals))
    bit = data.draw(st.integers(0, 8 * len(trace) - 1))
    trace[bit // 8] ^= 1 << bit % 8
    try:
        found = decode(bytes(trace))
    except ValueError:
        return
    assert encode(found) == encode(given_arrivals)


@given(st.lists(arrivals, min_size=1), st.data())
def test_a_cut_trace_is_refused(given_arrivals, data):
    """A trace that lacks its last bytes is refused."""
    trace = encode(given_arrivals)
    with pytest.raises(ValueError, match="trace"):
        decode(trace[: data.draw(st.integers(0, len(trace) - 1))])


@given(st.binary(max_size=200))
def test_any_bytes_are_a_trace_or_refused(noise):
    """Bytes from anywhere raise ValueError or nothing."""
    with contextlib.suppress(ValueError):
        decode(b"\x01" + noise)
    with contextlib.suppress(ValueError):
        decode(b"\x02" + noise)


@pytest.mark.parametrize(
    "trace",
    [
        b"",
        b"\x03" + encode([])[1:],
        encode([]) + b"more",
        b"\x01" + zlib.compress(bytes(31)),
    ],
    ids=["empty", "later version", "something behind it", "uneven columns"],
)
def test_what_is_no_trace_is_refused(trace):
    """Only whole traces of a known version are read."""
    with pytest.raises(ValueError, match="trace"):
        decode(trace)


def test_a_trace_cannot_fill_the_memory():
    """A trace that unpacks to more than the limit is refused before it does."""
    trace = encode([Arrival(0.0, 0, 0, 0.0)] * 1000)
    assert len(decode(trace, largest=32_000)) == 1000
    with pytest.raises(ValueError, match="too long"):
        decode(trace, largest=31_999)


@pytest.mark.parametrize(
    "arrival",
    [Arrival(math.nan, 0, 1, 0.0), Arrival(0.0, 0, 2**63, 0.0), Arrival(math.inf, 0, 1, 0.0)],
)
def test_what_is_no_arrival_cannot_be_stored(arrival):
    """NaN, an infinite time and numbers beyond 64 bits are refused."""
    with pytest.raises(ValueError):  # noqa: PT011 - of round() or of struct
        encode([arrival])


def test_a_trace_is_compact():
    """A typical sample (3000 reads in 30 s) takes less than 8 bytes an arrival."""
    sample = [
        Arrival(i * 0.01 + i % 7 * 1e-5, i % 2, 1448 * (i % 9), i * 0.02) for i in range(3000)
    ]
    assert len(encode(sample)) < 8 * len(sample)
