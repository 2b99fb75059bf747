"""The smallest differences between resolvers that matter: less is not called better or worse. Pure.

With enough visits an interval leaves out 0 for a difference that nobody would ever notice.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from pytomo.analysis.pairs import Difference


@dataclass(frozen=True, slots=True)
class Smallest:
    """The smallest difference that matters, and why."""

    difference: float
    """In the unit of the subject, or a part of what the baseline has."""
    reason: str
    relative: bool = False
    """Whether it is a part of what the baseline has."""


SMALLEST: Mapping[str, Smallest] = {
    "rtt": Smallest(1.0, "Some 100 km of fibre; round trips to one server vary by as much."),
    "throughput": Smallest(
        0.05, "Downloads from one server, one after the other, differ by as much.", relative=True
    ),
    "startup_delay": Smallest(
        0.05, "Half of the 0.1 s below which people see no delay (Miller, 1968)."
    ),
    "without_stalls": Smallest(0.005, "One play of 200."),
    "stall_ratio": Smallest(
        0.005,
        "Of one point more, viewers watch less (Dobrian et al., SIGCOMM 2011): half of it.",
    ),
}
"""By the field of what is compared."""


def matters(field: str, difference: Difference) -> bool:
    """Whether a difference is large enough where the servers differ; unknown ones do not matter."""
    smallest, found = SMALLEST[field], difference.where_differing
    unit = abs(difference.usual or 0.0) if smallest.relative else 1.0
    return found is not None and abs(found) >= smallest.difference * unit
