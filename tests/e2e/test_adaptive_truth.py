"""What an adaptive player does on servers of the lab, and the search for the reliable bitrate."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from threading import Lock

import pytest

from pytomo.config import Config
from pytomo.database import Database
from pytomo.errors import Failure
from pytomo.extract import extract
from pytomo.lab.lab import Lab
from pytomo.lab.listing import Clip
from pytomo.lab.schedule import Script
from pytomo.measure import Steps, measure
from pytomo.player import play
from pytomo.profiles import named
from pytomo.results import Row, Video, Visit
from pytomo.store import Store

pytest.importorskip("av", reason="the lab makes its media with PyAV")

FAST, SLOW = "fast", "slow"
FILES, HLS = "files", "hls"
TIGHT = "tight.lab.example"
RATES = {(SLOW, FILES): 640, (SLOW, HLS): 800, (FAST, HLS): 20_000, (FAST, FILES): 20_000}
"""kbps: the lowest rungs need 340 (files and sound) and 400 (HLS), the next ones 740 and 820."""
SECONDS = {(SLOW, FILES): 20.0}
"""The sound takes its share first."""


def host(case: tuple[str, str]) -> str:
    return f"{case[0]}-{case[1]}.lab.example"


def clip(case: tuple[str, str]) -> Clip:
    speed, kind = case
    service, name = (
        ("youtube", f"{speed}Files01") if kind == FILES else ("dailymotion", f"x9{speed}")
    )
    return Clip(service, name, f"{speed} {kind}", host(case))


CLIPS = {case: clip(case) for case in RATES}
HOSTS = {host(case): Script(rate=rate, latency=0.02) for case, rate in RATES.items()}
TIGHT_CLIP = Clip("youtube", "TightFiles1", "Two sizes", TIGHT, heights=(144, 720))


ONE_AT_A_TIME = Lock()
"""yt-dlp finds the authority to trust in the environment, which is the whole process's."""


def extracted(url: str, config: Config) -> Video | Failure:
    with ONE_AT_A_TIME:
        return extract(url, config)


def rows(lab: Lab, clip: Clip, **changed: object) -> list[Row]:
    """The rows of a clip from the default resolver's address."""
    settings = Config(ping_packets=1, **lab.settings())
    config = replace(settings, resolvers=settings.resolvers[:1], **changed)  # type: ignore[arg-type]
    visit = Visit(at=datetime.now(UTC), service=clip.service, url=clip.url, round=0)
    return list(measure(visit, config, Steps(extract=extracted)))


def adaptive(lab: Lab, case: tuple[str, str]) -> Row:
    seconds = SECONDS.get(case, 12.0)
    (row,) = rows(lab, CLIPS[case], download_time=seconds, profile="dash.js", abr="throughput")
    return row


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    tight = {TIGHT: Script(rate=550, latency=0.02)}
    with Lab(hosts=HOSTS | tight, clips=(*CLIPS.values(), TIGHT_CLIP)) as opened:
        yield opened


@pytest.fixture(scope="module")
def played(lab: Lab) -> dict[tuple[str, str], Row]:
    """The row of each clip; two at a time."""
    with ThreadPoolExecutor(2) as pool:
        found = pool.map(lambda case: adaptive(lab, case), CLIPS)
        return dict(zip(CLIPS, found, strict=True))


Played = dict[tuple[str, str], Row]


def rungs(row: Row) -> list[int]:
    """Those of the picture's whole segments, in playing order."""
    return [each.rung for each in row.fetched if each.track == 0 and each.finished is not None]


@pytest.mark.parametrize("kind", [FILES, HLS])
def test_a_fast_host_ends_on_the_top_rung(played: Played, kind: str) -> None:
    """And all of the video comes."""
    row = played[FAST, kind]
    assert row.ending.outcome == "ok", row.ending
    assert row.video is not None
    assert [track.height for track in row.video.ladder] == [144, 360, 720]
    assert rungs(row)[-1] == 2
    assert sum(each.duration for each in row.fetched if each.track == 0) == pytest.approx(
        30.0, abs=0.5
    )


@pytest.mark.parametrize("kind", [FILES, HLS])
def test_a_slow_host_ends_on_the_lowest_rung(played: Played, kind: str) -> None:
    """It is too slow for the next one."""
    row = played[SLOW, kind]
    assert row.ending.outcome == "ok", row.ending
    assert rungs(row)[-1] == 0


@pytest.mark.parametrize("case", CLIPS)
def test_segments_follow_each_other(played: Played, case: tuple[str, str]) -> None:
    """Without a gap in media time, each asked for when the one before it was there."""
    segments = [each for each in played[case].fetched if each.track == 0]
    for one, other in pairwise(segments):
        assert other.number == one.number + 1
        assert other.start == pytest.approx(one.start + one.duration)
        assert other.asked >= (one.finished or 0.0) - 1e-6


@pytest.mark.parametrize("case", CLIPS)
def test_media_time_is_known_to_the_sample_over_switches(
    played: Played, case: tuple[str, str]
) -> None:
    """Each rung's own initialisation tells how its samples are to be read."""
    values = played[case].values()
    assert values["Timeline"] == "samples"
    assert values["VideoCodec"] == "h264"
    assert values["Abr"] == "throughput/1"
    assert 200.0 < values["PlayedBitrate"] < 1500.0


@pytest.mark.parametrize("case", CLIPS)
def test_what_was_fetched_is_kept(played: Played, case: tuple[str, str], tmp_path: Path) -> None:
    """With the row; and the trace replays to the bit."""
    row = played[case]
    path = tmp_path / "one.pytomo_database.db"
    with Store(path, {}) as store:
        row_id = store.add(row)
    with Database(path) as database:
        assert database.segments(row_id) == row.fetched
        trace = database.trace(row_id)
    assert row.video is not None
    assert row.media is not None
    assert row.response is not None
    again = play(
        trace,
        tracks=len(row.video.tracks),
        duration=row.media.duration,
        end=row.response.download_time or 0.0,
        profile=named("dash.js"),
    )
    assert again == row.playback


def test_the_reliable_bitrate_is_the_one_that_the_host_can_carry(lab: Lab) -> None:
    """0.4 of what the large picture needs, and 1.6 of what the small one does."""
    found = rows(
        lab,
        TIGHT_CLIP,
        download_time=5.0,
        buffering_video_duration=500.0,
        reliable_bitrate=True,
    )
    assert [row.values()["Quality"] for row in found] == [720, 144]
    assert [row.values()["ReliableQuality"] for row in found] == [None, 144]
    assert found[1].values()["ReliableBitrate"] == pytest.approx(340.0, rel=0.1)
