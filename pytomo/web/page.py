"""What the registry holds: pages, pictures and files, each with its path and its parameters."""

import re
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from pytomo.web.answers import PAGE_POLICY
from pytomo.web.parameters import Parameter
from pytomo.web.request import Request

PLACEHOLDERS = {"row": "[0-9]{1,18}", "format": "svg|png"}
"""What a part of a path may be, by its name; any other is a plain word."""

WORD = "[A-Za-z0-9_-]{1,80}"
PICTURE_TYPES = {"svg": "image/svg+xml", "png": "image/png"}

Version = Callable[[Request], Hashable]
"""What the content depends on besides path and arguments: the same version, the same content."""


def by_rows(request: Request) -> Hashable:
    """The version of what is made of the rows of the database that is shown."""
    source = request.source
    return (source.name, source.table.version, source.running)


def always(request: Request) -> Hashable:
    """The version of what never changes while the server runs."""
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page: `templates/<name>.html`, `/api/<name>`, and `<path>.csv` where `lines` is given."""

    name: str
    path: str
    """With placeholders, `/videos/{row}`; `request.path` holds what stands there."""
    title: str
    text: str
    """One sentence."""
    parameters: tuple[Parameter, ...] = ()
    build: Callable[[Request], Any]
    """The frozen dataclass that its template and its JSON show; raises a Refusal."""
    lines: Callable[[Any], Iterable[Any]] | None = None
    """The CSV: dataclasses or mappings, made of what `build` returned (`request.kind` is csv)."""
    menu: str = ""
    """Section of the menu; empty: not in the menu."""
    example: Mapping[str, str] = field(default_factory=dict)
    """For each placeholder a value that exists: where the menu and the documentation lead."""
    version: Version | None = None
    """None: `by_rows`. `always`: it never changes, and needs no database."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A picture in the formats of `PICTURE_TYPES`, named by the placeholder `format`."""

    name: str
    path: str
    text: str
    parameters: tuple[Parameter, ...] = ()
    draw: Callable[[Request], bytes]
    example: Mapping[str, str] = field(default_factory=dict)
    version: Version | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """Anything else: metrics, a report."""

    name: str
    path: str
    text: str
    parameters: tuple[Parameter, ...] = ()
    type: str
    """Content-Type."""
    write: Callable[[Request], str | bytes]
    example: Mapping[str, str] = field(default_factory=dict)
    version: Version | None = None
    policy: str = PAGE_POLICY
    """Content-Security-Policy."""
    saved_as: Callable[[Request], str] | None = None
    """The name of the file that a browser saves it as, of ASCII; None: that of its path."""
    slow: bool = False
    """Whether it takes seconds: only one such file is made at a time, and readers do not wait for
    it for long (status 503)."""


def placeholders(path: str) -> tuple[str, ...]:
    """The names of a path's placeholders, in order."""
    return tuple(re.findall(r"\{(\w+)\}", path))


def pattern(path: str) -> str:
    """The regular expression of a path: a group for each placeholder."""
    return "".join(_patterns(re.split(r"(\{\w+\})", path)))


def _patterns(parts: Iterable[str]) -> Iterator[str]:
    for part in parts:
        name = part[1:-1] if part.startswith("{") else None
        yield f"({PLACEHOLDERS.get(name, WORD)})" if name else re.escape(part)


def filled(path: str, values: Mapping[str, str]) -> str:
    """A path with values in place of its placeholders."""
    return re.sub(r"\{(\w+)\}", lambda found: values[found[1]], path)
