"""One crawl from its settings to its files: what `pytomo` does once the command line is read."""

import dataclasses
import logging
import platform
import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from importlib.metadata import PackageNotFoundError, version
from itertools import count
from pathlib import Path
from threading import Event
from typing import Any

from pytomo import __version__
from pytomo.beside import START, USUAL_URL, dashboard, how_to_open
from pytomo.config import Config
from pytomo.console import Display
from pytomo.crawl import Sink, crawl, first_urls
from pytomo.database import Database
from pytomo.errors import CrawlError, Status, UsageError
from pytomo.interruption import Interruption
from pytomo.log import close_log, open_log
from pytomo.measure import Steps
from pytomo.privacy import hiding
from pytomo.public_address import public_address
from pytomo.rrd import RrdFiles, available, rebuild
from pytomo.services import service_of
from pytomo.store import Store, database_name
from pytomo.summary import Tally

PACKAGES = ("yt-dlp", "dnspython", "requests", "urllib3", "rrdtool", "hachoir", "icmplib")
NOT_KEPT = frozenset({"http_proxy", "cookies", "cookies_from_browser"})
"""Settings that may hold what nobody but the user should know."""
NO_RRDTOOL = (
    "The Python package rrdtool is missing: no RRD files are written (install librrd-dev and "
    "`pip install rrdtool`, then `pytomo rebuild` makes them from the database)."
)

log = logging.getLogger(__name__)


def crawl_session(given: Mapping[str, Any], inputs: Sequence[str]) -> Status:
    """Crawl as the given settings say; the lab brings its own internet and shorter defaults."""
    if not given.get("lab"):
        return _shown(Config(**given), inputs)
    from pytomo.lab.lab import DEFAULTS, Lab

    display = Display(quiet=bool(given.get("quiet")))
    with Lab(progress=display.say) as lab:
        config = Config(**{**DEFAULTS, **given, **lab.settings()})
        if config.no_extra_resolvers:
            config = replace(config, resolvers=config.resolvers[:1])
        return _shown(config, inputs)


def rebuild_session(databases: Sequence[Path], output_dir: Path) -> Status:
    """Make the RRD files anew from databases. Raises UsageError, CrawlError."""
    if not available():
        raise UsageError(NO_RRDTOOL)
    found = list(databases) or sorted((output_dir / "databases").glob("*.db"))
    if not found:
        raise UsageError(f"no database in {output_dir / 'databases'}: name one, or crawl first")
    display = Display()
    unreadable = [path for path in found if not _readable(path, display)]
    if len(unreadable) == len(found):
        raise UsageError("none of these is a database of Pytomo: name another")
    for path in rebuild([path for path in found if path not in unreadable], output_dir / "rrds"):
        display.say(f"wrote {path}")
    return Status.NOTHING_MEASURED if unreadable else Status.CRAWLED


def _readable(path: Path, display: Display) -> bool:
    try:
        with Database(path) as database:
            database.facts()
    except CrawlError as error:
        display.say(str(error))
        return False
    return True


@dataclass(frozen=True, slots=True)
class Places:
    """Where a crawl keeps what it finds."""

    database: Path
    log: Path
    rrds: Path


def places(config: Config, inputs: Sequence[str], at: datetime) -> Places:
    """The classic file names; the service in them is that of the first URL."""
    service = service_of(inputs[0]).name if inputs else config.service
    name = database_name(socket.gethostname(), service, config.provider, at)
    return Places(
        database=config.output_dir / "databases" / name,
        log=config.output_dir / "logs" / name.replace(".pytomo_database.db", ".pytomo.log"),
        rrds=config.output_dir / "rrds",
    )


def _shown(config: Config, inputs: Sequence[str]) -> Status:
    """Crawl, and show it on the dashboard if that is wanted; in the lab until Ctrl-C."""
    where = _reserved(config, inputs)
    directory = where.database.parent
    if not config.serve:
        told = f"{how_to_open(directory)} shows it live at {USUAL_URL}"
        return _crawl(_Session(config, inputs, where, told))
    with dashboard(directory, where.log) as url:
        status = _crawl(_Session(config, inputs, where, _shown_at(url)))
        if url and config.lab and status is not Status.INTERRUPTED:
            Display(quiet=config.quiet).say(f"The dashboard stays at {url} until Ctrl-C.")
            _wait()
    return status


def _shown_at(url: str | None) -> str:
    if url is None:
        return f"the dashboard did not start within {START:g} s, so nothing shows it"
    return f"the dashboard shows it live at {url}"


def _wait() -> None:
    """Until Ctrl-C or SIGTERM."""
    with Interruption(), suppress(KeyboardInterrupt):
        Event().wait()


def _crawl(session: "_Session") -> Status:
    with Interruption() as interruption, _log_file(session.where.log, session.config):
        try:
            session.run(interruption)
        except KeyboardInterrupt:
            return Status.INTERRUPTED
        finally:
            with interruption.held():
                session.summarise()
    return Status.CRAWLED if session.tally.measured else Status.NOTHING_MEASURED


def _reserved(config: Config, inputs: Sequence[str]) -> Places:
    """Names that no other crawl has; the log file, made here, keeps others away from them.

    Crawls that start in the same second get the next ones. Raises UsageError if none can be made.
    """
    now = datetime.now(UTC)
    for seconds in count():
        where = places(config, inputs, now + timedelta(seconds=seconds))
        try:
            where.log.parent.mkdir(parents=True, exist_ok=True)
            where.log.open("x").close()
        except FileExistsError:
            continue
        except OSError as error:
            raise UsageError(f"cannot write {where.log}: {error.strerror}") from None
        break
    return where


class _Session:
    """What a crawl has open."""

    def __init__(
        self, config: Config, inputs: Sequence[str], where: Places, dashboard: str
    ) -> None:
        self.config = config
        self.where = where
        self.tally = Tally()
        self._inputs = inputs
        self._dashboard = dashboard
        self._display = Display(quiet=config.quiet)

    def run(self, interruption: Interruption) -> None:
        """Crawl; raises KeyboardInterrupt and CrawlError when all is kept."""
        display, config = self._display, self.config
        display.say(
            f"Pytomo {__version__} crawls {self._subject()}; {self._dashboard}; Ctrl-C stops it."
        )
        display.tell("looking for videos")
        first = first_urls(config, self._inputs)
        with ExitStack() as stack:
            store = stack.enter_context(Store(self.where.database, _facts(config, self._inputs)))
            sinks: list[Sink] = [store, self.tally, display, *self._rrd_files(stack)]
            if config.hide_public_ip:
                sinks = [hiding(sink) for sink in sinks]
            stack.callback(lambda: store.note(ended=datetime.now(UTC).isoformat()))
            if not config.hide_public_ip:
                store.note(public_ip=public_address(config))
            crawl(first, config, sinks, interruption, Steps(tell=_told(display)))

    def summarise(self) -> None:
        """Say how the videos played and where it is all kept, if there was a crawl at all."""
        self._display.close()
        if self.where.database.exists():
            names = tuple(resolver.name for resolver in self.config.resolvers)
            self._display.summary(self.tally, names, _existing(self.where))

    def _subject(self) -> str:
        """What is crawled, in words."""
        count = len(self._inputs)
        given = "a given URL" if count == 1 else f"{count} given URLs"
        source = given if count else f"popular videos of {self.config.service}"
        return f"{source} in the lab" if self.config.lab else source

    def _rrd_files(self, stack: ExitStack) -> list[Sink]:
        if not available():
            self._display.say(NO_RRDTOOL)
            log.warning(NO_RRDTOOL)
            return []
        names = tuple(resolver.name for resolver in self.config.resolvers)
        files = RrdFiles(self.where.rrds, socket.gethostname(), names)
        stack.callback(files.close)
        return [files]


def _told(display: Display) -> Callable[[str], None]:
    """Tell people and the log what is being done."""

    def tell(step: str) -> None:
        log.info(step)
        display.tell(step)

    return tell


@contextmanager
def _log_file(path: Path, config: Config) -> Iterator[None]:
    handler = open_log(path, config.log_level, hide_address=config.hide_public_ip)
    try:
        yield
    finally:
        close_log(handler)


def _facts(config: Config, inputs: Sequence[str]) -> dict[str, Any]:
    """What is kept of the crawl as a whole."""
    settings = dataclasses.asdict(config) | {"input_urls": inputs}
    kept = {name: value for name, value in settings.items() if name not in NOT_KEPT}
    return {
        "started": datetime.now(UTC).isoformat(),
        "host": socket.gethostname(),
        "provider": config.provider,
        "service": service_of(inputs[0]).name if inputs else config.service,
        "resolvers": [resolver.name for resolver in config.resolvers],
        "settings": kept,
        "pytomo": __version__,
        "python": platform.python_version(),
        "platform": platform.platform(),
        **{package: _version(package) for package in PACKAGES},
    }


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _existing(where: Places) -> dict[str, Path]:
    named = {"Database": where.database, "RRD files": where.rrds, "Log": where.log}
    return {name: path for name, path in named.items() if path.is_file() or any(path.glob("*"))}
