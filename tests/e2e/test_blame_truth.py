"""What is blamed for bad playback against what the lab's hosts were told to do."""

import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pytomo.analysis.blame import Blame, cause, rules
from pytomo.analysis.causes import RULES, Cause, Rule
from pytomo.analysis.frame import Frame
from pytomo.analysis.norms import norms
from pytomo.config import Config
from pytomo.database import rows
from pytomo.lab.lab import Lab
from pytomo.lab.schedule import Script
from pytomo.measure import Steps, measure
from pytomo.results import Row, Segment, Track, TrackKind, Video, Visit
from pytomo.store import Store

pytest.importorskip("av", reason="the lab makes its media with PyAV")

NAME = "even.mp4"
SECONDS = 5.0
AT_ONCE = 2
FAST = 20_000.0
"""kbps of the hosts that play well."""
WELL = tuple(f"well-{number}.lab.example" for number in range(4))
LATER = timedelta(hours=2)
"""After the other plays: a time of its own."""


def scripts(rate: float) -> dict[str, Script]:
    """What each host does; `rate` is that of the video, kbps."""
    return {
        **{host: Script(rate=FAST, latency=0.01) for host in WELL},
        "slow.lab.example": Script(rate=0.5 * rate),
        "hopeless.lab.example": Script(rate=0.1 * rate),
        "silent.lab.example": Script(rate=1.5 * rate, pauses=((2.0, 4.0),)),
        "slow-tls.lab.example": Script(rate=FAST, tls_delay=2.5),
        "slow-answer.lab.example": Script(rate=FAST, latency=2.5),
        "refuses.lab.example": Script(rate=FAST, status=403),
    }


EXPECTED = {
    "slow.lab.example": (Cause.SERVER, Rule.THIS_SLOW),
    "hopeless.lab.example": (Cause.SERVER, Rule.THIS_SLOW),
    "silent.lab.example": (Cause.SERVER, Rule.THIS_SLOW),
    "slow-tls.lab.example": (Cause.SERVER, Rule.SLOW_ANSWER),
    "slow-answer.lab.example": (Cause.SERVER, Rule.SLOW_ANSWER),
    "refuses.lab.example": (Cause.SERVER, Rule.REFUSED),
    "nobody-knows-it.lab.example": (Cause.DNS, Rule.NAME),
}


def measured(lab: Lab, host: str, after: timedelta = timedelta()) -> Row:
    """The row of a direct download of the even video from a host, however busy this machine is."""
    url = lab.url(NAME, host=WELL[0]).replace(WELL[0], host)
    track = Track(
        kind=TrackKind.BOTH, segments=(Segment(url=url),), container="mp4", protocol="https"
    )
    duration = lab.encoding(NAME).duration
    video = Video(extraction_time=0.0, claimed_duration=duration, tracks=(track,))
    visit = Visit(at=datetime.now(UTC), service="generic", url=url, round=0)
    steps = Steps(extract=lambda url, config: video)
    config = Config(download_time=SECONDS, ping_packets=2, **lab.settings())
    row = list(measure(visit, config, steps))[-1]
    return replace(row, visit=replace(row.visit, at=row.visit.at + after), disturbance=None)


class Judged:
    """Every row of a database with its blame, by the host and in order of time."""

    def __init__(self, path: Path) -> None:
        frame = Frame(path)
        table = frame.table()
        frame.close()
        usual = norms(table)
        self.blames: dict[str, list[Blame]] = {}
        for row in rows(path):
            host = row["CacheHost"] or row["Url"].split("/")[2].split(":")[0]
            self.blames.setdefault(host, []).append(cause(row, usual))
        codes = zip(table.row_id.tolist(), rules(table, usual).tolist(), strict=True)
        self.in_table = {row: RULES[code] for row, code in codes}
        self.in_rows = {row["RowId"]: cause(row, usual).rule for row in rows(path)}


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Judged:
    """Plays of all hosts and, later, of those that had played well, when all have become slow."""
    path = tmp_path_factory.mktemp("blame") / "lab.pytomo_database.db"
    with Lab() as plain:
        rate = plain.encoding(NAME).bitrate
    with (
        Lab(hosts=scripts(rate)) as lab,
        Store(path, {}) as store,
        ThreadPoolExecutor(AT_ONCE) as pool,
    ):
        for row in pool.map(lambda host: measured(lab, host), (*(3 * WELL), *EXPECTED)):
            store(row)
        for host in WELL:
            lab.script(host, Script(rate=0.5 * rate))
        for row in pool.map(lambda host: measured(lab, host, LATER), WELL):
            store(row)
    return Judged(path)


@pytest.mark.parametrize("host", EXPECTED)
def test_the_scripted_trouble_is_blamed(judged: Judged, host: str) -> None:
    """The cause that is named is what the host was told to do."""
    (blame,) = judged.blames[host]
    assert (blame.cause, blame.rule) == EXPECTED[host], blame


@pytest.mark.parametrize("host", WELL)
def test_what_plays_well_is_not_blamed(judged: Judged, host: str) -> None:
    """Hosts with room to spare have nothing to be blamed for."""
    assert [blame.cause for blame in judged.blames[host][:3]] == 3 * [Cause.NONE]


@pytest.mark.parametrize("host", WELL)
def test_when_all_are_slow_it_is_the_path(judged: Judged, host: str) -> None:
    """Where all hosts become slow at the same time, none of them is blamed."""
    assert judged.blames[host][3].rule is Rule.ALL_SLOW, judged.blames[host][3].evidence


def test_evidence_has_the_numbers(judged: Judged) -> None:
    """The sentence about the slow host has its rate, what was needed, and what others gave."""
    (blame,) = judged.blames["slow.lab.example"]
    assert re.search(r"The server sent \d{3}\skbps; this video needs \d{3}\skbps", blame.evidence)
    assert "Other servers gave this line up to 2" in blame.evidence


def test_rows_and_tables_agree(judged: Judged) -> None:
    """Judged alone or all together, each row has the same rule."""
    assert judged.in_table == judged.in_rows
