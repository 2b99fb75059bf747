"""The containers that can be read, and how to tell them apart."""

from typing import Protocol

from pytomo.media.flv import Flv
from pytomo.media.mp4 import Mp4
from pytomo.media.mpegts import MpegTs
from pytomo.media.presentation import Index, Presentation
from pytomo.media.scan import Scan
from pytomo.media.webm import WebM

HEAD = 12
"""Bytes that are enough to tell a container."""


class Reader(Protocol):
    """Reads one file of a container; `size` in bytes if known."""

    presentation: Presentation
    index: Index

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


FORMATS = (Mp4, WebM, Flv, MpegTs)


def reader(head: bytes, size: int | None) -> Reader | None:
    """The reader for a file that begins so; None if it is of no known container."""
    return next((known(size) for known in FORMATS if known.recognises(head)), None)
