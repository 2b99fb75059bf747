from pathlib import Path

from pytomo.statistics_page import classic_columns

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_columns_are_up_to_date() -> None:
    """The README's table of columns is what the declarations say."""
    assert classic_columns() in README


def test_links_lead_somewhere() -> None:
    """Every file that the README names is there."""
    named = [part.split(")")[0] for part in README.split("](")[1:]]
    local = [name for name in named if "://" not in name]
    assert local
    assert [name for name in local if not (ROOT / name).exists()] == []
