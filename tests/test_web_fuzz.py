"""Whatever a stranger asks for, the dashboard answers it or says why not."""

from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from web_client import NAME, Client, write_database

from pytomo.web.answers import BadRequest
from pytomo.web.application import application
from pytomo.web.page import filled
from pytomo.web.pages import FILES, PAGES, PICTURES
from pytomo.web.parameters import values
from pytomo.web.routes import routes
from pytomo.web.site import Site

ROUTES = tuple(routes(PAGES, PICTURES, FILES))
HOSTILE = (
    *("", " ", "0", "-0", "-1", "1", "1e9", "1e309", "nan", "inf", "-inf", "1_000", "٣", "²"),
    *("9" * 18, "9" * 40, "9" * 5000, "0x10", "1.", ".", "...", "1.2.3.4", "1.2.3.4/33", "::1%lo"),
    *("\0", "\n", "\r\nSet-Cookie: a=b", "a\tb", "\u202e", "\ud800", "é", "💩", "x" * 301),
    *("../../etc/passwd", "/etc/passwd", "..", "C:\\x", NAME, f"./{NAME}", f"../databases/{NAME}"),
    *("' OR 1=1 --", '"; DROP TABLE pytomo_crawl; --', "%", "_", "%s", "{0}", "{{7*7}}", "${x}"),
    *("<script>alert(1)</script>", "' onload='x", "javascript:x", "&amp;", "=cmd|' /C calc'!A0"),
    *("2026-11-22", "2026-11-22T10:00:00Z", "2026-11-22T10:00:00+99:99", "0001-01-01T00:00+14:00"),
    *("9999-12-31T23:59:59-14:00", "2026-W47", "253402300800", "1e3", "--", "-", "-ID", "ID"),
    *("hour", "all", "ok", "removed", "youtube", "google", "system", "StartupDelay", "as", "dark"),
)
"""Texts that have broken some web application or other, and some that are right."""

SECRET = "what nobody may read"
SECURITY = {
    "Content-Security-Policy",
    "X-Content-Type-Options",
    "Referrer-Policy",
    "Cache-Control",
}


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    """The dashboard of a directory with one database, and secrets beside it."""
    directory = tmp_path_factory.mktemp("site")
    (directory / "secret.db").write_text(SECRET)
    (directory / "databases").mkdir()
    write_database(directory / "databases" / NAME)
    (directory / "databases" / "link.db").symlink_to(directory / "secret.db")
    site = Site(directory)
    yield Client(application(site))
    site.close()


def check(response):
    """What holds for every answer."""
    assert response.status in (200, 304, 400, 404, 405, 409, 421), response.text
    assert response.headers.keys() >= SECURITY
    assert b"Traceback" not in response.body
    assert SECRET.encode() not in response.body
    assert "default-src 'none'" in response.headers["Content-Security-Policy"]
    if response.headers.get("Content-Type", "").startswith("text/html"):
        assert b"<script>alert" not in response.body
        assert b"' onload='x" not in response.body


def example(route):
    """A path of a route that exists."""
    return filled(route.path, {"format": "svg", **route.target.example})


def query(**parameters):
    """A query string with whatever texts, halves of characters included."""
    return "&".join(
        f"{name}={quote(text, errors='surrogatepass')}" for name, text in parameters.items()
    )


QUICK = [route for route in ROUTES if getattr(route.target, "type", "") != "application/pdf"]
"""Without the PDF, which is the same report as the HTML and takes seconds."""
CASES = [
    (number, route, parameter)
    for number, (route, parameter) in enumerate((r, p) for r in QUICK for p in r.parameters)
]
PARAMETERS = sorted({p for r in ROUTES for p in r.parameters}, key=lambda p: p.name)
SOME = 7
"""Each case gets one in so many of the hostile texts; together they get all of them."""


@pytest.mark.parametrize(
    ("number", "route", "parameter"),
    CASES,
    ids=[f"{r.kind} {r.path} {p.name}" for _, r, p in CASES],
)
def test_every_parameter_of_every_route(client, number, route, parameter):
    """A hostile value of any parameter gets an answer that is no error of ours."""
    few = 40 if route.target.name == "report" else SOME  # it draws several pictures
    for text in HOSTILE[number % few :: few]:
        check(client.get(f"{example(route)}?{query(**{parameter.name: text})}"))


@given(st.data())
@settings(max_examples=200)
def test_parameters_together(client, data):
    """So do several of them, and those of other routes."""
    route = data.draw(st.sampled_from([route for route in QUICK if route.kind != "picture"]))
    names = st.sampled_from([*(p.name for p in route.parameters), "other"])
    texts = st.one_of(st.sampled_from(HOSTILE), st.text(max_size=20))
    wanted = data.draw(st.dictionaries(names, texts, max_size=5))
    check(client.get(f"{example(route)}?{query(**wanted)}"))


def refusal(parameter, text):
    """Why a parameter cannot have this value; empty if it can."""
    try:
        values({parameter.name: text}, [parameter], strict=True)
    except BadRequest as error:
        return error.text
    return ""


@pytest.mark.parametrize("parameter", PARAMETERS, ids=[p.name for p in PARAMETERS])
def test_conversion_is_total(parameter):
    """Each text is a value or gets one clear sentence, nothing else."""

    @given(st.one_of(st.sampled_from(HOSTILE), st.text(), st.from_regex(r"[0-9.:/TZe+-]{1,30}")))
    @settings(max_examples=200)
    def convert(text):
        assert "\n" not in refusal(parameter, text)

    convert()


@given(st.text(max_size=60), st.binary(max_size=60))
@settings(max_examples=200)
def test_any_path(client, path, raw):
    """Any path is answered, and any bytes as a query."""
    check(client.raw("/" + path.encode("utf-8", "replace").decode("latin-1")))
    check(client.raw("/videos", raw.decode("latin-1")))


@pytest.mark.parametrize("route", QUICK, ids=[f"{r.kind} {r.path}" for r in QUICK])
def test_placeholders(client, route):
    """Whatever stands where a row or a name is expected gets an answer."""
    for text in ("0", "9" * 18, "9" * 19, "-1", "x", "..", "%2e%2e%2f", "%00", "a" * 90, "٣"):
        place = filled(route.path, dict.fromkeys(route.names, quote(text, safe="%")))
        check(client.get(place))


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "TRACE", "get", "", "X\0"])
@pytest.mark.parametrize("place", ["/", "/api/status", "/static/style.css", "/nowhere"])
def test_only_reading(client, method, place):
    """Nothing but GET and HEAD is answered."""
    response = client.get(place, method)
    check(response)
    assert response.status == 405
    assert response.headers["Allow"] == "GET, HEAD"


@pytest.mark.parametrize("before", ["/", "/static/", "/documents/", "/videos/", "/api/"])
@pytest.mark.parametrize(
    "way",
    [
        "../secret.db",
        "../../../../../../etc/passwd",
        "..%2f..%2fsecret.db",
        "%2e%2e/secret.db",
        "..\\secret.db",
        "....//secret.db",
        "%c0%ae%c0%ae/secret.db",
        "link.db",
        "/etc/passwd",
        "style.css%00.html",
        "style.css/../../site.py",
    ],
)
def test_no_way_out(client, before, way):
    """No path leads to a file that is not meant to be read."""
    response = client.get(before + way)
    check(response)
    assert response.status in (400, 404)
    assert b"root:" not in response.body


@pytest.mark.parametrize("name", ["link.db", "../secret.db", "secret.db", "/etc/passwd", ".", "\0"])
def test_databases_outside(client, name):
    """Nor does the name of a database: links that lead outside are not followed."""
    response = client.get(f"/api/videos?{query(db=name)}")
    check(response)
    assert response.status in (400, 404)


def test_the_same_twice(client):
    """A parameter that is given twice is refused: it is not clear which one is meant."""
    response = client.get("/videos?service=a&service=b")
    check(response)
    assert response.status == 400
    assert "service is given more than once" in response.text


@pytest.mark.parametrize("count", [51, 3000])
def test_many_parameters(client, count):
    """So are very many parameters."""
    response = client.get("/videos?" + "&".join(f"a{number}=1" for number in range(count)))
    check(response)
    assert response.status == 400
