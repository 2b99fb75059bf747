"""How a container's structure is read while its bytes stream by, in pieces of any length.

A container's parser is a generator: it yields what it wants of the bytes that follow (`Take`,
`Units` or `Skip`) and is resumed with them. What is skipped is only counted, never copied. The
parser cannot tell how the bytes were cut into pieces, so neither can its result.
"""

import io
import struct
from collections.abc import Generator
from typing import NamedTuple

FOREVER = 2**63
"""What to skip when the rest of the file is of no interest."""

_LARGEST_TAKE = 64 * 2**20  # the tables of a day of video are smaller

_DAMAGE = (ValueError, LookupError, ArithmeticError, struct.error, MemoryError)
# What reading nonsense as numbers, lengths and tables can end in.


class UnreadableError(ValueError):
    """The bytes are not what the container's format demands."""


class Take(NamedTuple):
    """Ask for exactly `size` bytes."""

    size: int


class Skip(NamedTuple):
    """Ask for the bytes after the next `size` ones."""

    size: int


class Units(NamedTuple):
    """Ask for as many whole units of `size` bytes as are there, one or more."""

    size: int


Request = Take | Skip | Units
Scan = Generator[Request, bytes, None]


class Scanner:
    """Feeds a parser from contiguous bytes that begin at `position`."""

    def __init__(self, scan: Scan, position: int = 0) -> None:
        self.position = position
        """Of the byte to feed next."""
        self.failed = False
        """The parser gave up: the bytes cannot be read as its container."""
        self._scan = scan
        self._request: Request | None = None
        self._skip = 0
        self._held: io.BytesIO | None = None
        self._resume(None)

    @property
    def needed(self) -> int:
        """The position of the next byte that is not skipped."""
        return self.position + self._skip

    def feed(self, data: memoryview) -> None:
        """Go on with the bytes that follow; anything after the parser's end is counted only."""
        while self._request is not None and len(data):
            used = self._step(self._request, data)
            self.position += used
            data = data[used:]
        self.position += len(data)

    def _step(self, request: Request, data: memoryview) -> int:
        if isinstance(request, Skip):
            return self._pass_by(len(data))
        if self._held is None and len(data) >= request.size:
            used = request.size
            if isinstance(request, Units):
                used = len(data) - len(data) % request.size
            self._resume(bytes(data[:used]))
            return used
        return self._hold(request, data)

    def _pass_by(self, available: int) -> int:
        used = min(available, self._skip)
        self._skip -= used
        if not self._skip:
            self._resume(b"")
        return used

    def _hold(self, request: Request, data: memoryview) -> int:
        if self._held is None:
            # Room for all is made at once, of which the system gives what is written to, and
            # getvalue() hands it over: tables of many megabytes are never moved or copied again.
            self._held = io.BytesIO(bytes(request.size))
        used = self._held.write(data[: request.size - self._held.tell()])
        if self._held.tell() == request.size:
            piece = self._held.getvalue()
            self._held = None
            self._resume(piece)
        return used

    def _resume(self, piece: bytes | None) -> None:
        """Hand over what was asked for (None: nothing yet), and see what is wanted next."""
        self._request = None
        try:
            request = next(self._scan) if piece is None else self._scan.send(piece)
            while request.size == 0:
                request = self._scan.send(b"")
        except StopIteration:
            return
        except _DAMAGE:
            self.failed = True
        else:
            self._accept(request)

    def _accept(self, request: Request) -> None:
        skips = isinstance(request, Skip)
        if request.size < 0 or (not skips and request.size > _LARGEST_TAKE):
            self.failed = True
            return
        self._skip = request.size if skips else 0
        self._request = request
