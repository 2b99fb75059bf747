"""The file that results are added to, one a line of JSON."""

import gzip
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

FILE = "results.jsonl"
KEPT = "results.jsonl.gz"
"""What is small enough for a repository."""
BUSY = 0.8
"""Share of the processors' time that may be taken; a run that had less is repeated."""
ATTEMPTS = 2

Result = Mapping[str, Any]
Key = tuple[str, str, int]
"""Condition, side and number of the repetition."""


def add(directory: Path, result: Result) -> None:
    """Append a result."""
    with (directory / FILE).open("a", encoding="utf-8") as file:
        file.write(json.dumps(result) + "\n")


def stored(directory: Path) -> Iterator[Result]:
    """The results that are there; a last line that was cut off is none."""
    kept, file = directory / KEPT, directory / FILE
    if kept.exists():
        yield from map(json.loads, gzip.decompress(kept.read_bytes()).splitlines())
    if file.exists():
        with file.open(encoding="utf-8") as lines:
            yield from (json.loads(line) for line in lines if line.endswith("\n"))


def keep(directory: Path, results: Iterable[Result]) -> None:
    """Write results to be kept for good: the same bytes for the same results."""
    text = "".join(json.dumps(each, separators=(",", ":")) + "\n" for each in results)
    directory.mkdir(parents=True, exist_ok=True)
    (directory / KEPT).write_bytes(gzip.compress(text.encode(), mtime=0))


def key(result: Result) -> Key:
    """What tells a run from others."""
    return (result["condition"], result["side"], result["repetition"])


def done(results: Iterable[Result], busy: float = BUSY) -> set[Key]:
    """What need not be done again: runs that the machine had time for, or that were repeated."""
    loads: dict[Key, list[float]] = {}
    for each in results:
        loads.setdefault(key(each), []).append(each["load"])
    return {each for each, all_ in loads.items() if min(all_) <= busy or len(all_) >= ATTEMPTS}


def best(results: Iterable[Result]) -> list[Result]:
    """Of each run the result for which the machine had most time."""
    found: dict[Key, Result] = {}
    for each in results:
        other = found.setdefault(key(each), each)
        if each["load"] < other["load"]:
            found[key(each)] = each
    return list(found.values())
