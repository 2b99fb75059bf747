"""How fast the download path is, and what it costs, against curl, requests and yt-dlp.

    python bench/download.py [--size MB] [--rounds N]

All fetch the same file from one local server, a separate process (nginx where it is installed,
else a server of our own), over HTTP and HTTPS, in turns. Each client is a process of its own:
its CPU time (user and system) and its peak memory are the kernel's account of that process. What
the same client takes for a file of 1000 bytes is its start, and not counted in rate and CPU.
Ours asks for 10 MiB at a time, as a crawl does, and each time waits for the server; the others
ask once, which `pytomo, one request` does, too.
"""

import argparse
import itertools
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from file_server import HOST, PROTOCOLS, server

ROOT = Path(__file__).resolve().parents[1]


class Usage(NamedTuple):
    """What one process took."""

    elapsed: float
    cpu: float
    """Seconds, user and system."""
    memory: int
    """Peak resident set, KiB."""


def fetch_with_pytomo(url: str, ca_file: str, request_size: int = 10 * 2**20) -> None:
    """Our download path as a crawl uses it, with its timeline and its trace."""
    from pytomo.config import Config
    from pytomo.download import download
    from pytomo.results import Segment, Track, TrackKind, Video

    segments = (Segment(url=url),)
    track = Track(
        kind=TrackKind.BOTH,
        segments=segments,
        container="mp4",
        protocol="https",
        request_size=request_size,
    )
    video = Video(extraction_time=0.0, tracks=(track,))
    config = Config(download_time=600.0, ca_file=Path(ca_file))
    sample = download(video, lambda host: "127.0.0.1", config)
    if sample.failure is not None:
        sys.exit(str(sample.failure))


def fetch_with_requests(url: str, ca_file: str) -> None:
    """Plain requests, as most programs use it."""
    import requests

    with requests.get(url, stream=True, verify=ca_file, timeout=60) as response:
        for _ in response.iter_content(64 * 2**10):
            pass


ONE_REQUEST = "pytomo, one request"
FETCHERS: dict[str, Callable[[str, str], None]] = {
    "pytomo": fetch_with_pytomo,
    ONE_REQUEST: partial(fetch_with_pytomo, request_size=2**60),
    "requests": fetch_with_requests,
}


def command(client: str, url: str, ca_file: Path) -> list[str]:
    """What runs a client; each ends with an error if it did not get the file."""
    if client == "curl":
        return ["curl", "-sSf", "--cacert", str(ca_file), "-o", "/dev/null", url]
    if client == "yt-dlp":
        options = [
            "-q",
            "--no-warnings",
            "--ignore-config",
            "--compat-options",
            "no-certifi",
            "-o",
            "-",
        ]
        return [sys.executable, "-m", "yt_dlp", *options, url]
    return [sys.executable, __file__, "--fetch", client, url, str(ca_file)]


CLIENTS = ("curl", "pytomo", ONE_REQUEST, "requests", "yt-dlp")


def run(arguments: list[str], ca_file: Path) -> Usage:
    """Run a process to its end; raises SystemExit if it fails."""
    paths = {"PYTHONPATH": str(ROOT), "SSL_CERT_FILE": str(ca_file)}
    begun = time.perf_counter()
    child = subprocess.Popen(arguments, stdout=subprocess.DEVNULL, env=os.environ | paths)
    _, status, usage = os.wait4(child.pid, 0)
    elapsed = time.perf_counter() - begun
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        sys.exit(f"failed: {' '.join(arguments)}")
    return Usage(elapsed, usage.ru_utime + usage.ru_stime, usage.ru_maxrss)


def measure(ports: dict[str, int], ca_file: Path, rounds: int) -> dict[tuple[str, str], list[Any]]:
    """For each protocol and client, of each round: usage for the large file and for the small."""
    taken: dict[tuple[str, str], list[Any]] = {}
    for number in range(rounds):
        for protocol, client in itertools.product(PROTOCOLS, CLIENTS):
            url = f"{protocol}://{HOST}:{ports[protocol]}"
            both = [
                run(command(client, f"{url}/{name}.mp4", ca_file), ca_file)
                for name in ("large", "small")
            ]
            taken.setdefault((protocol, client), []).append(both)
            sys.stderr.write(f"round {number + 1}: {protocol} {client}\n")
    return taken


class Figures(NamedTuple):
    """What one round says of a client, its start not counted."""

    rate: float
    """MB/s."""
    cpu: float
    """Seconds a GB."""
    start: float
    """CPU seconds of the start."""
    memory: float
    """Peak MiB."""


def figures(large: Usage, small: Usage, size: int) -> Figures:
    """From the usage for the large file and for the small one."""
    rate = size / (large.elapsed - small.elapsed) / 1e6
    cpu = (large.cpu - small.cpu) / size * 1e9
    return Figures(rate, cpu, small.cpu, large.memory / 1024)


def report(taken: dict[tuple[str, str], list[Any]], size: int) -> None:
    """The table: medians over the rounds, also of the ratios to curl in the same round."""
    lines = [
        "| protocol | client | MB/s | ratio | CPU s/GB | ratio | start CPU s | peak MiB |",
        "|---|---|---:|---:|---:|---:|---:|---:|",
    ]
    for protocol, client in itertools.product(PROTOCOLS, CLIENTS):
        rounds = [figures(large, small, size) for large, small in taken[protocol, client]]
        curl = [figures(large, small, size) for large, small in taken[protocol, "curl"]]
        rate, cpu, start, memory = map(statistics.median, zip(*rounds, strict=True))
        faster = statistics.median(r.rate / c.rate for r, c in zip(rounds, curl, strict=True))
        dearer = statistics.median(r.cpu / c.cpu for r, c in zip(rounds, curl, strict=True))
        lines.append(
            f"| {protocol} | {client} | {rate:.0f} | {faster:.2f} | {cpu:.2f} | {dearer:.2f} "
            f"| {start:.2f} | {memory:.0f} |"
        )
    sys.stdout.write("\n".join(lines) + "\n")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--size", type=int, default=1000, help="MB of the file")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--fetch", nargs=3, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.fetch:
        FETCHERS[arguments.fetch[0]](*arguments.fetch[1:])
    else:
        compare(arguments.size * 10**6, arguments.rounds)


def compare(size: int, rounds: int) -> None:
    """The whole benchmark."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # the server is stopped, too
    with tempfile.TemporaryDirectory() as place, server(Path(place), size) as found:
        name, ports, ca_file = found
        run(command("curl", f"http://{HOST}:{ports['http']}/large.mp4", ca_file), ca_file)  # cached
        taken = measure(ports, ca_file, rounds)
    told = f"{size / 1e6:.0f} MB from {name}, medians of {rounds} rounds; ratios are to curl"
    sys.stdout.write(f"{told}\n\n")
    report(taken, size)


if __name__ == "__main__":
    main()
