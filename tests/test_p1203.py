"""The input of ITU-T P.1203 and the scores of whoever takes it."""

import csv
import json
import re
import subprocess
import sys
import types
from dataclasses import replace
from math import inf
from pathlib import Path

import pytest
from rows import failed, measured, track

from pytomo.errors import Status, UsageError
from pytomo.export import p1203
from pytomo.export.p1203 import Screen, bitrates
from pytomo.export.score import MISSING, reference_scorer, scores
from pytomo.results import Arrival, Media, Playback, Stall, Video
from pytomo.store import Store

ROOT = Path(__file__).parents[1]
MEDIA = Media(
    duration=60.0,
    video_codec="h264",
    audio_codec="aac",
    width=1280,
    height=720,
    frame_rate=25.0,
)
PLAYED = Playback(
    stall_count=2,
    startup_delay=1.5,
    played_time=20.0,
    stalls=(Stall(6.0, 2.0, 4.5, False), Stall(25.5, 1.0, 20.0, True)),
)
READS = (
    Arrival(1.0, 0, 100_000, 2.0),
    Arrival(1.5, 1, 40_000, 20.0),
    Arrival(2.0, 0, 900_000, 10.0),
    Arrival(2.5, 0, 70_000, 10.0),
)
"""Two tracks: 800 kbps of picture (and a bit that shows nothing yet), 16 kbps of sound."""


@pytest.fixture
def path(tmp_path):
    """A database of a row that can be scored, one that failed and two that lack something."""
    path = tmp_path / "test.pytomo_database.db"
    with Store(path, {}) as store:
        store(row(0))
        store(failed(1))
        store(row(2, playback=Playback(played_time=0.0)))
        store(row(3, media=Media(video_codec="h264", width=1280, height=720)))
    return path


def row(second, **changes):
    usual = {"media": MEDIA, "playback": PLAYED, "arrivals": READS}
    return measured(second, **{**usual, **changes})


def reports(path, screen=None, row_id=None):
    written = b"".join(p1203.lines(path, screen or Screen(), row_id)).decode()
    return [json.loads(line) for line in written.splitlines()] if row_id is None else written


def accepted(report):
    """Whether the reference software can take a report, by the rules that its README tells."""
    media = report["I13"]["segments"]
    lasts = sum(segment["duration"] for segment in media)
    events = report["I23"]["stalling"]
    return (
        set(report) <= {"I11", "I13", "I23", "IGen"}
        and report["IGen"]["device"] in ("pc", "handheld", "mobile")
        and re.fullmatch(r"\d+x\d+", report["IGen"]["displaySize"])
        and all(re.fullmatch(r"\d+x\d+", segment["resolution"]) for segment in media)
        and all(segment["codec"] == "h264" for segment in media)
        and all(segment["fps"] > 0 for segment in media)
        and all(_follow(report[part]["segments"]) for part in ("I11", "I13"))
        and all(s["codec"] in ("mp2", "ac3", "aaclc", "heaac") for s in report["I11"]["segments"])
        and events[0][0] == 0
        and all(0 <= position <= lasts and length >= 0 for position, length in events)
    )


def _follow(segments):
    """Whether each segment begins where the last one ended, and has a bitrate."""
    end = 0.0
    for segment in segments:
        if segment["start"] != end or segment["bitrate"] <= 0 or segment["duration"] <= 0:
            return False
        end += segment["duration"]
    return True


def test_report_of_a_row(path):
    """Picture, sound, stalls and screen, with the wait for the start as the stall at 0."""
    (report,) = reports(path)
    assert report == {
        "IGen": {"device": "pc", "displaySize": "1920x1080", "viewingDistance": "150cm"},
        "I11": {
            "streamId": 1,
            "segments": [{"codec": "aaclc", "start": 0.0, "duration": 20.0, "bitrate": 16.0}],
        },
        "I13": {
            "streamId": 1,
            "segments": [
                {
                    "codec": "h264",
                    "start": 0.0,
                    "duration": 20.0,
                    "resolution": "1280x720",
                    "bitrate": 800.0,
                    "fps": 25.0,
                }
            ],
        },
        "I23": {"streamId": 1, "stalling": [[0.0, 1.5], [4.5, 2.0], [20.0, 1.0]]},
    }
    assert accepted(report)


def test_one_track_counts_as_picture(path, tmp_path):
    """Where sound and picture come in one track, no segment of sound is listed."""
    path = tmp_path / "muxed.db"
    with Store(path, {}) as store:
        video = Video(extraction_time=0.5, tracks=(track(),))
        store(row(0, video=video, arrivals=(Arrival(1.0, 0, 100_000, 1.0),)))
    (report,) = reports(path)
    assert report["I11"]["segments"] == []
    assert report["I13"]["segments"][0]["bitrate"] == 800.0
    assert accepted(report)


def test_sound_that_the_recommendation_does_not_know(tmp_path):
    """Opus is left out, and the scores say so: the software would refuse the whole row."""
    path = tmp_path / "opus.db"
    with Store(path, {}) as store:
        store(row(0, media=replace(MEDIA, audio_codec="opus")))
    (report,) = reports(path)
    assert report["I11"]["segments"] == []
    assert accepted(report)
    told = read(scores(path, Screen(), scorer=lambda _: {"O46": 3.0, "O35": 3.0, "O23": 5.0}))
    assert (told[0]["O46"], told[0]["Note"]) == ("3.000", "without its sound: opus")


def test_one_row_is_a_file_for_the_software(path):
    """One row is one object over many lines, on the screen that was asked for."""
    written = reports(path, Screen("mobile", "1280x720"), 1)
    report = json.loads(written)
    assert len(written.splitlines()) > 10
    assert report["IGen"]["device"] == "mobile"
    assert report["IGen"]["displaySize"] == "1280x720"


@pytest.mark.parametrize(
    ("row_id", "told"),
    [
        (2, "nothing of it was played"),
        (3, "nothing of it was played"),
        (4, "VideoFps unknown"),
        (5, "no row 5"),
    ],
)
def test_row_that_cannot_be_scored(path, row_id, told):
    """A row that is asked for by its number, and cannot be had, tells why."""
    with pytest.raises(UsageError, match=told):
        reports(path, row_id=row_id)


def test_unknown_bitrate(tmp_path):
    """A row without a trace has no bitrate."""
    path = tmp_path / "bare.db"
    with Store(path, {}) as store:
        store(row(0, arrivals=()))
    with pytest.raises(UsageError, match="bitrate is unknown"):
        reports(path, row_id=1)


def test_bitrates_are_those_of_what_can_be_played():
    """Bytes up to the last that brought media; a whole track has the video's duration."""
    whole = (Arrival(1.0, 0, 30_000, 1.0), Arrival(2.0, 0, 30_000, inf))
    assert bitrates(whole, 1, 4.0) == [120.0]
    assert bitrates(whole, 1, None) == [240.0]
    assert bitrates((Arrival(1.0, 0, 9, 0.0),), 2, 4.0) == [None, None]


def test_scores(path):
    """Each row has its scores, or the reason why it has none."""
    taken = []

    def scorer(report):
        taken.append(report)
        return {"O46": 3.25, "O35": 4.0, "O23": 2.5, "O34": [4.0] * 20}

    told = read(scores(path, Screen(), scorer=scorer))
    assert taken == reports(path)
    assert [told[0][name] for name in ("RowId", "O46", "O35", "O23")] == [
        *("1", "3.250", "4.000", "2.500")
    ]
    assert [r["Note"] for r in told] == ["", *["nothing of it was played"] * 2, "VideoFps unknown"]


@pytest.mark.parametrize("error", [ValueError("Unsupported codec: vp9"), SystemExit("no frames")])
def test_refusal_of_the_software_is_told(path, error):
    """Whatever way it ends in, its reason stands with the row."""

    def scorer(report):
        raise error

    assert read(scores(path, Screen(), 1, scorer=scorer))[0]["Note"].endswith(str(error))


def test_the_software_is_called_where_it_is_installed(monkeypatch):
    """Its class is given the report and asked for everything."""

    class Software:
        def __init__(self, report):
            self.report = report

        def calculate_complete(self):
            return {"O46": self.report}

    found = types.ModuleType("itu_p1203_of_the_test")
    found.P1203Standalone = Software
    monkeypatch.setitem(sys.modules, found.__name__, found)
    assert reference_scorer(found.__name__)({"I13": {}}) == {"O46": {"I13": {}}}


def test_missing_software_is_told_in_one_line():
    """With the way to install it and its licence."""
    with pytest.raises(UsageError) as told:
        reference_scorer("no_such_package_of_the_test")
    assert str(told.value) == MISSING
    assert "pip install" in MISSING
    assert "non-commercial" in MISSING
    assert "\n" not in MISSING


def read(pieces):
    return list(csv.DictReader(b"".join(pieces).decode().splitlines()))


def pytomo(*words):
    command = [sys.executable, "-m", "pytomo", *map(str, words)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, check=False)


def test_export_command(path, tmp_path):
    """`pytomo export --format p1203` writes what `lines` makes, to a file or the console."""
    done = pytomo("export", path, "--format", "p1203")
    assert [json.loads(line) for line in done.stdout.splitlines()] == reports(path)
    out = tmp_path / "row.json"
    size = ("--display-size", "1280x720", "--device", "mobile")
    done = pytomo("export", path, "--format", "p1203", "--row", 1, *size, "-o", out)
    assert done.returncode == Status.CRAWLED
    assert json.loads(out.read_text()) == json.loads(reports(path, Screen("mobile", "1280x720"), 1))


@pytest.mark.parametrize(
    "words",
    [
        ("--row", 1),
        ("--format", "csv", "--row", 1),
        ("--format", "p1203", "--table", "stalls"),
        ("--format", "p1203", "--row", 99),
        ("--format", "p1203", "--display-size", "wide"),
        ("--format", "p1203", "--display-size", "0x0"),
    ],
)
def test_export_command_refuses(path, words):
    """What does not go together, or is not there, is a mistake in one line."""
    done = pytomo("export", path, *words)
    assert done.returncode == Status.USAGE
    assert b"Traceback" not in done.stderr
    assert done.stdout == b""


def test_score_command_without_the_software(path):
    """It says how to get the software, and nothing else, unless it is there."""
    done = pytomo("score", path)
    if done.returncode == Status.USAGE:
        assert MISSING in done.stderr.decode()
    else:
        assert done.stdout.startswith(b"RowId,O46")
