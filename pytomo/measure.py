"""The story of one video: from its page to rows."""

import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from pytomo import reliable
from pytomo.choice import chosen, fallback
from pytomo.config import Config, Resolver
from pytomo.download import download
from pytomo.errors import CrawlError, Failure, Outcome, Phase
from pytomo.extract import extract
from pytomo.loader import MAX_REDIRECTS
from pytomo.played import played
from pytomo.probes import Probed, probe_all
from pytomo.resolve import first_address, resolve
from pytomo.results import (
    Address,
    Ending,
    Resolution,
    Response,
    Row,
    Sample,
    Track,
    Video,
    Visit,
    ending,
)

STOPPED = Ending(outcome=Outcome.INTERRUPTED, detail="the crawl was stopped by the user")


UNCONNECTED = frozenset({Outcome.CONNECT_TIMEOUT, Outcome.CONNECTION_REFUSED, Outcome.UNREACHABLE})
HEAD_START = 0.25
"""Seconds that a player gives an address before it tries the next one, too (RFC 8305)."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Steps:
    """What a measurement is made of; a test replaces what it does not want to do for real."""

    extract: Callable[[str, Config], Video | Failure] = extract
    resolve: Callable[[str, Config], Resolution] = resolve
    probe: Callable[..., Mapping[str, Probed]] = probe_all
    download: Callable[..., Sample] = download
    sleep: Callable[[float], None] = time.sleep
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    tell: Callable[[str], None] = log.info
    """Is told what is being done, for people who watch."""


def measure(visit: Visit, config: Config, steps: Steps | None = None) -> Iterator[Row]:
    """At least one row for a URL; one for each address that its servers resolve to.

    A row whose outcome is `interrupted` is the last: the user wants to stop. What nobody foresaw
    is logged and told in a row, and does not stop the crawl; CrawlError does.
    """
    story = _Story(config, steps or Steps(), Row(visit=visit, ending=STOPPED))
    try:
        yield from story.rows()
    except KeyboardInterrupt:
        yield replace(story.known, ending=replace(STOPPED, phase=story.phase))
    except CrawlError:
        raise
    except Exception as error:
        log.exception("%s: the measurement broke off in phase %s", visit.url, story.phase)
        text = f"{type(error).__name__}: {error}"
        yield replace(
            story.known, ending=ending(Failure(Outcome.INTERNAL_ERROR, story.phase, text))
        )


@dataclass(frozen=True, slots=True)
class _Hop:
    """One server on the way to the media, and what led there."""

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


@dataclass(slots=True)
class _Story:
    """A measurement under way; `known` is the row as far as it is known."""

    config: Config
    steps: Steps
    known: Row
    phase: Phase = Phase.EXTRACT

    def rows(self) -> Iterator[Row]:
        self._begin(Phase.EXTRACT, "asking for the page")
        video = self.steps.extract(self.known.visit.url, self.config)
        if isinstance(video, Failure):
            yield self._ended(video)
            return
        self._learn(video=video)
        self._begin(Phase.RESOLVE, f"resolving {video.tracks[0].host}")
        resolution = self.steps.resolve(video.tracks[0].host, self.config)
        self._learn(answers=resolution.answers)
        if resolution.addresses:
            yield from self._address_rows(video, resolution)
        else:
            yield self._ended(resolution.failure)

    def _begin(self, phase: Phase, text: str) -> None:
        self.phase = phase
        self.steps.tell(text)

    def _learn(self, **parts: Any) -> None:
        self.known = replace(self.known, **parts)

    def _ended(self, failure: Failure | None) -> Row:
        return replace(self.known, ending=ending(failure))

    def _address_rows(self, video: Video, resolution: Resolution) -> Iterator[Row]:
        """The downloads first, then the addresses that were only probed."""
        probed = self._probe(resolution.addresses, video)
        left = {address.ip: address for address in resolution.addresses}
        waiting = [
            _Hop(video, left[ip], resolvers)
            for ip, resolvers in chosen(resolution, self.config).items()
        ]
        while waiting:
            hop = waiting.pop(0)
            self._arrive(left.pop(hop.address.ip), probed[hop.address.ip])
            row = None
            for row in self._hop_rows(hop):
                yield row
            free = [a for a in left.values() if a not in [other.address for other in waiting]]
            waiting += _retried(hop, row, free)
        for address in left.values():
            self._arrive(address, probed[address.ip])
            yield replace(self.known, ending=Ending(outcome=Outcome.PROBED))

    def _probe(self, addresses: tuple[Address, ...], video: Video) -> Mapping[str, Probed]:
        self._begin(Phase.PROBE, f"pinging {', '.join(address.ip for address in addresses)}")
        url = urlsplit(video.tracks[0].segments[0].url)
        port = url.port or (80 if url.scheme == "http" else 443)
        return self.steps.probe(addresses, self.config, port=port)

    def _arrive(self, address: Address, probed: Probed) -> None:
        """Go on to another address, for which nothing but the probes is known."""
        visit = replace(self.known.visit, at=self.steps.now())
        answers = self.known.answers if self.known.address is None else ()
        self._learn(visit=visit, answers=answers, address=address, **probed)

    def _hop_rows(self, hop: _Hop) -> Iterator[Row]:
        """The rows of a download, or of one for each bitrate until one plays through."""
        self._wait_until_available(hop.video)
        if not self.config.reliable_bitrate:
            yield from self._led_rows(hop)
            return
        known = self.known
        for video in reliable.attempts(hop.video):
            self.known = replace(known, video=video)
            row = None
            for led in self._led_rows(replace(hop, video=video)):
                row = reliable.judged(led)
                yield row
            if row is None or not reliable.too_high(row):
                return
            visit = replace(known.visit, at=self.steps.now())
            known = replace(known, visit=visit, answers=())

    def _led_rows(self, hop: _Hop) -> Iterator[Row]:
        """The row of a download, after one for each server that sent us to another."""
        while True:
            row = self._downloaded(hop)
            yield row
            if row.ending.outcome is not Outcome.REDIRECTED or row.response is None:
                return
            followed = self._followed(hop, row.response)
            if isinstance(followed, Failure):
                yield self._ended(followed)
                return
            hop = followed

    def _wait_until_available(self, video: Video) -> None:
        """Servers refuse media before the advertisement that a player would show is over."""
        wait = (video.available_at or 0.0) - self.steps.now().timestamp()
        if wait > 0:
            self.steps.tell(f"waiting {wait:.0f} s: the site shows an advertisement first")
            self.steps.sleep(wait)

    def _downloaded(self, hop: _Hop) -> Row:
        place = f"{hop.address.host} ({hop.address.ip})"
        self._begin(Phase.TRANSFER, f"downloading from {place}")
        sample = self.steps.download(
            hop.video, self._locator(hop), self.config, elapsed=hop.elapsed
        )
        refusal = _redirect_refusal(hop, sample.response)
        sample = replace(sample, failure=refusal or sample.failure)
        return played(self.known, hop.video, sample, self.config)

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

    def _followed(self, hop: _Hop, response: Response) -> _Hop | Failure:
        """The next hop of a redirect, or why there is none; the row begins anew for it."""
        video = _moved(hop.video, response.url, response.redirect_url or "")
        self._begin(Phase.RESOLVE, f"resolving {video.tracks[0].host}")
        address, resolution = self._resolved(video.tracks[0].host, hop.resolvers)
        before = self.known
        self.known = Row(
            visit=before.visit, ending=STOPPED, video=before.video, answers=resolution.answers
        )
        if isinstance(address, Failure):
            return address
        self._arrive(address, self._probe((address,), video)[address.ip])
        elapsed = (response.download_time or hop.elapsed) + (address.resolve_time or 0.0)
        return _Hop(video, address, hop.resolvers, elapsed, (*hop.visited, hop.url))


def _retried(hop: _Hop, row: Row | None, free: Sequence[Address]) -> list[_Hop]:
    """Where a player goes on that could not connect; it has not waited for that to be certain."""
    if row is None or row.response is None or hop.visited:
        return []
    address = fallback(row.ending.outcome, hop.address, hop.resolvers, free)
    if address is None:
        return []
    elapsed = hop.elapsed + min(row.response.download_time or 0.0, HEAD_START)
    return [_Hop(hop.video, address, hop.resolvers, elapsed)]


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


def _moved(video: Video, asked: str, target: str) -> Video:
    """The video with its first request, for `asked`, going to where a redirect points."""
    track, *others = video.tracks
    ladder = [_led(rung, target) if _first(rung) == asked else rung for rung in video.ladder]
    return replace(video, tracks=(_led(track, target), *others), ladder=tuple(ladder))


def _led(track: Track, target: str) -> Track:
    """The track with its first segment elsewhere."""
    first, *rest = track.segments
    segments = (replace(first, url=target), *rest)
    return replace(track, segments=segments, headers_url=track.headers_url or first.url)


def _first(track: Track) -> str:
    return track.segments[0].url
