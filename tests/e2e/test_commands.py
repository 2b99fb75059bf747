"""The command as people start it: exit statuses, files, and what is kept when it is stopped."""

import functools
import http.server
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from pytomo.errors import Outcome, Status
from pytomo.lab.lab import PUBLIC_ADDRESS
from pytomo.lab.media import library
from pytomo.results import COLUMNS

pytest.importorskip("av", reason="the lab makes its media with PyAV")

ROOT = Path(__file__).parents[2]
CLASSIC = (
    "ID Service Url CacheUrl CacheServerDelay IP Resolver ResolveTime ASNumber PingMin PingAvg "
    "PingMax DownloadTime VideoType VideoDuration VideoLength EncodingRate DownloadBytes "
    "DownloadInterruptions InitialData InitialRate InitialPlaybackBuffer BufferingDuration "
    "PlaybackDuration BufferDurationAtEnd TimeTogetFirstByte MaxInstantThp RedirectUrl StatusCode"
)


def pytomo(*words: str) -> subprocess.CompletedProcess[str]:
    """Run the command to its end."""
    command = [sys.executable, "-m", "pytomo", *words]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def rows(directory: Path) -> list[dict[str, object]]:
    """The rows of the only database of a crawl."""
    (path,) = (directory / "databases").glob("*.pytomo_database.db")
    with sqlite3.connect(path) as connection:
        connection.row_factory = sqlite3.Row
        found = [dict(row) for row in connection.execute("SELECT * FROM pytomo_crawl")]
    connection.close()
    return found


@pytest.fixture(scope="module", params=["youtube", "dailymotion"])
def crawled(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, subprocess.CompletedProcess[str]]:
    """A short crawl of the lab, started as a newcomer would."""
    directory = tmp_path_factory.mktemp(request.param)
    words = (
        f"--lab -s {request.param} -u 4 -D 3 -n 2 -S 0 --provider lab-isp --output-dir {directory}"
    )
    return directory, pytomo(*words.split())


def test_lab_crawl_ends_well(crawled: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    """Status 0, no complaint, and a summary that says where the files are."""
    directory, ended = crawled
    assert ended.returncode == Status.CRAWLED, ended.stdout + ended.stderr
    assert ended.stderr == ""
    assert "4 videos tried" in ended.stdout
    assert str(directory) in ended.stdout
    assert "\x1b" not in ended.stdout


def test_database_has_the_classic_columns(
    crawled: tuple[Path, subprocess.CompletedProcess[str]],
) -> None:
    """The 29 classic columns come first in their order, then the newer ones."""
    first = rows(crawled[0])[0]
    assert " ".join(list(first)[:29]) == CLASSIC
    assert list(first)[29:-1] == [metric.column for metric in COLUMNS[29:]]


def test_every_row_has_an_outcome(crawled: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    """Each of the four videos left a row, each row says how it ended, some of them are ok."""
    found = rows(crawled[0])
    assert len({row["Url"] for row in found}) == 4
    assert {row["Outcome"] for row in found} <= set(Outcome)
    assert Outcome.OK in {row["Outcome"] for row in found}
    assert {row["Provider"] for row in found} == {"lab-isp"}


def test_measured_rows_are_complete(
    crawled: tuple[Path, subprocess.CompletedProcess[str]],
) -> None:
    """A measured video has all the classic columns, but for the redirect that there was not."""
    for row in rows(crawled[0]):
        if row["Outcome"] == Outcome.OK:
            missing = [name for name in CLASSIC.split() if row[name] is None]
            assert missing == ["RedirectUrl"]


def test_files_have_classic_names(crawled: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    """Database and log are named after host, service, provider and time; RRDs by resolver."""
    directory, _ = crawled
    (database,) = (directory / "databases").iterdir()
    assert ".pytomo_database.db" in database.name
    assert "_lab-isp." in database.name
    assert [path.suffix for path in (directory / "logs").iterdir()] == [".log"]
    resolvers = {path.name.split(".")[-2] for path in (directory / "rrds").iterdir()}
    assert resolvers == {"system", "google", "opendns"}


@pytest.mark.skipif(not shutil.which("rrdtool"), reason="the program rrdtool is not installed")
def test_rrd_files_open(crawled: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    """The rrdtool program reads what was written."""
    for path in (crawled[0] / "rrds").iterdir():
        told = subprocess.run(
            ["rrdtool", "info", str(path)], capture_output=True, text=True, check=True
        )
        assert "ds[StartupDelay]" in told.stdout


class Silent(http.server.SimpleHTTPRequestHandler):
    """A plain server of files, without ranges."""

    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Nothing."""


@pytest.fixture
def plain_server() -> Iterator[str]:
    """An HTTP server that is not the lab, with one of its files."""
    media = {encoding.name: encoding for encoding in library()}["360p.mp4"]
    handler = functools.partial(Silent, directory=str(media.path.parent))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/{media.path.name}"
        server.shutdown()


def test_direct_link(plain_server: str, tmp_path: Path) -> None:
    """A link to a file on any web server is measured like a video of a site."""
    words = f"-u 1 -R -D 10 -n 1 -S 0 -x --resolver own=127.0.0.1:9 --output-dir {tmp_path}"
    ended = pytomo(*words.split(), plain_server)
    assert ended.returncode == Status.CRAWLED, ended.stdout + ended.stderr
    (row,) = rows(tmp_path)
    assert row["Outcome"] == "ok"
    assert row["Service"] == "generic"
    assert row["IP"] == "127.0.0.1"
    assert row["DownloadInterruptions"] == 0
    assert row["VideoDuration"] == pytest.approx(30.0, abs=0.1)


def test_public_address_can_be_hidden(tmp_path: Path) -> None:
    """With -x neither the database nor the log holds the address that the lab's sites see."""
    ended = pytomo("--lab", "-x", *f"-u 2 -r 1 -D 1 -n 1 --output-dir {tmp_path}".split())
    assert ended.returncode == Status.CRAWLED, ended.stdout + ended.stderr
    urls = [str(row["CacheUrl"]) for row in rows(tmp_path)]
    assert any("ip=hidden" in url for url in urls)
    kept = [path for path in tmp_path.rglob("*") if path.is_file() and path.suffix != ".rrd"]
    assert [path for path in kept if PUBLIC_ADDRESS.encode() in path.read_bytes()] == []


def test_nothing_measured(tmp_path: Path) -> None:
    """A crawl without a single measurement says so by its status, and why in its rows."""
    words = f"-u 1 -R -n 1 -x --resolver own=127.0.0.1:9 --output-dir {tmp_path}"
    ended = pytomo(*words.split(), "http://127.0.0.1:9/video.mp4")
    assert ended.returncode == Status.NOTHING_MEASURED
    (row,) = rows(tmp_path)
    assert row["Outcome"] == "page_unreachable"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_crawl_keeps_everything(tmp_path: Path, number: signal.Signals) -> None:
    """Stopped in the middle of a download, the crawl keeps the sample and ends with status 130."""
    words = f"--lab -D 60 -n 1 -r 1 --output-dir {tmp_path}".split()
    command = [sys.executable, "-m", "pytomo", *words]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as running:
        _wait_for_download(tmp_path)
        running.send_signal(number)
        output, _ = running.communicate(timeout=30)
    assert running.returncode == 130
    assert "videos tried" in output
    assert rows(tmp_path)[-1]["Outcome"] == "interrupted"


def _wait_for_download(directory: Path) -> None:
    """Until the second video is under way, as the log tells."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        logs = list((directory / "logs").glob("*.log")) if (directory / "logs").exists() else []
        if logs and logs[0].read_text().count("visiting") > 1:
            return
        time.sleep(0.05)
    pytest.fail("the crawl never came to its second video")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_unwritable_directory(tmp_path: Path) -> None:
    """Where nothing can be written, one line says so."""
    tmp_path.chmod(0o500)
    ended = pytomo("--output-dir", str(tmp_path / "new"))
    assert ended.returncode == Status.USAGE
    assert ended.stderr.count("\n") == 1
