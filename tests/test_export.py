import csv
import io
import json
import sqlite3
import tracemalloc
from contextlib import closing
from datetime import UTC, datetime

import pytest
from rows import ARRIVALS, START, failed, measured

from pytomo.database import Database
from pytomo.errors import CrawlError
from pytomo.export import FORMATS, Lost, batches, export, typed
from pytomo.export.tables import MEASUREMENTS, TABLES, Column, Table
from pytomo.results import COLUMNS, Freeze, Playback, Response, Stall
from pytomo.store import Store

FORMAT = {form.name: form for form in FORMATS}
TABLE = {table.name: table for table in TABLES}
FREEZE = Freeze(1.0, 0.5, 0.75, censored=False)
NASTY = 'a "quoted", title;\r\nof two lines'


@pytest.fixture
def path(tmp_path):
    """A database of rows with and without values, and with text that formats must escape."""
    path = tmp_path / "test.pytomo_database.db"
    response = Response(url=NASTY, status=200, average_throughput=0.1 + 0.2)
    with Store(path, {"host": "here", "resolvers": ["system", "gØØgle"]}) as store:
        store(measured(0))
        store(failed(1))
        frozen = Playback(stalls=(Stall(3.5, 1.25, 2.0, True),), freezes=(FREEZE,))
        store(measured(2, response=response, playback=frozen))
    return path


def written(path, form, table="measurements"):
    return b"".join(export(path, FORMAT[form], TABLE[table]))


def expected(path):
    """The rows as `Database` has them, with times and truth values of Python."""
    with Database(path) as database:
        rows = list(database.rows())
    for row in rows:
        row["ID"] = datetime.fromisoformat(row["ID"]).replace(tzinfo=UTC)
        row["StallCensored"] = None if row["StallCensored"] is None else bool(row["StallCensored"])
    return rows


def read_csv(data):
    return list(csv.DictReader(io.StringIO(data.decode(), newline="")))


def read_parquet(data):
    parquet = pytest.importorskip("pyarrow.parquet")
    return parquet.read_table(io.BytesIO(data))


def test_parquet_is_equal_to_the_rows(path):
    """Parquet gives back each value of each row, and NULL as null."""
    assert read_parquet(written(path, "parquet")).to_pylist() == expected(path)


def test_json_is_equal_to_the_rows(path):
    """JSON is an array of objects, one a line, with each value of each row."""
    text = written(path, "json").decode()
    rows = json.loads(text)
    for row in rows:
        row["ID"] = datetime.fromisoformat(row["ID"])
    assert rows == expected(path)
    assert len(text.splitlines()) == len(rows) + 2


def test_csv_is_equal_to_the_rows(path):
    """CSV gives back each value of each row; unknown is an empty field."""
    read = {
        bool: lambda text: text == "true",
        datetime: datetime.fromisoformat,
        **{kind: kind for kind in (int, float, str)},
    }
    kinds = {column.name: read[column.type] for column in MEASUREMENTS.columns}
    rows = [
        {name: kinds[name](text) if text else None for name, text in row.items()}
        for row in read_csv(written(path, "csv"))
    ]
    assert rows == expected(path)


def test_csv_is_as_rfc_4180_has_it(path):
    """Lines end with CRLF, the header is the first, fields with quotes or breaks are quoted."""
    data = written(path, "csv")
    assert data.startswith(b"ID,Service,Url,")
    assert data.count(b"\r\n") == 4 + NASTY.count("\r\n")
    assert b'"a ""quoted"", title;\r\nof two lines"' in data


def test_columns_stand_in_the_classic_order(path):
    """The columns are those of the database in its order, RowId last."""
    header = written(path, "csv").split(b"\r\n")[0].decode().split(",")
    assert header == [*(metric.column for metric in COLUMNS), "RowId"]


def test_parquet_tells_types_units_and_meanings(path):
    """Each field has the type of its metric, its unit and its one sentence."""
    schema = read_parquet(written(path, "parquet")).schema
    types = {
        **{int: "int64", float: "double", str: "string", bool: "bool"},
        datetime: "timestamp[us, tz=UTC]",
    }
    for metric in COLUMNS:
        field = schema.field(metric.column)
        assert str(field.type) == types[metric.type]
        assert field.metadata == {b"unit": metric.unit.encode(), b"meaning": metric.text.encode()}


@pytest.mark.parametrize("form", FORMAT)
def test_what_belongs_to_the_rows(path, form):
    """Stalls, freezes, answers, arrivals and facts can be had in each format."""
    rows = {name: read(written(path, form, name), form) for name in TABLE}
    assert [float(row["Start"]) for row in rows["stalls"]] == [3.5, 3.5]
    assert [row["Resolver"] for row in rows["answers"]] == ["system", "google"] * 2
    assert [int(row["Size"]) for row in rows["arrivals"]] == [a.size for a in ARRIVALS] * 2
    assert [float(row["Appended"]) for row in rows["arrivals"] if row["Appended"]] == [1.0] * 2
    assert [float(row["Length"]) for row in rows["freezes"]] == [0.5]
    facts = {row["Key"]: json.loads(row["Value"]) for row in rows["crawl"]}
    assert facts == {"host": "here", "resolvers": ["system", "gØØgle"]}


def read(data, form):
    """The rows of any format."""
    if form == "parquet":
        return read_parquet(data).to_pylist()
    return json.loads(data) if form == "json" else read_csv(data)


@pytest.mark.parametrize("form", FORMAT)
@pytest.mark.parametrize("table", TABLE)
def test_an_empty_database(tmp_path, form, table):
    """Without a row there is a whole, empty file with the columns that can have them."""
    path = tmp_path / "empty.db"
    with Store(path, {}):
        pass
    data = written(path, form, table)
    assert read(data, form) == []
    names = [column.name for column in TABLE[table].columns]
    if form == "csv":
        assert data.decode() == ",".join(names) + "\r\n"
    if form == "parquet":
        assert read_parquet(data).column_names == names


@pytest.mark.parametrize("form", FORMAT)
def test_databases_of_the_first_pytomo(tmp_path, form):
    """They have the classic columns, words where there was no number, and no other tables."""
    path = tmp_path / "old.db"
    with sqlite3.connect(path) as connection:
        connection.execute('CREATE TABLE "pytomo_crawl_2012-03-01.10_20_30" (ID, PingMin, Url)')
        connection.execute(
            'INSERT INTO "pytomo_crawl_2012-03-01.10_20_30" VALUES (?, ?, ?)',
            ("2012-03-01 10:20:31.000005", "None", b"http://\xff"),
        )
    connection.close()
    (row,) = read(written(path, form), form)
    assert str(row["ID"]).startswith("2012-03-01")
    assert row["PingMin"] in (None, "")
    assert row["Url"] == "http://\ufffd"
    assert [read(written(path, form, name), form) for name in TABLE if name != "measurements"] == [
        [] for _ in range(len(TABLE) - 1)
    ]


@pytest.mark.parametrize(
    ("kind", "cell", "value"),
    [
        (int, 5, 5),
        (int, 5.0, 5),
        (int, "five", None),
        (int, float("inf"), None),
        (int, 2.0**63, None),
        (int, -(2.0**63), -(2**63)),
        (float, 5, 5.0),
        (float, "x", None),
        (bool, 1, True),
        (bool, 0, False),
        (str, 5, "5"),
        (str, b"caf\xc3\xa9", "café"),
        (datetime, "2026-11-22 10:00:00.250000", START),
        (datetime, "2026-11-22T11:00:00.250000+01:00", START),
        (datetime, "yesterday", None),
        (datetime, 5, None),
        *((kind, None, None) for kind in (int, float, bool, str, datetime)),
    ],
)
def test_cells_get_the_type_of_their_column(kind, cell, value):
    """Whatever SQLite holds becomes a value of the column's type, or unknown."""
    (found,) = typed([cell], kind)
    assert found == value
    assert type(found) is type(value)


def test_cells_that_are_left_out_are_counted():
    """Those that were there, and are no value of their column; not those that never were."""
    lost = Lost()
    assert typed((1e30, None, "x", 5.0), int, lost) == [None, None, None, 5]
    assert lost == Lost(2)


def test_cells_are_found_by_the_names_of_their_columns(path):
    """In whatever order a database has them, and whatever else it has."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("ALTER TABLE stalls RENAME TO old")
        connection.execute("CREATE TABLE stalls AS SELECT 5 AS New, Length, Start, * FROM old")
    stalls = read(written(path, "json", "stalls"), "json")
    assert [(stall["Start"], stall["Length"]) for stall in stalls] == [(3.5, 1.25)] * 2


def test_json_has_no_infinity():
    """JSON cannot tell what is endless (RFC 8259): null."""
    table = Table("one", "", (Column("x", float, ""),), lambda _: iter(()))
    data = b"".join(FORMAT["json"].encode(table, [[[1.5, float("inf")]]]))
    assert json.loads(data) == [{"x": 1.5}, {"x": None}]


@pytest.mark.parametrize("form", FORMAT)
def test_batches_make_one_file(path, form):
    """However many rows are read at a time, it is one file of all of them, in order."""
    with Database(path) as database:
        pieces = FORMAT[form].encode(MEASUREMENTS, batches(MEASUREMENTS, database, size=1))
        assert [int(row["RowId"]) for row in read(b"".join(pieces), form)] == [1, 2, 3]


def test_memory_stays_flat(tmp_path):
    """Ten times the rows need no more memory."""
    peaks = []
    for count in (4000, 40_000):
        path = tmp_path / f"{count}.db"
        stalls = tuple(Stall(1.0, 1.0, 1.0, False) for _ in range(count))
        with Store(path, {}) as store:
            store(measured(playback=Playback(stalls=stalls)))
        tracemalloc.start()
        for _ in export(path, FORMAT["csv"], TABLE["stalls"]):
            pass
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.5 * peaks[0]


@pytest.mark.parametrize("content", [None, b"", b"no database", b"SQLite format 3\0"])
def test_what_is_no_database_is_told(tmp_path, content):
    """A missing file, an empty one or another kind of file raise CrawlError before any byte."""
    path = tmp_path / "x.db"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(CrawlError):
        next(export(path, FORMAT["csv"], MEASUREMENTS))
