"""Every page of the dashboard in a browser: accessible, valid, quiet, and at home everywhere."""

import shutil
import urllib.error
import urllib.request
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from chromium import AXE, CHECKER, DESKTOP, NARROWEST, Browser, invalid
from serving import served

import pytomo
from pytomo.web.page import filled
from pytomo.web.pages import FILES, PAGES

STATIC = Path(pytomo.__file__).parent / "web" / "static"
NOWHERE = "/no/such/page"
WRITTEN = [file for file in FILES if file.type.startswith("text/html")]
PATHS = (
    *(filled(one.path, one.example) for one in (*PAGES, *WRITTEN)),
    "/videos?outcome=removed",
    NOWHERE,
)
"""Every page, one whose filters are filled in, and one that is not there."""

COLOURS = ("color-contrast", "link-in-text-block")
"""The rules of axe that dark colours could break."""

needs_axe = pytest.mark.skipif(not AXE.exists(), reason="axe-core is not in .venv/node_modules")
needs_checker = pytest.mark.skipif(
    not (CHECKER.exists() and shutil.which("java")), reason="the Nu Html Checker or java is missing"
)


def source(url: str) -> bytes:
    """The bytes at a URL, also of an error page."""
    try:
        with urllib.request.urlopen(url, timeout=30) as answer:
            return bytes(answer.read())
    except urllib.error.HTTPError as error:
        with error:
            return error.read()


@needs_axe
@pytest.mark.parametrize("path", PATHS)
def test_page_is_accessible(browser: Browser, address: str, path: str) -> None:
    """Axe finds nothing, in light and dark, on a desktop and on a narrow phone, where all fits."""
    browser.driver.get(address + path)
    assert not "\n".join(browser.violations())
    browser.show(DESKTOP, dark=True)
    assert not "\n".join(browser.violations(*COLOURS))
    browser.show(NARROWEST)
    assert not "\n".join(browser.violations())
    assert browser.overflow() == 0


@needs_axe
def test_empty_dashboard_is_accessible(browser: Browser, tmp_path: Path) -> None:
    """Before the first crawl, too, there is a page without fault, which says how to start one."""
    with served(tmp_path) as address:
        browser.driver.get(address)
        assert "bin/pytomo --lab" in browser.driver.page_source
        assert not "\n".join(browser.violations())
        browser.show(NARROWEST, dark=True)
        assert not "\n".join(browser.violations())
        assert browser.overflow() == 0


@pytest.mark.parametrize("path", PATHS)
def test_page_is_quiet(browser: Browser, address: str, path: str) -> None:
    """A page, opened twice, says nothing to the console and asks no other host for anything."""
    browser.driver.get(address + path)
    browser.driver.get(address + path)
    complaints = [text for text in browser.complaints() if path != NOWHERE or NOWHERE not in text]
    assert complaints == []
    assert browser.hosts() == {urlsplit(address).netloc}


@needs_checker
def test_pages_are_valid(address: str, tmp_path: Path) -> None:
    """The Nu Html Checker finds neither errors nor warnings in pages and what they load."""
    for number, path in enumerate(PATHS):
        name = f"{number}{path.partition('?')[0].replace('/', '_')}.html"
        (tmp_path / name).write_bytes(source(address + path))
    static = [path for path in STATIC.iterdir() if path.suffix in (".css", ".svg")]
    assert static
    assert not "\n".join(invalid([*tmp_path.iterdir(), *static]))
