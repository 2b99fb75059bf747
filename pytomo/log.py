"""The log file of a crawl; what is logged goes through the standard `logging`.

Its times are UTC, as those of the rows: "2026-11-22 10:00:05.250 INFO pytomo.crawl: …".
"""

import logging
import time
from pathlib import Path

from pytomo.privacy import HidingFormatter

FORMAT = "%(asctime)s.%(msecs)03d %(levelname)s %(name)s: %(message)s"
TIME = "%Y-%m-%d %H:%M:%S"


def open_log(path: Path, level: str, *, hide_address: bool = False) -> logging.Handler:
    """Send all that Pytomo logs at `level` or above to a file. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handler = logging.FileHandler(path, encoding="utf-8")
    formatter = (HidingFormatter if hide_address else logging.Formatter)(FORMAT, TIME)
    formatter.converter = time.gmtime
    handler.setFormatter(formatter)
    logger = logging.getLogger("pytomo")
    logger.setLevel(level)
    logger.propagate = False
    logger.addHandler(handler)
    return handler


def close_log(handler: logging.Handler) -> None:
    """Stop writing to the file of `open_log`."""
    logging.getLogger("pytomo").removeHandler(handler)
    handler.close()
