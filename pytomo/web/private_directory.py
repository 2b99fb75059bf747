"""A directory of this process alone, which is gone when the process is, even one that was killed.

Its owner holds a lock (flock(2)) on it, which the system lets go of whatever ends the owner. A
process number would not do: those of containers that share a directory mean nothing to each other.
"""

import fcntl
import os
import shutil
import threading
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir

PREFIX = "pytomo-graphs-"


class PrivateDirectory:
    """A directory for temporary files, made when it is asked for first; usable by threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held: tuple[TemporaryDirectory[str], int] | None = None

    @property
    def path(self) -> Path:
        """Where it is. Raises OSError if it cannot be made."""
        with self._lock:
            if self._held is None:
                self._held = _made()
            return Path(self._held[0].name)

    def close(self) -> None:
        """Remove it with all that it holds."""
        with self._lock:
            held, self._held = self._held, None
        if held is not None:
            directory, lock = held
            directory.cleanup()
            os.close(lock)


def _made() -> tuple[TemporaryDirectory[str], int]:
    """A new directory and the lock on it; another one if `sweep` was faster than the lock."""
    while True:
        directory = TemporaryDirectory(prefix=PREFIX, ignore_cleanup_errors=True)
        with suppress(FileNotFoundError):
            lock = os.open(directory.name, os.O_RDONLY)
            with suppress(OSError):  # where nothing can be locked, nothing is swept
                fcntl.flock(lock, fcntl.LOCK_EX)
            if Path(directory.name).exists():
                return directory, lock
            os.close(lock)
        directory.cleanup()


def sweep() -> None:
    """Remove the directories of this user that processes left behind when they were killed."""
    for path in Path(gettempdir()).glob(f"{PREFIX}*"):
        with suppress(OSError):
            _remove_if_left(path)


def _remove_if_left(path: Path) -> None:
    """Raises OSError if its owner lives, or if it cannot be removed."""
    lock = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        if os.fstat(lock).st_uid == os.getuid():
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(path)
    finally:
        os.close(lock)
