"""HTML as PDF, made by WeasyPrint in a process of its own.

WeasyPrint takes seconds and a hundred megabytes; neither is to be missing to those who look at
pages meanwhile. What the HTML refers to is not fetched, wherever it is: all must be in it.
"""

import subprocess
import sys
import threading

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

_ONE = threading.Lock()
"""One PDF is made at a time."""


def pdf(html: bytes) -> bytes:
    """The PDF. Raises UsageError if it cannot be made here."""
    command = [sys.executable, "-m", __name__]
    with _ONE:
        try:
            made = subprocess.run(
                command, input=html, capture_output=True, timeout=TIMEOUT, check=False
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise UsageError(f"WeasyPrint cannot be run: {error}") from None
    if made.returncode:
        lines = made.stderr.decode("utf-8", "replace").strip().splitlines()
        raise UsageError(f"WeasyPrint cannot be used: {lines[-1] if lines else 'it said nothing'}")
    return made.stdout


def main() -> None:
    """HTML from standard input, PDF to standard output."""
    from weasyprint import CSS, HTML, URLFetcher

    own = URLFetcher(allowed_protocols=("data",))
    document = HTML(file_obj=sys.stdin.buffer, encoding="utf-8", url_fetcher=own)
    document.write_pdf(sys.stdout.buffer, stylesheets=[CSS(string=FOOT, url_fetcher=own)])


if __name__ == "__main__":
    main()
