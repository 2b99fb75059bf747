import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytomo.analysis.groups import Groups, Part, Runs, divided

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


@pytest.mark.parametrize("far", [7, 10_000_000])
def test_what_occurs_together(far):
    """Each pair of a group and a code once, however large the codes are; -1 is no code."""
    found, codes = GROUPS.pairs(np.array([5, 5, 5, -1, 6, far]))
    pairs = list(zip(found.tolist(), codes.tolist(), strict=True))
    assert pairs == [(0, 5), (0, 6), (1, 5), (1, far)]
    assert [len(part) for part in GROUPS.pairs(np.full(6, -1))] == [0, 0]


def test_first_and_last_of_a_group():
    """The values of its first and of its last row."""
    turns = Groups(np.array([1, 0, 1, 1]), 2)
    assert turns.first(np.array([4.0, 5.0, 6.0, 7.0])).tolist() == [5, 4]
    assert turns.last(np.array([4.0, 5.0, 6.0, 7.0])).tolist() == [5, 7]


def test_some_of_the_rows():
    """A part has the means and flags of its rows only; values are those of all rows."""
    groups = Groups(np.array([0, 0, 1, 1, 3, 3, 3]), 4)
    values = np.array([3.0, 8.0, -1.0, NAN, 5.0, np.inf, 6.0], np.float32)
    part = Part.of(groups, np.array([True, True, False, True, True, True, False]))
    assert part.means(values).tolist() == pytest.approx([5.5, NAN, NAN, 5.0], nan_ok=True)
    assert part.any(values > 5).tolist() == [True, False, False, True]
    assert part.present().tolist() == [True, True, False, True]
    nothing = Part.of(groups, np.zeros(7, bool))
    assert np.isnan(nothing.means(values)).all()
    assert not nothing.any(values > 5).any()


def test_runs_are_rows_that_follow_each_other():
    """Their sums and counts, added up by group, are those of the groups."""
    runs = Runs.of(np.array([4, 4, 7, 4]))
    assert (runs.codes.tolist(), runs.starts.tolist()) == ([4, 7, 4], [0, 2, 3])
    assert runs.sums(np.array([1.0, NAN, 3.0, 5.0])).tolist() == [1, 3, 5]
    assert runs.rows(np.array([True, True, False, True])).tolist() == [2, 0, 1]
    assert len(Runs.of(np.array([], np.intp)).sums(np.array([]))) == 0


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
