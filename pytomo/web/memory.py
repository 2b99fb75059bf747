"""Memory that arrays have left is given back to the system at once."""

import ctypes

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8
"""As in malloc.h of the GNU C library; see mallopt(3)."""
LARGE = 2**17
"""Bytes of a block that is asked of the system, and goes back to it, alone."""
ARENAS = 2
"""Places that small blocks come from; by default each thread soon has one of its own."""


def give_back() -> bool:
    """Have the C library keep no large blocks for later; whether it can.

    By itself the GNU library keeps ever larger blocks in each thread: after a page about a million
    rows some hundred megabytes. Other libraries do as they like.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError, TypeError):
        return False
    settings = {_M_MMAP_THRESHOLD: LARGE, _M_TRIM_THRESHOLD: LARGE, _M_ARENA_MAX: ARENAS}
    return all(mallopt(name, value) for name, value in settings.items())
