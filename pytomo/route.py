"""The way to the media: whom a URL names, whom TLS believes, and the proxy."""

import os
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote

from urllib3 import make_headers
from urllib3.util import Url, parse_url

from pytomo.config import Config
from pytomo.errors import CrawlError

PORTS = {"http": 80, "https": 443}


class Endpoint(NamedTuple):
    """Whom to talk to, by name."""

    scheme: str
    host: str
    port: int

    @property
    def authority(self) -> str:
        """The value of the Host header (RFC 9110 section 7.2)."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == PORTS[self.scheme] else f"{host}:{self.port}"


@lru_cache(maxsize=64)
def endpoint(url: str) -> tuple[Endpoint, str]:
    """Whom a URL names, and what to ask for there; raises ValueError if it is no HTTP URL."""
    try:
        parts = parse_url(url)
        scheme, host = parts.scheme or "", (parts.host or "").strip("[]")
        host.encode("idna")  # as TLS will: labels are neither empty nor too long
    except ValueError:
        scheme = host = ""
    if scheme not in PORTS or not host:
        raise ValueError(f"{url!r} is no HTTP URL")
    return Endpoint(scheme, host, parts.port or PORTS[scheme]), parts.request_uri


def trust(config: Config) -> ssl.SSLContext:
    """Whom to believe: the given authorities only, else the system's, else Mozilla's (certifi).

    The variables that only requests or curl know (REQUESTS_CA_BUNDLE…) have no say; where the
    system's store is, OpenSSL decides. Raises CrawlError if the given file holds none.
    """
    if config.ca_file is not None:
        return _trust_file(config.ca_file)
    context = ssl.create_default_context()
    if not context.cert_store_stats()["x509_ca"] and not _system_store():
        import certifi  # not there to be loaded where the system has a store

        context.load_verify_locations(certifi.where())
    return context


def _trust_file(path: Path) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=str(path))
    except OSError as error:
        raise CrawlError(f"no certificate authorities in {path}: {error.strerror}") from None


def _system_store() -> bool:
    """Whether OpenSSL has a directory of certificates, which it reads when it needs one."""
    directory = ssl.get_default_verify_paths().capath
    return directory is not None and bool(os.listdir(directory))


@dataclass(frozen=True, slots=True)
class Route:
    """How media is reached in this crawl."""

    trusted: ssl.SSLContext
    proxy: Url | None = None

    @property
    def proxy_name(self) -> str | None:
        """The proxy's URL without its credentials."""
        return self.proxy and Url(self.proxy.scheme, None, self.proxy.host, self.proxy.port).url

    @property
    def proxy_headers(self) -> Mapping[str, str]:
        """What the proxy wants to see."""
        if self.proxy is None or self.proxy.auth is None:
            return {}
        return make_headers(proxy_basic_auth=unquote(self.proxy.auth))


def route(config: Config) -> Route:
    """The way that the settings tell; environment variables change nothing about it."""
    return Route(trust(config), parse_url(config.http_proxy) if config.http_proxy else None)


def place(proxy: Url) -> tuple[str, int]:
    """Where the proxy is."""
    host = (proxy.host or "").strip("[]")
    return host, proxy.port or PORTS[proxy.scheme or "http"]
