"""The report: one document that holds all that belongs to it, whatever strangers called things."""

import base64
import hashlib
import io
import re
import sqlite3
from html.parser import HTMLParser
from wsgiref.util import setup_testing_defaults

import pytest
from rows import failed, measured, track, visit
from table_fixtures import never, started

from pytomo.errors import CrawlError, UsageError
from pytomo.report import report
from pytomo.results import Playback, Stall, Video
from pytomo.store import Store
from pytomo.web.answers import Unreadable
from pytomo.web.application import application
from pytomo.web.pages.report import as_pdf
from pytomo.web.parameters import SELECTION
from pytomo.web.request import Request
from pytomo.web.site import Site

NAME = "probe.youtube.2026-11-22.10_00_00.pytomo_database.db"
NASTY = '<script>alert(1)</script> "$x^2$" & co \u202e'
FACTS = {
    "host": "probe<b>",
    "started": "2026-11-22T09:59:00.5+00:00",
    "resolvers": ["system", "google"],
    "pytomo": "4.0.0",
    "settings": {
        "download_time": 30.0,
        "resolvers": [["system", "system", 53], ["google", "8.8.8.8", 53]],
        "output_dir": "/home/somebody/secret",
    },
}


def stalled(second, title, host="r1.example"):
    """A row that stalled for two seconds, with its arrivals."""
    playback = Playback(
        startup_delay=1.0,
        stall_count=1,
        stalled_time=2.0,
        played_time=8.0,
        stall_ratio=0.2,
        stalls=(Stall(3.0, 2.0, 1.0, False),),
        profile="pytomo/1 start=2 stall=0.1 resume=1",
    )
    video = Video(extraction_time=0.5, title=title, tracks=(track(), track()))
    return measured(second, video=video, playback=playback)


def fill(path):
    """A database with something of everything."""
    with Store(path, FACTS) as store:
        store(stalled(0, NASTY))
        for second in range(1, 15):
            store(
                started(0.5, 60.0 * second, visit=visit(60.0 * second, url=f"https://x/{second}"))
            )
        store(never(1000))
        store(failed(1001))


@pytest.fixture(scope="module")
def database(tmp_path_factory):
    path = tmp_path_factory.mktemp("report") / NAME
    fill(path)
    return path


@pytest.fixture(scope="module")
def page(database):
    """The report as HTML."""
    return b"".join(report(database, "html")).decode()


@pytest.fixture(scope="module")
def document(database):
    """The report as PDF, read."""
    pypdf = pytest.importorskip("pypdf")
    pytest.importorskip("weasyprint")
    return pypdf.PdfReader(io.BytesIO(b"".join(report(database, "pdf"))))


class Elements(HTMLParser):
    """All elements of a page with their attributes, and its text."""

    def __init__(self, page):
        super().__init__()
        self.found, self.words = [], []
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self.found.append((tag, dict(attributes)))

    def handle_data(self, data):
        self.words.append(data)


def test_nothing_is_loaded_from_elsewhere(page):
    """Pictures are data URIs; there is no script, frame, font or style sheet of another place."""
    elements = Elements(page).found
    assert {tag for tag, _ in elements} & {"img", "table", "style"} == {"img", "table", "style"}
    assert not {tag for tag, _ in elements} & {"script", "link", "iframe", "object", "embed"}
    for _, attributes in elements:
        assert attributes.get("src", "data:image/").startswith("data:image/")
        assert attributes.get("href", "#").startswith("#")
        assert not [name for name in attributes if name.startswith("on") or name == "style"]
    assert "url(" not in page.replace("attr(href url)", "")


def test_only_its_own_style_is_allowed(page):
    """Its policy names the style by its hash, so that nothing that slips in can take effect."""
    style = re.search(r"<style>(.*?)</style>", page, re.S)[1]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    (policy,) = (a["content"] for _, a in Elements(page).found if "http-equiv" in a)
    assert f"style-src 'sha256-{digest}'" in policy
    assert "default-src 'none'" in policy


def test_names_of_strangers_are_text(page):
    """A title that is a script is shown as it is."""
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<script" not in page
    assert "probe&lt;b&gt;" in page


def test_all_parts_are_there(page):
    """Verdict, causes, resolvers, servers, distributions, worst videos, averages, how measured."""
    headings = re.findall(r'<h2 id="(\w+)">', page)
    assert headings == [
        *("play", "causes", "time", "resolvers", "servers", "distributions", "worst"),
        *("averages", "measured"),
    ]
    assert re.findall(r'<a href="#(\w+)">', page) == headings
    assert page.count("<img ") >= 5
    assert all(attributes["alt"] for tag, attributes in Elements(page).found if tag == "img")


def test_how_it_was_measured(page):
    """Facts, settings, versions, the player and definitions; no path of the machine."""
    words = " ".join(Elements(page).words)
    for text in (
        *("2026-11-22 09:59:00 UTC", "30.0 s", "google (8.8.8.8)", "4.0.0"),
        *("pytomo/1 start=2", "8 × DownloadBytes / DownloadTime / 1000; if paced,"),
    ):
        assert text in words
    assert "somebody" not in page


def test_the_pdf_has_real_text(document):
    """Words can be searched: headings, the video's title, the page numbers."""
    text = " ".join(page.extract_text() for page in document.pages)
    for words in ("Pytomo report", "How videos play", "What limits them", "<script>alert(1)"):
        assert words in text
    assert f"Page 1 of {len(document.pages)}" in document.pages[0].extract_text()


def test_the_pdf_can_be_found_and_walked(document):
    """It has a title, bookmarks of its parts, and links from the contents."""
    assert document.metadata.title == f"Pytomo report: {NAME.removesuffix('.pytomo_database.db')}"
    assert document.metadata.creator.startswith("Pytomo")
    titles = [entry.title for entry in flat(document.outline)]
    assert {"How videos play", "Resolvers", "How it was measured"} <= set(titles)
    assert len([1 for link in document.pages[0]["/Annots"]]) >= 9


def flat(outline):
    for entry in outline:
        if isinstance(entry, list):
            yield from flat(entry)
        else:
            yield entry


def test_an_empty_database(tmp_path):
    """Without a row there is a report that says so."""
    path = tmp_path / NAME
    with Store(path, {}):
        pass
    page = b"".join(report(path, "html")).decode()
    assert "There is no row." in page
    assert "No row knows a server." in page
    assert 'id="worst"' not in page


def test_a_database_of_the_first_pytomo(tmp_path):
    """Its classic columns are reported; what it did not know is unknown."""
    path = tmp_path / "old.pytomo_database.db"
    columns = "ID, Service, Url, IP, Resolver, PingMin, DownloadTime, EncodingRate"
    cells = ("2012-03-01 10:20:31", "Youtube", "http://x/", "192.0.2.1", "default", "20", "9", "x")
    with sqlite3.connect(path) as connection:
        connection.execute(f'CREATE TABLE "pytomo_crawl_2012-03-01.10_20_30" ({columns})')
        sql = 'INSERT INTO "pytomo_crawl_2012-03-01.10_20_30" VALUES (?, ?, ?, ?, ?, ?, ?, ?)'
        connection.execute(sql, cells)
    connection.close()
    page = b"".join(report(path, "html")).decode()
    assert "Youtube" in page
    assert "This database does not say what it was measured with." in page


def test_what_is_no_database_is_told(tmp_path):
    """One clear line, as everywhere."""
    path = tmp_path / "x.db"
    path.write_bytes(b"nothing of the kind")
    with pytest.raises(CrawlError, match="cannot read"):
        next(report(path, "html"))


@pytest.fixture(scope="module")
def made():
    """What a PDF was to be made of."""
    return []


@pytest.fixture(scope="module")
def get(database, made):
    """Ask the dashboard; the status, headers and bytes of its answer."""

    def pdf(html):
        made.append(html.decode())
        return b"%PDF-"

    site = Site(database.parent, pdfs=pdf)
    served = application(site)

    def ask(address):
        environment = {}
        setup_testing_defaults(environment)
        path, _, query = address.partition("?")
        environment.update(PATH_INFO=path, QUERY_STRING=query, HTTP_HOST="localhost")
        told = []
        body = served(environment, lambda status, headers: told.append((status, dict(headers))))
        ((status, headers),) = told
        return int(status[:3]), headers, b"".join(body)

    yield ask
    site.close()


def test_the_dashboard_has_the_report(get):
    """Of the selected rows, under a file name that tells the database, with its own policy."""
    status, headers, body = get("/report.html?resolver=google")
    assert status == 200
    assert b"Only through google." in body
    name = "probe.youtube.2026-11-22.10_00_00.report.html"
    assert headers["Content-Disposition"] == f'inline; filename="{name}"'
    assert "style-src 'sha256-" in headers["Content-Security-Policy"]
    assert "img-src data:" in headers["Content-Security-Policy"]


def test_the_dashboard_has_the_pdf(get, made):
    """The same as PDF, with pictures of dots."""
    status, headers, body = get("/report.pdf")
    assert (status, headers["Content-Type"]) == (200, "application/pdf")
    assert headers["Content-Disposition"].endswith('.report.pdf"')
    assert body == b"%PDF-"
    (html,) = made
    assert "data:image/png" in html
    assert "data:image/svg" not in html


def test_a_pdf_that_cannot_be_made(database):
    """It is said why, and where the same is to be had."""

    def broken(html):
        raise UsageError("no pango here")

    site = Site(database.parent, pdfs=broken)
    selected = {parameter.name: parameter.default for parameter in SELECTION}
    with pytest.raises(Unreadable, match=r"no pango here\. /report\.html"):
        as_pdf(Request(site=site, place="/report.pdf", arguments=selected))
    site.close()


def test_a_row_of_the_report_is_that_of_a_page(get):
    """The report and the pages tell the same numbers."""
    _, _, body = get("/report.html")
    _, _, verdict = get("/")
    (headline,) = re.findall(r"<h1>(.*?)</h1>", verdict.decode(), re.S)
    assert headline in body.decode()
