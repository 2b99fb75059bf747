"""The conditions under which players are compared. Pure.

A rate is given as a multiple of the video's mean bitrate, and is what TCP delivers.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from harness.media import Medium
from harness.shaping import Step

WINDOW = 24.0
"""Seconds, from the first media request, that are watched."""
KINDS = ("mp4", "webm", "hls", "dash")
"""How media are delivered: files, HLS in MPEG transport streams, DASH with separate tracks."""
STEADY = ("0.3", "0.5", "0.7", "0.9", "0.97", "1.03", "1.2", "2", "5")
CHANGING: Mapping[str, Sequence[Step]] = {
    "step-down": (Step(0, 1.5), Step(10, 0.5)),
    "step-up": (Step(0, 0.5), Step(12, 2.0)),
    "outage-3s": (Step(0, 1.3), Step(8, 0), Step(11, 1.3)),
    "outage-10s": (Step(0, 1.5), Step(8, 0), Step(18, 1.5)),
    "saw-tooth": tuple(Step(2.0 * i, (1.6, 1.2, 0.8, 0.4)[i % 4]) for i in range(16)),
}
"""Steps in seconds and multiples of the bitrate."""
EVEN = ("0.7",)
"""Rates at which content of constant bitrate is played, too."""
FAR = ((20, "0.9"), (100, "1.2"))
"""Round trip times (ms), and what goes on at them; elsewhere the path is as short as can be."""
SHORT = ("mp4-vbr-0.5", "mp4-vbr-2", "webm-vbr-2", "hls-vbr-0.5", "hls-vbr-5", "dash-vbr-0.5")
"""Those of the short version, whose results are beyond doubt."""


@dataclass(frozen=True, slots=True)
class Condition:
    """What is played, and over what link."""

    kind: str
    """How it is delivered: one of `KINDS`."""
    content: str
    """vbr or cbr."""
    pattern: str
    """A rate of `STEADY` or a name of `CHANGING`."""
    rtt: int = 0
    """ms that the link adds to a round trip."""

    @property
    def name(self) -> str:
        """In one word."""
        far = f"-{self.rtt}ms" if self.rtt else ""
        return f"{self.kind}-{self.content}-{self.pattern}{far}"

    @property
    def held_out(self) -> bool:
        """Whether it is kept out of any tuning: a third of all, chosen by name alone."""
        return int(hashlib.sha256(self.name.encode()).hexdigest(), 16) % 3 == 0

    @property
    def steps(self) -> Sequence[Step]:
        """Multiples of the bitrate over time."""
        return CHANGING.get(self.pattern) or (Step(0, float(self.pattern)),)

    def schedule(self, medium: Medium) -> Sequence[Step]:
        """Rates over time, kbps."""
        return [Step(at, multiple * medium.bitrate) for at, multiple in self.steps]


def _all() -> Iterator[Condition]:
    for kind in KINDS:
        for pattern in (*STEADY, *CHANGING):
            yield Condition(kind, "vbr", pattern)
        for pattern in EVEN:
            yield Condition(kind, "cbr", pattern)
        for rtt, pattern in FAR:
            yield Condition(kind, "vbr", pattern, rtt)


CONDITIONS = tuple(_all())
