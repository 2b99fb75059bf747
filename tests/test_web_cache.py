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
