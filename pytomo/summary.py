"""What a crawl found, in a few numbers. Pure: rows go in, medians and shares come out."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from statistics import median

from pytomo.errors import Outcome
from pytomo.results import Row

QUICK_START = 2.0
"""Seconds: viewers begin to leave when a video takes longer to start (Krishnan and Sitaraman,
"Video Stream Quality Impacts Viewer Behavior", IMC 2012)."""

NO_RESOLVER = "(none)"

MEASURED = frozenset({Outcome.OK, Outcome.NEVER_STARTED})
UNREMARKABLE = frozenset({Outcome.PROBED, Outcome.REDIRECTED})


@dataclass(frozen=True, slots=True)
class Play:
    """What is kept of a row for the summary."""

    url: str
    outcome: Outcome
    resolvers: tuple[str, ...]
    host: str | None
    as_number: int | None
    ping: float | None
    throughput: float | None
    startup_delay: float | None
    stall_count: int | None
    too_slow: bool
    """Whether it did not stall only as the sample was so short."""
    stalled_time: float
    played_time: float

    @property
    def measured(self) -> bool:
        """Whether a sample was downloaded and played to its end."""
        return self.outcome in MEASURED


@dataclass(frozen=True, slots=True)
class Group:
    """The numbers of some rows together; None where no row knows."""

    name: str
    plays: int
    """Rows with a sample that was played."""
    servers: int
    """Distinct host names."""
    as_numbers: tuple[int, ...]
    ping: float | None
    """Median of PingAvg, ms."""
    throughput: float | None
    """Median, kbps."""
    startup_delay: float | None
    """Median of those that started, s."""
    quick_starts: float | None
    """Share of samples that started within `QUICK_START`."""
    without_stalls: float | None
    """Share of samples that started, never stalled, and came fast enough to go on so."""
    stall_ratio: float | None
    """All stalled time over all stalled and played time."""


@dataclass(slots=True)
class Tally:
    """A sink that keeps what the summary needs."""

    plays: list[Play] = field(default_factory=list)

    def __call__(self, row: Row) -> None:
        """Count a row."""
        self.plays.append(_play(row))

    @property
    def urls(self) -> int:
        """Number of distinct videos tried."""
        return len({play.url for play in self.plays})

    @property
    def measured(self) -> list[Play]:
        """The rows with a sample that was played."""
        return [play for play in self.plays if play.measured]

    def troubles(self) -> Counter[Outcome]:
        """How many rows ended in each way that is neither a measurement nor a part of one."""
        ends = (play.outcome for play in self.plays)
        return Counter(end for end in ends if end not in MEASURED | UNREMARKABLE)

    def by_resolver(self, names: Iterable[str]) -> tuple[Group, ...]:
        """The numbers for each resolver that named a server; an address of two counts for both.

        Servers that no resolver named, as the URL holds their address, are a group of their own.
        """
        named = {name: name for name in names} | {"": NO_RESOLVER}
        groups = (
            group(label, [play for play in self.plays if name in play.resolvers])
            for name, label in named.items()
        )
        return tuple(numbers for numbers in groups if numbers.servers)


def group(name: str, plays: Sequence[Play]) -> Group:
    """The numbers of some rows together."""
    measured = [play for play in plays if play.measured]
    stalled = sum(play.stalled_time for play in measured)
    watched = stalled + sum(play.played_time for play in measured)
    return Group(
        name=name,
        plays=len(measured),
        servers=len({play.host for play in plays} - {None}),
        as_numbers=tuple(sorted({play.as_number for play in plays if play.as_number is not None})),
        ping=_median(play.ping for play in plays),
        throughput=_median(play.throughput for play in measured),
        startup_delay=_median(play.startup_delay for play in measured),
        quick_starts=_share(_starts_quickly(play) for play in measured),
        without_stalls=_share(_plays_smoothly(play) for play in measured),
        stall_ratio=stalled / watched if watched else None,
    )


def _starts_quickly(play: Play) -> bool:
    return play.startup_delay is not None and play.startup_delay <= QUICK_START


def _plays_smoothly(play: Play) -> bool:
    return play.startup_delay is not None and play.stall_count == 0 and not play.too_slow


def _too_slow(row: Row) -> bool:
    """Whether at its pace what it held would have been played before the rest had come
    (docs/verdict.md); False where that is not known."""
    pace = row.quality.reception_ratio if row.quality else None
    duration = row.media.duration if row.media else None
    if row.playback is None or pace is None or duration is None:
        return False
    done, held = row.playback.played_time, row.playback.buffer_at_end
    if done is None or held is None:
        return False
    return pace < 1 and (duration - done - held) * (1 - pace) > held * pace


def _median(numbers: Iterable[float | None]) -> float | None:
    known = [number for number in numbers if number is not None]
    return median(known) if known else None


def _share(facts: Iterable[bool]) -> float | None:
    known = list(facts)
    return sum(known) / len(known) if known else None


def _play(row: Row) -> Play:
    address, origin, ping = row.address, row.origin, row.ping
    playback, response = row.playback, row.response
    return Play(
        url=row.visit.url,
        outcome=row.ending.outcome,
        resolvers=tuple((address.resolvers or "").split(",")) if address else (),
        host=address.host if address else None,
        as_number=origin.as_number if origin else None,
        ping=ping.average if ping else None,
        throughput=response.average_throughput if response else None,
        startup_delay=playback.startup_delay if playback else None,
        stall_count=playback.stall_count if playback else None,
        stalled_time=(playback.stalled_time if playback else None) or 0.0,
        too_slow=_too_slow(row),
        played_time=(playback.played_time if playback else None) or 0.0,
    )
