"""The dashboard beside a crawl: a process of its own, so that pages never slow a measurement."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from select import select

from pytomo.child import ROOT, environment, python
from pytomo.errors import UsageError
from pytomo.serve import HOST, PORT

COMMAND = "pytomo_web_interface"
USUAL_URL = f"http://{HOST}:{PORT}/"
_PATIENCE = 10.0
"""Seconds that it gets to end."""
START = 20.0
"""Seconds that it gets to start: packages on a slow disk take some of them."""


@contextmanager
def dashboard(directory: Path, log: Path, *, start: float = START) -> Iterator[str | None]:
    """Show the databases of a directory for as long as this is entered; gives the URL.

    None if it says nothing for `start` seconds, and is ended therefore. What it complains of goes
    to the file `log`. Raises UsageError if it cannot be started.
    """
    with log.open("ab") as errors:
        process = subprocess.Popen(
            python("pytomo.serve", str(directory.absolute())),
            env=environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            start_new_session=True,  # Ctrl-C is for the crawl
        )
    try:
        url = _url(process, start)
        if url is None:
            process.kill()
        yield url
    finally:
        _end(process)


def _url(process: subprocess.Popen[bytes], patience: float) -> str | None:
    """The first line that it prints: where it is, or why it is not; None if none comes."""
    assert process.stdout is not None
    if not select([process.stdout], [], [], patience)[0]:
        return None
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
