"""The bytes of one resource, given to the reader of its container."""

from collections.abc import Callable

from pytomo.media.formats import HEAD, Reader
from pytomo.media.scan import Scanner


class Reading:
    """One resource from its beginning (at `start`), in pieces of any length.

    `recognise`: the reader for a resource that begins with some `HEAD` bytes, or fewer if it is
    that short; None if it is of no known container.
    """

    def __init__(self, recognise: Callable[[bytes], Reader | None], start: int = 0) -> None:
        self.received = start
        """Position behind the last byte."""
        self.head = b""
        self.reader: Reader | None = None
        self.failed = False
        """It is of no known container, or what it holds cannot be read (on)."""
        self._recognise = recognise
        self._start = start
        self._scanner: Scanner | None = None

    def feed(self, position: int, data: memoryview) -> None:
        """The bytes that follow, and what was fed before; what leaves a gap cannot count."""
        if position > self.received:
            return
        data = data[self.received - position :]
        self.received += len(data)
        if self._scanner is None and not self.failed:
            missing = HEAD - len(self.head)
            self.head += data[:missing]
            data = data[missing:]
            if len(self.head) == HEAD:
                self._begin()
        if self._scanner is not None and len(data):
            self._scanner.feed(data)
        self._judge()

    def end(self) -> None:
        """All of it is there."""
        if self._scanner is None and not self.failed:
            self._begin()
        self._judge()

    def _begin(self) -> None:
        self.reader = self._recognise(self.head)
        if self.reader is None:
            self.failed = True
        else:
            self._scanner = Scanner(self.reader.scan(self._start), self._start)
            self._scanner.feed(memoryview(self.head))

    def _judge(self) -> None:
        if self._scanner is not None and self.reader is not None:
            self.failed |= self._scanner.failed or self.reader.presentation.damaged
