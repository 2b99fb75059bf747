"""Tests of reading HTTP as it comes."""

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPException

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytomo.wire import LINE_BUFFER, MERGED, Wire, body, receive


@contextmanager
def wire(*sent: bytes, seconds: float = 10.0) -> Iterator[Wire]:
    """A wire on which these bytes came, and then the end of the stream."""
    here, there = socket.socketpair()
    with here, there:
        for data in sent:
            there.sendall(data)
        there.shutdown(socket.SHUT_WR)
        yield Wire(here, time.monotonic() + seconds, time.monotonic)


def read_all(readinto: Callable[[memoryview], int], size: int = 10) -> bytes:
    view, read = memoryview(bytearray(size)), b""
    while count := readinto(view):
        read += view[:count]
    return read


def chunked(*chunks: bytes) -> bytes:
    return b"".join(b"%x;a=b\r\n%b\r\n" % (len(c), c) for c in chunks) + b"0\r\nTrailer: t\r\n\r\n"


def test_what_follows_a_line_is_not_lost() -> None:
    """Bytes received together with the head belong to the body."""
    with wire(b"one\r\ntwo\r\nbody") as lines:
        assert [lines.readline(), lines.readline()] == [b"one\r\n", b"two\r\n"]
        assert lines.pending == 4
        assert read_all(lines.readinto) == b"body"


def test_a_line_may_be_longer_than_the_buffer_but_not_than_the_limit() -> None:
    """http.client refuses what is too long; it has to see it."""
    with wire(b"x" * LINE_BUFFER + b"y\n") as lines:
        assert lines.readline() == b"x" * LINE_BUFFER + b"y\n"
    with wire(b"x" * 100) as lines:
        assert len(lines.readline(20)) == 20


def test_nothing_is_awaited_once_the_deadline_is_past() -> None:
    """However slowly the lines of a head come."""
    with wire(b"late", seconds=-1.0) as lines, pytest.raises(TimeoutError):
        lines.readline()


def test_a_sized_body_ends_with_its_length() -> None:
    """What follows belongs to the next answer."""
    with wire(b"0123456789next") as lines:
        sized = body(lines, chunked=False, length=10)
        assert read_all(sized.readinto, 4) == b"0123456789"
        assert sized.finished
        assert read_all(lines.readinto) == b"next"


def test_a_sized_body_that_ends_early_says_so() -> None:
    """EOFError, after all that came."""
    with wire(b"0123") as lines:
        sized = body(lines, chunked=False, length=10)
        with pytest.raises(EOFError, match="6 bytes"):
            read_all(sized.readinto)
        assert not sized.finished


def test_an_empty_body_is_finished_at_once() -> None:
    """Nothing is awaited for it."""
    with wire() as lines:
        assert body(lines, chunked=False, length=0).finished


def test_an_endless_body_ends_with_the_connection() -> None:
    """As HTTP/1.0 servers send it."""
    with wire(b"all of it") as lines:
        endless = body(lines, chunked=False, length=None)
        assert read_all(endless.readinto, 4) == b"all of it"
        assert endless.finished


@given(st.lists(st.binary(min_size=1, max_size=40), max_size=6), st.integers(1, 30))
def test_a_chunked_body_is_its_chunks(chunks: list[bytes], size: int) -> None:
    """Whatever the sizes of chunks and reads; extensions and trailers are passed over."""
    with wire(chunked(*chunks) + b"next") as lines:
        parts = body(lines, chunked=True, length=None)
        assert read_all(parts.readinto, size) == b"".join(chunks)
        assert parts.finished
        assert read_all(lines.readinto) == b"next"


def test_the_data_of_a_chunk_does_not_wait_for_its_end() -> None:
    """A server may send the line's end with the next chunk."""
    here, there = socket.socketpair()
    with here, there:
        there.sendall(b"4\r\ndata")
        parts = body(Wire(here, time.monotonic() + 10, time.monotonic), chunked=True, length=None)
        view = memoryview(bytearray(10))
        assert parts.readinto(view) == 4


@pytest.mark.parametrize("sent", [b"4\r\nda", b"4\r\ndata", b"4", b""])
def test_a_chunked_body_that_ends_early_says_so(sent: bytes) -> None:
    """EOFError, wherever it breaks."""
    with wire(sent) as lines, pytest.raises(EOFError):
        read_all(body(lines, chunked=True, length=None).readinto)


@pytest.mark.parametrize("sent", [b"zz\r\n", b"-4\r\n", b"\r\n", b"2\r\ndata\r\n"])
def test_chunks_without_sense_are_refused(sent: bytes) -> None:
    """HTTPException, as http.client raises for heads."""
    with wire(sent) as lines, pytest.raises(HTTPException):
        read_all(body(lines, chunked=True, length=None).readinto)


class Script:
    """A clock and a source: reads of given sizes at given times; then what is to be raised."""

    def __init__(
        self, *reads: tuple[float, int], error: BaseException | None = None, stop: int = 99
    ) -> None:
        self.reads = list(reads)
        self.error = error
        self.stop = stop
        self.now = 0.0
        self.taken: list[tuple[float, int]] = []

    def read(self, view: memoryview) -> int:
        if not self.reads:
            if self.error:
                raise self.error
            return 0
        self.now, size = self.reads.pop(0)
        return size

    def take(self, at: float, data: memoryview) -> bool:
        self.taken.append((at, len(data)))
        return len(self.taken) >= self.stop

    def run(self, room: int = 1000) -> list[tuple[float, int]]:
        buffer = memoryview(bytearray(room))
        receive(self.read, self.take, lambda: None, lambda: self.now, buffer)
        return self.taken


def test_bytes_keep_the_time_when_they_came() -> None:
    """However long the next ones take."""
    assert Script((1.0, 10), (17.0, 20), (17.1, 5)).run() == [(1.0, 10), (17.0, 20), (17.1, 5)]


def test_reads_that_come_together_are_one_arrival() -> None:
    """With the time of the last of them, which is not too early for any byte."""
    step = MERGED / 4
    reads = Script((1.0, 10), (1 + step, 20), (1 + 2 * step, 30), (2.0, 5))
    assert reads.run() == [(1 + 2 * step, 60), (2.0, 5)]


def test_a_full_buffer_is_handed_over() -> None:
    """Reads stay large, and memory small, at any rate."""
    assert Script(*[(1.0, 300)] * 4).run() == [(1.0, 600), (1.0, 600)]


@pytest.mark.parametrize("error", [KeyboardInterrupt(), TimeoutError(), ConnectionResetError()])
def test_what_came_before_an_error_is_handed_over(error: BaseException) -> None:
    """Nothing measured is lost."""
    script = Script((1.0, 10), (2.0, 20), error=error)
    with pytest.raises(type(error)):
        script.run()
    assert script.taken == [(1.0, 10), (2.0, 20)]


def test_reading_ends_when_enough_was_taken() -> None:
    """The rest of the answer is left alone."""
    script = Script((1.0, 10), (2.0, 20), (3.0, 30), (4.0, 40), stop=1)
    script.run()
    assert script.taken == [(1.0, 10), (2.0, 20)]
    assert script.reads == [(3.0, 30), (4.0, 40)]
