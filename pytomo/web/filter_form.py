"""The form of what part of a database is looked at: its fields, and what can be chosen in them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from pytomo.analysis.table import Table
from pytomo.web.parameters import DISTURBED, OUTCOME, SPANS
from pytomo.web.request import Request

RECENT = 20_000
"""Rows, the newest, whose servers are offered."""
MOST_CHOICES = 200

FIELDS = {
    "service": ("Service", ""),
    "resolver": ("Resolver", ""),
    "outcome": ("Outcome", ""),
    "disturbed": ("Disturbed", ""),
    "as": ("Autonomous system", "AS64500"),
    "host": ("Cache host", "r1.cache.example"),
    "ip": ("Server address", "192.0.2.7"),
    "prefix": ("Prefix", "192.0.2.0/24"),
    "place": ("Cache place", "fra"),
    "country": ("Country", "DE"),
    "start": ("From (UTC)", "2026-11-22T10:00"),
    "end": ("Before (UTC)", "2026-11-22T11:00"),
}
"""Label and example of each parameter that filters; those with an example are written freely."""

WORD_COLUMNS = {
    "host": "CacheHost",
    "ip": "IP",
    "prefix": "Prefix",
    "place": "CachePlace",
    "country": "Country",
}


@dataclass(frozen=True, slots=True)
class Choice:
    """A value that can be chosen, and how it is called."""

    value: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A field of the form."""

    name: str
    text: str
    value: str
    example: str
    choices: tuple[Choice, ...]

    @property
    def kind(self) -> str:
        """Whether one of the choices is picked (select) or they are only offered (text)."""
        return "text" if self.example else "select"


@dataclass(frozen=True, slots=True, kw_only=True)
class FilterForm:
    """What the macro `filters` shows."""

    action: str
    fields: tuple[Field, ...]
    kept: tuple[tuple[str, str], ...]
    """Parameters that are no filters and stay as they are."""
    spans: tuple[tuple[str, str, str], ...]
    """Text, address and value of the lengths of time that can be shown."""
    span: str
    """The one that is shown; empty where start or end say otherwise."""
    active: bool
    """Whether anything is filtered, but for the time span."""
    described: str
    cleared: str
    """The address without filters."""


def filter_form(request: Request) -> FilterForm:
    """The form for the filters that this page knows, filled in as the page was asked for."""
    known = request.knows(request.place)
    names = [name for name in FIELDS if name in known]
    timed = request.given.get("start") or request.given.get("end")
    free = (*names, "page", *(("span",) if timed else ()))
    kept = tuple((n, v) for n, v in request.given.items() if n in known and n not in free)
    return FilterForm(
        action=request.place,
        fields=tuple(_fields(request, names)),
        kept=kept,
        spans=tuple(_spans(request)) if "span" in known else (),
        span="" if timed else str(request.arguments.get("span") or "all"),
        active=any(request.given.get(name) for name in names),
        described=request.selection().described(),
        cleared=request.here(**dict.fromkeys((*names, "page"))),
    )


def _fields(request: Request, names: Sequence[str]) -> Iterator[Field]:
    table = request.source.table
    for name in names:
        text, example = FIELDS[name]
        value = request.given.get(name, "")
        choices = _known_choices(request, table, name)
        if not example and value and value not in {choice.value for choice in choices}:
            choices = (Choice(value, value), *choices)
        yield Field(name=name, text=text, value=value, example=example, choices=choices)


def _spans(request: Request) -> Iterator[tuple[str, str, str]]:
    for name in SPANS:
        changes = {"span": name, "start": None, "end": None, "page": None}
        yield name, request.here(**changes), name


def _known_choices(request: Request, table: Table, name: str) -> tuple[Choice, ...]:
    key = ("choices", request.source.name, name)
    found: tuple[Choice, ...] = request.site.cached(
        key, table.version, lambda: choices(table, name)
    )
    return found


def choices(table: Table, name: str) -> tuple[Choice, ...]:
    """What can be chosen for a parameter: what the newest rows of the table have."""
    if name == "outcome":
        return _plain(OUTCOME.choices)
    if name == "disturbed":
        return _plain(DISTURBED.choices)
    recent = table.where(np.arange(max(0, len(table) - RECENT), len(table)))
    if name == "service":
        return _plain(_words(recent, "Service"))
    if name == "resolver":
        return _plain(recent.resolvers)
    if name == "as":
        return _systems(recent)
    return _plain(_words(recent, WORD_COLUMNS[name])) if name in WORD_COLUMNS else ()


def _plain(words: Sequence[str]) -> tuple[Choice, ...]:
    return tuple(Choice(word, word) for word in words[:MOST_CHOICES])


def _words(table: Table, column: str) -> tuple[str, ...]:
    """The words of a column, the most frequent one first."""
    words = table.words(column)
    counts = np.bincount(words.codes[words.codes >= 0], minlength=len(words.names))
    order = [code for code in np.argsort(-counts, kind="stable").tolist() if counts[code]]
    return tuple(words.names[code] for code in order)


def _systems(table: Table) -> tuple[Choice, ...]:
    """Autonomous systems, each with its name."""
    numbers, names = table.numbers("ASNumber"), table.words("ASName")
    found, first = np.unique(numbers[np.isfinite(numbers)], return_index=True)
    codes = names.codes[np.isfinite(numbers)][first]
    called = [names.names[code] if code >= 0 else "" for code in codes.tolist()]
    pairs = zip(map(int, found.tolist()), called, strict=True)
    return tuple(Choice(str(n), f"AS{n} {name}".rstrip()) for n, name in pairs)[:MOST_CHOICES]
