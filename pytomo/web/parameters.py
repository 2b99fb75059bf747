"""The parameters that requests may have, each declared once; converting them is strict and total.

Whatever a reader sends ends up as a value of the right kind, or as one clear sentence.
"""

import ipaddress
import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

from pytomo.errors import Outcome
from pytomo.web.answers import BadRequest

LONGEST_QUERY = 4000
LONGEST_VALUE = 300
MOST_PARAMETERS = 50
LATEST = 253_402_300_799.0
"""The last second of the year 9999."""
LARGEST_PAGE = 1_000_000
LARGEST_SIZE = 1000

SPANS = {
    "hour": 3600.0,
    "day": 86_400.0,
    "week": 7 * 86_400.0,
    "month": 31 * 86_400.0,
    "year": 366 * 86_400.0,
    "all": math.inf,
}
"""Seconds."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter: its name in the URL, one sentence, and how its text becomes a value."""

    name: str
    """In the query."""
    text: str
    """What it does, in one sentence."""
    convert: Callable[[str], Any] = field(repr=False)
    """Raises ValueError with one clear sentence."""
    default: Any = None
    """The value where it is not given; None: it has none."""
    choices: tuple[str, ...] = ()
    """All that it can be; empty: whatever `convert` takes."""

    def value(self, given: str) -> Any:
        """The value of a text. Raises BadRequest."""
        if self.choices and given not in self.choices:
            raise BadRequest(f"{self.name} must be one of {', '.join(self.choices)}")
        try:
            return self.convert(given)
        except (ValueError, OverflowError) as error:
            raise BadRequest(f"{self.name}: {error}") from None


def word(text: str) -> str:
    """A name as it stands in the database."""
    return text


def whole(least: int, most: int) -> Callable[[str], int]:
    """The converter of whole numbers between these two, both included."""

    def convert(text: str) -> int:
        if not re.fullmatch(r"[0-9]{1,18}", text) or not least <= int(text) <= most:
            raise ValueError(f"it must be a whole number from {least} to {most}")
        return int(text)

    return convert


def as_number(text: str) -> int:
    """The number of an autonomous system, with or without AS before it."""
    return whole(0, 2**32 - 1)(re.sub("^as", "", text, flags=re.IGNORECASE))


def address(text: str) -> str:
    """An IP address."""
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        raise ValueError("it must be an IP address") from None


def network(text: str) -> str:
    """An IP prefix such as 192.0.2.0/24."""
    try:
        return str(ipaddress.ip_network(text))
    except ValueError:
        raise ValueError("it must be an IP prefix such as 192.0.2.0/24") from None


def moment(text: str) -> float:
    """Seconds since 1970, from such a number or an ISO 8601 time; UTC where no zone is given."""
    try:
        seconds = float(text) if re.fullmatch(r"[0-9.]+", text) else _iso(text)
    except (ValueError, OverflowError):
        seconds = math.nan
    if not 0 <= seconds <= LATEST:
        raise ValueError(
            "it must be a time such as 2026-11-22T10:00:00Z, or seconds since 1970-01-01 UTC"
        )
    return seconds


def _iso(text: str) -> float:
    if not text.isascii():
        raise ValueError(text)
    # A + that a reader did not encode came as a space.
    at = datetime.fromisoformat(re.sub(r" (\d\d:?\d\d)$", r"+\1", text) if "T" in text else text)
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()


DATABASE = Parameter("db", "File name of a database of the archive; without it, the newest.", word)
SERVICE = Parameter("service", "Only rows of this service, such as youtube.", word)
RESOLVER = Parameter("resolver", "Only rows of addresses that this resolver gave.", word)
AS_NUMBER = Parameter("as", "Only rows of servers in this autonomous system.", as_number)
HOST = Parameter("host", "Only rows of this cache host.", word)
IP = Parameter("ip", "Only rows of this server address.", address)
PREFIX = Parameter("prefix", "Only rows of servers in this announced prefix.", network)
PLACE = Parameter("place", "Only rows of caches at this place.", word)
COUNTRY = Parameter("country", "Only rows of servers in this country, such as DE.", word)
OUTCOME = Parameter(
    "outcome", "Only rows that ended so.", word, choices=tuple(outcome.value for outcome in Outcome)
)
DISTURBED = Parameter(
    "disturbed",
    "Only rows that a busy machine or others on its line disturbed (yes), or did not (no).",
    word,
    choices=("no", "yes"),
)
START = Parameter("start", "Only rows from this time: ISO 8601 (UTC), or Unix seconds.", moment)
END = Parameter("end", "Only rows before this time: ISO 8601 (UTC), or Unix seconds.", moment)
SPAN = Parameter(
    "span",
    "Only the last hour, day, week, month or year of the database; start and end go before.",
    word,
    choices=tuple(SPANS),
)
PAGE = Parameter("page", "Page of a long table, from 1.", whole(1, LARGEST_PAGE), 1)
SIZE = Parameter("size", "Rows on a page.", whole(1, LARGEST_SIZE), 50)
SORT = Parameter("sort", "Column to sort by; with - before it, the largest first.", word)
THEME = Parameter("theme", "Colours of the picture.", word, "light", ("light", "dark"))

SELECTION = (
    *(DATABASE, SERVICE, RESOLVER, AS_NUMBER, HOST, IP, PREFIX, PLACE, COUNTRY, OUTCOME),
    *(DISTURBED, START, END, SPAN),
)
"""What part of which database is looked at."""


def texts(query: str) -> dict[str, str]:
    """Names and texts of a query string as a WSGI server gives it. Raises BadRequest.

    A parameter without text, as forms send it, is as good as none.
    """
    if len(query) > LONGEST_QUERY:
        raise BadRequest(f"the query is longer than {LONGEST_QUERY} characters")
    try:
        decoded = query.encode("latin-1").decode("utf-8")
        pairs = parse_qsl(
            decoded, keep_blank_values=True, errors="strict", max_num_fields=MOST_PARAMETERS
        )
    except UnicodeError:
        raise BadRequest("the query is no UTF-8") from None
    except ValueError:
        raise BadRequest(f"the query has more than {MOST_PARAMETERS} parameters") from None
    for name, text in pairs:
        _check_text(name, text)
    names = [name for name, _ in pairs]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise BadRequest(f"{twice} is given more than once")
    return {name: text for name, text in pairs if text}


def _check_text(name: str, text: str) -> None:
    if not (name + text).isprintable():
        raise BadRequest("the query holds characters that cannot be printed")
    if len(name) > LONGEST_VALUE or len(text) > LONGEST_VALUE:
        raise BadRequest(f"{name[:20]} is longer than {LONGEST_VALUE} characters")


def values(
    given: Mapping[str, str], parameters: Iterable[Parameter], *, strict: bool
) -> dict[str, Any]:
    """The value of each parameter, its default where it is not given. Raises BadRequest.

    With `strict`, names that are not known are refused; otherwise they are passed over.
    """
    known = {parameter.name: parameter for parameter in parameters}
    unknown = [name for name in given if name not in known]
    if strict and unknown:
        raise BadRequest(
            f"there is no parameter {unknown[0]}; "
            + (f"there are: {', '.join(known)}" if known else "there are none here")
        )
    found = {
        name: parameter.value(given[name]) if name in given else parameter.default
        for name, parameter in known.items()
    }
    _check_times(found)
    return found


def _check_times(found: Mapping[str, Any]) -> None:
    start, end = found.get(START.name), found.get(END.name)
    if start is not None and end is not None and start > end:
        raise BadRequest("start is after end: no row can be between them")
