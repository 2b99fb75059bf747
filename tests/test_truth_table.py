"""The table of the truth of measures, and the document that it stands in."""

from pathlib import Path

import pytest
from truth import HEAD, Case, table, with_table

DOCUMENT = Path(__file__).parents[1] / "docs" / "truth.md"


def case(*errors: float, worst_counts: bool = False) -> Case:
    return Case("PingMin", "the link", "ms", 0.3, errors, worst_counts)


def test_the_median_must_be_within_the_aim() -> None:
    """Unless the worst counts, which is told with its sign either way."""
    assert case(0.1, 0.2, -9.0).met
    assert not case(0.4, 0.5, 0.1).met
    assert not case(0.1, 0.2, -9.0, worst_counts=True).met
    assert case(0.1, 0.2, -9.0).worst == -9.0


def test_a_case_is_a_line_of_the_table() -> None:
    """With signs, as a measure that is always late is no noise."""
    line = table([case(0.1, 0.2, 0.3)]).splitlines()[-1]
    assert line == "| PingMin | the link | 3 | +0.20 | +0.30 | 0.3 ms | met |"


def test_the_document_takes_a_new_table() -> None:
    """Its other words stay as they are; a document without such a table is refused."""
    text = DOCUMENT.read_text(encoding="utf-8")
    changed = with_table(text, table([case(0.1)]))
    assert changed.count(" | ".join(HEAD)) == 1
    assert changed.count("| PingMin | the link |") == 1
    assert changed.partition("| measure | truth | errors")[0] in text
    assert changed.endswith(text[-500:])
    with pytest.raises(ValueError, match="no such table"):
        with_table("# Nothing", "")
