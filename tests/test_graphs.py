import pytest

from pytomo.graphs import ALL, GRAPHS, GROUPS, graph_named, group_graphs
from pytomo.graphs.elements import written
from pytomo.results import COLUMNS
from pytomo.series import SOURCES, source_name
from pytomo.web.formatting import number


def test_every_series_has_a_graph():
    """Each column that is a series, and each other source of the RRD files, has its own graph."""
    columns = {metric.column for metric in COLUMNS if metric.series}
    assert columns <= {graph.name for graph in GRAPHS}
    assert {source_name(graph.column) for graph in GRAPHS} == {source.name for source in SOURCES}


def test_names_and_titles_are_told_apart():
    """No two graphs share a name or a title."""
    assert len({graph.name for graph in GRAPHS}) == len(GRAPHS)
    assert len({graph.title for graph in GRAPHS}) == len(GRAPHS)


def test_every_group_has_graphs():
    """Each group has some, and all of them are in the group of all."""
    assert all(group_graphs(group) for group in GROUPS)
    assert group_graphs(ALL) == GRAPHS
    assert all(set(graph.groups) < set(GROUPS) for graph in GRAPHS)
    with pytest.raises(KeyError, match="nothing"):
        group_graphs("nothing")


def test_a_graph_knows_its_column():
    """The unit and the text are those of the declaration; what outcomes tell has no column."""
    metric = next(metric for metric in COLUMNS if metric.column == "DownloadInterruptions")
    graph = graph_named("DownloadInterruptions")
    assert graph.metric == metric
    assert (graph.source.name, graph.source.text) == ("DownloadInterruptio", metric.text)
    assert graph_named("Failed").metric is None


def test_short_times_are_milliseconds():
    """Times below a second are written in ms, longer ones in s; rates in bit/s."""
    connect, rate = graph_named("ConnectTime"), graph_named("EncodingRate")
    assert [connect.scale(x).unit for x in (0.02, 1.0, None)] == ["ms", "s", "s"]
    assert (rate.scale(1).factor, rate.scale(1).unit) == (1000, "bit/s")


def test_a_share_is_percent_and_a_ratio_is_none():
    """What is part of a whole is written in percent; throughput by bitrate is a plain number."""
    told = [written(0.825, graph_named(name).scale(1)) for name in ("StallRatio", "ReceptionRatio")]
    assert told == ["82.5 %", "0.825"]
    assert graph_named("ReceptionRatio").mark.value == 1
    metric = graph_named("ReceptionRatio").metric
    assert number(8.25, metric.unit) == "8.25"
