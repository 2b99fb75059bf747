"""The RRD files of a crawl: one for each service and resolver, fed as rows come, or rebuilt.

They are a view of the database. A row counts in the files of all resolvers that gave its address
(in all files of its service, where there was no address), in the minute in which its measurement
began.
"""

import functools
import heapq
import importlib
import logging
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType
from typing import Any, NamedTuple

from pytomo.database import Database
from pytomo.errors import CrawlError
from pytomo.results import Row
from pytomo.series import READ, Reading, RrdFile, reading, row_reading
from pytomo.store import name_part, short_name

_CALLS_AHEAD = 4
"""Batches that may wait for the disk while a rebuild reads on."""

log = logging.getLogger(__name__)
Load = Callable[[], ModuleType]


def _import() -> ModuleType:
    return importlib.import_module("rrdtool")


def load_rrdtool(load: Load = _import) -> ModuleType:
    """The binding to librrd. Raises CrawlError."""
    try:
        return load()
    except ImportError as error:
        raise CrawlError(f"the Python package rrdtool cannot be used: {error}") from error


def available(load: Load = _import) -> bool:
    """Whether RRD files can be written on this machine."""
    try:
        load_rrdtool(load)
    except CrawlError:
        return False
    return True


@functools.lru_cache(maxsize=4096)
def rrd_name(hostname: str, service: str, resolver: str) -> str:
    """The file of a service as one resolver shows it."""
    return f"{short_name(hostname)}.{name_part(service.lower())}.{name_part(resolver)}.rrd"


class RrdFiles:
    """A sink that keeps the RRD files of a crawl up to date, minute by minute.

    A file that cannot be written is given up with one warning: the database has everything. Crawls
    at the same time may share files: a minute is that of the crawl that ends it first, until a
    rebuild merges them.
    """

    def __init__(
        self, directory: Path, hostname: str, resolvers: Iterable[str], *, load: Load = _import
    ) -> None:
        """Raises CrawlError if rrdtool is missing or the directory cannot be made."""
        self._rrdtool = load_rrdtool(load)
        self._directory = _made(directory)
        self._hostname = hostname
        self._resolvers = tuple(resolvers)
        self._series: dict[Path, RrdFile] = {}
        self._broken: set[Path] = set()

    def __call__(self, row: Row) -> None:
        """Count a row."""
        read = row_reading(row)
        for resolver in read.resolvers or self._resolvers:
            path = self._directory / rrd_name(self._hostname, read.service, resolver)
            self._try(path, lambda series: series.add(read))
        for path in self._series:
            self._try(path, lambda series: series.finish_before(read.second))

    def close(self) -> None:
        """Write the minute that waits for more rows; its crawl is over."""
        for path in self._series:
            self._try(path, RrdFile.close)

    def _try(self, path: Path, step: Callable[[RrdFile], None]) -> None:
        if path in self._broken:
            return
        try:
            if path not in self._series:
                self._series[path] = RrdFile(path, self._rrdtool, self._rrdtool.update, shared=True)
            step(self._series[path])
        except (self._rrdtool.OperationalError, self._rrdtool.ProgrammingError) as error:
            self._broken.add(path)
            log.warning("%s is not kept up to date any more: %s", path, error)


def rebuild(
    databases: Iterable[Path],
    directory: Path,
    *,
    missing_only: bool = False,
    replaced: Collection[str] = (),
    load: Load = _import,
) -> tuple[Path, ...]:
    """Make the RRD files anew from databases: the same that their crawls wrote; the files made.

    A file is replaced when all of it is there, so that readers always find a whole one. With
    `missing_only`, files that exist are left alone, but for those named in `replaced`. A database
    that cannot be read is left out with a warning. Raises CrawlError if rrdtool is missing or the
    directory cannot be written.
    """
    rrdtool = load_rrdtool(load)
    crawls = [crawl for crawl in map(_crawl_of, databases) if crawl is not None]
    names = {name for crawl in crawls for name in crawl.names}
    if missing_only:
        names = {name for name in names if name in replaced or not (directory / name).exists()}
    if not names:
        return ()
    with TemporaryDirectory(dir=_made(directory), prefix=".rebuild-") as place:
        try:
            _write(crawls, [Path(place, name) for name in names], rrdtool)
        except (rrdtool.OperationalError, rrdtool.ProgrammingError, OSError) as error:
            raise CrawlError(f"cannot write RRD files in {directory}: {error}") from error
        return tuple(path.replace(directory / path.name) for path in sorted(Path(place).iterdir()))


class _Crawl(NamedTuple):
    """What is to be known of a database before its rows are read."""

    path: Path
    hostname: str
    resolvers: tuple[str, ...]
    """Those that rows without an address count for."""
    names: frozenset[str]
    """The RRD files that it has rows for."""
    first: str
    last: str


def _crawl_of(path: Path) -> _Crawl | None:
    """None for a database without rows, and for one that cannot be read."""
    hostname = path.name.partition(".")[0]
    try:
        with Database(path) as database:
            ((first, last),) = database.query("SELECT min(ID), max(ID) FROM measurements")
            pairs = set(database.query("SELECT DISTINCT Service, Resolver FROM measurements"))
            named = {name for _, names in pairs for name in (names or "").split(",") if name}
            everyone = resolvers_told(database.facts()) or tuple(sorted(named))
    except CrawlError as error:
        log.warning("%s", error)
        return None
    if first is None:
        return None
    files = (
        rrd_name(hostname, service or "", resolver)
        for service, names in pairs
        for resolver in (names.split(",") if names else everyone)
    )
    return _Crawl(path, hostname, everyone, frozenset(files), first, last)


def resolvers_told(facts: Mapping[str, Any]) -> tuple[str, ...]:
    """The resolvers that a crawl says it asks; none if it does not say."""
    told = facts.get("resolvers")
    return tuple(map(str, told)) if isinstance(told, list) else ()


def _write(crawls: Iterable[_Crawl], paths: Iterable[Path], rrdtool: ModuleType) -> None:
    with _behind(rrdtool.update) as update:
        files = {path.name: RrdFile(path, rrdtool, update) for path in paths}
        for together in _overlapping(crawls):
            for read, crawl in heapq.merge(*map(_readings, together), key=_time):
                for resolver in read.resolvers or crawl.resolvers:
                    series = files.get(rrd_name(crawl.hostname, read.service, resolver))
                    if series is not None:
                        series.add(read)
        for series in files.values():
            series.close()


def _overlapping(crawls: Iterable[_Crawl]) -> Iterator[list[_Crawl]]:
    """Crawls in the order of time, those that ran at the same time together.

    A year of hourly crawls must not be opened all at once.
    """
    together: list[_Crawl] = []
    for crawl in sorted(crawls, key=lambda crawl: crawl.first):
        if together and crawl.first > max(other.last for other in together):
            yield together
            together = []
        together.append(crawl)
    if together:
        yield together


def _readings(crawl: _Crawl) -> Iterator[tuple[Reading, _Crawl]]:
    try:
        with Database(crawl.path) as database:
            for second, *cells in database.query(READ):
                if second is not None:
                    yield reading(second, *cells), crawl
    except CrawlError as error:
        log.warning("%s is left out from here on: %s", crawl.path, error)


def _time(item: tuple[Reading, _Crawl]) -> int:
    return item[0].second


@contextmanager
def _behind(update: Callable[..., object]) -> Iterator[Callable[..., object]]:
    """Let librrd write in a thread of its own (it frees the interpreter), in order."""
    calls: deque[Future[object]] = deque()

    def send(*arguments: str) -> None:
        calls.append(writer.submit(update, *arguments))
        while len(calls) > _CALLS_AHEAD:
            calls.popleft().result()

    with ThreadPoolExecutor(1) as writer:
        yield send
        for call in calls:
            call.result()


def _made(directory: Path) -> Path:
    """The directory, created if it is not there. Raises CrawlError."""
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CrawlError(f"cannot create {directory}: {error.strerror}") from error
    return directory
