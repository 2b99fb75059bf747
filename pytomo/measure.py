"""The story of one video: from its page to rows."""

import logging
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from urllib.parse import urlsplit

from pytomo.config import Config, Resolver
from pytomo.download import download
from pytomo.errors import Failure, Outcome, Phase
from pytomo.extract import extract
from pytomo.facts import facts
from pytomo.player import play, profile
from pytomo.probes import Probed, probe_all
from pytomo.quality import quality
from pytomo.resolve import first_address, resolve
from pytomo.results import (
    Address,
    Ending,
    Media,
    Playback,
    Resolution,
    Response,
    Row,
    Sample,
    Video,
    Visit,
    ending,
)

MAX_REDIRECTS = 10
STOPPED = Ending(outcome=Outcome.INTERRUPTED, detail="the crawl was stopped by the user")


@dataclass(frozen=True, slots=True)
class Steps:
    """What a measurement is made of; a test replaces what it does not want to do for real."""

    extract: Callable[[str, Config], Video | Failure] = extract
    resolve: Callable[[str, Config], Resolution] = resolve
    probe: Callable[..., Mapping[str, Probed]] = probe_all
    download: Callable[..., Sample] = download
    sleep: Callable[[float], None] = time.sleep
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    tell: Callable[[str], None] = logging.getLogger(__name__).info
    """Is told what is being done, for people who watch."""


def measure(visit: Visit, config: Config, steps: Steps | None = None) -> Iterator[Row]:
    """At least one row for a URL; one for each address that its servers resolve to.

    A row whose outcome is `interrupted` is the last: the user wants to stop.
    """
    started = Row(visit=visit, ending=STOPPED)
    try:
        yield from _Measurement(config, steps or Steps()).rows(started)
    except KeyboardInterrupt:
        yield started


@dataclass(frozen=True, slots=True)
class _Hop:
    """One server on the way to the media, and what led there."""

    known: Row
    video: Video
    address: Address
    resolvers: tuple[Resolver, ...]
    """Those that sent us here; a player that asks the first of them is the one we stand for."""
    elapsed: float = 0.0
    """Seconds that the hops before this one took."""
    visited: tuple[str, ...] = ()
    """The URLs that redirected to here, in their order."""

    @property
    def url(self) -> str:
        return self.video.tracks[0].segments[0].url


@dataclass(frozen=True, slots=True)
class _Measurement:
    config: Config
    steps: Steps

    def rows(self, known: Row) -> Iterator[Row]:
        self.steps.tell("asking for the page")
        video = self.steps.extract(known.visit.url, self.config)
        if isinstance(video, Failure):
            yield replace(known, ending=ending(video))
            return
        known = replace(known, video=video)
        self.steps.tell(f"resolving {video.tracks[0].host}")
        resolution = self.steps.resolve(video.tracks[0].host, self.config)
        known = replace(known, answers=resolution.answers)
        if resolution.addresses:
            yield from self._address_rows(known, video, resolution)
        else:
            yield replace(known, ending=ending(resolution.failure))

    def _address_rows(self, known: Row, video: Video, resolution: Resolution) -> Iterator[Row]:
        """The downloads first, then the addresses that were only probed."""
        probed = self._probe(resolution.addresses, video)
        chosen = _chosen(resolution, self.config)
        for address in sorted(resolution.addresses, key=lambda address: address.ip not in chosen):
            known = self._at(known, address, probed[address.ip])
            if address.ip in chosen:
                yield from self._hop_rows(_Hop(known, video, address, chosen[address.ip]))
            else:
                yield replace(known, ending=Ending(outcome=Outcome.PROBED))
            known = replace(known, answers=())

    def _probe(self, addresses: tuple[Address, ...], video: Video) -> Mapping[str, Probed]:
        self.steps.tell(f"pinging {', '.join(address.ip for address in addresses)}")
        url = urlsplit(video.tracks[0].segments[0].url)
        port = url.port or (80 if url.scheme == "http" else 443)
        return self.steps.probe(addresses, self.config, port=port)

    def _at(self, known: Row, address: Address, probed: Probed) -> Row:
        visit = replace(known.visit, at=self.steps.now())
        return replace(known, visit=visit, address=address, **probed)

    def _hop_rows(self, hop: _Hop) -> Iterator[Row]:
        """The row of a download, after one for each server that sent us to another."""
        self._wait_until_available(hop.video)
        while True:
            row = self._downloaded(hop)
            yield row
            if row.ending.outcome is not Outcome.REDIRECTED:
                return
            followed = self._followed(hop, row)
            if isinstance(followed, Row):
                yield followed
                return
            hop = followed

    def _wait_until_available(self, video: Video) -> None:
        """Servers refuse media before the advertisement that a player would show is over."""
        wait = (video.available_at or 0.0) - self.steps.now().timestamp()
        if wait > 0:
            self.steps.tell(f"waiting {wait:.0f} s: the site shows an advertisement first")
            self.steps.sleep(wait)

    def _downloaded(self, hop: _Hop) -> Row:
        self.steps.tell(f"downloading from {hop.address.host} ({hop.address.ip})")
        sample = self.steps.download(
            hop.video, self._locator(hop), self.config, elapsed=hop.elapsed
        )
        refusal = _redirect_refusal(hop, sample.response)
        return _played(hop, replace(sample, failure=refusal or sample.failure), self.config)

    def _locator(self, hop: _Hop) -> Callable[[str], str | Failure]:
        """Where to connect to for a host: the chosen address, or what the resolver says."""
        found: dict[str, str | Failure] = {hop.address.host: hop.address.ip}

        def locate(host: str) -> str | Failure:
            if host not in found:
                address = self._resolved(host, hop.resolvers)[0]
                found[host] = address.ip if isinstance(address, Address) else address
            return found[host]

        return locate

    def _resolved(
        self, host: str, resolvers: tuple[Resolver, ...]
    ) -> tuple[Address | Failure, Resolution]:
        """Where the first of some resolvers sends a player, and what they all say."""
        resolution = self.steps.resolve(host, replace(self.config, resolvers=resolvers))
        nowhere = Failure(Outcome.DNS_NO_ADDRESS, Phase.RESOLVE, f"{host} has no address")
        address = first_address(resolution, resolvers[0].name)
        address = address or next(iter(resolution.addresses), None)
        return address or resolution.failure or nowhere, resolution

    def _followed(self, hop: _Hop, row: Row) -> _Hop | Row:
        """The next hop of a redirect; a row that says why there is none."""
        response = row.response or Response(url="")
        target = response.redirect_url or ""
        video = _moved(hop.video, target)
        address, resolution = self._resolved(video.tracks[0].host, hop.resolvers)
        before = hop.known
        known = Row(
            visit=before.visit, ending=STOPPED, video=before.video, answers=resolution.answers
        )
        if isinstance(address, Failure):
            return replace(known, ending=ending(address))
        known = self._at(known, address, self._probe((address,), video)[address.ip])
        elapsed = (response.download_time or hop.elapsed) + (address.resolve_time or 0.0)
        return _Hop(known, video, address, hop.resolvers, elapsed, (*hop.visited, hop.url))


def _chosen(resolution: Resolution, config: Config) -> dict[str, tuple[Resolver, ...]]:
    """The addresses to download from, each with the resolvers that name it first.

    A player connects to the address that its own resolver names first. With --download-extra-dns
    each resolver has its turn; without, the first one that knows an address.
    """
    chosen: dict[str, tuple[Resolver, ...]] = {}
    for resolver in config.resolvers:
        address = first_address(resolution, resolver.name)
        if address is not None and (
            config.download_extra_dns or address.ip in chosen or not chosen
        ):
            chosen[address.ip] = (*chosen.get(address.ip, ()), resolver)
    return chosen


def _redirect_refusal(hop: _Hop, response: Response) -> Failure | None:
    """Why a redirect is not followed; None where it is, or where there is none."""
    target = response.redirect_url
    if target is None:
        return None
    if target in (*hop.visited, hop.url):
        return Failure(Outcome.REDIRECT_LOOP, Phase.REQUEST, f"redirected back to {target}")
    if len(hop.visited) >= MAX_REDIRECTS:
        text = f"more than {MAX_REDIRECTS} redirects"
        return Failure(Outcome.TOO_MANY_REDIRECTS, Phase.REQUEST, text)
    return None


def _moved(video: Video, target: str) -> Video:
    """The video with its first request going to where a redirect points."""
    track, *others = video.tracks
    first, *rest = track.segments
    track = replace(track, segments=(replace(first, url=target), *rest))
    return replace(video, tracks=(track, *others))


def _played(hop: _Hop, sample: Sample, config: Config) -> Row:
    """The row of a sample: the media facts, and what a viewer would have seen."""
    response = sample.response
    row = replace(hop.known, response=response, ending=ending(sample.failure))
    if not sample.arrivals:
        return row
    media = facts(hop.video, sample.tracks)
    playback = play(
        sample.arrivals,
        tracks=len(hop.video.tracks),
        duration=media.duration,
        end=response.download_time or sample.arrivals[-1].time,
        profile=profile(config),
    )
    return replace(
        row,
        ending=ending(sample.failure or _unplayed(media, playback)),
        media=media,
        playback=playback,
        quality=quality(response, media),
        arrivals=sample.arrivals,
    )


def _unplayed(media: Media, playback: Playback) -> Failure | None:
    """Why nothing was played although the download went well; None where it was."""
    if playback.startup_delay is not None:
        return None
    if media.timeline is None:
        text = "the media time cannot be told from the bytes that arrived"
        return Failure(Outcome.MEDIA_UNREADABLE, Phase.MEDIA, text)
    text = f"only {playback.buffer_at_end or 0.0:.2f} s of media arrived"
    return Failure(Outcome.NEVER_STARTED, Phase.PLAY, text)
