"""What `-x` hides: the machine's public address, which sites write into the URLs that they give."""

import logging
import re
from collections.abc import Callable
from dataclasses import replace

from pytomo.results import Row

_ADDRESS = re.compile(r"(?<=[?&;/]ip[=/])[0-9A-Fa-f.:%]+")
"""YouTube's `ip=192.0.2.1` in a query and `/ip/2001%3Adb8%3A%3A1/` in a path."""
HIDDEN = "hidden"


def without_address(text: str) -> str:
    """The text with the client's address in URLs replaced."""
    return _ADDRESS.sub(HIDDEN, text)


def hidden(row: Row) -> Row:
    """The row as it may be kept where the public address must not be."""
    if row.ending.detail:
        row = replace(row, ending=replace(row.ending, detail=without_address(row.ending.detail)))
    if row.response is None:
        return row
    target = row.response.redirect_url
    response = replace(
        row.response,
        url=without_address(row.response.url),
        redirect_url=without_address(target) if target else None,
    )
    return replace(row, response=response)


def hiding(sink: Callable[[Row], None]) -> Callable[[Row], None]:
    """A sink that gets rows as `hidden` leaves them."""
    return lambda row: sink(hidden(row))


class HidingFormatter(logging.Formatter):
    """A formatter of log lines without the client's address."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        return without_address(super().format(record))
