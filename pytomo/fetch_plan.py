"""What a player asks a server for next. Pure: no clock, no socket."""

import math
import re
from collections.abc import Mapping
from typing import NamedTuple

from pytomo.results import Track

HEAD_SIZE = 64 * 2**10
"""Bytes to ask for while nothing is known: an initialisation segment and an index fit in."""
STEP = 2.0
"""Media seconds that a request is to bring at least."""
SHARE = 0.5
"""Of the time that the buffer lasts: what one step of both tracks may take."""
_MOMENT = 0.001
"""Seconds: no rate is told from less."""


class Span(NamedTuple):
    """Bytes of a resource: from `start`, up to `end` (not included; None: to the end)."""

    start: int
    end: int | None

    @property
    def header(self) -> str:
        """The value of a Range header (RFC 9110 section 14.2)."""
        return f"bytes={self.start}-{'' if self.end is None else self.end - 1}"


class Coverage:
    """Which bytes of a resource have arrived."""

    def __init__(self) -> None:
        self._spans: list[tuple[int, int]] = []

    def add(self, start: int, end: int) -> None:
        """They are there, from `start` up to `end` (not included)."""
        if self._spans and self._spans[-1][1] == start:  # nearly always: the next ones
            self._spans[-1] = (self._spans[-1][0], end)
            return
        merged: list[tuple[int, int]] = []
        for span in sorted([*self._spans, (start, end)]):
            if merged and span[0] <= merged[-1][1]:
                merged[-1] = (merged[-1][0], max(merged[-1][1], span[1]))
            else:
                merged.append(span)
        self._spans = merged

    def gap(self, position: int, size: int | None) -> Span:
        """The first missing bytes from a position on; empty if there are none up to `size`.

        What was read ahead counts only if it is the end of the resource: a timeline that is to
        go on behind it has to see it again.
        """
        for start, end in self._spans:
            if position < start and end == size:
                return Span(position, start)
            if start <= position:
                position = max(position, end)
        return Span(position, size)


class ContentRange(NamedTuple):
    """A Content-Range header (RFC 9110 section 14.4)."""

    start: int | None
    """None: the range that was asked for does not exist."""
    size: int | None
    """Of the whole resource, if the server tells."""


def content_range(headers: Mapping[str, str]) -> ContentRange | None:
    """The Content-Range of an answer; None if there is none, or none that makes sense."""
    pattern = r"\s*bytes\s+(?:(\d+)-\d+|\*)/(?:(\d+)|\*)\s*"
    found = re.fullmatch(pattern, headers.get("Content-Range", ""), re.ASCII | re.IGNORECASE)
    if found is None:
        return None
    return ContentRange(*(None if text is None else int(text) for text in found.groups()))


def byte_rate(track: Track, size: int | None, duration: float | None) -> float | None:
    """Bytes a media second: of the size (as the server or the site tells), else as claimed."""
    size = size or track.size
    if size and duration:
        return size / duration
    return track.bitrate * 1000 / 8 if track.bitrate else None


def goal(playable: float, start: float, elapsed: float) -> float:
    """Media time (s) that the next request is to make playable, `elapsed` s after the first one.

    First what playback starts with, then a little more each time, so that neither track starves
    while the other is fetched. The steps grow where that is not near, as each costs a round trip:
    at the mean rate so far, one takes half the time that the buffer of a player which never
    waited would last.
    """
    if playable < start:
        return start
    elapsed = max(elapsed, _MOMENT)
    buffered, rate = playable - elapsed, playable / elapsed
    return playable + max(STEP, SHARE * buffered * rate)


def reach(
    position: int, *, known: int | None, playable: float, goal: float, rate: float | None
) -> int:
    """Position to read up to, from `position`, so that `goal` seconds can be played.

    `known`: where the timeline says that they end, if it does; `rate`: bytes a media second.
    """
    if known is not None and known > position:
        return known
    return position + max(HEAD_SIZE, math.ceil((rate or 0.0) * (goal - playable)))


def shorter(span: Span, size: int) -> Span:
    """The span, but at most `size` bytes of it."""
    end = span.start + size
    return span if span.end is not None and span.end <= end else Span(span.start, end)
