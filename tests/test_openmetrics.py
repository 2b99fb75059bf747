"""The metrics, read by a strict parser of the grammar and the rules of OpenMetrics 1.0."""

import json
import re
from collections import defaultdict
from dataclasses import dataclass, field
from wsgiref.util import setup_testing_defaults

import pytest
from rows import START, failed
from tables import row, stored, table_of

from pytomo.results import COLUMNS, Address, Response
from pytomo.web.application import application
from pytomo.web.metrics import BASE_UNITS, HISTOGRAMS, PHASES, families, metric_name
from pytomo.web.openmetrics import Sample, exposition, gauge, info
from pytomo.web.site import Site

HOSTILE = 'a"b\\c\nd{}#= é'
NOW = START.timestamp() + 60

_NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
_TEXT = r'(?:[^\n"\\]|\\[n"\\])*'
_LABEL = rf'[a-zA-Z_][a-zA-Z0-9_]*="{_TEXT}"'
_NUMBER = r"[+-]?(?:\d+(?:\.\d*)?(?:e[+-]?\d+)?|\.\d+(?:e[+-]?\d+)?|inf)|nan"
_SAMPLE = re.compile(
    rf"({_NAME})(?:\{{({_LABEL}(?:,{_LABEL})*)?\}})? ({_NUMBER})", re.IGNORECASE | re.ASCII
)
_METADATA = re.compile(rf"# (TYPE|UNIT|HELP) ({_NAME}) (.*)")
_SUFFIXES = {
    "counter": ("_total", "_created"),
    "gauge": ("",),
    "histogram": ("_bucket", "_count", "_sum", "_created"),
    "info": ("_info",),
}


@dataclass
class Read:
    """A family as it was read."""

    type: str = ""
    unit: str = ""
    samples: dict = field(default_factory=dict)
    """By suffix and labels."""


def parsed(text):
    """The families of an exposition; it fails at whatever the specification does not allow."""
    assert text.endswith("\n# EOF\n") or text == "# EOF\n"
    assert "\r" not in text
    found = {}
    name, order = "", []
    for line in text.removesuffix("# EOF\n").split("\n")[:-1]:
        metadata = _METADATA.fullmatch(line)
        if metadata:
            kind, name, value = metadata.groups()
            if kind == "TYPE":
                assert name not in found, f"{name} is told twice"
                order = []
                found[name] = Read(type=value)
            elif kind == "UNIT":
                assert name.endswith(f"_{value}")
                assert not found[name].unit
                found[name].unit = value
            assert not found[name].samples, "metadata come first"
            continue
        sample = _SAMPLE.fullmatch(line)
        assert sample, line
        suffix = sample[1].removeprefix(name)
        assert sample[1].startswith(name)
        assert suffix in _SUFFIXES[found[name].type], line
        labels = tuple(
            (label, re.sub(r"\\(.)", lambda e: "\n" if e[1] == "n" else e[1], value))
            for label, value in re.findall(rf'([a-zA-Z_]\w*)="({_TEXT})"', sample[2] or "")
        )
        assert len({label for label, _ in labels}) == len(labels)
        metric = tuple(pair for pair in labels if pair[0] != "le")
        assert metric not in order[:-1], "metrics are not interleaved"
        if not order or order[-1] != metric:
            order.append(metric)
        assert (suffix, labels) not in found[name].samples, "a sample is told twice"
        found[name].samples[suffix, labels] = float(sample[3])
    for one in found.values():
        check(one)
    return found


def check(read):
    """The rules of counters and histograms."""
    histograms = defaultdict(list)
    for (suffix, labels), value in read.samples.items():
        if read.type == "info":
            assert value == 1
        if suffix in ("_total", "_bucket", "_count"):
            assert value >= 0
            assert value == int(value)
        if suffix == "_bucket":
            metric = tuple(pair for pair in labels if pair[0] != "le")
            histograms[metric].append((float(dict(labels)["le"]), value))
    for metric, buckets in histograms.items():
        assert buckets == sorted(buckets)
        assert [count for _, count in buckets] == sorted(count for _, count in buckets)
        assert buckets[-1] == (float("inf"), read.samples["_count", metric])
        assert ("_sum", metric) in read.samples


def told(table, *, now=NOW, running=True):
    """The families of a table."""
    return parsed(exposition(families(table, "x.db", running=running, now=now)))


def value(read, family, suffix="", /, **labels):
    """A number, by its labels."""
    wanted = frozenset(labels.items())
    found = [
        number
        for (ending, known), number in read[family].samples.items()
        if ending == suffix and frozenset(known) == wanted
    ]
    assert len(found) == 1, read[family].samples
    return found[0]


@pytest.fixture
def table(tmp_path):
    """Two videos, of which one stalled, and a page that led nowhere."""
    timed = Response(
        url="https://r1.example/v",
        average_throughput=4000.0,
        **{"download_time": 5.0, "connect_time": 0.5, "tls_time": 0.25, "first_byte_time": 1.25},
    )
    plain = Response(
        **{"url": "http://r1.example/v", "average_throughput": 2000.0},
        **{"download_time": 3.0, "connect_time": 0.5, "first_byte_time": 0.5},
    )
    address = Address(
        ip="192.0.2.1", resolvers="system,google", host="r1.example", family=4, resolve_time=0.02
    )
    rows = (
        row(0, startup=0.25, ping=10, response=timed, address=address),
        row(20, number=1, startup=2.5, stalled=3, played=9, ping=30, response=plain),
        failed(40),
    )
    return table_of(tmp_path, rows)


def test_rows_are_counted_by_outcome(table):
    """A counter since the first row, for each service and outcome."""
    found = told(table)
    assert found["pytomo_rows"].type == "counter"
    assert value(found, "pytomo_rows", "_total", service="youtube", outcome="ok") == 2
    assert value(found, "pytomo_rows", "_total", service="youtube", outcome="removed") == 1
    assert value(found, "pytomo_rows", "_created", service="youtube", outcome="ok") == (
        pytest.approx(START.timestamp())
    )


def test_distributions_are_histograms(table):
    """Startup delay in seconds and stall ratio, with the sums and counts of all rows."""
    found = told(table)
    name = "pytomo_startup_delay_seconds"
    assert found[name].unit == "seconds"
    assert value(found, name, "_bucket", service="youtube", le="0.25") == 1
    assert value(found, name, "_bucket", service="youtube", le="2.0") == 1
    assert value(found, name, "_bucket", service="youtube", le="3.0") == 2
    assert value(found, name, "_sum", service="youtube") == 2.75
    assert value(found, "pytomo_stall_ratio", "_bucket", service="youtube", le="0.0") == 1
    assert value(found, "pytomo_stall_ratio", "_sum", service="youtube") == 0.25


def test_phases_are_those_of_a_request(table):
    """They add up to the sample, with or without TLS; the mean of the rows that know them."""
    found = told(table)
    phases = {
        phase: value(
            found,
            "pytomo_phase_duration_seconds",
            phase=phase,
            service="youtube",
            resolver="system",
        )
        for phase in PHASES
    }
    assert list(phases) == ["resolve", "connect", "tls", "processing", "transfer"]
    assert phases == pytest.approx(
        {"resolve": 0.02, "connect": 0.5, "tls": 0.25, "processing": 0.875, "transfer": 2.5}
    )


def test_resolve_time_is_told_of_its_own_resolver(table):
    """The time in a row is that of the first resolver that gave the address, not of the others."""
    phases = told(table)["pytomo_phase_duration_seconds"].samples
    known = {dict(labels)["resolver"] for _, labels in phases if ("phase", "resolve") in labels}
    assert known == {"system"}
    assert any(("resolver", "google") in labels for _, labels in phases)


def test_means_are_in_base_units(table):
    """Milliseconds become seconds, kbit/s bytes per second."""
    found = told(table)
    labels = {"service": "youtube", "resolver": "system"}
    assert value(found, "pytomo_recent_ping_min_seconds", **labels) == pytest.approx(0.02)
    throughput = "pytomo_recent_average_throughput_bytes_per_second"
    assert value(found, throughput, **labels) == pytest.approx(3000 * 125)
    assert value(found, "pytomo_recent_rows", **labels) == 2
    assert value(found, "pytomo_recent_rows", service="youtube", resolver="") == 1


def test_old_rows_are_not_recent(table):
    """A crawl that stopped has totals and the time of its last row, and no means."""
    found = told(table, now=NOW + 3600, running=False)
    assert not [name for name in found if "recent" in name or "phase" in name]
    assert value(found, "pytomo_crawl_running") == 0
    assert value(found, "pytomo_last_row_timestamp_seconds") == pytest.approx(
        START.timestamp() + 40
    )


def test_every_unit_has_a_base_unit():
    """Each column that is told has a unit that is known, and a name that ends with it."""
    for metric in COLUMNS:
        if metric.series or metric.column in HISTOGRAMS:
            unit, _ = BASE_UNITS[metric.unit]
            assert metric_name(metric, "pytomo").endswith(f"_{unit}" if unit else "")
    names = [metric_name(metric, "pytomo") for metric in COLUMNS if metric.series]
    assert len(set(names)) == len(names)


def test_nothing_is_told_of_no_rows(tmp_path):
    """An empty database has no numbers; without a database the program is still told."""
    found = told(table_of(tmp_path, []))
    assert set(found) == {"pytomo_build", "pytomo_database", "pytomo_crawl_running"}
    assert set(told(None)) == {"pytomo_build"}


def test_names_of_strangers_are_escaped(tmp_path):
    """Whatever a service or a resolver is called comes back as it is."""
    hostile = row(0, service=HOSTILE, resolvers=HOSTILE.replace(",", ""))
    found = told(table_of(tmp_path, [hostile]))
    assert value(found, "pytomo_recent_rows", service=HOSTILE, resolver=HOSTILE) == 1


def test_families_without_numbers_are_left_out():
    """There is no metadata of what nothing is known of."""
    assert exposition([gauge("pytomo_x", "X.", [])]) == "# EOF\n"
    assert parsed(exposition([gauge("pytomo_x", "X.", [Sample({}, 0.5)])]))
    assert exposition([info("a", "A.", {"b": "c"})]) == (
        '# TYPE a info\n# HELP a A.\na_info{b="c"} 1\n# EOF\n'
    )


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        "pytomo_x 1\n",
        "# TYPE a gauge\na 1 \n# EOF\n",
        "# TYPE a gauge\n# UNIT a seconds\na 1\n# EOF\n",
        "# TYPE a counter\na 1\n# EOF\n",
        '# TYPE a gauge\na{b="\n"} 1\n# EOF\n',
        "# TYPE a gauge\na 1\na 1\n# EOF\n",
        '# TYPE a histogram\na_bucket{le="1"} 2\na_bucket{le="+Inf"} 1\na_sum 1\n# EOF\n',
    ],
)
def test_the_parser_is_strict(wrong):
    """What the specification forbids is found."""
    with pytest.raises((AssertionError, KeyError)):
        parsed(wrong)


@pytest.fixture
def ask(tmp_path):
    """The type and the text of what the dashboard of a directory answers."""
    site = Site(tmp_path, clock=lambda: NOW)
    served = application(site)

    def get(path):
        environment = {}
        setup_testing_defaults(environment)
        environment.update(PATH_INFO=path, HTTP_HOST="localhost")
        answers = []
        body = served(environment, lambda *answer: answers.append(answer))
        ((status, headers),) = answers
        assert status == "200 OK"
        return dict(headers)["Content-Type"], b"".join(body).decode()

    yield get
    site.close()


def test_an_empty_directory_is_healthy(ask):
    """The server works, and there is no database."""
    health = json.loads(ask("/healthz")[1])
    assert health == {"status": "ok", "database": None, "running": False, "rows": 0, "age": None}
    kind, text = ask("/metrics")
    assert kind == "application/openmetrics-text; version=1.0.0; charset=utf-8"
    assert set(parsed(text)) == {"pytomo_build"}


def test_health_tells_the_age_of_the_last_row(ask, tmp_path):
    """Seconds since the newest row of the newest database began."""
    name = "probe.youtube.2026-11-22.10_00_00.pytomo_database.db"
    stored(tmp_path / name, [row(0), row(30, number=1)])
    health = json.loads(ask("/healthz")[1])
    assert (health["status"], health["database"], health["rows"]) == ("ok", name, 2)
    assert health["age"] == pytest.approx(30)
    assert value(parsed(ask("/metrics")[1]), "pytomo_database", "_info", name=name) == 1
