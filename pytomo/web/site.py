"""What the dashboard serves: the newest database of a directory, or the one that is asked for."""

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from pytomo.analysis.frame import Frame
from pytomo.analysis.table import Table
from pytomo.database import Database
from pytomo.errors import CrawlError
from pytomo.web.answers import NotFound, NothingYet, Unreadable
from pytomo.web.archive import PATIENCE, Archive, Entry
from pytomo.web.cache import Cache

MOST_FRAMES = 4
MOST_ROWS = 1_500_000
"""Rows in memory of all frames together, but for the one that is looked at."""

KEPT_VALUES = 512
"""Values that analyses keep with `Site.cached`."""

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Source:
    """A database that is shown, as it is at this moment."""

    entry: Entry
    frame: Frame
    running: bool
    """Whether its crawl seems to go on."""
    followed: bool
    """Whether it is the newest one, to be left for one that is newer still."""

    @property
    def name(self) -> str:
        """The file's name: the value of the parameter `db`."""
        return self.entry.name

    @property
    def path(self) -> Path:
        """The file."""
        return self.entry.path

    @property
    def facts(self) -> Mapping[str, Any]:
        """What the crawl noted about itself; empty for the first Pytomo's."""
        return self.entry.facts

    @cached_property
    def table(self) -> Table:
        """Its rows; those known already if others have locked the file for long."""
        try:
            return self.frame.table()
        except CrawlError as error:
            log.warning("%s", error)
            return self.frame.known

    def database(self) -> Database:
        """The database, to be left soon (`with source.database() as database`).

        Raises CrawlError.
        """
        return Database(self.path, timeout=PATIENCE)


@dataclass(frozen=True, slots=True)
class Following:
    """The database that is followed, and since when."""

    name: str
    since: datetime
    before: str | None
    """The one that was followed until then."""


class Site:
    """The databases of a directory, or one file; it may be used by several threads."""

    def __init__(
        self,
        directory: Path,
        file: Path | None = None,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.given = directory
        """Where databases are looked for."""
        self.file = file
        """The only one that is served, if so."""
        self.following: Following | None = None
        self.clock = clock
        """Unix time, s."""
        self._archive = Archive(directory, file)
        self._lock = threading.Lock()
        self._frames: OrderedDict[tuple[str, int], Frame] = OrderedDict()
        self._values = Cache(KEPT_VALUES)

    @property
    def directory(self) -> Path:
        """Where the databases are; it need not be there (yet)."""
        return self._archive.directory

    def archive(self) -> list[Entry]:
        """All databases, the newest first, those that cannot be read included."""
        return self._archive.entries()

    def names(self) -> tuple[str, ...]:
        """The file names of all databases, the newest first."""
        return self._archive.names()

    def source(self, name: str | None = None) -> Source:
        """The database of that name; without one the newest that can be read, which is followed.

        Raises NotFound, Unreadable or NothingYet.
        """
        return self._newest() if name is None else self._named(name)

    def problem(self, name: str) -> str | None:
        """Why a database of the archive cannot be read; None if it can."""
        entry = self._archive.entry(name)
        return entry.problem if entry is not None else None

    def cached(self, key: Hashable, version: Hashable, compute: Callable[[], Any]) -> Any:
        """`compute()`, once for each version of a key, however many ask at the same time."""
        return self._values.get(key, version, compute)

    def close(self) -> None:
        """Leave all databases."""
        with self._lock:
            for frame in self._frames.values():
                frame.close()
            self._frames.clear()

    def _named(self, name: str) -> Source:
        entry = self._archive.entry(name)
        if entry is None:
            raise NotFound(f"There is no database {name} in the archive.")
        return self._source(entry, followed=False)

    def _newest(self) -> Source:
        entry = self._newest_entry()
        if entry is None:
            raise NothingYet("There is no database to show yet.")
        self._follow(entry.name)
        return self._source(entry, followed=True)

    def _newest_entry(self) -> Entry | None:
        entries = map(self._archive.entry, self._archive.names())
        return next((entry for entry in entries if entry and entry.problem is None), None)

    def _follow(self, name: str) -> None:
        with self._lock:
            before = self.following.name if self.following else None
            if before != name:
                now = datetime.fromtimestamp(self.clock(), UTC)
                self.following = Following(name, now, before)

    def _source(self, entry: Entry, *, followed: bool) -> Source:
        if entry.problem is not None:
            raise Unreadable(f"{entry.problem[:1].upper()}{entry.problem[1:]}.")
        try:
            frame = self._frame(entry)
        except CrawlError as error:
            text = str(error).replace(str(entry.path), entry.name)
            raise Unreadable(f"{text[:1].upper()}{text[1:]}.") from error
        return Source(entry, frame, entry.running(self.clock()), followed)

    def _frame(self, entry: Entry) -> Frame:
        """The frame of a file: another file of the same name is another one."""
        key = (entry.name, entry.path.stat().st_ino)
        with self._lock:
            if key not in self._frames:
                self._frames[key] = Frame(entry.path)
                self._leave_some()
            self._frames.move_to_end(key)
            return self._frames[key]

    def _leave_some(self) -> None:
        """Close the frames that were used longest ago, but for the newest one."""
        rows = sum(frame.known.total for frame in self._frames.values())
        while len(self._frames) > 1 and (len(self._frames) > MOST_FRAMES or rows > MOST_ROWS):
            _, frame = self._frames.popitem(last=False)
            rows -= frame.known.total
            frame.close()
