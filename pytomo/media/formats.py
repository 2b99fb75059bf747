"""The containers that can be read, and how to tell them apart."""

from collections.abc import Sequence
from typing import Protocol

from pytomo.media.flv import Flv
from pytomo.media.index import Index
from pytomo.media.mp4 import Mp4
from pytomo.media.mpegts import MpegTs
from pytomo.media.presentation import Presentation
from pytomo.media.scan import Scan
from pytomo.media.webm import WebM

HEAD = 12
"""Bytes that are enough to tell a container."""


class Reader(Protocol):
    """Reads one file of a container."""

    presentation: Presentation
    index: Index

    def __init__(self, size: int | None) -> None:
        """`size` of the file in bytes, if known."""

    @staticmethod
    def recognises(head: bytes) -> bool:
        """Whether a file that begins with these `HEAD` bytes is one of this container."""

    @property
    def duration(self) -> float | None:
        """Seconds of the whole file, once it has told."""

    @property
    def wanted(self) -> int | None:
        """Position of what must be read before anything plays, if it is not what comes next."""

    def scan(self, position: int) -> Scan:
        """The parser, for bytes from a position on."""

    def bytes_until(self, time: float) -> int | None:
        """See `Timeline.bytes_until`."""

    def appended(self, end: int) -> float | None:
        """Seconds in the whole fragments before a position; None: it has no fragments."""

    def cut(self, end: int) -> bool:
        """Whether a file that ends at a position has told of media behind it."""

    def restart(self, *, whole: bool) -> None:
        """Another resource of the same track follows; see `Presentation.restart`."""


FORMATS: tuple[type[Reader], ...] = (Mp4, WebM, Flv, MpegTs)


def reader(
    head: bytes, size: int | None, formats: Sequence[type[Reader]] = FORMATS
) -> Reader | None:
    """The reader for a file that begins so; None if it is of no known container."""
    return next((known(size) for known in formats if known.recognises(head)), None)
