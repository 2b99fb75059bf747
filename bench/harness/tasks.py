"""Pytomo's own modules, asked in a namespace: `python -m harness.tasks TASK ARGUMENTS` (JSON)."""

import json
import ssl
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pytomo.config import Config, Resolver
from pytomo.download import download
from pytomo.probes.ping import METHODS, Unavailable
from pytomo.resolve import resolve
from pytomo.results import Segment, Track, TrackKind, Video


def ping(method: str, ip: str, packets: int, port: int) -> list[float]:
    """Round trips (ms) by a method; none by one that is not allowed here."""
    (run,) = (each.run for each in METHODS if each.name == method)
    try:
        return run([ip], packets, port)[ip]
    except (Unavailable, OSError):
        return []


def name_times(server: str, hosts: Sequence[str]) -> list[float]:
    """ResolveTime (s) of each host."""
    config = Config(resolvers=(Resolver("bench", server),), no_extra_resolvers=False)
    return [resolve(host, config).answers[0].time for host in hosts]


def fetch(
    url: str, ip: str, seconds: float, ca_file: str | None = None, request_size: int = 10 * 2**20
) -> dict[str, Any]:
    """The columns of a row's download, of a file from an address."""
    track = Track(
        kind=TrackKind.BOTH,
        segments=(Segment(url=url),),
        container="mp4",
        protocol="https",
        request_size=request_size,
    )
    config = Config(download_time=seconds, ca_file=Path(ca_file) if ca_file else None)
    _begin_tls()
    sample = download(Video(extraction_time=0.0, tracks=(track,)), lambda host: ip, config)
    disturbance = asdict(sample.disturbance) if sample.disturbance else {}
    return (
        {"failure": sample.failure and str(sample.failure)} | disturbance | asdict(sample.response)
    )


def _begin_tls() -> None:
    """Make a ClientHello that goes nowhere: in a crawl the page of the video has come over TLS by
    now, and what OpenSSL sets up at first has been set up."""
    hello = ssl.create_default_context().wrap_bio(
        ssl.MemoryBIO(), ssl.MemoryBIO(), server_hostname="page.test"
    )
    with suppress(ssl.SSLWantReadError):
        hello.do_handshake()


TASKS: dict[str, Callable[..., Any]] = {"ping": ping, "name_times": name_times, "fetch": fetch}

if __name__ == "__main__":
    print(json.dumps(TASKS[sys.argv[1]](**json.loads(sys.argv[2]))))  # noqa: T201
