"""The lab as a whole: what it is made of, that it stays on this machine, and its documentation."""

import re
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from ipaddress import ip_address, ip_network
from pathlib import Path
from urllib.request import HTTPSHandler, ProxyHandler, build_opener, urlopen

import dns.message
import dns.query
import dns.rcode
import dns.rdatatype
import pytest
from loopback_only import loopback_only

from pytomo.config import Config, Resolver
from pytomo.errors import CrawlError, Outcome
from pytomo.lab.authority import Authority
from pytomo.lab.catalogue import AMSTERDAM, CATALOGUE, NEAR, NETWORKS, PARIS, SINGAPORE, WARSAW
from pytomo.lab.dns import PUBLIC_ADDRESS
from pytomo.lab.lab import DEFAULTS, Lab, check_addresses
from pytomo.lab.playability import REFUSALS
from pytomo.lab.schedule import Script
from pytomo.lab.truth import select
from pytomo.measure import measure
from pytomo.results import TrackKind, Visit
from pytomo.session import crawl_session

DOCUMENT = Path(__file__).parents[1] / "docs" / "lab.md"


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with Lab() as opened:
        yield opened


def ask(lab: Lab, resolver: str, name: str, kind: str = "A") -> dns.message.Message:
    found = {each.name: each for each in lab.settings()["resolvers"]}[resolver]
    query = dns.message.make_query(name, kind)
    return dns.query.udp(query, found.address, port=found.port, timeout=5)


def addresses(answer: dns.message.Message) -> list[str]:
    kind = dns.rdatatype.A
    return [record.address for rrset in answer.answer if rrset.rdtype == kind for record in rrset]


def test_the_example_of_the_documentation_works() -> None:
    """The example of docs/lab.md runs as it is printed."""
    example = re.findall(r"```python\n(.*?)```", DOCUMENT.read_text(encoding="utf-8"), re.S)
    assert len(example) == 1
    exec(compile(example[0], str(DOCUMENT), "exec"), {})


def test_the_documentation_names_all_files_of_the_library(lab: Lab) -> None:
    """docs/lab.md lists every file of the library, and the first clips in their order."""
    text = DOCUMENT.read_text(encoding="utf-8")
    assert [e.name for e in lab.library if f"`{e.name}`" not in text] == []
    for service in ("youtube", "dailymotion"):
        told = [clip.id for clip in CATALOGUE.popular(service)[:9]]
        assert sorted(told, key=text.index) == told


def test_settings_fit_the_configuration(lab: Lab, tmp_path: Path) -> None:
    """What the lab wants to be set are fields of Config."""
    config = Config(**DEFAULTS, **lab.settings(), output_dir=tmp_path)
    assert config.default_resolver.name == "system"
    assert isinstance(config.address_server, Resolver)
    assert config.ca_file is not None
    assert config.ca_file.read_text().startswith("-----BEGIN CERTIFICATE-----")


def test_resolvers_disagree(lab: Lab) -> None:
    """The same name leads to another server at another resolver, by way of an alias."""
    here, there = ask(lab, "system", AMSTERDAM), ask(lab, "opendns", AMSTERDAM)
    assert addresses(here) == [lab.address(AMSTERDAM)]
    assert addresses(there) == [lab.address(SINGAPORE)]


def test_a_resolver_fails(lab: Lab) -> None:
    """One resolver answers SERVFAIL, another nothing, for the name that only the first knows."""
    assert addresses(ask(lab, "system", WARSAW))
    assert ask(lab, "google", WARSAW).rcode() == dns.rcode.SERVFAIL
    opendns = lab.settings()["address_server"]
    query = dns.message.make_query(WARSAW, "A")
    with pytest.raises(dns.exception.Timeout):
        dns.query.udp(query, opendns.address, port=opendns.port, timeout=0.2)


def test_our_public_address(lab: Lab) -> None:
    """OpenDNS's way to ask for one's own address is answered with one for documentation."""
    assert addresses(ask(lab, "opendns", "myip.opendns.com")) == [PUBLIC_ADDRESS] == ["192.0.2.1"]


@pytest.mark.parametrize("host", CATALOGUE.hosts, ids=lambda host: host.name)
def test_each_host_has_an_origin(lab: Lab, host: object) -> None:
    """Team Cymru's zone tells the network of every media server."""
    address = lab.address(host.name)  # type: ignore[attr-defined]
    network = next(n for n in NETWORKS if ip_address(address) in ip_network(n.prefix))
    name = f"{'.'.join(reversed(address.split('.')))}.origin.asn.cymru.com"
    (rrset,) = ask(lab, "system", name, "TXT").answer
    assert f"{network.as_number} | {network.prefix} |" in rrset.to_text()


def test_hosts_are_told_apart() -> None:
    """At least six hosts of a service, each with its own loopback address."""
    listed = [host.address for host in CATALOGUE.hosts]
    assert len(set(listed)) == len(listed)
    assert all(ip_address(address).is_loopback for address in listed)
    for zone in ("googlevideo.com", "dmcdn.net"):
        assert sum(host.name.endswith(zone) for host in CATALOGUE.hosts) >= 6


@pytest.mark.parametrize(
    ("clip", "low", "high"),
    [
        ("SlowTrain06", 0.55, 0.65),
        ("LastCandle3", 0.37, 0.43),
        ("JustNotQuit", 0.87, 0.93),
        ("x9slow4", 0.8, 0.9),
        ("x9last7", 0.27, 0.33),
        ("CalmRiver72", 4, 40),
        ("x9calm1", 4, 40),
    ],
)
def test_titles_tell_the_truth(lab: Lab, clip: str, low: float, high: float) -> None:
    """The rates of hosts are to the bitrates of their videos as the titles say."""
    found = CATALOGUE.clip(clip)
    assert found is not None
    host = next(each for each in CATALOGUE.hosts if each.name == found.host)
    names = ("720p.video.mp4", "audio.m4a") if found.service == "youtube" else ("720p.m3u8",)
    needed = sum(lab.encoding(name).bitrate for name in names)
    assert host.script.rate is not None
    assert low < host.script.rate / needed < high


def test_short_crawls_see_the_story() -> None:
    """The first nine of each service's week play, stall, fail at the site and at the server."""
    for service in ("youtube", "dailymotion"):
        first = CATALOGUE.popular(service, 7)[:9]
        outcomes = {clip.outcome for clip in first}
        assert {Outcome.OK, Outcome.REMOVED, Outcome.REDIRECTED, Outcome.HTTP_ERROR} <= outcomes
        assert len(CATALOGUE.popular(service)) < 20


def test_related_lists_lead_everywhere() -> None:
    """Whoever follows related lists gets to see every clip of the service."""
    for start in (CATALOGUE.popular("youtube")[0], CATALOGUE.popular("dailymotion")[0]):
        seen, ahead = {start}, [start]
        while ahead:
            new = set(CATALOGUE.related(ahead.pop())) - seen
            seen |= new
            ahead += new
        assert seen == {clip for clip in CATALOGUE.clips if clip.service == start.service}


def test_all_outcomes_of_sites_are_shown() -> None:
    """Every refusal that the lab's YouTube knows is in the catalogue."""
    assert set(REFUSALS) <= {clip.outcome for clip in CATALOGUE.clips}


def test_a_host_of_ones_own(lab: Lab) -> None:
    """A new name gets an address and its script, and serves every file of the library."""
    with Lab(hosts={"mine.example": Script(status=503), PARIS: Script(rate=77)}) as other:
        assert addresses(ask(other, "google", "mine.example")) == [other.address("mine.example")]
        assert other.address("mine.example").startswith("127.99.0.")
        assert other.address(PARIS) == lab.address(PARIS)
        url = other.url("even.mp4", host=other.address("mine.example"), scheme="http")
        with pytest.raises(OSError, match="503"):
            urlopen(url)


def test_a_script_can_be_changed(lab: Lab) -> None:
    """A host behaves differently from its next connection on."""
    url = lab.url("360p-00.ts", host=lab.address(SINGAPORE), scheme="http")
    before = next(host.script for host in CATALOGUE.hosts if host.name == SINGAPORE)
    lab.script(SINGAPORE, Script(status=404))
    with pytest.raises(OSError, match="404"):
        urlopen(url)
    lab.script(SINGAPORE, before)


def test_truth_is_what_was_served(lab: Lab) -> None:
    """What a client received is in the record of the host that sent it."""
    url = lab.url("144p-01.ts", host=lab.address(PARIS), scheme="http")
    with urlopen(url) as answer:
        received = len(answer.read())
    served = select(lab.truth.served, address=lab.address(PARIS), target="/144p-01.ts")
    assert sum(run.size for run in served) == received


def test_dash_is_played(lab: Lab) -> None:
    """A link to a DASH manifest becomes a row of picture and sound, every byte of both counted."""
    url = lab.url("360p.mpd", host=NEAR)
    config = Config(**lab.settings(), ping_packets=1)
    at = datetime.now(UTC)
    with loopback_only():
        (row,) = measure(Visit(at=at, service="generic", url=url, round=0), config)
    assert row.ending.outcome == Outcome.OK, row.ending
    assert row.video is not None
    assert row.playback is not None
    assert [track.kind for track in row.video.tracks] == [TrackKind.VIDEO, TrackKind.AUDIO]
    assert [len(track.segments) for track in row.video.tracks] == [9, 9]
    values = row.values()
    assert values["DownloadBytes"] == lab.encoding("360p.mpd").size
    assert values["VideoDuration"] == pytest.approx(30.0, abs=0.1)
    assert row.playback.stall_count == 0


def test_labs_do_not_disturb_each_other(lab: Lab) -> None:
    """A second lab runs beside the first, with its own ports and its own authority."""
    with Lab() as other:
        assert other.origin(PARIS) != lab.origin(PARIS)
        assert other.settings()["page_proxy"] != lab.settings()["page_proxy"]
        authorities = [each.settings()["ca_file"].read_bytes() for each in (lab, other)]
        assert authorities[0] != authorities[1]


def test_nothing_is_left_behind() -> None:
    """After the lab its ports are closed and its authority's file is gone."""
    with Lab() as lab:
        file, proxy = lab.settings()["ca_file"], lab.settings()["page_proxy"]
    assert not file.exists()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", int(proxy.rpartition(":")[2])))


def test_the_proxy_refuses_other_hosts(lab: Lab) -> None:
    """A host that is not in the lab is refused by name, with TLS and without."""
    proxy = lab.settings()["page_proxy"]
    opener = build_opener(ProxyHandler({"http": proxy, "https": proxy}))
    with pytest.raises(OSError, match=r"The lab has no host www\.example\.com"):
        opener.open("http://www.example.com/")
    with pytest.raises(OSError, match=r"The lab has no host www\.example\.com"):
        opener.open("https://www.example.com/")
    assert set(lab.refused) == {"www.example.com"}


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_the_proxy_leads_to_media_servers(lab: Lab, scheme: str) -> None:
    """Media servers can be reached through the proxy, too, by name and by address."""
    context = ssl.create_default_context(cafile=lab.settings()["ca_file"])
    proxy = ProxyHandler(dict.fromkeys(("http", "https"), lab.settings()["page_proxy"]))
    opener = build_opener(proxy, HTTPSHandler(context=context))
    for host in (PARIS, lab.address(PARIS)):
        with opener.open(lab.url("master.m3u8", host=host, scheme=scheme)) as answer:
            assert b"720p.m3u8" in answer.read()


def test_certificates_are_made_once_a_name() -> None:
    """The same name gets the same certificate, another one another."""
    authority = Authority()
    assert authority.context("a.example") is authority.context("a.example")
    assert authority.context("a.example") is not authority.context("b.example")


@pytest.mark.parametrize("package", ["trustme", "av"])
def test_a_missing_package_is_told_in_one_line(package: str, tmp_path: Path) -> None:
    """Without one of its packages the lab says what to install."""
    program = (
        f"import sys, pathlib; sys.modules[{package!r}] = None\n"
        "from pytomo.errors import CrawlError\n"
        "from pytomo.lab.lab import Lab\n"
        "try: Lab(cache=pathlib.Path(sys.argv[1]) if 'av' in sys.argv else None).__enter__()\n"
        "except CrawlError as error: print(error)\n"
    )
    here = Path(__file__).parents[1]
    command = [sys.executable, "-c", program, str(tmp_path), package]
    found = subprocess.run(command, capture_output=True, text=True, cwd=here, check=True)
    assert found.stdout == f"the lab needs the package {package}: pip install 'pytomo[lab]'\n"


def test_a_system_without_loopback_addresses_is_told_in_one_line() -> None:
    """Where the addresses of hosts are none of the machine's, there is no lab."""
    with pytest.raises(CrawlError, match=r"loopback addresses beside 127\.0\.0\.1"):
        check_addresses("192.0.2.77")


def test_the_guard_notices_the_world() -> None:
    """Contacts with the world are prevented, and reported at the end."""
    with (
        pytest.raises(AssertionError, match=r"192\.0\.2\.1 port 80"),
        loopback_only(),
        socket.socket() as client,
        pytest.raises(PermissionError),
    ):
        client.connect(("192.0.2.1", 80))


def test_the_guard_notices_names() -> None:
    """Names are not to be looked up by the system."""
    with (
        pytest.raises(AssertionError, match=r"www\.example\.com"),
        loopback_only(),
        pytest.raises(PermissionError),
    ):
        socket.getaddrinfo("www.example.com", 80)


def test_the_guard_lets_loopback_be(lab: Lab) -> None:
    """Everything in the lab is on loopback."""
    with loopback_only() as contacts:
        assert addresses(ask(lab, "system", PARIS)) == [lab.address(PARIS)]
        with urlopen(lab.url("144p-00.ts", host=lab.address(PARIS), scheme="http")) as answer:
            assert answer.status == 200
    assert contacts == []


@pytest.mark.parametrize("service", ["youtube", "dailymotion"])
def test_a_crawl_stays_on_loopback(service: str, tmp_path: Path) -> None:
    """A whole crawl of the lab, pings and look-ups included, contacts nothing but loopback."""
    short = {"max_crawled_url": 2, "download_time": 0.5, "ping_packets": 1}
    given = {"lab": True, "service": service, "quiet": True, "output_dir": tmp_path, **short}
    with loopback_only():
        crawl_session(given, ())
    assert list(tmp_path.glob("databases/*.db"))
