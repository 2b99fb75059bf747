"""The rules that dash.js 5.2.1 has switched on, and how it joins them.

Sources: dash.js 5.2.1, `src/core/Settings.js` (`streaming.abr`),
`src/streaming/controllers/AbrController.js`, `src/streaming/rules/abr/ABRRulesCollection.js`,
`src/streaming/rules/abr/InsufficientBufferRule.js`.
"""

from pytomo.abr.abandon import slower_rung
from pytomo.abr.bola import EMPTY, Bola
from pytomo.abr.rule import Choice, Chooser, Ladder, Progress, Rule, Situation
from pytomo.abr.switch_history import SwitchHistory
from pytomo.abr.throughput import INITIAL, Throughput

STABLE = 18.0
"""s: the buffer that it aims at below the top rung (`bufferTimeDefault`)."""
BOLA_ON, BOLA_OFF = 12.0, 6.0
"""s of buffer: BOLA takes over from the throughput rule, and hands back."""
INSUFFICIENT = 0.7
"""Share of the throughput that the rule against an empty buffer relies on."""
IGNORED = 2
"""First segments that this rule lets pass."""
PENALTY = 10.0
"""s after giving up a request in which no step up is made."""


class DashJs(Chooser):
    """Throughput or BOLA, and the least of what the rules say."""

    def __init__(self, ladder: Ladder) -> None:
        self._ladder = ladder
        self._throughput = Throughput()
        self._bola = Bola(ladder._replace(target=STABLE))
        self._by_buffer = False
        self._history = SwitchHistory()
        self._given_up: set[int] = set()
        """Numbers of the segments of which a request was given up."""
        self._no_step_up = 0.0
        """Until when, s since the first media request."""

    def choose(self, situation: Situation) -> Choice:
        """The least rung that any of the rules asks for."""
        self._throughput.read(situation.past)
        self._bola.watch(situation)
        self._switch(situation)
        if situation.current is None:
            return Choice(self._ladder.sustained(INITIAL))
        bola = self._bola.choose(situation) if self._by_buffer else None
        leading = bola.rung if bola else self._by_rate(situation)
        limits = (leading, self._insufficient(situation), self._history.highest())
        asked = [limit for limit in limits if limit is not None]
        rung = self._settle(asked, situation.current, situation.time)
        return Choice(rung, bola.wait if bola else 0.0)

    def abandon(self, progress: Progress) -> int | None:
        """The rung to request instead, at most once for a segment."""
        if progress.number in self._given_up:
            return None
        rung = slower_rung(self._ladder, progress, stable=STABLE)
        if rung is not None:
            self._given_up.add(progress.number)
            self._no_step_up = progress.time + PENALTY
            self._history.clear()
            self._bola.abandoned(rung, progress.buffer)
        return rung

    def _switch(self, situation: Situation) -> None:
        """Let the buffer decide who leads: as it was before the last segment, after it, and now."""
        for level in (situation.least, situation.buffer + situation.drained, situation.buffer):
            self._by_buffer = level >= (BOLA_OFF if self._by_buffer else BOLA_ON)

    def _by_rate(self, situation: Situation) -> int | None:
        """The throughput rule, silent on an empty buffer and after a request was given up."""
        safe = self._throughput.safe
        silent = situation.buffer <= EMPTY or situation.time < self._no_step_up
        return None if safe is None or silent else self._ladder.sustained(safe)

    def _insufficient(self, situation: Situation) -> int | None:
        """The rung of which a segment comes before the buffer is empty."""
        if situation.number < IGNORED:
            return None
        if situation.started and situation.buffer <= EMPTY:
            return 0
        mean = self._throughput.mean
        if mean is None or not mean * situation.buffer:
            return None
        rate = INSUFFICIENT * mean * situation.buffer / self._ladder.segment
        return self._ladder.sustained(rate)

    def _settle(self, asked: list[int], current: int, time: float) -> int:
        """The least of what is asked for; the rung in use where nothing is, or may be."""
        if not asked:
            return current
        rung = min(asked)
        self._history.add(current, rung)
        return current if rung > current and time < self._no_step_up else rung


DASH_JS = Rule("dash.js", 1, "what dash.js 5.2.1 does by default", DashJs)
