"""The loop: for each URL of the frontier, for each row of its measurement, for each sink."""

import logging
import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from pytomo.config import Config
from pytomo.errors import CrawlError, Outcome
from pytomo.frontier import Frontier
from pytomo.interruption import Interruption
from pytomo.measure import Steps, measure
from pytomo.results import Row, Video, Visit
from pytomo.services import SERVICES, Service, service_of

Sink = Callable[[Row], None]

LOGGED = (
    "Outcome",
    "OutcomeDetail",
    "IP",
    "Resolver",
    "PingAvg",
    "AverageThroughput",
    "StartupDelay",
    "DownloadInterruptions",
    "BufferingDuration",
    "RedirectUrl",
)
"""The columns of a row that the log file shows."""

log = logging.getLogger(__name__)


def crawl(
    first: Sequence[str],
    config: Config,
    sinks: Sequence[Sink],
    interruption: Interruption,
    steps: Steps | None = None,
) -> None:
    """Measure the URLs and those related to them; each row goes to every sink.

    Raises KeyboardInterrupt when the user stops it; all rows are with the sinks then.
    """
    steps = steps or Steps()
    frontier = _frontier(first, config)
    for number, (url, round_) in enumerate(frontier):
        if number:
            steps.sleep(config.delay)
        log.info("visiting %s (round %d)", url, round_)
        video = None
        of_this = replace(steps, tell=_prefixed(steps.tell, f"video {number + 1}, {url}: "))
        for row in measure(_visit(url, round_, config), config, of_this):
            with interruption.held():
                _record(row, sinks)
            if row.ending.outcome is Outcome.INTERRUPTED:
                raise KeyboardInterrupt
            video = row.video
        if frontier.wants_related:
            of_this.tell("asking for related videos")
            frontier.add_related(_related(url, video, config))


def first_urls(config: Config, inputs: Sequence[str]) -> tuple[str, ...]:
    """The URLs of round 0: those of the user, or the popular videos of the service.

    Raises CrawlError if there are none.
    """
    found = tuple(inputs) or _service_named(config.service).popular(config)
    if not found:
        raise CrawlError(f"{config.service} named no popular videos; give some URLs to start from")
    return tuple(dict.fromkeys(service_of(url).canonical(url) for url in found))


def _prefixed(tell: Callable[[str], None], prefix: str) -> Callable[[str], None]:
    return lambda step: tell(prefix + step)


def _record(row: Row, sinks: Sequence[Sink]) -> None:
    for sink in sinks:
        sink(row)
    known = {name: value for name, value in row.values().items() if value is not None}
    log.info("row: %s", ", ".join(f"{name}={known[name]}" for name in LOGGED if name in known))


def _service_named(name: str) -> Service:
    return next(service for service in SERVICES if service.name == name)


def _frontier(first: Sequence[str], config: Config) -> Frontier:
    return Frontier(
        first,
        max_rounds=config.max_rounds,
        max_crawled_url=config.max_crawled_url,
        max_per_url=config.max_per_url,
        max_per_page=config.max_per_page,
        loop=config.loop,
        follow_related=not config.no_related,
        choose=random.Random(config.seed),
    )


def _visit(url: str, round_: int, config: Config) -> Visit:
    return Visit(
        at=datetime.now(UTC),
        service=service_of(url).name,
        url=url,
        round=round_,
        provider=config.provider,
    )


def _related(url: str, video: Video | None, config: Config) -> list[str]:
    if video is None:
        return []
    found = service_of(url).related(url, video, config)
    return [service_of(page).canonical(page) for page in found]
