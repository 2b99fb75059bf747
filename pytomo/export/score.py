"""The scores of ITU-T P.1203, by its reference software where the user has installed it.

Pytomo does not bring that software: its licence allows non-commercial research only.
"""

import csv
import importlib
import io
import logging
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from pytomo.errors import UsageError
from pytomo.export.p1203 import Input, Report, Screen, inputs

PACKAGE = "itu_p1203"
MISSING = (
    "the reference software of ITU-T P.1203 is not installed: "
    "`pip install git+https://github.com/itu-p1203/itu-p1203` "
    "(licensed for non-commercial research only)"
)
SCORES = ("O46", "O35", "O23")
"""Overall quality, audiovisual quality and stalling quality, each from 1 (bad) to 5 (excellent)."""

Scorer = Callable[[Report], Mapping[str, Any]]


def reference_scorer(package: str = PACKAGE) -> Scorer:
    """The reference software. Raises UsageError if it is not installed."""
    try:
        software = importlib.import_module(package)
    except ImportError:
        raise UsageError(MISSING) from None
    logging.getLogger(package).setLevel(logging.CRITICAL)  # it warns of each short sample
    return lambda report: dict(software.P1203Standalone(report).calculate_complete())


def scores(
    path: Path, screen: Screen, row_id: int | None = None, *, scorer: Scorer | None = None
) -> Iterator[bytes]:
    """The scores of all rows, or of one, as CSV; what has none tells why.

    Raises UsageError if the software is not installed or the row not there, CrawlError for a file
    that cannot be read.
    """
    score = scorer or reference_scorer()
    yield _line("RowId", *SCORES, "Url", "Note")
    for found in inputs(path, screen, row_id):
        values, note = _scored(found, score)
        yield _line(found.row_id, *values, found.url, note)


def _scored(found: Input, score: Scorer) -> tuple[list[str], str]:
    if found.report is None:
        return [""] * len(SCORES), found.note
    try:
        told = score(found.report)
        return [f"{told[name]:.3f}" for name in SCORES], found.note
    except (Exception, SystemExit) as error:  # it ends in many ways, some of them by exit
        return [""] * len(SCORES), f"{type(error).__name__}: {error}"


def _line(*cells: object) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerow(cells)
    return text.getvalue().encode()
