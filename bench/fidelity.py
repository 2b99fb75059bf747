"""How close Pytomo's player is to real players in Chromium, on the same wire.

    python bench/fidelity.py --results DIRECTORY [--short] [--kind KIND] [--condition NAME]
    python bench/fidelity.py --report DIRECTORY

As root. `docs/fidelity.md` tells how it is done. What a directory of results has is not repeated.
"""

import argparse
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from harness.conditions import CONDITIONS, KINDS, SHORT, Condition
from harness.lanes import done, in_lanes
from harness.media import media
from harness.run import SIDES, Run

LANES = 3
REPETITIONS = 3
URGENCY = 10
MODULES = Path(sys.prefix, "players", "node_modules")
"""Where `bin/test` has npm put the players."""


def chosen(arguments: argparse.Namespace) -> Sequence[Condition]:
    """The conditions that the command line asks for."""
    names = SHORT if arguments.short else arguments.condition
    return [
        condition
        for condition in CONDITIONS
        if (not names or condition.name in names)
        and (not arguments.kind or condition.kind in arguments.kind)
        and not (arguments.tuning and condition.held_out)
    ]


def runs(arguments: argparse.Namespace) -> Sequence[Run]:
    """What is to be done: browser and Pytomo by turns."""
    repetitions = 1 if arguments.short else arguments.repetitions
    return [
        Run(condition, side, repetition)
        for repetition in range(repetitions)
        for condition in chosen(arguments)
        for side in arguments.side or SIDES
    ]


def parser() -> argparse.ArgumentParser:
    """The command line."""
    made = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    made.add_argument("--results", type=Path, help="directory that results are added to")
    made.add_argument("--short", action="store_true", help="six conditions, once")
    made.add_argument("--kind", action="append", choices=KINDS, help="of delivery; may be repeated")
    made.add_argument("--condition", action="append", help="by name; may be repeated")
    made.add_argument("--side", action="append", choices=SIDES, help="browser or pytomo alone")
    made.add_argument("--tuning", action="store_true", help="without what is held out of tuning")
    made.add_argument("--repetitions", type=int, default=REPETITIONS)
    made.add_argument("--lanes", type=int, default=LANES, help="that play at the same time")
    made.add_argument("--players", type=Path, default=MODULES, help="node_modules with the players")
    made.add_argument("--list", action="store_true", help="name the conditions and end")
    return made


def main() -> None:
    """Measure, and report."""
    arguments = parser().parse_args()
    if arguments.list:
        for condition in chosen(arguments):
            sys.stdout.write(f"{condition.name}{' (held out)' if condition.held_out else ''}\n")
        return
    arguments.results.mkdir(parents=True, exist_ok=True)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    os.nice(-URGENCY)  # other processes of the machine must not look like a slow network
    by_kind = {(medium.kind, medium.content): medium for medium in media(print)}
    there = done(arguments.results)
    waiting = [wanted for wanted in runs(arguments) if wanted.key not in there]
    in_lanes(waiting, by_kind, arguments.players, arguments.results, arguments.lanes)


if __name__ == "__main__":
    main()
