"""All that one row holds: a small frozen dataclass for each step, each statistic declared once.

`COLUMNS` is derived from here; the store, the RRD files, the pages, the exports and
`docs/statistics.md` are derived from `COLUMNS`. kbps is 1000 bit/s; unknown is None, never 0 or -1.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum, unique
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from pytomo.errors import Failure, Outcome
from pytomo.metrics import Group, columns, metric, values


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """Which video was tried, and when."""

    at: datetime = metric(
        "ID", "UTC", Group.VISIT, "When the measurement of the row began.", classic=1
    )
    service: str = metric("Service", "", Group.VISIT, "The service of the video.", classic=2)
    url: str = metric("Url", "", Group.VISIT, "The page of the video.", classic=3)
    round: int = metric("Round", "", Group.VISIT, "The round of the crawl, from 0.")
    provider: str | None = metric(
        "Provider", "", Group.VISIT, "The ISP's name as given with --provider.", default=None
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How the row ended."""

    outcome: Outcome = metric(
        "Outcome", "", Group.OUTCOME, "How the row ended: ok, or what went wrong."
    )
    phase: str | None = metric(
        "OutcomePhase", "", Group.OUTCOME, "The phase in which it ended, if not ok.", default=None
    )
    detail: str | None = metric(
        "OutcomeDetail", "", Group.OUTCOME, "What was said about it, in one line.", default=None
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """A piece of a track that is requested as one: a file, a byte range of one, or a fragment."""

    url: str
    duration: float | None = None
    """Media seconds in it; 0.0 for an initialisation segment; None if only its bytes tell."""
    first_byte: int | None = None
    last_byte: int | None = None
    """The byte range of it in the resource, both ends included; None: the whole resource."""


@unique
class TrackKind(StrEnum):
    """What a track carries."""

    AUDIO = "audio"
    VIDEO = "video"
    BOTH = "both"


@dataclass(frozen=True, slots=True, kw_only=True)
class Track:
    """One of the streams that a player has to fetch to play the video."""

    kind: TrackKind
    segments: tuple[Segment, ...]
    """In playing order. One segment: a file whose bytes tell the media time."""
    container: str
    """mp4, webm, ts, flv…, as far as the site tells; the bytes decide."""
    protocol: str
    """yt-dlp's word: https, http, m3u8_native, http_dash_segments."""
    format_id: str = ""
    bitrate: float | None = None
    """Claimed, kbps."""
    size: int | None = None
    """Claimed, bytes."""
    height: int | None = None
    """Pixels."""
    width: int | None = None
    """Claimed, pixels."""
    frame_rate: float | None = None
    """Claimed, pictures a second."""
    request_size: int = 10 * 2**20
    """The most bytes to ask for in one request (10 MiB: what YouTube serves at full speed)."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Request headers (cookies included) that the site wants to see."""
    headers_url: str | None = None
    """The URL that the site gave them for, where it is not that of the first segment (any more);
    what is personal among them is for its host only."""

    @property
    def host(self) -> str:
        """The name (or address) of the server that holds the first segment."""
        return urlsplit(self.segments[0].url).hostname or ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Video:
    """What the page of a video led to."""

    extraction_time: float = metric(
        "CacheServerDelay",
        "s",
        Group.VISIT,
        "Time from asking for the page to knowing the media URLs: all that the site has us ask for "
        "on the way (page, player, tokens, manifests) is in it.",
        classic=5,
        series=True,
    )
    title: str | None = metric("Title", "", Group.VIDEO, "Title of the video.", default=None)
    claimed_duration: float | None = metric(
        "ClaimedDuration", "s", Group.VIDEO, "Duration that the site tells.", default=None
    )
    quality: int | None = metric(
        "Quality",
        "px",
        Group.VIDEO,
        "Height of the picture that was chosen.",
        series=True,
        default=None,
    )
    formats: str | None = metric(
        "Formats",
        "",
        Group.VIDEO,
        "The site's names of the chosen formats, joined by +.",
        default=None,
    )
    protocol: str | None = metric(
        "Protocol",
        "",
        Group.VIDEO,
        "How the media is offered: https, http, m3u8_native (HLS) or http_dash_segments.",
        default=None,
    )
    tracks: tuple[Track, ...] = ()
    """The video (or only) track first, then the audio track."""
    ladder: tuple[Track, ...] = ()
    """The first track at all the bitrates that a player may switch between, the lowest first; none
    unless they were asked for."""
    related: tuple[str, ...] = ()
    """Pages of related videos, as far as extraction came upon them."""
    available_at: float | None = None
    """Unix time before which the servers refuse to deliver (advertisements), if any."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """A server's address and the resolvers that gave it."""

    ip: str = metric("IP", "", Group.SERVER, "Address of the server.", classic=6)
    resolvers: str | None = metric(
        "Resolver",
        "",
        Group.SERVER,
        "The resolvers that gave the address, joined by commas; none for a URL with an address.",
        classic=7,
        default=None,
    )
    resolve_time: float | None = metric(
        "ResolveTime",
        "s",
        Group.NETWORK,
        "Time that the first of these resolvers took to answer: from sending the question to the "
        "answer's arrival at the kernel, the later one of A and AAAA.",
        classic=8,
        series=True,
        default=None,
    )
    host: str = metric("CacheHost", "", Group.SERVER, "Name of the server.")
    canonical_name: str | None = metric(
        "CanonicalName", "", Group.SERVER, "The name at the end of the CNAME chain.", default=None
    )
    family: int = metric("Family", "", Group.SERVER, "IP version, 4 or 6.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What one resolver said about one host; a failure is an answer, too."""

    resolver: str
    """Its name."""
    host: str
    """The host that was asked for."""
    ips: tuple[str, ...]
    """In the resolver's order, those of the preferred family first."""
    canonical_name: str | None
    """The name that the host's aliases lead to; None: it has none."""
    time: float
    """Seconds that the slower of the A and AAAA queries took."""
    failure: Failure | None
    """Why it gave no address; None if it did."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolution:
    """All the addresses of a host, as all resolvers see it."""

    addresses: tuple[Address, ...]
    """Distinct addresses, those of the default resolver first."""
    answers: tuple[Answer, ...]
    """One for each resolver, in the order of the configuration; none for a literal address."""
    failure: Failure | None = None
    """Why there is no address at all: the default resolver's failure."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Whose address it is."""

    as_number: int | None = metric(
        "ASNumber",
        "",
        Group.SERVER,
        "Autonomous system that announces it.",
        classic=9,
        default=None,
    )
    prefix: str | None = metric(
        "Prefix", "", Group.SERVER, "The announced BGP prefix.", default=None
    )
    as_name: str | None = metric("ASName", "", Group.SERVER, "Name of the AS.", default=None)
    country: str | None = metric(
        "Country", "", Group.SERVER, "Country of registration of the prefix.", default=None
    )
    place: str | None = metric(
        "CachePlace", "", Group.SERVER, "The place that YouTube host names encode.", default=None
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Ping:
    """Round trips before the download."""

    minimum: float | None = metric(
        "PingMin",
        "ms",
        Group.NETWORK,
        "Shortest round trip.",
        classic=10,
        series=True,
        default=None,
    )
    average: float | None = metric(
        "PingAvg", "ms", Group.NETWORK, "Mean round trip.", classic=11, series=True, default=None
    )
    maximum: float | None = metric(
        "PingMax", "ms", Group.NETWORK, "Longest round trip.", classic=12, series=True, default=None
    )
    loss: float | None = metric(
        "PingLoss",
        "ratio",
        Group.NETWORK,
        "Share of pings not answered.",
        series=True,
        default=None,
    )
    method: str | None = metric(
        "PingMethod",
        "",
        Group.NETWORK,
        "icmp, raw_icmp, ping_command or tcp_connect.",
        default=None,
    )


BLOCK = 32 * 2**10
"""Bytes of a file that Chromium's media reader takes as one, from the file's beginning."""


class Arrival(NamedTuple):
    """Bytes of a track that arrived in one read, and what can be played since.

    Media seconds are those from the start of the track; infinity once the whole track is there.
    """

    time: float
    """Seconds since the first media request began (its connection included)."""
    track: int
    """Index in `Video.tracks`."""
    size: int
    """Bytes."""
    playable: float
    """Media seconds that can be played from what has arrived, of all streams in the track."""
    appended: float | None = None
    """The same of whole segments only, as Media Source Extensions append them; None: the same."""
    blocks: float | None = None
    """The same of whole blocks of `BLOCK` bytes of a file only; None: the same."""
    sound: float | None = None
    """That of the sound alone in the whole blocks, where picture and sound share the file; None:
    the same as `blocks` tells."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """What one server answered to the requests for media."""

    url: str = metric("CacheUrl", "", Group.SERVER, "URL of the media.", classic=4)
    download_time: float | None = metric(
        "DownloadTime",
        "s",
        Group.TRANSFER,
        "Length of the sample: from the first media request to the last byte, or to the deadline.",
        classic=13,
        series=True,
        default=None,
    )
    bytes_received: int | None = metric(
        "DownloadBytes",
        "bytes",
        Group.TRANSFER,
        "Bytes of media received.",
        classic=18,
        series=True,
        default=None,
    )
    first_byte_time: float | None = metric(
        "TimeTogetFirstByte",
        "s",
        Group.NETWORK,
        "From sending the first media request to the first byte of its answer that can be read; of "
        "TLS nothing can before its first record is whole.",
        classic=26,
        series=True,
        default=None,
    )
    max_throughput: float | None = metric(
        "MaxInstantThp",
        "kbps",
        Group.TRANSFER,
        "Highest throughput over any 1 s of the sample (the whole sample if shorter).",
        classic=27,
        series=True,
        default=None,
    )
    redirect_url: str | None = metric(
        "RedirectUrl",
        "",
        Group.SERVER,
        "Where the server sent us instead.",
        classic=28,
        default=None,
    )
    status: int | None = metric(
        "StatusCode",
        "",
        Group.TRANSFER,
        "HTTP status of the (last) answer.",
        classic=29,
        default=None,
    )
    average_throughput: float | None = metric(
        "AverageThroughput",
        "kbps",
        Group.TRANSFER,
        "8 × DownloadBytes / DownloadTime / 1000; if paced, without IdleTime and what came in it.",
        series=True,
        default=None,
    )
    connect_time: float | None = metric(
        "ConnectTime",
        "s",
        Group.NETWORK,
        "TCP handshake: until the answer to our SYN.",
        series=True,
        default=None,
    )
    tls_time: float | None = metric(
        "TlsTime",
        "s",
        Group.NETWORK,
        "TLS handshake: from the end of TCP's until we sent our Finished (TLS 1.3) or had the "
        "server's (1.2), the work of both machines included.",
        series=True,
        default=None,
    )
    tcp_rtt: float | None = metric(
        "TcpRtt",
        "ms",
        Group.NETWORK,
        "The kernel's smoothed round trip at the end.",
        series=True,
        default=None,
    )
    tcp_retransmits: int | None = metric(
        "TcpRetransmits",
        "segments",
        Group.NETWORK,
        "Segments that our side of the connection sent again (TCP_INFO): of our SYN, handshake and "
        "requests, not of the media.",
        series=True,
        default=None,
    )
    delivery_rate: float | None = metric(
        "TcpDeliveryRate",
        "kbps",
        Group.NETWORK,
        "The kernel's latest estimate of our own sending rate (TCP_INFO).",
        default=None,
    )
    tcp_out_of_order: int | None = metric(
        "TcpOutOfOrder",
        "segments",
        Group.NETWORK,
        "Segments that arrived out of order: what loss on the way to us looks like (TCP_INFO). "
        "Behind one lost segment all that were under way are out of order.",
        series=True,
        default=None,
    )
    requests: int | None = metric(
        "Requests", "", Group.TRANSFER, "HTTP requests for media that were sent.", default=None
    )
    reconnects: int | None = metric(
        "Reconnects", "", Group.TRANSFER, "Connections that broke and were made anew.", default=None
    )
    proxy: str | None = metric(
        "Proxy", "", Group.NETWORK, "The HTTP proxy that carried the media, if any.", default=None
    )
    paced: bool | None = metric(
        "Paced",
        "",
        Group.TRANSFER,
        "Whether fetching stopped while the buffer was full (--paced).",
        default=None,
    )
    idle_time: float | None = metric(
        "IdleTime",
        "s",
        Group.TRANSFER,
        "Time in which nothing was asked for, or read, because the buffer was full; none unless "
        "paced.",
        default=None,
    )
    media_type: str | None = metric(
        "ContentType", "", Group.VIDEO, "The media type that the server declared.", default=None
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """A request for a segment of a track."""

    track: int
    """Index in `Video.tracks`."""
    number: int
    """Of the segment in its track, from 0."""
    rung: int
    """Of the bitrates that the track is offered at, from the lowest, 0."""
    bitrate: float | None
    """Of the rung, kbps, as claimed."""
    height: int | None
    """Of the rung, pixels."""
    start: float
    """Media seconds from the start of the track to that of the segment."""
    duration: float
    """Media seconds in it."""
    asked: float
    """When it was requested: seconds since the first media request."""
    finished: float | None
    """When its last byte came; None: it never did."""
    size: int
    """Bytes received."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Disturbance:
    """What this machine, or others on its line, did to a download."""

    loop_lag: float | None = metric(
        "LoopLag",
        "ms",
        Group.TRANSFER,
        "The longest that this process woke up too late during the sample: so much too late bytes "
        "may have been noted.",
        default=None,
    )
    cpu_wait: float | None = metric(
        "CpuWait",
        "ratio",
        Group.TRANSFER,
        "Share of the sample in which the thread that measures (of several the one that waited "
        "longest) was ready to run and other processes had the processors (Linux: schedstat).",
        default=None,
    )
    cross_traffic: float | None = metric(
        "CrossTraffic",
        "kbps",
        Group.TRANSFER,
        "What the network interface carried both ways during the sample, less our own connections "
        "(Linux); what others behind the same router do is not seen.",
        default=None,
    )
    disturbed: str | None = metric(
        "Disturbed",
        "",
        Group.TRANSFER,
        "What makes the row say less of the network: lag (LoopLag of 100 ms or CpuWait of 0.1), "
        "cross_traffic (a tenth of AverageThroughput, and 100 kbps), or both, joined by a comma.",
        default=None,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackSample:
    """What was learnt of one track while it was downloaded."""

    head: bytes
    """Its first bytes (at most 1 MiB), for the media facts."""
    size: int | None
    """Bytes of the whole track, if the server or the manifest tells."""
    duration: float | None
    """Seconds of the whole track, if its bytes or the manifest tell."""
    timeline: str
    """How its media time is known; see `Media.timeline`. `unreadable`: it is no media."""
    whole_bytes: int = 0
    """Bytes of the segments with media that are completely there, if the track has several."""
    whole_seconds: float = 0.0
    """Media seconds of these."""
    tail: bytes = b""
    """The movie box of a file that has it at its end (at most 1 MiB of it)."""
    cut: bool = False
    """All of the file came, and yet not all of the media that it tells of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A bounded download: what came, when, and what broke it off."""

    response: Response
    arrivals: tuple[Arrival, ...] = ()
    tracks: tuple[TrackSample, ...] = ()
    fetched: tuple[Fetched, ...] = ()
    """The segments that were asked for, of tracks that have several, in the order of time."""
    failure: Failure | None = None
    """None: the deadline or the end of the video was reached."""
    disturbance: Disturbance | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Media:
    """What the bytes that arrived say of the video; the site's claims fill the gaps."""

    container: str | None = metric(
        "VideoType",
        "",
        Group.VIDEO,
        "Container of the (video) track: mp4, webm, ts, flv.",
        classic=14,
        default=None,
    )
    duration: float | None = metric(
        "VideoDuration",
        "s",
        Group.VIDEO,
        "Duration of the video.",
        classic=15,
        series=True,
        default=None,
    )
    length: int | None = metric(
        "VideoLength",
        "bytes",
        Group.VIDEO,
        "Size of all tracks together. Of HLS and DASH it is estimated until all has come: by the "
        "rate of the whole segments that have come, before the first by the claimed rate.",
        classic=16,
        series=True,
        default=None,
    )
    encoding_rate: float | None = metric(
        "EncodingRate",
        "kbps",
        Group.VIDEO,
        "8 × VideoLength / VideoDuration / 1000; an estimate where VideoLength is one.",
        classic=17,
        series=True,
        default=None,
    )
    video_codec: str | None = metric(
        "VideoCodec", "", Group.VIDEO, "Codec of the picture.", default=None
    )
    audio_codec: str | None = metric(
        "AudioCodec", "", Group.VIDEO, "Codec of the sound.", default=None
    )
    width: int | None = metric(
        "VideoWidth",
        "px",
        Group.VIDEO,
        "Width, by the bytes of the media or else by the site's word.",
        default=None,
    )
    height: int | None = metric(
        "VideoHeight",
        "px",
        Group.VIDEO,
        "Height, by the bytes of the media or else by the site's word.",
        default=None,
    )
    frame_rate: float | None = metric(
        "VideoFps",
        "1/s",
        Group.VIDEO,
        "Pictures a second, by the bytes of the media or else by the site's word.",
        default=None,
    )
    timeline: str | None = metric(
        "Timeline",
        "",
        Group.VIDEO,
        "How the media time of each byte is known: samples, index, segments or linear (by the "
        "share of bytes); unknown if what came is no media.",
        default=None,
    )
    duration_error: float | None = metric(
        "DurationError",
        "s",
        Group.VIDEO,
        "VideoDuration as measured less the duration that the site tells.",
        default=None,
    )


@dataclass(frozen=True, slots=True)
class Stall:
    """A time after the start when the player had nothing to play."""

    start: float
    """Seconds since the first media request."""
    length: float
    """Seconds."""
    position: float
    """Media seconds from the start of the video where the picture froze."""
    censored: bool
    """Still open when the sample ended: `length` is a lower bound."""


@dataclass(frozen=True, slots=True)
class Freeze:
    """A time when the picture stood still while the sound went on."""

    start: float
    """Seconds since the first media request."""
    length: float
    """Seconds."""
    position: float
    """Media seconds from the start of the video where the picture froze."""
    censored: bool
    """Still frozen when the sample ended: `length` is a lower bound."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Playback:
    """What a viewer would have seen, by the player model (`docs/player.md`)."""

    stall_count: int | None = metric(
        "DownloadInterruptions",
        "",
        Group.PLAYBACK,
        "Number of stalls after the start.",
        classic=19,
        series=True,
        default=None,
    )
    initial_bytes: int | None = metric(
        "InitialData",
        "bytes",
        Group.PLAYBACK,
        "Bytes received when playback started.",
        classic=20,
        series=True,
        default=None,
    )
    initial_rate: float | None = metric(
        "InitialRate",
        "kbps",
        Group.PLAYBACK,
        "8 × InitialData / StartupDelay / 1000.",
        classic=21,
        series=True,
        default=None,
    )
    initial_buffer: float | None = metric(
        "InitialPlaybackBuffer",
        "s",
        Group.PLAYBACK,
        "Media buffered when playback started.",
        classic=22,
        series=True,
        default=None,
    )
    stalled_time: float | None = metric(
        "BufferingDuration",
        "s",
        Group.PLAYBACK,
        "Time spent stalled after the start.",
        classic=23,
        series=True,
        default=None,
    )
    played_time: float | None = metric(
        "PlaybackDuration",
        "s",
        Group.PLAYBACK,
        "Media time played in the sample.",
        classic=24,
        series=True,
        default=None,
    )
    buffer_at_end: float | None = metric(
        "BufferDurationAtEnd",
        "s",
        Group.PLAYBACK,
        "Media buffered when the sample ended.",
        classic=25,
        series=True,
        default=None,
    )
    startup_delay: float | None = metric(
        "StartupDelay",
        "s",
        Group.PLAYBACK,
        "From the first media request to the start of playback.",
        series=True,
        default=None,
    )
    stall_ratio: float | None = metric(
        "StallRatio",
        "ratio",
        Group.PLAYBACK,
        "Stalled / (stalled + played).",
        series=True,
        default=None,
    )
    stall_censored: bool | None = metric(
        "StallCensored",
        "",
        Group.PLAYBACK,
        "Whether the last stall was still open when the sample ended.",
        default=None,
    )
    freeze_count: int | None = metric(
        "FreezeCount",
        "",
        Group.PLAYBACK,
        "Number of freezes: the picture stands still while the sound goes on, which is no stall.",
        default=None,
    )
    frozen_time: float | None = metric(
        "FreezeDuration", "s", Group.PLAYBACK, "Time of all freezes together.", default=None
    )
    profile: str | None = metric(
        "Profile", "", Group.PLAYBACK, "Player profile, its version and thresholds.", default=None
    )
    stalls: tuple[Stall, ...] = ()
    """Each of them, in the order of time."""
    freezes: tuple[Freeze, ...] = ()
    """Each of them, in the order of time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Adaptation:
    """What was played of a video whose bitrate adapts (`docs/abr.md`)."""

    rule: str | None = metric(
        "Abr",
        "",
        Group.PLAYBACK,
        "The rule that chose the bitrates, and its version.",
        default=None,
    )
    bitrate: float | None = metric(
        "PlayedBitrate",
        "kbps",
        Group.PLAYBACK,
        "Mean claimed bitrate of the picture over the media time that was played.",
        series=True,
        default=None,
    )
    switches_up: int | None = metric(
        "SwitchesUp",
        "",
        Group.PLAYBACK,
        "Times that a segment of a higher bitrate was played after one of a lower.",
        series=True,
        default=None,
    )
    switches_down: int | None = metric(
        "SwitchesDown",
        "",
        Group.PLAYBACK,
        "Times that a segment of a lower bitrate was played after one of a higher.",
        series=True,
        default=None,
    )
    times: str | None = metric(
        "RungTimes",
        "",
        Group.PLAYBACK,
        "Media time played at each bitrate, the lowest first, as JSON: a list of "
        "[height in px, kbps, s].",
        default=None,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    """Statistics computed from other columns of the row."""

    reception_ratio: float | None = metric(
        "ReceptionRatio",
        "",
        Group.PLAYBACK,
        "AverageThroughput / EncodingRate; none if paced: then both are the same in the long run.",
        series=True,
        default=None,
    )
    min_playout_delay: float | None = metric(
        "MinPlayoutDelay",
        "s",
        Group.PLAYBACK,
        "The smallest startup delay that no stall of the sample would have followed, whatever the "
        "player's thresholds.",
        series=True,
        default=None,
    )
    stall_media_ratio: float | None = metric(
        "StallMediaRatio",
        "ratio",
        Group.PLAYBACK,
        "BufferingDuration / PlaybackDuration: stalled seconds for each second of media.",
        series=True,
        default=None,
    )
    stall_frequency: float | None = metric(
        "StallFrequency",
        "1/min",
        Group.PLAYBACK,
        "Stalls per minute of watching, waiting included (not the wait for the start).",
        series=True,
        default=None,
    )
    mean_stall: float | None = metric(
        "MeanStall", "s", Group.PLAYBACK, "Mean length of the stalls.", default=None
    )
    long_stalls: int | None = metric(
        "LongStalls", "", Group.PLAYBACK, "Number of stalls of at least 1 s.", default=None
    )
    long_stall_time: float | None = metric(
        "LongStallTime", "s", Group.PLAYBACK, "Time spent in stalls of at least 1 s.", default=None
    )
    reliable_quality: int | None = metric(
        "ReliableQuality",
        "px",
        Group.PLAYBACK,
        "Height of the highest bitrate that played through the sample without a stall, on its row "
        "(--reliable-bitrate).",
        default=None,
    )
    reliable_bitrate: float | None = metric(
        "ReliableBitrate",
        "kbps",
        Group.PLAYBACK,
        "EncodingRate of that row.",
        default=None,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row of the database: a step that was not reached is None."""

    visit: Visit
    ending: Ending
    video: Video | None = None
    address: Address | None = None
    origin: Origin | None = None
    ping: Ping | None = None
    response: Response | None = None
    disturbance: Disturbance | None = None
    media: Media | None = None
    playback: Playback | None = None
    adaptation: Adaptation | None = None
    quality: Quality | None = None
    answers: tuple[Answer, ...] = ()
    """What each resolver said; kept with the first row of a video only."""
    arrivals: tuple[Arrival, ...] = ()
    fetched: tuple[Fetched, ...] = ()

    def values(self) -> dict[str, Any]:
        """The value of each column of `COLUMNS`."""
        return values(self, COLUMNS)


def ending(failure: Failure | None) -> Ending:
    """The ending of a row: `ok` where nothing failed."""
    if failure is None:
        return Ending(outcome=Outcome.OK)
    return Ending(outcome=failure.outcome, phase=failure.phase, detail=failure.detail)


COLUMNS = columns(Row)
