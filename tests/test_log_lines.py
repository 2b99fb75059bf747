"""The lines of a log that belong to a row, found without reading the whole file."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from pytomo.database import FILE_ENDING
from pytomo.log_lines import MOST_LINES, lines_of_row, log_of

START = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)


def at(second, digits=3):
    return f"{START + timedelta(seconds=second):%Y-%m-%d %H:%M:%S.%f}"[: -6 + digits or None]


def visit(second, url, rows, *, noise=0):
    """The log of a visit: 0.4 s for the page, then 1 s for each row; and the IDs of its rows."""
    lines = [f"{at(second)} INFO pytomo.crawl: visiting {url} (round 0)"]
    lines += [f"{at(second + 0.1)} DEBUG pytomo.pages: noise {n}" for n in range(noise)]
    lines += [f"{at(second + 0.2)} INFO pytomo.session: resolving names of {url}"]
    ids = []
    for number in range(rows):
        begun = second + 0.4 + number
        ids.append(at(begun + 0.0004, 6))
        lines.append(f"{at(begun)} INFO pytomo.session: downloading {number} of {url}")
        lines.append(f"{at(begun + 0.9)} INFO pytomo.crawl: row: {number} of {url}")
    lines.append(f"{at(second + rows + 0.4)} INFO pytomo.session: related to {url}")
    return lines, ids


@pytest.fixture
def log(tmp_path):
    """A log of a thousand visits of two rows each, with the IDs of all rows."""
    lines, ids = [f"{at(-5)} DEBUG pytomo.pages: popular"], []
    for number in range(1000):
        more, its = visit(10 * number, f"video-{number}", 2)
        lines += more
        ids += its
    path = tmp_path / "a.log"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path, ids


def told(log, visit_number, number):
    path, ids = log
    first = 2 * visit_number
    near = {"before": ids[first - 1] if first else None, "after": [*ids, None][first + 2]}
    found = lines_of_row(path, ids[first : first + 2], number, **near)
    return [re.sub(r".*: ", "", line) for line in found.lines]


@pytest.mark.parametrize("number", [0, 1, 500, 999])
def test_a_row_has_its_lines(log, number):
    """The first row has all up to its end; the second what they share, and its own."""
    url = f"video-{number}"
    shared = [f"visiting {url} (round 0)", f"resolving names of {url}"]
    assert told(log, number, 0) == [*shared, f"downloading 0 of {url}", f"0 of {url}"]
    assert told(log, number, 1) == [*shared, f"downloading 1 of {url}", f"1 of {url}"]


def test_a_log_with_damage(log):
    """Bytes that are no text elsewhere change nothing, nor does a comma before the milliseconds."""
    path, ids = log
    content = path.read_bytes()
    path.write_bytes(re.sub(rb"(:\d\d)\.(\d{3} )", rb"\1,\2", content) + b"\xff\xfe no time\n")
    assert told((path, ids), 700, 0)[-1] == "0 of video-700"


def test_what_follows_a_line_belongs_to_it(tmp_path):
    """A traceback has no times: it comes with the line before it."""
    path = tmp_path / "a.log"
    lines, ids = visit(0, "u", 1)
    path.write_text("\n".join([*lines[:-2], "Traceback", "  ValueError", *lines[-2:]]))
    found = lines_of_row(path, ids, 0, before=None, after=None)
    assert found.lines == (*lines[:-2], "Traceback", "  ValueError", lines[-2])


def test_a_failed_visit_just_before_is_another_one(tmp_path):
    """A row whose page failed has the time of its visit: its lines are not those of the next."""
    path = tmp_path / "a.log"
    first, _ = visit(0, "same", 1)
    second, ids = visit(5, "same", 1)
    path.write_text("\n".join([*first, *second]))
    found = lines_of_row(path, ids, 0, before=at(0, 6), after=None)
    assert found.lines == tuple(second[:-1])


def test_only_the_last_lines_of_many(tmp_path):
    """More lines than fit on a page are counted, and the end is what is shown."""
    path = tmp_path / "a.log"
    lines, ids = visit(0, "u", 1, noise=MOST_LINES + 7)
    path.write_text("\n".join(lines))
    found = lines_of_row(path, ids, 0, before=None, after=None)
    assert len(found.lines) == MOST_LINES
    assert found.left_out == 11
    assert found.lines[-1].endswith("row: 0 of u")


@pytest.mark.parametrize("content", ["", "no line with a time\n" * 9])
def test_a_log_without_times(tmp_path, content):
    """A log that says nothing has no lines that begin a row, and is no error."""
    path = tmp_path / "a.log"
    path.write_text(content)
    assert lines_of_row(path, [at(0, 6)], 0, before=at(-9, 6), after=at(9, 6)).lines == ()


def test_a_log_without_the_crawls_own_lines(tmp_path):
    """Of a log with warnings only, those between the rows round the visit are shown."""
    path = tmp_path / "a.log"
    path.write_text("".join(f"{at(second)} WARNING pytomo.x: {second}\n" for second in range(9)))
    found = lines_of_row(path, [at(4, 6)], 0, before=at(3, 6), after=at(5, 6))
    assert [line[-1] for line in found.lines] == ["3", "4", "5"]


def test_the_log_of_a_database(tmp_path):
    """It has the database's name, in logs/ beside databases/; nowhere else is looked."""
    database = tmp_path / "databases" / f"a{FILE_ENDING}"
    assert log_of(database) is None
    log = tmp_path / "logs" / "a.pytomo.log"
    log.parent.mkdir()
    log.touch()
    assert log_of(database) == log
    assert log_of(tmp_path / f"a{FILE_ENDING}") is None
    assert log_of(tmp_path / "databases" / "a.db") is None


def test_a_link_out_of_the_logs_is_not_followed(tmp_path):
    """A log that is a link to a file elsewhere is not read."""
    (tmp_path / "logs").mkdir()
    (tmp_path / "secret").write_text("secret")
    (tmp_path / "logs" / "a.pytomo.log").symlink_to(tmp_path / "secret")
    assert log_of(tmp_path / "databases" / f"a{FILE_ENDING}") is None
