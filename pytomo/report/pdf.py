"""HTML as PDF, made by WeasyPrint in a process of its own.

WeasyPrint takes seconds and a hundred megabytes; neither is to be missing to those who look at
pages meanwhile. What the HTML refers to is not fetched, wherever it is: all must be in it.
"""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from tempfile import TemporaryFile
from typing import IO

from pytomo.child import environment, python
from pytomo.errors import UsageError

TIMEOUT = 120.0
"""Seconds."""

FOOT = """
.subject { string-set: subject content(); }
@page { @bottom-left {
  content: string(subject); color: #53606e; font: 7.5pt "Liberation Sans", Arial, sans-serif;
} }
@page :first { @bottom-left { content: none; } }
"""
"""What is repeated at the foot of each page but the first; browsers know nothing of the kind."""

_LENGTH = 8
"""Bytes that tell how long the HTML is: the input stays open behind it."""


class PdfMaker:
    """Makes one PDF at a time; it may be used by several threads."""

    def __init__(self) -> None:
        self._one = threading.Lock()
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._closed = False

    def __call__(self, html: bytes) -> bytes:
        """The PDF. Raises UsageError if it cannot be made here."""
        with self._one, TemporaryFile() as complaints:
            try:
                with self._running(complaints) as process:
                    made = _made(process, html)
            except OSError as error:
                raise UsageError(f"WeasyPrint cannot be run: {error}") from None
            if process.returncode:
                raise UsageError(f"WeasyPrint cannot be used: {_last_line(complaints)}")
        return made

    def close(self) -> None:
        """Make no more; what is being made is given up."""
        with self._lock:
            self._closed = True
            if self._process is not None:
                self._process.kill()

    @contextmanager
    def _running(self, complaints: IO[bytes]) -> Iterator[subprocess.Popen[bytes]]:
        with self._lock:
            if self._closed:
                raise UsageError("the dashboard is ending")
            self._process = process = subprocess.Popen(
                python(__name__),
                env=environment(),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=complaints,
            )
        patience = threading.Timer(TIMEOUT, process.kill)
        patience.start()
        try:
            with suppress(BrokenPipeError), process:
                yield process
        finally:
            patience.cancel()
            process.kill()
            with self._lock:
                self._process = None


def _made(process: subprocess.Popen[bytes], html: bytes) -> bytes:
    """What it makes of the HTML; its input is left open until that is there."""
    assert process.stdin is not None
    assert process.stdout is not None
    with suppress(BrokenPipeError):  # It has ended, and has told why.
        process.stdin.write(len(html).to_bytes(_LENGTH, "big"))
        process.stdin.write(html)
        process.stdin.flush()
    return process.stdout.read()


def _last_line(complaints: IO[bytes]) -> str:
    complaints.seek(0)
    lines = complaints.read().decode("utf-8", "replace").strip().splitlines()
    return lines[-1] if lines else "it was ended"


def main() -> None:
    """HTML from standard input, PDF to standard output; whoever asked may go away."""
    html = sys.stdin.buffer.read(int.from_bytes(sys.stdin.buffer.read(_LENGTH), "big"))
    threading.Thread(target=_end_with_input, args=(sys.stdin.fileno(),), daemon=True).start()
    from weasyprint import CSS, HTML, URLFetcher

    own = URLFetcher(allowed_protocols=("data",))
    document = HTML(string=html.decode("utf-8", "replace"), url_fetcher=own)
    document.write_pdf(sys.stdout.buffer, stylesheets=[CSS(string=FOOT, url_fetcher=own)])


def _end_with_input(descriptor: int) -> None:
    """End the process when whoever started it has."""
    os.read(descriptor, 1)
    os._exit(1)


if __name__ == "__main__":
    main()
