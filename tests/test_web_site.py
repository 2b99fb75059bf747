import os
import sqlite3
import threading
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from web_client import LATER, NAME, Clock, add_row, write_database

from pytomo.database import Database
from pytomo.errors import CrawlError
from pytomo.store import Store
from pytomo.web.answers import Locked, NotFound, NothingYet, Unreadable
from pytomo.web.archive import LONGEST_SILENCE, PATIENCE, Archive
from pytomo.web.frames import MOST_FRAMES
from pytomo.web.site import Site


@pytest.fixture
def site(tmp_path):
    """A site of a directory, which looks at it anew with every question."""
    site = Site(tmp_path, monotonic=Clock())
    yield site
    site.close()


def test_newest_by_name(tmp_path, site):
    """The time in the name says which database is the newest, not that of the file."""
    write_database(tmp_path / LATER)
    write_database(tmp_path / NAME)
    assert site.source().name == LATER
    assert [entry.name for entry in site.archive()] == [LATER, NAME]


def test_other_names(tmp_path, site):
    """A database of another name, such as a copy, comes after all that have a time in theirs."""
    write_database(tmp_path / NAME)
    for name, changed in (("mine.db", 4e9), ("old.db", 1e9)):
        write_database(tmp_path / name)
        os.utime(tmp_path / name, (changed, changed))
    assert site.names() == (NAME, "mine.db", "old.db")
    (tmp_path / NAME).unlink()
    assert site.source().name == "mine.db"


def test_following(tmp_path, site):
    """A newer database is gone over to when it appears; the one before is named."""
    write_database(tmp_path / NAME)
    assert site.source().followed
    assert site.following.before is None
    write_database(tmp_path / LATER)
    assert site.source().name == LATER
    assert (site.following.name, site.following.before) == (LATER, NAME)


def test_pinned(tmp_path, site):
    """Who names a database gets it, whatever else appears."""
    write_database(tmp_path / NAME)
    write_database(tmp_path / LATER)
    source = site.source(NAME)
    assert source.name == NAME
    assert not source.followed


def test_growing(tmp_path, site):
    """Rows that a crawl writes are there with the next question, and change the version."""
    with Store(tmp_path / NAME, {"service": "youtube", "started": _now()}) as store:
        add_row(store, 0)
        before = site.source().table
        add_row(store, 1)
        after = site.source().table
        assert site.source().running
    assert (len(before), len(after)) == (1, 2)
    assert before.version != after.version


def _now():
    return datetime.now(UTC).isoformat()


def test_an_output_directory(tmp_path):
    """The directory may be one that has `databases` in it, which may appear later."""
    site = Site(tmp_path, monotonic=Clock())
    with pytest.raises(NothingYet):
        site.source()
    write_database(tmp_path / "databases" / NAME)
    assert site.source().name == NAME
    assert site.directory == tmp_path / "databases"
    site.close()


def test_no_directory(tmp_path):
    """A directory that is not there yet has no database yet."""
    site = Site(tmp_path / "later", monotonic=Clock())
    assert site.archive() == []
    write_database(tmp_path / "later" / NAME)
    assert site.source().name == NAME
    site.close()


def test_one_file(tmp_path):
    """A dashboard of one database knows no other, and leaves it for none."""
    path = write_database(tmp_path / NAME)
    write_database(tmp_path / LATER)
    site = Site(tmp_path, path)
    assert site.names() == (NAME,)
    assert site.source().name == NAME
    with pytest.raises(NotFound):
        site.source(LATER)
    site.close()


@pytest.mark.parametrize("name", ["", ".", "..", "x.db", f"../{NAME}", f"./{NAME}", "/", "a\0b.db"])
def test_names_that_are_none(tmp_path, site, name):
    """Only the plain name of a file in the archive is one."""
    write_database(tmp_path / NAME)
    with pytest.raises(NotFound):
        site.source(name)


def test_links(tmp_path):
    """A link within the directory is a database of it; one that leads outside, or round, is not."""
    inside = tmp_path / "databases"
    write_database(tmp_path / "outside.db")
    write_database(inside / NAME)
    (inside / "link.db").symlink_to(NAME)
    (inside / "out.db").symlink_to(tmp_path / "outside.db")
    (inside / "round.db").symlink_to("round.db")
    assert set(Archive(inside).names()) == {NAME, "link.db"}


def test_what_cannot_be_read(tmp_path, site):
    """Files that are no databases stay in the archive with the reason; the next one is shown."""
    write_database(tmp_path / NAME)
    whole = (tmp_path / NAME).read_bytes()
    (tmp_path / "a.2027-01-01.00_00_00.db").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "b.2027-01-02.00_00_00.db").write_bytes(b"no database at all" * 100)
    (tmp_path / "c.2027-01-03.00_00_00.db").write_bytes(b"")
    sqlite3.connect(tmp_path / "d.2027-01-04.00_00_00.db").execute("CREATE TABLE other (x)")
    problems = {entry.name[0]: entry.problem for entry in site.archive()}
    assert all(problems[name] for name in "abcd")
    assert problems["v"] is None
    assert site.source().name == NAME
    with pytest.raises(Unreadable, match=r"b\.2027"):
        site.source("b.2027-01-02.00_00_00.db")


def test_problems_name_no_directory(tmp_path, site):
    """Why a file cannot be read is told without where it is."""
    (tmp_path / "x.db").write_bytes(b"nothing of the kind" * 100)
    (entry,) = site.archive()
    assert str(tmp_path) not in entry.problem


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir])
def test_no_files(tmp_path, site, make):
    """A pipe, which would be waited for without end, and a directory are no databases."""
    write_database(tmp_path / NAME)
    make(tmp_path / LATER)
    (tmp_path / "link.db").symlink_to(LATER)
    assert [entry.name for entry in site.archive()] == [NAME]
    assert site.source().name == NAME
    with pytest.raises(NotFound):
        site.source(LATER)
    with pytest.raises(CrawlError, match="no regular file"):
        Database(tmp_path / LATER)


@pytest.mark.parametrize("name", [b"bad\xff.db", b"a\nb.db", "\u202ebd.db".encode()])
def test_names_that_no_link_can_hold(tmp_path, site, name):
    """A file whose name is no UTF-8, or cannot be printed, is left out."""
    path = write_database(tmp_path / NAME)
    os.link(path, os.path.join(os.fsencode(tmp_path), name))
    assert site.names() == (NAME,)


def test_locked(tmp_path, site):
    """A locked database is said to be; when the lock is gone it is read."""
    path = write_database(tmp_path / NAME)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(Locked, match="locked"):
        site.source(NAME)
    with pytest.raises(Locked, match="locked"):
        site.source()
    other.close()
    assert len(site.source(NAME).table) == 6


def test_locked_for_a_moment(tmp_path, site):
    """Who lets go of a database soon is waited for."""
    path = write_database(tmp_path / NAME)
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN EXCLUSIVE")
    timer = threading.Timer(PATIENCE / 5, other.rollback)
    timer.start()
    assert len(site.source(NAME).table) == 6
    timer.join()
    other.close()


def test_locked_later(tmp_path, site):
    """What is known of a database is shown while another program has locked it."""
    path = write_database(tmp_path / NAME)
    assert len(site.source().table) == 6
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("PRAGMA journal_mode = DELETE")
    other.execute("BEGIN EXCLUSIVE")
    assert len(site.source().table) == 6
    other.close()


def test_damaged(tmp_path, site):
    """A database that is cut off is said to be damaged, in words of ours."""
    path = write_database(tmp_path / NAME, 60)
    path.write_bytes(path.read_bytes()[:6000])
    (entry,) = site.archive()
    assert entry.problem == f"cannot read {NAME}: this database is damaged (cut off?)"


def test_running(tmp_path):
    """A crawl runs while it has no end and writes; a killed one runs only for a while longer."""
    facts = {"started": _now(), "settings": {"download_time": 30, "delay": 10}}
    write_database(tmp_path / NAME, ended=False, **facts)
    (entry,) = Archive(tmp_path).entries()
    assert entry.running(entry.changed + 1)
    assert entry.running(entry.changed + LONGEST_SILENCE + 100)
    assert not entry.running(entry.changed + LONGEST_SILENCE + 121)


def test_a_copy_does_not_run(tmp_path):
    """A database without an end is no running crawl because its file is new: its rows are old."""
    write_database(tmp_path / NAME, ended=False, started="2026-01-01T00:00:00+00:00")
    (entry,) = Archive(tmp_path).entries()
    last = datetime(2026, 11, 22, 10, 1, 40, tzinfo=UTC).timestamp()
    assert replace(entry, changed=last).running(last + 60)
    later = last + 10 * LONGEST_SILENCE
    assert not replace(entry, changed=later).running(later)


def test_wrong_clocks(tmp_path, site):
    """Rows that a wrong clock dated have no time: the archive and the pages do without them."""
    path = write_database(tmp_path / NAME)
    with sqlite3.connect(path) as connection:
        for row, time in ((1, "0001-01-01 00:00:00.0"), (2, "9999-12-31 23:59:59.9")):
            sql = "UPDATE pytomo_crawl SET ID = ? WHERE rowid = ?"
            connection.execute(sql, (time, row))
    connection.close()
    (entry,) = site.archive()
    assert (entry.first[:19], entry.last[:19]) == ("2026-11-22 10:00:40", "2026-11-22 10:01:40")
    assert site.source().table.row_id.tolist() == [3, 4, 5, 6]


def test_ended(tmp_path):
    """A crawl that noted its end does not run, however lately that was."""
    write_database(tmp_path / NAME)
    (entry,) = Archive(tmp_path).entries()
    assert not entry.running(entry.changed)


def test_memory(tmp_path, site):
    """Only a few databases are kept in memory."""
    names = [f"{n}.db" for n in range(MOST_FRAMES + 3)]
    for name in names:
        write_database(tmp_path / name, 1)
        assert len(site.source(name).table) == 1
    assert len(site.frames) == MOST_FRAMES


def test_replaced(tmp_path, site):
    """Another database of the same name is read anew."""
    write_database(tmp_path / NAME, 2)
    assert len(site.source().table) == 2
    write_database(tmp_path / "new", 5)
    (tmp_path / "new").replace(tmp_path / NAME)
    assert len(site.source().table) == 5
