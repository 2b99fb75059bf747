"""What a page and the browser's network told becomes one recording."""

from pathlib import Path

import pytest

pytest.importorskip("av", reason="the media are made with PyAV")

from harness.browser import recording
from harness.media import DURATION, Medium, publish
from harness.server import MEDIA

WALL, MONOTONIC = 1_800_000_000.0, 500.0
"""When the first media request was sent, by both clocks of the browser."""


def event(method: str, at: float, **parameters: object) -> dict[str, object]:
    """An event of the network, so many seconds after the first media request."""
    told = {"timestamp": MONOTONIC + at, "wallTime": WALL + at, "requestId": "1", **parameters}
    return {"method": f"Network.{method}", "params": told}


def sent(url: str, at: float, **parameters: object) -> dict[str, object]:
    """A request."""
    request = {"url": url, "headers": {"Range": "bytes=0-"}}
    return event("requestWillBeSent", at, request=request, **parameters)


EVENTS = [
    sent("http://10.0.0.1:8000/player.html", -1.0, requestId="0"),
    sent(f"{MEDIA}/vbr.mp4", 0.0),
    event(
        "responseReceived",
        0.05,
        response={"status": 206, "connectionId": 7, "connectionReused": False, "timing": None},
    ),
    event("dataReceived", 0.1, dataLength=1448),
    event("dataReceived", 0.2, dataLength=2896, requestId="0"),
    event("loadingFinished", 0.3),
]
TOLD = {
    "origin": (WALL - 2.0) * 1000,
    "now": 34_000.0,
    "events": [[3_500.0, "playing", 0.0, 1.0, 4, 1, False]],
    "samples": [[3_550.0, 0.04, 1.2, 4, 1, False]],
    "pictures": [[None, 3_500.0, 0.0]],
    "last_picture": 33_900.0,
    "pictures_decoded": 100,
    "pictures_dropped": 1,
    "duration": 60.0,
    "error": None,
}


def test_times_count_from_the_first_media_request() -> None:
    """Whatever clock it was told by, a time is in seconds since the first media request."""
    made = recording(TOLD, EVENTS)
    assert made["began"] == WALL
    assert made["events"] == [[1.5, "playing", 0.0, 1.0, 4, 1, False]]
    assert made["samples"] == [[1.55, 0.04, 1.2, 4, 1, False]]
    assert (made["pictures"], made["last_picture"]) == ([[None, 1.5, 0.0]], 31.9)


def test_only_media_are_transfers() -> None:
    """Requests for media are told with their bytes as they came; those of pages are not."""
    (transfer,) = recording(TOLD, EVENTS)["requests"]
    assert transfer["url"] == "/vbr.mp4"
    assert transfer["data"] == [[0.1, 1448]]
    assert (transfer["sent"], transfer["response"], transfer["end"]) == (0.0, 0.05, 0.3)
    assert (transfer["status"], transfer["reused"], transfer["failed"]) == (206, False, None)


@pytest.mark.parametrize(
    ("name", "text", "published"),
    [
        ("v.m3u8", "#EXTM3U\n#EXTINF:4,\nv-0.ts\n", f"#EXTM3U\n#EXTINF:4,\n{MEDIA}/v-0.ts\n"),
        ("v.mpd", "<MPD><Period/></MPD>", f"<MPD><BaseURL>{MEDIA}/</BaseURL><Period/></MPD>"),
    ],
)
def test_manifests_point_to_the_media(tmp_path: Path, name: str, text: str, published: str) -> None:
    """A manifest beside the pages names its segments at the port of the media."""
    path = tmp_path / "media" / name
    path.parent.mkdir()
    path.write_text(text)
    assert publish(Medium("hls", "vbr", path, ()), tmp_path, MEDIA) == name
    assert (tmp_path / name).read_text() == published


def test_bitrate_is_of_all_that_is_fetched(tmp_path: Path) -> None:
    """The mean bitrate is that of all files together."""
    files = tuple(tmp_path / name for name in ("a", "b"))
    for file in files:
        file.write_bytes(bytes(1000 * DURATION))
    assert Medium("dash", "vbr", tmp_path / "m", files).bitrate == 16.0
