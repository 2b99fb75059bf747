"""The form of what part of a database is looked at."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from rows import START, failed, measured, visit

from pytomo.results import Address, Origin
from pytomo.store import Store
from pytomo.web.filter_form import FilterForm, filter_form
from pytomo.web.parameters import SELECTION, SIZE, SORT, values
from pytomo.web.request import Request
from pytomo.web.site import Site

PARAMETERS = (*SELECTION, SORT, SIZE)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """A dashboard of three rows: two of one host, one that failed."""
    with Store(tmp_path / "a.pytomo_database.db", {}) as store:
        store(measured(0, resolvers="system,google"))
        store(measured(1, resolvers="system"))
        other = Address(ip="192.0.2.9", resolvers="google", host="r9.example", family=4)
        third = visit(2, service="dailymotion")
        store(measured(2, visit=third, address=other, origin=Origin(as_number=64501)))
        store(failed(3))
    made = Site(tmp_path)
    yield made
    made.close()


def form(site: Site, given: Mapping[str, str], names: tuple[str, ...] = ()) -> FilterForm:
    """The form of a page that knows these parameters, or all, asked for with these."""
    known = tuple(p for p in PARAMETERS if not names or p.name in names)
    request = Request(
        site=site,
        place="/servers",
        path={},
        given=given,
        arguments=values(given, known, strict=False),
        knows=lambda _: tuple(parameter.name for parameter in known),
        endpoints=tuple,
    )
    return filter_form(request)


def offered(shown: FilterForm) -> dict[str, list[str]]:
    """The texts that can be chosen in each field."""
    return {field.name: [choice.text for choice in field.choices] for field in shown.fields}


def test_choices_are_what_the_rows_have(site: Site) -> None:
    """Services, resolvers, systems and hosts are offered, the most frequent one first."""
    found = offered(form(site, {}))
    assert found["service"] == ["youtube", "dailymotion"]
    assert found["resolver"] == ["google", "system"]
    assert found["as"] == ["AS64500 EXAMPLE", "AS64501"]
    assert found["host"] == ["r1.example", "r9.example"]
    assert "removed" in found["outcome"]
    assert found["start"] == []


def test_only_what_the_page_knows(site: Site) -> None:
    """A page has the fields and time spans of its own parameters."""
    shown = form(site, {}, ("db", "service"))
    assert [field.name for field in shown.fields] == ["service"]
    assert shown.spans == ()


def test_the_form_is_filled_in(site: Site) -> None:
    """What is filtered stands in its fields; other parameters are sent along unseen."""
    given = {"service": "vimeo", "sort": "-PingMin", "db": "a.pytomo_database.db"}
    shown = form(site, given)
    assert shown.active
    assert shown.described == "vimeo"
    assert shown.kept == (("sort", "-PingMin"), ("db", "a.pytomo_database.db"))
    (service,) = (field for field in shown.fields if field.name == "service")
    assert (service.kind, service.value) == ("select", "vimeo")
    assert "vimeo" in [choice.value for choice in service.choices]
    assert "service" not in shown.cleared
    assert "sort=-PingMin" in shown.cleared


def test_a_time_goes_before_a_span(site: Site) -> None:
    """A span is marked unless start or end say otherwise; choosing one takes them away."""
    assert form(site, {}).span == "all"
    assert form(site, {"span": "day"}).span == "day"
    timed = form(site, {"span": "day", "start": f"{START:%Y-%m-%dT%H:%M}"})
    assert timed.span == ""
    assert "span" not in dict(timed.kept)
    assert [href for _, href, name in timed.spans if name == "week"] == ["/servers?span=week"]
