import gzip
import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from html import unescape
from pathlib import Path

import pytest
from web_client import LATER, NAME, Client, Clock, add_row, write_database

from pytomo.store import Store
from pytomo.web.application import application
from pytomo.web.hosts import is_local
from pytomo.web.page import File, Page, Picture, always, filled, placeholders
from pytomo.web.pages import FILES, PAGES, PICTURES, databases
from pytomo.web.parameters import PAGE
from pytomo.web.site import Site
from pytomo.web.templates import PLACE


@dataclass(frozen=True)
class Answer:
    """What a page of these tests shows."""

    number: int


def page(build=lambda request: Answer(request.arguments["page"]), **changes):
    """A page of these tests, with the template of another one."""
    known = {"name": "try", "path": "/try", "title": "Try", "text": "A try."}
    return Page(**{**known, "parameters": (PAGE,), "build": build, "version": always, **changes})


@pytest.fixture
def site(tmp_path):
    """A site with two databases."""
    write_database(tmp_path / NAME)
    write_database(tmp_path / LATER)
    site = Site(tmp_path, monotonic=Clock())
    yield site
    site.close()


@pytest.fixture
def client(site):
    """The whole dashboard."""
    return Client(application(site))


def test_forms_of_a_page(client):
    """A page is HTML for people, JSON by its name and CSV by its path."""
    assert client.get("/databases").headers["Content-Type"] == "text/html; charset=utf-8"
    found = client.get("/api/databases").json()
    assert [line["name"] for line in found["data"]["databases"]] == [LATER, NAME]
    lines = client.get("/databases.csv")
    assert lines.headers["Content-Disposition"] == 'attachment; filename="databases.csv"'
    assert lines.text.splitlines()[0].startswith("name,begun,service,rows")


def test_json_says_what_it_is_about(client):
    """JSON of rows names the database, how many rows it has, and what was asked for."""
    found = client.get(f"/api/videos?db={NAME}&service=youtube").json()
    assert found["database"] == NAME
    assert (found["rows"], found["loaded"]) == (6, 6)
    assert found["arguments"] == {"db": NAME, "service": "youtube"}


def test_database_that_is_none(client):
    """A database that is not there gets a page that names the archive, or JSON."""
    shown = client.get("/videos?db=none.db")
    assert shown.status == 404
    assert "none.db" in shown.text
    assert 'href="/databases"' in shown.text
    told = client.get("/api/videos?db=none.db")
    assert told.status == 404
    assert told.json()["status"] == 404


def test_no_page(client):
    """An address that is none gets a page, or JSON below /api/."""
    assert client.get("/none").headers["Content-Type"].startswith("text/html")
    assert client.get("/api/none").json()["error"]


def test_unreadable_database(tmp_path, client):
    """A file that is no database gets a page that says so, and no error of ours."""
    (tmp_path / "bad.db").write_bytes(b"nothing of the kind " * 100)
    response = client.get("/videos?db=bad.db")
    assert response.status in (404, 409)
    assert "bad.db" in response.text


def test_head(client):
    """HEAD gets the headers of GET and no body."""
    whole, head = client.get("/databases"), client.get("/databases", "HEAD")
    assert head.body == b""
    assert head.status == 200
    assert head.headers == whole.headers
    assert int(head.headers["Content-Length"]) == len(whole.body)


@pytest.mark.parametrize("address", ["/videos", "/api/videos", "/videos.csv", "/static/style.css"])
def test_not_modified(client, address):
    """Who has the page already is told so, without a body."""
    tag = client.get(address).headers["ETag"]
    response = client.get(address, if_none_match=f'"other", {tag}')
    assert response.status == 304
    assert response.body == b""
    assert response.headers["ETag"] == tag
    assert client.get(address, if_none_match='"other"').status == 200


def test_policies_are_kept(client):
    """Who asks again keeps the policy that came with the content, whatever it was."""
    tag = client.get("/videos").headers["ETag"]
    assert "Content-Security-Policy" not in client.get("/videos", if_none_match=tag).headers


def test_modified_by_rows(tmp_path, client):
    """A page of a database that grows is another page with each row."""
    with Store(tmp_path / "vm.x.2027-01-01.00_00_00.db", {}) as store:
        add_row(store, 0)
        tag = client.get("/videos").headers["ETag"]
        assert client.get("/videos", if_none_match=tag).status == 304
        add_row(store, 1)
        assert client.get("/videos", if_none_match=tag).status == 200


@pytest.mark.parametrize(("accepted", "packed"), [("br, gzip", True), ("gzip;q=0", False)])
def test_compression(client, accepted, packed):
    """Pages are compressed for those who can take it."""
    plain = client.get("/databases")
    response = client.get("/databases", accept_encoding=accepted)
    assert (response.headers.get("Content-Encoding") == "gzip") == packed
    assert (gzip.decompress(response.body) if packed else response.body) == plain.body
    assert int(response.headers["Content-Length"]) == len(response.body)


def test_picture_policy(client):
    """An SVG that is opened alone may run nothing."""
    response = client.get("/videos/1/playback.svg")
    assert response.headers["Content-Type"] == "image/svg+xml"
    policy = response.headers["Content-Security-Policy"]
    assert policy == "default-src 'none'; style-src 'unsafe-inline'; sandbox"


def test_strangers_words_are_escaped(tmp_path):
    """A file name that is markup stays a text."""
    name = "<img src=x onerror=alert(1)>.db"
    write_database(tmp_path / name)
    site = Site(tmp_path)
    shown = Client(application(site)).get("/databases").text
    assert "&lt;img src=x" in shown
    assert "<img src=x" not in shown
    site.close()


def test_nothing_yet(tmp_path):
    """Without a database pages say how to start a crawl, and data that there are none."""
    site = Site(tmp_path / "databases", monotonic=Clock())
    client = Client(application(site))
    shown = client.get("/videos")
    assert shown.status == 200
    assert "bin/pytomo" in shown.text
    assert client.get("/api/videos").status == 404
    assert client.get("/databases").status == 200
    assert client.get("/documents").status == 200
    assert client.get("/api/status").json()["data"]["state"] == "empty"
    write_database(tmp_path / "databases" / NAME)
    assert client.get("/api/videos").status == 200
    site.close()


def test_a_bug_is_told_plainly(site, caplog):
    """A bug in a page is logged with its traceback, which nobody else gets to see."""
    bad = page(lambda request: 1 // 0)
    client = Client(application(site, pages=[bad, databases.PAGE], pictures=(), files=()))
    response = client.get("/api/try")
    assert response.status == 500
    assert response.headers["Content-Security-Policy"]
    assert "Traceback" not in response.text
    assert "ZeroDivisionError" in caplog.text


def test_files(site):
    """A file of the registry has the type and the policy that it declares."""
    file = File(
        name="m",
        path="/m",
        text="M.",
        type="text/plain; charset=utf-8",
        write=lambda request: "é",
        version=always,
        policy="sandbox",
    )
    response = Client(application(site, pages=(), pictures=(), files=[file])).get("/m")
    assert response.text == "é"
    assert response.headers["Content-Security-Policy"] == "sandbox"


def test_pages_are_kept(site):
    """A page is built once for each version and each set of arguments."""
    built = []
    kept = page(lambda request: built.append(1) or Answer(1))
    client = Client(application(site, pages=[kept], pictures=(), files=()))
    for address in ("/api/try", "/api/try", "/api/try?page=2", "/api/try?page=2"):
        client.get(address)
    assert len(built) == 2


def test_switch_is_told(tmp_path, client):
    """When a newer database appears, pages say which one is followed, and since when."""
    client.get("/status")
    newest = "vm.youtube.2026-11-24.10_00_00.pytomo_database.db"
    write_database(tmp_path / newest)
    found = client.get("/api/status").json()["data"]
    assert found["database"] == newest
    assert found["before"] == LATER
    assert f"now following this database, since {found['since'][:10]}" in client.get("/").text


def test_pinned_links(client):
    """The links of a page about one database lead to pages about the same one."""
    shown = client.get(f"/databases?db={NAME}").text
    assert f'href="/videos?db={NAME}"' in shown
    assert f'<option value="{NAME}" selected>' in shown


@pytest.mark.parametrize("host", ["127.0.0.1:5555", "localhost", "[::1]:5555", "10.1.2.3", ""])
def test_local_hosts(host):
    """Addresses and localhost are names that nobody else can choose."""
    assert is_local(host)


@pytest.mark.parametrize("host", ["evil.example", "evil.example:5555", "localhost.evil.example"])
def test_names_of_others(site, host):
    """A page of the web that gives its name our address reads nothing (DNS rebinding)."""
    assert not is_local(host)
    closed = Client(application(site, local_only=True)).get("/", host=host)
    assert closed.status == 421
    assert NAME not in closed.text
    assert Client(application(site)).get("/databases", host=host).status == 200


def test_registry():
    """Each page has a template, a text and, if it is in the menu, an example of its path."""
    names = [target.name for target in (*PAGES, *PICTURES, *FILES)]
    assert len(set(names)) == len(names)
    for found in PAGES:
        assert (PLACE / f"{found.name}.html").is_file()
        assert found.title
    for target in (*PAGES, *PICTURES, *FILES):
        assert target.text.endswith((".", "?"))
        assert {*target.example, "format"} >= {*placeholders(target.path)}
        for parameter in target.parameters:
            assert parameter.text.endswith(".")
            assert all(parameter.value(choice) is not None for choice in parameter.choices)


def test_menu_leads_somewhere(client):
    """Every entry of the menu is a page."""
    menu = [found for found in PAGES if found.menu]
    assert menu
    for found in menu:
        assert client.get(filled(found.path, found.example)).status == 200


def test_a_slow_file_holds_up_nobody(site):
    """While a slow file is made pages are there at once, and other slow files are refused."""
    begun, go_on = threading.Event(), threading.Event()

    def write(request):
        begun.set()
        go_on.wait(30)
        return f"slow {request.path['row']}"

    slow = File(
        name="slow",
        path="/slow/{row}",
        text="A try.",
        type="text/plain",
        write=write,
        version=always,
        slow=True,
    )
    client = Client(application(site, pages=(*PAGES, page()), files=(slow,)))
    with ThreadPoolExecutor(6) as readers:
        first = readers.submit(client.get, "/slow/1")
        assert begun.wait(30)
        try:
            late = [readers.submit(client.get, f"/slow/{row}") for row in (1, 2, 3, 4)]
            assert client.get("/api/try").status == 200
            refused = [future.result() for future in late]
            assert not first.done()
        finally:
            go_on.set()
        assert first.result().text == "slow 1"
    assert {answer.status for answer in refused} == {503}
    assert {answer.headers["Retry-After"] for answer in refused} == {"10"}
    assert "A report is being made for another reader" in refused[0].text
    assert client.get("/slow/1").text == "slow 1"
    assert client.get("/slow/2").text == "slow 2"


@pytest.mark.parametrize(
    ("address", "heading"),
    [
        ("/nowhere", "Not there"),
        ("/?db=b.2027-01-02.00_00_00.db", "Cannot be read"),
        ("/?db=locked.db", "Busy"),
        ("/?start=5&end=4", "That cannot be"),
    ],
)
def test_headings_of_refusals(tmp_path, client, address, heading):
    """What cannot be shown is said in words; a page about a locked database tries again."""
    (tmp_path / "b.2027-01-02.00_00_00.db").write_bytes(b"no database at all" * 100)
    other = sqlite3.connect(write_database(tmp_path / "locked.db"), isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    text = client.get(address).text
    other.close()
    assert f">{heading}</h1>" in text
    assert str(tmp_path) not in text
    assert ("tries again by itself" in text) == (heading == "Busy")


def test_how_to_begin(tmp_path):
    """Without a database the page shows the commands that make one appear there."""
    for given, option in ((tmp_path / "a b", f" --output-dir '{tmp_path}/a b'"), (Path(), "")):
        site = Site(given / "databases")
        assert f"bin/pytomo{option}\n" in f"{unescape(empty(site))}"
        site.close()


def empty(site):
    """The page without a database, its commands each on a line."""
    return Client(application(site)).get("/").text.replace("</code>", "\n")


def lacking(request):
    """A picture that needs what is not installed."""
    raise ImportError("no libfreetype", name="matplotlib.figure")


def test_pictures_that_cannot_be_drawn(site):
    """Without what draws them an SVG says so; a PNG, for which it is needed, is refused."""
    picture = Picture(name="try", path="/try.{format}", text="A try.", draw=lacking)
    client = Client(application(site, pages=(), pictures=(picture,), files=()))
    said = client.get("/try.svg")
    assert said.status == 200
    assert "matplotlib" in said.text
    refused = client.get("/try.png")
    assert refused.status == 503
    assert "matplotlib" in refused.json()["error"]


def test_pages_that_cannot_be_made(site):
    """A page that lacks a package says which."""
    client = Client(application(site, pages=(page(lacking),), pictures=(), files=()))
    response = client.get("/try")
    assert response.status == 503
    assert "matplotlib, which cannot be loaded (no libfreetype)" in response.text


@pytest.mark.parametrize("place", ["/", "/videos", "/resolvers", "/distributions", "/report.html"])
def test_times_that_are_none(tmp_path, place):
    """Rows of a wrong clock break no page."""
    path = write_database(tmp_path / NAME)
    with sqlite3.connect(path) as connection:
        for row, time in ((2, "0001-01-01 00:00:00.000000"), (6, "9999-12-31 23:59:59.999999")):
            connection.execute("UPDATE pytomo_crawl SET ID = ? WHERE rowid = ?", (time, row))
    connection.close()
    site = Site(tmp_path)
    assert Client(application(site)).get(place).status == 200
    site.close()


def test_unix_times_of_the_first_pytomo(tmp_path):
    """IDs that are seconds since 1970 are read as times, beside those that are text."""
    path = tmp_path / "old.pytomo_database.db"
    with sqlite3.connect(path) as connection:
        connection.execute('CREATE TABLE "pytomo_crawl_2012" (ID, Service, Url)')
        for known in (1325379600.5, "1325379700", "2012-01-01 02:00:00", "soon"):
            row = (known, "Youtube", "http://x/")
            connection.execute('INSERT INTO "pytomo_crawl_2012" VALUES (?, ?, ?)', row)
    connection.close()
    site = Site(tmp_path)
    assert site.source().table.time.tolist() == [1325379600.5, 1325379700, 1325383200]
    rows = Client(application(site)).get("/api/videos?sort=ID").json()["data"]["rows"]
    assert rows[0]["ID"] == "2012-01-01 01:00:00.500000"
    site.close()
