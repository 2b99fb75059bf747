import math
from datetime import UTC, datetime

import pytest

from pytomo.web.answers import BadRequest
from pytomo.web.parameters import AS_NUMBER, END, IP, OUTCOME, PAGE, PREFIX, START, texts, values

TEN = datetime(2026, 11, 22, 10, tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("parameter", "text", "value"),
    [
        (AS_NUMBER, "15169", 15169),
        (AS_NUMBER, "AS15169", 15169),
        (IP, "192.0.2.1", "192.0.2.1"),
        (IP, "2001:DB8:0::1", "2001:db8::1"),
        (PREFIX, "192.0.2.0/24", "192.0.2.0/24"),
        (START, "2026-11-22T10:00:00Z", TEN),
        (START, "2026-11-22T10:00", TEN),
        (START, "2026-11-22 10:00:00", TEN),
        (START, "2026-11-22T11:00:00+01:00", TEN),
        (START, "2026-11-22T11:00:00 01:00", TEN),
        (START, "2026-11-22", TEN - 10 * 3600),
        (END, str(TEN + 0.25), TEN + 0.25),
        (OUTCOME, "removed", "removed"),
        (PAGE, "12", 12),
    ],
)
def test_conversion(parameter, text, value):
    """A text becomes the value that analyses take: numbers, UTC seconds, addresses as stored."""
    assert values({parameter.name: text}, [parameter], strict=True) == {parameter.name: value}


@pytest.mark.parametrize(
    ("parameter", "text"),
    [
        (AS_NUMBER, "4294967296"),
        (AS_NUMBER, "1.5"),
        (IP, "192.0.2.256"),
        (PREFIX, "192.0.2.1/24"),
        (START, "nan"),
        (START, "1e9"),
        (START, "-1"),
        (START, "253402300800"),
        (START, "yesterday"),
        (START, "0001-01-01T00:00+14:00"),
        (OUTCOME, "bad"),
        (PAGE, "0"),
        (PAGE, "1000001"),
        (PAGE, "٣"),
    ],
)
def test_refusal(parameter, text):
    """What cannot be is refused with the parameter's name."""
    with pytest.raises(BadRequest, match=parameter.name):
        values({parameter.name: text}, [parameter], strict=True)


def test_defaults():
    """What is not given has its default; what a form sends without text is not given."""
    assert values(texts("page="), [PAGE, START], strict=True) == {"page": 1, "start": None}


def test_unknown_names():
    """Programs hear of a wrong name and of the right ones; people's links go on to work."""
    with pytest.raises(BadRequest, match="no parameter pgae; there are: page"):
        values({"pgae": "2"}, [PAGE], strict=True)
    assert values({"pgae": "2"}, [PAGE], strict=False) == {"page": 1}


@pytest.mark.parametrize(
    "query", ["a=%ff", "\xff=1", "a=%00", "a=%0a", "a=1&a=2", "a=" + "x" * 301, "x" * 4001]
)
def test_queries_that_cannot_be(query):
    """No UTF-8, control characters, repetitions and overlong texts are refused."""
    with pytest.raises(BadRequest):
        texts(query)


def test_text_of_a_query():
    """Plus and percent signs are decoded, UTF-8 that was sent as it is, too."""
    assert texts("service=a+b%2Bc&place=Z%C3%BCrich&host=\xc3\xa9") == {
        "service": "a b+c",
        "place": "Zürich",
        "host": "é",
    }


def test_time_is_finite():
    """No way of writing a time gives one that is none."""
    for text in ("0", "0.0", "9999-12-31T23:59:59Z"):
        value = values({"start": text}, [START], strict=True)["start"]
        assert math.isfinite(value)


def test_times_in_order():
    """No row is after its end: who asks so is told; a moment alone is a time like any other."""
    with pytest.raises(BadRequest, match="start is after end"):
        values({"start": "2026-11-23", "end": "2026-11-22"}, (START, END), strict=True)
    assert values({"start": "5", "end": "5"}, (START, END), strict=True) == {"start": 5, "end": 5}
