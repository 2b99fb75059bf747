import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path
from urllib.request import urlopen

import pytest
from web_client import NAME, write_database

from pytomo.beside import dashboard, how_to_open
from pytomo.cli import main
from pytomo.errors import Status, UsageError
from pytomo.serve import MISSING, serve_parser

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("-f missing.db", "there is no file missing.db"),
        ("-f text.db", "text.db"),
        ("-d text.db", "is no directory"),
        ("0x15B3", "is no port"),
        ("65536", "is no port"),
        ("-1", ""),
        ("5555 5556", "5556"),
        ("--unknown", "--unknown"),
        ("-f", "-f"),
        ("--host 192.0.2.1 0", "cannot listen on 192.0.2.1 port 0: Cannot assign"),
        ("--host= 0", "cannot listen"),
        (f"--host {'a' * 300} 0", "cannot listen"),
    ],
)
def test_usage_errors(tmp_path, monkeypatch, capsys, line, said):
    """A wrong command line gets one line on standard error and status 2."""
    monkeypatch.chdir(tmp_path)
    Path("text.db").write_text("no database" * 1000)
    assert main(["serve", *line.split()]) == Status.USAGE
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith("pytomo: ")
    assert told.err.count("\n") == 1
    assert said in told.err


def test_port_in_use(tmp_path, capsys):
    """A port that is taken gets one line and status 2."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        assert main(["serve", "-d", str(tmp_path), str(port)]) == Status.USAGE
    assert f"port {port}: Address already in use" in capsys.readouterr().err


def test_classic_line():
    """The classic options mean what they meant; port 5555 of this machine is the default."""
    options = serve_parser().parse_args(["-v", "-f", "a.db", "-d", "there", "80"])
    assert (options.verbose, options.database, options.directory, options.port) == (
        *(True, Path("a.db"), Path("there"), 80),
    )
    options = serve_parser().parse_args([])
    assert (options.host, options.port, options.directory) == (
        *("127.0.0.1", 5555, Path("databases")),
    )


def test_missing_packages(tmp_path):
    """Without web.py one line says what to install."""
    (tmp_path / "web.py").write_text("raise ModuleNotFoundError('no', name='web')")
    code = "import sys; from pytomo.cli import main; sys.exit(main(['serve', '0']))"
    result = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert result.returncode == Status.USAGE
    assert result.stderr == f"pytomo: {MISSING.format('web')}\n"


@pytest.mark.parametrize("program", [["-m", "pytomo", "serve"], ["start_server.py"]])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_start_and_end(tmp_path, program, number):
    """Each launcher prints where the dashboard is; Ctrl-C and SIGTERM end it with status 0."""
    write_database(tmp_path / NAME)
    process = subprocess.Popen(
        [sys.executable, *program, "-d", str(tmp_path), "0"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    url = re.search(r"http://\S+", process.stdout.readline())[0]
    with urlopen(f"{url}api/status", timeout=30) as answer:
        assert NAME in answer.read().decode()
    process.send_signal(number)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 0
    assert errors == ""


def test_help_is_light():
    """The help of the dashboard needs none of its packages."""
    code = (
        "import sys; from pytomo.cli import main\n"
        "try: main(['serve', '--help'])\n"
        "except SystemExit: pass\n"
        "print({'web', 'numpy', 'jinja2', 'matplotlib', 'yt_dlp'} & set(sys.modules))"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert result.stdout.splitlines()[-1] == "set()"


def test_server_loads_no_extraction():
    """The dashboard starts without yt-dlp, and without what only some pages need."""
    code = (
        "import sys; import pytomo.web.server\n"
        "print({'yt_dlp', 'requests', 'dns', 'matplotlib', 'weasyprint', 'pyarrow'}"
        " & set(sys.modules))"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert result.stdout == "set()\n"


def test_beside_a_crawl(tmp_path):
    """The dashboard beside a crawl runs as long as that does, on whatever port is free."""
    with dashboard(tmp_path, tmp_path / "log") as url:
        write_database(tmp_path / NAME)
        with urlopen(f"{url}api/status", timeout=30) as answer:
            assert answer.status == 200
    with pytest.raises(OSError, match="refused"):
        urlopen(url, timeout=5)
    assert (tmp_path / "log").read_text() == ""


def test_beside_without_web(tmp_path, monkeypatch):
    """Where it cannot be started a crawl is not begun, and says why."""
    (tmp_path / "web.py").write_text("raise ModuleNotFoundError('no', name='web')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with (
        pytest.raises(UsageError, match="needs the Python package web"),
        dashboard(tmp_path, tmp_path / "log"),
    ):
        pass


def test_how_to_open(monkeypatch, tmp_path):
    """The command is that of this checkout, as it can be typed from here."""
    monkeypatch.chdir(ROOT)
    assert how_to_open(Path("databases")) == "bin/pytomo_web_interface"
    assert how_to_open(Path("out/databases")) == "bin/pytomo_web_interface -d out/databases"
    monkeypatch.chdir(tmp_path)
    assert Path(how_to_open(Path("databases"))).resolve() == ROOT / "bin" / "pytomo_web_interface"
