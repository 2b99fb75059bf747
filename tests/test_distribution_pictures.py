"""Distributions and smoke as pictures: what is to be read in them, whatever the data are."""

import math
import re

import numpy as np
import pytest
from rows import failed, measured, visit
from table_fixtures import column, never, started, table

from pytomo.analysis.distributions import GROUPINGS, distributions
from pytomo.analysis.sample import PARAMETERS
from pytomo.analysis.spread import spread
from pytomo.pictures import distribution as distribution_picture
from pytomo.pictures import spread as spread_picture
from pytomo.pictures.scale import NEVER, scale_of, written
from pytomo.pictures.style import DARK, LIGHT, THEMES

__all__ = ["column", "table"]

HOUR = 3600.0


@pytest.fixture
def rows(table):
    """Rows of two services with names from strangers; some failed, some never started."""
    strange = {"visit": visit(service="<b>$x^2$</b> & co")}
    delays = (0.05, 0.4, 2.0, 31.0)
    return table(
        *(started(delay, 60.0 * number) for number, delay in enumerate(delays)),
        *(started(delay, **strange) for delay in delays),
        never(),
        *(failed(9000 + number) for number in range(12)),
    )


def curves(values, theme=LIGHT, image="svg", **options):
    return distribution_picture.draw(values, theme, image, **options).decode()


def smoke(values, theme=LIGHT, image="svg", **options):
    return spread_picture.draw(values, theme, image, **options).decode()


def test_a_curve_is_named_with_its_numbers(rows):
    """Each group has its name, rows and median as text; names are escaped, and are no formula."""
    text = curves(distributions(rows, "StartupDelay", "service"), rows="(of a test)")
    assert "StartupDelay by service" in text
    assert "(of a test)" in text
    assert "&lt;b&gt;$x^2$&lt;/b&gt; &amp; co" in text
    assert "5 rows · median 2 s · 20 % never" in text
    assert "4 rows · median 1.2 s" in text


def test_what_is_not_shown_is_said(table):
    """Left out groups, rows in several groups, and lower bounds are told in the picture."""
    many = table(*(started(1.0, visit=visit(service=f"s{n}")) for n in range(8)))
    assert "not shown: 2 smaller groups, 2 rows" in curves(
        distributions(many, "StartupDelay", "service")
    )
    shared = table(started(1.0, resolvers="system,google"))
    assert "for each resolver" in curves(distributions(shared, "StartupDelay", "resolver"))


@pytest.mark.parametrize("metric", PARAMETERS, ids=lambda metric: metric.column)
def test_every_parameter_can_be_drawn(rows, metric):
    """Both pictures of any parameter, without a warning."""
    assert metric.column in curves(distributions(rows, metric.column, "resolver"))
    assert metric.column in smoke(spread(rows, metric.column))


@pytest.mark.parametrize("theme", THEMES)
def test_nothing_can_be_drawn(rows, theme):
    """Where no row has a value, and where there is no row, the picture says so."""
    nothing = rows.where(np.zeros(len(rows), bool))
    found = distributions(nothing, "StartupDelay", "service")
    assert "no row has a value" in curves(found, THEMES[theme])
    assert "no data" in smoke(spread(nothing, "StartupDelay"), THEMES[theme])


def test_pictures_can_be_compared(rows):
    """The same rows give the same bytes."""
    found, over_time = distributions(rows, "StartupDelay"), spread(rows, "StartupDelay")
    assert curves(found) == curves(found) != curves(found, DARK)
    assert smoke(over_time) == smoke(over_time) != smoke(over_time, DARK)


@pytest.mark.parametrize("by", GROUPINGS)
def test_every_grouping_can_be_drawn(rows, by):
    """Whatever the rows are grouped by, its words are in the title."""
    title = f"StartupDelay by {GROUPINGS[by].text}" if by != "nothing" else "StartupDelay"
    assert title in curves(distributions(rows, "StartupDelay", by))


@pytest.mark.parametrize("values", [[0.0], [5.0], [0.0, 0.0], [0.0, 1e-9, 1e12], [3.0, 3.0]])
def test_any_values_can_be_drawn(column, values):
    """One value, zeros only, and values of very different size."""
    found = column("DownloadBytes", values, range(len(values)))
    assert "DownloadBytes" in curves(distributions(found, "DownloadBytes"))
    assert "DownloadBytes" in smoke(spread(found, "DownloadBytes"))


def test_an_image_is_a_png(rows):
    """The other format of pictures."""
    found = distributions(rows, "StartupDelay")
    assert distribution_picture.draw(found, DARK, "png").startswith(b"\x89PNG")
    assert spread_picture.draw(spread(rows, "StartupDelay"), DARK, "png").startswith(b"\x89PNG")


def test_smoke_says_what_it_is_made_of(rows):
    """The width of a step, the values and rows, the zone of the time, and what the bands are."""
    text = smoke(spread(rows, "StartupDelay"))
    assert "UTC · a step is 3 h · 9 values of 21 rows" in text
    for words in ("median", "25 to 75 %", "10 to 90 %", "least to greatest", "no data", NEVER):
        assert words in text


def test_gaps_look_different_from_each_other(rows):
    """No data, failures and samples that could not be watched have a hatch each."""
    text = smoke(spread(rows, "StartupDelay"))
    assert len(set(re.findall(r'<pattern id="(\w+)"', text))) == 3
    assert "failed" in text
    assert "only stalls" in text


def test_times_without_rows_are_hatched(table):
    """The span that is looked at is drawn whole, hatched where there is no row."""
    rows = table(measured())
    alone = spread(rows, "PingMin")
    wide = spread(rows, "PingMin", start=alone.start - HOUR, end=alone.end + HOUR)
    assert smoke(wide).count("url(#h") > smoke(alone).count("url(#h")


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.5, "ratio", "50 %"),
        (12_300.0, "kbps", "12.3 Mbit/s"),
        (800.0, "kbps", "800 kbit/s"),
        (0.0, "kbps", "0 bit/s"),
        (2_000_000.0, "bytes", "2 MB"),
        (0.25, "s", "0.25 s"),
        (12_345.0, "", "12\u202f345"),
        (3.0, "", "3"),
    ],
)
def test_values_are_written_with_their_unit(value, unit, text):
    """Percent for ratios, prefixes for bits and bytes, the unit always."""
    assert written(value, unit) == text


def test_a_linear_scale_begins_at_zero_where_that_is_near():
    """Values of the same order of magnitude; ticks are round."""
    scale = scale_of([20.0, 100.0], "ms")
    assert not scale.logarithmic
    assert scale.place(0.0) == 0.0
    assert list(scale.ticks()) == ["0 ms", "20 ms", "40 ms", "60 ms", "80 ms", "100 ms"]
    assert scale_of([90.0, 100.0], "ms").place(90.0) == 0.0


def test_decades_have_a_logarithmic_scale():
    """Each decade has the same length; 0 has a place of its own before them."""
    scale = scale_of([1.0, 10.0, 100.0], "s")
    assert scale.logarithmic
    assert scale.place([1.0, 10.0, 100.0]) == pytest.approx([0.0, 0.5, 1.0])
    with_zero = scale_of([0.0, 1.0, 100.0], "s")
    assert with_zero.place(0.0) < with_zero.place(1.0) < with_zero.place(100.0)
    assert next(iter(with_zero.ticks())) == "0 s"


def test_shares_have_a_linear_scale():
    """A ratio up to 1 is looked at in percent of the whole, however small some are."""
    assert not scale_of([0.001, 0.9], "ratio").logarithmic
    assert scale_of([0.001, 9.0], "ratio").logarithmic


def test_infinity_is_at_the_end_of_the_scale():
    """What never started is drawn above (or right of) all that did; unknown is drawn nowhere."""
    scale = scale_of([1.0, 2.0], "s", endless=True)
    assert scale.place(math.inf) == 1.0
    assert scale.place(2.0) < 1.0
    assert math.isnan(scale.place(math.nan))
    assert list(scale.ticks())[-1] == NEVER


def test_whole_numbers_have_whole_ticks():
    """Half a stall cannot be."""
    assert list(scale_of([0.0, 1.0], "", whole=True).ticks()) == ["0", "1"]
