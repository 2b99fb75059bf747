"""nginx inside a namespace: pages and manifests on one port, media on another one.

So media come over a connection of their own, which the first media request opens.
"""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from harness.media import Medium, publish
from harness.namespaces import SERVER, Namespace
from harness.nginx import nginx

PAGES_PORT, MEDIA_PORT = 8000, 8001
PAGES = f"http://{SERVER}:{PAGES_PORT}"
MEDIA = f"http://{SERVER}:{MEDIA_PORT}"
HERE = Path(__file__).parent / "pages"
SCRIPTS = ("hls.js/dist/hls.min.js", "dashjs/dist/modern/umd/dash.all.min.js")
"""Of the players, below node_modules."""
SERVERS = """
    types {{
        text/html html;
        text/javascript js;
        video/mp4 mp4 m4s;
        video/webm webm;
        video/mp2t ts;
        application/vnd.apple.mpegurl m3u8;
        application/dash+xml mpd;
    }}
    server {{
        listen {pages_port};
        root {place}/pages;
    }}
    server {{
        listen {media_port};
        root {media};
        add_header Access-Control-Allow-Origin *;
        add_header Timing-Allow-Origin *;
    }}
"""


def url(medium: Medium) -> str:
    """What a player is told to play: the file at the media's port, or the manifest beside pages."""
    return f"{MEDIA if medium.is_file else PAGES}/{medium.path.name}"


@contextmanager
def served(namespace: Namespace, medium: Medium, modules: Path) -> Iterator[None]:
    """A medium, and the pages with players from `modules` (of npm), are served inside."""
    with tempfile.TemporaryDirectory(prefix="pytomo-nginx-") as directory:
        place = Path(directory)
        _lay_out(place, medium, modules)
        ports = {"pages_port": PAGES_PORT, "media_port": MEDIA_PORT}
        servers = SERVERS.format(place=place, media=medium.path.parent, **ports)
        with nginx(namespace, place, servers, MEDIA_PORT):
            yield


def _lay_out(place: Path, medium: Medium, modules: Path) -> None:
    pages = place / "pages"
    shutil.copytree(HERE, pages)
    for script in SCRIPTS:
        if (modules / script).exists():
            (pages / Path(script).name).symlink_to((modules / script).resolve())
    for clip in medium.path.parent.glob("clip.*"):
        (pages / clip.name).symlink_to(clip)
    if not medium.is_file:
        publish(medium, pages, MEDIA)
