"""A headless Chromium that tells what it asked for and complained about, and two checkers."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service

ROOT = Path(__file__).parents[3]
MODULES = ROOT / ".venv" / "node_modules"
AXE = MODULES / "axe-core" / "axe.min.js"
CHECKER = MODULES / "vnu-jar" / "build" / "dist" / "vnu.jar"
"""The Nu Html Checker."""

DESKTOP, PHONE, NARROWEST = (1280, 900), (390, 844), (320, 640)

FLAGS = (
    *("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    *("--disable-dev-shm-usage", "--no-proxy-server", "--hide-scrollbars", "--lang=en-US"),
    "--force-color-profile=srgb",
)

AXE_CALL = """
const [rules, done] = arguments;
const options = rules.length ? {runOnly: rules} : {rules: {"target-size": {enabled: true}}};
axe.run(document, options).then(
    (found) => done(found.violations.map((violation) => ({
        rule: violation.id,
        help: violation.help,
        nodes: violation.nodes.map((node) => node.html + " " + node.any.map((c) => c.message)),
    }))),
    (error) => done([{rule: "axe", help: String(error), nodes: []}]),
);
"""


def missing() -> str:
    """What is not there to open a browser; empty if all is."""
    programs = ("chromium", "chromedriver")
    return ", ".join(program for program in programs if not shutil.which(program))


class Browser:
    """One window of Chromium."""

    def __init__(self, profile: Path) -> None:
        """`profile` is an empty directory of its own."""
        options = ChromeOptions()
        options.binary_location = shutil.which("chromium") or ""
        for flag in (*FLAGS, f"--user-data-dir={profile}"):
            options.add_argument(flag)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        service = Service(
            shutil.which("chromedriver"), env={**os.environ, "SE_AVOID_STATS": "true"}
        )
        self.driver = Chrome(options=options, service=service)
        self.driver.set_page_load_timeout(30)
        self.driver.set_script_timeout(30)
        self._axe = AXE.read_text(encoding="utf-8") if AXE.exists() else ""

    def close(self) -> None:
        """End Chromium."""
        self.driver.quit()

    def show(self, size: tuple[int, int] = DESKTOP, *, dark: bool = False) -> None:
        """Make the window a screen of this size in CSS pixels, light or dark."""
        width, height = size
        screen = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500}
        self._tell("Emulation.setDeviceMetricsOverride", screen)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self._tell("Emulation.setEmulatedMedia", {"media": "", "features": [scheme]})

    def print_media(self) -> None:
        """Show pages as they are printed."""
        self._tell("Emulation.setEmulatedMedia", {"media": "print", "features": []})

    def save_downloads(self, directory: Path) -> None:
        """Where files are saved from now on."""
        told = {"behavior": "allow", "downloadPath": str(directory)}
        self._tell("Browser.setDownloadBehavior", told)

    @contextmanager
    def without_scripts(self) -> Iterator[None]:
        """Pages are shown, none of their scripts is run."""
        self._tell("Emulation.setScriptExecutionDisabled", {"value": True})
        try:
            yield
        finally:
            self._tell("Emulation.setScriptExecutionDisabled", {"value": False})

    def violations(self, *rules: str) -> list[str]:
        """What axe has against the page that is shown, by these rules or all."""
        self.driver.execute_script(self._axe)
        found = self.driver.execute_async_script(AXE_CALL, rules)
        return [f"{one['rule']}: {one['help']}: {one['nodes'][:3]}" for one in found]

    def complaints(self) -> list[str]:
        """What the console has said since the last call."""
        return [f"{one['level']}: {one['message']}" for one in self.driver.get_log("browser")]

    def hosts(self) -> set[str]:
        """The hosts (with ports) that were asked for anything since the last call."""
        events = (
            json.loads(one["message"])["message"] for one in self.driver.get_log("performance")
        )
        urls = (_requested(event) for event in events)
        return {urlsplit(url).netloc for url in urls if url.startswith(("http", "ws"))}

    def overflow(self) -> int:
        """CSS pixels by which the page is wider than the screen."""
        # A phone zooms out where a page is wider: innerWidth would be as wide as the page.
        root = "document.documentElement"
        script = f"return {root}.scrollWidth - {root}.clientWidth"
        return max(0, int(self.driver.execute_script(script)))

    def _tell(self, command: str, parameters: Mapping[str, Any]) -> None:
        self.driver.execute_cdp_cmd(command, dict(parameters))


def _requested(event: Mapping[str, Any]) -> str:
    """The URL that an event of the network says was asked for, if it does."""
    if event["method"] == "Network.requestWillBeSent":
        return str(event["params"]["request"]["url"])
    return str(event["params"]["url"]) if event["method"] == "Network.webSocketCreated" else ""


def invalid(files: Iterable[Path]) -> list[str]:
    """What the Nu Html Checker has against files of HTML, CSS or SVG, warnings included.

    It takes pictures in data: URLs for forbidden where the policy allows them; what a policy
    forbids is said by Chromium itself.
    """
    command = ["java", "-jar", str(CHECKER), "--stdout", "--exit-zero-always", "--format", "json"]
    also = ["--also-check-css", "--also-check-svg", *map(str, files)]
    told = subprocess.run([*command, *also], capture_output=True, text=True, check=True)
    return [
        f"{Path(one['url']).name}:{one.get('lastLine')}: {one['message']} {one.get('extract', '')}"
        for one in json.loads(told.stdout)["messages"]
        if "Content Security Policy" not in one["message"]
    ]
