"""The graphs over time that RRDtool draws: one for each column that is a series, and a few more.

`GRAPHS` is the place to add one; `drawing.py` draws them, the pages list them by group.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from pytomo.metrics import Metric
from pytomo.results import COLUMNS
from pytomo.series import SOURCES, Source, source_name

MAIN, QOE, QOS, VIDEO = "main", "qoe", "qos", "video"
ALL = "all"
GROUPS: Mapping[str, str] = {
    MAIN: "Main parameters",
    QOE: "Quality of experience",
    QOS: "Quality of service",
    VIDEO: "Characteristics of the videos",
    ALL: "All parameters",
}
"""The groups and their titles."""


class Scale(NamedTuple):
    """How values of a unit are written on an axis."""

    factor: float
    """From the unit of the column."""
    unit: str
    prefixed: bool = False
    """Whether large values get k, M or G."""
    least: float = 1.0
    """The axis reaches at least so far: RRDtool writes one decimal."""


_SCALES: Mapping[str, Scale] = {
    "kbps": Scale(1000, "bit/s", prefixed=True),
    "bytes": Scale(1, "bytes", prefixed=True),
    "ratio": Scale(100, "%", least=5),
    "s": Scale(1, "s"),
    "ms": Scale(1, "ms", least=0.5),
}
_MILLISECONDS = Scale(1000, "ms", least=0.5)


class Mark(NamedTuple):
    """A value that means something: a dashed line across the graph."""

    value: float
    """In the unit of the column."""
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Graph:
    """A graph over time: a mean and the spread round it."""

    name: str
    """Its place in URLs: that of the column, or of several columns together."""
    title: str
    groups: tuple[str, ...]
    column: str
    """What the line shows."""
    spread: tuple[str, str] | None = None
    """Columns of the lowest and the highest value, where they are measured themselves."""
    most: float | None = None
    """The highest possible value, in the unit of the column."""
    mark: Mark | None = None

    @property
    def source(self) -> Source:
        """The data source of the line: its name in RRD files, unit and text."""
        return _SOURCES[source_name(self.column)]

    def scale(self, highest: float | None) -> Scale:
        """How its values are written where this (in the unit of the column) is the highest."""
        unit = self.source.unit
        if unit == "s" and highest is not None and highest < 1:
            return _MILLISECONDS
        return _SCALES.get(unit, Scale(1, unit))

    @property
    def metric(self) -> Metric | None:
        """The column's declaration; None for a source that is made of the outcome."""
        return _METRICS.get(self.column)


def _graph(
    column: str,
    title: str,
    *groups: str,
    most: float | None = None,
    mark: Mark | None = None,
) -> Graph:
    return Graph(name=column, title=title, groups=groups, column=column, most=most, mark=mark)


_SOURCES = {source.name: source for source in SOURCES}
_METRICS = {metric.column: metric for metric in COLUMNS if metric.series}

_CHOSEN = (
    _graph("StartupDelay", "Startup delay", MAIN, QOE, mark=Mark(2, "2 s")),
    _graph("StallRatio", "Stall ratio", MAIN, QOE, most=1),
    _graph("AverageThroughput", "Average throughput", MAIN, QOS),
    _graph("ReceptionRatio", "Reception ratio", MAIN, QOE, mark=Mark(1, "as fast as it plays")),
    Graph(
        name="Ping",
        title="Ping: shortest, mean and longest round trip",
        groups=(MAIN, QOS),
        column="PingAvg",
        spread=("PingMin", "PingMax"),
    ),
    _graph("Failed", "Share of rows that failed", MAIN, QOE, most=1),
    _graph("NeverStarted", "Share of samples that never started", QOE, most=1),
    _graph("DownloadInterruptions", "Number of stalls", QOE),
    _graph("BufferingDuration", "Time stalled", QOE),
    _graph("StallFrequency", "Stalls per minute", QOE),
    _graph("StallMediaRatio", "Time stalled for each second of media", QOE),
    _graph("MinPlayoutDelay", "Startup delay without any stall", QOE),
    _graph("PlaybackDuration", "Media time played", QOE),
    _graph("BufferDurationAtEnd", "Buffer at the end of the sample", QOE),
    _graph("InitialPlaybackBuffer", "Buffer at the start of playback", QOE),
    _graph("InitialRate", "Throughput until the start of playback", QOE),
    _graph("InitialData", "Bytes until the start of playback", QOE),
    _graph("CacheServerDelay", "Time to learn the media URLs", QOS),
    _graph("ResolveTime", "DNS: time to resolve", QOS),
    _graph("PingMin", "Ping: shortest round trip", QOS),
    _graph("PingAvg", "Ping: mean round trip", QOS),
    _graph("PingMax", "Ping: longest round trip", QOS),
    _graph("PingLoss", "Ping: share lost", QOS, most=1),
    _graph("ConnectTime", "TCP handshake", QOS),
    _graph("TlsTime", "TLS handshake", QOS),
    _graph("TimeTogetFirstByte", "Time to the first byte", QOS),
    _graph("MaxInstantThp", "Highest throughput over 1 s", QOS),
    _graph("DownloadTime", "Length of the sample", QOS),
    _graph("DownloadBytes", "Bytes received", QOS),
    _graph("TcpRtt", "TCP: round trip at the end", QOS),
    _graph("TcpRetransmits", "TCP: segments sent again", QOS),
    _graph("TcpOutOfOrder", "TCP: segments out of order", QOS),
    _graph("Quality", "Height of the picture", VIDEO),
    _graph("EncodingRate", "Encoding rate", VIDEO),
    _graph("VideoDuration", "Duration of the video", VIDEO),
    _graph("VideoLength", "Size of the video", VIDEO),
)
"""The graphs with a title and groups of their own, in the order of the pages."""

GRAPHS: tuple[Graph, ...] = (
    *_CHOSEN,
    *(
        Graph(name=column, title=column, groups=(), column=column)
        for column in _METRICS
        if column not in {graph.name for graph in _CHOSEN}
    ),
)
"""Every graph: what is a series and not among the chosen ones is in the group of all."""

_BY_NAME = {graph.name: graph for graph in GRAPHS}


def graph_named(name: str) -> Graph:
    """The graph of that name. Raises KeyError."""
    return _BY_NAME[name]


def group_graphs(group: str) -> tuple[Graph, ...]:
    """The graphs of a group, in order. Raises KeyError."""
    if group not in GROUPS:
        raise KeyError(group)
    return tuple(graph for graph in GRAPHS if group == ALL or group in graph.groups)
