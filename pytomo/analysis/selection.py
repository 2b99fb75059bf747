"""What part of a database is looked at."""

from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from pytomo.analysis.table import Flags, Table


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """The rows that have all of these; None: whatever they have there."""

    service: str | None = None
    resolver: str | None = None
    """One of those that gave the address."""
    as_number: int | None = None
    host: str | None = None
    ip: str | None = None
    prefix: str | None = None
    place: str | None = None
    country: str | None = None
    outcome: str | None = None
    disturbed: bool | None = None
    """Whether this machine was busy, or others used its line."""
    start: float | None = None
    """Unix time, s; rows from then on."""
    end: float | None = None
    """Unix time, s; rows before then."""

    def of(self, table: Table) -> Table:
        """The selected rows of a table."""
        conditions = [
            *(table.words(c).equal(word) for c, word in self._words() if word is not None),
            *self._others(table),
        ]
        return table.where(np.logical_and.reduce(conditions)) if conditions else table

    def described(self) -> str:
        """In words: "youtube, through google, 2026-11-22 10:00 to 11:00 UTC"."""
        parts = [
            self.service,
            self.resolver and f"through {self.resolver}",
            f"AS{self.as_number}" if self.as_number is not None else None,
            *(self.host, self.ip, self.prefix),
            self.place and f"at {self.place}",
            self.country and f"in {self.country}",
            self.outcome,
            {True: "disturbed", False: "undisturbed", None: None}[self.disturbed],
            self._time_described(),
        ]
        return ", ".join(part for part in parts if part) or "everything"

    def _words(self) -> tuple[tuple[str, str | None], ...]:
        return (
            ("Service", self.service),
            ("CacheHost", self.host),
            ("IP", self.ip),
            ("Prefix", self.prefix),
            ("CachePlace", self.place),
            ("Country", self.country),
            ("Outcome", self.outcome),
        )

    def _others(self, table: Table) -> list[Flags]:
        flags = []
        if self.resolver is not None:
            flags.append(table.through(self.resolver))
        if self.as_number is not None:
            flags.append(table.numbers("ASNumber") == self.as_number)
        if self.disturbed is not None:
            flags.append((table.words("Disturbed").codes >= 0) == self.disturbed)
        if self.start is not None:
            flags.append(table.time >= self.start)
        if self.end is not None:
            flags.append(table.time < self.end)
        return flags

    def _time_described(self) -> str | None:
        start, end = _written(self.start), _written(self.end)
        if start and end:
            same_day = start[:10] == end[:10]
            return f"{start} to {end[11:] if same_day else end} UTC"
        if start:
            return f"from {start} UTC"
        return f"until {end} UTC" if end else None


def _written(time: float | None) -> str | None:
    """To the minute, or to the second where that says more."""
    if time is None:
        return None
    text = f"{datetime.fromtimestamp(time, UTC):%Y-%m-%d %H:%M:%S}"
    return text.removesuffix(":00")
