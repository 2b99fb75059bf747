from dataclasses import replace
from datetime import UTC, datetime

import pytest

from pytomo.errors import Failure, Outcome, Phase
from pytomo.results import (
    Address,
    Media,
    Origin,
    Ping,
    Playback,
    Quality,
    Response,
    Row,
    Visit,
    ending,
)
from pytomo.summary import Tally, group

AT = datetime(2026, 11, 22, tzinfo=UTC)


def row(
    number: int,
    outcome: Outcome = Outcome.OK,
    *,
    resolvers: str = "system",
    startup: float | None = 1.0,
    stalls: int = 0,
    stalled: float = 0.0,
) -> Row:
    """A row of video `number`, 10 s of it played."""
    playback = Playback(
        startup_delay=startup, stall_count=stalls, stalled_time=stalled, played_time=10.0
    )
    return Row(
        visit=Visit(at=AT, service="youtube", url=f"http://site.example/{number}", round=0),
        ending=ending(None if outcome is Outcome.OK else Failure(outcome, Phase.PLAY, "")),
        address=Address(ip="192.0.2.1", host=f"{number}.example", family=4, resolvers=resolvers),
        ping=Ping(average=float(number)),
        origin=Origin(as_number=64500 + number % 2),
        response=Response(url="", average_throughput=1000.0 * number),
        playback=playback,
    )


def tallied(*rows: Row) -> Tally:
    tally = Tally()
    for one in rows:
        tally(one)
    return tally


def test_group() -> None:
    """Medians of what is known, shares of what was played."""
    tally = tallied(
        row(1),
        row(2, startup=3.0, stalls=2, stalled=10.0),
        row(3, Outcome.NEVER_STARTED, startup=None),
    )
    numbers = group("all", tally.plays)
    assert numbers.plays == 3
    assert numbers.servers == 3
    assert numbers.as_numbers == (64500, 64501)
    assert numbers.ping == 2.0
    assert numbers.throughput == 2000.0
    assert numbers.startup_delay == 2.0
    assert numbers.quick_starts == pytest.approx(1 / 3)
    assert numbers.without_stalls == pytest.approx(1 / 3)
    assert numbers.stall_ratio == pytest.approx(10 / 40)


@pytest.mark.parametrize(("pace", "share"), [(0.4, 0.0), (1.2, 1.0)])
def test_too_slow_to_go_on(pace: float, share: float) -> None:
    """What would have stalled in a longer sample does not play without a stall."""
    one = row(1)
    assert one.playback is not None
    slow = replace(
        one,
        playback=replace(one.playback, stall_count=0, played_time=6.0, buffer_at_end=0.5),
        media=Media(duration=30.0),
        quality=Quality(reception_ratio=pace),
    )
    assert group("all", tallied(slow).plays).without_stalls == share


def test_each_resolver_has_its_rows() -> None:
    """An address that two resolvers gave counts for both of them."""
    tally = tallied(row(1, resolvers="system,google"), row(2, resolvers="google"))
    system, google = tally.by_resolver(["system", "google", "other"])
    assert (system.plays, google.plays) == (1, 2)


def test_addresses_in_urls_have_a_group() -> None:
    """A server that no resolver named is counted, too."""
    plain = replace(row(1), address=Address(ip="192.0.2.1", host="192.0.2.1", family=4))
    (numbers,) = tallied(plain).by_resolver(["system"])
    assert (numbers.name, numbers.plays) == ("(none)", 1)


def test_troubles() -> None:
    """Probed addresses and redirects are no trouble; refusals are."""
    tally = tallied(
        row(1, Outcome.PROBED), row(2, Outcome.REDIRECTED), row(3, Outcome.REMOVED), row(4)
    )
    assert tally.troubles() == {Outcome.REMOVED: 1}
    assert tally.urls == 4
    assert len(tally.measured) == 1
