import csv
import json
import os
import pty
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from rows import failed, measured

from pytomo.errors import Status
from pytomo.store import Store

ROOT = Path(__file__).parents[1]
PYTOMO = (sys.executable, "-m", "pytomo")


@pytest.fixture
def database(tmp_path):
    path = tmp_path / "test.pytomo_database.db"
    with Store(path, {}) as store:
        store(measured(0))
        store(failed(1))
    return path


def pytomo(*words, **options):
    """Run the command to its end."""
    command = [*PYTOMO, *map(str, words)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, check=False, **options)


def test_export_writes_csv_to_standard_output(database):
    """Without options: the measurements as CSV, and no word besides."""
    ended = pytomo("export", database)
    assert (ended.returncode, ended.stderr) == (Status.CRAWLED, b"")
    rows = list(csv.DictReader(ended.stdout.decode().splitlines()))
    assert [row["Outcome"] for row in rows] == ["ok", "removed"]


def test_export_writes_a_file(database, tmp_path):
    """With -o, the file's name tells the format, if no format is given."""
    path = tmp_path / "out.json"
    ended = pytomo("export", database, "--table", "stalls", "-o", path)
    assert (ended.returncode, ended.stdout, ended.stderr) == (Status.CRAWLED, b"", b"")
    assert [stall["Start"] for stall in json.loads(path.read_bytes())] == [3.5]
    pytomo("export", database, "--format", "csv", "-o", path)
    assert path.read_bytes().startswith(b"ID,Service,")


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["missing.db"], "missing.db"),
        (["README.md"], "cannot read README.md"),
        (["{database}", "--format", "xlsx"], "xlsx"),
        (["{database}", "--table", "nothing"], "nothing"),
        (["{database}", "-o", "/no/such/place/out.csv"], "cannot write"),
        (["{database}", "-o", "/dev/full"], "cannot write"),
    ],
)
def test_what_cannot_be_exported_is_told_in_one_line(database, words, complaint):
    """Status 2 and one line that names what is wrong; nothing on standard output."""
    ended = pytomo("export", *(word.format(database=database) for word in words))
    assert ended.returncode == Status.USAGE
    assert ended.stdout == b""
    (line,) = ended.stderr.decode().splitlines()
    assert line.startswith("pytomo: ")
    assert complaint in line


@pytest.mark.parametrize("command", ["export", "report"])
@pytest.mark.parametrize("name", ["{}", "link", "hard", "other.sqlite", "{}-wal"])
def test_no_database_is_overwritten(database, tmp_path, command, name):
    """Neither the one that is read, by whatever name, nor another, nor what belongs to one."""
    path = tmp_path / name.format(database.name)
    (tmp_path / "link").symlink_to(database)
    (tmp_path / "hard").hardlink_to(database)
    with closing(sqlite3.connect(tmp_path / "other.sqlite")) as connection:
        connection.execute("CREATE TABLE t (c)")
    before = {file: file.read_bytes() for file in tmp_path.iterdir()}
    ended = pytomo(command, database, "-o", path)
    assert ended.returncode == Status.USAGE
    assert ended.stdout == b""
    (line,) = ended.stderr.decode().splitlines()
    assert f"{path} is a database" in line
    assert {file: file.read_bytes() for file in tmp_path.iterdir()} == before


@pytest.mark.parametrize("form", ["csv", "json", "parquet"])
def test_what_no_column_can_hold_is_told_once(tmp_path, form):
    """A number of more than 64 bits, and text in place of one, are null in all formats."""
    path = tmp_path / "old.db"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute('CREATE TABLE "pytomo_crawl_2012" (ID, ASNumber)')
        cells = [(f"2012-03-01 10:20:3{n}", "9" * 20) for n in range(3)]
        connection.executemany('INSERT INTO "pytomo_crawl_2012" VALUES (?, ?)', cells)
    if form == "parquet":
        pytest.importorskip("pyarrow")
    ended = pytomo("export", path, "--format", form, "-o", tmp_path / "out")
    assert ended.returncode == Status.CRAWLED
    (line,) = ended.stderr.decode().splitlines()
    assert line.startswith("pytomo: values left out: 3 that ")


def test_a_missing_pyarrow_is_told(database, tmp_path):
    """Status 2, and what to install; no file is left."""
    (tmp_path / "pyarrow.py").write_text("raise ImportError('broken')")
    words = ("export", database, "--format", "parquet", "-o", tmp_path / "out.parquet")
    ended = pytomo(*words, env={**os.environ, "PYTHONPATH": str(tmp_path)})
    assert ended.returncode == Status.USAGE
    (line,) = ended.stderr.decode().splitlines()
    assert "pip install pyarrow" in line
    assert not (tmp_path / "out.parquet").exists()


def test_a_reader_may_stop(database):
    """Who reads only the beginning, as `head` does, hears no complaint."""
    with sqlite3.connect(database) as connection:  # More than a pipe holds.
        connection.executemany(
            "INSERT INTO pytomo_crawl (ID) VALUES (?)", [("2026-11-22",)] * 20_000
        )
    connection.close()
    command = [*PYTOMO, "export", str(database)]
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as running:
        running.stdout.read(10)
        running.stdout.close()
        assert running.stderr.read() == b""
    assert running.returncode == Status.CRAWLED


def test_a_terminal_gets_no_bytes(database):
    """Parquet is nothing to look at: status 2 and what to do instead."""
    pytest.importorskip("pyarrow")
    ours, theirs = pty.openpty()
    words = [*PYTOMO, "export", str(database), "--format", "parquet"]
    ended = subprocess.run(
        words, cwd=ROOT, stdout=theirs, stderr=subprocess.PIPE, text=True, check=False
    )
    os.close(theirs)
    os.close(ours)
    assert ended.returncode == Status.USAGE
    assert "-o" in ended.stderr


def test_report_writes_a_document(database, tmp_path):
    """HTML or PDF, as the file's name tells; what is no database is told in one line."""
    pytest.importorskip("weasyprint")
    for name, start in (("r.html", b"<!DOCTYPE html>"), ("r.pdf", b"%PDF-")):
        ended = pytomo("report", database, "-o", tmp_path / name)
        assert (ended.returncode, ended.stderr) == (Status.CRAWLED, b"")
        assert (tmp_path / name).read_bytes().startswith(start)
    ended = pytomo("report", "README.md", "-o", tmp_path / "other.pdf")
    assert ended.returncode == Status.USAGE
    assert len(ended.stderr.decode().splitlines()) == 1
    assert not (tmp_path / "other.pdf").exists()
