"""How values are written on pages: numbers with their unit, shares, times; "–" for what is unknown.

`FILTERS` are what templates know of it. A value is rounded to what is worth reading, and what is
exact stands in the JSON of the same page.
"""

import math
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from numbers import Integral
from typing import Any
from urllib.parse import urlsplit

UNKNOWN = "–"
NEVER = "never"
"""Said of an infinite delay."""

NARROW_SPACE = "\u202f"
"""Between groups of three digits, and before a unit (ISO 80000-1); lines do not break there."""

WHOLE_UNITS = {"bytes", "px", "rows", "videos"}
"""Units of what is counted."""

SPAN_UNITS = ((86_400, "d"), (3600, "h"), (60, "min"), (1, "s"))


def number(value: float | None, unit: str = "") -> str:
    """A number with three significant digits and its unit; a `ratio` as a share in percent."""
    if value is None or is_unknown(value):
        return UNKNOWN
    if unit == "ratio":
        return share(value)
    return with_unit(digits(value, whole=unit in WHOLE_UNITS or isinstance(value, Integral)), unit)


def digits(value: float | None, *, whole: bool = False) -> str:
    """The digits alone: three that matter, and never fewer than stand before the point."""
    if value is None or is_unknown(value):
        return UNKNOWN
    places = 0 if whole or value == 0 else max(0, min(3, 2 - math.floor(math.log10(abs(value)))))
    text = f"{value:,.{places}f}".replace(",", NARROW_SPACE)
    return text.replace("-", "−")


def share(value: float | None) -> str:
    """A ratio in percent, with a decimal where a percent is too coarse; 100 % only if it is all."""
    if value is None or is_unknown(value):
        return UNKNOWN
    percent = 100 * value
    places = 0 if percent in (0, 100) else 1
    text = f"{percent:.{places}f}"
    if percent < 100 and text == "100.0":
        text = "> 99.9"
    elif percent > 0 and text == "0.0":
        text = "< 0.1"
    return with_unit(text.replace("-", "−"), "%")


def reached(value: float | None, unit: str = "") -> str:
    """The same of what may be infinite, as what was waited for did not come: never."""
    return NEVER if value is not None and math.isinf(value) else number(value, unit)


def interval(low: float | None, high: float | None, unit: str = "") -> str:
    """The two ends of an interval, the unit once: 1.10 to 1.38 s; 3.70 s to never."""
    if high is not None and math.isinf(high):
        return NEVER if low == high else f"{number(low, unit)} to {NEVER}"
    sign = "%" if unit == "ratio" else unit
    first = number(low, unit).removesuffix(f"{NARROW_SPACE}{sign}")
    return f"{first} to {number(high, unit)}"


def with_unit(text: str, unit: str) -> str:
    """The text and its unit, kept on one line."""
    return f"{text}{NARROW_SPACE}{unit}" if unit else text


def moment(at: float | datetime | None) -> str:
    """A time of day in UTC to the second: 2026-11-22 10:00:05."""
    known = _datetime(at)
    return UNKNOWN if known is None else f"{known:%Y-%m-%d %H:%M:%S}"


def iso(at: float | datetime | None, timespec: str = "seconds") -> str:
    """The same for machines (RFC 3339): 2026-11-22T10:00:05Z; empty if unknown.

    `timespec` is that of `datetime.isoformat`.
    """
    known = _datetime(at)
    return "" if known is None else known.isoformat(timespec=timespec).replace("+00:00", "Z")


def span(seconds: float | None) -> str:
    """A length of time in its two largest units: 3 d 4 h, 12 min 5 s, 0.83 s."""
    if seconds is None or is_unknown(seconds):
        return UNKNOWN
    if seconds < 60:
        return number(float(seconds), "s")
    rest, parts = round(seconds), []
    for size, unit in SPAN_UNITS:
        count, rest = divmod(rest, size)
        if count:
            parts.append(with_unit(str(count), unit))
    return " ".join(parts[:2])


def web_address(url: str | None) -> str:
    """The URL if it leads to a web page, else nothing: strangers wrote it."""
    try:
        scheme = urlsplit(url or "").scheme
    except ValueError:
        return ""
    return url if url and scheme in ("http", "https") else ""


def is_unknown(value: Any) -> bool:
    """Whether there is no value: None, or not a number."""
    return value is None or not math.isfinite(float(value))


def _datetime(at: float | datetime | None) -> datetime | None:
    """In UTC, as is one without a zone."""
    if isinstance(at, datetime):
        return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
    if at is None:
        return None
    return None if is_unknown(float(at)) else datetime.fromtimestamp(at, UTC)


FILTERS: Mapping[str, Callable[..., str]] = {
    "number": number,
    "reached": reached,
    "digits": digits,
    "share": share,
    "interval": interval,
    "moment": moment,
    "iso": iso,
    "span": span,
    "web_address": web_address,
}
"""The filters of the templates: `{{ value.startup | number("s") }}`."""
