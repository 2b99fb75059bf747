import math
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from pytomo.config import Config, Resolver
from pytomo.errors import CrawlError, Failure, Outcome, Phase
from pytomo.measure import MAX_REDIRECTS, Steps, measure
from pytomo.probes import Probed
from pytomo.results import (
    Address,
    Answer,
    Arrival,
    Origin,
    Ping,
    Resolution,
    Response,
    Row,
    Sample,
    Segment,
    Track,
    TrackKind,
    TrackSample,
    Video,
    Visit,
)

AT = datetime(2026, 11, 22, tzinfo=UTC)
VISIT = Visit(at=AT, service="generic", url="http://site.example/watch", round=0)
CONFIG = Config(resolvers=(Resolver("first", "192.0.2.53"), Resolver("second", "198.51.100.53")))
FIRST, SECOND = "192.0.2.1", "192.0.2.2"


def video(url: str = "http://cdn.example/v.mp4") -> Video:
    segment = Segment(url=url)
    track = Track(kind=TrackKind.BOTH, segments=(segment,), container="mp4", protocol="http")
    return Video(extraction_time=0.5, claimed_duration=10.0, tracks=(track,))


def answer(resolver: str, host: str, *ips: str, failure: Failure | None = None) -> Answer:
    return Answer(
        resolver=resolver, host=host, ips=ips, canonical_name=None, time=0.25, failure=failure
    )


def resolution(host: str, **ips: str) -> Resolution:
    """Each named resolver gives one address."""
    answers = tuple(answer(name, host, ip) for name, ip in ips.items())
    names = {ip: [name for name in ips if ips[name] == ip] for ip in dict.fromkeys(ips.values())}
    return Resolution(
        addresses=tuple(
            Address(ip=ip, host=host, family=4, resolvers=",".join(by), resolve_time=0.25)
            for ip, by in names.items()
        ),
        answers=answers,
    )


def disagreeing(host: str, config: Config) -> Resolution:
    """A name that each of the two resolvers knows at another address."""
    known = {"first": FIRST, "second": SECOND}
    return resolution(host, **{r.name: known[r.name] for r in config.resolvers})


def probed(addresses: tuple[Address, ...], config: Config, *, port: int) -> dict[str, Probed]:
    found = {"ping": Ping(average=1.0), "origin": Origin(as_number=64500)}
    return {address.ip: found for address in addresses}


def sample(video: Video, *arrivals: Arrival, failure: Failure | None = None) -> Sample:
    response = Response(url=video.tracks[0].segments[0].url, download_time=3.0, status=200)
    heads = tuple(
        TrackSample(head=b"", size=1000, duration=10.0, timeline="linear") for _ in video.tracks
    )
    return Sample(response=response, arrivals=arrivals, tracks=heads, failure=failure)


WHOLE = (Arrival(1.0, 0, 500, 5.0), Arrival(2.0, 0, 500, math.inf))


class Downloads:
    """A download step that plays back what it is given, and remembers what it was asked."""

    def __init__(self, *redirects: str | None) -> None:
        self.redirects = list(redirects)
        self.asked: list[tuple[str, str | Failure, float]] = []

    def __call__(
        self,
        video: Video,
        locate: Callable[[str], str | Failure],
        config: Config,
        *,
        elapsed: float,
    ) -> Sample:
        url, host = video.tracks[0].segments[0].url, video.tracks[0].host
        self.asked.append((url, locate(host), elapsed))
        target = self.redirects.pop(0) if self.redirects else None
        if target is None:
            return sample(video, *WHOLE)
        failure = Failure(Outcome.REDIRECTED, Phase.REQUEST, target)
        response = Response(url=url, redirect_url=target, download_time=elapsed + 0.1)
        return Sample(response=response, failure=failure)


def rows(config: Config = CONFIG, **steps: object) -> list[Row]:
    chosen: dict[str, object] = {
        "extract": lambda url, config: video(),
        "resolve": disagreeing,
        "probe": probed,
        "download": Downloads(),
        "now": lambda: AT,
        **steps,
    }
    return list(measure(VISIT, config, Steps(**chosen)))  # type: ignore[arg-type]


def outcomes(found: list[Row]) -> list[Outcome]:
    return [row.ending.outcome for row in found]


def test_default_resolver_decides() -> None:
    """The default resolver's address is downloaded from, the other one is probed."""
    first, second = rows()
    assert (first.address.ip, first.ending.outcome) == (FIRST, Outcome.OK)
    assert (second.address.ip, second.ending.outcome) == (SECOND, Outcome.PROBED)
    assert second.ping.average == 1.0


def test_extra_dns_downloads_from_all() -> None:
    """With --download-extra-dns each resolver's address has its own sample."""
    found = rows(replace(CONFIG, download_extra_dns=True))
    assert [(row.address.ip, row.ending.outcome) for row in found] == [
        (FIRST, Outcome.OK),
        (SECOND, Outcome.OK),
    ]


def test_answers_are_kept_once() -> None:
    """What the resolvers said stands with the first row of the video."""
    assert [len(row.answers) for row in rows()] == [2, 0]


def test_played() -> None:
    """A whole sample ends as ok with the playback of its arrivals."""
    row = rows()[0]
    assert row.playback is not None
    assert row.playback.startup_delay == 1.0
    assert row.media is not None
    assert row.quality is not None
    assert row.arrivals == WHOLE


def test_failed_extraction() -> None:
    """A video that is gone leaves one row that says so."""
    gone = Failure(Outcome.REMOVED, Phase.EXTRACT, "Video unavailable")
    (row,) = rows(extract=lambda url, config: gone)
    assert row.values()["Outcome"] == "removed"
    assert row.values()["OutcomePhase"] == "extract"
    assert row.values()["OutcomeDetail"] == "Video unavailable"


def test_failed_resolution() -> None:
    """A name without an address leaves one row with the resolvers' answers."""
    failure = Failure(Outcome.DNS_NXDOMAIN, Phase.RESOLVE, "no such name")
    said = (answer("first", "cdn.example", failure=failure),)
    nothing = Resolution(addresses=(), answers=said, failure=failure)
    (row,) = rows(resolve=lambda host, config: nothing)
    assert row.ending.outcome is Outcome.DNS_NXDOMAIN
    assert row.answers == said


def test_second_resolver_stands_in() -> None:
    """Where the default resolver knows no address, the next one's is downloaded from."""

    def only_second(host: str, config: Config) -> Resolution:
        found = resolution(host, second=SECOND)
        return replace(found, answers=(answer("first", host), *found.answers))

    (row,) = rows(resolve=only_second)
    assert (row.address.ip, row.ending.outcome) == (SECOND, Outcome.OK)


def test_redirect_has_its_own_row() -> None:
    """The redirecting server has a row; the next hop's clock goes on where it left off."""
    target = "http://other.example/v.mp4"
    downloads = Downloads(target)
    found = rows(replace(CONFIG, no_extra_resolvers=True), download=downloads)
    assert outcomes(found) == [Outcome.REDIRECTED, Outcome.OK, Outcome.PROBED]
    assert found[0].response.redirect_url == target
    assert found[1].response.url == target
    assert found[1].address.host == "other.example"
    assert downloads.asked[1] == (target, FIRST, 0.35)


def test_redirect_speaks_for_all_that_led_to_it() -> None:
    """Where resolvers agree, the server behind a redirect counts for each of them."""

    def agreeing(host: str, config: Config) -> Resolution:
        return resolution(host, **{resolver.name: FIRST for resolver in config.resolvers})

    found = rows(resolve=agreeing, download=Downloads("http://other.example/v.mp4"))
    assert [row.address.resolvers for row in found] == ["first,second", "first,second"]


def test_redirect_loop() -> None:
    """A server that is sent back to is not asked again."""
    start = video().tracks[0].segments[0].url
    found = rows(download=Downloads("http://other.example/", start))
    assert outcomes(found)[:2] == [Outcome.REDIRECTED, Outcome.REDIRECT_LOOP]


def test_too_many_redirects() -> None:
    """The eleventh redirect in a row is not followed."""
    targets = [f"http://hop{number}.example/" for number in range(MAX_REDIRECTS + 5)]
    found = outcomes(rows(download=Downloads(*targets)))
    assert found.count(Outcome.REDIRECTED) == MAX_REDIRECTS
    assert Outcome.TOO_MANY_REDIRECTS in found


def test_redirect_to_nowhere() -> None:
    """A redirect to a name without an address ends in a row that says so."""
    failure = Failure(Outcome.DNS_NXDOMAIN, Phase.RESOLVE, "no such name")

    def resolve(host: str, config: Config) -> Resolution:
        if host == "cdn.example":
            return disagreeing(host, config)
        return Resolution(addresses=(), answers=(answer("first", host),), failure=failure)

    found = rows(resolve=resolve, download=Downloads("http://nowhere.example/"))
    assert outcomes(found)[:2] == [Outcome.REDIRECTED, Outcome.DNS_NXDOMAIN]


def test_never_started() -> None:
    """A sample that ends before playback could start is kept and named."""
    few = (Arrival(2.0, 0, 10, 0.5),)
    row = rows(download=lambda video, *_, **__: sample(video, *few))[0]
    assert row.ending.outcome is Outcome.NEVER_STARTED
    assert row.playback is not None
    assert row.playback.startup_delay is None


def test_broken_sample_is_played() -> None:
    """What had arrived before a failure is played and kept with the failure's outcome."""
    reset = Failure(Outcome.CONNECTION_RESET, Phase.TRANSFER, "reset by peer")
    row = rows(download=lambda video, *_, **__: sample(video, WHOLE[0], failure=reset))[0]
    assert row.ending.outcome is Outcome.CONNECTION_RESET
    assert row.playback is not None
    assert row.playback.startup_delay == 1.0


def test_interrupted() -> None:
    """A crawl stopped in the middle of a step leaves a row that says so, the last one."""

    def stop(url: str, config: Config) -> Video:
        raise KeyboardInterrupt

    assert outcomes(rows(extract=stop)) == [Outcome.INTERRUPTED]


def test_interrupted_row_keeps_what_was_known() -> None:
    """Stopped between the pings and the download, the row has the video, the address and both."""
    later = replace(video(), available_at=AT.timestamp() + 5)

    def stop(seconds: float) -> None:
        raise KeyboardInterrupt

    (row,) = rows(extract=lambda url, config: later, sleep=stop)
    assert row.ending.outcome is Outcome.INTERRUPTED
    assert (row.video, row.address.ip, row.ping.average) == (later, FIRST, 1.0)
    assert len(row.answers) == 2


def test_the_unforeseen_is_told_in_a_row() -> None:
    """A step that breaks in a way nobody thought of costs its row only."""

    def divide(*_: object, **__: object) -> Sample:
        raise ZeroDivisionError("by zero")

    (row,) = rows(download=divide)
    assert row.ending.outcome is Outcome.INTERNAL_ERROR
    assert row.ending.phase == Phase.TRANSFER
    assert row.ending.detail == "ZeroDivisionError: by zero"
    assert row.address.ip == FIRST


def test_a_crawl_error_is_not_swallowed() -> None:
    """What stops the crawl is for the caller."""

    def refuse(url: str, config: Config) -> Video:
        raise CrawlError("no cookies")

    with pytest.raises(CrawlError):
        rows(extract=refuse)


def test_dead_ipv6_is_left_for_ipv4() -> None:
    """A player that cannot connect goes on to the other IP version, a quarter second later."""
    both = ("2001:db8::1", FIRST)
    found = Resolution(
        addresses=tuple(
            Address(ip=ip, host="cdn.example", family=family, resolvers="first", resolve_time=0.1)
            for ip, family in zip(both, (6, 4), strict=True)
        ),
        answers=(answer("first", "cdn.example", *both),),
    )
    elapsed: list[float] = []

    def download(video: Video, locate: Callable[[str], str], *_: object, **of: float) -> Sample:
        elapsed.append(of["elapsed"])
        if locate("cdn.example") == FIRST:
            return sample(video, *WHOLE)
        failure = Failure(Outcome.CONNECT_TIMEOUT, Phase.CONNECT, "no answer")
        return Sample(response=Response(url="", download_time=10.0), failure=failure)

    tried = rows(resolve=lambda host, config: found, download=download)
    assert outcomes(tried) == [Outcome.CONNECT_TIMEOUT, Outcome.OK]
    assert elapsed == [0.0, 0.25]


def test_advertisement_is_waited_for() -> None:
    """Before the site delivers, the download is not begun."""
    slept: list[float] = []
    later = replace(video(), available_at=AT.timestamp() + 5)
    rows(extract=lambda url, config: later, sleep=slept.append)
    assert slept == [5.0]


def test_second_host_is_asked_of_the_same_resolver() -> None:
    """An audio track on another host is located by the resolver of the row."""
    asked: list[tuple[str, tuple[str, ...]]] = []

    def resolve(host: str, config: Config) -> Resolution:
        asked.append((host, tuple(resolver.name for resolver in config.resolvers)))
        return disagreeing(host, config)

    def download(video: Video, locate: Callable[[str], str], *_: object, **__: object) -> Sample:
        assert locate("audio.example") in (FIRST, SECOND)
        assert locate("audio.example") in (FIRST, SECOND)
        return sample(video, *WHOLE)

    rows(replace(CONFIG, download_extra_dns=True), resolve=resolve, download=download)
    assert asked == [
        ("cdn.example", ("first", "second")),
        ("audio.example", ("first",)),
        ("audio.example", ("second",)),
    ]
