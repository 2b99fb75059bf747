"""The page of distributions, as a browser, a program and a spreadsheet see it."""

import csv
import io
import json
from wsgiref.util import setup_testing_defaults

import pytest
from rows import failed, visit
from table_fixtures import never, started

from pytomo.store import Store
from pytomo.web.application import application
from pytomo.web.site import Site

NAME = "probe.youtube.2026-11-22.10_00_00.pytomo_database.db"


@pytest.fixture
def get(tmp_path):
    """Ask the dashboard; the status and the text of its answer."""
    with Store(tmp_path / NAME, {}) as store:
        for delay in (1.0, 2.0, 3.0):
            store(started(delay, resolvers="system,google"))
        store(started(9.0, resolvers="google", visit=visit(service="<i>other</i>")))
        store(never())
        store(failed())
    site = Site(tmp_path)
    served = application(site)

    def ask(address):
        environment = {}
        setup_testing_defaults(environment)
        path, _, query = address.partition("?")
        environment.update(PATH_INFO=path, QUERY_STRING=query, HTTP_HOST="localhost")
        statuses = []
        body = served(environment, lambda status, headers: statuses.append(status))
        return int(statuses[0][:3]), b"".join(body).decode("utf-8", "replace")

    yield ask
    site.close()


def test_the_page_tells_quantiles(get):
    """The median of the startup delay of all samples, never-started ones included."""
    status, text = get("/distributions")
    assert status == 200
    assert "Quantiles of StartupDelay" in text
    assert "all rows" in text
    assert "never started (1) count as endless" in text.replace("\n", " ")
    assert '<option value="StartupDelay" selected>' in text


def test_strangers_names_are_escaped(get):
    """A group's name is text, whatever it holds."""
    _, text = get("/distributions?by=service")
    assert "&lt;i&gt;other&lt;/i&gt;" in text
    assert "<i>other" not in text


def test_programs_get_the_curves(get):
    """JSON holds what the page shows, and each step of each curve."""
    status, text = get("/api/distributions?by=resolver&column=StartupDelay")
    assert status == 200
    groups = {group["name"]: group for group in json.loads(text)["data"]["curves"]["groups"]}
    assert groups["google"]["points"] == [[1.0, 0.25], [2.0, 0.5], [3.0, 0.75], [9.0, 1.0]]
    assert groups["system"]["endless"] == 1
    assert groups["system"]["quantiles"]["p99"] is None


def test_a_spreadsheet_gets_the_steps(get):
    """CSV has a line for each step: group, value, share of rows."""
    status, text = get("/distributions.csv?column=StartupDelay&service=youtube")
    assert status == 200
    lines = list(csv.DictReader(io.StringIO(text)))
    assert [(line["value"], line["share"]) for line in lines] == [
        ("1.0", "0.25"),
        ("2.0", "0.5"),
        ("3.0", "0.75"),
    ]
    assert lines[0]["group"] == "all rows"


@pytest.mark.parametrize("image", ["svg", "png"])
@pytest.mark.parametrize("path", ["/distributions/curves", "/parameters/StartupDelay/spread"])
def test_pictures_have_an_address(get, path, image):
    """Both pictures can be had in both formats and themes, of any selection."""
    status, text = get(f"{path}.{image}?theme=dark&resolver=system")
    assert status == 200
    assert ("PNG" if image == "png" else "<svg") in text[:400]


def test_a_selection_is_named_in_the_picture(get):
    """A picture that is passed on says which rows it shows."""
    assert "(through system)" in get("/distributions/curves.svg?resolver=system")[1]
    assert "(everything)" not in get("/distributions/curves.svg")[1]


def test_what_is_not_there_is_said(get):
    """No row that is selected has a value: a sentence, and no picture."""
    _, text = get("/distributions?host=nowhere")
    assert "No row that is selected has a value of StartupDelay" in text
    assert "<figure" not in text


def test_other_parameters_are_refused(get):
    """A column that is no parameter: one clear sentence, in the page's own language."""
    assert get("/distributions?column=Title")[0] == 400
    assert get("/parameters/Title/spread.svg")[0] == 404
    assert "column must be one of" in json.loads(get("/api/distributions?column=x")[1])["error"]
