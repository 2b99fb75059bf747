import subprocess
import sys
from pathlib import Path

import pytest

from pytomo.errors import Outcome
from pytomo.metrics import Group
from pytomo.results import COLUMNS
from pytomo.statistics_page import statistics_page

ROOT = Path(__file__).parents[1]


def test_the_page_is_what_the_declarations_make():
    """docs/statistics.md cannot drift from the columns and outcomes of the program."""
    made = statistics_page()
    assert (ROOT / "docs" / "statistics.md").read_text(encoding="utf-8") == made, (
        "run: python -m pytomo.statistics_page > docs/statistics.md"
    )


def test_the_command_prints_the_page():
    """`python -m pytomo.statistics_page` writes it to the standard output."""
    command = [sys.executable, "-m", "pytomo.statistics_page"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, timeout=60)
    assert done.stdout.decode() == statistics_page()


@pytest.mark.parametrize("metric", COLUMNS, ids=lambda metric: metric.column)
def test_each_column_stands_in_the_page(metric):
    """Every column has a line with its name, unit, group and sentence, and a known group."""
    (line,) = (x for x in statistics_page().splitlines() if x.startswith(f"| `{metric.column}` |"))
    assert metric.group in Group
    assert metric.text.endswith(".")
    for cell in (metric.unit, metric.group, metric.text):
        assert f" {cell} |" in line


@pytest.mark.parametrize("outcome", Outcome)
def test_each_outcome_has_its_sentence(outcome):
    """Every outcome is a word that equals itself as text, and has one sentence in the page."""
    assert Outcome(str(outcome)) is outcome
    assert outcome.text.endswith(".")
    assert "\n" not in outcome.text
    assert f"| `{outcome}` |" in statistics_page()
    assert outcome.text in statistics_page()


def test_outcomes_that_are_no_failures():
    """A bad playback is a measurement; a row that was not to be measured is neither."""
    assert {o for o in Outcome if o.failed is False} == {Outcome.OK, Outcome.NEVER_STARTED}
    not_tried = {Outcome.PROBED, Outcome.REDIRECTED, Outcome.INTERRUPTED}
    assert {o for o in Outcome if o.failed is None and not o.unavailable} == not_tried
