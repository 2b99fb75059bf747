"""The RRD files of the databases that are shown: found, or made from SQLite in the background.

Those that a crawl keeps are in `rrds` beside `databases`. What is missing there is made there, as
`pytomo rebuild` would; where that cannot be (a database that stands alone, a directory that cannot
be written, a crawl that writes to the same files), in a private directory that is gone at the end.
"""

import itertools
import logging
import shutil
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import Future, wait
from dataclasses import dataclass
from pathlib import Path

from pytomo.errors import CrawlError
from pytomo.rrd import available
from pytomo.rrd_view import knows
from pytomo.web.cache import Cache
from pytomo.web.private_directory import PrivateDirectory, sweep
from pytomo.web.rrd_making import LARGE, RrdMaker, Work, size_of

MOST_PRIVATE = 6
"""Databases whose private files are kept: those that were looked at last. A file has 7 MB."""
_MOST_STATES = 1000
"""Files of which it is kept what they know of."""
_REST, _REST_FOR_BYTE = 60.0, 1e-6
"""Seconds after which the private files of a growing database are made anew: at least, and for
each byte of it."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """The RRD files of a database."""

    database: Path
    changed: float
    """Unix time of its last change."""
    names: Collection[str]
    """The files that its rows are in."""
    start: float
    end: float
    """Unix times of its first and last row."""
    running: bool
    """Whether its crawl goes on."""


@dataclass(frozen=True, slots=True)
class Found:
    """The files that are there."""

    paths: Mapping[str, Path]
    """By name; they are for reading only."""
    note: str = ""
    """What is to be said about them; empty if all is well."""


@dataclass(frozen=True, slots=True)
class _AtHome:
    """What is beside the databases."""

    paths: Mapping[str, Path]
    """The files that know of the database, by name."""
    damaged: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    """Names of others."""


@dataclass(frozen=True, slots=True)
class _Job:
    """Files that are made, or were."""

    work: Work
    future: Future[None]
    changed: float
    """Of the database, when it was asked for."""
    begun: float
    rest: float
    """Seconds from one making of files of a growing database to the next."""

    def stale(self, changed: float, now: float) -> bool:
        """Whether it is time to do it again."""
        return self.future.done() and changed > self.changed and now - self.begun > self.rest


class RrdKeeper:
    """Finds and makes RRD files; it may be used by several threads."""

    def __init__(
        self,
        *,
        at_home: bool = True,
        installed: Callable[[], bool] = available,
        clock: Callable[[], float] = time.time,
        large: int = LARGE,
    ) -> None:
        """`at_home`: whether missing files may be made beside the databases."""
        self._at_home = at_home
        self._installed = installed
        self._clock = clock
        self._private = PrivateDirectory()
        self._states = Cache(_MOST_STATES)
        self._maker = RrdMaker(large)
        self._maker.later(sweep)
        self._lock = threading.Lock()  # of the jobs; nothing that takes long happens under it
        self._home_jobs: dict[Path, _Job] = {}
        self._private_jobs: OrderedDict[Path, _Job] = OrderedDict()
        self._numbers = itertools.count()

    def find(self, wanted: Wanted, *, busy: bool = False) -> Found:
        """The files of a database; what is missing is being made when this returns.

        `busy`: a crawl is running that may write to the files beside the databases.
        """
        if not self._installed():
            return Found({}, "The Python package rrdtool cannot be used here: there are no graphs.")
        home = home_of(wanted.database)
        seen = self._seen(wanted, home) if home else _AtHome({})
        missing = set(wanted.names) - set(seen.paths)
        if not missing:
            return Found(seen.paths)
        at_home = self._at_home and not busy
        if home and at_home and self._is_made_at_home(wanted, home, seen):
            return Found(seen.paths, _note(seen.damaged))
        return self._made_privately(wanted, seen.paths, missing)

    def wait(self) -> None:
        """Return when nothing is being made any more."""
        with self._lock:
            jobs = [*self._home_jobs.values(), *self._private_jobs.values()]
        wait([job.future for job in jobs])

    def close(self) -> None:
        """Stop making files and forget the private ones."""
        self._maker.close()
        self._private.close()

    def _seen(self, wanted: Wanted, home: Path) -> _AtHome:
        paths: dict[str, Path] = {}
        damaged, absent = [], []
        for name in wanted.names:
            path = home / name
            state = self._state(path, wanted) if path.is_file() else False
            if state is None:
                damaged.append(name)
            elif not path.is_file():
                absent.append(name)
            elif state or wanted.running:
                paths[name] = path
        return _AtHome(paths, tuple(damaged), tuple(absent))

    def _state(self, path: Path, wanted: Wanted) -> bool | None:
        """Whether a file knows of a database; None: it is damaged."""

        def look() -> bool | None:
            try:
                return knows(path, wanted.start, wanted.end)
            except CrawlError as error:
                log.warning("%s", error)
                return None

        state: bool | None = self._states.get(path, (changed(path), wanted.start, wanted.end), look)
        return state

    def _is_made_at_home(self, wanted: Wanted, home: Path, seen: _AtHome) -> bool:
        """Have the files made beside the databases; whether they are being made, or just were."""
        with self._lock:
            job = self._home_jobs.get(home)
            if job is not None and not job.future.done():
                return True
            if any((home / name).is_file() for name in seen.absent):
                return True
            tried = job is not None and job.begun >= wanted.changed
            if wanted.running or tried or not (seen.absent or seen.damaged):
                return False
            work = Work(wanted.database.parent, home, seen.damaged)
            self._home_jobs[home] = self._begun(work, wanted)
            return True

    def _made_privately(
        self, wanted: Wanted, paths: Mapping[str, Path], missing: set[str]
    ) -> Found:
        try:
            job = self._private_job(wanted)
        except OSError as problem:
            return Found(paths, f"The RRD files cannot be made: {problem.strerror}.")
        places = {name: job.work.directory / name for name in missing}
        own = {name: path for name, path in places.items() if path.is_file()}
        found = {**paths, **own}
        if not job.future.done():
            return Found(found, "" if len(found) == len(wanted.names) else _note([]))
        error = job.future.exception()
        return Found(found, f"The RRD files cannot be made: {error}." if error else "")

    def _private_job(self, wanted: Wanted) -> _Job:
        """The last or a new one. Raises OSError if there is no place for its files."""
        with self._lock:
            job = self._private_jobs.get(wanted.database)
            if job is None:
                place = self._private.path / str(next(self._numbers))
                job = self._begun(Work(wanted.database, place, None), wanted)
            elif job.stale(wanted.changed, self._clock()):
                job = self._begun(job.work, wanted)
            self._private_jobs[wanted.database] = job
            self._private_jobs.move_to_end(wanted.database)
            left = self._left()
        for directory in left:
            shutil.rmtree(directory, ignore_errors=True)
        return job

    def _begun(self, work: Work, wanted: Wanted) -> _Job:
        rest = max(_REST, _REST_FOR_BYTE * size_of(wanted.database))
        return _Job(work, self._maker.submit(work), wanted.changed, self._clock(), rest)

    def _left(self) -> list[Path]:
        """Forget the databases that were looked at longest ago; the directories of their files.

        What is being made at this moment is left for later.
        """
        left = []
        for database, job in list(self._private_jobs.items())[:-MOST_PRIVATE]:
            if job.future.cancel() or job.future.done():
                del self._private_jobs[database]
                left.append(job.work.directory)
        return left


def home_of(database: Path) -> Path | None:
    """Where the crawl of a database keeps its RRD files; None for one that stands alone."""
    directory = database.absolute().parent
    return directory.parent / "rrds" if directory.name == "databases" else None


def changed(path: Path) -> int:
    """When a file was written last, ns; 0 if it is not there."""
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


def _note(damaged: Sequence[str]) -> str:
    made = "RRD files are being made from SQLite: graphs appear here when they are there."
    return f"Damaged: {', '.join(damaged)}. {made}" if damaged else made
