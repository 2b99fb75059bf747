"""A play that went wrong while this machine was busy, or its line shared, accuses nobody else."""

from pathlib import Path
from typing import Any

import pytest
from test_blame import NEED, Judged, play, told, usual

from pytomo.analysis.causes import Cause, Rule
from pytomo.analysis.selection import Selection
from pytomo.analysis.verdict import verdict
from pytomo.results import Disturbance

SLOW: dict[str, Any] = {"host": "slow.example", "rate": NEED / 2, "stalls": 3}


def judged(directory: Path, word: str | None, bad: dict[str, Any], **columns: float) -> Judged:
    """A play among those of servers that are well, with what disturbed it."""
    row = play(1300.0, **bad)
    changed = {"disturbance": Disturbance(disturbed=word, **columns)}
    return Judged(directory, [*usual(), type(row)(**{**_parts(row), **changed})])


def _parts(row: Any) -> dict[str, Any]:
    return {name: getattr(row, name) for name in row.__dataclass_fields__}


@pytest.mark.parametrize(
    ("word", "rule"),
    [
        ("lag", Rule.BUSY_MACHINE),
        ("cross_traffic", Rule.SHARED_LINE),
        ("lag,cross_traffic", Rule.BUSY_MACHINE),
        (None, Rule.THIS_SLOW),
        ("a word of a newer Pytomo", Rule.THIS_SLOW),
    ],
)
def test_what_disturbed_a_bad_play_is_its_cause(
    word: str | None, rule: Rule, tmp_path: Path
) -> None:
    """For the row by itself and within its table."""
    found = judged(tmp_path, word, SLOW)
    assert found.blame.rule is rule
    assert found.codes[-1] == rule.code


def test_a_play_that_went_well_has_no_cause(tmp_path: Path) -> None:
    """However busy the machine was."""
    found = judged(tmp_path, "lag,cross_traffic", {})
    assert found.blame.rule is Rule.WELL
    assert found.codes[-1] == Rule.WELL.code


def test_the_evidence_has_the_numbers(tmp_path: Path) -> None:
    """How late, how long, how much of others; what is not known is not told."""
    lag = told(judged(tmp_path, "lag", SLOW, loop_lag=180.0, cpu_wait=0.25).blame)
    assert "it woke up to 180 ms too late and waited for a processor 25.0 % of the time" in lag


def test_the_traffic_of_others_is_told(tmp_path: Path) -> None:
    """In the unit that rates have."""
    found = judged(tmp_path, "cross_traffic", SLOW, cross_traffic=900.0)
    assert "others on this machine carried 900 kbps" in told(found.blame)


def test_the_verdict_names_this_machine(tmp_path: Path) -> None:
    """It is a cause like others; and rows that it disturbed can be left out."""
    found = judged(tmp_path, "lag", SLOW)
    whole = verdict(found.table, found.norms)
    assert [one.cause for one in whole.causes] == [Cause.MACHINE]
    left = Selection(disturbed=False).of(found.table)
    assert len(left) == len(found.table) - 1
    assert not verdict(left, found.norms).causes
    assert len(Selection(disturbed=True).of(found.table)) == 1
    assert Selection(disturbed=False).described() == "undisturbed"
