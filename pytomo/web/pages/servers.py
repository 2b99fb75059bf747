"""The servers that hold the videos, by host, address, AS, place, prefix or country."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from pytomo.analysis.servers import GROUPINGS, SORTABLE, Server, Servers, servers
from pytomo.analysis.table import Indices
from pytomo.web.page import Page
from pytomo.web.parameters import PAGE as PAGE_NUMBER
from pytomo.web.parameters import SELECTION, SIZE, Parameter, word
from pytomo.web.request import Request

BY = Parameter("by", "What servers are put together by.", word, "host", tuple(GROUPINGS))
SORT = Parameter(
    "sort",
    "Field to sort by; with - before it, the largest first. Unknown values come last.",
    word,
    "-rows",
    tuple(f"{sign}{name}" for name in SORTABLE for sign in ("", "-")),
)
LONGEST_WAIT = 60.0
"""Seconds until all rows of a database are read, which a CSV waits for."""
SINGULAR = {
    "host": "Host",
    "ip": "Address",
    "as": "Autonomous system",
    "place": "Place",
    "prefix": "Prefix",
    "country": "Country",
}
NAMES = {
    "host": "Hosts",
    "ip": "Addresses",
    "as": "Autonomous systems",
    "place": "Places",
    "prefix": "Prefixes",
    "country": "Countries",
}
FINER = {
    "as": "prefix",
    "place": "host",
    "prefix": "ip",
    "host": "ip",
    "ip": "host",
    "country": "host",
}
"""What the servers of one group are looked at by."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServersPage:
    """A page of the table of servers."""

    by: str
    """What servers are grouped by."""
    total: int
    """Groups, on all pages."""
    rows: int
    """Rows that know a server."""
    page: int
    """Which page this is, from 1."""
    pages: int
    """How many there are."""
    size: int
    """Groups on a page."""
    sort: str
    """The field that groups are sorted by; after `-` the largest first."""
    servers: tuple[Server, ...]
    """The groups on this page."""
    all: Servers = field(repr=False)
    order: Indices = field(repr=False)

    @property
    def columns(self) -> tuple[dict[str, object], ...]:
        """The headings of the table."""
        first: dict[str, object] = {"text": SINGULAR[self.by], "sort": "name"}
        known = {"as": "as_number", "place": "place"}.get(self.by)
        names = [name for name in ("rows", "failures", *self.counts, *QUALITY) if name != known]
        return (first, *(COLUMNS[name] for name in names))

    @property
    def counts(self) -> tuple[str, ...]:
        """What is counted of each group."""
        return COUNTS[self.by]

    @property
    def finer(self) -> str | None:
        """What the servers of one group are looked at by."""
        return FINER.get(self.by)

    @property
    def names(self) -> Mapping[str, str]:
        """The groupings that can be chosen."""
        return NAMES

    @property
    def word(self) -> str:
        """What the groups are."""
        return (SINGULAR if self.total == 1 else NAMES)[self.by].lower()


COLUMNS: dict[str, dict[str, object]] = {
    "rows": {"text": "Rows", "sort": "rows", "number": True},
    "failures": {
        **{"text": "Failed", "sort": "failures", "number": True},
        "about": "Rows whose measurement failed.",
    },
    "hosts": {"text": "Hosts", "sort": "hosts", "number": True},
    "addresses": {"text": "Addresses", "sort": "addresses", "number": True},
    "rtt": {
        **{"text": "Round trip", "unit": "ms", "sort": "rtt", "number": True},
        "about": "Median of PingMin.",
    },
    "throughput": {
        **{"text": "Throughput", "unit": "kbps", "sort": "throughput", "number": True},
        "about": "Median of the samples that were played.",
    },
    "startup_delay": {
        **{"text": "Startup", "unit": "s", "sort": "startup_delay", "number": True},
        "about": "Median; a sample that never started takes for ever.",
    },
    "without_stalls": {
        **{"text": "Without stalls", "unit": "ratio", "sort": "without_stalls", "number": True},
        "about": "Share of the samples that started, never stalled and were not too slow to go on.",
    },
    "stall_ratio": {
        **{"text": "Stalled", "unit": "ratio", "sort": "stall_ratio", "number": True},
        "about": "All stalled time over all stalled and played time.",
    },
    "as_number": {"text": "AS", "sort": "as_number"},
    "place": {"text": "Place", "sort": "place"},
    "resolvers": {"text": "Resolvers", "sort": "resolvers", "about": "Those that lead there."},
    "last": {"text": "Last row", "unit": "UTC", "sort": "last"},
}
COUNTS = {
    "host": ("addresses",),
    "ip": ("hosts",),
    **dict.fromkeys(("as", "place", "prefix", "country"), ("hosts", "addresses")),
}
QUALITY = (
    *("rtt", "throughput", "startup_delay", "without_stalls", "stall_ratio"),
    *("as_number", "place", "resolvers", "last"),
)


def build(request: Request) -> ServersPage:
    """The groups on the page that is asked for."""
    asked = request.arguments
    if request.kind == "csv":
        request.source.frame.wait(LONGEST_WAIT)
    found = servers(request.table(), asked["by"])
    order = found.order(asked["sort"].removeprefix("-"), descending=asked["sort"].startswith("-"))
    size, page = asked["size"], asked["page"]
    return ServersPage(
        by=asked["by"],
        total=len(found),
        rows=int(found.columns["rows"].sum()),
        page=page,
        pages=max(1, -(-len(found) // size)),
        size=size,
        sort=asked["sort"],
        servers=tuple(found.at(order[(page - 1) * size : page * size].tolist())),
        all=found,
        order=order,
    )


def lines(value: ServersPage) -> Iterator[Server]:
    """All groups, in their order."""
    return value.all.at(value.order.tolist())


PAGE = Page(
    name="servers",
    path="/servers",
    title="Servers",
    text="The servers that hold the videos: how many there are, who leads there, how well they do.",
    parameters=(*SELECTION, BY, SORT, PAGE_NUMBER, SIZE),
    build=build,
    lines=lines,
    menu="Compare",
)
