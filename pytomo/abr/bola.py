"""BOLA, as dash.js 5.2.1 has it: the rung with the highest utility for its bits, by the buffer.

Sources: Spiteri, Urgaonkar, Sitaraman, BOLA: Near-Optimal Bitrate Adaptation for Online Videos,
INFOCOM 2016 (and arXiv 1601.06748): utilities, V, gamma p, and BOLA-O against oscillation; Spiteri,
Sitaraman, Sparacio, From Theory to Practice: Improving Bitrate Adaptation in the DASH Reference
Player, MMSys 2018: BOLA-E with its placeholder buffer. What is not in the papers follows dash.js
5.2.1, `src/streaming/rules/abr/BolaRule.js`.
"""

from dataclasses import dataclass
from math import log

from pytomo.abr.rule import Choice, Chooser, Download, Ladder, Rule, Situation
from pytomo.abr.throughput import Throughput, first_or

LEAST = 10.0
"""s: at this buffer the lowest rung is worth nothing any more: any other is preferred."""
PER_RUNG = 2.0
"""s of buffer that each rung takes at least."""
DECAY = 0.99
"""What a segment leaves of the placeholder buffer."""
EMPTY = 0.3
"""s: a buffer that counts as empty (`stallThreshold` of dash.js)."""


@dataclass(frozen=True, slots=True)
class Map:
    """Which rung BOLA prefers at which buffer."""

    rungs: tuple[float, ...]
    utilities: tuple[float, ...]
    """ln of the rung over the lowest."""
    vp: float
    """V·p: s of buffer for a unit of utility."""
    gp: float
    """gamma·p: the worth of not stalling."""

    def best(self, buffer: float) -> int:
        """The rung at a buffer (s); of equals the highest."""
        scores = [
            (self.vp * (utility + self.gp) - buffer) / rung
            for utility, rung in zip(self.utilities, self.rungs, strict=True)
        ]
        return max(range(len(scores)), key=lambda rung: (scores[rung], rung))

    # The utilities of dash.js begin at 1. Its choice, above, takes the 1 off again; the two levels
    # below do not, so that they lie V·p higher than the paper's.

    def most(self, rung: int) -> float:
        """The buffer (s) above which waiting is better than this rung."""
        return self.vp * (self.utilities[rung] + 1.0 + self.gp)

    def least(self, rung: int) -> float:
        """The buffer (s) from which on this rung is preferred to all lower ones."""
        return max((self._preferred(rung, lower) for lower in range(rung)), default=0.0)

    def _preferred(self, rung: int, lower: int) -> float:
        rate, utility = self.rungs[rung], self.utilities[rung]
        below, less = self.rungs[lower], self.utilities[lower]
        if less >= utility:
            return 0.0
        return self.vp * (self.gp + 1.0 + (rate * less - below * utility) / (rate - below))


def bola_map(rungs: tuple[float, ...], target: float) -> Map | None:
    """The map whose highest rung is worth nothing at a target (s); None: all rungs are one."""
    utilities = tuple(log(rung / rungs[0]) for rung in rungs)
    if utilities[-1] <= 0.0:
        return None
    full = max(target, LEAST + PER_RUNG * len(rungs))
    gp = utilities[-1] / (full / LEAST - 1.0)
    return Map(rungs, utilities, LEAST / gp, gp)


class Bola(Chooser):
    """Starts by the throughput, and goes by the buffer once there is one."""

    def __init__(self, ladder: Ladder) -> None:
        self._ladder = ladder
        self._map = bola_map(ladder.rungs, ladder.target)
        self._throughput = Throughput()
        self._placeholder = 0.0
        """s that count as buffered although they are not."""
        self._awake = False
        """Whether it was ever asked: before, it does not watch what comes."""
        self._steady = False
        self._current = 0
        self._media: float | None = None
        """Of the last segment that it saw come, s."""
        self._since = 0.0
        """When that came, or when it was asked afterwards."""
        self._seen = 0

    def choose(self, situation: Situation) -> Choice:
        """By the throughput until a segment is buffered, then by the buffer."""
        self.watch(situation)
        self._awake = True
        if self._map is None:
            return Choice(0)
        if self._steady:
            return self._follow(situation, self._map)
        return Choice(self._start(situation, self._map))

    def watch(self, situation: Situation) -> None:
        """See the segments that came, without choosing."""
        self._throughput.read(situation.past)
        for download in situation.past[self._seen :]:
            if self._map is not None and self._awake and download.media > 0.0:
                self._came(download, situation, self._map)
        self._seen = len(situation.past)

    def abandoned(self, rung: int, buffer: float) -> None:
        """Be careful after a request was given up for that of a lower rung."""
        if self._map is not None and self._awake:
            wanted = self._map.least(rung) if rung else LEAST
            self._placeholder = min(self._placeholder, max(wanted - buffer, 0.0))
            self._current = rung

    def _came(self, download: Download, situation: Situation, levels: Map) -> None:
        """Let the placeholder be no larger than the segment's rung justified."""
        if self._steady and situation.started and situation.least <= EMPTY:
            self._placeholder = 0.0
        at_request = situation.least + download.seconds
        most = max(levels.most(download.rung) - at_request, 0.0)
        self._placeholder = min(DECAY * self._placeholder, most)
        self._current, self._media, self._since = download.rung, download.media, download.finished

    def _start(self, situation: Situation, levels: Map) -> int:
        """By the throughput, with the placeholder that makes it BOLA's own choice."""
        rung = first_or(self._ladder, situation, self._throughput.safe)
        if self._throughput.safe is not None:
            self._placeholder = max(levels.least(rung) - situation.buffer, 0.0)
            self._current = rung
            self._steady = self._media is not None and situation.buffer >= self._media
        return rung

    def _follow(self, situation: Situation, levels: Map) -> Choice:
        """By the buffer. Time that passed without a download must not count against it."""
        self._placeholder += max(situation.time - self._since, 0.0)
        self._since = situation.time
        filled = situation.buffer + self._placeholder
        rung = self._current = self._sustained(levels.best(filled))
        spare = max(filled - levels.most(rung), 0.0)
        taken = min(spare, self._placeholder)
        self._placeholder -= taken
        top = rung == len(levels.rungs) - 1
        return Choice(rung, 0.0 if top else spare - taken)

    def _sustained(self, rung: int) -> int:
        """BOLA-O: no step up to what the throughput does not sustain."""
        sustained = self._ladder.sustained(self._throughput.safe)
        if rung > self._current and rung > sustained:
            return max(sustained, self._current)
        return rung


BOLA = Rule("bola", 1, "the buffer by BOLA (INFOCOM 2016), as dash.js has it", Bola)
