"""The pages of resolvers, servers and averages: as HTML, as JSON and as CSV."""

import csv
import html
import io
import json
import re
import sqlite3
from wsgiref.util import setup_testing_defaults

import pytest
from rows import answer, failed
from tables import row, stored

from pytomo.errors import Outcome
from pytomo.results import COLUMNS
from pytomo.web.application import application
from pytomo.web.site import Site

NAME = "probe.youtube.2026-11-22.10_00_00.pytomo_database.db"
HOSTILE = "<script>alert('x')</script>"
ANSWERS = (answer("system"), answer("opendns", Outcome.DNS_TIMEOUT))


@pytest.fixture
def get(tmp_path):
    """Ask the dashboard of a directory; the status and the text of its answer."""
    site = Site(tmp_path)
    served = application(site)

    def ask(address):
        environment = {}
        setup_testing_defaults(environment)
        path, _, query = address.partition("?")
        environment.update(PATH_INFO=path, QUERY_STRING=query, HTTP_HOST="localhost")
        statuses = []
        body = served(environment, lambda status, headers: statuses.append(status))
        return int(statuses[0][:3]), b"".join(body).decode(errors="replace")

    yield ask
    site.close()


@pytest.fixture
def filled(tmp_path):
    """A crawl in which opendns leads 18 ms farther away, and once does not answer."""
    rows = []
    for number in range(15):
        rows += [
            row(60 * number, number=number, answers=ANSWERS, place="par01", ip="192.0.2.10"),
            row(
                *(60 * number + 1,),
                **{"number": number, "resolvers": "opendns", "ping": 28.0 + number % 2},
                **{"host": "r2.example", "ip": "198.51.100.7", "prefix": "198.51.100.0/24"},
                **{"system": 64501, "place": "osl01"},
            ),
        ]
    stored(tmp_path / NAME, [*rows, failed(999)], resolvers=["system", "opendns"])


def data(get, address):
    """What the API tells."""
    status, text = get(address)
    assert status == 200, text
    return json.loads(text)["data"]


def page(get, address):
    """A page in one line of single spaces."""
    status, text = get(address)
    assert status == 200, text
    return " ".join(html.unescape(text).replace("\u202f", " ").split())


def lines(get, address):
    """The lines of a CSV."""
    status, text = get(address)
    assert status == 200, text
    return list(csv.DictReader(io.StringIO(text)))


PAGES = ("/resolvers", "/servers", "/averages")


@pytest.mark.usefixtures("filled")
def test_resolvers_are_told_in_words_and_numbers(get):
    """The page says how much farther the servers are; the API tells the same numbers."""
    text = page(get, "/resolvers")
    assert "The servers are 18.5 ms farther through opendns than through system (18." in text
    (found,) = data(get, "/api/resolvers")["comparisons"]
    assert found["numbers"]["rtt"]["estimate"]["value"] == pytest.approx(18 + 7 / 15)
    assert found["findings"][0] == {"subject": "rtt", "finding": "worse", "text": "+18.5\u202fms"}


@pytest.mark.usefixtures("filled")
def test_the_default_resolver_comes_first(get):
    """The crawl's own order tells which one a player would ask; another one can be asked for."""
    assert [line["name"] for line in lines(get, "/resolvers.csv")] == ["system", "opendns"]
    other = data(get, "/api/resolvers?baseline=opendns")
    assert [each["name"] for each in other["resolvers"]] == ["opendns", "system"]
    assert "18.5 ms nearer through system" in page(get, "/resolvers?baseline=opendns")


@pytest.mark.usefixtures("filled")
def test_a_resolver_without_rows_is_no_baseline(get):
    """The page says so instead of comparing."""
    assert "No address of quad9 is among" in page(get, "/resolvers?baseline=quad9")


@pytest.mark.usefixtures("filled")
def test_answers_come_from_their_table(get):
    """How many answers there were, and how many of them failed, and how."""
    system, opendns = data(get, "/api/resolvers")["resolvers"]
    assert (system["answered"]["answers"], system["answered"]["failures"]) == (15, {})
    assert opendns["answered"]["failures"] == {"dns_timeout": 15}
    assert data(get, "/api/resolvers?end=0")["resolvers"] == []
    (found,) = data(get, "/api/resolvers")["comparisons"]
    assert found["sentences"][0].replace("\u202f", " ") == (
        "opendns gave no address in 100 % of answers (system: 0 %)."
    )
    text = page(get, "/resolvers")
    assert "No address, share of answers" in text
    assert "opendns against system, mean difference" in text
    assert "Round trip, median" in text


def test_one_resolver_is_not_compared(get, tmp_path):
    """A crawl with one resolver is told how to ask others."""
    stored(tmp_path / NAME, [row(0)])
    assert "Only system was asked" in page(get, "/resolvers")


@pytest.mark.usefixtures("filled")
@pytest.mark.parametrize("by", ["host", "ip", "as", "place", "prefix", "country"])
def test_servers_lead_to_their_videos(get, by):
    """Each group has a link to its videos, which are as many as it has rows."""
    text = page(get, f"/servers?by={by}")
    links = re.findall(r'<td class="number"><a href="(/videos\?[^"]*)">([0-9]+)</a>', text)
    groups = data(get, f"/api/servers?by={by}")["servers"]
    assert len(links) == sum(group["name"] is not None for group in groups)
    for link, rows in links:
        assert data(get, f"/api{link}")["total"] == int(rows)


@pytest.mark.usefixtures("filled")
def test_servers_are_sorted_and_paged(get):
    """Sorting and pages are those of the API; the CSV has all groups in the same order."""
    names = [server["name"] for server in data(get, "/api/servers?sort=-rtt")["servers"]]
    assert names == ["r2.example", "r1.example"]
    second = data(get, "/api/servers?sort=-rtt&size=1&page=2")
    assert [server["name"] for server in second["servers"]] == ["r1.example"]
    assert second["pages"] == 2
    assert [line["name"] for line in lines(get, "/servers.csv?sort=-rtt")] == names
    assert "There is no page 3" in page(get, "/servers?size=1&page=3")


@pytest.mark.usefixtures("filled")
def test_links_to_other_pages_do_not_carry_the_order_of_a_table(get):
    """No link of a sorted table is refused by the page that it leads to."""
    _, text = get("/servers?sort=-rtt&size=1&service=youtube")
    links = {html.unescape(link) for link in re.findall(r'href="(/[^"]*)"', text)}
    assert any(link.startswith("/videos?service=youtube") for link in links)
    assert [link for link in links if get(link)[0] == 400] == []


@pytest.mark.usefixtures("filled")
def test_averages_of_a_crawl(get):
    """Service, number of videos and averages, the same on the page, in the API and as CSV."""
    assert "16 min 39 s" in page(get, "/averages")
    (line,) = data(get, "/api/averages")["lines"]
    assert (line["service"], line["videos"], line["rows"]) == ("youtube", 16, 31)
    (cells,) = lines(get, "/averages.csv")
    assert float(cells["PingMin"]) == line["means"]["PingMin"] == pytest.approx(19.233, abs=1e-3)


@pytest.mark.parametrize("place", PAGES)
def test_nothing_is_selected(get, tmp_path, place):
    """Where no row is selected or there is none at all, the page says so."""
    stored(tmp_path / NAME, [])
    assert "No row" in page(get, place)
    assert "No row" in page(get, f"{place}?service=none&span=hour")
    assert get(f"{place}.csv")[0] == 200


@pytest.mark.parametrize("place", PAGES)
def test_names_of_strangers_are_escaped(get, tmp_path, place):
    """Names of hosts, places, services and resolvers can be anything."""
    hostile = row(0, host=HOSTILE, place=HOSTILE, resolvers=HOSTILE, service=HOSTILE)
    other = row(0.1, host=HOSTILE, ip="192.0.2.9", resolvers="system", service=HOSTILE)
    stored(tmp_path / NAME, [hostile, other])
    status, text = get(place)
    assert status == 200
    assert HOSTILE not in text
    assert "&lt;script&gt;" in text


@pytest.mark.parametrize("place", PAGES)
def test_a_database_of_the_first_pytomo(get, tmp_path, place):
    """Its 29 columns are enough for the page."""
    columns = [metric.column for metric in COLUMNS if metric.classic]
    connection = sqlite3.connect(tmp_path / NAME)
    connection.execute(f'CREATE TABLE "pytomo_crawl_2012-03-01.10_20_30" ({", ".join(columns)})')
    for number in range(12):
        cells = dict.fromkeys(columns, "None") | {
            **{"ID": f"2012-03-01 10:20:{number + 10}", "Service": "Youtube", "IP": "192.0.2.1"},
            **{"Url": f"http://youtu.be/{number}", "Resolver": "google_public_dns", "PingMin": 9.5},
        }
        connection.execute(
            f'INSERT INTO "pytomo_crawl_2012-03-01.10_20_30" VALUES ({", ".join("?" * 29)})',
            tuple(cells.values()),
        )
    connection.commit()
    connection.close()
    assert get(place)[0] == 200
    assert get(f"/api{place}")[0] == 200


def test_a_host_of_several_networks_leads_to_them(get, tmp_path):
    """Several are not unknown: their number leads to them, and the API names them."""
    rows = [row(0, system=64500), row(9, number=1, system=64501, ip="198.51.100.7")]
    stored(tmp_path / NAME, rows)
    text = page(get, "/servers")
    (link,) = re.findall(r'<a href="(/servers[^"]*)">2 networks</a>', text)
    names = [server["name"] for server in data(get, f"/api{link}")["servers"]]
    assert sorted(names) == ["64500", "64501"]
    (host,) = data(get, "/api/servers")["servers"]
    assert (host["as_number"], host["as_numbers"]) == (None, [64500, 64501])
