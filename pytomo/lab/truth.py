"""What the lab's servers really did, and when: the truth that measurements are compared with.

Times are those of `time.monotonic()`, which all processes of a machine share.
"""

from collections.abc import Iterable
from itertools import accumulate
from typing import NamedTuple, TypeVar


class Asked(NamedTuple):
    """One request, and how it was answered."""

    at: float
    """When the request's head had arrived."""
    address: str
    connection: int
    method: str
    target: str
    status: int
    position: int
    """The first byte of the resource that the answer carries."""
    size: int
    """Bytes of body that the answer is to carry."""


class Served(NamedTuple):
    """A run of media bytes, handed over to the kernel."""

    at: float
    """When that began: before this, the client cannot have them."""
    address: str
    connection: int
    """Counts the connections of a `Cdn`, from 1."""
    target: str
    """The path, with the query."""
    position: int
    """Of its first byte in the resource."""
    size: int
    """Bytes."""


Event = TypeVar("Event", Asked, Served)


class Truth:
    """The record of a `Cdn`; readable from any thread while it grows."""

    def __init__(self) -> None:
        self._asked: list[Asked] = []
        self._served: list[Served] = []

    @property
    def asked(self) -> tuple[Asked, ...]:
        """All requests so far, in order."""
        return tuple(self._asked)

    @property
    def served(self) -> tuple[Served, ...]:
        """All that was served so far, in order."""
        return tuple(self._served)

    def note(self, event: Asked | Served) -> None:
        """Keep an event."""
        if isinstance(event, Served):
            self._served.append(event)
        else:
            self._asked.append(event)


def select(
    events: Iterable[Event],
    *,
    address: str | None = None,
    target: str | None = None,
    connection: int | None = None,
) -> tuple[Event, ...]:
    """Those of one address, one target (path with query), one connection."""
    wanted = (address, target, connection)
    return tuple(
        event
        for event in events
        if all(
            want is None or want == have
            for want, have in zip(
                wanted, (event.address, event.target, event.connection), strict=True
            )
        )
    )


def cumulative(served: Iterable[Served]) -> tuple[tuple[float, int], ...]:
    """The curve of bytes served: at each time, all the bytes until then."""
    ordered = sorted(served, key=lambda run: run.at)
    sizes = accumulate(run.size for run in ordered)
    return tuple((run.at, total) for run, total in zip(ordered, sizes, strict=True))


def average_rate(served: Iterable[Served]) -> float | None:
    """kbps between the first and the last run; None if there are fewer than two."""
    curve = cumulative(served)
    if len(curve) < 2 or curve[-1][0] == curve[0][0]:
        return None
    (start, before), (end, total) = curve[0], curve[-1]
    return 8 * (total - before) / (end - start) / 1000
