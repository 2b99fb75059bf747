import http.client
import logging
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from web_client import NAME, write_database

from pytomo.errors import UsageError
from pytomo.web.server import Server, is_loopback
from pytomo.web.site import Site


@contextmanager
def served(directory):
    """A server on a free port of the loopback."""
    server = Server(Site(directory), "127.0.0.1", 0)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        yield server
    finally:
        server.stop()
        thread.join()


def asked(server, text):
    """What comes back for the bytes of a request, until the server closes."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as connection:
        connection.sendall(text)
        connection.shutdown(socket.SHUT_WR)
        parts = []
        while part := connection.recv(65536):
            parts.append(part)
    return b"".join(parts)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A server of one database."""
    directory = tmp_path_factory.mktemp("databases")
    write_database(directory / NAME)
    with served(directory) as found:
        yield found


def test_requests_of_one_connection(server):
    """A connection serves several requests; HEAD has no body, a changed page a new tag."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    connection.request("GET", "/api/status")
    first = connection.getresponse()
    assert NAME in first.read().decode()
    connection.request("HEAD", "/databases")
    head = connection.getresponse()
    assert (head.status, head.read()) == (200, b"")
    connection.request("GET", "/api/status", headers={"If-None-Match": first.headers["ETag"]})
    again = connection.getresponse()
    assert (again.status, again.read()) == (304, b"")
    connection.request("GET", "/videos.csv")
    lines = connection.getresponse()
    assert lines.headers["Transfer-Encoding"] == "chunked"
    assert len(lines.read().splitlines()) == 7
    connection.close()


def test_url(server):
    """It says where it is."""
    assert server.urls() == (f"http://127.0.0.1:{server.port}/",)


@pytest.mark.parametrize(
    ("request_text", "status"),
    [
        (b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n", b"414"),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"a" * 20_000 + b"\r\n\r\n", b"413"),
        (b"GET / HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n", b"421"),
        (b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\nabc", b"405"),
        (b"get / HTTP/1.1\r\nHost: localhost\r\n\r\n", b"400"),
        (b"GET /%2e%2e/%2e%2e/etc/passwd HTTP/1.1\r\nHost: localhost\r\n\r\n", b"404"),
        (b"GET ../../etc/passwd HTTP/1.1\r\nHost: localhost\r\n\r\n", b"400"),
        (b"GET /\xff\xfe HTTP/1.1\r\nHost: localhost\r\n\r\n", b"400"),
        (b"GET /videos?service=\xff HTTP/1.1\r\nHost: localhost\r\n\r\n", b"400"),
        (b"nonsense\r\n\r\n", b"400"),
    ],
)
def test_requests_that_cannot_be(server, request_text, status):
    """Whatever is sent is refused with a status of its own."""
    answer = asked(server, request_text)
    assert answer.split(maxsplit=2)[1] == status
    assert b"Traceback" not in answer
    assert b"\r\nContent-Security-Policy: default-src 'none'" in answer
    assert b"\r\nX-Content-Type-Options: nosniff\r\n" in answer


def test_many_readers(server):
    """Fifty readers at the same time all get their page."""

    def read(number):
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
        connection.request("GET", f"/databases?page={number % 3}")
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        return answer.status, len(body) == int(answer.headers["Content-Length"])

    with ThreadPoolExecutor(50) as readers:
        assert set(readers.map(read, range(50))) == {(200, True)}


def test_requests_are_logged(server, caplog):
    """Each request is a line for those who want to see them, whatever is in it."""
    with caplog.at_level(logging.INFO, logger="pytomo.web.server"):
        asked(
            server, b"GET /none%0aline?a=b HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        )
    assert "127.0.0.1 GET /none\\nline?a=b 404" in caplog.messages


def test_port_in_use(server, tmp_path):
    """A port that is taken is said to be."""
    site = Site(tmp_path)
    with pytest.raises(UsageError, match=f"127.0.0.1 port {server.port}: Address already in use"):
        Server(site, "127.0.0.1", server.port)
    site.close()


def test_address_of_others(tmp_path):
    """So is an address that is not this machine's."""
    site = Site(tmp_path)
    with pytest.raises(UsageError, match="port 0: Cannot assign"):
        Server(site, "192.0.2.1", 0)
    site.close()


@pytest.mark.parametrize(
    ("host", "loopback"),
    [("127.0.0.1", True), ("::1", True), ("localhost", True), ("0.0.0.0", False), ("vm", False)],
)
def test_loopback(host, loopback):
    """Whether others can reach it is known by where it listens."""
    assert is_loopback(host) == loopback
