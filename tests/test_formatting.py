"""How values are written on pages."""

import math
from datetime import UTC, datetime

import numpy as np
import pytest

from pytomo.web.formatting import digits, interval, iso, moment, number, reached, share, span


def plain(text: str) -> str:
    """With ordinary spaces."""
    return text.replace("\u202f", " ")


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (None, "s", "–"),
        (float("nan"), "s", "–"),
        (np.float32("nan"), "ms", "–"),
        (0.0, "s", "0 s"),
        (0.012345, "s", "0.012 s"),
        (1.2345, "s", "1.23 s"),
        (18.04, "ms", "18.0 ms"),
        (12345.6, "kbps", "12 346 kbps"),
        (-18.04, "ms", "−18.0 ms"),
        (7, "", "7"),
        (np.int64(1_234_567), "rows", "1 234 567 rows"),
        (10.0, "bytes", "10 bytes"),
        (0.25, "ratio", "25.0 %"),
    ],
)
def test_number(value: float | None, unit: str, text: str) -> None:
    """A number has three digits that matter, whole ones all of theirs; unknown is a dash."""
    assert plain(number(value, unit)) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "–"),
        (0.0, "0 %"),
        (1.0, "100 %"),
        (0.5, "50.0 %"),
        (0.99999, "> 99.9 %"),
        (0.0001, "< 0.1 %"),
    ],
)
def test_share(value: float | None, text: str) -> None:
    """A share is 0 % or 100 % only if it is nothing or all."""
    assert plain(share(value)) == text


def test_moment() -> None:
    """A time is written in UTC, for people and for machines, be it a datetime or Unix seconds."""
    at = datetime(2026, 11, 22, 10, 0, 5, tzinfo=UTC)
    assert moment(at) == moment(at.timestamp()) == "2026-11-22 10:00:05"
    assert iso(at) == iso(at.timestamp()) == "2026-11-22T10:00:05Z"
    assert (moment(None), iso(None)) == ("–", "")


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(None, "–"), (0.83, "0.830 s"), (725, "12 min 5 s"), (3600, "1 h"), (273_600, "3 d 4 h")],
)
def test_span(seconds: float | None, text: str) -> None:
    """A length of time shows its two largest units."""
    assert plain(span(seconds)) == text


@pytest.mark.parametrize(
    ("low", "high", "unit", "text"),
    [
        (1.1, 1.384, "s", "1.10 to 1.38 s"),
        (-0.5, 1200.0, "ms", "−0.500 to 1 200 ms"),
        (0.25, 1.0, "ratio", "25.0 to 100 %"),
        (1.0, 2.0, "", "1.00 to 2.00"),
        (None, 2.0, "s", "– to 2.00 s"),
    ],
)
def test_interval(low: float | None, high: float | None, unit: str, text: str) -> None:
    """An interval has its unit once."""
    assert plain(interval(low, high, unit)) == text


def test_digits_of_whole_numbers() -> None:
    """Digits are grouped by narrow spaces, without a unit."""
    assert digits(1234567, whole=True) == "1\u202f234\u202f567"


def test_what_did_not_come_is_said_so() -> None:
    """An infinite delay is no unknown one, and an interval may end so."""
    assert reached(math.inf, "s") == "never"
    assert reached(None, "s") == "–"
    assert plain(reached(1.5, "s")) == "1.50 s"
    assert plain(interval(3.7, math.inf, "s")) == "3.70 s to never"
    assert interval(math.inf, math.inf, "s") == "never"
