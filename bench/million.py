"""A database as a year of crawling would leave it: made up, but with the shape of real ones.

    python bench/million.py DIRECTORY [--rows N] [--seed N] [--start DAY] [--months N]

Three resolvers send to 200 hosts in 15 autonomous systems. Throughput falls in the evenings; one
system is slow for a week, two days were not measured at all, and for a day no server answered.
It prints the path of the database. Other benchmarks make theirs with `make`.
"""

import argparse
import dataclasses
import itertools
import sqlite3
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from pytomo.database import TABLE
from pytomo.results import COLUMNS, Arrival
from pytomo.store import Store, database_name
from pytomo.trace import encode

ROWS = 1_000_000
START = datetime(2026, 1, 1, tzinfo=UTC)
MONTHS = 11
VISITS = 10_000
"""In one batch."""
TRACES = 0.002
"""Share of the rows that have one; a real database has many more, of some kilobytes each."""
RESOLVERS = ("system", "google", "opendns")
SHARED = ("", "google", "opendns", "google,opendns")
LIMIT = 30.0
"""Seconds of a sample."""
DAY = 86_400.0
QUALITIES = np.array([360, 480, 720, 1080])
RATES = np.array([600.0, 1100.0, 2300.0, 4500.0])
"""kbps."""
FAILURES = ("removed", "private", "geo_blocked", "bot_check", "page_unreachable")
REFUSALS = ("ok", "connect_timeout", "http_error", "connection_reset", "truncated")
REFUSAL_SHARES = (0.975, 0.009, 0.008, 0.004, 0.004)
PHASES = {
    "connect_timeout": "connect",
    "http_error": "request",
    "connection_reset": "transfer",
    "truncated": "transfer",
    "redirected": "request",
    "never_started": "play",
}
DETAILS = {word: f"{word.replace('_', ' ')}: what was said of it" for word in PHASES}
STATUSES = {"http_error": 403, "redirected": 302, "connect_timeout": None}
INSERT = f"INSERT INTO {TABLE} VALUES ({', '.join('?' * (len(COLUMNS) + 1))})"
Cells = dict[str, Sequence[Any]]


@dataclass(frozen=True, slots=True)
class World:
    """The servers and videos, one entry each."""

    systems: np.ndarray
    """The place of each host's autonomous system; farther ones later."""
    distance: np.ndarray
    """Round trip to each host, ms."""
    capacity: np.ndarray
    """Of each host on an idle morning, kbps."""
    near: np.ndarray
    """For each resolver how likely it sends to each host."""
    hosts: np.ndarray
    addresses: np.ndarray
    prefixes: np.ndarray
    places: np.ndarray
    countries: np.ndarray
    videos: np.ndarray
    durations: np.ndarray
    """Of the videos, s."""


def world(random: np.random.Generator) -> World:
    """200 hosts in 15 systems, 20,000 videos."""
    systems = np.sort(random.integers(0, 15, 200))
    sites = [f"{name}{number:02d}s{number:02d}" for name in PLACES for number in (5, 9, 21)]
    place = (systems * 3 + random.integers(0, 3, 200)) % len(sites)
    near = [np.exp(-((systems - centre) ** 2) / 6.0) for centre in (1, 3, 8)]
    return World(
        systems=systems,
        distance=6 + 1.1 * systems**1.9 + random.exponential(4, 200),
        capacity=28_000 * np.exp(-systems / 7) * random.lognormal(0, 0.4, 200),
        near=np.array([weights / weights.sum() for weights in near]),
        hosts=texts(f"rr{n % 8 + 1}---sn-{n:03d}x{'abcdefgh'[n % 8]}.video.example" for n in H),
        addresses=texts(f"198.18.{systems[n] * 8 + n % 8}.{n}" for n in H),
        prefixes=texts(f"198.18.{systems[n] * 8}.0/21" for n in H),
        places=texts(sites[n] for n in place),
        countries=texts(COUNTRIES[n] for n in systems),
        videos=texts(f"{n:05d}{letters(n)}" for n in range(20_000)),
        durations=random.lognormal(5.4, 0.9, 20_000).clip(12, 14_400),
    )


H = range(200)
PLACES = ("par", "fra", "ams", "lhr", "mad", "mil", "waw", "arn", "iad", "ord", "lax", "gru")
COUNTRIES = (
    *("FR", "DE", "NL", "GB", "ES", "IT", "PL", "SE"),
    *("US",) * 3,
    "BR",
    "JP",
    "SG",
    "AU",
)
NAMES = np.array([f"NET{n:02d} Example Network {n}" for n in range(15)], dtype=object)


def texts(words: Iterator[str]) -> np.ndarray:
    """An array of words."""
    return np.array(list(words), dtype=object)


def letters(number: int) -> str:
    """Six letters that look random."""
    return "".join(chr(97 + number * factor % 26) for factor in (7, 11, 3, 17, 5, 23))


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of some visits, before they are written down."""

    visit: np.ndarray
    slot: np.ndarray
    """Which of the resolvers' answers of the visit it is."""
    host: np.ndarray
    shared: np.ndarray
    """Index in SHARED: the other resolvers that gave the address."""
    failed: np.ndarray
    """Index in FAILURES; -1 where the page led to a video."""

    def first(self, count: int) -> "Rows":
        """Not more than so many."""
        return Rows(*(getattr(self, field.name)[:count] for field in dataclasses.fields(self)))


def visits(first: int, count: int, earth: World, random: np.random.Generator) -> Rows:
    """One row for each address that the resolvers give for the video of a visit."""
    host = np.stack([random.choice(200, count, p=weights) for weights in earth.near], axis=1)
    host[:, 1] = np.where(random.random(count) < 0.5, host[:, 0], host[:, 1])
    host[:, 2] = np.where(random.random(count) < 0.35, host[:, 0], host[:, 2])
    one, two = host[:, 1] == host[:, 0], host[:, 2] == host[:, 0]
    joined = ~two & (host[:, 2] == host[:, 1])
    failed = np.where(random.random(count) < 0.06, random.integers(0, len(FAILURES), count), -1)
    kept = np.stack([one | True, ~one, ~two & ~joined], axis=1)
    kept[failed >= 0, 1:] = False
    shared = np.stack([one + 2 * two, 2 * joined, 0 * two], axis=1)
    visit, slot = np.nonzero(kept)
    return Rows(visit + first, slot, host[visit, slot], shared[visit, slot], failed[visit])


def video_of(visit: np.ndarray) -> np.ndarray:
    """Which video is tried at a visit."""
    return visit * 7919 % 20_000


def moments(first: int, count: int, rows: int, span: float, random: np.random.Generator) -> Any:
    """Seconds since the start: even, but for two days without any row."""
    active = span - 2 * DAY
    seconds = active * (np.arange(first, first + count) + random.random(count) * 0.9) / rows
    return np.where(seconds > 0.6 * active, seconds + 2 * DAY, seconds)


@dataclass(frozen=True, slots=True)
class Network:
    """What the network gives to rows; each an array."""

    distance: np.ndarray
    """ms."""
    throughput: np.ndarray
    """kbps."""
    quality: np.ndarray
    """Index in QUALITIES."""
    rate: np.ndarray
    """Of the video, kbps."""
    duration: np.ndarray
    """Of the video, s."""
    load: np.ndarray
    """From 0 in the morning to 1 in the evening."""


@dataclass(frozen=True, slots=True)
class Playing:
    """How the samples of rows play; each an array, times in s."""

    time: np.ndarray
    first_byte: np.ndarray
    startup: np.ndarray
    stalls: np.ndarray
    stalled: np.ndarray
    through: np.ndarray
    """Media played."""


def network(rows: Rows, at: np.ndarray, span: float, earth: World, random: Any) -> Network:
    """What hosts give at a time of the day, and what of the year."""
    count, host = len(at), rows.host
    load = 0.5 + 0.5 * np.cos(2 * np.pi * (at / DAY - 21 / 24))
    slow = (earth.systems[host] == 2) & (abs(at - 0.4 * span) < 3.5 * DAY)
    level = earth.capacity[host] * (1 - 0.6 * load**2) * np.where(slow, 0.12, 1.0)
    quality = random.choice(4, count, p=(0.05, 0.15, 0.6, 0.2))
    return Network(
        distance=earth.distance[host] * (1 + 0.15 * load) + random.exponential(1.5, count),
        throughput=(level * random.lognormal(0, 0.45, count)).clip(60),
        quality=quality,
        rate=RATES[quality] * random.lognormal(0, 0.25, count),
        duration=earth.durations[video_of(rows.visit)],
        load=load,
    )


def playing(net: Network, random: Any) -> Playing:
    """Near enough to how players behave: stalls where the rate is below the video's, and pauses."""
    count, ratio = len(net.rate), net.throughput / net.rate
    time = np.minimum(LIMIT, ratio**-1 * net.duration)
    first_byte = net.distance / 1000 + random.exponential(0.02, count)
    startup = 3.1 * net.distance / 1000 + first_byte + 2.0 / ratio
    after = (time - startup).clip(0)
    paused = np.where((random.random(count) < 0.02) & (time > 10), 1.7, 0.0)
    stalled = np.where(after > 2, np.where(ratio < 1, after * (1 - ratio.clip(0, 1)), paused), 0.0)
    stalls = np.ceil(stalled / (1.0 + 0.9 / ratio.clip(0.05, 2))).astype(int)
    return Playing(time, first_byte, startup, stalls, stalled, (after - stalled).clip(0))


def measured(net: Network, play: Playing, random: Any) -> dict[str, np.ndarray]:
    """The columns of numbers, as if all steps were reached."""
    count, ratio = len(net.rate), net.throughput / net.rate
    length = np.round(net.rate * net.duration * 125)
    received = np.minimum(np.round(net.throughput * play.time * 125), length)
    return {
        "CacheServerDelay": random.lognormal(0.1, 0.35, count) + 0.4 * net.load,
        "ResolveTime": random.lognormal(-4.2, 0.7, count),
        "PingMin": net.distance,
        "PingAvg": net.distance * 1.08 + 0.3,
        "PingMax": net.distance * 1.3 + random.exponential(3, count),
        "PingLoss": random.choice(4, count, p=(0.96, 0.03, 0.006, 0.004)) / 10,
        "DownloadTime": play.time,
        "VideoDuration": net.duration,
        "ClaimedDuration": np.floor(net.duration),
        "DurationError": net.duration - np.floor(net.duration),
        "VideoLength": length,
        "EncodingRate": net.rate,
        "DownloadBytes": received,
        "TimeTogetFirstByte": play.first_byte,
        "MaxInstantThp": net.throughput * random.uniform(1.1, 2.2, count),
        "AverageThroughput": net.throughput,
        "ConnectTime": net.distance / 1000,
        "TlsTime": 2.1 * net.distance / 1000,
        "TcpRtt": net.distance * random.uniform(0.95, 1.4, count),
        "TcpRetransmits": random.poisson(0.2, count),
        "TcpOutOfOrder": random.poisson(2 + 20 * net.load, count),
        "TcpDeliveryRate": net.throughput * 0.02,
        "Requests": random.integers(2, 9, count),
        "Reconnects": np.zeros(count),
        "ReceptionRatio": ratio,
        "Quality": QUALITIES[net.quality],
        "DownloadInterruptions": play.stalls,
        "InitialData": np.round(net.rate * 250 + 50_000),
        "InitialRate": net.rate * 2 / play.startup,
        "InitialPlaybackBuffer": np.full(count, 2.0),
        "BufferingDuration": play.stalled,
        "PlaybackDuration": play.through,
        "BufferDurationAtEnd": (received / net.rate / 125 - play.through).clip(0),
        "StartupDelay": play.startup,
        "StallRatio": play.stalled / (play.stalled + play.through).clip(1e-9),
        "StallCensored": (ratio < 1) & (play.stalls > 0) & (random.random(count) < 0.3),
    }


def outcomes(rows: Rows, at: np.ndarray, span: float, startup: np.ndarray, random: Any) -> Any:
    """How rows end; on one day no server answers."""
    found = random.choice(np.array(REFUSALS, dtype=object), len(at), p=REFUSAL_SHARES)
    found[(found == "ok") & (startup > LIMIT)] = "never_started"
    several = np.append(rows.visit[1:] == rows.visit[:-1], False)
    found[several & (random.random(len(at)) < 0.03)] = "redirected"
    found[abs(at - 0.8 * span) < DAY / 2] = "connect_timeout"
    failed = rows.failed >= 0
    found[failed] = np.array(FAILURES, dtype=object)[rows.failed[failed]]
    return found


REACHED = {
    "page": ("CacheServerDelay", "ClaimedDuration", "Quality"),
    "address": ("ResolveTime", "PingMin", "PingAvg", "PingMax", "PingLoss"),
    "playback": (
        *("DownloadInterruptions", "InitialData", "InitialRate", "InitialPlaybackBuffer"),
        *("BufferingDuration", "PlaybackDuration", "BufferDurationAtEnd", "StartupDelay"),
        *("StallRatio", "StallCensored"),
    ),
}
"""Columns that are known from which step on; the others need a sample."""
WHOLE = {metric.column for metric in COLUMNS if metric.type in (int, bool)}


def cells(
    rows: Rows, ids: list[str], numbers: Mapping[str, np.ndarray], outcome: np.ndarray, earth: World
) -> Cells:
    """All columns of rows, as SQLite takes them."""
    found = rows.failed < 0
    sampled = np.isin(outcome, ("ok", "never_started", "truncated"))
    reached = {"page": found, "address": found, "playback": outcome == "ok"}
    known = {column: reached[step] for step, names in REACHED.items() for column in names}
    columns: Cells = {metric.column: [None] * len(ids) for metric in COLUMNS}
    for column, values in numbers.items():
        whole = values.astype(np.int64) if column in WHOLE else values
        columns[column] = where(known.get(column, sampled), whole)
    columns.update(words(rows, ids, outcome, earth))
    for column, text in CONSTANT.items():
        columns[column] = where(sampled, np.full(len(ids), text, dtype=object))
    return columns


CONSTANT = {
    "VideoType": "mp4",
    "Protocol": "https",
    "PingMethod": "icmp",
    "ContentType": "video/mp4",
    "VideoCodec": "h264",
    "AudioCodec": "aac",
    "Timeline": "index",
    "Profile": "pytomo/1 start=2 stall=0.1 resume=1",
}


def words(rows: Rows, ids: list[str], outcome: np.ndarray, earth: World) -> Cells:
    """The columns that hold no measured number."""
    found, host = rows.failed < 0, rows.host
    video = earth.videos[video_of(rows.visit)]
    names = np.array([[",".join(filter(None, (r, s))) for s in SHARED] for r in RESOLVERS], object)
    queries = np.array([QUERY.format(host=name) for name in earth.hosts], dtype=object)
    return {
        "ID": ids,
        "Service": ["youtube"] * len(ids),
        "Provider": ["Example"] * len(ids),
        "Url": ("https://www.youtube.com/watch?v=" + video).tolist(),
        "Title": where(found, "Video " + video + " — the best of “all” & more"),
        "Round": (rows.visit // 50_000).tolist(),
        "CacheUrl": where(found, queries[host] + video),
        "IP": where(found, earth.addresses[host]),
        "Resolver": where(found, names[rows.slot, rows.shared]),
        "CacheHost": where(found, earth.hosts[host]),
        "Family": where(found, np.full(len(ids), 4)),
        "ASNumber": where(found, 64_500 + earth.systems[host]),
        "ASName": where(found, NAMES[earth.systems[host]]),
        "Prefix": where(found, earth.prefixes[host]),
        "Country": where(found, earth.countries[host]),
        "CachePlace": where(found, earth.places[host]),
        "Formats": where(found, np.full(len(ids), "136+140", dtype=object)),
        "Outcome": outcome.tolist(),
        "OutcomePhase": [None if o == "ok" else PHASES.get(o, "extract") for o in outcome],
        "OutcomeDetail": [
            None if o == "ok" else DETAILS.get(o, "the page says so") for o in outcome
        ],
        "StatusCode": where(found, np.array([STATUSES.get(o, 206) for o in outcome], object)),
    }


QUERY = (
    "https://{host}/videoplayback?expire=1795361492&ei=bGFi&ip=192.0.2.1&itag=136&source=youtube"
    "&requiressl=yes&mime=video%2Fmp4&gir=yes&clen=4567704&dur=30.000&lmt=1751328000000000&c=WEB"
    "&sparams=expire%2Cei%2Cip%2Cid%2Citag%2Csource%2Crequiressl%2Cmime%2Cgir%2Cclen%2Cdur%2Clmt"
    "&sig=AHEqNM4wRQIgTGFi&id=o-"
)


def where(known: np.ndarray, values: np.ndarray) -> list[Any]:
    """The values as Python has them; None where they are not known."""
    found = values.astype(object)
    found[~known] = None
    return found.tolist()


def make(
    directory: Path,
    rows: int = ROWS,
    *,
    seed: int = 1,
    start: datetime = START,
    months: float = MONTHS,
) -> Path:
    """Make such a database in the directory, with its classic name; its path."""
    random = np.random.default_rng(seed)
    earth, span = world(random), months * 30.4 * DAY
    path = directory / database_name("probe.example.org", "youtube", "Example", start)
    with Store(path, facts(start, span)):
        pass
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode = OFF")
    connection.execute("PRAGMA synchronous = OFF")
    first = 0
    for number in itertools.count():
        batch = visits(number * VISITS, VISITS, earth, random).first(rows - first)
        at = moments(first, len(batch.visit), rows, span, random)
        write(connection, batch, at, first, (start, span), earth, random)
        first += len(batch.visit)
        if first == rows:
            break
    connection.close()
    return path


def write(
    connection: sqlite3.Connection,
    rows: Rows,
    at: np.ndarray,
    first: int,
    when: tuple[datetime, float],
    earth: World,
    random: Any,
) -> None:
    """Put rows with what belongs to them into the database."""
    start, span = when
    net = network(rows, at, span, earth, random)
    play = playing(net, random)
    outcome = outcomes(rows, at, span, play.startup, random)
    numbers = measured(net, play, random)
    columns = cells(rows, ids(start, at), numbers, outcome, earth)
    row_ids = range(first + 1, first + len(at) + 1)
    connection.execute("BEGIN")
    connection.executemany(INSERT, zip(*columns.values(), row_ids, strict=True))
    connection.executemany(
        "INSERT INTO stalls VALUES (?, ?, ?, ?, ?, ?)", stalls(play, outcome == "ok", first)
    )
    connection.executemany(
        "INSERT INTO answers VALUES (?, ?, ?, ?, ?, NULL, ?, NULL, NULL, NULL)",
        answers(rows, columns, first),
    )
    chosen = np.flatnonzero((outcome == "ok") & (random.random(len(at)) < TRACES))
    connection.executemany(
        "INSERT INTO traces VALUES (?, 1, ?)",
        ((first + 1 + int(n), trace(net, play, n)) for n in chosen),
    )
    connection.execute("COMMIT")


def ids(start: datetime, at: np.ndarray) -> list[str]:
    """Times as the column ID has them."""
    begun = np.datetime64(start.replace(tzinfo=None), "us")
    moments = begun + (at * 1e6).astype("timedelta64[us]")
    return [f"{each:%Y-%m-%d %H:%M:%S.%f}" for each in moments.tolist()]


def stalls(play: Playing, played: np.ndarray, first: int) -> Iterator[tuple[Any, ...]]:
    """The stalls of rows, evenly spread."""
    for row in np.flatnonzero(played & (play.stalls > 0)).tolist():
        count, begin = int(play.stalls[row]), float(play.startup[row])
        every = (LIMIT - begin) / count
        length, media = float(play.stalled[row]) / count, float(play.through[row]) / count
        for number in range(count):
            at = begin + number * every + media
            yield first + row + 1, number, at, length, (number + 1) * media, 0


def answers(rows: Rows, columns: Cells, first: int) -> Iterator[tuple[Any, ...]]:
    """What the resolvers said: kept with the first row of each visit."""
    hosts, addresses, times = (columns[name] for name in ("CacheHost", "IP", "ResolveTime"))
    for row in np.flatnonzero((rows.slot == 0) & (rows.failed < 0)).tolist():
        for number, resolver in enumerate(RESOLVERS):
            yield first + row + 1, number, resolver, hosts[row], addresses[row], times[row]


def trace(net: Network, play: Playing, row: int) -> bytes:
    """A trace that agrees with the numbers of its row, but for the pauses."""
    begin, count = float(play.startup[row]) / 2, 400
    every = (float(play.time[row]) - begin) / count
    size = int(net.throughput[row] * every * 125)
    media = size / float(net.rate[row]) / 125
    return encode([Arrival(begin + n * every, 0, size, (n + 1) * media) for n in range(count)])


def facts(start: datetime, span: float) -> dict[str, Any]:
    """What a crawl notes of itself."""
    return {
        "started": start.isoformat(),
        "ended": (start + timedelta(seconds=span)).isoformat(),
        "host": "probe.example.org",
        "provider": "Example",
        "service": "youtube",
        "resolvers": RESOLVERS,
        "settings": {"download_time": LIMIT, "service": "youtube"},
        "public_ip": "192.0.2.1",
        "pytomo": "made up by bench/million.py",
    }


def main() -> None:
    """Make one and say how long it took."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("directory", type=Path)
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--start", type=datetime.fromisoformat, default=START)
    parser.add_argument("--months", type=float, default=MONTHS)
    given = parser.parse_args()
    begun = time.monotonic()
    start = given.start.replace(tzinfo=UTC)
    path = make(given.directory, given.rows, seed=given.seed, start=start, months=given.months)
    size = path.stat().st_size / 1e6
    took = time.monotonic() - begun
    sys.stdout.write(f"{path}: {given.rows:,} rows, {size:.0f} MB, in {took:.1f} s\n")


if __name__ == "__main__":
    main()
