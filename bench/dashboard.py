"""How fast the dashboard is with a million rows, how much memory it takes, and whether it holds.

    python bench/dashboard.py [--rows N] [--database FILE] [--readers N] [--seconds N]

Makes a database (`bench/million.py`), or takes a copy of one that is there, and serves it as
people do: `pytomo serve` in a process of its own. It measures the first page right after the
start, every page and picture of the registry for the first time and again, the rebuild of the RRD
files, and then lets readers ask for all of them at random while one crawl writes into a new
database and another one into the large one. The peer is SQLite itself: how long it takes for the
means of a few columns of all rows, which is less than what is on the first page.
"""

import argparse
import itertools
import random
import re
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from million import ROWS, make

from pytomo.database import TABLE
from pytomo.errors import Failure, Outcome, Phase
from pytomo.results import COLUMNS, Row, Visit, ending
from pytomo.store import Store, database_name
from pytomo.web.page import filled
from pytomo.web.pages import FILES, PAGES, PICTURES
from pytomo.web.routes import json_path

FIRST_PAGE = 0.3
ANY_PAGE = 1.0
REBUILD = 30.0
"""Seconds."""
MEMORY = 300.0
"""MB."""
PATIENCE = 60.0
"""Seconds until an answer counts as an error."""
EVERY = 1.0
"""Seconds between two rows of a crawl: more than any real one."""
FILTERS = ("", "resolver=google", "span=week")
MEANS = ("StartupDelay", "StallRatio", "AverageThroughput", "ReceptionRatio", "PingMin")


@dataclass(slots=True)
class Visits:
    """What readers got."""

    times: list[float] = field(default_factory=list)
    statuses: Counter[str] = field(default_factory=Counter)
    slowest: tuple[float, str] = (0.0, "")

    def add(self, address: str, status: str, seconds: float) -> None:
        """One answer."""
        self.times.append(seconds)
        self.statuses[status] += 1
        self.slowest = max(self.slowest, (seconds, address))


@dataclass(frozen=True, slots=True)
class Server:
    """A dashboard in a process of its own."""

    port: int
    process: subprocess.Popen[str]

    def memory(self, what: str = "VmRSS") -> float:
        """Resident memory now, or at its highest (VmHWM), MB."""
        status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="utf-8")
        return int(re.findall(rf"{what}:\s*(\d+) kB", status)[0]) * 1024 / 1e6


@contextmanager
def served(databases: Path) -> Iterator[Server]:
    """Serve a directory until the end of the block."""
    command = [sys.executable, "-m", "pytomo", "serve", "-d", str(databases), "0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        found = re.search(r":(\d+)/", process.stdout.readline())
        if found is None:
            raise SystemExit("the server did not start")
        yield Server(int(found[1]), process)
    finally:
        process.terminate()
        process.wait()


def asked(port: int, address: str) -> tuple[int, float, int]:
    """Status, seconds until the last byte, and bytes of an answer."""
    connection = HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    begun = time.perf_counter()
    try:
        connection.request("GET", address)
        answer = connection.getresponse()
        size = len(answer.read())
    finally:
        connection.close()
    return answer.status, time.perf_counter() - begun, size


@dataclass(frozen=True, slots=True)
class Address:
    """An address of the registry and the filters that it knows."""

    path: str
    filters: tuple[str, ...]
    row: bool
    """Whether it is about one row, whose number means nothing in another database."""
    seen: bool
    """Whether people look at it: a page or a picture, not a report to be kept."""


def addresses(example: int) -> Iterator[Address]:
    """Every page as HTML and JSON, every picture and file, each about an example."""
    for target in (*PAGES, *PICTURES, *FILES):
        known = {parameter.name for parameter in target.parameters}
        filters = tuple(f for f in FILTERS if not f or f.partition("=")[0] in known)
        values = {"format": "svg", **target.example, "row": str(example)}
        row, seen = "{row}" in target.path, target not in FILES
        yield Address(filled(target.path, values), filters, row, seen)
        if target in PAGES:
            yield Address(filled(json_path(target), values), filters, row, seen)


def first_page(databases: Path, results: "Results") -> None:
    """The front page right after the start, and again; while older rows are being read."""
    with served(databases) as server:
        _, cold, _ = asked(server.port, "/")
        _, again, _ = asked(server.port, "/")
        while_reading = [asked(server.port, "/")[1] for _ in range(20)]
    results.say(f"first page right after the start {ms(cold)}, asked again {ms(again)},")
    results.say(f"  while older rows are read: median {ms(statistics.median(while_reading))}")
    results.aim("first page, cold", cold, FIRST_PAGE, "s")


def loaded(server: Server, rows: int) -> float:
    """Seconds until all rows are in memory."""
    begun = time.perf_counter()
    while f'"loaded":{rows},' not in text(server.port, "/api/videos?size=1"):
        time.sleep(0.5)
    return time.perf_counter() - begun


def text(port: int, address: str) -> str:
    """The text of an answer."""
    connection = HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    connection.request("GET", address)
    body = connection.getresponse().read().decode()
    connection.close()
    return body


class Results:
    """Says what was measured, and whether the aims hold."""

    def __init__(self) -> None:
        self.held = True

    def say(self, line: str) -> None:
        """A line for people."""
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()

    def aim(self, what: str, value: float, limit: float, unit: str) -> None:
        """Whether a value is below its limit."""
        good = value < limit
        self.held = self.held and good
        self.say(f"{'AIM HELD' if good else 'AIM MISSED'}: {what} {value:.3g} {unit} < {limit:g}")


def ms(seconds: float) -> str:
    """Milliseconds."""
    return f"{seconds * 1000:.0f} ms"


def every_page(server: Server, row: int, results: Results) -> None:
    """Each address for the first time and again, of all rows and of some."""
    results.say(f"{'first':>8} {'again':>8} {'kB':>7} {'MB':>5} {'highest':>7}  address")
    slowest, first = (0.0, ""), 0.0
    for address in addresses(row):
        for query in address.filters:
            full = f"{address.path}?{query}" if query else address.path
            status, once, size = asked(server.port, full)
            _, again, _ = asked(server.port, full)
            memory = f"{server.memory():5.0f} {server.memory('VmHWM'):7.0f}"
            line = f"{ms(once):>8} {ms(again):>8} {size / 1e3:7.0f} {memory}  {full}"
            results.say(line if status == 200 else f"{line} STATUS {status}")
            slowest = max(slowest, (once if address.seen else 0.0, full))
            first = once if full == "/" else first
            results.held = results.held and status == 200
    results.aim("first page, all rows in memory", first, FIRST_PAGE, "s")
    results.aim(f"slowest page ({slowest[1]})", slowest[0], ANY_PAGE, "s")
    results.aim("memory when all was shown", server.memory(), MEMORY, "MB")
    results.aim("memory at its highest", server.memory("VmHWM"), MEMORY, "MB")


def rebuild(database: Path, directory: Path, results: Results) -> None:
    """The RRD files of the database, as `pytomo rebuild` makes them."""
    command = [sys.executable, "-m", "pytomo", "rebuild", str(database)]
    begun = time.perf_counter()
    subprocess.run(
        [*command, "--output-dir", str(directory)], check=True, stdout=subprocess.DEVNULL
    )
    results.aim("rebuild of the RRD files", time.perf_counter() - begun, REBUILD, "s")


def peer(database: Path, results: Results) -> None:
    """What SQLite needs for a few means of all rows."""
    connection = sqlite3.connect(database)
    begun = time.perf_counter()
    means = ", ".join(f"avg({column})" for column in MEANS)
    connection.execute(f"SELECT {means} FROM {TABLE}").fetchall()
    results.say(f"peer: SQLite takes {time.perf_counter() - begun:.2f} s for {len(MEANS)} means")
    connection.close()


def crowd(server: Server, given: argparse.Namespace, database: Path, results: Results) -> None:
    """Readers ask at random for some time, while crawls write."""
    stop, visits = threading.Event(), Visits()
    large = f"db={database.name}"
    pool = [
        f"{address.path}?{query}&{large}" if query else f"{address.path}?{large}"
        for address in addresses(given.row)
        for query in address.filters
        if len(address.filters) > 1 and address.seen
    ]
    pool += [a.path for a in addresses(given.row) if a.seen and not a.row] * 2
    threads = [
        threading.Thread(target=read, args=(server.port, pool, seed, stop, visits))
        for seed in range(given.readers)
    ]
    writers = [
        threading.Thread(target=new_crawl, args=(database.parent, stop)),
        threading.Thread(target=old_crawl, args=(database, stop)),
    ]
    for thread in (*writers, *threads):
        thread.start()
    time.sleep(given.seconds)
    stop.set()
    for thread in (*threads, *writers):
        thread.join()
    ordered = sorted(visits.times)
    results.say(
        f"{given.readers} readers got {len(ordered)} answers in {given.seconds} s:"
        f" median {ms(ordered[len(ordered) // 2])},"
        f" 95 % within {ms(ordered[int(len(ordered) * 0.95)])},"
        f" slowest {ms(visits.slowest[0])} ({visits.slowest[1]}); {dict(visits.statuses)}"
    )
    results.aim("errors", sum(n for s, n in visits.statuses.items() if s != "200"), 1, "")
    results.aim("memory after the crowd", server.memory(), MEMORY, "MB")
    results.aim("memory at its highest, in the crowd", server.memory("VmHWM"), MEMORY, "MB")


def read(port: int, pool: Sequence[str], seed: int, stop: threading.Event, visits: Visits) -> None:
    """Ask for one address after the other, with a second to look at each."""
    choice = random.Random(seed)
    while not stop.wait(choice.uniform(0.5, 1.5)):
        address = choice.choice(pool)
        begun = time.perf_counter()
        try:
            status, _, _ = asked(port, address)
            said = str(status)
        except (OSError, HTTPException) as error:
            said = type(error).__name__
        visits.add(
            address if said == "200" else f"{address} {said}", said, time.perf_counter() - begun
        )


def new_crawl(databases: Path, stop: threading.Event) -> None:
    """A crawl that begins: the dashboard goes over to its database."""
    now = datetime.now(UTC)
    name = database_name("probe", "youtube", None, now)
    failure = Failure(Outcome.REMOVED, Phase.EXTRACT, "removed")
    with Store(databases / name, {"service": "youtube"}) as store:
        for number in itertools.count():
            at = now + timedelta(seconds=number)
            url = f"https://www.youtube.com/watch?v={number}"
            visit = Visit(at=at, service="youtube", url=url, round=0)
            store(Row(visit=visit, ending=ending(failure)))
            if stop.wait(EVERY):
                return


def old_crawl(database: Path, stop: threading.Event) -> None:
    """The crawl of the large database goes on: copies of its rows, written as a store does."""
    connection = sqlite3.connect(database, isolation_level=None, timeout=10)
    connection.execute("PRAGMA journal_mode = WAL")
    names = ", ".join(f'"{metric.column}"' for metric in COLUMNS)
    for number in itertools.count(1):
        connection.execute(
            f"INSERT INTO {TABLE} SELECT {names}, NULL FROM {TABLE} WHERE RowId = ?", (number,)
        )
        if stop.wait(EVERY):
            connection.close()
            return


def main() -> int:
    """Measure everything; 0 if the aims hold."""
    given = arguments()
    results = Results()
    with tempfile.TemporaryDirectory(prefix="pytomo-dashboard-") as place:
        databases = Path(place, "databases")
        if given.database:
            databases.mkdir()
            database = Path(shutil.copy(given.database, databases))
        else:
            database = make(databases, given.rows)
        rows, given.row = facts(database)
        results.say(f"{rows:,} rows, {database.stat().st_size / 1e6:.0f} MB")
        rebuild(database, Path(place), results)
        peer(database, results)
        first_page(databases, results)
        with served(databases) as server:
            asked(server.port, "/")
            results.say(f"all rows are in memory after {loaded(server, rows):.1f} s")
            every_page(server, given.row, results)
            crowd(server, given, database, results)
    return 0 if results.held else 1


def facts(database: Path) -> tuple[int, int]:
    """The number of rows, and a row with a trace."""
    connection = sqlite3.connect(database)
    ((rows,),) = connection.execute(f"SELECT count(*) FROM {TABLE}")
    ((row,),) = connection.execute("SELECT max(RowId) FROM traces")
    connection.close()
    return rows, row


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--database", type=Path, help="take a copy of this one")
    parser.add_argument("--readers", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=60.0)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
