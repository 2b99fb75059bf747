"""The lab's content delivery network, asked over real sockets."""

import asyncio
import http.client
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import closing, contextmanager
from functools import cache
from itertools import pairwise
from pathlib import Path
from time import monotonic

import pytest

from pytomo.lab.answer import redirect_location
from pytomo.lab.cdn import Cdn, listen_on_one_port
from pytomo.lab.schedule import Script
from pytomo.lab.truth import Asked, Served, average_rate, cumulative, select

trustme = pytest.importorskip("trustme", reason="the lab signs its certificates with trustme")

ONE, TWO = "127.31.0.1", "127.31.0.2"
DATA = bytes(range(256)) * 400
PLAYLIST = b"#EXTM3U\n"
FILES: dict[str, bytes] = {"/data.mp4": DATA, "/list.m3u8": PLAYLIST, "/data.mp4?with=query": b"q"}


@contextmanager
def serving(
    hosts: Mapping[str, Script],
    lookup: Callable[[str], bytes | Path | None] = FILES.get,
    certificates: Callable[[str], ssl.SSLContext] | None = None,
) -> Iterator[Cdn]:
    """A Cdn in a thread of its own."""
    cdn = Cdn(hosts, lookup, certificates=certificates)
    started: Future[asyncio.Event] = Future()
    loop = asyncio.new_event_loop()

    async def run() -> None:
        stop = asyncio.Event()
        async with cdn:
            started.set_result(stop)
            await stop.wait()

    def work() -> None:
        with asyncio.Runner(loop_factory=lambda: loop) as runner:
            runner.run(run())

    thread = threading.Thread(target=work)
    thread.start()
    try:
        stop = started.result(10)
        yield cdn
        loop.call_soon_threadsafe(stop.set)
    finally:
        thread.join(10)


@contextmanager
def connected(cdn: Cdn, address: str = ONE) -> Iterator[http.client.HTTPConnection]:
    """A client's connection."""
    with closing(http.client.HTTPConnection(address, cdn.http_port, timeout=10)) as connection:
        yield connection


def fetch(
    connection: http.client.HTTPConnection,
    target: str = "/data.mp4",
    method: str = "GET",
    **headers: str,
) -> tuple[http.client.HTTPResponse, bytes]:
    """The response and its body."""
    connection.request(method, target, headers=headers)
    response = connection.getresponse()
    return response, response.read()


def test_a_file_is_served_whole() -> None:
    """With its length and type."""
    with serving({ONE: Script()}) as cdn, connected(cdn) as connection:
        response, body = fetch(connection)
    assert (response.status, body) == (200, DATA)
    assert response.headers["Content-Length"] == str(len(DATA))
    assert response.headers["Content-Type"] == "video/mp4"


def test_a_path_is_served_from_the_disk(tmp_path: Path) -> None:
    """The lookup may answer with a file."""
    path = tmp_path / "file.webm"
    path.write_bytes(DATA)
    with serving({ONE: Script()}, {"/x": path}.get) as cdn, connected(cdn) as connection:
        response, body = fetch(connection, "/x", Range="bytes=-3")
    assert (response.headers["Content-Type"], body) == ("video/webm", DATA[-3:])


def test_the_lookup_sees_the_query() -> None:
    """YouTube's files differ by nothing else."""
    with serving({ONE: Script()}) as cdn, connected(cdn) as connection:
        assert fetch(connection, "/data.mp4?with=query")[1] == b"q"


def test_ranges_on_one_connection() -> None:
    """Kept alive, each answer has the part that was asked for."""
    with serving({ONE: Script()}) as cdn, connected(cdn) as connection:
        for first in (0, 1000, len(DATA) - 10):
            response, body = fetch(connection, Range=f"bytes={first}-{first + 9}")
            assert (response.status, body) == (206, DATA[first : first + 10])
            expected = f"bytes {first}-{first + 9}/{len(DATA)}"
            assert response.headers["Content-Range"] == expected
        assert {asked.connection for asked in cdn.truth.asked} == {1}


def test_a_range_behind_the_end_is_416() -> None:
    """With the size of the resource."""
    with serving({ONE: Script()}) as cdn, connected(cdn) as connection:
        response, _ = fetch(connection, Range=f"bytes={len(DATA)}-")
    assert response.status == 416
    assert response.headers["Content-Range"] == f"bytes */{len(DATA)}"


def test_head_has_no_body() -> None:
    """But the length, and nothing counts as served."""
    with serving({ONE: Script()}) as cdn, connected(cdn) as connection:
        response, body = fetch(connection, method="HEAD")
        assert (response.headers["Content-Length"], body) == (str(len(DATA)), b"")
        assert fetch(connection)[1] == DATA
        assert cdn.truth.asked[0].size == 0


@pytest.mark.parametrize(
    ("method", "target", "status"), [("GET", "/none", 404), ("POST", "/data.mp4", 405)]
)
def test_refusals(method: str, target: str, status: int) -> None:
    """What is not there and what is not done."""
    with serving({ONE: Script()}) as cdn, connected(cdn) as connection:
        assert fetch(connection, target, method)[0].status == status


def test_what_is_no_request_is_answered_400() -> None:
    """And the connection closed."""
    with serving({ONE: Script()}) as cdn, connected(cdn) as connection:
        connection.connect()
        connection.sock.sendall(b"nonsense\r\n\r\n")
        assert connection.sock.recv(100).startswith(b"HTTP/1.1 400 ")


@pytest.mark.parametrize("status", [403, 429, 503, 599])
def test_a_scripted_status(status: int) -> None:
    """The host answers with it instead of media."""
    with serving({ONE: Script(status=status)}) as cdn, connected(cdn) as connection:
        assert fetch(connection)[0].status == status
        assert not cdn.truth.served


def test_a_redirect_keeps_target_scheme_and_port() -> None:
    """Another host of the lab has the same files."""
    with serving({ONE: Script(redirect_to="other.example")}) as cdn, connected(cdn) as connection:
        response, _ = fetch(connection, "/data.mp4?a=b")
    assert response.status == 302
    expected = f"http://other.example:{cdn.http_port}/data.mp4?a=b"
    assert response.headers["Location"] == expected


def test_a_redirect_to_a_url_is_that_url() -> None:
    """Of any scheme and port."""
    assert redirect_location("https://x.example/y", "/z", "http:80") == "https://x.example/y"


def test_a_connection_is_reset_after_so_many_bytes() -> None:
    """As often as the script says; then all is well."""
    script = Script(reset_after=5000, resets=1)
    with serving({ONE: script}) as cdn:
        with connected(cdn) as connection, pytest.raises(ConnectionResetError):
            fetch(connection)
        with connected(cdn) as connection:
            assert fetch(connection)[1] == DATA
        assert sum(run.size for run in select(cdn.truth.served, connection=1)) == 5000


def test_more_can_be_promised_than_is_sent() -> None:
    """The connection ends early."""
    with serving({ONE: Script(extra_length=10)}) as cdn, connected(cdn) as connection:
        with pytest.raises(http.client.IncompleteRead) as caught:
            fetch(connection)
        assert len(caught.value.partial) == len(DATA)


def test_no_byte_comes_before_it_is_due() -> None:
    """Latency, rate and pauses bound the curve of what was served."""
    rate, latency, pause = 8000.0, 0.02, (0.06, 0.05)
    script = Script(rate=rate, latency=latency, pauses=(pause,))
    with serving({ONE: script}) as cdn, connected(cdn) as connection:
        fetch(connection)
        start = cdn.truth.asked[0].at
        curve = cumulative(cdn.truth.served)
    for at, total in curve:
        due = latency + 8 * total / rate / 1000
        assert at - start >= (due + pause[1] if due > pause[0] + 1e-3 else due) - 1e-6
    assert curve[-1][1] == len(DATA)


def test_truth_tells_every_byte_in_order() -> None:
    """Positions are those in the resource."""
    with serving({ONE: Script(rate=50_000), TWO: Script()}) as cdn:
        with connected(cdn) as connection:
            fetch(connection, Range="bytes=100-60000")
        with connected(cdn, TWO) as connection:
            fetch(connection)
    runs = select(cdn.truth.served, address=ONE, target="/data.mp4", connection=1)
    assert runs[0].position == 100
    for one, other in pairwise(runs):
        assert one.position + one.size == other.position
        assert one.at <= other.at
    assert runs[-1].position + runs[-1].size == 60001


def test_playlists_are_neither_paced_nor_recorded_as_media() -> None:
    """A page that reads one does not start the clock of the host."""
    with serving({ONE: Script(rate=0.001)}) as cdn, connected(cdn) as connection:
        response, body = fetch(connection, "/list.m3u8")
        assert response.headers["Content-Type"] == "application/vnd.apple.mpegurl"
        assert body == PLAYLIST
        assert not cdn.truth.served
        assert len(cdn.truth.asked) == 1


def test_a_script_can_be_changed() -> None:
    """From the next connection on."""
    with serving({ONE: Script()}) as cdn:
        cdn.script(ONE, Script(status=503))
        with connected(cdn) as connection:
            assert fetch(connection)[0].status == 503


def test_hosts_share_one_port() -> None:
    """A name may resolve to any of them."""
    with serving({ONE: Script(), TWO: Script(status=403)}) as cdn:
        for address, status in ((ONE, 200), (TWO, 403)):
            with connected(cdn, address) as connection:
                assert fetch(connection)[0].status == status


def test_two_labs_run_side_by_side() -> None:
    """On the same addresses, with other ports."""
    with serving({ONE: Script()}) as one, serving({ONE: Script()}) as other:
        assert one.http_port != other.http_port
        for cdn in (one, other):
            with connected(cdn) as connection:
                assert fetch(connection)[1] == DATA


def test_an_address_of_another_machine_cannot_be_had() -> None:
    """It is no matter of ports, and told at once."""
    with pytest.raises(OSError, match=r"\[Errno \d+\]"):
        listen_on_one_port([ONE, "192.0.2.1"])


def test_stopping_ends_open_connections() -> None:
    """However long their answers would still take."""
    with serving({ONE: Script(rate=1)}) as cdn, connected(cdn) as connection:
        connection.request("GET", "/data.mp4")
        assert connection.getresponse().status == 200
    with pytest.raises(OSError, match=r"\[Errno \d+\]"), connected(cdn) as connection:
        fetch(connection)


def authority() -> tuple[Callable[[str], ssl.SSLContext], ssl.SSLContext]:
    """Certificates for servers, and what makes a client trust them."""
    own = trustme.CA()

    @cache
    def certificates(name: str) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        own.issue_cert(name).configure_cert(context)
        return context

    trusting = ssl.create_default_context()
    own.configure_trust(trusting)
    return certificates, trusting


class Named(http.client.HTTPSConnection):
    """To a chosen address, with another name for TLS."""

    def __init__(self, address: str, port: int, name: str | None, context: ssl.SSLContext) -> None:
        super().__init__(address, port, context=context, timeout=10)
        self._name, self._trusting = name, context

    def connect(self) -> None:
        http.client.HTTPConnection.connect(self)
        name = self._name or self.host
        self.sock = self._trusting.wrap_socket(self.sock, server_hostname=name)


@pytest.mark.parametrize("name", ["a.example", "b.example", None])
def test_https_with_the_certificate_of_the_name(name: str | None) -> None:
    """Asked for by SNI, or that of the address where there is none."""
    certificates, trusting = authority()
    with (
        serving({ONE: Script()}, certificates=certificates) as cdn,
        closing(Named(ONE, cdn.https_port, name, trusting)) as connection,
    ):
        assert fetch(connection)[1] == DATA
        assert fetch(connection, Range="bytes=0-9")[1] == DATA[:10]


def test_a_redirect_over_https_stays_there() -> None:
    """With the port of HTTPS."""
    certificates, trusting = authority()
    with (
        serving({ONE: Script(redirect_to="b.example")}, certificates=certificates) as cdn,
        closing(Named(ONE, cdn.https_port, "a.example", trusting)) as connection,
    ):
        location = fetch(connection)[0].headers["Location"]
    assert location == f"https://b.example:{cdn.https_port}/data.mp4"


def test_a_tls_handshake_can_be_slow() -> None:
    """The TCP connection itself is not."""
    certificates, trusting = authority()
    script = Script(tls_delay=0.1)
    with (
        serving({ONE: script}, certificates=certificates) as cdn,
        closing(Named(ONE, cdn.https_port, "a.example", trusting)) as connection,
    ):
        began = monotonic()
        connection.connect()
        assert monotonic() - began >= 0.1


def test_a_client_that_does_not_trust_the_lab_gets_nothing() -> None:
    """And the server goes on."""
    certificates, trusting = authority()
    with serving({ONE: Script()}, certificates=certificates) as cdn:
        stranger = ssl.create_default_context(cadata=trustme.CA().cert_pem.bytes().decode())
        with (
            closing(Named(ONE, cdn.https_port, "a.example", stranger)) as connection,
            pytest.raises(ssl.SSLCertVerificationError),
        ):
            connection.connect()
        with closing(Named(ONE, cdn.https_port, "a.example", trusting)) as connection:
            assert fetch(connection)[0].status == 200


def test_the_curve_adds_up_and_gives_the_rate() -> None:
    """Runs of several connections are one curve of the host."""
    runs = [
        Served(10.0, ONE, 1, "/a", 0, 1000),
        Served(12.0, ONE, 2, "/b", 0, 500),
        Served(11.0, ONE, 1, "/a", 1000, 1500),
    ]
    assert cumulative(runs) == ((10.0, 1000), (11.0, 2500), (12.0, 3000))
    assert average_rate(runs) == 8.0
    assert average_rate(runs[:1]) is None


def test_events_are_selected_by_all_that_is_given() -> None:
    """Requests as well as runs."""
    events = [
        Asked(0.0, ONE, 1, "GET", "/a", 200, 0, 9),
        Asked(1.0, TWO, 2, "GET", "/a", 200, 0, 9),
    ]
    assert select(events, target="/a") == tuple(events)
    assert select(events, target="/a", address=TWO) == (events[1],)
    assert select(events, connection=3) == ()
