"""The zone of the times that librrd writes, which knows only that of the process."""

import os
import time


def utc() -> None:
    """From now on the zone of this process is UTC, as on pages; to be called before any thread."""
    os.environ["TZ"] = "UTC"
    time.tzset()
