import logging

import pytest
from test_measure import AT

from pytomo.errors import Failure, Outcome, Phase
from pytomo.privacy import HidingFormatter, hidden, without_address
from pytomo.results import Response, Row, Visit, ending

QUERY = "https://rr5.example/videoplayback?expire=1&ip=192.0.2.1&id=x"


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        (QUERY, "https://rr5.example/videoplayback?expire=1&ip=hidden&id=x"),
        ("https://m.example/api/ip/2001%3Adb8%3A%3A1/id/x", "https://m.example/api/ip/hidden/id/x"),
        ("https://m.example/v?ip=2001:db8::1", "https://m.example/v?ip=hidden"),
        ("https://m.example/v?zip=75001&tip=1.2", "https://m.example/v?zip=75001&tip=1.2"),
    ],
)
def test_addresses_in_urls(text: str, kept: str) -> None:
    """The client's address is taken out of a URL, and nothing else."""
    assert without_address(text) == kept


def test_rows() -> None:
    """Neither the media's URL nor the redirect's nor what is told of it shows the address."""
    row = Row(
        visit=Visit(at=AT, service="youtube", url="http://site.example/", round=0),
        ending=ending(Failure(Outcome.REDIRECTED, Phase.REQUEST, f"redirected to {QUERY}")),
        response=Response(url=QUERY, redirect_url=QUERY),
    )
    assert "192.0.2.1" not in str(hidden(row))


def test_log_lines() -> None:
    """A traceback is a part of its line."""
    try:
        raise ValueError(QUERY)
    except ValueError as error:
        info = (type(error), error, error.__traceback__)
        record = logging.LogRecord("x", logging.INFO, "", 0, "asked %s", (QUERY,), info)
    assert "192.0.2.1" not in HidingFormatter().format(record)
