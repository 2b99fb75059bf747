"""The time that a viewer waits, phase by phase: page, names, connections, first byte, media.

One time axis, that of the viewer: it begins when the page is asked for, and what only Pytomo does
(pinging, measuring other addresses first) takes no time on it. The phases of a download are those
of `curl -w` and of the Prometheus blackbox exporter.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum, unique
from typing import Any

from pytomo.errors import Outcome, Phase

Row = Mapping[str, Any]
"""A row as `Database.rows` gives it."""


@unique
class Part(StrEnum):
    """What a viewer waits for."""

    PAGE = "page"
    NAME = "DNS"
    CONNECT = "connect"
    TLS = "TLS"
    FIRST_BYTE = "first byte"
    MEDIA = "media"


EXPLAINED: Mapping[Part, str] = {
    Part.PAGE: "From asking for the page to knowing where the media are.",
    Part.NAME: "Until the resolver had told the server's address.",
    Part.CONNECT: "TCP handshake: about one round trip.",
    Part.TLS: "TLS handshake: one or two round trips, and the server's work.",
    Part.FIRST_BYTE: "From the request to the first byte of the answer: one round trip, and the "
    "time that the server took.",
    Part.MEDIA: "From the first byte of media to the last one of the sample.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """One phase on the axis of the viewer."""

    part: Part
    """What was waited for."""
    host: str | None
    """The server; None for the page."""
    start: float
    """Seconds since the page was asked for."""
    length: float
    """Seconds."""
    failed: bool
    """Whether the measurement ended here with a failure."""
    round_trips: float | None
    """The length as a multiple of the average ping; only of what is a matter of round trips."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Phases:
    """All that was waited for."""

    spans: tuple[Span, ...]
    """Each of them, in the order of time."""
    media_request: float
    """When the first media request began: where traces and StartupDelay have their 0."""
    playback: float | None
    """When playback started; None if it did not."""
    end: float
    """When the sample, or the measurement, ended."""


_FAILED_IN: Mapping[str, Part] = {
    Phase.CONNECT: Part.CONNECT,
    Phase.TLS: Part.TLS,
    Phase.REQUEST: Part.FIRST_BYTE,
    Phase.TRANSFER: Part.MEDIA,
}
_FAR = 1.0
"""ms: below, what the machines do takes longer than the way between them."""
_ROUND_TRIPS = {Part.CONNECT, Part.TLS, Part.FIRST_BYTE}


def phases(hops: Sequence[Row], *, first_arrival: float | None, began: float = 0.0) -> Phases:
    """The phases of a row, which is the last of `hops`; the others are those that redirected to it.

    `first_arrival` is the time of the trace's first bytes, `began` that at which the (first)
    connection was begun, if another address had been tried before.
    """
    axis = _Axis()
    first, last = hops[0], hops[-1]
    axis.add(first, Part.PAGE, first["CacheServerDelay"])
    axis.add(first, Part.NAME, first["ResolveTime"])
    media_request = axis.now
    axis.now += began
    for number, hop in enumerate(hops):
        if number:
            axis.add(hop, Part.NAME, hop["ResolveTime"])
        end = None if hop["DownloadTime"] is None else media_request + hop["DownloadTime"]
        axis.connection(hop, end)
        if hop is last and first_arrival is not None:
            axis.now = max(axis.now, media_request + first_arrival)
        axis.rest(hop, end)
    delay = last["StartupDelay"]
    return Phases(
        spans=tuple(axis.spans),
        media_request=media_request,
        playback=None if delay is None else media_request + delay,
        end=axis.now,
    )


class _Axis:
    """The viewer's time, as far as it has come."""

    def __init__(self) -> None:
        self.now = 0.0
        self.spans: list[Span] = []

    def add(self, hop: Row, part: Part, length: float | None, *, failed: bool = False) -> None:
        """Go on by a phase; one of which nothing is known is left out."""
        if length is None or length < 0:
            return
        ping = hop["PingAvg"]
        told = part in _ROUND_TRIPS and not failed and ping is not None and ping >= _FAR
        trips = 1000 * length / ping if told else None
        host = None if part is Part.PAGE else hop["CacheHost"] or hop["IP"]
        span = Span(
            part=part,
            host=host,
            start=self.now,
            length=length,
            failed=failed,
            round_trips=trips,
        )
        self.spans.append(span)
        self.now += length

    def connection(self, hop: Row, end: float | None) -> None:
        """Go on to the first byte, or to where it failed."""
        broken = _broken(hop)
        known = {
            Part.CONNECT: hop["ConnectTime"],
            Part.TLS: hop["TlsTime"],
            Part.FIRST_BYTE: hop["TimeTogetFirstByte"],
        }
        for part, length in known.items():
            if part is broken:
                left = end - self.now if length is None and end is not None else length
                self.add(hop, part, left, failed=True)
                return
            self.add(hop, part, length)

    def rest(self, hop: Row, end: float | None) -> None:
        """Go on to the end of the sample."""
        if end is None:
            return
        if hop["DownloadBytes"]:
            self.add(hop, Part.MEDIA, end - self.now, failed=_broken(hop) is Part.MEDIA)
        self.now = max(self.now, end)


def _broken(hop: Row) -> Part | None:
    """The phase in which a row failed; None where nothing did, or not in the network.

    What fails once media came (a connection made anew, too) ends their phase.
    """
    end = Outcome(hop["Outcome"]) if hop["Outcome"] in list(Outcome) else Outcome.OK
    part = _FAILED_IN.get(hop["OutcomePhase"] or "") if end.failed or end.unavailable else None
    return Part.MEDIA if part and hop["DownloadBytes"] else part
