"""A file that is there whole or not at all."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from pytomo.errors import UsageError

_DATABASE = b"SQLite format 3\0"
"""What every database of SQLite begins with (https://www.sqlite.org/fileformat2.html)."""
_BESIDE = ("", "-wal", "-shm", "-journal")
"""What the names of a database and of the files that belong to it end in."""
_LONGEST = 60
"""Characters of the name that the name of the part repeats."""


@contextmanager
def whole_file(path: Path) -> Iterator[BinaryIO]:
    """A new file, which takes the place of an older one at `path` once all of it is written.

    Where something else stands (a pipe, a device), it is written to as the bytes come. Raises
    UsageError if it cannot be written, or is a database (a crawl cannot be made again),
    BrokenPipeError if nobody reads the pipe any more.
    """
    target = path.resolve()
    try:
        if _is_database(target):
            raise UsageError(f"{path} is a database, which is not overwritten: give another file")
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


def _is_database(target: Path) -> bool:
    """Whether a file is a database of whatever program, or belongs to one."""
    names = (target.name.removesuffix(end) for end in _BESIDE if target.name.endswith(end))
    return any(_begins(target.with_name(name)) for name in names if name)


def _begins(path: Path) -> bool:
    if not path.is_file():
        return False
    with path.open("rb") as opened:
        return opened.read(len(_DATABASE)) == _DATABASE


@contextmanager
def _replacing(target: Path) -> Iterator[BinaryIO]:
    part = target.with_name(f".{target.name[:_LONGEST]}.{secrets.token_hex(4)}.part")
    opened = part.open("xb")
    try:
        with opened:
            yield opened
        part.replace(target)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
