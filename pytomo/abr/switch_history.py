"""The rule of dash.js 5.2.1 against a rung that is left downwards again and again.

Source: dash.js 5.2.1, `src/streaming/rules/abr/SwitchHistoryRule.js` and
`src/streaming/rules/SwitchRequestHistory.js`.
"""

from collections import deque

SAMPLE = 8
"""Choices that are remembered; with fewer the rule is silent."""
DROPS = 0.075
"""Choices of a lower rung for each other choice, above which a rung is to be avoided."""


class SwitchHistory:
    """The last choices: the rung before, and whether it was left downwards."""

    def __init__(self) -> None:
        self._last: deque[tuple[int, bool]] = deque(maxlen=SAMPLE)

    def add(self, before: int, chosen: int) -> None:
        """Remember a choice."""
        self._last.append((before, chosen < before))

    def clear(self) -> None:
        """Forget all choices."""
        self._last.clear()

    def highest(self) -> int | None:
        """The highest rung to use; None: no limit."""
        for rung in sorted({before for before, _ in self._last}):
            dropped = [drop for before, drop in self._last if before <= rung]
            drops = sum(dropped)
            if len(dropped) >= SAMPLE and drops > DROPS * (len(dropped) - drops):
                return rung - 1 if rung and (rung, True) in self._last else rung
        return None
