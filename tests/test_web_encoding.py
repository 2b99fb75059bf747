import csv
import io
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import numpy as np
import pytest

from pytomo.errors import Outcome
from pytomo.web.encoding import as_csv, as_json, plain


@dataclass(frozen=True)
class Estimate:
    value: float | None
    low: float | None = None


@dataclass(frozen=True)
class Line:
    name: str
    rtt: Estimate
    hidden: object = field(default=None, repr=False)


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (float("nan"), None),
        (float("inf"), None),
        (np.float32(0.1), 0.1),
        (np.array([0.1], dtype=np.float32), [0.1]),
        (np.float64("nan"), None),
        (np.int64(3), 3),
        (np.bool_(True), True),
        (np.array([1.0, np.nan]), [1.0, None]),
        (np.array([[1, 2]]), [[1, 2]]),
        (Outcome.REMOVED, "removed"),
        (datetime(2026, 11, 22, 10, tzinfo=UTC), "2026-11-22T10:00:00Z"),
        (datetime(2026, 11, 22, 11, tzinfo=timezone(timedelta(hours=1))), "2026-11-22T10:00:00Z"),
        (timedelta(minutes=1), 60.0),
        ({Outcome.OK: (1, 2)}, {"ok": [1, 2]}),
        ((n for n in range(2)), [0, 1]),
        (Path("/a/b.db"), "b.db"),
        (Line("a", Estimate(1.5)), {"name": "a", "rtt": {"value": 1.5, "low": None}}),
    ],
)
def test_plain(value, written):
    """Whatever a page shows has one form in JSON; what is unknown is null."""
    found = plain(value)
    assert found == written
    assert json.loads(as_json(found)) == written


def test_half_a_character():
    """Titles can hold half a character: it becomes a question mark."""
    assert json.loads(as_json("a\ud800")) == "a?"


def test_what_has_no_form():
    """What has no form in JSON is a mistake that is heard of."""
    with pytest.raises(TypeError, match="object"):
        plain(object())


def test_lines():
    """Lines are those of RFC 4180: a header, CRLF, quotes where needed; unknown is empty."""
    lines = [Line('a,"b"', Estimate(1.5)), Line("c\nd", Estimate(None))]
    written = b"".join(as_csv(lines)).decode()
    assert written.startswith('name,rtt.value,rtt.low\r\n"a,""b""",1.5,\r\n')
    assert list(csv.reader(io.StringIO(written, newline="")))[2] == ["c\nd", "", ""]


def test_lines_of_mappings():
    """The first line's names are the header; what others lack stays empty."""
    lines = [{"a": 1, "b": [1, 2]}, {"a": 2}]
    assert b"".join(as_csv(lines)) == b"a,b\r\n1,1;2\r\n2,\r\n"


def test_lines_come_as_they_are_made():
    """A table of a million lines is sent before it is all made."""
    made = []
    parts = as_csv(made.append(n) or {"n": n} for n in range(10_000))
    next(parts)
    assert 0 < len(made) < 1000


def test_no_lines():
    """An empty table is an empty file."""
    assert b"".join(as_csv([])) == b""
