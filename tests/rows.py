"""Rows for the tests of what stores and shows them."""

from datetime import UTC, datetime, timedelta

from pytomo.errors import Failure, Outcome, Phase
from pytomo.results import (
    Address,
    Answer,
    Arrival,
    Origin,
    Ping,
    Playback,
    Response,
    Row,
    Segment,
    Stall,
    Track,
    TrackKind,
    Video,
    Visit,
    ending,
)

START = datetime(2026, 11, 22, 10, 0, 0, 250_000, tzinfo=UTC)
URL = "https://www.youtube.com/watch?v=dQw4w9WgXcQ"
ARRIVALS = (Arrival(0.25, 0, 65_536, 1.5), Arrival(0.5, 1, 8_000, 2.25, appended=1.0))


def visit(second=0.0, **changes):
    """A visit so many seconds after `START`."""
    at = START + timedelta(seconds=second)
    return Visit(**{"at": at, "service": "youtube", "url": URL, "round": 0, **changes})


def measured(second=0.0, *, resolvers="system", throughput=4000.0, **changes):
    """A row of a video that played with one stall."""
    parts = {
        "visit": visit(second),
        "ending": ending(None),
        "video": Video(extraction_time=0.5, title="Café ☕", tracks=(track(), track())),
        "address": Address(ip="192.0.2.1", resolvers=resolvers, host="r1.example", family=4),
        "origin": Origin(as_number=64500, as_name="EXAMPLE"),
        "ping": Ping(minimum=1.5, average=2.0, maximum=2.5),
        "response": Response(url="https://r1.example/v", average_throughput=throughput, status=200),
        "playback": Playback(
            stall_count=1, stall_censored=True, stalls=(Stall(3.5, 1.25, 2.0, True),)
        ),
        "arrivals": ARRIVALS,
        "answers": (answer("system"), answer("google", Outcome.DNS_TIMEOUT)),
    }
    return Row(**{**parts, **changes})


def failed(second=0.0, outcome=Outcome.REMOVED, **changes):
    """A row of a video whose page did not lead to any server."""
    failure = Failure(outcome, Phase.EXTRACT, "This video is not available")
    return Row(**{"visit": visit(second), "ending": ending(failure), **changes})


def track():
    """A track of one file."""
    segments = (Segment(url="https://r1.example/v"),)
    return Track(kind=TrackKind.VIDEO, segments=segments, container="mp4", protocol="https")


def answer(resolver, outcome=None):
    """What a resolver said, or how it failed."""
    return Answer(
        resolver=resolver,
        host="r1.example",
        ips=() if outcome else ("192.0.2.1", "2001:db8::1"),
        canonical_name=None,
        time=0.02,
        failure=Failure(outcome, Phase.RESOLVE, "no answer") if outcome else None,
    )
