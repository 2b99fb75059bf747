"""The command `pytomo serve`, which is `pytomo_web_interface`: the dashboard on a port."""

import argparse
import logging
import os
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pytomo.errors import CrawlError, Status, UsageError
from pytomo.interruption import Interruption
from pytomo.missing import missing
from pytomo.parser import Parser
from pytomo.zone import utc

if TYPE_CHECKING:
    from pytomo.web.server import Server

PORT = 5555
HOST = "127.0.0.1"
_POLITENESS = 5
"""How far a dashboard beside a crawl stands back for it (nice)."""


def serve_command(words: Sequence[str]) -> int:
    """`pytomo serve …`: serve until Ctrl-C or SIGTERM. Raises UsageError."""
    options = serve_parser().parse_args(words)
    utc()
    logging.basicConfig(
        format="%(asctime)s %(levelname)s %(message)s",
        level=logging.INFO if options.verbose else logging.WARNING,
    )
    with Interruption():
        try:
            server = listening(options.directory, options.database, options.host, options.port)
            try:
                _tell(options, server.urls())
                server.run()
            finally:
                server.stop()
        except KeyboardInterrupt:
            _say("The dashboard has ended.")
    return Status.CRAWLED


def _tell(options: argparse.Namespace, urls: Sequence[str]) -> None:
    for url in urls:
        _say(f"Pytomo shows {options.database or options.directory} at {url}")
    if options.database is None and not options.directory.exists():
        _say(f"There is no directory {options.directory} yet: it is waited for.")
    _say("Ctrl-C ends it.")


def serve_parser() -> Parser:
    """The parser of the classic `start_server.py [-v] [-f database] [-d directory] [port]`."""
    parser = Parser(
        prog="pytomo serve",
        description="Show the databases of crawls to a browser, live.",
        epilog="The newest database of the directory is shown, and left for a newer one when that "
        "appears. Ctrl-C ends the dashboard.",
    )
    parser.add_argument("-v", dest="verbose", action="store_true", help="print each request")
    parser.add_argument(
        "-f", dest="database", metavar="DATABASE", type=Path, help="serve this database only"
    )
    parser.add_argument(
        "-d",
        dest="directory",
        metavar="DIRECTORY",
        type=Path,
        default=Path("databases"),
        help="directory of databases, or the --output-dir of crawls (default: databases)",
    )
    parser.add_argument(
        "--host",
        default=HOST,
        help=f"address or name to listen on (default: {HOST}, for this machine only; "
        "0.0.0.0 opens the dashboard to the network)",
    )
    parser.add_argument(
        "port", nargs="?", type=_port, default=PORT, help=f"port to listen on (default: {PORT})"
    )
    return parser


def listening(directory: Path, database: Path | None, host: str, port: int) -> "Server":
    """A server that listens, for a directory or one database of it, in a process of its own.

    Raises UsageError.
    """
    try:
        from pytomo.web.memory import share
        from pytomo.web.server import Server
        from pytomo.web.site import Site
    except ImportError as error:
        raise UsageError(missing("the dashboard", error)) from None
    if directory.exists() and not directory.is_dir():
        raise UsageError(f"{directory} is no directory: give a database with -f")
    if database is not None:
        _check(database)
    share()
    return Server(Site(directory, database), host, port)


def _check(database: Path) -> None:
    from pytomo.database import Database

    if not database.exists():
        raise UsageError(f"there is no file {database}: give a database of a crawl")
    if not database.name.isprintable():
        raise UsageError(f"{database.name!a} cannot stand in a link: rename the database")
    try:
        Database(database).close()
    except CrawlError as error:
        raise UsageError(str(error)) from None


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text[:6]) <= 65535):
        raise argparse.ArgumentTypeError(f"{text!r} is no port: give a number from 0 to 65535")
    return int(text)


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201 - this is what the command tells


def beside(directory: Path) -> int:
    """Serve a directory for as long as the standard input is open; prints the URL, or why not.

    For the crawl that started this process: the usual port, or any other where that is taken.
    """
    os.nice(_POLITENESS)
    utc()
    with Interruption():
        try:
            _run_while_wanted(_listening_somewhere(directory))
        except UsageError as error:
            _say(str(error))
            return Status.USAGE
        except KeyboardInterrupt:
            return Status.INTERRUPTED
    return Status.CRAWLED


def _listening_somewhere(directory: Path) -> "Server":
    """On the usual port, or any other where that is taken. Raises UsageError."""
    try:
        return listening(directory, None, HOST, PORT)
    except UsageError:
        return listening(directory, None, HOST, 0)


def _run_while_wanted(server: "Server") -> None:
    """Until the standard input is closed, or a signal comes; what it has made is taken away."""
    try:
        _say(server.urls()[0])
        threading.Thread(target=server.run, daemon=True).start()
        sys.stdin.buffer.read()
    finally:
        server.stop()


if __name__ == "__main__":
    sys.exit(beside(Path(sys.argv[1])))
