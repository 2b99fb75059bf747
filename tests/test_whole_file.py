import os
import threading

import pytest

from pytomo.errors import UsageError
from pytomo.export.whole_file import whole_file


def test_a_file_is_replaced_when_all_is_written(tmp_path):
    """The older file stays until the new one is whole, and nothing else is left."""
    path = tmp_path / "out.csv"
    path.write_bytes(b"old")
    with whole_file(path) as file:
        file.write(b"new")
        assert path.read_bytes() == b"old"
    assert path.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError])
def test_nothing_half_written_is_left(tmp_path, error):
    """What is stopped in the middle leaves no file."""

    def stopped():
        with whole_file(tmp_path / "out.csv") as file:
            file.write(b"half")
            raise error

    with pytest.raises(error):
        stopped()
    assert list(tmp_path.iterdir()) == []


def test_two_write_at_once(tmp_path):
    """To the same file, in one process: each is whole, and the last one stays."""
    path = tmp_path / "out.csv"
    with whole_file(path) as first, whole_file(path) as second:
        first.write(b"first")
        second.write(b"second")
    assert path.read_bytes() == b"first"
    assert list(tmp_path.iterdir()) == [path]


def test_a_database_stays(tmp_path):
    """What cannot be made again is not written over."""
    path = tmp_path / "x.db"
    path.write_bytes(b"SQLite format 3\0 and more")
    for name in ("x.db", "x.db-journal"):
        with pytest.raises(UsageError, match="is a database"), whole_file(tmp_path / name):
            pass
    assert list(tmp_path.iterdir()) == [path]


def test_a_link_is_followed(tmp_path):
    """A link keeps leading where it did."""
    (tmp_path / "there").mkdir()
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "there" / "file")
    with whole_file(link) as file:
        file.write(b"x")
    assert link.is_symlink()
    assert link.read_bytes() == b"x"


def test_a_pipe_is_written_to(tmp_path):
    """A named pipe gets the bytes, and stays a pipe."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    read = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_bytes()))
    reader.start()
    with whole_file(pipe) as file:
        file.write(b"x")
    reader.join()
    assert read == [b"x"]
    assert pipe.is_fifo()


@pytest.mark.parametrize("name", ["", "missing/out.csv", "file/out.csv", "x" * 300])
def test_what_cannot_be_written_is_told(tmp_path, name):
    """A directory, a place that is not there, a name that is too long: one clear line."""
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match="cannot write"), whole_file(tmp_path / name):
        pass
