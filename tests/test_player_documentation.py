"""`docs/player.md` and the code say the same: every table of numbers in it is computed again."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from closed_form import closed_form, steady

from pytomo.player import play
from pytomo.profiles import PROFILES, Profile
from pytomo.results import COLUMNS, Arrival, Playback

TEXT = (Path(__file__).parents[1] / "docs" / "player.md").read_text(encoding="utf-8")
VALUES = {metric.column: metric.field for metric in COLUMNS if metric.part == "playback"}


def table(first: str, last: str) -> list[list[str]]:
    """The rows of the table whose head begins and ends with these cells."""
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in _lines(first, last)]
    assert rows, f"no table {first} … {last}"
    return rows


def _lines(first: str, last: str) -> Iterator[str]:
    lines = iter(TEXT.splitlines())
    for line in lines:
        if line.startswith(f"| {first} |") and line.endswith(f"| {last} |"):
            next(lines)
            break
    for line in lines:
        if not line.startswith("|"):
            return
        yield line


def example() -> Playback:
    """The worked example, from its table of arrivals."""
    reads = [
        Arrival(float(time), 0, int(size), float(playable))
        for time, size, playable in table("time", "playable")
    ]
    return play(reads, tracks=1, duration=10.0, end=12.0, profile=PROFILES[0])


def test_example_columns() -> None:
    """The columns of the worked example have the values that the page gives."""
    playback = example()
    for column, value in table("column", "value"):
        assert getattr(playback, VALUES[column]) == pytest.approx(float(value), abs=5e-5)


def test_example_stalls() -> None:
    """The stalls of the worked example are those that the page gives."""
    found = [(stall.start, stall.length, stall.position) for stall in example().stalls]
    stalls = [tuple(map(float, row[1:])) for row in table("stall", "position")]
    assert [value for row in found for value in row] == pytest.approx(
        [value for row in stalls for value in row]
    )


def test_each_column_is_explained() -> None:
    """The page explains each column of playback, and no other."""
    assert {row[0] for row in table("column", "if not")} == set(VALUES)


@pytest.mark.parametrize("row", table("r/e", "stalled"), ids=lambda row: str(row[0]))
def test_steady_rates(row: list[str]) -> None:
    """Startup, stalls and stalled seconds of the steady rates are those of the closed form."""
    rate, startup, stalls, stalled = map(float, row)
    expected = closed_form(steady(rate, 60.0), 60.0, 1000.0, PROFILES[0])
    assert (expected.startup_delay, expected.stalled) == pytest.approx((startup, stalled), abs=5e-4)
    assert len(expected.stalls) == stalls


def test_profiles() -> None:
    """The page lists the profiles with their versions, thresholds and ways."""
    rows = [
        [name, _number(start), _number(stall), resume, counts, float(patience), tracks]
        for name, start, stall, resume, counts, patience, tracks in table("profile", "tracks")
    ]
    assert rows == [_told(known) for known in PROFILES]


def _told(known: Profile) -> list[str | float]:
    counts = "segments" if known.whole else "blocks" if known.blocks else "frames"
    tracks = "at once" if known.parallel else "in turn"
    label = f"{known.name}/{known.version}"
    return [label, known.start, known.stall, _resumes(known), counts, known.patience, tracks]


def _number(cell: str) -> float:
    return float(cell.split()[0])


def _resumes(profile: Profile) -> str:
    early = "".join(f"{buffer:g}, " for buffer in profile.first_resumes)
    return f"{early}then {profile.resume:g}" if early else f"{profile.resume:g}"
