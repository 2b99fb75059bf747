"""What a rule is asked while it plays random videos on random links, and what it answers."""

import json
import random
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pytomo.abr import Choice, Chooser, Ladder, Rule, Situation
from pytomo.abr.simulate import Content, Rate, simulate
from pytomo.profiles import Profile

PROFILE = Profile("start at once", 1, start=0.0, stall=0.0, resume=0.0)
_KNOWN = ("time", "buffer", "least", "drained", "started", "current")


class Noting(Chooser):
    """A rule that keeps what it was asked and what it chose."""

    def __init__(self, chooser: Chooser) -> None:
        self._chooser = chooser
        self.steps: list[dict[str, Any]] = []

    def choose(self, situation: Situation) -> Choice:
        """The rule's own choice."""
        choice = self._chooser.choose(situation)
        last = situation.past[-1]._asdict() if situation.past else None
        known = {name: getattr(situation, name) for name in _KNOWN}
        self.steps.append({**known, "download": last, "chosen": choice})
        return choice


def episode(rule: Rule, target: float, chance: random.Random) -> dict[str, Any]:
    """A video on a link, both random, and what the rule chose; it stops at `target` s of buffer."""
    lowest, count = chance.uniform(150, 1500), chance.randint(2, 8)
    rungs = [lowest]
    for _ in range(count - 1):
        rungs.append(rungs[-1] * chance.uniform(1.15, 2.2))
    ladder = tuple(float(round(rung)) for rung in rungs)
    segment = chance.choice((2.0, 4.0, 6.0))
    link, at = [], 0.0
    while at < 300:
        link.append(Rate(at, chance.uniform(0.5 * ladder[0], 1.5 * ladder[-1])))
        at += chance.expovariate(1 / chance.choice((5.0, 20.0, 60.0)))
    sizes = [
        [round(rung * segment * 125 * share) for rung in ladder]
        for share in (chance.uniform(0.6, 1.4) for _ in range(round(240 / segment)))
    ]
    noting: list[Noting] = []

    def begin(fixed: Ladder) -> Noting:
        noting.append(Noting(rule.begin(fixed)))
        return noting[-1]

    simulate(
        Rule(rule.name, rule.version, rule.text, begin),
        Content(rungs=ladder, segment=segment, sizes=sizes),
        link,
        profile=PROFILE,
        target=target,
        latency=chance.choice((0.01, 0.05, 0.2)),
    )
    return {"rule": rule.name, "rungs": ladder, "segment": segment, "steps": noting[0].steps}


def fetched(package: str, version: str, directory: Path) -> None:
    """Put a package of npm and all that it imports into a directory."""
    (directory / "package.json").write_text('{"type": "module"}', encoding="utf-8")
    fetch = ("npm", "install", "--no-audit", "--no-fund", "--silent", f"{package}@{version}")
    subprocess.run(fetch, cwd=directory, check=True)


def answers(driver: Path, directory: Path, questions: dict[str, Sequence[Any]]) -> dict[str, Any]:
    """What a script for node says to them, when told where its packages are."""
    done = subprocess.run(
        ("node", driver, directory),
        input=json.dumps(questions),
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout.splitlines()[-1])  # type: ignore[no-any-return]
