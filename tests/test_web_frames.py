"""How new the rows of a page are."""

import shutil
import threading
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path
from types import SimpleNamespace

import pytest
from rows import START, failed, measured

from pytomo.errors import CrawlError
from pytomo.store import Store
from pytomo.web.frames import MOST_FRAMES, Frames, Reader

CHANGES = count()


class Clock:
    """A clock that is set."""

    now = 0.0

    def __call__(self):
        return self.now


def entry(path):
    """What the archive says of a database that has just changed."""
    return SimpleNamespace(path=path, signature=next(CHANGES))


@pytest.mark.parametrize(
    ("rows", "later", "known"), [(3, 0.0, 4), (11_000, 0.01, 11_000), (11_000, 0.06, 11_001)]
)
def test_a_large_table_stays_for_a_while(tmp_path, rows, later, known):
    """A new row is seen at once; with many rows, after a time that their number tells."""
    path = tmp_path / "test.pytomo_database.db"
    clock = Clock()
    with Store(path, {}) as store:
        store(measured())
        store._connection.execute(
            "INSERT INTO pytomo_crawl (ID) WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL"
            f" SELECT i + 1 FROM n WHERE i < {rows}) SELECT '2026-11-22 10:00:00' FROM n"
        )
        reader = Reader(entry(path), clock)
        reader.frame.wait(30)
        clock.now = 10.0
        assert len(reader.table(entry(path))) == rows
        store(failed(1))
        clock.now += later
        assert len(reader.table(entry(path))) == known
        reader.frame.close()


def write(path, rows, first=0):
    """A database whose crawl has ended."""
    with Store(path, {}) as store:
        for number in range(rows):
            store(failed(first + number))
    return path


def of(path):
    """What the archive says of a database."""
    return SimpleNamespace(name=path.name, path=path, signature=(path.stat().st_ino,))


class Slow(type(Path())):
    """A path that takes its time until it is let go."""

    let_go = threading.Event()

    def stat(self, **options):
        self.let_go.wait(30)
        return super().stat(**options)


@pytest.mark.parametrize("rows", [1, 3, 5])
def test_a_database_that_is_copied_over_is_read_anew(tmp_path, rows):
    """Another database in the same file takes the place of the one that was there."""
    path = write(tmp_path / "one.db", 3)
    reader = Reader(entry(path), clock := Clock())
    assert len(reader.table(entry(path))) == 3
    shutil.copyfile(write(tmp_path / "other.db", rows, first=40), path)
    clock.now = 1.0
    table = reader.table(entry(path))
    assert len(table) == rows
    assert int(table.time[0] - START.timestamp()) == 40
    reader.frame.close()


def test_a_slow_database_holds_up_no_other(tmp_path):
    """While a database is being opened others can be read; who wants it gets the same reader."""
    slow, quick = write(tmp_path / "slow.db", 1), write(tmp_path / "quick.db", 2)
    frames, known = Frames(), of(slow)
    known.path = Slow(slow)
    with ThreadPoolExecutor(3) as readers:
        waiting = [readers.submit(frames.reader, known) for _ in range(3)]
        try:
            assert len(frames.reader(of(quick)).table(entry(quick))) == 2
            assert not any(future.done() for future in waiting)
        finally:
            Slow.let_go.set()
        assert len({future.result() for future in waiting}) == 1
    assert len(frames) == 2
    frames.close()


def test_what_cannot_be_opened_is_tried_again(tmp_path):
    """A failure is not kept."""
    path = tmp_path / "one.db"
    path.write_bytes(b"")
    frames = Frames()
    with pytest.raises(CrawlError):
        frames.reader(of(path))
    path.unlink()
    write(path, 2)
    assert len(frames.reader(of(path)).table(entry(path))) == 2
    frames.close()


def test_few_databases_are_kept(tmp_path):
    """Of many databases those that were looked at last are kept."""
    frames = Frames()
    paths = [write(tmp_path / f"{number}.db", 1) for number in range(MOST_FRAMES + 2)]
    found = [frames.reader(of(path)) for path in paths]
    assert len(frames) == MOST_FRAMES
    assert frames.reader(of(paths[-1])) is found[-1]
    assert frames.reader(of(paths[0])) is not found[0]
    frames.close()
