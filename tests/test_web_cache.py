import threading

import pytest

from pytomo.web.cache import Cache


def test_once_for_each_version():
    """A value is computed once, and anew when what it is made of has changed."""
    cache, made = Cache(10), []
    for version in (1, 1, 2, 2):
        cache.get("key", version, lambda: made.append(1) or len(made))
    assert len(made) == 2


def test_once_for_all_who_wait():
    """Who asks while a value is computed gets that value."""
    cache, made = Cache(10), []
    begun, go_on = threading.Event(), threading.Event()

    def compute():
        made.append(1)
        begun.set()
        go_on.wait(10)
        return "value"

    found = []
    threads = [
        threading.Thread(target=lambda: found.append(cache.get("key", 1, compute)))
        for _ in range(5)
    ]
    threads[0].start()
    begun.wait(10)
    for thread in threads[1:]:
        thread.start()
    go_on.set()
    for thread in threads:
        thread.join()
    assert found == ["value"] * 5
    assert made == [1]


def test_failures_are_not_kept():
    """What could not be computed is tried again."""
    cache = Cache(10)
    with pytest.raises(ZeroDivisionError):
        cache.get("key", 1, lambda: 1 // 0)
    assert cache.get("key", 1, lambda: 5) == 5


def test_least_recently_used_goes():
    """Where there is too much, what was asked for longest ago goes first."""
    cache, made = Cache(5, weight=len), []
    for key in ("aa", "bb", "aa", "cc", "aa", "bb"):
        cache.get(key, 1, lambda key=key: made.append(key) or key)
    assert made == ["aa", "bb", "cc", "bb"]


def test_too_large_to_keep():
    """What is larger than all that may be kept is handed on all the same."""
    cache = Cache(1, weight=len)
    assert cache.get("key", 1, lambda: "large") == "large"
    assert cache.get("key", 1, lambda: "anew") == "anew"


def test_no_more_patience():
    """Who does not want to wait for another's work for long is told so; the work goes on."""
    cache = Cache(10)
    begun, go_on = threading.Event(), threading.Event()

    def compute():
        begun.set()
        go_on.wait(10)
        return "value"

    thread = threading.Thread(target=lambda: cache.get("key", 1, compute))
    thread.start()
    begun.wait(10)
    with pytest.raises(TimeoutError):
        cache.get("key", 1, compute, patience=0.01)
    go_on.set()
    thread.join()
    assert cache.get("key", 1, lambda: "anew", patience=0.01) == "value"


def test_a_failure_is_nobody_elses():
    """What fails for some readers is never raised for those of another key."""
    cache, strange = Cache(3), []

    def ask(key):
        for turn in range(1000):
            try:
                found = cache.get(key, turn, lambda: 1 // 0 if key < 4 else key)
                assert found == key
            except ZeroDivisionError:
                if key >= 4:
                    strange.append(key)

    threads = [threading.Thread(target=ask, args=(key,)) for key in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert strange == []


def test_versions_that_have_gone_weigh_nothing():
    """A new version takes the place of the old one: what else is kept stays."""
    cache, made = Cache(2), []
    for version in range(5):
        cache.get("one", version, lambda: made.append("one") or "one")
        cache.get("other", 1, lambda: made.append("other") or "other")
    assert made.count("other") == 1
