"""What people do with the dashboard, from the first row of a crawl to the picture for a ticket."""

import csv
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from chromium import ROOT, Browser
from conftest import SERVICES, crawl
from selenium.webdriver import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import Select

ROWS = "main table tbody tr"


@contextmanager
def running(process: "subprocess.Popen[str]") -> Iterator["subprocess.Popen[str]"]:
    """A process that is asked to end, as by `kill`, when it is not needed any more."""
    with process:
        try:
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=30)


def dashboard(directory: Path) -> "subprocess.Popen[str]":
    """A dashboard of a directory, started as people do, on any port that is free."""
    command = [sys.executable, "start_server.py", "-d", str(directory), "0"]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def wait_until(true: Callable[[], object], what: str, seconds: float = 60) -> None:
    """Wait for something to become true."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, f"{what} did not happen within {seconds} s"
        time.sleep(0.1)


def one(browser: Browser, selector: str) -> WebElement:
    """The first element of a CSS selector."""
    return browser.driver.find_element(By.CSS_SELECTOR, selector)


def count(browser: Browser, selector: str) -> int:
    """How many elements a CSS selector finds."""
    return len(browser.driver.find_elements(By.CSS_SELECTOR, selector))


def query(browser: Browser) -> dict[str, list[str]]:
    """The parameters of the page that is shown."""
    return parse_qs(urlsplit(browser.driver.current_url).query)


def test_rows_appear_by_themselves(browser: Browser, tmp_path: Path) -> None:
    """A dashboard that was opened before the crawl shows its rows as they come, without reload."""
    with running(dashboard(tmp_path)) as server:
        assert server.stdout is not None
        told = re.search(r"http://\S+/", server.stdout.readline())
        assert told is not None
        browser.driver.get(f"{told[0]}videos")
        assert "bin/pytomo --lab" in one(browser, "main").text
        browser.driver.execute_script("window.still = true")
        with running(crawl(tmp_path, "youtube")):
            wait_until(lambda: count(browser, ROWS), "a row")
            first = count(browser, ROWS)
            wait_until(lambda: count(browser, ROWS) > first, "another row")
        assert browser.driver.execute_script("return window.still")
        assert "row" in one(browser, "#status").text
    assert browser.hosts() == {urlsplit(told[0]).netloc}


def test_databases_are_switched(browser: Browser, address: str) -> None:
    """Choosing a database leads to the same page of it, and its links keep to it."""
    browser.driver.get(f"{address}/videos")
    services = set()
    for place in range(2):
        select = Select(one(browser, "#db"))
        named = [option for option in select.options if option.get_attribute("value")]
        name = named[place].get_attribute("value") or ""
        select.select_by_value(name)
        one(browser, ".picker button").click()
        wait_until(lambda name=name: query(browser).get("db") == [name], "the switch")
        assert urlsplit(browser.driver.current_url).path == "/videos"
        assert f"db={name}" in (one(browser, f"{ROWS} a").get_attribute("href") or "")
        services |= {service for service in SERVICES if service in name}
    assert services == set(SERVICES)


def test_graphs_are_zoomed(browser: Browser, address: str) -> None:
    """Dragging over a graph shows the time that was dragged over, on every graph of the page."""
    browser.driver.get(f"{address}/graphs/main")
    picture = one(browser, ".picture img")
    wait_until(lambda: picture.get_property("naturalWidth"), "the graph")
    browser.driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", picture)
    width = picture.size["width"]
    drag = ActionChains(browser.driver).move_to_element_with_offset(picture, -width // 8, 0)
    drag.click_and_hold().move_by_offset(width // 4, 0).release().perform()
    wait_until(lambda: "start" in query(browser), "the zoom")
    start, end = (query(browser)[name][0] for name in ("start", "end"))
    assert start < end
    assert "start=" in (one(browser, ".picture img").get_attribute("src") or "")


def test_a_video_is_opened(browser: Browser, address: str) -> None:
    """From the list one gets to the page of a video, whose pictures are there to be kept."""
    browser.driver.get(f"{address}/videos?outcome=ok")
    one(browser, f"{ROWS} th a").click()
    wait_until(lambda: "/videos/" in browser.driver.current_url, "the page of the video")
    assert "db" in query(browser)
    pictures = browser.driver.find_elements(By.CSS_SELECTOR, ".picture img")
    assert pictures
    for picture in pictures:
        browser.driver.execute_script("arguments[0].scrollIntoView()", picture)
        wait_until(lambda picture=picture: picture.get_property("naturalWidth"), "a picture")
        assert picture.get_attribute("alt")
    links = browser.driver.find_elements(By.CSS_SELECTOR, ".picture figcaption a")
    paths = [urlsplit(link.get_attribute("href") or "").path for link in links]
    assert {path.rpartition(".")[2] for path in paths} == {"svg", "png"}
    assert browser.complaints() == []


def test_a_table_is_exported(browser: Browser, address: str, tmp_path: Path) -> None:
    """The link of the footer saves the table as CSV: a line for each row, filtered as they are."""
    browser.save_downloads(tmp_path)
    browser.driver.get(f"{address}/videos?outcome=ok")
    rows = count(browser, ROWS)
    one(browser, "footer a[href*='.csv']").click()
    wait_until(lambda: list(tmp_path.glob("*.csv")), "the download")
    (path,) = tmp_path.glob("*.csv")
    with path.open(encoding="utf-8", newline="") as lines:
        kept = list(csv.DictReader(lines))
    assert len(kept) == rows > 0
    assert {line["Outcome"] for line in kept} == {"ok"}


def test_nothing_needs_scripts(browser: Browser, address: str) -> None:
    """Without scripts one switches, filters, sorts, turns pages and opens a video all the same."""
    with browser.without_scripts():
        browser.driver.get(f"{address}/videos")
        one(browser, ".picker button").click()
        wait_until(lambda: count(browser, ROWS), "rows of the database that was chosen")
        browser.driver.get(f"{address}/videos?size=1")
        one(browser, "a[rel=next]").click()
        assert query(browser)["page"] == ["2"]
        one(browser, "thead th:nth-child(4) a").click()
        assert "page" not in query(browser)
        assert count(browser, "thead [aria-sort]") == 1
        one(browser, ".filters summary").click()
        Select(one(browser, "#filter-outcome")).select_by_value("ok")
        one(browser, ".filters button").click()
        assert query(browser)["outcome"] == ["ok"]
        assert "sort" in query(browser)
        one(browser, f"{ROWS} th a").click()
        assert "/videos/" in browser.driver.current_url
        assert count(browser, ".picture img")
    assert browser.complaints() == []


@pytest.mark.parametrize("path", ["/videos", "/documents/player"])
def test_the_keyboard_reaches_the_content(browser: Browser, address: str, path: str) -> None:
    """The first thing that the tab key reaches leads past the menu."""
    browser.driver.get(address + path)
    ActionChains(browser.driver).send_keys("\ue004").perform()
    first = browser.driver.switch_to.active_element
    assert first.text == "Skip to the content"
    first.click()
    assert browser.driver.current_url.endswith("#content")


def test_print_has_no_chrome(browser: Browser, address: str) -> None:
    """On paper there is the page, without menus and forms, dark on white."""
    browser.driver.get(f"{address}/videos")
    browser.print_media()
    shown = "return arguments[0].checkVisibility()"
    for selector in (".menu", ".picker", ".filters", ".choices"):
        assert not browser.driver.execute_script(shown, one(browser, selector))
    assert browser.driver.execute_script(shown, one(browser, "main table"))
    colour = "return getComputedStyle(document.body).backgroundColor"
    assert browser.driver.execute_script(colour) == "rgb(255, 255, 255)"
