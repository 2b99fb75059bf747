"""Memory that arrays have left is given back to the system."""

import ctypes
from collections.abc import Callable
from functools import cache

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8
"""As in malloc.h of the GNU C library; see mallopt(3)."""
LARGEST = 2**25
"""Bytes of a block that may come from the common place: the most that can be asked for."""


def share() -> bool:
    """Let all threads take their memory from one place; whether that can be asked for.

    By itself the GNU library gives each thread a place of its own, where arrays of a million rows
    leave some hundred megabytes that nobody uses. Other libraries do as they like.
    """
    mallopt = _function("mallopt")
    settings = {_M_MMAP_THRESHOLD: LARGEST, _M_TRIM_THRESHOLD: 4 * LARGEST, _M_ARENA_MAX: 1}
    if mallopt is None:
        return False
    taken = [mallopt(*setting) for setting in settings.items()]  # each, also after a refusal
    return all(taken)


def give_back() -> None:
    """Give all that is free back: to keep it would be faster, but it is much (`malloc_trim`)."""
    trim = _function("malloc_trim")
    if trim is not None:
        trim(0)


@cache
def _function(name: str) -> Callable[..., int] | None:
    """A function of the C library, if it has it."""
    try:
        found: Callable[..., int] = getattr(ctypes.CDLL(None), name)
    except (OSError, AttributeError, TypeError):
        return None
    return found
