"""The pieces that pages are made of, as HTML."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from pytomo.web.templates import environment

HOSTILE = "<script>alert('x')</script>"


@dataclass
class Asked:
    """A request that links to itself."""

    arguments: Mapping[str, Any] = field(default_factory=dict)

    def here(self, **changes: object) -> str:
        """A link with these changes."""
        return "/here?" + "&".join(f"{name}={value}" for name, value in changes.items())


@dataclass
class Estimated:
    """A value with its interval."""

    value: float | None
    low: float | None = None
    high: float | None = None


def html(source: str, **names: object) -> str:
    """What a template that knows the macros as `m` becomes, in one line of single spaces."""
    text = environment().from_string('{% import "macros.html" as m %}' + source).render(names)
    return " ".join(text.replace("\u202f", " ").split())


def test_estimate_tells_its_interval() -> None:
    """An estimate shows its value and its interval in the unit; without one, the value alone."""
    told = html("{{ m.estimate(e, 's') }}", e=Estimated(1.234, 1.1, 1.4))
    assert "1.23 s" in told
    assert "1.10 to 1.40 s" in told
    assert "interval" not in html("{{ m.estimate(e, 's') }}", e=Estimated(1.234))
    assert "–" in html("{{ m.estimate(e, 's') }}", e=Estimated(None))


def test_whisker_stands_on_its_scale() -> None:
    """The picture of an estimate says its numbers to those who cannot see it."""
    told = html("{{ m.whisker(e, 0, 2, 's') }}", e=Estimated(1.0, 0.5, 1.5))
    assert 'cx="50.0"' in told
    assert 'x="25.0"' in told
    assert 'aria-label="1.00 s, interval 0.500 to 1.50 s"' in told
    assert html("{{ m.whisker(e, 0, 2, 's') }}", e=Estimated(None)) == ""


@pytest.mark.parametrize("grade", ["good", "fair", "poor", "unknown", "failed"])
def test_grades_are_not_colours_alone(grade: str) -> None:
    """Each grade has a sign of its own beside its colour and word."""
    told = html("{{ m.badge(grade, grade) }}", grade=grade)
    others = {"good", "fair", "poor", "unknown", "failed"} - {grade}
    sign = told.split('aria-hidden="true">')[1].split("<")[0]
    assert sign
    assert not [g for g in others if f">{sign}<" in html("{{ m.badge(g, g) }}", g=g)]


def test_pictures_have_a_dark_version() -> None:
    """A picture has a text, a size, a version for dark screens, and links to SVG and PNG."""
    told = html("{{ m.figure('/a.svg?db=x.svg', 'A curve.') }}")
    assert '<source srcset="/a.svg?db=x.svg&amp;theme=dark"' in told
    assert 'alt="A curve."' in told
    assert 'href="/a.png?db=x.svg"' in told


def test_headings_sort() -> None:
    """The heading of a column is a link that sorts by it, downwards first, then the other way."""
    columns = [{"text": "RTT", "unit": "ms", "number": True, "sort": "PingMin", "key": "rtt"}]
    source = "{{ m.data_table('Servers', columns, rows, request) }}"
    rows = [{"rtt": 18.0}]
    told = html(source, columns=columns, rows=rows, request=Asked())
    assert "sort=-PingMin" in told
    assert "aria-sort" not in told
    told = html(source, columns=columns, rows=rows, request=Asked({"sort": "-PingMin"}))
    assert 'aria-sort="descending"' in told
    assert "sort=PingMin" in told


def test_cells_follow_their_kind() -> None:
    """Cells are formatted by the unit and kind of their column; unknown is a dash."""
    columns: list[dict[str, object]] = [
        {"text": "Host", "key": "host"},
        {"text": "At", "key": "at", "kind": "time"},
        {"text": "Loss", "key": "loss", "unit": "ratio", "number": True},
        {"text": "RTT", "key": "rtt", "unit": "ms", "number": True},
    ]
    rows = [{"host": HOSTILE, "at": 0.0, "loss": 0.5, "rtt": None}]
    told = html("{{ m.data_table('Servers', columns, rows) }}", columns=columns, rows=rows)
    assert "<script>" not in told
    assert '<time datetime="1970-01-01T00:00:00Z">' in told
    assert "50.0 %" in told
    assert '<td class="number">–</td>' in told


def test_pager_links_both_ways() -> None:
    """A page in the middle links to the ones before and after it."""
    told = html("{{ m.pager(request, 2, 3, '70 rows') }}", request=Asked())
    assert 'rel="prev" href="/here?page=1"' in told
    assert 'rel="next" href="/here?page=3"' in told
    assert "Page 2 of 3 · 70 rows" in told


def test_outcomes_are_graded() -> None:
    """A measured video is good, one that never started poor, others failed or unknown."""
    grades = {
        "ok": "good",
        "never_started": "poor",
        "dns_timeout": "failed",
        "of a later Pytomo": "unknown",
        "interrupted": "unknown",
    }
    for name, grade in grades.items():
        assert f'class="badge {grade}"' in html("{{ m.outcome(name) }}", name=name)
    assert "unknown" in html("{{ m.outcome(none) }}")


def test_remaining_pieces() -> None:
    """Sections, tiles, panels, facts, notices, meters, choices and empty states show their text."""
    told = html(
        """{% call m.section("Start", "start") %}{% call m.tiles() %}
        {{ m.tile("Share", m.share(0.5), "of 12", "fair") }}{% endcall %}{% endcall %}
        {% call m.columns() %}{% call m.panel("Facts") %}{{ m.facts([("Host", name)]) }}
        {% endcall %}{% endcall %}{{ m.notice(name, "poor") }}{{ m.meter(0.5, "started") }}
        {{ m.choices("Span", [("hour", "/h", "hour"), ("day", "/d", "day")], "day") }}
        {% call m.empty("Nothing yet") %}<p>Wait.</p>{% endcall %}{{ m.number(2.0, "s") }}
        {{ m.time(none) }}""",
        name=HOSTILE,
    )
    assert 'aria-labelledby="start"' in told
    assert '<dl class="tile fair">' in told
    assert "<script>" not in told
    assert '<a href="/d" aria-current="true">' in told
    assert told.endswith("2.00 s</span> –")
