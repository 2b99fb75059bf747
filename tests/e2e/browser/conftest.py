"""One archive that the lab produced, one server and one browser for all tests of the pages."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("av", reason="the lab makes its media with PyAV")
pytest.importorskip("web", reason="the dashboard is served by web.py")
pytest.importorskip("selenium", reason="the browser is driven by selenium")

from chromium import ROOT, Browser, missing
from serving import served

SERVICES = ("dailymotion", "youtube")


def crawl(directory: Path, service: str) -> "subprocess.Popen[str]":
    """A short crawl of the lab, started."""
    words = f"--lab -s {service} -u 5 -D 3 -n 2 -S 0 --output-dir {directory}"
    command = [sys.executable, "-m", "pytomo", *words.split()]
    return subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


@pytest.fixture(scope="session")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory of two crawls of the lab."""
    directory = tmp_path_factory.mktemp("archive")
    crawls = [crawl(directory, service) for service in SERVICES]
    for running in crawls:
        with running:
            output, _ = running.communicate(timeout=120)
        assert running.returncode == 0, output
    return directory


@pytest.fixture(scope="session")
def address(archive: Path) -> Iterator[str]:
    """Where a dashboard of the archive is served."""
    with served(archive) as url:
        yield url


@pytest.fixture(scope="session")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """Chromium, started once."""
    if missing():
        pytest.skip(f"not installed: {missing()}")
    browser = Browser(tmp_path_factory.mktemp("chromium"))
    yield browser
    browser.close()


@pytest.fixture
def browser(chromium: Browser) -> Browser:
    """The browser with a light desktop's screen, and nothing left of what happened before."""
    chromium.driver.get("about:blank")
    chromium.show()
    chromium.complaints()
    chromium.hosts()
    return chromium
