import io
from dataclasses import replace
from pathlib import Path

from rich.console import Console
from test_summary import AT, row, tallied

from pytomo.console import Display, sentences
from pytomo.errors import Outcome
from pytomo.results import Quality, Row, Video, Visit


def shown(*rows: Row, terminal: bool = False, quiet: bool = False) -> str:
    """What a display prints of some rows and their summary."""
    output = io.StringIO()
    console = Console(file=output, force_terminal=terminal, width=120, quiet=quiet)
    display = Display(console, quiet=quiet)
    for one in rows:
        display.tell("measuring")
        display(one)
    display.summary(tallied(*rows), ("system", "google"), {"Database": Path("x.db")})
    return output.getvalue()


def test_plain_lines() -> None:
    """Where the output is no terminal there is a whole line a row, without control characters."""
    long = replace(
        row(1),
        video=Video(extraction_time=1, title="T" * 300),
        quality=Quality(reception_ratio=0.9),
    )
    lines = shown(long).splitlines()
    assert lines[0].startswith("outcome")
    assert lines[1].startswith("ok")
    assert "T" * 300 in lines[1]
    assert "0.90" in lines[1]
    assert "\x1b" not in "".join(lines)
    assert lines[-1] == "Database   x.db"


def test_titles_cannot_steer_the_terminal() -> None:
    """Control characters in what strangers wrote are not printed, nor is markup obeyed."""
    evil = replace(
        row(1), address=None, video=Video(extraction_time=1, title="\x1b]0;pwned\x07[red]x[/red]\n")
    )
    text = shown(evil, terminal=True)
    assert "\x1b]0" not in text
    assert "[red]x[/red]" in text


def test_quiet() -> None:
    """-q prints nothing."""
    assert shown(row(1), quiet=True) == ""


def test_failure_is_told() -> None:
    """A row without a server shows its outcome and the page."""
    bare = Row(
        visit=Visit(at=AT, service="youtube", url="http://site.example/gone", round=0),
        ending=row(1, Outcome.REMOVED).ending,
    )
    assert "removed" in shown(bare)
    assert "http://site.example/gone" in shown(bare)


def test_sentences() -> None:
    """The summary says what was tried, how it played and what could not be measured."""
    tally = tallied(row(1), row(2, stalls=1, stalled=10.0), row(3, Outcome.REMOVED))
    assert sentences(tally) == [
        "3 videos tried, 2 samples measured.",
        "100% of them started within 2 s, 50% played without a stall; median start 1.00 s, "
        "33% of the watching time was spent stalled.",
        "Not measured: 1 removed.",
    ]
