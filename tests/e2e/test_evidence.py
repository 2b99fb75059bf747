"""The page of every video that the lab's crawl measured: the evidence agrees with the row."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("av", reason="the lab makes its media with PyAV")
pytest.importorskip("web", reason="the dashboard is served by web.py")

from wsgiref.util import setup_testing_defaults

from pytomo.analysis.story import Story, story, visit
from pytomo.database import Database
from pytomo.web.application import application
from pytomo.web.site import Site

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The database of a crawl: fast, slow, redirected and removed videos."""
    directory = tmp_path_factory.mktemp("crawl")
    words = f"--lab -s youtube -u 7 -D 4 -n 2 -S 0 -q --output-dir {directory}"
    subprocess.run([sys.executable, "-m", "pytomo", *words.split()], cwd=ROOT, check=True)
    (found,) = (directory / "databases").glob("*.db")
    return found


def stories(path: Path) -> Iterator[Story]:
    """The story of every row."""
    with Database(path) as database:
        rows = list(database.rows())
        for row in rows:
            row_id = row["RowId"]
            yield story(
                row_id,
                visit(rows, row_id),
                arrivals=database.trace(row_id),
                tracks=database.tracks(row_id),
                stalls=database.stalls(row_id),
                answers=database.answers(row_id),
            )


def test_replays_agree_with_what_was_stored(database: Path) -> None:
    """Each trace, played again, gives the row's own start, stalls, rate and bytes."""
    told = [one for one in stories(database) if one.curves]
    assert len(told) >= 5
    for one in told:
        assert one.replayed
        assert one.curves is not None
        assert one.curves.received.values[-1] == one.row["DownloadBytes"]
        assert one.curves.throughput.values.max() == pytest.approx(one.row["MaxInstantThp"])
        assert len(one.curves.playback.stalls) == len(one.stalls)


def test_phases_end_where_the_media_begin(database: Path) -> None:
    """The phases fill the time up to the first byte of media, but for some milliseconds of ours."""
    for one in stories(database):
        if one.curves and one.phases:
            media = one.phases.spans[-1]
            before = one.phases.spans[-2]
            assert 0 <= media.start - before.start - before.length < 0.2
            assert one.phases.end == pytest.approx(one.phases.media_request + one.curves.end)


def test_redirects_are_followed(database: Path) -> None:
    """The video whose server sends us on has both servers in the phases of the second row."""
    redirected = [one for one in stories(database) if one.leads_to]
    assert len(redirected) == 1
    after = next(one for one in stories(database) if len(one.hops) == 2)
    assert redirected[0].leads_to == after.row
    assert after.phases is not None
    assert len({span.host for span in after.phases.spans} - {None}) == 2


def test_every_row_has_its_page_and_its_log_lines(database: Path) -> None:
    """No row of a real crawl breaks the page, and the log says how each of them ended."""
    site = Site(database.parent.parent)
    served = application(site)
    with Database(database) as opened:
        rows = list(opened.rows())
    for row in rows:
        environment: dict[str, str] = {}
        setup_testing_defaults(environment)
        environment.update(PATH_INFO=f"/videos/{row['RowId']}", HTTP_HOST="localhost")
        statuses: list[str] = []
        said = b"".join(served(environment, lambda status, _, told=statuses: told.append(status)))
        assert statuses == ["200 OK"]
        assert f"pytomo.crawl: row: Outcome={row['Outcome']}" in said.decode()
    site.close()
