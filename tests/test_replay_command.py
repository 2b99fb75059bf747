"""`pytomo replay`: what it prints, what it writes, and what it says of what it cannot play."""

import csv
import io
import json
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from rows import failed, measured, track
from test_store import first_pytomo

from pytomo.commands import replay_command
from pytomo.errors import Status, UsageError
from pytomo.player import play
from pytomo.profiles import PROFILES
from pytomo.results import Arrival, Media, Response, Video
from pytomo.store import Store
from pytomo.trace import encode

ROOT = Path(__file__).parents[1]
ARRIVALS = tuple(Arrival(t / 10, 0, 20_000, round(t / 12, 6)) for t in range(1, 300))
OLD = replace(PROFILES[0], name="default")


def row(second=0.0, *, profile=PROFILES[0], **changes):
    """A row of a sample of 30 s that stalls."""
    playback = play(ARRIVALS, tracks=1, duration=60.0, end=30.0, profile=profile)
    parts = {
        "video": Video(extraction_time=0.5, title="Café ☕", tracks=(track(),)),
        "response": Response(url="https://r1.example/v", download_time=30.0),
        "media": Media(duration=60.0),
        "playback": playback,
        "arrivals": ARRIVALS,
    }
    return measured(second, **{**parts, **changes})


@pytest.fixture
def database(tmp_path):
    """Two rows with a trace, one of an older Pytomo's player, and one without."""
    path = tmp_path / "test.pytomo_database.db"
    with Store(path, {}) as store:
        store(row(0))
        store(failed(1))
        store(row(2, profile=OLD))
    return path


def change(path, statement, *cells):
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(statement, cells)


@pytest.fixture
def told(capfdbinary):
    """Run the command in this process; its standard output and error."""

    def call(*words):
        assert replay_command([str(word) for word in words]) == Status.CRAWLED
        out, err = capfdbinary.readouterr()
        return out.decode(), err.decode()

    return call


def table(text):
    """The lines of players in the table."""
    return [line.split() for line in text.splitlines() if "/1 " in line and "start=" not in line]


def test_a_table_for_people(database, told):
    """Each row with a trace has a line for each player, that of the row first."""
    said, complaint = told(database)
    lines = table(said)
    assert [line[0] for line in lines] == [
        *(known.label.split()[0] for known in PROFILES),
        *("default/1", *(known.label.split()[0] for known in PROFILES)),
    ]
    assert [line[1] == "(measured)" for line in lines].count(True) == 2
    assert said.count("Café ☕") == 2
    assert complaint == ""


def test_the_numbers_are_those_of_the_player(database, told):
    """A line has what the player says of the same arrivals."""
    said, _ = told(database, "--profile", "exoplayer", "--row", 1)
    shown = play(ARRIVALS, tracks=1, duration=60.0, end=30.0, profile=PROFILES[-1])
    ((player, *cells),) = table(said)
    assert player == "exoplayer/1"
    assert " ".join(cells) == (
        f"{shown.startup_delay:.2f} s {shown.stall_count} {shown.stalled_time:.2f} s"
        f" {shown.stall_ratio:.1%} 0 {shown.played_time:.2f} s"
    )


def test_a_line_for_each_player_and_for_what_is_left_out(database, told):
    """Medians, the share without a stall, and how many rows hold no trace."""
    said, _ = told(database, "--profile", "pytomo")
    shown = play(ARRIVALS, tracks=1, duration=60.0, end=30.0, profile=PROFILES[0])
    assert said.splitlines()[-2:] == [
        f"{shown.profile}: 2 rows; median start {shown.startup_delay:.2f} s, 0% without a stall; "
        f"median stalled {shown.stalled_time:.2f} s, stall ratio {shown.stall_ratio:.1%}.",
        "1 row has no trace: nothing arrived.",
    ]


def test_rows_that_never_started(tmp_path, told):
    """What never started has dashes, and is told in words."""
    path = tmp_path / "test.pytomo_database.db"
    with Store(path, {}) as store:
        store(row(arrivals=ARRIVALS[:1]))
    said, _ = told(path, "--profile", "pytomo")
    assert table(said)[0][2:6] == ["-", "-", "-", "-"]
    assert "1 row, none of which started." in said


def test_thresholds_of_ones_own_are_told_apart(tmp_path, told):
    """Where two labels have the same name and version, the table shows the whole labels."""
    path = tmp_path / "test.pytomo_database.db"
    with Store(path, {}) as store:
        store(row(profile=replace(PROFILES[0], start=0.5)))
    said, _ = told(path)
    assert "pytomo/1 start=0.5 stall=0.1 resume=1 (measured)" in said
    assert "  pytomo/1 start=2 stall=0.1 resume=1 " in said


@pytest.mark.parametrize("words", [["--format", "csv"], ["-o", "{}/out.csv"]])
def test_csv(database, tmp_path, told, words):
    """Every column of the playback, as exports have them; what was left out is told apart."""
    said, complaint = told(database, *(word.format(tmp_path) for word in words))
    text = said or (tmp_path / "out.csv").read_text(encoding="utf-8")
    lines = list(csv.DictReader(io.StringIO(text)))
    assert len(lines) == 2 * len(PROFILES) + 1
    assert lines[0]["Profile"] == PROFILES[0].label
    assert [line["Measured"] for line in lines].count("true") == 2
    assert {"RowId", "ID", "Url", "Title", "StartupDelay", "FreezeCount"} <= set(lines[0])
    assert complaint == "pytomo: 1 row has no trace: nothing arrived.\n"


def test_json(database, told):
    """The same as JSON, with numbers to the bit."""
    said, _ = told(database, "--format", "json", "--row", 3, "--profile", "chromium")
    (found,) = json.loads(said)
    shown = play(ARRIVALS, tracks=1, duration=60.0, end=30.0, profile=PROFILES[2])
    assert (found["RowId"], found["Measured"]) == (3, False)
    assert found["BufferingDuration"] == shown.stalled_time


def test_each_profile_once(database, told):
    """A profile that is named twice is played once."""
    said, _ = told(database, *("--profile", "hls.js") * 2, "--row", 1, "--row", 1)
    assert len(table(said)) == 1


def test_a_table_in_a_file(database, tmp_path, told):
    """A file of another ending gets the table, without colours."""
    told(database, "-o", tmp_path / "out.txt")
    text = (tmp_path / "out.txt").read_text(encoding="utf-8")
    assert "exoplayer/1" in text
    assert "\x1b" not in text


def test_traces_of_the_first_version(database, told):
    """A trace of the first version, in a database without freezes, is played again."""
    old = b"\x01" + encode(ARRIVALS)[2:]
    change(database, "UPDATE traces SET Trace = ? WHERE RowId = 3", old)
    change(database, "DROP TABLE freezes")
    change(database, "ALTER TABLE pytomo_crawl DROP COLUMN FreezeCount")
    before, _ = told(database, "--row", 1, "--format", "csv", "--profile", "hls.js")
    said, _ = told(database, "--row", 3, "--format", "csv", "--profile", "hls.js")
    assert said.splitlines()[1].split(",")[4:] == before.splitlines()[1].split(",")[4:]


def test_the_first_pytomo_kept_no_traces(tmp_path):
    """One line says so, and nothing is written."""
    first_pytomo(tmp_path / "old.db")
    with pytest.raises(UsageError, match="is of the first Pytomo, which kept no traces"):
        replay_command([str(tmp_path / "old.db"), "-o", str(tmp_path / "out.csv")])
    assert not (tmp_path / "out.csv").exists()


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("UPDATE traces SET Trace = x'0299' WHERE RowId = 1", "no trace of a known version"),
        ("UPDATE traces SET Tracks = 0 WHERE RowId = 1", "damaged trace"),
        ("UPDATE pytomo_crawl SET Profile = 'odd' WHERE RowId = 1", "'odd' is no player profile"),
    ],
)
def test_damaged_rows_are_told_and_the_others_played(database, told, statement, words):
    """A row that cannot be read is left out with one line; the others are there."""
    change(database, statement)
    said, _ = told(database)
    assert len(table(said)) == len(PROFILES) + 1
    assert f"row 1 left out: {words}" in said.replace(f"cannot read row 1 of {database}: ", "")


def test_cells_of_other_kinds(database, told):
    """Text in place of numbers is unknown, and no title can steer the terminal."""
    change(database, "UPDATE pytomo_crawl SET VideoDuration = 'x', Title = '\x1b[2J' || Title")
    said, _ = told(database, "--row", 1)
    assert "\x1b" not in said
    assert len(table(said)) == len(PROFILES)


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["missing.db"], "missing.db"),
        (["README.md"], "cannot read README.md"),
        (["{}", "--profile", "vlc"], "vlc"),
        (["{}", "--row", "one"], "one"),
        (["{}", "--row", "99"], "has no row 99"),
        (["{}", "-o", "/no/such/place/out.csv"], "cannot write"),
        (["{}", "-o", "{}"], "is a database"),
        ([], "DATABASE"),
    ],
)
def test_bad_input_is_told_in_one_line(database, words, complaint):
    """Status 2 and one line; nothing on standard output."""
    command = [sys.executable, "-m", "pytomo", "replay"]
    command += [word.format(database) for word in words]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, check=False)
    assert (ended.returncode, ended.stdout) == (Status.USAGE, b"")
    (line,) = ended.stderr.decode().splitlines()
    assert line.startswith("pytomo: ")
    assert complaint.lower() in line.lower()
