"""The dashboard beside a crawl: a process of its own, so that pages never slow a measurement."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytomo
from pytomo.errors import UsageError
from pytomo.serve import HOST, PORT

COMMAND = "pytomo_web_interface"
USUAL_URL = f"http://{HOST}:{PORT}/"
ROOT = Path(pytomo.__file__).parents[1]
_PATIENCE = 10.0
"""Seconds that it gets to end."""


@contextmanager
def dashboard(directory: Path, log: Path) -> Iterator[str]:
    """Show the databases of a directory for as long as this is entered; gives the URL.

    What it complains of goes to the file `log`. Raises UsageError if it cannot be started.
    """
    with log.open("ab") as errors:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "pytomo.serve", str(directory.absolute())],
            env={**os.environ, "PYTHONPATH": _with_us(os.environ.get("PYTHONPATH"))},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            start_new_session=True,  # Ctrl-C is for the crawl
        )
    try:
        yield _url(process)
    finally:
        _end(process)


def _url(process: subprocess.Popen[bytes]) -> str:
    """The first line that it prints: where it is, or why it is not."""
    assert process.stdout is not None
    line = process.stdout.readline().decode("utf-8", "replace").strip()
    if not line.startswith("http://"):
        raise UsageError(line or "the dashboard could not be started: the log file tells more")
    return line


def _end(process: subprocess.Popen[bytes]) -> None:
    """It ends when its input does, even if this process is killed."""
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.close()
    process.stdout.close()
    try:
        process.wait(_PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _with_us(path: str | None) -> str:
    return os.pathsep.join([str(ROOT), *([path] if path else [])])


def how_to_open(directory: Path) -> str:
    """The command that shows the databases of a directory, as it can be typed here."""
    launcher = ROOT / "bin" / COMMAND
    command = _short(launcher) if launcher.is_file() else COMMAND
    if not launcher.is_file() and shutil.which(COMMAND) is None:
        command = f"{_short(Path(sys.executable))} -m pytomo serve"
    return command if directory == Path("databases") else f"{command} -d {directory}"


def _short(path: Path) -> str:
    """A path from here, unless the whole one is shorter."""
    return min(os.path.relpath(path), str(path), key=len)
