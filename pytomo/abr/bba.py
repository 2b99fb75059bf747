"""BBA-0: the rung follows the buffer alone, in a straight line between two levels.

Source: Huang, Johari, McKeown, Trunnell, Watson, A Buffer-Based Approach to Rate Adaptation:
Evidence from a Large Video Streaming Service, SIGCOMM 2014, section 4 and Algorithm 1. There, of a
buffer of 240 s, the reservoir is 90 s, and the map reaches the highest rate at 216 s. Players'
buffers are smaller, so the same shares are taken of the room there is.
"""

from pytomo.abr.rule import Choice, Chooser, Ladder, Rule, Situation

RESERVOIR = 90 / 240
FULL = 216 / 240


class Bba(Chooser):
    """Keeps its rung until the map reaches the next one, up or down."""

    def __init__(self, ladder: Ladder) -> None:
        self._rungs = ladder.rungs
        # The buffer when the last segment that fits is requested.
        room = max(ladder.target - ladder.segment, ladder.segment)
        self._reservoir, self._full = RESERVOIR * room, FULL * room

    def choose(self, situation: Situation) -> Choice:
        """By the buffer and the rung in use."""
        return Choice(self._rung(situation.buffer, situation.current or 0))

    def _rung(self, buffer: float, current: int) -> int:
        top = len(self._rungs) - 1
        if buffer <= self._reservoir:
            return 0
        if buffer >= self._full:
            return top
        rate = self._map(buffer)
        if current < top and rate >= self._rungs[current + 1]:
            return max(sum(rung < rate for rung in self._rungs) - 1, current)
        if current > 0 and rate <= self._rungs[current - 1]:
            return min(sum(rung <= rate for rung in self._rungs), current)
        return current

    def _map(self, buffer: float) -> float:
        """The rate (kbps) of a buffer between the reservoir and the upper level."""
        share = (buffer - self._reservoir) / (self._full - self._reservoir)
        return self._rungs[0] + share * (self._rungs[-1] - self._rungs[0])


BBA = Rule("bba", 1, "the buffer alone: BBA-0 (Huang et al., SIGCOMM 2014)", Bba)
