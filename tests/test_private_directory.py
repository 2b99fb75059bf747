import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from pytomo.web.private_directory import PREFIX, PrivateDirectory, sweep

HOLD = """
import sys, time
from pytomo.web.private_directory import PrivateDirectory
directory = PrivateDirectory()
(directory.path / "large").touch()
print(directory.path, flush=True)
sys.stdin.read()
"""


@pytest.fixture
def place(tmp_path, monkeypatch):
    """Where temporary files are, of this process and those that it starts."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    return tmp_path


def holder():
    """A process that has a private directory, and the directory."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    return process, Path(process.stdout.readline().strip())


def test_it_is_made_when_it_is_asked_for(place):
    """Once, and it is gone when it is closed."""
    directory = PrivateDirectory()
    assert list(place.iterdir()) == []
    assert directory.path == directory.path
    assert directory.path.stat().st_mode & 0o777 == 0o700
    directory.close()
    directory.close()
    assert list(place.iterdir()) == []


def test_that_of_a_killed_process_is_swept_and_that_of_a_living_one_is_not(place):
    """Whatever ends the owner, the next sweep removes what it has left."""
    (killed, left), (alive, kept) = holder(), holder()
    mine = PrivateDirectory()
    with killed, alive:
        sweep()
        assert {left, kept, mine.path} == set(place.iterdir())
        killed.send_signal(signal.SIGKILL)
        killed.wait()
        assert left.exists()
        sweep()
        assert {kept, mine.path} == set(place.iterdir())
        alive.stdin.close()
    assert [mine.path] == list(place.iterdir())
    mine.close()


def test_what_is_none_of_ours_is_left_alone(place, tmp_path_factory):
    """A link to elsewhere, and a file, that have such a name."""
    other = tmp_path_factory.mktemp("other")
    (other / "file").touch()
    os.symlink(other, place / f"{PREFIX}link")
    (place / f"{PREFIX}file").touch()
    sweep()
    assert len(list(place.iterdir())) == 2
    assert (other / "file").exists()
