"""Pages keep themselves up to date, and out of the way of who reads them."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from chromium import Browser
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait
from serving import served
from web_client import LATER, NAME, add_row, write_database

from pytomo.store import Store

PATIENCE = 40


def waits(browser: Browser, condition: Callable[[], object]) -> None:
    """Wait until something holds."""
    WebDriverWait(browser.driver, PATIENCE).until(lambda _: condition())


def text(browser: Browser, selector: str) -> str:
    """The text of an element, shown or not."""
    found = browser.driver.find_element(By.CSS_SELECTOR, selector)
    return str(found.get_property("textContent")).strip()


@pytest.fixture
def store(tmp_path: Path):
    """A database of a crawl that goes on."""
    started = datetime.now(UTC).isoformat()
    facts = {"service": "youtube", "host": "vm", "started": started}
    with Store(tmp_path / NAME, facts) as store:
        add_row(store, 0)
        yield store


def test_content_is_put_in_place(browser: Browser, tmp_path: Path, store: Store) -> None:
    """New rows appear in a page that stays the same: nothing is loaded again, focus stays."""
    with served(tmp_path) as address:
        browser.driver.get(f"{address}/videos")
        browser.driver.execute_script("window.same = true")
        focused = "document.querySelector('main th a').focus()"
        browser.driver.execute_script(focused)
        name = browser.driver.execute_script("return document.activeElement.textContent")
        assert text(browser, "#status").startswith("Live: 1 row,")
        for number in range(1, 4):
            add_row(store, number)
        waits(browser, lambda: len(browser.driver.find_elements(By.CSS_SELECTOR, "tbody tr")) == 4)
        assert text(browser, "#status").startswith("Live: 4 rows,")
        assert browser.driver.execute_script("return window.same")
        assert browser.driver.execute_script("return document.activeElement.textContent") == name
        assert text(browser, "#news") == ""
    assert browser.complaints() == []


def test_a_reader_is_left_alone(browser: Browser, tmp_path: Path, store: Store) -> None:
    """While text of the page is selected nothing changes below it; later it does."""
    select = "getSelection().selectAllChildren(document.querySelector('main h1'))"
    with served(tmp_path) as address:
        browser.driver.get(f"{address}/status")
        browser.driver.execute_script(select)
        browser.driver.execute_script("window.before = document.querySelector('main').innerHTML")
        add_row(store, 1)
        browser.driver.execute_async_script("setTimeout(arguments[0], 6000)")
        unchanged = "return window.before === document.querySelector('main').innerHTML"
        assert browser.driver.execute_script(unchanged)
        browser.driver.execute_script("getSelection().removeAllRanges()")
        waits(browser, lambda: "2 rows" in text(browser, "main"))


def test_a_newer_database(browser: Browser, tmp_path: Path, store: Store) -> None:
    """A page goes over to a newer database, and those who cannot see it hear of it."""
    with served(tmp_path) as address:
        browser.driver.get(f"{address}/status")
        write_database(tmp_path / LATER)
        waits(browser, lambda: LATER in text(browser, "main"))
        assert "now following this database" in text(browser, "#news")
        assert LATER in text(browser, "#db")


def test_from_nothing(browser: Browser, tmp_path: Path) -> None:
    """A page without a database shows the first one when it appears, and the choice of them."""
    with served(tmp_path) as address:
        browser.driver.get(f"{address}/videos")
        assert not browser.driver.find_elements(By.ID, "db")
        write_database(tmp_path / NAME)
        waits(browser, lambda: browser.driver.find_elements(By.ID, "db"))
        assert browser.driver.find_elements(By.CSS_SELECTOR, "main table")


def test_the_server_is_gone(browser: Browser, tmp_path: Path) -> None:
    """What is shown stays when the dashboard has ended, with a word about it."""
    write_database(tmp_path / NAME)
    with served(tmp_path) as address:
        browser.driver.get(f"{address}/videos")
    waits(browser, lambda: text(browser, "#status").startswith("No answer"))
    assert browser.driver.find_elements(By.CSS_SELECTOR, "tbody tr")
