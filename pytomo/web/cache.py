"""What was computed once is kept as long as it is true, and computed once for all who wait."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class _Kept:
    """A value that is there or is being computed."""

    version: Hashable
    future: Future[Any] = field(default_factory=Future)
    weight: float = 0.0
    """0 as long as it is being computed."""


class Cache:
    """The values used last, each for one version of what it was made of."""

    def __init__(self, limit: float, weight: Callable[[Any], float] = lambda value: 1) -> None:
        """Values that together weigh no more than `limit` are kept; each weighs more than 0."""
        self._limit = limit
        self._weight = weight
        self._total = 0.0
        self._lock = threading.Lock()
        self._kept: OrderedDict[Hashable, _Kept] = OrderedDict()

    def get(
        self,
        key: Hashable,
        version: Hashable,
        compute: Callable[[], Any],
        patience: float | None = None,
    ) -> Any:
        """The value of `compute()`, which runs once for each version of a key.

        Who asks while it is computed waits for it; what it raises is raised for all of them, and
        not kept. Raises TimeoutError if another computes it for more than `patience` seconds.
        """
        with self._lock:
            known = self._kept.get(key)
            mine = known is None or known.version != version
            if known is None or mine:
                self._forget(key)
                known = self._kept[key] = _Kept(version)
            self._kept.move_to_end(key)
        if mine:
            self._compute(key, known, compute)
        return known.future.result(patience)

    def _compute(self, key: Hashable, mine: _Kept, compute: Callable[[], Any]) -> None:
        try:
            value = compute()
            weight = self._weight(value)
        except BaseException as error:
            with self._lock:
                if self._kept.get(key) is mine:
                    self._forget(key)
            mine.future.set_exception(error)
            raise
        mine.future.set_result(value)
        with self._lock:
            if self._kept.get(key) is mine:
                mine.weight = weight
                self._total += weight
                self._trim()

    def _forget(self, key: Hashable) -> None:
        known = self._kept.pop(key, None)
        self._total -= known.weight if known is not None else 0.0

    def _trim(self) -> None:
        """Leave those used longest ago, but for what is being computed."""
        while self._total > self._limit:
            self._forget(next(key for key, known in self._kept.items() if known.weight))
