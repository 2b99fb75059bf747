"""How much time a crawl takes for a video beyond its extraction and its download.

    python bench/overhead.py [--videos N] [--download SECONDS]

Crawls the lab with the default settings (three resolvers, ten packets a ping), database and RRD
files included: first with all resolvers, then with two that do not answer. A video's time goes
from the start of its extraction to that of the next one's. Beyond CacheServerDelay and
DownloadTime it is spent on resolving, on probing and on the rest. The peer is the same questions
(resolvers, pings, origins), put one after the other as the first Pytomo did, in the same process.
"""

import argparse
import socket
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from pytomo.config import Config, Resolver
from pytomo.crawl import Sink, crawl, first_urls
from pytomo.download import download
from pytomo.errors import Failure
from pytomo.extract import extract
from pytomo.interruption import Interruption
from pytomo.lab.lab import Lab
from pytomo.measure import Steps
from pytomo.probes import PROBES, Probed, probe_all
from pytomo.resolve import resolve
from pytomo.results import Address, Resolution, Row, Sample, Video
from pytomo.rrd import RrdFiles, available
from pytomo.store import Store

AIM = 3.0
"""Seconds beyond extraction and download."""


@dataclass(slots=True)
class Visited:
    """Where the time of one video went, s."""

    url: str
    began: float
    total: float = 0.0
    extraction: float = 0.0
    download: float = 0.0
    resolve: float = 0.0
    probe: float = 0.0
    one_by_one: float = 0.0
    questions: list[Callable[[], None]] = field(default_factory=list)
    """Those that were resolved and probed, to be put again one after the other."""

    def figures(self) -> tuple[float, ...]:
        """The numbers of `HEADINGS`."""
        beyond = self.total - self.extraction - self.download
        asking = self.resolve + self.probe
        return (
            *(self.total, self.extraction, self.download, beyond),
            *(self.resolve, self.probe, beyond - asking),
            *(self.one_by_one, asking / self.one_by_one),
        )


HEADINGS = (
    *("total", "extraction", "download", "beyond"),
    *("resolve", "probe", "rest", "one by one", "ratio"),
)


class Watch:
    """The steps of a measurement, timed, and the sink that learns what they measured."""

    def __init__(self) -> None:
        self.visited: list[Visited] = []
        self._downloading = False

    def steps(self) -> Steps:
        """What to crawl with."""
        return Steps(
            extract=self._extract,
            resolve=self._resolve,
            probe=self._probe,
            download=self._download,
        )

    def __call__(self, row: Row) -> None:
        """Redirected or not, the last row of a download tells how long it all took."""
        video = self.visited[-1]
        video.extraction = row.video.extraction_time if row.video else 0.0
        if row.response is not None:
            video.download = row.response.download_time or 0.0

    def finish(self) -> None:
        """The last video is done."""
        if self.visited:
            self.visited[-1].total = time.monotonic() - self.visited[-1].began

    def _extract(self, url: str, config: Config) -> Video | Failure:
        self.finish()
        self.visited.append(Visited(url, time.monotonic()))
        return extract(url, config)

    def _resolve(self, host: str, config: Config) -> Resolution:
        if self._downloading:  # the second track's host: its time is part of the download's
            return resolve(host, config)
        self.visited[-1].questions.append(partial(resolve_one_by_one, host, config))
        began = time.monotonic()
        found = resolve(host, config)
        self.visited[-1].resolve += time.monotonic() - began
        return found

    def _probe(
        self, addresses: Sequence[Address], config: Config, *, port: int
    ) -> Mapping[str, Probed]:
        self.visited[-1].questions.append(partial(probe_one_by_one, addresses, config, port))
        began = time.monotonic()
        found = probe_all(addresses, config, port=port)
        self.visited[-1].probe += time.monotonic() - began
        return found

    def _download(self, *given: Any, **named: Any) -> Sample:
        self._downloading = True
        try:
            return download(*given, **named)
        finally:
            self._downloading = False


def resolve_one_by_one(host: str, config: Config) -> None:
    """Ask a resolver when the one before has answered."""
    for resolver in config.resolvers:
        resolve(host, replace(config, resolvers=(resolver,)))


def probe_one_by_one(addresses: Sequence[Address], config: Config, port: int) -> None:
    """Probe an address when the one before is done, by one probe after the other."""
    for address in addresses:
        for probe in PROBES:
            probe_all((address,), config, port=port, probes=(probe,))


def crawled(config: Config) -> list[Visited]:
    """The videos of a crawl that led to a download, and their questions put again."""
    watch = Watch()
    with ExitStack() as stack:
        interruption = stack.enter_context(Interruption())
        sinks = stack.enter_context(kept(config))
        crawl(first_urls(config, ()), config, (*sinks, watch), interruption, watch.steps())
        watch.finish()
    measured = [video for video in watch.visited if video.download]
    for video in measured:
        began = time.monotonic()
        for put in video.questions:
            put()
        video.one_by_one = time.monotonic() - began
    return measured


@contextmanager
def kept(config: Config) -> Iterator[list[Sink]]:
    """The sinks of a crawl that keep its rows."""
    with tempfile.TemporaryDirectory() as place, ExitStack() as stack:
        sinks: list[Sink] = [stack.enter_context(Store(Path(place, "rows.db"), {}))]
        if available():
            names = tuple(resolver.name for resolver in config.resolvers)
            files = RrdFiles(Path(place), "bench", names)
            stack.callback(files.close)
            sinks.append(files)
        yield sinks


@contextmanager
def deaf(*, silent: bool) -> Iterator[tuple[str, int]]:
    """Where no resolver answers: a socket that nobody reads, or a closed one."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as unread:
        unread.bind(("127.0.0.1", 0))
        place = unread.getsockname()
        if not silent:
            unread.close()
        yield place


def cases(resolvers: Sequence[Resolver]) -> Iterator[tuple[str, tuple[Resolver, ...]]]:
    """Names of cases with their resolvers; the first resolver is the default one."""
    one, two, three = resolvers
    with deaf(silent=True) as silent, deaf(silent=False) as closed:
        yield "All three resolvers answer", (one, two, three)
        others = (one, Resolver(two.name, *silent), Resolver(three.name, *closed))
        yield "One resolver is silent, one closed", others
        first = (Resolver(one.name, *silent), Resolver(two.name, *closed), three)
        yield "The default resolver is silent, another one closed", first


def table(visited: Sequence[Visited]) -> str:
    """The numbers of each video, their medians and largest ones, as Markdown."""
    rows = [video.figures() for video in visited]
    columns = list(zip(*rows, strict=True))
    lines = [(video.url.rpartition("=")[2], row) for video, row in zip(visited, rows, strict=True)]
    lines.append(("**median**", tuple(map(statistics.median, columns))))
    lines.append(("**max**", tuple(map(max, columns))))
    head = f"| video | {' | '.join(HEADINGS)} |\n|---|{'---:|' * len(HEADINGS)}\n"
    return head + "".join(
        f"| {name} | {' | '.join(f'{number:.2f}' for number in row)} |\n" for name, row in lines
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--videos", type=int, default=5, help="to visit in each case")
    parser.add_argument("--download", type=float, default=3.0, help="s of each (-D)")
    arguments = parser.parse_args()
    sys.stdout.write("Times in s; ratio: (resolve + probe) / one by one\n")
    with Lab() as lab:
        config = Config(
            max_crawled_url=arguments.videos,
            download_time=arguments.download,
            delay=0.0,
            **lab.settings(),
        )
        for name, resolvers in cases(config.resolvers):
            visited = crawled(replace(config, resolvers=resolvers))
            most = max(video.figures()[HEADINGS.index("beyond")] for video in visited)
            verdict = "met" if most <= AIM else "missed"
            sys.stdout.write(f"\n{name}: aim of {AIM:g} s {verdict}\n\n{table(visited)}")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
