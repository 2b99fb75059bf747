import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from rows import measured

from pytomo.errors import CrawlError
from pytomo.store import Store
from pytomo.web.rrd_making import RrdMaker, Work

pytest.importorskip("rrdtool", reason="RRD files need rrdtool")
NAME = "probe.youtube.system.rrd"

ENDLESS = """
import multiprocessing, signal, sys, time
from pathlib import Path
from pytomo.web.rrd_making import RrdMaker, Work

class Endless(Work):
    def do(self):
        if sys.argv[2] == "deaf":
            signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
        print("begun", flush=True)
        time.sleep(600)

if __name__ == "__main__":
    place = Path(sys.argv[1])
    RrdMaker(large=0).submit(Endless(place / "none.db", place, None))
    while not (children := multiprocessing.active_children()):
        time.sleep(0.01)
    print(children[0].pid, flush=True)
    time.sleep(600)
"""


@pytest.fixture
def database(tmp_path):
    path = tmp_path / "probe.youtube.1.pytomo_database.db"
    with Store(path, {"resolvers": ["system"]}) as store:
        store(measured(0))
        store(measured(60))
    return path


@pytest.mark.parametrize("large", [0, 10**9])
def test_files_are_made_here_or_elsewhere(database, tmp_path, large):
    """The files of a large database are those of a small one."""
    maker = RrdMaker(large)
    maker.submit(Work(database, tmp_path / "rrds", None)).result()
    assert [path.name for path in (tmp_path / "rrds").iterdir()] == [NAME]
    maker.close()


@pytest.mark.parametrize("large", [0, 10**9])
def test_only_what_is_missing_is_made(database, tmp_path, large):
    """Of all databases of a directory, if that is asked for; but for what is to be replaced."""
    (tmp_path / "rrds").mkdir()
    file = tmp_path / "rrds" / NAME
    file.write_bytes(b"mine")
    maker = RrdMaker(large)
    maker.submit(Work(tmp_path, tmp_path / "rrds", ())).result()
    assert file.read_bytes() == b"mine"
    maker.submit(Work(tmp_path, tmp_path / "rrds", (NAME,))).result()
    assert file.read_bytes()[:3] == b"RRD"
    maker.close()


@pytest.mark.parametrize("large", [0, 10**9])
def test_what_cannot_be_made_is_one_clear_error(database, tmp_path, large):
    """The reason comes from the other process, too."""
    (tmp_path / "rrds").touch()
    maker = RrdMaker(large)
    with pytest.raises(CrawlError, match="cannot create"):
        maker.submit(Work(database, tmp_path / "rrds", None)).result()
    maker.close()


@pytest.mark.parametrize("manners", ["polite", "deaf"])
def test_the_other_process_ends_when_this_one_is_killed(tmp_path, manners):
    """Whatever it does at that moment."""
    script = tmp_path / "endless.py"
    script.write_text(ENDLESS)
    parent = subprocess.Popen(
        [sys.executable, script, tmp_path, manners],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])},
        stdout=subprocess.PIPE,
        text=True,
    )
    told = {parent.stdout.readline().strip(), parent.stdout.readline().strip()}
    (child,) = told - {"begun"}
    parent.kill()
    try:
        parent.communicate(timeout=60)  # its end comes when both have let go of the pipe
    except subprocess.TimeoutExpired:
        os.kill(int(child), signal.SIGKILL)
        raise
