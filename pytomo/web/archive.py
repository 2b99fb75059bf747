"""The databases of a directory, as far as they can be told without reading their rows."""

import re
import stat
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pytomo.database import EARLIEST, LATEST, ROW_ID, TABLE, Database
from pytomo.errors import CrawlError, LockedError

PATIENCE = 1.5
"""Seconds to wait for a database that another process has locked: those who ask for it wait too."""

RETRY = 2.0
"""Seconds after which a database that could not be read is tried again."""

LISTING = 0.5
"""Seconds for which the names of a directory are taken to be the same."""

LONGEST_SILENCE = 120.0
"""Seconds without a row after which a crawl is not taken to be running any more, at least."""

_NEVER = datetime.min.replace(tzinfo=UTC)
_TIME = re.compile(r"\d{4}-\d\d-\d\d\.\d\d_\d\d_\d\d")
Signature = tuple[int, ...]
"""Inode, size and time of change (ns) of a file, size and time of its write-ahead log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A database of the archive."""

    name: str
    path: Path
    at: datetime
    """When its crawl began, by its name; for other names, when the file changed last."""
    changed: float
    """Unix time of the last write."""
    signature: Signature = field(repr=False)
    """Changes whenever the file does."""
    size: int
    """Bytes, those that wait in its write-ahead log included."""
    problem: str | None = None
    """Why it cannot be read; None if it can."""
    busy: bool = False
    """Whether that is because another program has locked it: it may be over soon."""
    rows: int | None = None
    first: str | None = None
    """UTC of the first and the last row, as they stand in the database."""
    last: str | None = None
    classic: bool = False
    """Whether the first Pytomo wrote it."""
    facts: Mapping[str, Any] = field(default_factory=dict)
    """What the crawl noted about itself."""

    def running(self, now: float) -> bool:
        """Whether its crawl seems to go on: it has no end, and began or had a row not long ago.

        A crawl that was killed has no end either; it looks so until it has been silent for longer
        than a video of its settings takes. The file alone tells nothing: a copy of it is new.
        """
        if self.problem or not self.facts or self.facts.get("ended"):
            return False
        longest = _longest_silence(self.facts.get("settings"))
        told = (_unix(self.last), _unix(self.facts.get("started")))
        signs = (time for time in told if time is not None)
        return now - self.changed < longest and any(abs(now - sign) < longest for sign in signs)


def _unix(text: Any) -> float | None:
    """Unix seconds of an ISO 8601 time, UTC where it names no zone; None if it is none."""
    try:
        at = datetime.fromisoformat(text)
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
    except (TypeError, ValueError, OverflowError):
        return None


def _longest_silence(settings: Any) -> float:
    """Seconds: of three videos that all take their whole time."""
    known = settings if isinstance(settings, dict) else {}
    times = [known.get(name) for name in ("download_time", "delay")]
    return LONGEST_SILENCE + 3 * sum(t for t in times if isinstance(t, int | float) and t >= 0)


class Archive:
    """The databases of a directory (or a single one), the newest first; usable by threads."""

    def __init__(
        self,
        directory: Path,
        file: Path | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`directory` holds databases or has a `databases` that does; `file`: nothing but it."""
        self._given = directory
        self._file = file
        self._clock = clock
        self._reading: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)
        self._known: dict[str, tuple[Signature, float, Entry]] = {}
        self._listing: tuple[float, Mapping[str, Path]] | None = None

    @property
    def output_directory(self) -> Path:
        """The --output-dir of a crawl that would appear here."""
        given = self._given if self._file is None else self._file.parent
        return given.parent if given.name == "databases" else given

    @property
    def directory(self) -> Path:
        """Where the databases are; it need not be there (yet)."""
        if self._file is not None:
            return self._file.parent
        below = self._given / "databases"
        return below if below.is_dir() else self._given

    def names(self) -> tuple[str, ...]:
        """The file names, the newest first: by the times in the names.

        Those without a time in the name come after all others, by the times of the files.
        """
        return tuple(self._files())

    def entry(self, name: str) -> Entry | None:
        """What is known of a database; None if the archive has none of that name.

        Nothing but a plain name of a file in the directory is accepted.
        """
        path = self._files().get(name)
        signature = _signature(path) if path else None
        if path is None or signature is None:
            return None
        with self._reading[name]:
            seen, at, entry = self._known.get(name, (None, 0.0, None))
            if entry is None or seen != signature or self._is_old(entry, seen, at):
                entry = _newer(entry, _read(path, signature))
                self._known[name] = (signature, self._clock(), entry)
            return entry

    def _is_old(self, entry: Entry, seen: Signature, at: float) -> bool:
        """Whether a database is to be tried again that could not be read then."""
        return bool(entry.problem or entry.signature != seen) and self._clock() - at >= RETRY

    def entries(self) -> list[Entry]:
        """All of them."""
        return [entry for name in self.names() if (entry := self.entry(name)) is not None]

    def _files(self) -> Mapping[str, Path]:
        """The files by their names, in order; looked for a few times a second at most."""
        now = self._clock()
        if self._listing is None or now - self._listing[0] >= LISTING:
            self._listing = (now, _sorted(self._found()))
        return self._listing[1]

    def _found(self) -> list[Path]:
        if self._file is not None:
            return [self._file]
        directory = self.directory
        try:
            inside = directory.resolve()
            # A name that cannot be printed, such as one that is no UTF-8, cannot be in a link.
            paths = (path for path in directory.glob("*.db") if path.name.isprintable())
            return [path for path in paths if _is_in(path, inside)]
        except (OSError, RuntimeError):  # it is not there, or may not be read
            return []


def _sorted(paths: Iterable[Path]) -> dict[str, Path]:
    changes = [(path, changed) for path in paths if (changed := _changed(path)) is not None]
    changes.sort(key=lambda found: _age(found[0].name, found[1]), reverse=True)
    return {path.name: path for path, _ in changes}


def _is_in(path: Path, directory: Path) -> bool:
    """Whether what a path of a directory leads to is in that directory, too."""
    try:
        return not path.is_symlink() or (path.exists() and path.resolve().parent == directory)
    except (OSError, RuntimeError):  # a link that leads to itself
        return False


def _age(name: str, changed: float) -> tuple[datetime, float, str]:
    """Names without a time are older than all that have one: a copy is newer than any crawl."""
    return (_named(name) or _NEVER, changed, name)


def _at(name: str, changed: float) -> datetime:
    try:
        return _named(name) or datetime.fromtimestamp(changed, UTC)
    except (ValueError, OverflowError, OSError):  # file systems know years that Python does not
        return _NEVER


def _named(name: str) -> datetime | None:
    """The time in the name of a file."""
    for text in reversed(_TIME.findall(name)):
        try:
            return datetime.strptime(text, "%Y-%m-%d.%H_%M_%S").replace(tzinfo=UTC)
        except ValueError:
            continue
    return None


def _changed(path: Path) -> float | None:
    signature = _signature(path)
    return None if signature is None else max(signature[2], signature[4]) / 1e9


def _signature(path: Path) -> Signature | None:
    """None if there is no such file (any more), or it is a directory, a pipe or a device."""
    try:
        main = path.stat()
    except OSError:
        return None
    if not stat.S_ISREG(main.st_mode):
        return None
    try:
        log = path.with_name(f"{path.name}-wal").stat()
        waiting = (log.st_size, log.st_mtime_ns)
    except OSError:
        waiting = (0, 0)
    return (main.st_ino, main.st_size, main.st_mtime_ns, *waiting)


def _newer(known: Entry | None, found: Entry) -> Entry:
    """What was found; what was known of the same file before, as long as that is locked."""
    if found.busy and known is not None and not known.problem:
        return known if known.signature[0] == found.signature[0] else found
    return found


def _read(path: Path, signature: Signature) -> Entry:
    changed = max(signature[2], signature[4]) / 1e9
    told: dict[str, Any]
    try:
        told = _told(path)
    except CrawlError as error:
        problem = str(error).replace(str(path), path.name)
        told = {"problem": problem, "busy": isinstance(error, LockedError)}
    except Exception as error:  # whatever a stranger's file can hold
        told = {"problem": f"cannot read {path.name}: {error}"}
    return Entry(
        name=path.name,
        path=path,
        at=_at(path.name, changed),
        changed=changed,
        signature=signature,
        size=signature[1] + signature[3],
        **told,
    )


_REAL = f"ID >= '{EARLIEST}' AND ID < '{LATEST}'"
_EXTENT = (
    f"SELECT (SELECT max({ROW_ID}) FROM measurements),"
    f" (SELECT min(ID) FROM measurements WHERE {_REAL}),"
    f" (SELECT max(ID) FROM measurements WHERE {_REAL})"
)
"""Each alone is found at once; together they would take a look at every row."""


def _told(path: Path) -> dict[str, Any]:
    with Database(path, timeout=PATIENCE) as database:
        ((rows, first, last),) = database.query(_EXTENT)
        return {
            "rows": rows or 0,
            "first": _text(first),
            "last": _text(last),
            "classic": database.table != TABLE,
            "facts": database.facts(),
        }


def _text(value: Any) -> str | None:
    return None if value is None else str(value)[:26]
