"""Every setting, declared once: the argument parser and `docs/options.md` come from `Config`."""

import dataclasses
import re
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from pytomo.abr import RULES
from pytomo.profiles import NAMES as PROFILE_NAMES

_KEY = "setting"

ABR_NAMES = tuple(rule.name for rule in RULES)
SERVICE_NAMES = ("youtube", "dailymotion")
TIME_FRAMES = ("today", "week", "month", "all_time")
LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
SEARCH_TERMS = ("news", "music", "football", "film", "cooking", "science")
HIGH_DEFINITION = 1080
BROWSERS = ("brave", "chrome", "chromium", "edge", "firefox", "opera", "safari", "vivaldi", "whale")
JAVASCRIPT_RUNTIMES = ("bun", "deno", "node", "quickjs")
SYSTEM = "system"


class Resolver(NamedTuple):
    """A DNS resolver to ask."""

    name: str
    address: str
    """IP address, or `system` for those that the machine is set up with."""
    port: int = 53


DEFAULT_RESOLVERS = (
    Resolver("system", SYSTEM),
    Resolver("google", "8.8.8.8"),
    Resolver("opendns", "208.67.220.220"),
)
"""The first one is the one that a video player on this machine would ask."""


@dataclass(frozen=True, slots=True)
class Setting:
    """What `setting()` writes into a field's metadata."""

    flags: tuple[str, ...]
    """Empty: not on the command line."""
    help: str
    unit: str
    metavar: str | None
    choices: tuple[str, ...] | None
    convert: Callable[[str], Any] | None
    """From the command line's text; raises ValueError with a reason."""
    repeatable: bool
    const: Any
    """What the flag stands for if it takes no value; None: it takes one."""


def setting(
    flags: str,
    default: Any,
    help: str,  # noqa: A002 - the field's standard word, as in argparse
    *,
    unit: str = "",
    metavar: str | None = None,
    choices: tuple[str, ...] | None = None,
    convert: Callable[[str], Any] | None = None,
    repeatable: bool = False,
    const: Any = None,
) -> Any:
    """Declare a setting: a dataclass field with its flags, default, unit and help."""
    words = tuple(flags.split())
    declared = Setting(words, help, unit, metavar, choices, convert, repeatable, const)
    return dataclasses.field(default=default, metadata={_KEY: declared})


def _number(text: str, kind: type[int] | type[float], least: float) -> Any:
    try:
        value = kind(text)
    except ValueError:
        raise ValueError(f"{text!r} is not a number") from None
    if not least <= value < float("inf"):
        raise ValueError(f"{text} is out of range: it must be at least {least:g}")
    return value


def count(text: str) -> int:
    """A whole number from 0."""
    return int(_number(text, int, 0))


def positive(text: str) -> int:
    """A whole number from 1."""
    return int(_number(text, int, 1))


def duration(text: str) -> float:
    """A number from 0."""
    return float(_number(text, float, 0))


def download_duration(text: str) -> float:
    """A number of seconds long enough to measure something."""
    return float(_number(text, float, 0.1))


def name_part(text: str) -> str:
    """A word that can be part of a file name."""
    if not text or any(c in '/\\:*?"<>|,' or not c.isprintable() for c in text) or ".." in text:
        raise ValueError(f"{text!r} cannot be part of a file name: use letters, digits, - and _")
    return text


def proxy_url(text: str) -> str:
    """An HTTP proxy's URL, `http://[user:password@]host:port`."""
    try:
        parts = urlsplit(text)
        valid = parts.scheme in ("http", "https") and parts.hostname and parts.port is not None
    except ValueError:
        valid = False
    if not valid:
        raise ValueError(f"{text!r} is no proxy: give it as http://host:port")
    return text


def resolver(text: str) -> Resolver:
    """`NAME=ADDRESS[:PORT]`, with brackets round an IPv6 address that a port follows."""
    name, _, place = text.partition("=")
    try:
        if place == SYSTEM:
            return Resolver(name_part(name), SYSTEM)
        return Resolver(name_part(name), *_address_and_port(place))
    except ValueError:
        raise ValueError(f"{text!r} is no resolver: give it as NAME=ADDRESS[:PORT]") from None


def _address_and_port(place: str) -> tuple[str, int]:
    if place.count(":") > 1 and not place.startswith("["):
        return str(ip_address(place)), 53
    parts = urlsplit(f"//{place}")
    if parts.path or parts.username is not None:
        raise ValueError(place)
    return str(ip_address(parts.hostname or "")), 53 if parts.port is None else parts.port


def authorities(text: str) -> Path:
    """The path of a file of certificates (PEM)."""
    import ssl  # which takes a while, and is seldom needed here

    path = existing_file(text)
    try:
        ssl.create_default_context(cafile=path)
    except (OSError, ssl.SSLError):
        raise ValueError(f"{text} holds no certificates in PEM format") from None
    return path


def _starting_with(names: tuple[str, ...], text: str) -> str:
    if re.split(r"[:+]", text)[0].lower() not in names:
        raise ValueError(f"{text!r} is none of {', '.join(names)}")
    return text


def browser(text: str) -> str:
    """`NAME[+KEYRING][:PROFILE][::CONTAINER]`, as yt-dlp's option of the same name takes it."""
    return _starting_with(BROWSERS, text)


def javascript_runtime(text: str) -> str:
    """`NAME[:PATH]`, as yt-dlp's option of the same name takes it."""
    return _starting_with(JAVASCRIPT_RUNTIMES, text)


def existing_file(text: str) -> Path:
    """The path of a file that can be read."""
    path = Path(text)
    try:
        path.open("rb").close()
    except OSError as error:
        raise ValueError(f"cannot read {text}: {error.strerror}") from None
    return path


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """What a crawl is to do. The defaults are those of the command line."""

    input_urls: tuple[str, ...] = setting("", (), "pages or media to start from")
    max_rounds: int = setting("-r", 10000, "max number of rounds", convert=positive)
    loop: bool = setting(
        "-l --loop", False, "loop after completing the max number of rounds", const=True
    )
    max_crawled_url: int = setting("-u", 10000, "max number of URLs to visit", convert=positive)
    max_per_url: int = setting(
        "-p", 20, "max number of related URLs taken from each page", convert=count
    )
    max_per_page: int = setting(
        "-P",
        20,
        "max number of videos considered from each page (popular or related)",
        convert=positive,
    )
    time_frame: str = setting(
        "-t", "week", "time frame of the most popular videos", choices=TIME_FRAMES
    )
    service: str = setting(
        "-s", "youtube", "service of the most popular videos", choices=SERVICE_NAMES
    )
    search_terms: tuple[str, ...] = setting(
        "--search-term",
        SEARCH_TERMS,
        "what to search YouTube for when asking for its most viewed videos",
        metavar="TERM",
        repeatable=True,
    )
    ping_packets: int = setting("-n", 10, "packets per ping", convert=positive)
    download_time: float = setting("-D", 30.0, "download time", unit="s", convert=download_duration)
    buffering_video_duration: float = setting(
        "-B",
        2000.0,
        "initial playback duration to buffer, of the profile pytomo",
        unit="ms",
        convert=duration,
    )
    min_playout_buffer_size: float = setting(
        "-M",
        0.1,
        "minimum playout buffer: below it playback stalls, of the profile pytomo",
        unit="s",
        convert=duration,
    )
    profile: str = setting(
        "--profile", PROFILE_NAMES[0], "video player to be", choices=PROFILE_NAMES
    )
    paced: bool = setting(
        "--paced",
        False,
        "stop fetching while the buffer is as full as the profile's player lets it be",
        const=True,
    )
    abr: str | None = setting(
        "--abr",
        None,
        "choose the bitrate of each segment by a player's rule, up to --quality",
        choices=ABR_NAMES,
    )
    reliable_bitrate: bool = setting(
        "--reliable-bitrate",
        False,
        "find the highest bitrate, up to --quality, that plays without a stall: one row for each",
        const=True,
    )
    hide_public_ip: bool = setting(
        "-x", False, "do not store the machine's public IP address in the logs", const=True
    )
    log_level: str = setting("-L", "DEBUG", "level of the log file", choices=LOG_LEVELS)
    http_proxy: str | None = setting(
        "--http-proxy",
        None,
        "HTTP proxy to reach the internet, media included: http://host:port",
        metavar="URL",
        convert=proxy_url,
    )
    provider: str | None = setting(
        "--provider",
        None,
        "the ISP's name, for file names and rows",
        metavar="NAME",
        convert=name_part,
    )
    no_related: bool = setting(
        "-R --no-related", False, "stay with the first URLs found", const=True
    )
    batch: bool = setting(
        "-b --batch", False, "kept for old scripts: Pytomo never prompts", const=True
    )
    input_file: Path | None = setting(
        "-f --input-file",
        None,
        "file of URLs to start from, one a line, # for comments",
        metavar="FILE",
        convert=existing_file,
    )
    delay: float = setting("-S", 10.0, "delay between videos", unit="s", convert=duration)
    quality: int = setting("--quality", 720, "largest height to play", unit="px", convert=positive)
    high_definition: bool = setting("-H --hd", False, "the same as --quality 1080", const=True)
    download_extra_dns: bool = setting(
        "--download-extra-dns",
        False,
        "download from every resolver's address, not only the default resolver's",
        const=True,
    )
    resolvers: tuple[Resolver, ...] = setting(
        "--resolver",
        DEFAULT_RESOLVERS,
        "DNS resolver to ask, instead of the system's, Google's and OpenDNS's; the first one given "
        "is the default resolver; ADDRESS may be the word system",
        metavar="NAME=ADDRESS[:PORT]",
        convert=resolver,
        repeatable=True,
    )
    no_extra_resolvers: bool = setting(
        "--no-extra-resolvers", False, "ask the default resolver only", const=True
    )
    ipv4_only: bool = setting("-4", False, "IPv4 only", const=True)
    ipv6_only: bool = setting("-6", False, "IPv6 only", const=True)
    cookies: Path | None = setting(
        "--cookies", None, "cookies file for the sites", metavar="FILE", convert=existing_file
    )
    cookies_from_browser: str | None = setting(
        "--cookies-from-browser",
        None,
        "browser to take the sites' cookies from",
        metavar="BROWSER",
        convert=browser,
    )
    js_runtimes: tuple[str, ...] = setting(
        "--js-runtimes",
        (),
        "JavaScript runtime that yt-dlp may use",
        metavar="NAME[:PATH]",
        convert=javascript_runtime,
        repeatable=True,
    )
    ca_file: Path | None = setting(
        "--ca-file",
        None,
        "trust the certificate authorities of this file only (for networks that inspect TLS)",
        metavar="FILE",
        convert=authorities,
    )
    output_dir: Path = setting(
        "--output-dir", Path(), "where databases/, logs/ and rrds/ go", metavar="DIR", convert=Path
    )
    seed: int | None = setting(
        "--seed", None, "seed of the random choice of related videos", convert=count
    )
    lab: bool = setting(
        "--lab", False, "crawl the built-in lab instead of the internet", const=True
    )
    serve: bool = setting(
        "--serve",
        False,
        "show the crawl live on the dashboard, to browsers of this machine",
        const=True,
    )
    quiet: bool = setting("-q --quiet", False, "print nothing but errors", const=True)
    page_proxy: str | None = setting("", None, "HTTP proxy for pages only; the lab's sites")
    address_server: Resolver = setting(
        "", Resolver("opendns", "208.67.222.222"), "who tells our public address (myip.opendns.com)"
    )

    @property
    def default_resolver(self) -> Resolver:
        """The resolver whose answer a video player on this machine would use."""
        return self.resolvers[0]


def settings(config: type[Config] = Config) -> tuple[tuple[str, Any, Setting], ...]:
    """Name, default and declaration of every setting, in the order of `Config`."""
    return tuple(
        (field.name, field.default, field.metadata[_KEY]) for field in dataclasses.fields(config)
    )
