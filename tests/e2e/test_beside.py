"""The dashboard beside a crawl, as people start it."""

import re
import signal
import subprocess
import sys
from pathlib import Path
from urllib.request import urlopen

import pytest

pytest.importorskip("av", reason="the lab makes its media with PyAV")
pytest.importorskip("web", reason="the dashboard is served by web.py")

ROOT = Path(__file__).parents[2]
SHORT = "--lab -u 1 -R -D 1 -n 1 -S 0"


def started(*words: str) -> "subprocess.Popen[str]":
    """A very short crawl of the lab."""
    command = [sys.executable, "-m", "pytomo", *SHORT.split(), *words]
    return subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def test_first_line(tmp_path: Path) -> None:
    """The first line of a crawl tells how to open the dashboard of its databases."""
    with started("--output-dir", str(tmp_path)) as crawl:
        output, _ = crawl.communicate(timeout=60)
    assert crawl.returncode == 0, output
    told = f"bin/pytomo_web_interface -d {tmp_path}/databases shows it live at http://127.0.0.1:"
    assert told in output.splitlines()[0]


def test_lab_with_dashboard(tmp_path: Path) -> None:
    """With --serve the dashboard shows the lab's crawl, and stays until Ctrl-C; status 0."""
    with started("--serve", "--output-dir", str(tmp_path)) as crawl:
        assert crawl.stdout is not None
        first = crawl.stdout.readline()
        told = re.search(r"http://127\.0\.0\.1:\d+/", first)
        assert told is not None, first
        for line in crawl.stdout:
            if "until Ctrl-C" in line:
                break
        with urlopen(f"{told[0]}api/status", timeout=30) as answer:
            assert str(next((tmp_path / "databases").iterdir()).name) in answer.read().decode()
        crawl.send_signal(signal.SIGINT)
        crawl.communicate(timeout=30)
    assert crawl.returncode == 0
    with pytest.raises(OSError, match="refused"):
        urlopen(told[0], timeout=5)
