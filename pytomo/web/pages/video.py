"""One video: its chain, its phases, how it played, and all that is known of it; the evidence."""

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import isfinite
from typing import Any

from pytomo.analysis.blame import Blame, cause
from pytomo.analysis.norms import norms
from pytomo.analysis.phases import EXPLAINED, Part, Phases
from pytomo.analysis.spared import better
from pytomo.analysis.story import Story
from pytomo.database import ROW_ID
from pytomo.log_lines import LogLines, lines_of_row, log_of
from pytomo.metrics import Group, Metric
from pytomo.pictures import playback, players, waterfall
from pytomo.pictures.caption import ended, headline, sentence
from pytomo.pictures.style import THEMES
from pytomo.profiles import PROFILES
from pytomo.replay import Row
from pytomo.results import COLUMNS, Answer, Arrival, Freeze, Playback, Stall
from pytomo.web.answers import NotFound
from pytomo.web.formatting import number
from pytomo.web.one_row import Arrivals, OneRow, by_column, read
from pytomo.web.page import Page, Picture
from pytomo.web.parameters import DATABASE, THEME, Parameter, whole
from pytomo.web.players import thresholds
from pytomo.web.request import Request
from pytomo.web.site import Source

_TRACKS = ("video", "audio")

KERNEL = (
    *("TcpRtt", "TcpRetransmits", "TcpOutOfOrder", "Reconnects", "Requests"),
    *("LoopLag", "CpuWait", "CrossTraffic"),
)
"""Columns of what the kernel and we counted on the connections."""

WIDE, NARROW = playback.WIDTH, 440
"""CSS pixels of the pictures; on a phone they are shown a little smaller."""
WIDTH = Parameter("width", "Width of the picture in CSS pixels.", whole(320, 2000), WIDE)


@dataclass(frozen=True, slots=True, kw_only=True)
class OneVideo:
    """A row of a database, and all that belongs to it."""

    title: str
    """The title of the video, or its URL."""
    row: Row
    """RowId and every column, as in the database."""
    sentence: str
    """What the outcome means."""
    previous: int | None
    """The row before."""
    next: int | None
    """The row after."""
    blame: Blame
    """What limited the playback."""
    better: Row | None
    """The row of the same visit that played best from another resolver's address, if any did."""
    visit: tuple[Row, ...]
    """Every row of the same visit of the video: one for each address."""
    hops: tuple[int, ...]
    """Rows of the servers that redirected to this one, and this one last."""
    leads_to: int | None
    """The row of the server that this one redirected to."""
    answers: tuple[Answer, ...]
    """What the resolvers said about its servers."""
    stalls: tuple[Stall, ...]
    """Each stall, in the order of time."""
    freezes: tuple[Freeze, ...]
    """Each time when the picture stood still and the sound went on, in the order of time."""
    phases: Phases | None
    """What was waited for; None where nothing was."""
    replays: tuple[Playback, ...]
    """What the other player profiles would have seen of the same arrivals."""
    silence: str
    """Why there is no picture of the playback; empty if there is one."""
    log: LogLines | None
    """What the log of the crawl says of it; None without a log."""
    arrivals: Arrivals
    """When which bytes came."""
    story: Story = field(repr=False)
    trace: tuple[Arrival, ...] = field(repr=False)
    database: str = field(repr=False)
    """Its name."""

    @property
    def columns(self) -> Mapping[Group, Sequence[tuple[Metric, Any]]]:
        """Every column with its value, by the part of the story that it tells."""
        return {
            group: [
                (metric, self.row[metric.column]) for metric in COLUMNS if metric.group is group
            ]
            for group in Group
        }

    @property
    def kernel(self) -> Sequence[tuple[Metric, Any]]:
        """The columns of `KERNEL` with their values."""
        return [(m, self.row[m.column]) for m in COLUMNS if m.column in KERNEL]

    @property
    def explained(self) -> Mapping[Part, str]:
        """What each phase is."""
        return EXPLAINED

    @property
    def players(self) -> Sequence[tuple[str, str, Playback]]:
        """Name, thresholds in words and what it would have seen, for every player.

        That of the row is the first one.
        """
        found = self.story.playbacks
        labels = [playback.profile or PROFILES[0].label for playback in found]
        names = [label.partition(" ")[0] for label in labels]
        return list(zip(names, map(thresholds, labels), found, strict=True))

    @property
    def alt(self) -> str:
        """What is to be seen in the picture of the playback."""
        rate, needed = self.row["AverageThroughput"], self.row["EncodingRate"]
        rates = f" The throughput was {number(rate, 'kbps')} on average" if rate else ""
        rates += f", the bitrate {number(needed, 'kbps')}" if rate and needed else ""
        pauses: list[tuple[str, Stall | Freeze]] = [("stall", stall) for stall in self.stalls[:9]]
        pauses += [("freeze", freeze) for freeze in self.freezes[:9]]
        stalls = "; ".join(f"a {word} of {p.length:.2f} s at {p.start:.2f} s" for word, p in pauses)
        return (
            f"Three curves over time of {self.title}: {ended(self.story)}."
            f"{f' It had {stalls}.' if stalls else ''}{f'{rates}.' if rates else ''}"
        )

    @property
    def sizes(self) -> Mapping[str, Sequence[tuple[int, int]]]:
        """Width and height of each picture, wide and narrow, in CSS pixels."""
        heights = {
            "playback": playback.height,
            "phases": waterfall.height,
            "players": players.height,
        }
        return {
            name: [(width, height(self.story, self.database, width)) for width in (WIDE, NARROW)]
            for name, height in heights.items()
        }


def build(request: Request) -> OneVideo:
    """The row that the path names. Raises NotFound, CrawlError."""
    source = request.source
    row_id = int(request.path["row"])
    found = read(source, row_id)
    told = found.story
    ids = [row[ROW_ID] for row in found.near]
    at = ids.index(row_id)
    return OneVideo(
        title=headline(told),
        row=told.row,
        sentence=sentence(told.row),
        previous=ids[at - 1] if at else None,
        next=ids[at + 1] if at + 1 < len(ids) else None,
        blame=_blame(request, told.row),
        better=better(told.row, told.visit),
        visit=told.visit,
        hops=tuple(row[ROW_ID] for row in told.hops),
        leads_to=told.leads_to[ROW_ID] if told.leads_to else None,
        answers=told.answers,
        stalls=told.stalls,
        freezes=told.freezes,
        phases=told.phases,
        replays=told.replays,
        silence=told.silence,
        log=_log(source, found),
        arrivals=by_column(found.trace),
        story=told,
        trace=found.trace,
        database=source.name,
    )


def lines(value: OneVideo) -> Iterator[Mapping[str, Any]]:
    """The arrivals, one a line; playable is empty where the whole track is there."""
    for arrival in value.trace:
        track = arrival.track
        yield {
            "time": arrival.time,
            "track": _TRACKS[track] if track < len(_TRACKS) else track,
            "size": arrival.size,
            "playable": arrival.playable if isfinite(arrival.playable) else None,
        }


def draw_playback(request: Request) -> bytes:
    """The picture of how it played. Raises NotFound, CrawlError."""
    return _drawn(request, playback.draw)


def draw_phases(request: Request) -> bytes:
    """The picture of the phases. Raises NotFound, CrawlError."""
    return _drawn(request, waterfall.draw)


def draw_players(request: Request) -> bytes:
    """The picture of what each player would have shown. Raises NotFound, CrawlError."""
    return _drawn(request, players.draw)


def _drawn(request: Request, draw: Any) -> bytes:
    told = read(request.source, int(request.path["row"])).story
    theme = THEMES[request.arguments["theme"]]
    try:
        picture: bytes = draw(
            told,
            theme,
            request.path["format"],
            source=request.source.name,
            width=request.arguments["width"],
        )
    except ValueError as error:
        raise NotFound(str(error)) from None
    return picture


def _blame(request: Request, row: Row) -> Blame:
    table = request.source.table
    usual = request.site.cached(("norms", request.source.name), table.version, lambda: norms(table))
    return cause(row, usual)


def _log(source: Source, found: OneRow) -> LogLines | None:
    """The lines of the log; None where there is none to be read."""
    path = log_of(source.path)
    rows, near = found.story.visit, found.near
    first, last = near.index(rows[0]), near.index(rows[-1])
    if path is None or any(row["ID"] is None for row in rows):
        return None
    try:
        return lines_of_row(
            path,
            [row["ID"] for row in rows],
            rows.index(found.story.row),
            before=near[first - 1]["ID"] if first else None,
            after=near[last + 1]["ID"] if last + 1 < len(near) else None,
        )
    except OSError:
        return None


def _version(request: Request) -> Hashable:
    """What a row's pictures show never changes: it and those before it are complete."""
    return (request.source.name, request.source.path.stat().st_ino)


PAGE = Page(
    name="video",
    path="/videos/{row}",
    title="One video",
    text="What happened to one video, from its page to its last byte, with the evidence.",
    parameters=(DATABASE,),
    build=build,
    lines=lines,
    example={"row": "1"},
)

PICTURES = (
    Picture(
        name="playback",
        path="/videos/{row}/playback.{format}",
        text="What arrived against what was played, the buffer, and the throughput.",
        parameters=(DATABASE, WIDTH, THEME),
        draw=draw_playback,
        example={"row": "1", "format": "svg"},
        version=_version,
    ),
    Picture(
        name="players",
        path="/videos/{row}/players.{format}",
        text="What each player would have shown of the same arrivals, on one time axis.",
        parameters=(DATABASE, WIDTH, THEME),
        draw=draw_players,
        example={"row": "1", "format": "svg"},
        version=_version,
    ),
    Picture(
        name="phases",
        path="/videos/{row}/phases.{format}",
        text="What a viewer waited for before the picture came, phase by phase.",
        parameters=(DATABASE, WIDTH, THEME),
        draw=draw_phases,
        example={"row": "1", "format": "svg"},
        version=_version,
    ),
)
