"""The throughput rule of dash.js 5.2.1: the highest rung below nine tenths of a cautious mean.

Sources: dash.js 5.2.1, `src/streaming/models/ThroughputModel.js`,
`src/streaming/controllers/ThroughputController.js`, `src/streaming/rules/abr/ThroughputRule.js`;
the constants are the defaults of its `src/core/Settings.js`.
"""

from collections.abc import Sequence

from pytomo.abr.average import Cautious
from pytomo.abr.rule import Choice, Chooser, Download, Ladder, Rule, Situation

SAFETY = 0.9
FAST, SLOW = 3.0, 8.0
"""Half-lives of the two means, in weight."""
WEIGHT = 1.5
"""Weight of a second of downloading."""
INITIAL = 1000.0
"""kbps: what the first segment is chosen for (`AbrController.js`)."""


class Throughput:
    """The mean throughput of the downloads of one track, kbps."""

    def __init__(self) -> None:
        self._means = Cautious(FAST, SLOW)
        self._seen = 0

    def read(self, past: Sequence[Download]) -> None:
        """Count the downloads that are new and whole.

        Each from its first byte to its last: what the browser's Resource Timing tells.
        """
        for download in past[self._seen :]:
            seconds = download.seconds - download.first_byte
            if download.media > 0.0 and seconds > 0.0:
                self._means.add(8 * download.size / seconds / 1000, WEIGHT * seconds)
        self._seen = len(past)

    @property
    def mean(self) -> float | None:
        """kbps; None while there is no download to tell."""
        return self._means.mean

    @property
    def safe(self) -> float | None:
        """The share of the mean that may be used, kbps."""
        return None if self.mean is None else SAFETY * self.mean


class ThroughputRule(Chooser):
    """Follows the throughput, whatever the buffer."""

    def __init__(self, ladder: Ladder) -> None:
        self._ladder = ladder
        self._throughput = Throughput()

    def choose(self, situation: Situation) -> Choice:
        """The highest rung that the throughput sustains."""
        self._throughput.read(situation.past)
        return Choice(first_or(self._ladder, situation, self._throughput.safe))


def first_or(ladder: Ladder, situation: Situation, rate: float | None) -> int:
    """The rung that a rate (kbps) sustains; the one in use, or the first one, while it is None."""
    if rate is not None:
        return ladder.sustained(rate)
    return ladder.sustained(INITIAL) if situation.current is None else situation.current


THROUGHPUT = Rule("throughput", 1, "0.9 of the throughput, as dash.js estimates it", ThroughputRule)
