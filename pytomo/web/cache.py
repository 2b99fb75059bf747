"""What was computed once is kept as long as it is true, and computed once for all who wait."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from typing import Any


class Cache:
    """The values used last, each for one version of what it was made of."""

    def __init__(self, limit: float, weight: Callable[[Any], float] = lambda value: 1) -> None:
        """Values that together weigh no more than `limit` are kept."""
        self._limit = limit
        self._weight = weight
        self._lock = threading.Lock()
        self._kept: OrderedDict[Hashable, tuple[Hashable, Future[Any]]] = OrderedDict()

    def get(self, key: Hashable, version: Hashable, compute: Callable[[], Any]) -> Any:
        """The value of `compute()`, which runs once for each version of a key.

        Who asks while it is computed waits for it; what it raises is raised for all of them, and
        not kept.
        """
        with self._lock:
            known, future = self._kept.get(key, (None, Future()))
            mine = key not in self._kept or known != version
            if mine:
                future = Future()
                self._kept[key] = (version, future)
            self._kept.move_to_end(key)
        if mine:
            self._compute(key, future, compute)
        return future.result()

    def _compute(self, key: Hashable, future: Future[Any], compute: Callable[[], Any]) -> None:
        try:
            future.set_result(compute())
        except BaseException as error:
            future.set_exception(error)
            with self._lock:
                if self._kept.get(key, (None, None))[1] is future:
                    del self._kept[key]
            raise
        self._trim()

    def _trim(self) -> None:
        with self._lock:
            done = {key: future for key, (_, future) in self._kept.items() if future.done()}
            weights = {key: self._weight(future.result()) for key, future in done.items()}
            total = sum(weights.values())
            for key, weight in weights.items():
                if total <= self._limit:
                    return
                del self._kept[key]
                total -= weight
