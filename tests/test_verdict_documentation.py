"""`docs/verdict.md` says what the code does."""

import re
from pathlib import Path

import pytest

from pytomo.analysis.bootstrap import BLOCKS, ENOUGH, REPLICATES
from pytomo.analysis.causes import Cause, Rule
from pytomo.analysis.grades import FAIR, GOOD, Grade
from pytomo.analysis.limits import FAR, OUT_OF_ORDER, QUEUEING
from pytomo.analysis.norms import CAPACITY, ENOUGH_SAMPLES, ENOUGH_SERVERS, WINDOW
from pytomo.analysis.verdict import DELIVERY, ENOUGH_PLAYS, ENOUGH_VISITS
from pytomo.summary import QUICK_START
from pytomo.web.pages.verdict import ESTIMATES

TEXT = (Path(__file__).parents[1] / "docs" / "verdict.md").read_text(encoding="utf-8")


def lines(columns: int) -> list[tuple[str, ...]]:
    """The cells of all table lines that begin with a word in code."""
    found = re.findall(r"^\| `(\w+)` \|" + r" ([^|]+) \|" * (columns - 1) + "$", TEXT, re.MULTILINE)
    return [tuple(cells) for cells in found]


def test_every_rule_is_documented() -> None:
    """The tables of rules have every rule in its order, with its cause and its sentence."""
    rules = [line for line in lines(3) if line[0] not in ESTIMATES]
    assert rules == [(rule.value, rule.cause.value, rule.text) for rule in Rule]


def test_every_cause_is_documented() -> None:
    """The table of causes has every cause in its order, with its sentence."""
    grades = {str(grade): 0 for grade in Grade} | {"unknown": 1}
    causes = [line for line in lines(2) if line[0] not in grades or line[1] == Cause.UNKNOWN.text]
    assert causes == [(cause.value, cause.text) for cause in Cause]


def test_every_estimate_and_grade_is_documented() -> None:
    """The numbers of the page are those that are defined, and so are the grades."""
    assert tuple(line[0] for line in lines(3))[: len(ESTIMATES)] == ESTIMATES
    assert {line[0] for line in lines(2)} >= {str(grade) for grade in Grade}


@pytest.mark.parametrize(
    "words",
    [
        f"at least {100 * GOOD:.0f} % of plays start within {QUICK_START:g} s",
        f"at least {100 * FAIR:.0f} % of each",
        f"fewer than {ENOUGH_PLAYS} plays, or of fewer than {ENOUGH_VISITS} visits",
        f"There is no interval for fewer than {ENOUGH} visits",
        f"with all their rows, {REPLICATES} times",
        f"joined into {BLOCKS} blocks",
        f"{100 * CAPACITY:.0f}th percentile of MaxInstantThp | {ENOUGH_SAMPLES} samples, "
        f"{ENOUGH_SERVERS} servers",
        f"at least {ENOUGH_SERVERS} other servers",
        f"{100 * OUT_OF_ORDER:g} % of segments out of order",
        f"{QUEUEING:g} ms longer",
        f"twice the usual and {FAR:g} ms more",
        "causes " + ", ".join(f"`{cause}`" for cause in DELIVERY),
    ],
)
def test_thresholds_are_those_of_the_code(words: str) -> None:
    """The numbers in the text are those that are used."""
    assert words in " ".join(TEXT.split())


def test_the_window_is_a_quarter_of_an_hour() -> None:
    """So the page calls it."""
    assert WINDOW == 15 * 60
