"""HTTP/1.1 bytes as they come: the lines of a head, then a body, one receive call at a time."""

import math
import re
import socket
import ssl
from collections.abc import Callable
from functools import partial
from http.client import HTTPException
from typing import Protocol, cast

LINE_BUFFER = 16 * 2**10
MERGED = 0.0005
"""Seconds: bytes that come within it are one arrival, which keeps traces compact at high rates."""
RECEIVE_BUFFER = 2**20
_LINE_LIMIT = 2**16


class Wire:
    """A connection's socket as http.client sees it, which never waits past the deadline.

    It stands in for the socket and for the file that http.client makes of it, so that what was
    received beyond the head of an answer is not hidden in a buffer of somebody else's.
    """

    def __init__(self, sock: socket.socket, deadline: float, clock: Callable[[], float]) -> None:
        self.socket = sock
        self.first_byte_at: float | None = None
        """Clock time of the first byte received since something was last sent."""
        self.sent_at = 0.0
        """Clock time at which something was last sent."""
        self._deadline = deadline
        self._clock = clock
        self.receive = _receiver(sock)
        """Bytes read by one receive call into a view; behind `pending` ones."""
        self._lines = bytearray(LINE_BUFFER)
        self._start = 0
        self.pending = 0
        """Bytes that were received but not read yet."""

    def arm(self) -> None:
        """Let the next calls wait until the deadline; raises TimeoutError when it is past."""
        left = self._deadline - self._clock()
        if left <= 0:
            raise TimeoutError("the time for the download is over")
        self.socket.settimeout(left)

    def sendall(self, data: bytes) -> None:
        """Send all of it."""
        self.arm()
        self.first_byte_at = None
        self.sent_at = self._clock()
        self.socket.sendall(data)

    def makefile(self, mode: str) -> "Wire":
        """The file that http.client reads heads from."""
        return self

    def fileno(self) -> int:
        """The socket's descriptor."""
        return self.socket.fileno()

    def settimeout(self, timeout: float | None) -> None:
        """Nothing: the deadline rules."""

    def flush(self) -> None:
        """Nothing: what is sent is sent at once."""

    def close(self) -> None:
        """Nothing: http.client lets go of the socket while the last body is still to be read."""

    def hang_up(self) -> None:
        """Close the socket."""
        self.socket.close()

    def readline(self, limit: int = _LINE_LIMIT) -> bytes:
        """A line with its end; without one if the limit or the end of the stream came first."""
        line = b""
        while len(line) < limit and not line.endswith(b"\n") and (self.pending or self._fill()):
            stop = self._start + min(self.pending, limit - len(line))
            end = self._lines.find(b"\n", self._start, stop) + 1 or stop
            line += self._lines[self._start : end]
            self._pass(end - self._start)
        return line

    def _fill(self) -> int:
        self.arm()
        self._start, self.pending = 0, self.receive(memoryview(self._lines))
        if self.first_byte_at is None:
            self.first_byte_at = self._clock()
        return self.pending

    def _pass(self, count: int) -> None:
        self._start += count
        self.pending -= count

    def readinto(self, view: memoryview) -> int:
        """Bytes read by at most one receive call; 0 at the end of the stream."""
        if not self.pending:
            return self.receive(view)
        count = min(self.pending, len(view))
        view[:count] = self._lines[self._start : self._start + count]
        self._pass(count)
        return count


def _receiver(sock: socket.socket) -> Callable[[memoryview], int]:
    """A fast way into the socket: TLS comes in 16 KiB records, so the calls are many."""
    if isinstance(sock, ssl.SSLSocket):
        return cast(Callable[[memoryview], int], partial(sock.read, RECEIVE_BUFFER))
    return sock.recv_into


class Body(Protocol):
    """The body of an answer."""

    finished: bool
    """Whether all of it was read, so that another answer can follow on the connection."""

    def readinto(self, view: memoryview) -> int:
        """Bytes read, at most one receive call's; 0 at the end.

        Raises EOFError if the connection ends before the body does, OSError as sockets do and
        http.client.HTTPException if the framing makes no sense.
        """


class SizedBody:
    """A body with a Content-Length (RFC 9112 section 6.3)."""

    def __init__(self, wire: Wire, length: int) -> None:
        self.finished = length == 0
        self._wire = wire
        self._left = length

    def readinto(self, view: memoryview) -> int:
        """See `Body`."""
        left = self._left
        if not left:
            return 0
        wire = self._wire
        read = wire.readinto if wire.pending else wire.receive
        count = read(view if len(view) <= left else view[:left])
        if not count:
            raise EOFError(f"the connection ended {left} bytes before the body did")
        self._left = left - count
        self.finished = count == left
        return count


class ChunkedBody:
    """A body in chunks (RFC 9112 section 7.1)."""

    def __init__(self, wire: Wire) -> None:
        self.finished = False
        self._wire = wire
        self._left = 0
        self._between = False
        """Whether the end of a chunk's line is still to be read: it may come later than its data,
        which must not wait for it."""

    def readinto(self, view: memoryview) -> int:
        """See `Body`."""
        if not self._left and not self.finished:
            self._begin_chunk()
        if self.finished:
            return 0
        count = self._wire.readinto(view[: self._left])
        if not count:
            raise EOFError("the connection ended within a chunk")
        self._left -= count
        self._between = not self._left
        return count

    def _begin_chunk(self) -> None:
        if self._between and self._line():
            raise HTTPException("a chunk is longer than it says")
        self._between = False
        size = self._line().partition(b";")[0].strip()
        if not re.fullmatch(rb"[0-9A-Fa-f]{1,15}", size):
            raise HTTPException(f"a chunk begins with {size[:20]!r} instead of its size")
        self._left = int(size, 16)
        if not self._left:
            while self._line():
                pass  # trailers tell nothing about media
            self.finished = True

    def _line(self) -> bytes:
        line = self._wire.readline()
        if not line.endswith(b"\n"):
            raise EOFError("the connection ended between chunks")
        return line.strip()


class EndlessBody:
    """A body that ends with the connection (RFC 9112 section 6.3, rule 8)."""

    def __init__(self, wire: Wire) -> None:
        self.finished = False
        self._wire = wire

    def readinto(self, view: memoryview) -> int:
        """See `Body`."""
        count = 0 if self.finished else self._wire.readinto(view)
        self.finished = not count
        return count


def body(wire: Wire, *, chunked: bool, length: int | None) -> Body:
    """The body that follows a head on the wire."""
    if chunked:
        return ChunkedBody(wire)
    return EndlessBody(wire) if length is None else SizedBody(wire, length)


def receive(
    read: Callable[[memoryview], int],
    take: Callable[[float, memoryview], bool],
    arm: Callable[[], None],
    clock: Callable[[], float],
    buffer: memoryview,
) -> None:
    """Hand over what `read` brings, to `take(time, bytes)`, until its end or until `take` says so.

    Reads that come within `MERGED` seconds are handed over together, with the time of the last of
    them. Whatever is raised, all that came before it has been handed over: so a slow server's
    bytes keep their times, and a fast one's cost little. `arm` is called before each wait.
    """
    start = end = 0
    first = last = -math.inf
    room = len(buffer) // 2
    done = False
    try:
        while not done and (count := read(buffer[end:])):
            now = clock()
            if now - first > MERGED:
                came, start, first = buffer[start:end], end, now
                done = bool(came) and take(last, came)
                arm()
            end, last = end + count, now
            if end > room:
                came, start, end, first = buffer[start:end], 0, 0, -math.inf
                done = take(last, came) or done
    finally:
        if end > start:
            take(last, buffer[start:end])


def receive_promptly(
    read: Callable[[memoryview], int],
    take: Callable[[float, memoryview], bool],
    arm: Callable[[], None],
    clock: Callable[[], float],
    buffer: memoryview,
) -> None:
    """As `receive`, but each read is handed over before the next one is waited for.

    So others know of it at once, and reading can be put off in `arm`.
    """
    while count := read(buffer):
        if take(clock(), buffer[:count]):
            return
        arm()
