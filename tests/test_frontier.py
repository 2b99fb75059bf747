"""The order of visits: rounds, choice, limits and loops."""

import random
from collections.abc import Mapping, Sequence
from itertools import count, islice
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytomo.frontier import Frontier

Web = Mapping[str, Sequence[str]]


def frontier(first: Sequence[str], *, seed: int = 1, **changes: Any) -> Frontier:
    """A frontier with the command line's defaults."""
    limits: dict[str, Any] = {
        "max_rounds": 10000,
        "max_crawled_url": 10000,
        "max_per_url": 20,
        "max_per_page": 20,
        "loop": False,
        "follow_related": True,
    }
    return Frontier(first, **(limits | changes), choose=random.Random(seed))


def visits(first: Sequence[str], web: Web, **changes: Any) -> list[tuple[str, int]]:
    """All visits to a web of pages, each with what it relates to."""
    pages = frontier(first, **changes)
    found = []
    for url, number in pages:
        found.append((url, number))
        pages.add_related(web.get(url, ()))
    return found


def urls(first: Sequence[str], web: Web, **changes: Any) -> str:
    return "".join(url for url, _ in visits(first, web, **changes))


class TestRounds:
    def test_round_by_round(self) -> None:
        """The first list is round 0; what a round relates to is the next one."""
        web = {"a": "cd", "b": "e", "c": "f"}
        assert visits("ab", web) == [
            ("a", 0),
            ("b", 0),
            ("c", 1),
            ("d", 1),
            ("e", 1),
            ("f", 2),
        ]

    def test_number_of_rounds(self) -> None:
        """-r counts the first list as a round."""
        web = {"a": "b", "b": "c", "c": "d"}
        assert urls("a", web, max_rounds=1) == "a"
        assert urls("a", web, max_rounds=3) == "abc"

    def test_nothing_twice(self) -> None:
        """No page is visited twice, in whatever round it turns up again."""
        assert urls("aab", {"a": "bcc", "b": "ca", "c": "abcd", "d": "d"}) == "abcd"

    def test_first_urls_only(self) -> None:
        """-R stays with the first list."""
        assert urls("ab", {"a": "c", "b": "d"}, follow_related=False) == "ab"

    def test_nothing_to_visit(self) -> None:
        """An empty first list ends at once, even in a loop."""
        assert urls("", {}, loop=True) == ""


class TestLimits:
    def test_ends_at_once(self) -> None:
        """-u ends the crawl in the middle of a round."""
        web = {"a": "cd", "b": "ef"}
        assert urls("ab", web, max_crawled_url=1) == "a"
        assert urls("ab", web, max_crawled_url=4) == "abcd"

    def test_per_page(self) -> None:
        """Only the first -P videos of a page are considered."""
        assert urls("a", {"a": "bcdef"}, max_per_page=3) == "abcd"

    def test_per_url(self) -> None:
        """At most -p of them are chosen, out of the first -P."""
        web = {"a": "bcdefghij"}
        for seed in range(20):
            chosen = urls("a", web, max_per_url=2, max_per_page=5, seed=seed)[1:]
            assert len(set(chosen)) == 2
            assert set(chosen) <= set("bcdef")

    def test_choice_is_among_new_ones(self) -> None:
        """A page whose videos are partly known still gives as many as asked for."""
        assert urls("abc", {"a": "bcd"}, max_per_url=1) == "abcd"

    def test_none_per_url(self) -> None:
        """-p 0 follows nothing."""
        assert urls("a", {"a": "b"}, max_per_url=0) == "a"

    def test_seed(self) -> None:
        """The same seed makes the same choice; other seeds make other choices."""
        web = {"a": "bcdefghijklm"}
        chosen = [urls("a", web, max_per_url=3, seed=seed) for seed in range(30)]
        assert chosen == [urls("a", web, max_per_url=3, seed=seed) for seed in range(30)]
        assert len(set(chosen)) > 10
        assert set("".join(chosen)) == set("abcdefghijklm")


class TestLoop:
    def test_first_list_again(self) -> None:
        """-l begins again with the first list, as round 0, until -u ends it."""
        assert visits("ab", {}, loop=True, max_crawled_url=5) == [
            ("a", 0),
            ("b", 0),
            ("a", 0),
            ("b", 0),
            ("a", 0),
        ]

    def test_after_the_last_round(self) -> None:
        """The first list comes again when the rounds are completed, related videos included."""
        web = {"a": "b", "b": "c", "c": "d"}
        assert urls("a", web, loop=True, max_rounds=3, max_crawled_url=7) == "abcabca"

    def test_without_related(self) -> None:
        """-l -R goes round and round the first list."""
        assert urls("ab", {"a": "c"}, loop=True, follow_related=False, max_crawled_url=4) == "abab"


class TestWantsRelated:
    def test_is_told_page_by_page(self) -> None:
        """Related videos are wanted until the last round, and not for the last visit."""
        web = {"a": "bc"}
        pages = frontier("a", max_rounds=2)
        wanted = []
        for url, _ in pages:
            wanted.append(pages.wants_related)
            pages.add_related(web.get(url, ()))
        assert wanted == [True, False, False]
        single = frontier("a", max_crawled_url=1)
        assert [single.wants_related for _ in single] == [False]

    def test_not_with_first_urls_only(self) -> None:
        """With -R or -p 0 no related videos are wanted."""
        for pages in (frontier("a", follow_related=False), frontier("a", max_per_url=0)):
            assert [pages.wants_related for _ in pages] == [False]


class TestScale:
    def test_many(self) -> None:
        """Tens of thousands of pages are visited once each."""
        numbers = count()
        pages = frontier(["start"], max_crawled_url=50_000)
        found = set()
        for url, _ in pages:
            found.add(url)
            pages.add_related(f"{number}" for number in islice(numbers, 30))
        assert len(found) == 50_000


@given(
    st.dictionaries(st.sampled_from("abcdefghij"), st.text("abcdefghij", max_size=12)),
    st.text("abcdefghij", max_size=4),
    st.integers(1, 5),
    st.integers(0, 4),
    st.integers(1, 6),
)
@pytest.mark.parametrize("limit", [3, 100])
def test_limits_hold(
    limit: int, web: dict[str, str], first: str, rounds: int, per_url: int, per_page: int
) -> None:
    """Whatever the web: no page twice, rounds in order, and no limit exceeded."""
    found = visits(
        first,
        web,
        max_rounds=rounds,
        max_per_url=per_url,
        max_per_page=per_page,
        max_crawled_url=limit,
    )
    numbers = [number for _, number in found]
    assert len({url for url, _ in found}) == len(found) <= limit
    assert numbers == sorted(numbers)
    assert all(number < rounds for number in numbers)
    for number in range(1, rounds):
        assert numbers.count(number) <= per_url * numbers.count(number - 1)
