"""A dashboard that is served by a thread of this process."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pytomo.web.server import Server
from pytomo.web.site import Site


@contextmanager
def served(directory: Path) -> Iterator[str]:
    """The address of a dashboard of a directory, while it is served."""
    server = Server(Site(directory), "127.0.0.1", 0)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        yield server.urls()[0].rstrip("/")
    finally:
        server.stop()
        thread.join()
