"""Pictures of every page in light and dark: `.venv/bin/python bench/screenshots.py [DIRECTORY]`.

DIRECTORY holds databases, best a few hours of `bin/pytomo --lab`; without one the lab is crawled
for some minutes. The newest database is shown. The pictures are written to docs/screenshots/: what
a screen of 1280 × 900 shows (of some pages a higher one), as WebP of few colours, so that all of
them stay below 1.5 MB. They need Chromium, as the tests of the pages do.
"""

import argparse
import io
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "e2e" / "browser"))

from chromium import DESKTOP, PHONE, Browser, missing  # noqa: E402
from serving import served  # noqa: E402

from pytomo.web.page import filled  # noqa: E402
from pytomo.web.pages import PAGES  # noqa: E402

OUTPUT = ROOT / "docs" / "screenshots"
MOST_BYTES = 1_500_000
COLOURS = 128
PHONE_PAGES = ("verdict", "video")
"""Pages that are shown on a phone, too."""
HIGH = (1280, 1500)
SCREENS = {
    **dict.fromkeys(("verdict", "graphs", "resolvers", "distributions"), HIGH),
    "video": (1280, 1750),
}
"""Pages whose essence does not fit on the usual screen, and what it fits on."""
BEST_VIDEO = "/api/videos?sort=-DownloadInterruptions&size=1"
"""Where the row with the most to see is found."""
LOADED = """
const seen = (image) => image.getBoundingClientRect().top < window.innerHeight;
return [...document.images].every((image) => image.complete || !seen(image));
"""


def main() -> None:
    """Take all pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("directory", nargs="?", type=Path, help="where databases are")
    given = parser.parse_args().directory
    if missing():
        sys.exit(f"not installed: {missing()}")
    with tempfile.TemporaryDirectory() as temporary:
        directory = given or crawled(Path(temporary) / "lab")
        with served(directory) as address, opened(Path(temporary) / "profile") as browser:
            take(browser, address)
    sys.stdout.write(f"{OUTPUT}: {size() / 1000:.0f} kB\n")
    if size() > MOST_BYTES:
        sys.exit(f"more than {MOST_BYTES / 1000:.0f} kB")


def crawled(directory: Path) -> Path:
    """A directory with a crawl of the lab of a few minutes."""
    words = f"--lab -u 60 -D 8 -n 4 -S 0 --provider lab-isp --output-dir {directory}"
    subprocess.run([sys.executable, "-m", "pytomo", *words.split()], cwd=ROOT, check=True)
    return directory


@contextmanager
def opened(profile: Path) -> Iterator[Browser]:
    """A browser."""
    browser = Browser(profile)
    try:
        yield browser
    finally:
        browser.close()


def take(browser: Browser, address: str) -> None:
    """Every page in both colours, and some on a phone."""
    OUTPUT.mkdir(exist_ok=True)
    for old in OUTPUT.glob("*.webp"):
        old.unlink()
    row = best_row(browser, address)
    for page in PAGES:
        path = filled(
            page.path, {**page.example, **({"row": row} if "row" in page.example else {})}
        )
        for dark in (False, True):
            browser.show(SCREENS.get(page.name, DESKTOP), dark=dark)
            keep(browser, address + path, f"{page.name}-{'dark' if dark else 'light'}")
        if page.name in PHONE_PAGES:
            browser.show(PHONE)
            keep(browser, address + path, f"{page.name}-phone")


def best_row(browser: Browser, address: str) -> str:
    """The row with the most stalls."""
    browser.driver.get(address + BEST_VIDEO)
    script = "return JSON.parse(document.body.innerText).data.rows[0].RowId"
    return str(browser.driver.execute_script(script))


def keep(browser: Browser, url: str, name: str) -> None:
    """Show a page, wait for its pictures, and keep what the screen shows."""
    browser.driver.get(url)
    until = time.monotonic() + 20
    while not browser.driver.execute_script(LOADED) and time.monotonic() < until:
        time.sleep(0.1)
    with Image.open(io.BytesIO(browser.driver.get_screenshot_as_png())) as picture:
        small = picture.convert("RGB").quantize(
            COLOURS, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE
        )
        small.convert("RGB").save(OUTPUT / f"{name}.webp", lossless=True, quality=100, method=6)


def size() -> int:
    """Bytes of all pictures."""
    return sum(path.stat().st_size for path in OUTPUT.glob("*.webp"))


if __name__ == "__main__":
    main()
