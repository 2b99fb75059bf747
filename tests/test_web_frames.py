"""How new the rows of a page are."""

from itertools import count
from types import SimpleNamespace

import pytest
from rows import failed, measured

from pytomo.store import Store
from pytomo.web.frames import Reader

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
