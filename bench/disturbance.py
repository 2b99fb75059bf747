"""A busy machine and a shared line, told from a slow network: `sudo python bench/disturbance.py`.

The same link (a namespace on each side, shaped by tbf) is measured quiet, with processes that
spin on all processors, and with another flow through the same bottleneck. The first rows must not
be flagged; all others must. See docs/truth.md.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from pathlib import Path
from typing import Any

from harness.namespaces import SERVER, Lane, lane
from harness.origin import HOST, ask, environment, origin

LARGE = 600_000_000
HOGS = 4
"""Spinning processes for each processor."""
SPIN = "while True: pass"
FIELDS = ("average_throughput", "first_byte_time", "loop_lag", "cpu_wait", "cross_traffic")
HEAD = ("condition", *FIELDS, "flags")


@contextmanager
def hogs() -> Iterator[None]:
    """Processes that want all processors."""
    count = HOGS * (os.cpu_count() or 1)
    spinning = [subprocess.Popen([sys.executable, "-c", SPIN]) for _ in range(count)]
    try:
        yield
    finally:
        for process in spinning:
            process.kill()
            process.wait()


@contextmanager
def competing(here: Lane) -> Iterator[None]:
    """Another download through the bottleneck, for longer than ours."""
    arguments = {"url": f"http://{HOST}/large.mp4", "ip": SERVER, "seconds": 600}
    command = (sys.executable, "-m", "harness.tasks", "fetch", json.dumps(arguments))
    flow = here.client.start(*command, env=environment(), stdout=subprocess.DEVNULL)
    try:
        yield
    finally:
        flow.kill()
        flow.wait()


def measured(here: Lane, authority: Path, seconds: float, rounds: int) -> list[dict[str, Any]]:
    """Rows over TLS, as video is."""
    return [
        ask(
            here.client,
            "fetch",
            url=f"https://{HOST}/large.mp4",
            ip=SERVER,
            seconds=seconds,
            ca_file=str(authority),
        )
        for _ in range(rounds)
    ]


def line(condition: str, rows: Sequence[dict[str, Any]]) -> tuple[str, ...]:
    """Medians, and how many rows have which flag."""
    middles = [statistics.median(row[field] or 0.0 for row in rows) for field in FIELDS]
    flags = [row["disturbed"] or "none" for row in rows]
    told = ", ".join(f"{flags.count(flag)} × {flag}" for flag in dict.fromkeys(flags))
    return (condition, *(f"{middle:.3g}" for middle in middles), told)


def right(condition: str, row: dict[str, Any]) -> bool:
    """Whether a row is flagged for what was done, and only then."""
    flags = (row["disturbed"] or "").split(",")
    return {
        "quiet": flags == [""],
        "hogs": "lag" in flags,
        "another flow": "cross_traffic" in flags,
    }[condition]


def say(text: str) -> None:
    """A line for people."""
    print(text, flush=True)  # noqa: T201


def main() -> None:
    """Print the table; the exit status is 1 if a row has not the flag that it should have."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rates", type=int, nargs="+", default=[5, 50], help="Mbit/s")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=4.0)
    parser.add_argument("--json", type=Path, help="write the rows there")
    options = parser.parse_args()
    say(f"| {' | '.join(HEAD)} |\n|{' --- |' * len(HEAD)}")
    with lane() as here, origin(here.server, LARGE) as authority:
        rows = dict(conditions(here, authority, options))
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1) + "\n")
    wrong = sum(not right(name.split(", ")[0], row) for name, them in rows.items() for row in them)
    say(
        f"{wrong} rows are flagged wrongly." if wrong else "All rows are flagged as they should be."
    )
    sys.exit(bool(wrong))


def conditions(
    here: Lane, authority: Path, options: argparse.Namespace
) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """The rows of each condition, by its name."""
    for rate in options.rates:
        bucket = ("rate", f"{rate}mbit", "burst", "4096", "limit", str(max(60_000, rate * 2500)))
        here.server.run("tc", "qdisc", "replace", "dev", here.device, "root", "tbf", *bucket)
        disturbances = {
            "quiet": nullcontext(),
            "hogs": hogs(),
            "another flow": competing(here),
        }
        for name, disturbance in disturbances.items():
            with ExitStack() as stack:
                stack.enter_context(disturbance)
                rows = measured(here, authority, options.seconds, options.rounds)
            condition = f"{name}, {rate} Mbit/s"
            say(f"| {' | '.join(line(condition, rows))} |")
            yield condition, rows


if __name__ == "__main__":
    try:
        main()
    except (RuntimeError, subprocess.CalledProcessError) as error:
        sys.exit(str(error))
