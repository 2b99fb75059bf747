"""The command line: `pytomo [VERB] …`; without a verb it is the classic crawl."""

import argparse
import io
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from math import isfinite
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pytomo import __version__
from pytomo.commands import export_command, replay_command, report_command, score_command
from pytomo.config import HIGH_DEFINITION, Config, Setting, settings
from pytomo.errors import CrawlError, Status, UsageError
from pytomo.interruption import Interruption
from pytomo.parser import Parser
from pytomo.profiles import NAMES, named
from pytomo.serve import serve_command


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; returns a `Status`."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a title must not end a crawl
            stream.reconfigure(errors="replace")
    verb = VERBS.get(words[0]) if words else None
    try:
        return verb(words[1:]) if verb else crawl_command(words)
    except UsageError as error:
        print(f"pytomo: {error}", file=sys.stderr)  # noqa: T201 - the console may not exist yet
        return Status.USAGE
    except CrawlError as error:
        print(f"pytomo: {error}", file=sys.stderr)  # noqa: T201
        return Status.NOTHING_MEASURED
    except KeyboardInterrupt:
        return Status.INTERRUPTED


def web_interface() -> int:
    """`pytomo_web_interface …`, the classic name of `pytomo serve …`."""
    return main(["serve", *sys.argv[1:]])


def crawl_command(words: Sequence[str]) -> int:
    """`pytomo [crawl] …`: the classic crawl."""
    given = parse(crawl_parser(), words)
    urls = input_urls(replace(Config(), **given))
    with Interruption():
        from pytomo.session import crawl_session

        return crawl_session(given, urls)


def rebuild_command(words: Sequence[str]) -> int:
    """`pytomo rebuild …`: the RRD files anew from the databases."""
    parser = Parser(prog="pytomo rebuild", description="Make the RRD files anew from SQLite.")
    parser.add_argument("databases", nargs="*", type=Path, help="default: all of databases/")
    parser.add_argument(
        "--output-dir", type=Path, default=Path(), help="where databases/ and rrds/ are"
    )
    options = parser.parse_args(words)
    from pytomo.session import rebuild_session

    return rebuild_session(options.databases, options.output_dir)


_THRESHOLDS = {"buffering_video_duration", "min_playout_buffer_size"}

VERBS: dict[str, Callable[[Sequence[str]], int]] = {
    "crawl": crawl_command,
    "rebuild": rebuild_command,
    "serve": serve_command,
    "export": export_command,
    "score": score_command,
    "report": report_command,
    "replay": replay_command,
}


def crawl_parser(config: type[Config] = Config) -> Parser:
    """The parser of the crawl, made from the settings."""
    parser = Parser(
        prog="pytomo",
        description="Crawl videos, measure how they would play from here, keep it in a database.",
        epilog=f"Other commands: pytomo {' | '.join(VERBS)} (each with --help). "
        "Exit status: 0 crawled, 1 nothing could be measured, 2 usage, 130 interrupted.",
        argument_default=argparse.SUPPRESS,
    )
    parser.add_argument("--version", action="version", version=f"pytomo {__version__}")
    parser.add_argument("input_urls", nargs="*", help=_declared("input_urls").help)
    for name, default, setting in settings(config):
        if setting.flags:
            parser.add_argument(*setting.flags, dest=name, **_keywords(name, default, setting))
    return parser


def parse(parser: Parser, words: Sequence[str]) -> dict[str, Any]:
    """The settings that the command line gives, checked. Raises UsageError."""
    given = vars(parser.parse_intermixed_args(words))
    given = {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in given.items()
        if value != []
    }
    config = replace(Config(), **given)
    if config.ipv4_only and config.ipv6_only:
        raise UsageError("-4 and -6 exclude each other: give one of them")
    if config.high_definition and "quality" not in given:
        given["quality"] = HIGH_DEFINITION
    check_player(config, given)
    names = [resolver.name for resolver in config.resolvers]
    if len(set(names)) < len(names):
        raise UsageError("two resolvers have the same name: give each its own")
    if config.lab and ("resolvers" in given or config.ipv6_only):
        raise UsageError("the lab has its own resolvers, and no IPv6: leave --resolver and -6 out")
    for part in (".", "databases", "logs", "rrds"):
        check_output_directory(config.output_dir / part)
    if config.no_extra_resolvers and not config.lab:
        given["resolvers"] = config.resolvers[:1]
    return given


def check_player(config: Config, given: Mapping[str, Any]) -> None:
    """Raises UsageError for what no player does; `given` are the settings of the command line."""
    if config.profile != NAMES[0] and not _THRESHOLDS.isdisjoint(given):
        text = (
            f"-B and -M are for the profile {NAMES[0]}: {config.profile} has thresholds of its own"
        )
        raise UsageError(text)
    if config.abr and config.reliable_bitrate:
        raise UsageError("--abr and --reliable-bitrate exclude each other: give one of them")
    player = named(config.profile)
    if config.paced and not isfinite(player.full(None)):
        raise UsageError(
            f"{player.name} never stops fetching: choose another --profile with --paced"
        )


def input_urls(config: Config) -> tuple[str, ...]:
    """The URLs of the command line and of the input file. Raises UsageError."""
    given = [(url, "") for url in config.input_urls]
    if config.input_file is not None:
        try:
            lines = config.input_file.read_text(encoding="utf-8-sig").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(f"cannot read {config.input_file}: {error}") from None
        urls = [line.strip() for line in lines if line.strip() and not line.strip().startswith("#")]
        given += [(url, f"{config.input_file}: ") for url in urls]
    for url, place in given:
        if not _is_web_url(url):
            raise UsageError(f"{place}{url!r} is no URL: give it with http:// or https://")
    if config.input_file is not None and not given:
        raise UsageError(f"{config.input_file} holds no URL: put one on each line")
    return tuple(url for url, _ in given)


def check_output_directory(directory: Path) -> None:
    """Raises UsageError unless files can be made there; makes nothing."""
    nearest = directory.absolute()
    while not nearest.exists() and nearest != nearest.parent:
        nearest = nearest.parent
    if not nearest.is_dir() or not os.access(nearest, os.W_OK | os.X_OK):
        raise UsageError(f"cannot write to {directory}: choose another --output-dir")


def _is_web_url(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _declared(wanted: str) -> Setting:
    return next(setting for name, _, setting in settings() if name == wanted)


def _keywords(name: str, default: Any, setting: Setting) -> dict[str, Any]:
    """The keywords of `add_argument` for a setting."""
    told = described(default, setting)
    if setting.const is not None:
        return {"action": "store_const", "const": setting.const, "help": told}
    keywords: dict[str, Any] = {"help": told, "metavar": setting.metavar or name.upper()}
    if setting.choices:
        keywords |= {"choices": setting.choices, "metavar": None}
    if setting.convert:
        keywords["type"] = _argument_type(setting.convert)
    if setting.repeatable:
        keywords["action"] = "append"
    return keywords


def described(default: Any, setting: Setting) -> str:
    """The help of a setting with its unit and default."""
    unit = f" [{setting.unit}]" if setting.unit else ""
    plain = isinstance(default, str | int | float) and not isinstance(default, bool)
    told = f" (default: {default})" if plain else ""
    return f"{setting.help}{unit}{told}".replace("%", "%%")


def _argument_type(convert: Callable[[str], Any]) -> Callable[[str], Any]:
    """`convert` with its own reason in the message of argparse."""

    def checked(text: str) -> Any:
        try:
            return convert(text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from None

    return checked
