"""The bytes of a track that are kept for the media facts: its first ones, and a late movie box."""

LARGEST = 2**20
"""Bytes of a track's head, and of its tail, that are kept."""


class Kept:
    """What has been kept of one track."""

    def __init__(self) -> None:
        self.head = bytearray()
        self.tail = bytearray()
        self._tail_end: int | None = None  # the position behind what was kept

    def add(self, data: bytes | memoryview) -> None:
        """Bytes that follow the head."""
        self.head += data[: LARGEST - len(self.head)]

    def add_wanted(self, position: int, data: memoryview, wanted: int | None) -> None:
        """Bytes of the tail if they were wanted out of order, or follow what was."""
        if position != self._tail_end:
            if position != wanted:
                return
            self.tail.clear()
        self.tail += data[: LARGEST - len(self.tail)]
        self._tail_end = position + len(data)
