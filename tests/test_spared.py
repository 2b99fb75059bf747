"""Which troubles the address of another resolver would have spared."""

import pytest
from tables import row, stored, table_of
from web_client import FACTS, NAME, Client

from pytomo.analysis.norms import norms
from pytomo.analysis.spared import better
from pytomo.analysis.verdict import verdict
from pytomo.web.application import application
from pytomo.web.site import Site


def visits(count, first=0, **other):
    """Visits in which system leads to a slow server, and google to another that plays so."""
    rows = []
    for n in range(first, first + count):
        rows.append(row(60.0 * n, number=n, startup=5.0))
        rows.append(
            row(60.0 * n + 1, number=n, **{"ip": "192.0.2.9", "resolvers": "google", **other})
        )
    return rows


def of(tmp_path, rows):
    """The verdict on these rows."""
    table = table_of(tmp_path, rows)
    return verdict(table, norms(table))


def test_what_played_well_elsewhere_was_spared(tmp_path):
    """It is counted of all that went wrong, and said."""
    found = of(tmp_path, [*visits(15), *visits(15, 15, startup=5.0)])
    assert (found.due - found.well, found.spared) == (45, 15)
    assert any(said.startswith("33.3\u202f% of what went wrong would") for said in found.sentences)


@pytest.mark.parametrize("other", [{"startup": 5.0}, {"resolvers": "system"}, {"stalled": 1.0}])
def test_no_better_address_spares_nothing(other, tmp_path):
    """Nor does one that the same resolver gave."""
    found = of(tmp_path, visits(20, **other))
    assert found.spared == 0
    assert not any("spared" in said for said in found.sentences)


CELLS = {"Outcome": "ok", "StartupDelay": 0.5, "DownloadInterruptions": 0, "Resolver": "google"}


def test_the_better_row():
    """It is the one that started first from an address that another resolver gave."""
    mine = {**CELLS, "Resolver": "system", "StartupDelay": 5.0}
    slower, stalled = {**CELLS, "StartupDelay": 0.9}, {**CELLS, "DownloadInterruptions": 1}
    assert better(mine, [mine, slower, CELLS, stalled]) is CELLS
    assert better(mine, [mine, stalled, {**CELLS, "Resolver": "system"}]) is None
    assert better({**mine, "Resolver": None}, [slower]) is slower


def test_the_page_of_a_video_names_the_better_address(tmp_path):
    """With a link to its row, and only where something went wrong."""
    stored(tmp_path / NAME, visits(1), **FACTS)
    site = Site(tmp_path)
    client = Client(application(site))
    said = " ".join(client.get("/videos/1").text.replace("\u202f", " ").split())
    assert "Through google the same video started in 0.500 s from r1.example" in said
    assert f'<a href="/videos/2?db={NAME}">row 2</a>' in said
    assert "Through system the same video" not in client.get("/videos/2").text
    site.close()
