"""Does our rule choose what hls.js itself chooses?

    python bench/hls_js_rules.py [--videos 200]

Fetches hls.js with npm into a temporary directory and runs its own AbrController in node: on the
situations that our simulated player came to (random ladders, segment lengths and links), and on
running requests, of which some are given up. Prints the share of choices that are the same.
"""

import argparse
import random
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from harness.episodes import answers, episode, fetched

from pytomo.abr import Download, Ladder, Progress, Situation
from pytomo.abr.hls_js import HLS_JS

VERSION = "1.7.4"
TARGET = 30.0
"""s of buffer at which the simulated player stops."""
ASKED = 10.0
"""When the request that is watched was made, s since the first one."""


def request(chance: random.Random) -> dict[str, Any]:
    """A request that is running after another one was over, and what our rule says to it: when it
    gives it up, for which rung, and which one it chooses after that."""
    lowest = chance.uniform(150, 1500)
    rungs = tuple(float(round(lowest * 1.6**step)) for step in range(6))
    rung, media = chance.randrange(6), chance.choice((2.0, 4.0, 6.0))
    rule = HLS_JS.begin(Ladder(rungs, media, TARGET))
    before = _download(chance, 0, rung, rungs[rung], media, finished=ASKED - 0.5)
    rule.choose(_situation(ASKED, 1, 4.0, rung, [before]))
    size = round(rungs[rung] * media * 125 * chance.uniform(0.6, 1.4))
    rate = rungs[rung] * chance.uniform(0.05, 1.1)
    buffer = chance.uniform(0.0, 20.0)
    reads, time, left = [], chance.uniform(0.01, 0.3), size
    given_up = after = None
    for _ in range(chance.randint(2, 120)):
        reads.append((time, min(left, round(rate * chance.uniform(5, 35)))))
        left -= reads[-1][1]
        running = Progress(
            time=ASKED + time,
            number=1,
            rung=rung,
            size=size,
            media=media,
            buffer=max(buffer - time, 0.0),
            reads=tuple(reads),
        )
        instead = rule.abandon(running) if left else None
        if instead is not None:
            given_up = [len(reads) - 1, instead]
            lost = Download(1, rung, size - left, time, reads[0][0], 0.0, ASKED + time)
            last = _download(chance, 1, instead, rungs[instead], media, finished=ASKED + time + 5)
            after = rule.choose(_situation(ASKED + time + 5, 2, 3.0, instead, [before, lost, last]))
            break
        if not left:
            break
        time += chance.uniform(0.101, 0.25)
    return {
        "rungs": rungs,
        "rung": rung,
        "segment": media,
        "size": size,
        "buffer": buffer,
        "before": before._asdict(),
        "events": reads,
        "last": last._asdict() if given_up else None,
        "ours": [given_up, after and after.rung],
    }


def _download(
    chance: random.Random, number: int, rung: int, bitrate: float, media: float, *, finished: float
) -> Download:
    size, seconds = round(bitrate * media * 125), media * chance.uniform(0.1, 1.0)
    return Download(number, rung, size, seconds, min(0.05, seconds), media, finished)


def _situation(
    time: float, number: int, buffer: float, rung: int, past: list[Download]
) -> Situation:
    return Situation(
        time=time,
        number=number,
        buffer=buffer,
        started=True,
        playing=True,
        current=rung,
        past=past,
    )


def main() -> None:
    """Print the agreement."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--videos", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    chance = random.Random(options.seed)
    episodes = [episode(HLS_JS, TARGET, chance) for _ in range(options.videos)]
    requests = [request(chance) for _ in range(5 * options.videos)]
    with TemporaryDirectory() as directory:
        fetched("hls.js", VERSION, Path(directory))
        theirs = answers(
            Path(__file__).with_suffix(".mjs"),
            Path(directory),
            {"episodes": episodes, "requests": requests},
        )
    same = [
        step["chosen"].rung == rung
        for one, rungs in zip(episodes, theirs["chosen"], strict=True)
        for step, rung in zip(one["steps"], rungs, strict=True)
    ]
    told = list(zip([one["ours"] for one in requests], theirs["instead"], strict=True))
    agreed = sum(ours == answer for ours, answer in told)
    given_up = sum(answer[0] is not None for _, answer in told)
    sys.stdout.write(
        f"{sum(same)} of {len(same)} choices as hls.js {VERSION} ({sum(same) / len(same):.2%})\n"
        f"{agreed} of {len(told)} running requests as well; {given_up} are given up\n"
    )


if __name__ == "__main__":
    main()
