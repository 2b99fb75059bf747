from pathlib import Path

from pytomo.options_page import options_page


def test_page_is_up_to_date() -> None:
    """docs/options.md is what the settings say."""
    page = Path(__file__).parents[1] / "docs" / "options.md"
    assert page.read_text(encoding="utf-8") == options_page()
