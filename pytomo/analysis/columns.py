"""Columns of numbers in memory that grow at both ends, and the coding of what has few values."""

import mmap
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

_CODE_TYPES = (np.int8, np.int16, np.int32)
"""The smallest that holds all codes of a column is used."""
_SPARE = 65_536
"""Rows that can at least follow before a column has to be moved."""


class Coding:
    """The distinct values of a column, in order of appearance; -1 is the code of NULL."""

    def __init__(self) -> None:
        self.names: list[Any] = []
        self._codes: dict[Any, int] = {None: -1}

    def codes(self, cells: Sequence[Any]) -> NDArray[Any]:
        """The code of each cell, in the smallest type that holds all codes known so far."""
        known = self._codes
        found = list(map(known.get, cells))
        if None in found:
            for cell in cells:
                if cell not in known:
                    known[cell] = len(self.names)
                    self.names.append(cell)
            found = list(map(known.get, cells))
        return np.array(found, dtype=self._type())

    def _type(self) -> DTypeLike:
        return next(t for t in _CODE_TYPES if len(self.names) <= np.iinfo(t).max)


class Columns:
    """Arrays of the same length. What has been seen of them never changes.

    They lie in memory of their own, which the system gives only as it is written to, and takes
    back at once when no array uses it any more.
    """

    def __init__(self, expected: int) -> None:
        """Room for so many rows in front of those to come."""
        self._head = self._tail = expected
        self._capacity = _with_spare(expected)
        self._arrays: dict[str, NDArray[Any]] = {}

    def __len__(self) -> int:
        return self._tail - self._head

    def append(self, rows: Mapping[str, NDArray[Any]]) -> None:
        """Put rows behind the others."""
        count = _length(rows)
        if self._tail + count > self._capacity:
            self._move(self._head, _with_spare(self._tail + count))
        self._write(rows, self._tail, self._tail + count)
        self._tail += count

    def prepend(self, rows: Mapping[str, NDArray[Any]]) -> None:
        """Put rows before the others."""
        count = _length(rows)
        if count > self._head:
            self._move(count, _with_spare(self._tail - self._head + count))
        self._write(rows, self._head - count, self._head)
        self._head -= count

    def views(self) -> dict[str, NDArray[Any]]:
        """All rows of all columns, read-only, without a copy."""
        return {name: _read_only(a[self._head : self._tail]) for name, a in self._arrays.items()}

    def _write(self, rows: Mapping[str, NDArray[Any]], start: int, end: int) -> None:
        for name, cells in rows.items():
            array = self._arrays.get(name)
            if array is None or array.dtype.itemsize < cells.dtype.itemsize:
                array = self._copied(name, cells.dtype, self._head, self._capacity)
            array[start:end] = cells

    def _move(self, head: int, capacity: int) -> None:
        """Column by column, so that only one of them is there twice."""
        for name, array in list(self._arrays.items()):
            self._copied(name, array.dtype, head, capacity)
        self._tail += head - self._head
        self._head, self._capacity = head, capacity

    def _copied(self, name: str, dtype: np.dtype[Any], head: int, capacity: int) -> NDArray[Any]:
        copy = _space(capacity, dtype)
        if name in self._arrays:
            rows = self._arrays[name][self._head : self._tail]
            copy[head : head + len(rows)] = rows
        self._arrays[name] = copy
        return copy


def number(cell: Any) -> float:
    """A cell as a number; NaN where it is none."""
    return float(cell) if isinstance(cell, int | float) else np.nan


def _length(rows: Mapping[str, NDArray[Any]]) -> int:
    return len(next(iter(rows.values())))


def _with_spare(rows: int) -> int:
    return rows + max(rows // 4, _SPARE)


def _space(length: int, dtype: np.dtype[Any]) -> NDArray[Any]:
    """An array that takes no more memory than the pages written to.

    NumPy's own would take some MB more for each column: it asks for huge pages.
    """
    private = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS
    return np.frombuffer(mmap.mmap(-1, length * dtype.itemsize, flags=private), dtype=dtype)


def _read_only(array: NDArray[Any]) -> NDArray[Any]:
    array.flags.writeable = False
    return array
