import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytomo.analysis.groups import Groups, divided, numbered

NAN = np.nan
CODES = np.array([0, 1, 0, 3, 0, 1])
VALUES = np.array([3.0, NAN, 1.0, NAN, 8.0, -2.0], np.float32)
GROUPS = Groups(CODES, 4)


def test_rows_are_counted():
    """Each group has its rows, an empty one none."""
    assert GROUPS.rows().tolist() == [3, 2, 0, 1]
    assert GROUPS.rows(VALUES > 2).tolist() == [2, 0, 0, 0]


def test_unknown_values_are_left_out():
    """Sums, means and medians are those of the known values."""
    assert GROUPS.known(VALUES).tolist() == [3, 1, 0, 0]
    assert GROUPS.sums(VALUES).tolist() == [12, -2, 0, 0]
    assert GROUPS.means(VALUES).tolist() == pytest.approx([4, -2, NAN, NAN], nan_ok=True)
    assert GROUPS.medians(VALUES).tolist() == pytest.approx([3, -2, NAN, NAN], nan_ok=True)


def test_median_of_an_even_number_is_between():
    """Two values have the median half way between them."""
    assert Groups(np.array([0, 0]), 1).medians(np.array([1.0, 4.0])).tolist() == [2.5]


def test_sums_are_of_double_precision():
    """A million of 0.1 in single precision loses nothing but that of the 0.1."""
    tenths = np.full(1_000_000, 0.1, np.float32)
    (found,) = Groups(np.zeros(1_000_000, np.intp), 1).sums(tenths)
    assert found == pytest.approx(1_000_000 * float(np.float32(0.1)), rel=1e-12)


def test_different_codes_are_counted_once():
    """-1 is no code; the same code in two groups counts in both."""
    assert GROUPS.distinct(np.array([5, 5, 5, -1, 6, 7])).tolist() == [2, 2, 0, 0]


def test_what_a_group_has_in_common():
    """One code is common, two are not, and an unknown one does not count."""
    assert GROUPS.common(np.array([5, 6, 5, -1, -1, 7])).tolist() == [5, -1, -1, -1]


def test_latest_of_a_group():
    """The highest value of each group."""
    assert GROUPS.latest(np.arange(6.0)).tolist() == pytest.approx([4, 5, NAN, 3], nan_ok=True)


def test_numbers_are_coded():
    """Values are coded in their order; an unknown one is -1."""
    codes, names = numbered(np.array([7.0, NAN, 3.0, 7.0]))
    assert codes.tolist() == [1, -1, 0, 1]
    assert names.tolist() == [3, 7]


def test_nothing_is_divided_by_nothing():
    """x / 0 is unknown."""
    assert divided(np.array([1, 2]), np.array([4, 0])).tolist() == pytest.approx(
        [0.25, NAN], nan_ok=True
    )


numbers = st.floats(-(2.0**99), 2.0**99, width=32) | st.just(NAN)


@given(st.lists(st.tuples(st.integers(0, 3), numbers), max_size=40))
def test_medians_are_those_of_numpy(rows):
    """Whatever the rows, the median of each group is that of its known values."""
    codes = np.array([code for code, _ in rows], np.intp)
    values = np.array([value for _, value in rows], np.float32)
    found = Groups(codes, 4).medians(values)
    for code in range(4):
        mine = values[(codes == code) & ~np.isnan(values)].astype(np.float64)
        expected = np.median(mine) if len(mine) else NAN
        assert found[code] == pytest.approx(expected, nan_ok=True)
