from collections.abc import Iterator

import pytest
from test_measure import AT, CONFIG, disagreeing, probed, sample, video

from pytomo.config import Config
from pytomo.crawl import crawl, first_urls
from pytomo.errors import Failure, Outcome, Phase
from pytomo.interruption import Interruption
from pytomo.measure import Steps
from pytomo.results import Row, Video

GONE = Failure(Outcome.REMOVED, Phase.EXTRACT, "gone")
URLS = ("http://site.example/1", "http://site.example/2", "http://site.example/3")


@pytest.fixture
def interruption() -> Iterator[Interruption]:
    with Interruption() as entered:
        yield entered


def test_every_url_leaves_a_row_with_every_sink(interruption: Interruption) -> None:
    """Each sink sees each row; the delay is kept between videos only."""
    seen: list[str] = []
    again: list[Row] = []
    slept: list[float] = []
    steps = Steps(extract=lambda url, config: GONE, sleep=slept.append)
    sinks = (lambda row: seen.append(row.visit.url), again.append)
    crawl(URLS, Config(delay=7.0, no_related=True), sinks, interruption, steps)
    assert seen == list(URLS)
    assert len(again) == 3
    assert slept == [7.0, 7.0]


def test_interrupted_row_ends_the_crawl(interruption: Interruption) -> None:
    """The row that was under way is recorded, and no other video is begun."""

    def extract(url: str, config: Config) -> Failure:
        if url == URLS[1]:
            raise KeyboardInterrupt
        return GONE

    recorded: list[Row] = []
    steps = Steps(extract=extract, sleep=lambda _: None)
    with pytest.raises(KeyboardInterrupt):
        crawl(URLS, Config(), (recorded.append,), interruption, steps)
    assert [row.ending.outcome for row in recorded] == [Outcome.REMOVED, Outcome.INTERRUPTED]


def test_related_videos_are_followed(interruption: Interruption) -> None:
    """The pages that an extraction came upon are the next round."""
    recorded: list[Row] = []

    def extract(url: str, config: Config) -> Video:
        found = video()
        page = "http://site.example/related"
        return Video(extraction_time=0.1, tracks=found.tracks, related=(page,))

    steps = Steps(
        extract=extract,
        resolve=disagreeing,
        probe=probed,
        download=lambda video, *_, **__: sample(video),
        now=lambda: AT,
        sleep=lambda _: None,
    )
    crawl(URLS[:1], CONFIG, (recorded.append,), interruption, steps)
    visited = [(row.visit.url, row.visit.round) for row in recorded]
    assert list(dict.fromkeys(visited)) == [(URLS[0], 0), ("http://site.example/related", 1)]


def test_inputs_come_first() -> None:
    """Given URLs are crawled instead of the popular videos, each once."""
    assert first_urls(Config(), (*URLS, URLS[0])) == URLS
