"""A file that is there whole or not at all."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from pytomo.errors import UsageError


@contextmanager
def whole_file(path: Path) -> Iterator[BinaryIO]:
    """A new file, which takes the place of an older one at `path` once all of it is written.

    Where something else stands (a pipe, a device), it is written to as the bytes come. Raises
    UsageError if it cannot be written, BrokenPipeError if nobody reads the pipe any more.
    """
    target = path.resolve()
    try:
        if target.exists() and not target.is_file():
            with target.open("wb") as opened:
                yield opened
        else:
            with _replacing(target) as opened:
                yield opened
    except BrokenPipeError:
        raise
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror or error}") from error


@contextmanager
def _replacing(target: Path) -> Iterator[BinaryIO]:
    part = target.with_name(f".{os.getpid()}.part")
    try:
        with part.open("xb") as opened:
            yield opened
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
