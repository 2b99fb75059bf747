"""Tests of one connection to one chosen address."""

import errno
import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import BadStatusLine, RemoteDisconnected
from pathlib import Path

import pytest
import trustme
from media_server import MediaServer, file, tls

from pytomo.config import Config
from pytomo.errors import CrawlError, Outcome, Phase
from pytomo.route import Endpoint, endpoint, route, trust
from pytomo.transport import ERRORS, Answer, Connection, outcome

HOST = "media.test"


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def ca_file(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("trust") / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return path


@contextmanager
def connection(server: MediaServer, config: Config, ip: str = "127.0.0.1") -> Iterator[Connection]:
    place, _ = endpoint(server.url("/"))
    made = Connection(endpoint=place, ip=ip, route=route(config), deadline=time.monotonic() + 10)
    try:
        yield made
    finally:
        made.close()


def content(answer: Answer) -> bytes:
    view, read = memoryview(bytearray(100)), b""
    while count := answer.body.readinto(view):
        read += view[:count]
    return read


def test_two_answers_come_on_one_connection() -> None:
    """A finished answer leaves it open for the next request, with its real Host."""
    with MediaServer({"/a": file(b"first"), "/b": file(b"second")}) as server:
        with connection(server, Config()) as made:
            made.open()
            assert content(made.ask("/a", {})) == b"first"
            assert made.reusable
            assert content(made.ask("/b", {})) == b"second"
        assert server.connections == 1
        assert server.log[0].headers["host"] == f"{HOST}:{server.port}"


def test_an_unfinished_answer_spoils_the_connection() -> None:
    """The rest of it would be taken for the next answer."""
    with MediaServer({"/a": file(b"first")}) as server, connection(server, Config()) as made:
        made.open()
        made.ask("/a", {})
        assert not made.reusable


@pytest.mark.parametrize("header", [{"Connection": "close"}, {"Content-Length": 3}])
def test_a_connection_that_ends_or_brought_too_much_is_not_used_again(
    header: dict[str, object],
) -> None:
    """What is left of a longer body would be taken for the next answer."""
    handler = file(b"first", **header)
    with MediaServer({"/a": handler}) as server, connection(server, Config()) as made:
        made.open()
        content(made.ask("/a", {}))
        assert not made.reusable


def test_the_name_is_verified_while_another_address_is_dialled(
    authority: trustme.CA, ca_file: Path
) -> None:
    """SNI, Host and certificate are the host's; the address is the chosen one."""
    names: list[str | None] = []
    context, config = tls(authority.issue_cert(HOST), names), Config(ca_file=ca_file)
    with (
        MediaServer({"/a": file(b"x")}, address="127.0.0.2", tls=context) as server,
        connection(server, config, "127.0.0.2") as made,
    ):
        made.open()
        assert content(made.ask("/a", {})) == b"x"
        assert made.tls_time is not None
        assert made.connect_time is not None
        assert made.tls_time > 0 < made.connect_time
    assert names == [HOST]


def failing(server: MediaServer, config: Config) -> tuple[Outcome, Phase, str]:
    with connection(server, config) as made:
        with pytest.raises(ERRORS) as raised:
            made.open()
        failure = made.failure(raised.value)
    return failure.outcome, failure.phase, failure.detail


def test_a_certificate_of_another_name_is_refused(authority: trustme.CA, ca_file: Path) -> None:
    """The name of the URL counts, whatever the address."""
    with MediaServer(tls=tls(authority.issue_cert("other.test"))) as server:
        result = failing(server, Config(ca_file=ca_file))
    assert result[:2] == (Outcome.TLS_FAILED, Phase.TLS)
    assert "not valid for 'media.test'" in result[2]


def test_an_unknown_authority_is_refused_whatever_the_environment_says(
    authority: trustme.CA, ca_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What curl and requests would believe is not ours to believe."""
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.setenv(name, str(ca_file))
    with MediaServer(tls=tls(authority.issue_cert(HOST))) as server:
        assert failing(server, Config())[:2] == (Outcome.TLS_FAILED, Phase.TLS)


def test_a_given_authority_is_the_only_one(ca_file: Path) -> None:
    """--ca-file replaces the system's store."""
    assert trust(Config(ca_file=ca_file)).cert_store_stats()["x509_ca"] == 1


def test_a_file_without_authorities_stops_the_crawl(tmp_path: Path) -> None:
    """No video could be measured with it."""
    path = tmp_path / "ca.pem"
    path.write_text("nothing")
    with pytest.raises(CrawlError, match=r"ca\.pem"):
        trust(Config(ca_file=path))


def test_a_tls_handshake_ends_with_the_deadline() -> None:
    """A server that accepts and then says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        made = Connection(
            endpoint=Endpoint("https", HOST, listener.getsockname()[1]),
            ip="127.0.0.1",
            route=route(Config()),
            deadline=time.monotonic() + 0.2,
        )
        with pytest.raises(TimeoutError) as raised:
            made.open()
    failure = made.failure(raised.value)
    assert (failure.outcome, failure.phase) == (Outcome.RESPONSE_TIMEOUT, Phase.TLS)


@pytest.mark.parametrize(
    ("error", "phase", "expected"),
    [
        (TimeoutError(), Phase.CONNECT, Outcome.CONNECT_TIMEOUT),
        (OSError(errno.ETIMEDOUT, ""), Phase.CONNECT, Outcome.CONNECT_TIMEOUT),
        (ConnectionRefusedError(), Phase.CONNECT, Outcome.CONNECTION_REFUSED),
        (ConnectionResetError(), Phase.CONNECT, Outcome.CONNECTION_RESET),
        (OSError(errno.ENETUNREACH, ""), Phase.CONNECT, Outcome.UNREACHABLE),
        (OSError(errno.EHOSTUNREACH, ""), Phase.CONNECT, Outcome.UNREACHABLE),
        (ssl.SSLError(), Phase.TLS, Outcome.TLS_FAILED),
        (ssl.SSLEOFError(), Phase.TLS, Outcome.TLS_FAILED),
        (ConnectionResetError(), Phase.TLS, Outcome.CONNECTION_RESET),
        (TimeoutError(), Phase.TLS, Outcome.RESPONSE_TIMEOUT),
        (TimeoutError(), Phase.REQUEST, Outcome.RESPONSE_TIMEOUT),
        (RemoteDisconnected(), Phase.REQUEST, Outcome.CONNECTION_RESET),
        (BadStatusLine(""), Phase.REQUEST, Outcome.HTTP_ERROR),
        (ConnectionResetError(), Phase.TRANSFER, Outcome.CONNECTION_RESET),
        (ssl.SSLEOFError(), Phase.TRANSFER, Outcome.TRUNCATED),
        (EOFError(), Phase.TRANSFER, Outcome.TRUNCATED),
    ],
)
def test_each_error_has_its_outcome(error: Exception, phase: Phase, expected: Outcome) -> None:
    """Nothing is left to be guessed from a message."""
    assert outcome(error, phase) is expected


def test_what_breaks_before_the_proxy_answers_is_the_proxys() -> None:
    """The server was not reached at all."""
    assert outcome(TimeoutError(), Phase.CONNECT, proxied=True) is Outcome.PROXY_FAILED


@pytest.mark.parametrize(
    ("url", "place", "target"),
    [
        ("http://Media.Test/a?b=c#d", Endpoint("http", "media.test", 80), "/a?b=c"),
        ("https://media.test:8443", Endpoint("https", "media.test", 8443), "/"),
        ("http://[::1]:81/a b", Endpoint("http", "::1", 81), "/a%20b"),
    ],
)
def test_a_url_names_an_endpoint_and_a_target(url: str, place: Endpoint, target: str) -> None:
    """The fragment stays here, and what HTTP cannot carry is quoted."""
    assert endpoint(url) == (place, target)


@pytest.mark.parametrize(
    "url",
    [
        *("ftp://h/a", "media.mp4", "http:///a", "http://h:99999/", "http://h:abc/"),
        *("http://[bad/", "http://h /", "http://.h/", "http://a..h/", f"https://{'h' * 64}/"),
    ],
)
def test_what_is_no_http_url_is_said_to_be_none(url: str) -> None:
    """ValueError, with the URL in it."""
    with pytest.raises(ValueError, match="no HTTP URL"):
        endpoint(url)


def test_an_authority_has_a_port_only_if_it_is_not_the_usual_one() -> None:
    """RFC 9110 section 7.2; an IPv6 address has brackets."""
    assert Endpoint("https", "h", 443).authority == "h"
    assert Endpoint("http", "::1", 8080).authority == "[::1]:8080"


def test_the_proxys_credentials_are_sent_but_not_told() -> None:
    """They go into a header of their own, and never into a row."""
    way = route(Config(http_proxy="http://me:p%40ss@proxy.test:3128"))
    assert way.proxy_name == "http://proxy.test:3128"
    assert way.proxy_headers == {"proxy-authorization": "Basic bWU6cEBzcw=="}
