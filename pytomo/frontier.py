"""Which page is visited next: the first list, then round by round the related videos."""

import random
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import NamedTuple


class Next(NamedTuple):
    """A page to visit."""

    url: str
    round: int
    """0 for the first list; the related videos of round n are round n + 1."""


class Frontier:
    """The pages of a crawl in their order; iterate, and hand in what each page relates to.

    Round 0 is the first list. The next round holds what `add_related` chose on the pages of the
    last one. Nothing is visited twice, unless the crawl loops: after the last round it then begins
    again with the first list as if nothing had been visited. URLs are compared as they are.
    """

    def __init__(
        self,
        first: Iterable[str],
        *,
        max_rounds: int,
        max_crawled_url: int,
        max_per_url: int,
        max_per_page: int,
        loop: bool,
        follow_related: bool,
        choose: random.Random,
    ) -> None:
        """`max_rounds` (at least 1) counts round 0 and, in a loop, begins anew each time."""
        self._first = tuple(dict.fromkeys(first))
        self._last_round = max_rounds - 1 if follow_related else 0
        self._max_crawled_url = max_crawled_url
        self._max_per_url = max_per_url
        self._max_per_page = max_per_page
        self._loop = loop
        self._choose = choose
        self._seen: set[str] = set()
        self._round = 0
        self._found: list[str] = []
        self._left = max_crawled_url

    def __iter__(self) -> Iterator[Next]:
        """The pages; it ends at once, in whatever round, when `max_crawled_url` were given out."""
        return islice(self._pages(), self._max_crawled_url)

    @property
    def wants_related(self) -> bool:
        """Whether related videos of the page given out last can still lead to a visit."""
        return self._round < self._last_round and self._left > 0 and self._max_per_url > 0

    def add_related(self, urls: Iterable[str]) -> None:
        """Choose from the related videos of the page given out last, for the next round.

        At most `max_per_url`, at random, out of those among the first `max_per_page` that are new.
        """
        if not self.wants_related:
            return
        page = islice(dict.fromkeys(urls), self._max_per_page)
        new = [url for url in page if url not in self._seen]
        places = self._choose.sample(range(len(new)), min(self._max_per_url, len(new)))
        chosen = [new[place] for place in sorted(places)]
        self._found += chosen
        self._seen.update(chosen)

    def _pages(self) -> Iterator[Next]:
        while self._first:
            yield from self._rounds()
            if not self._loop:
                return

    def _rounds(self) -> Iterator[Next]:
        pages = list(self._first)
        self._seen = set(pages)
        self._round = 0
        while pages and self._round <= self._last_round:
            self._found = []
            for url in pages:
                self._left -= 1
                yield Next(url, self._round)
            pages = self._found
            self._round += 1
