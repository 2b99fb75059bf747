"""Do our rules choose what dash.js itself chooses?

    python bench/dash_js_rules.py [--videos 200]

Fetches dash.js with npm into a temporary directory, takes its sources out of its source map, and
runs its own AbrController, ThroughputController and rules in node on the situations that our
simulated player came to: random ladders, segment lengths and links. Prints the share of choices
that are the same.
"""

import argparse
import json
import random
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from harness.episodes import answers, episode, fetched

from pytomo.abr import RULES, Choice, Ladder, Progress
from pytomo.abr.dash_js import DASH_JS

VERSION = "5.2.1"
SETTINGS = {"throughput": 18.0, "bola": 18.0, "dash.js": 30.0}
"""The buffer (s) at which the simulated player stops, for each rule that dash.js has."""


def sources(directory: Path) -> None:
    """Put the sources of dash.js into a directory, with the packages that they import."""
    fetched("dashjs", VERSION, directory)
    built = directory / "node_modules/dashjs/dist/modern/esm/dash.all.debug.js.map"
    found = json.loads(built.read_text(encoding="utf-8"))
    for name, text in zip(found["sources"], found["sourcesContent"], strict=True):
        _, slash, path = name.partition("/./src/")
        if slash and text is not None:
            target = directory / "src" / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")


def request(chance: random.Random) -> dict[str, Any]:
    """A running request, and what our rule says to it."""
    lowest = chance.uniform(150, 1500)
    rungs = tuple(float(round(lowest * 1.6**step)) for step in range(6))
    rung, media = chance.randrange(6), chance.choice((2.0, 4.0, 6.0))
    size = round(rungs[rung] * media * 125 * chance.uniform(0.6, 1.4))
    rate = rungs[rung] * chance.uniform(0.1, 1.1)
    events, time, left = [], 0.1, size
    for _ in range(chance.randint(2, 60)):
        time += chance.uniform(0.051, 0.2)
        events.append((time, min(left, round(rate * chance.uniform(5, 25)))))
        left -= events[-1][1]
    buffer = chance.uniform(0.0, 24.0)
    running = Progress(
        time=time, number=0, rung=rung, size=size, media=media, buffer=buffer, reads=events
    )
    ours = DASH_JS.begin(Ladder(rungs, media, 30.0)).abandon(running)
    known = {"rungs": rungs, "rung": rung, "size": size, "media": media, "buffer": buffer}
    return {**known, "events": events, "ours": ours}


def compared(
    episodes: Sequence[dict[str, Any]], chosen: Sequence[Sequence[tuple[int, float]]]
) -> Iterator[tuple[str, bool, float]]:
    """For each situation: the rule, whether the rung is the same, and how far the delays differ."""
    for one, theirs in zip(episodes, chosen, strict=True):
        for step, (rung, delay) in zip(one["steps"], theirs, strict=True):
            ours = Choice(*step["chosen"])
            yield one["rule"], ours.rung == rung, abs(ours.wait - delay)


def main() -> None:
    """Print the agreement, rule by rule."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--videos", type=int, default=200, help="videos for each rule")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    chance = random.Random(options.seed)
    rules = [rule for rule in RULES if rule.name in SETTINGS]
    episodes = [
        episode(rule, SETTINGS[rule.name], chance) for rule in rules for _ in range(options.videos)
    ]
    requests = [request(chance) for _ in range(3 * options.videos)]
    with TemporaryDirectory() as directory:
        sources(Path(directory))
        theirs = answers(
            Path(__file__).with_suffix(".mjs"),
            Path(directory),
            {"episodes": episodes, "requests": requests},
        )
    found = list(compared(episodes, theirs["chosen"]))
    for rule in rules:
        mine = [(same, off) for name, same, off in found if name == rule.name]
        agreed = sum(same for same, _ in mine)
        sys.stdout.write(
            f"{rule.name:10} {agreed} of {len(mine)} choices as dash.js {VERSION} "
            f"({agreed / len(mine):.2%}), waits within {max(off for _, off in mine):.6f} s\n"
        )
    same = sum(one["ours"] == rung for one, rung in zip(requests, theirs["instead"], strict=True))
    up = sum(rung is not None for rung in theirs["instead"])
    sys.stdout.write(f"{same} of {len(requests)} running requests as well; {up} are given up\n")


if __name__ == "__main__":
    main()
