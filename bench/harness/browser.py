"""A real player in headless Chromium plays a video once, and is watched.

The recording is what the page wrote down (`pages/recorder.js`) and what the network did, all in
seconds since the first media request.
"""

import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from harness.devtools import DevTools, Event, chromium
from harness.namespaces import Namespace
from harness.server import MEDIA, PAGES

FLAGS = (
    *("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    *("--disable-dev-shm-usage", "--no-proxy-server", "--lang=en-US", "--disable-extensions"),
    *("--disable-default-apps", "--disable-breakpad", "--disable-domain-reliability"),
    *("--disable-backgrounding-occluded-windows", "--disable-renderer-backgrounding"),
    *("--autoplay-policy=no-user-gesture-required", "--window-size=800,600"),
)
Recording = Mapping[str, Any]


@dataclass(slots=True)
class Ready:
    """A page that has all but the media."""

    tools: DevTools

    def go(self) -> float:
        """Play; returns the time of the first media request, by time.monotonic().

        DevTools tells times by the same clock. Raises BrowserError if nothing is requested.
        """
        self.tools.evaluate("go()")
        return float(self.tools.wait_for(_is_media_request)["params"]["timestamp"])

    def watch(self, until: float) -> Recording:
        """The recording up to a time (time.monotonic())."""
        self.tools.watch(until)
        told = self.tools.evaluate("recorder.recording()")
        return recording(told, self.tools.events)


def program() -> str:
    """The browser without a window's parts, which takes half the time to start; else the whole."""
    return shutil.which("chromium-headless-shell") or shutil.which("chromium") or "chromium"


@contextmanager
def page(client: Namespace, player: str, url: str) -> Iterator[Ready]:
    """Chromium with a fresh profile, ready to play a URL with a player of `emulators.PLAYERS`."""
    with tempfile.TemporaryDirectory(prefix="pytomo-chromium-", ignore_cleanup_errors=True) as home:
        words = (program(), *FLAGS, f"--user-data-dir={home}")
        with chromium(words, client.start) as tools:
            tools.open_page()
            tools.call("Network.enable")
            tools.call("Page.enable")
            tools.call("Page.navigate", url=f"{PAGES}/player.html")
            tools.wait_for(lambda event: event["method"] == "Page.loadEventFired")
            tools.evaluate(f"prepare({player!r}, {url!r})")
            yield Ready(tools)


def _is_media_request(event: Event) -> bool:
    return event["method"] == "Network.requestWillBeSent" and str(
        event["params"]["request"]["url"]
    ).startswith(MEDIA)


def recording(told: Recording, events: Sequence[Event]) -> Recording:
    """What a page told, and what came of its requests, on the clock of the first media request.

    DevTools and the page have clocks of their own; the wall clock that both know joins them.
    """
    first = next(event["params"] for event in events if _is_media_request(event))
    origin = told["origin"] / 1000 - first["wallTime"]

    def seconds(moment: float | None) -> float | None:
        return None if moment is None else round(moment / 1000 + origin, 4)

    return {
        "began": first["wallTime"],
        "events": [[seconds(time), *rest] for time, *rest in told["events"]],
        "samples": [
            [seconds(time), round(position, 4), round(buffered, 4), *rest]
            for time, position, buffered, *rest in told["samples"]
        ],
        "pictures": [[seconds(a), seconds(b), media] for a, b, media in told["pictures"]],
        "last_picture": seconds(told["last_picture"]),
        "end": seconds(told["now"]),
        "requests": _transfers(events, first["timestamp"]),
        **{
            name: told[name]
            for name in ("pictures_decoded", "pictures_dropped", "duration", "error")
        },
    }


def _transfers(events: Sequence[Event], first: float) -> list[dict[str, Any]]:
    """The requests for media: their times, and when how many bytes came to the browser."""
    found: dict[str, dict[str, Any]] = {}
    for event in filter(_is_media_request, events):
        parameters = event["params"]
        request = parameters["request"]
        found[parameters["requestId"]] = {
            "url": request["url"].removeprefix(MEDIA),
            "range": request["headers"].get("Range"),
            "sent": round(parameters["timestamp"] - first, 4),
            "data": [],
        }
    for event in events:
        transfer = found.get(event["params"].get("requestId", ""))
        note = NOTES.get(event["method"])
        if transfer is not None and note is not None:
            note(transfer, event["params"], round(event["params"]["timestamp"] - first, 4))
    return list(found.values())


def _responded(transfer: dict[str, Any], parameters: Mapping[str, Any], time_: float) -> None:
    response = parameters["response"]
    transfer |= {"response": time_, "status": response["status"]}
    transfer |= {"connection": response["connectionId"], "reused": response["connectionReused"]}
    transfer["timing"] = response.get("timing")


def _received(transfer: dict[str, Any], parameters: Mapping[str, Any], time_: float) -> None:
    transfer["data"].append([time_, parameters["dataLength"]])


def _ended(transfer: dict[str, Any], parameters: Mapping[str, Any], time_: float) -> None:
    transfer["end"] = time_
    transfer["failed"] = parameters.get("errorText")


NOTES: Mapping[str, Callable[[dict[str, Any], Mapping[str, Any], float], None]] = {
    "Network.responseReceived": _responded,
    "Network.dataReceived": _received,
    "Network.loadingFinished": _ended,
    "Network.loadingFailed": _ended,
}
