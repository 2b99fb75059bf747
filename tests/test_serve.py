import ast
import os
import re
import signal
import socket
import subprocess
import sys
import tomllib
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

import pytest
from web_client import NAME, write_database

from pytomo.beside import dashboard, how_to_open
from pytomo.cli import main
from pytomo.errors import Status, UsageError
from pytomo.serve import serve_parser

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


@pytest.mark.parametrize(
    ("command", "package", "code", "said"),
    [
        ("serve 0", "web", "raise ModuleNotFoundError('no', name='web')", "package web: pip"),
        ("serve 0", "jinja2", "raise ImportError('no libx', name='jinja2.x')", "jinja2, which"),
        ("serve 0", "cheroot", "raise ImportError('\\nno libx')", "cannot be loaded (no libx)"),
        (f"report {NAME}", "numpy", "raise ImportError('no libx')", "a report needs a Python"),
    ],
)
def test_missing_packages(tmp_path, command, package, code, said):
    """Without a package, or with one that cannot be loaded, one line says what to install."""
    write_database(tmp_path / NAME)
    (tmp_path / f"{package}.py").write_text(code)
    result = run(tmp_path, command)
    assert result.returncode == Status.USAGE
    assert said in result.stderr
    assert result.stderr.count("\n") == 1


def test_report_without_matplotlib(tmp_path):
    """A report, which has pictures, says in one line that they cannot be drawn."""
    write_database(tmp_path / NAME)
    (tmp_path / "matplotlib.py").write_text("raise ImportError('no libfreetype')")
    result = run(tmp_path, f"report {NAME}")
    assert result.returncode == Status.USAGE
    assert "(no libfreetype)" in result.stderr
    assert result.stderr.count("\n") == 1


def run(directory, command):
    """A command in a directory whose modules go before all others."""
    code = "import sys; from pytomo.cli import main; sys.exit(main(sys.argv[1:]))"
    return subprocess.run(
        [sys.executable, "-c", code, *command.split()],
        cwd=directory,
        env={**os.environ, "PYTHONPATH": f"{directory}{os.pathsep}{ROOT}"},
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.mark.parametrize("command", ["serve -f pipe.db 0", "export pipe.db", "report pipe.db"])
def test_a_pipe_is_no_database(tmp_path, command):
    """A pipe is refused at once instead of being waited for."""
    os.mkfifo(tmp_path / "pipe.db")
    result = run(tmp_path, command)
    assert result.returncode == Status.USAGE
    assert result.stderr == "pytomo: cannot read pipe.db: it is no regular file\n"


def test_a_name_that_no_link_can_hold(tmp_path):
    """A database whose name is no UTF-8 is refused with a line that can be printed."""
    path = write_database(tmp_path / NAME)
    path.rename(os.fsdecode(os.fsencode(tmp_path) + b"/bad\xff.db"))
    result = run(tmp_path, "serve -f " + os.fsdecode(b"bad\xff.db") + " 0")
    assert result.returncode == Status.USAGE
    assert result.stderr.startswith("pytomo: 'bad\\udcff.db' cannot stand in a link")


def test_no_directory_yet(tmp_path):
    """A directory that is not there is waited for, and said not to be there."""
    with started(["-m", "pytomo", "serve", "-d", str(tmp_path / "later"), "0"]) as process:
        process.stdout.readline()
        assert process.stdout.readline().startswith(f"There is no directory {tmp_path / 'later'}")
        process.send_signal(signal.SIGTERM)


@contextmanager
def started(words):
    """A process of ours, ended at the end."""
    streams = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    with subprocess.Popen([sys.executable, *words], cwd=ROOT, text=True, **streams) as process:
        try:
            yield process
            process.wait(30)
        finally:
            process.kill()


def test_classic_launcher():
    """The launcher looks for every package of the extra `web`, so that none is missed later."""
    wanted = {"web": "web.py", "markdown_it": "markdown-it-py"}
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text())
    extra = {
        re.split("[<>=~!;]", p)[0] for p in declared["project"]["optional-dependencies"]["web"]
    }
    launcher = ast.parse((ROOT / "start_server.py").read_text())
    (needed,) = (
        ast.literal_eval(node.value) for node in launcher.body if isinstance(node, ast.Assign)
    )
    assert extra <= {wanted.get(name, name) for name in needed}


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


def test_beside_that_says_nothing(tmp_path, monkeypatch):
    """A dashboard that hangs when it starts is ended, and the crawl goes on without it."""
    (tmp_path / "web.py").write_text("import time; time.sleep(600)")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with dashboard(tmp_path, tmp_path / "log", start=0.2) as url:
        assert url is None


def test_beside_ended_by_a_signal(tmp_path):
    """SIGTERM ends the dashboard beside a crawl in order."""
    with started(["-m", "pytomo.serve", str(tmp_path)]) as process:
        assert process.stdout.readline().startswith("http://")
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == Status.INTERRUPTED
        assert process.stderr.read() == ""


def test_how_to_open(monkeypatch, tmp_path):
    """The command is that of this checkout, as it can be typed from here."""
    monkeypatch.chdir(ROOT)
    assert how_to_open(Path("databases")) == "bin/pytomo_web_interface"
    assert how_to_open(Path("out/databases")) == "bin/pytomo_web_interface -d out/databases"
    monkeypatch.chdir(tmp_path)
    assert Path(how_to_open(Path("databases"))).resolve() == ROOT / "bin" / "pytomo_web_interface"
