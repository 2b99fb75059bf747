"""The lab: a video internet on this machine's loopback addresses, in one background thread."""

import asyncio
import socket
import tempfile
import threading
from collections.abc import Callable, Coroutine, Iterable, Mapping
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, Self
from urllib.parse import quote

from pytomo.config import Resolver
from pytomo.errors import CrawlError
from pytomo.lab.authority import Authority
from pytomo.lab.catalogue import CATALOGUE, NETWORKS, RESOLVERS
from pytomo.lab.cdn import Cdn
from pytomo.lab.dailymotion import Dailymotion
from pytomo.lab.dns import (
    PUBLIC_ADDRESS,
    Names,
    NameServer,
    cymru,
    first_of,
    public_address,
)
from pytomo.lab.encoding import Encoding
from pytomo.lab.formats import Shelf
from pytomo.lab.listing import Catalogue, Clip, Host
from pytomo.lab.media import library, master_playlist, quietly
from pytomo.lab.player_answer import Players
from pytomo.lab.proxy import HTTP_PORT, Proxy
from pytomo.lab.schedule import Script
from pytomo.lab.site import Site
from pytomo.lab.truth import Truth
from pytomo.lab.youtube import YouTube

DEFAULTS: Mapping[str, Any] = MappingProxyType(
    {
        "max_crawled_url": 9,
        "max_per_url": 3,
        "download_time": 10.0,
        "ping_packets": 3,
        "delay": 0.0,
        "download_extra_dns": True,
    }
)
"""Settings of `Config` for a crawl that sees the story and is over in about a minute."""

WORKBENCH = "127.99.0."
"""Where hosts that a caller adds get their addresses, from 1 on."""
RESOLVER_ADDRESSES = ("127.53.0.1", "127.53.0.2", "127.53.0.3")
NEED = "pip install 'pytomo[lab]'"


class Lab:
    """A context manager: within it, everything of the catalogue can be reached."""

    def __init__(
        self,
        *,
        hosts: Mapping[str, Script] | None = None,
        clips: Iterable[Clip] = (),
        cache: Path | None = None,
        progress: Callable[[str], None] = quietly,
    ) -> None:
        """Nothing happens before `with`, which raises CrawlError where a lab cannot be.

        `hosts`, by name, are added to the catalogue's or get another script there; `clips` come
        before its own. `cache` is where media are kept, `progress` hears when they are made.
        """
        self.catalogue = Catalogue(
            with_scripts(CATALOGUE.hosts, hosts or {}), (*clips, *CATALOGUE.clips)
        )
        self.library: tuple[Encoding, ...] = ()
        self._cache = cache
        self._progress = progress

    def __enter__(self) -> Self:
        check_addresses()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="lab", daemon=True)
        self._running = AsyncExitStack()
        self._directory = tempfile.TemporaryDirectory(prefix="pytomo-lab-")
        try:
            self._prepare()
            self._thread.start()
            self._do(self._start())
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    @property
    def truth(self) -> Truth:
        """What the media servers did, and when: all, at least, that has been received by now."""
        if self._thread.is_alive():
            self._do(_turns())
        return self._cdn.truth

    @property
    def refused(self) -> tuple[str, ...]:
        """Hosts that the proxy was asked for and that are not in the lab."""
        return tuple(self._proxy.refused)

    def settings(self) -> dict[str, Any]:
        """The fields of `Config` that lead a crawl into the lab."""
        resolvers = tuple(
            Resolver(name, server.address, server.port)
            for name, server in zip(RESOLVERS, self._name_servers, strict=True)
        )
        return {
            "resolvers": resolvers,
            "page_proxy": self._proxy.url,
            "ca_file": self._directory_path("authority.pem"),
            "address_server": resolvers[-1],
        }

    def url(self, name: str, *, host: str, scheme: str = "https") -> str:
        """The direct URL of a file of the library (or of its `master.m3u8`) on a host."""
        return f"{self.origin(host, scheme)}/{quote(name)}"

    def origin(self, host: str, scheme: str = "https") -> str:
        """Scheme, name and port of a media server's URLs."""
        port = self._cdn.https_port if scheme == "https" else self._cdn.http_port
        return f"{scheme}://{host}:{port}"

    def encoding(self, name: str) -> Encoding:
        """A file of the library; KeyError if there is none of this name."""
        return {encoding.name: encoding for encoding in self.library}[name]

    def address(self, host: str) -> str:
        """Where the script of a host is played; KeyError if there is none of this name."""
        return {known.name: known.address for known in self.catalogue.hosts}[host]

    def script(self, host: str, script: Script) -> None:
        """Give a host another script, from its next connection on."""
        address = self.address(host)

        async def change() -> None:
            self._cdn.script(address, script)

        self._do(change())

    def _prepare(self) -> None:
        try:
            self.library = library(self._cache, progress=self._progress)
            self._authority = Authority()
        except ImportError as error:
            raise CrawlError(f"the lab needs the package {error.name}: {NEED}") from error
        except OSError as error:
            text = f"the lab cannot keep its media: {error} (XDG_CACHE_HOME may name another place)"
            raise CrawlError(text) from error
        self._authority.write(self._directory_path("authority.pem"))

    async def _start(self) -> None:
        certificates = self._authority.context
        scripts = {host.address: host.script for host in self.catalogue.hosts}
        variants = [encoding for encoding in self.library if encoding.protocol == "hls"]
        pages = {"master.m3u8": master_playlist(variants).encode()}
        self._cdn = Cdn(scripts, Shelf(self.library, pages), certificates=certificates)
        self._name_servers = tuple(
            NameServer(address, names(self.catalogue, resolver))
            for resolver, address in zip(RESOLVERS, RESOLVER_ADDRESSES, strict=True)
        )
        self._proxy = Proxy(self._sites(), certificates, route=self._route)
        await self._running.enter_async_context(self._cdn)
        for server in self._name_servers:
            await self._running.enter_async_context(server)
        await self._running.enter_async_context(self._proxy)

    def _sites(self) -> dict[str, Site]:
        players = Players(self.catalogue, self.library, self.origin)
        dailymotion = Dailymotion(self.catalogue, self.library, self.origin)
        return YouTube(self.catalogue, players).sites() | dailymotion.sites()

    def _route(self, host: str, port: int) -> tuple[str, int] | None:
        """Where a media server's name, at the default resolver, or its address leads."""
        listening = (self._cdn.http_port, self._cdn.https_port)
        found = port if port in listening else listening[port != HTTP_PORT]
        if host in {known.address for known in self.catalogue.hosts}:
            return host, found
        entry = names(self.catalogue, RESOLVERS[0])(host)
        return (entry.a[0], found) if entry and entry.a else None

    def _directory_path(self, name: str) -> Path:
        return Path(self._directory.name, name)

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def _end(self) -> None:
        if self._thread.is_alive():
            self._do(_turns())
            self._do(self._running.aclose())
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
        self._loop.close()
        self._directory.cleanup()


async def _turns() -> None:
    """Let servers note what they have just handed over."""
    for _ in range(3):
        await asyncio.sleep(0)


def with_scripts(hosts: Iterable[Host], scripts: Mapping[str, Script]) -> tuple[Host, ...]:
    """The hosts, with other scripts for some, and new ones with addresses of the workbench."""
    known = {host.name: host for host in hosts}
    for number, (name, script) in enumerate(scripts.items(), 1):
        host = known.get(name, Host(name, f"{WORKBENCH}{number}"))
        known[name] = replace(host, script=script)
    return tuple(known.values())


def names(catalogue: Catalogue, resolver: str) -> Names:
    """What a resolver knows: the media servers, who announces their addresses, and ours."""
    zone = {host.name: host.answers.get(resolver, host.entry) for host in catalogue.hosts}
    return first_of(zone.get, cymru(NETWORKS), public_address(PUBLIC_ADDRESS))


def check_addresses(address: str = RESOLVER_ADDRESSES[0]) -> None:
    """Raise CrawlError if not all of 127.0.0.0/8 is this machine (as on macOS)."""
    with socket.socket() as trial:
        try:
            trial.bind((address, 0))
        except OSError as error:
            raise CrawlError(
                f"the lab needs loopback addresses beside 127.0.0.1: {error.strerror}"
            ) from error
