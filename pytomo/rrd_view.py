"""RRD files as those see them who only look: whether they know of a time."""

import math
from pathlib import Path

from pytomo.errors import CrawlError
from pytomo.rrd import load_rrdtool
from pytomo.series import SOURCES, STEP


def knows(path: Path, start: float, end: float) -> bool:
    """Whether the file has any value between two Unix times, or was last written between them.

    One that lacks a source (an older Pytomo made it) does not. Raises CrawlError if it is damaged.
    """
    rrdtool = load_rrdtool()
    times = ("--start", str(math.floor(start) - STEP), "--end", str(math.ceil(end) + STEP))
    coarse = ("--resolution", str(max(STEP, round((end - start) / 400))))
    try:
        last = rrdtool.last(str(path))
        _, names, points = rrdtool.fetch(str(path), "AVERAGE", *coarse, *times)
    except (rrdtool.OperationalError, rrdtool.ProgrammingError) as error:
        raise CrawlError(f"cannot read {path}: {error}") from error
    if {source.name for source in SOURCES} - set(names):
        return False
    return start <= last <= end + STEP or any(v is not None for point in points for v in point)
