"""How close Pytomo's player is to real players in Chromium, on the same wire.

    python bench/fidelity.py --results DIRECTORY [--short] [--kind KIND] [--condition NAME]
    python bench/fidelity.py --report DIRECTORY [--picture FILE]

As root. `docs/fidelity.md` tells how it is done. What a directory of results has is not repeated.
"""

import argparse
import signal
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from harness.conditions import CONDITIONS, KINDS, SHORT, WINDOW, Condition
from harness.lanes import Lanes, urgent
from harness.media import media
from harness.picture import draw
from harness.report import report, viewings
from harness.results import BUSY, Result, add, best, done, keep, stored
from harness.run import SIDES, Run, run
from harness.watched import condensed

LANES = 2
REPETITIONS = 3
MODULES = Path(sys.prefix, "players", "node_modules")
"""Where `bin/test` has npm put the players."""


def parser() -> argparse.ArgumentParser:
    """The command line."""
    made = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    made.add_argument("--results", type=Path, metavar="DIR", help="where results are added")
    made.add_argument("--report", type=Path, metavar="DIR", help="only tell what is there")
    made.add_argument("--picture", type=Path, metavar="FILE", help="draw it, too (SVG)")
    made.add_argument("--keep", type=Path, metavar="DIR", help="keep what is told, small")
    made.add_argument("--short", action="store_true", help="six conditions, once")
    made.add_argument("--kind", action="append", choices=KINDS, help="of delivery; repeatable")
    made.add_argument("--condition", action="append", metavar="NAME", help="repeatable")
    made.add_argument("--side", action="append", choices=SIDES, help="only one of both")
    made.add_argument("--tuning", action="store_true", help="without what is held out of tuning")
    made.add_argument("--seconds", type=float, default=WINDOW, help="that are watched")
    made.add_argument("--repetitions", type=int, default=REPETITIONS, metavar="N")
    made.add_argument("--lanes", type=int, default=LANES, help="of each side", metavar="N")
    taken = "share of taken processors with which a run is done twice"
    made.add_argument("--busy", type=float, default=BUSY, metavar="SHARE", help=taken)
    made.add_argument("--players", type=Path, default=MODULES, help="node_modules with the players")
    made.add_argument("--list", action="store_true", help="name the conditions and end")
    return made


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
    """What is to be done: all conditions, and then again."""
    return [
        Run(condition, side, repetition)
        for repetition in range(1 if arguments.short else arguments.repetitions)
        for condition in chosen(arguments)
        for side in arguments.side or SIDES
    ]


def measure(arguments: argparse.Namespace) -> None:
    """Do what is not done yet."""
    directory = arguments.results
    directory.mkdir(parents=True, exist_ok=True)
    there = done(stored(directory), arguments.busy)
    waiting = [wanted for wanted in runs(arguments) if wanted.key not in there]
    known = media({wanted.condition.content for wanted in waiting}, progress)

    def work(wanted: Run) -> Result:
        medium = known[wanted.condition.kind, wanted.condition.content]
        return run(wanted, medium, arguments.players, arguments.seconds)

    with urgent():
        Lanes(waiting, work, partial(add, directory)).run(arguments.lanes, arguments.busy)


def progress(line: str) -> None:
    """Say what takes long."""
    sys.stderr.write(f"{line}\n")


def small(result: Result) -> Result:
    """A result without what is not needed to report it."""
    if "recording" in result:
        return {**result, "recording": condensed(result["recording"])}
    return result


def tell(arguments: argparse.Namespace, directory: Path) -> None:
    """Print the tables, draw the picture."""
    results = best(stored(directory))
    seen = viewings(results)
    busy = sum(each["load"] > arguments.busy for each in results)
    sys.stdout.write(report(seen))
    sys.stdout.write(f"\n{len(results)} runs, {busy} of them on a busy machine.\n")
    if arguments.keep:
        keep(arguments.keep, map(small, results))
    if arguments.picture:
        arguments.picture.write_bytes(draw(seen))


def main() -> None:
    """Measure, and report."""
    arguments = parser().parse_args()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    if arguments.list:
        for condition in chosen(arguments):
            sys.stdout.write(f"{condition.name}{' (held out)' if condition.held_out else ''}\n")
    elif arguments.report:
        tell(arguments, arguments.report)
    elif arguments.results:
        measure(arguments)
        tell(arguments, arguments.results)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
