"""What the dashboard serves: the newest database of a directory, or the one that is asked for."""

import shlex
import threading
import time
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
from pytomo.report.pdf import PdfMaker
from pytomo.web.answers import Locked, NotFound, NothingYet, Unreadable, unreadable
from pytomo.web.archive import PATIENCE, Archive, Entry
from pytomo.web.cache import Cache
from pytomo.web.frames import Frames, Reader
from pytomo.web.rrds import RrdKeeper

KEPT_VALUES = 512
"""Values that analyses keep with `Site.cached`."""


@dataclass(frozen=True)
class Source:
    """A database that is shown, as it is at this moment."""

    entry: Entry
    reader: Reader
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

    @property
    def frame(self) -> Frame:
        """Its rows in memory, as they are."""
        return self.reader.frame

    @cached_property
    def table(self) -> Table:
        """Its rows, those that were written since the last request included."""
        return self.reader.table(self.entry)

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
        monotonic: Callable[[], float] = time.monotonic,
        rrds: RrdKeeper | None = None,
        pdfs: Callable[[bytes], bytes] | None = None,
    ) -> None:
        """See `Archive` for what `directory` and `file` may be."""
        self.following: Following | None = None
        self.clock = clock
        """Unix time, s."""
        self.rrds = rrds or RrdKeeper()
        """Where graphs find their RRD files."""
        self._pdfs = PdfMaker()
        self.pdf = pdfs or self._pdfs
        """HTML as PDF; raises UsageError."""
        self.frames = Frames()
        """The databases that are in memory."""
        self._archive = Archive(directory, file, clock=monotonic)
        self._lock = threading.Lock()
        self._values = Cache(KEPT_VALUES)

    @property
    def directory(self) -> Path:
        """Where the databases are; it need not be there (yet)."""
        return self._archive.directory

    @property
    def output_option(self) -> str:
        """What a crawl must be told to appear here: ` --output-dir …`; empty: nothing."""
        directory = self._archive.output_directory
        return "" if directory == Path() else f" --output-dir {shlex.quote(str(directory))}"

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

    def stop(self) -> None:
        """Give up what takes long: nobody waits for it any more."""
        self._pdfs.close()

    def close(self) -> None:
        """Leave all databases."""
        self.stop()
        self.frames.close()
        self.rrds.close()

    def _named(self, name: str) -> Source:
        entry = self._archive.entry(name)
        if entry is None:
            raise NotFound(f"There is no database {name} in the archive.")
        return self._source(entry, followed=False)

    def _newest(self) -> Source:
        entry = self._newest_entry()
        if entry is None:
            self._check_the_first()
            raise NothingYet("There is no database to show yet.")
        self._follow(entry.name)
        return self._source(entry, followed=True)

    def _check_the_first(self) -> None:
        """Raises Locked if the newest database can be read soon."""
        names = self._archive.names()
        entry = self._archive.entry(names[0]) if names else None
        if entry is not None and entry.busy:
            raise _refusal(entry)

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
            raise _refusal(entry)
        try:
            reader = self.frames.reader(entry)
        except CrawlError as error:
            raise unreadable(error, entry.path.parent) from error
        return Source(entry, reader, entry.running(self.clock()), followed)


def _refusal(entry: Entry) -> Unreadable:
    """What to say of a database that could not be read when it was looked at last."""
    text = entry.problem or ""
    if entry.busy:
        return Locked(f"Another program has locked {entry.name}.")
    return Unreadable(f"{text[:1].upper()}{text[1:]}.")
