"""Statistics of many groups of rows at once: a million rows in some milliseconds each. Pure.

Unknown values (NaN) are left out; a group in which nothing is known has NaN.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

MOST_CELLS = 2**24
"""Pairs of a group and a code for which there is a flag each; more are sorted."""
_AT_ONCE = 2**17
"""Rows that are made into wider numbers at once."""
Values = NDArray[Any]
"""A number, a truth value or a code for each row."""
Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Groups:
    """Which group each row is in."""

    codes: NDArray[Any]
    """Whole numbers from 0 to less than `count`, one for each row."""
    count: int

    def rows(self, flags: Values | None = None) -> Integers:
        """The number of rows (with the flag, if given) in each group."""
        if flags is None:
            return np.bincount(self.codes, minlength=self.count)
        return self._added(flags, None).astype(np.int64)

    def any(self, flags: Values) -> NDArray[np.bool_]:
        """Whether any row of each group has the flag."""
        found: NDArray[np.bool_] = self._added(flags, None) > 0
        return found

    def known(self, values: Values) -> Integers:
        """The number of known values in each group."""
        return self.rows(~np.isnan(values))

    def sums(self, values: Values, flags: Values | None = None) -> Floats:
        """The sum of the known values (of rows with the flag) of each group; 0 where none is."""
        return self._added(~np.isnan(values) if flags is None else flags, values)

    def _added(self, flags: Values, values: Values | None) -> Floats:
        """The values, or else the number, of rows with the flag.

        Step by step, without a wide copy of all rows.
        """
        sums = np.zeros(self.count)
        for start in range(0, len(self.codes), _AT_ONCE):
            step = slice(start, start + _AT_ONCE)
            rows = np.flatnonzero(flags[step])
            codes = self.codes[step][rows]
            least = int(codes.min()) if len(rows) else 0
            added = np.bincount(codes - least, None if values is None else values[step][rows])
            sums[least : least + len(added)] += added
        return sums

    def totals(self, numbers: Integers) -> Integers:
        """The sum of whole numbers of each group."""
        return self.sums(numbers).astype(np.int64)

    def means(self, values: Values) -> Floats:
        """The mean of the known values of each group."""
        return divided(self.sums(values), self.known(values))

    def medians(self, values: Values) -> Floats:
        """The median of the known values of each group."""
        known = ~np.isnan(values)
        ordered = _keys(self.codes[known], _ordinals(values[known]))
        ordered.sort()
        counts = self.rows(known)
        found = np.full(self.count, np.nan)
        (some,) = np.nonzero(counts)
        first = (np.cumsum(counts) - counts)[some]
        low, high = first + (counts[some] - 1) // 2, first + counts[some] // 2
        found[some] = (_values(ordered[low]) + _values(ordered[high])) / 2
        return found

    def pairs(self, codes: Values) -> tuple[Integers, Integers]:
        """The groups and codes that occur together, each pair once, in order; -1 is no code."""
        known = codes >= 0
        width = int(codes.max(initial=-1)) + 1
        cells = self.codes[known].astype(np.int64)
        cells *= width
        cells += codes[known]
        found = _present(cells, self.count * width)
        return np.divmod(found, max(width, 1))

    def first(self, values: Values) -> Values:
        """The value of the first row of each group; every group must have one."""
        return Groups(self.codes[::-1], self.count).last(values[::-1])

    def last(self, values: Values) -> Values:
        """The value of the last row of each group; every group must have one."""
        found = np.empty(self.count, values.dtype)
        found[self.codes] = values  # of equal indices the last one counts
        return found


@dataclass(frozen=True, slots=True)
class Runs:
    """Rows of a group that follow each other: much faster where there are few of them."""

    codes: NDArray[Any]
    """The group of each run."""
    starts: NDArray[np.intp]
    """The first row of each run."""

    @classmethod
    def of(cls, codes: NDArray[Any]) -> "Runs":
        """The runs of the groups of rows."""
        begins = np.ones(len(codes), bool)
        begins[1:] = codes[1:] != codes[:-1]
        starts = np.flatnonzero(begins)
        return cls(codes[starts], starts)

    def rows(self, flags: NDArray[np.bool_]) -> Integers:
        """The number of rows with the flag in each run."""
        return self._added(flags, np.int64)

    def sums(self, values: Values) -> Floats:
        """The sum of the known values of each run; 0 where none is known."""
        return self._added(np.where(np.isnan(values), 0, values), np.float64)

    def _added(self, values: Values, kind: type[Any]) -> NDArray[Any]:
        if not len(self.starts):
            return np.zeros(0, kind)
        added: NDArray[Any] = np.add.reduceat(values, self.starts, dtype=kind)
        return added


@dataclass(frozen=True, slots=True)
class Part:
    """Some of the rows that are in groups."""

    flags: NDArray[np.bool_]
    """Which of the rows."""
    groups: Groups
    """Of all rows."""

    @classmethod
    def of(cls, groups: Groups, flags: Values) -> "Part":
        """The rows with the flag."""
        return cls(flags.astype(np.bool_, copy=False), groups)

    def means(self, values: Values) -> Floats:
        """The mean of the finite values of each group; `values` are those of all rows."""
        known = self.flags & np.isfinite(values)
        return divided(self.groups.sums(values, known), self.groups.rows(known))

    def present(self) -> NDArray[np.bool_]:
        """Whether any row of each group is one of these."""
        return self.groups.any(self.flags)

    def any(self, flags: Values) -> NDArray[np.bool_]:
        """Whether any row of each group has the flag; `flags` are those of all rows."""
        return self.groups.any(self.flags & flags)


def divided(numerators: Any, denominators: Any) -> Floats:
    """The quotients; NaN where the denominator is 0."""
    found = np.full(np.shape(numerators), np.nan)
    with np.errstate(all="ignore"):
        np.true_divide(numerators, denominators, out=found, where=np.asarray(denominators) > 0)
    return found


def _present(cells: Integers, size: int) -> Integers:
    """The distinct numbers, of those from 0 to less than `size`, in order."""
    if size > MOST_CELLS:
        return np.unique(cells)
    flags = np.zeros(size, bool)
    flags[cells] = True
    return np.flatnonzero(flags)


def _keys(codes: Values, ordinals: NDArray[np.uint32]) -> NDArray[np.uint64]:
    """One number for a group and what is ordered in it: these sort ten times as fast as pairs."""
    keys = codes.astype(np.uint64)
    keys <<= np.uint64(32)
    keys |= ordinals
    return keys


def _ordinals(values: Values) -> NDArray[np.uint32]:
    """The bits of 32-bit numbers, turned so that they have the order of the numbers (IEEE 754)."""
    bits = values.astype(np.float32).view(np.uint32)
    turned = bits.view(np.int32) >> 31  # all bits of negative numbers, none of others
    turned |= np.int32(-(2**31))
    bits ^= turned.view(np.uint32)
    return bits


def _values(keys: NDArray[np.uint64]) -> Floats:
    ordinals = keys.astype(np.uint32)
    bits = np.where(ordinals >> 31, ordinals & np.uint32(2**31 - 1), ~ordinals)
    return bits.view(np.float32).astype(np.float64)
