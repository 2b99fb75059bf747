"""Pages are reached as the configuration says."""

import os
import ssl
from pathlib import Path

import pytest
import trustme
from local_site import Answer, site

from pytomo.config import Config
from pytomo.errors import CrawlError
from pytomo.pages import PageError, browser, get_json, javascript_runtimes, site_reader, split

JSON = "application/json"


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def ca_file(authority: trustme.CA, tmp_path: Path) -> Path:
    path = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(path)
    return path


@pytest.fixture
def tls(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost", "127.0.0.1").configure_cert(context)
    return context


def test_parameters_and_headers_are_sent() -> None:
    """The document at the URL with the parameters is returned."""
    with site({"/videos": Answer(b'{"list": [1]}', JSON)}) as running:
        url = f"{running.url}/videos"
        assert get_json(url, {"limit": 5}, Config(), headers={"X-Key": "k"}) == {"list": [1]}
    assert running.asked[0].target == "/videos?limit=5"
    assert running.asked[0].headers["X-Key"] == "k"


def test_an_error_is_told_in_the_words_of_the_site() -> None:
    """The status and the site's message are told, the parameters (a key) are not."""
    body = b'{"error": {"message": "The quota is used up"}}'
    with (
        site({"/videos": Answer(body, JSON, 403)}) as running,
        pytest.raises(PageError, match=r"^localhost answered 403 The quota is used up$"),
    ):
        get_json(f"{running.url}/videos", {"key": "secret"}, Config())


def test_what_is_not_json_is_an_error() -> None:
    """A page of HTML with status 200 (a captive portal) is no answer."""
    with (
        site({"/": Answer(b"<html>Log in to the hotel's network</html>")}) as running,
        pytest.raises(PageError, match="not JSON"),
    ):
        get_json(f"{running.url}/", {}, Config())


def test_trouble_at_the_server_is_tried_again() -> None:
    """A 503 is followed by another try."""
    answers = [Answer(b"", status=503), Answer(b"{}", JSON)]
    with site({"/": answers}) as running:
        assert get_json(f"{running.url}/", {}, Config()) == {}
    assert len(running.asked) == 2


def test_an_unreachable_host_is_one_clear_line() -> None:
    """The host and the reason are told, without the URL."""
    with site({}) as running:
        url = f"{running.url}/videos"
    with pytest.raises(PageError) as told:
        get_json(url, {"key": "secret"}, Config())
    assert str(told.value).startswith("localhost cannot be reached: ")
    assert "refused" in str(told.value)
    assert "secret" not in str(told.value)


@pytest.mark.parametrize("setting", ["page_proxy", "http_proxy"])
def test_pages_are_asked_of_the_proxy(setting: str) -> None:
    """With a proxy, the whole URL is sent to it."""
    url = "http://pages.example/list"
    with site({url: Answer(b"[7]", JSON)}) as proxy:
        config = Config(**{setting: f"http://127.0.0.1:{proxy.port}"})
        assert get_json(url, {}, config) == [7]
    assert proxy.asked[0].target == url


def test_the_page_proxy_wins() -> None:
    """The proxy for pages is used although there is one for everything."""
    url = "http://pages.example/list"
    with site({url: Answer(b"[7]", JSON)}) as proxy:
        pages = f"http://127.0.0.1:{proxy.port}"
        assert get_json(url, {}, Config(page_proxy=pages, http_proxy="http://127.0.0.1:1")) == [7]


def test_only_the_given_authorities_are_trusted(tls: ssl.SSLContext, ca_file: Path) -> None:
    """A certificate of our own authority is good with `ca_file` only, for both ways to read."""
    with site({"/": Answer(b"{}", JSON)}, tls=tls) as running:
        assert get_json(f"{running.url}/", {}, Config(ca_file=ca_file)) == {}
        with site_reader(Config(ca_file=ca_file), {}) as reader:
            assert reader.urlopen(f"{running.url}/").read() == b"{}"
        with pytest.raises(PageError, match="certificate"):
            get_json(f"{running.url}/", {}, Config())


def test_the_machine_s_own_authorities_are_trusted(
    tls: ssl.SSLContext, ca_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where SSL_CERT_FILE is set, pages behind that authority can be read without an option."""
    monkeypatch.setenv("SSL_CERT_FILE", str(ca_file))
    with (
        site({"/": Answer(b"{}", JSON)}, tls=tls) as running,
        site_reader(Config(), {}) as reader,
    ):
        assert reader.urlopen(f"{running.url}/").read() == b"{}"


@pytest.mark.parametrize("before", [None, "/etc/before.pem"])
def test_the_environment_is_left_as_it_was(
    before: str | None, ca_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SSL_CERT_FILE names the authorities only while pages are read, whatever happens."""
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    if before:
        monkeypatch.setenv("SSL_CERT_FILE", before)
    with pytest.raises(KeyError, match=ca_file.name), site_reader(Config(ca_file=ca_file), {}):
        raise KeyError(os.environ["SSL_CERT_FILE"])
    assert os.environ.get("SSL_CERT_FILE") == before


def test_options_reach_yt_dlp() -> None:
    """What the configuration says of pages is said to yt-dlp in its own words."""
    config = Config(
        http_proxy="http://proxy.example:3128", ipv6_only=True, js_runtimes=("node:/bin/node",)
    )
    with site_reader(config, {"noplaylist": True}) as reader:
        assert reader.params["proxy"] == "http://proxy.example:3128"
        assert reader.params["source_address"] == "::"
        assert reader.params["js_runtimes"] == {"node": {"path": "/bin/node"}}
        assert reader.params["noplaylist"] is True


def test_ipv4_only_binds_to_an_ipv4_address() -> None:
    """With -4, both ways to read pages reach an IPv4 server."""
    with site({"/": Answer(b"{}", JSON)}) as running:
        assert get_json(f"{running.url}/", {}, Config(ipv4_only=True)) == {}
        with site_reader(Config(ipv4_only=True), {}) as reader:
            assert reader.urlopen(f"{running.url}/").read() == b"{}"


def test_cookies_are_sent(tmp_path: Path) -> None:
    """The cookies of the file go to their site."""
    cookies = tmp_path / "cookies.txt"
    line = "\t".join(("localhost.local", "FALSE", "/", "FALSE", "0", "session", "abc"))
    cookies.write_text(f"# Netscape HTTP Cookie File\n{line}\n")
    with site({"/": Answer(b"{}")}) as running:
        with site_reader(Config(cookies=cookies), {}) as reader:
            reader.urlopen(f"{running.url}/").close()
        assert running.asked[0].headers["Cookie"] == "session=abc"


def test_the_cookie_file_is_only_read(tmp_path: Path) -> None:
    """What a site sets is gone with the reader; the user's file stays as it is."""
    cookies = tmp_path / "cookies.txt"
    line = "\t".join(("localhost.local", "FALSE", "/", "FALSE", "0", "session", "abc"))
    text = f"# Netscape HTTP Cookie File\n{line}\n"
    cookies.write_text(text)
    answer = Answer(b"{}", headers={"Set-Cookie": "session=new; Max-Age=1000"})
    with site({"/": answer}) as running:
        for _ in range(2):
            with site_reader(Config(cookies=cookies), {}) as reader:
                for _ in range(2):
                    reader.urlopen(f"{running.url}/").close()
    sent = [asked.headers["Cookie"] for asked in running.asked]
    assert sent == ["session=abc", "session=new"] * 2
    assert cookies.read_text() == text


def test_the_cookies_are_read_once(tmp_path: Path) -> None:
    """A browser's store is not read again for each video; neither is a file."""
    cookies = tmp_path / "cookies.txt"
    line = "\t".join(("a.example", "FALSE", "/", "FALSE", "0", "session", "abc"))
    cookies.write_text(f"# Netscape HTTP Cookie File\n{line}\n")
    for _ in range(2):
        with site_reader(Config(cookies=cookies), {}) as reader:
            assert [cookie.value for cookie in reader.cookiejar] == ["abc"]
        cookies.unlink(missing_ok=True)


@pytest.mark.parametrize(
    "config",
    [
        Config(cookies=Path("bad.txt")),
        Config(cookies=Path("none.txt")),
        Config(cookies_from_browser="nosuchbrowser"),
    ],
)
def test_unreadable_cookies_stop_the_crawl(
    config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A crawl with other cookies than asked for would measure something else."""
    monkeypatch.chdir(tmp_path)
    Path("bad.txt").write_text("this is no cookie file")
    with pytest.raises(CrawlError, match=r"cookies cannot be read: .+"), site_reader(config, {}):
        pass


@pytest.mark.parametrize(
    ("url", "host"),
    [("https://a.example/b", "a.example"), ("a.example/b", "a.example"), ("http://[bad/", None)],
)
def test_urls_as_people_write_them(url: str, host: str | None) -> None:
    """The scheme may be missing; what is no URL has no parts."""
    assert split(url).hostname == host


def test_browser_words() -> None:
    """The parts of --cookies-from-browser are yt-dlp's tuple."""
    assert browser("Firefox") == ("firefox", None, None, None)
    assert browser("chrome+gnomekeyring:Profile 1") == ("chrome", "Profile 1", "GNOMEKEYRING", None)
    assert browser("firefox:default::Work") == ("firefox", "default", None, "Work")
    assert browser("firefox::Work") == ("firefox", None, None, "Work")


def test_javascript_runtime_words() -> None:
    """The words of --js-runtimes are yt-dlp's dictionary; a path may hold colons."""
    assert javascript_runtimes(("Deno", r"node:C:\node.exe")) == {
        "deno": {"path": None},
        "node": {"path": r"C:\node.exe"},
    }
