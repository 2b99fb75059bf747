"""The command `pytomo serve`, which is `pytomo_web_interface`: the dashboard on a port."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from pytomo.errors import CrawlError, Status, UsageError
from pytomo.interruption import Interruption
from pytomo.parser import Parser

PORT = 5555
HOST = "127.0.0.1"
MISSING = "the dashboard needs the Python package {}: pip install 'pytomo[web]'"


def serve_command(words: Sequence[str]) -> int:
    """`pytomo serve …`: serve until Ctrl-C or SIGTERM."""
    options = serve_parser().parse_args(words)
    with Interruption():
        try:
            return serve(options.database_directory, options.database, options.host, options.port)
        except KeyboardInterrupt:
            return Status.CRAWLED


def serve_parser() -> Parser:
    """The parser of the classic `start_server.py [-v] [-f database] [-d directory] [port]`."""
    parser = Parser(
        prog="pytomo serve",
        description="Show the databases of crawls, live, to a browser.",
        epilog="The newest database of the directory is shown, and followed while a crawl writes "
        "it. Ctrl-C ends the dashboard.",
    )
    parser.add_argument("-v", dest="verbose", action="store_true", help="print each request")
    parser.add_argument(
        "-f", dest="database", metavar="DATABASE", type=Path, help="serve this database only"
    )
    parser.add_argument(
        "-d",
        dest="database_directory",
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


def serve(directory: Path, database: Path | None, host: str, port: int) -> Status:
    """Serve a directory, or one database, until KeyboardInterrupt. Raises UsageError."""
    try:
        from pytomo.web.server import Server
        from pytomo.web.site import Site
    except ModuleNotFoundError as error:
        raise UsageError(MISSING.format(error.name)) from None
    if directory.exists() and not directory.is_dir():
        raise UsageError(f"{directory} is no directory: give a database with -f")
    if database is not None:
        check_database(database)
    server = Server(Site(directory, database), host, port)
    for url in server.urls():
        print(f"Pytomo shows {database or directory} at {url}", flush=True)  # noqa: T201
    print("Ctrl-C ends it.", flush=True)  # noqa: T201
    server.run()
    return Status.CRAWLED


def check_database(path: Path) -> None:
    """Raises UsageError unless this is a database of Pytomo."""
    from pytomo.database import Database

    try:
        Database(path).close()
    except CrawlError as error:
        raise UsageError(str(error)) from None


def _port(text: str) -> int:
    try:
        port = int(text)
    except ValueError:
        port = -1
    if not 0 <= port <= 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is no port: give a number from 0 to 65535")
    return port
