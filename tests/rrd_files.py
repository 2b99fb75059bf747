"""RRD files for the tests of what draws and serves them."""

import dataclasses

from rows import failed, measured, visit

from pytomo.errors import Outcome
from pytomo.results import Playback
from pytomo.rrd import RrdFiles

RESOLVERS = ("system", "google")


def played(second, throughput=4000.0, stall_ratio=0.0, startup_delay=0.5, **changes):
    """A row of a video that played."""
    playback = Playback(stall_ratio=stall_ratio, startup_delay=startup_delay)
    return measured(second, throughput=throughput, playback=playback, **changes)


def hour(first=0):
    """An hour of rows: good ones, a pause, failed ones, ones that never started or only stalled."""
    quarter = range(0, 900, 30)
    for second in quarter:
        yield played(first + second, 3000.0 + second, resolvers=RESOLVERS[second % 60 // 30])
    for second in quarter:
        yield failed(first + 1800 + second, Outcome.CONNECT_TIMEOUT)
    for second in range(0, 450, 30):
        yield dataclasses.replace(
            failed(first + 2700 + second, Outcome.NEVER_STARTED), visit=visit(first + 2700 + second)
        )
    for second in range(450, 900, 30):
        yield played(first + 2700 + second, 100.0, stall_ratio=1.0)


def written(directory, rows, hostname="probe"):
    """The files of a crawl with these rows, by resolver."""
    files = RrdFiles(directory, hostname, RESOLVERS)
    for row in rows:
        files(row)
    files.close()
    return {name: directory / f"{hostname}.youtube.{name}.rrd" for name in RESOLVERS}
