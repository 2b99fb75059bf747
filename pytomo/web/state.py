"""What the dashboard shows and follows at this moment."""

from dataclasses import dataclass
from datetime import UTC, datetime

from pytomo.web.answers import Refusal
from pytomo.web.formatting import moment
from pytomo.web.request import Request
from pytomo.web.site import Site, Source


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """The database that is shown and what it is doing."""

    database: str | None
    """File name of the database that is shown; None if there is none that can be read."""
    state: str
    """live: its crawl goes on; still: it does not; reading: not all rows are in memory; empty."""
    text: str
    """The same in words."""
    followed: bool
    """Whether it is the newest one, to be left for one that is newer still."""
    since: datetime | None
    """Since when it is followed."""
    before: str | None
    """The database that was followed until then."""
    newest: str | None
    """File name of the newest database, which may be one that cannot be read."""
    problem: str | None
    """Why the newest database is not the one that is followed."""
    rows: int
    """Rows of the database."""
    loaded: int
    """Rows in memory."""
    last: datetime | None
    """Time of the last row."""


def state(request: Request) -> State:
    """The state of the database of a request."""
    site, source = request.site, shown(request)
    names = site.names()
    following = site.following if source is not None and source.followed else None
    problem = site.problem(names[0]) if names else None
    table = source.table if source is not None else None
    last = float(table.time[-1]) if table is not None and len(table) else None
    return State(
        database=source.name if source is not None else None,
        state=_state(source),
        text=_text(site, source, last, problem),
        followed=following is not None,
        since=following.since if following else None,
        before=following.before if following else None,
        newest=names[0] if names else None,
        problem=problem,
        rows=table.total if table is not None else 0,
        loaded=table.loaded if table is not None else 0,
        last=None if last is None else datetime.fromtimestamp(last, UTC),
    )


def shown(request: Request) -> Source | None:
    """The database of a request; None if there is none that can be read."""
    try:
        return request.source
    except Refusal:
        return None


def _state(source: Source | None) -> str:
    if source is None:
        return "empty"
    if _reading(source):
        return "reading"
    return "live" if source.running else "still"


def _reading(source: Source) -> bool:
    """Whether older rows are still to come: not if it has turned out that they cannot be read."""
    return source.table.loaded < source.table.total and source.frame.failure is None


def _text(site: Site, source: Source | None, last: float | None, problem: str | None) -> str:
    if source is None:
        return problem or "No database yet"
    table = source.table
    rows = f"{table.total:,} row{'s' * (table.total != 1)}"
    if _reading(source):
        return f"Reading: {table.loaded:,} of {rows}"
    if table.loaded < table.total:
        rows = f"{rows}, of which only the newest {table.loaded:,} can be read"
    newest = "" if last is None else f", the last at {moment(last)} UTC"
    doing = "Live" if source.running else "Ended" if source.facts.get("ended") else "Not running"
    return f"{doing}: {rows}{newest}{_newer(site, source, problem)}"


def _newer(site: Site, source: Source, problem: str | None) -> str:
    """That there is a newer database: followed since, not followed, or not to be read."""
    following = site.following
    if problem:
        return f"; {problem}"
    if not source.followed:
        return "; there is a newer database" if site.names()[0] != source.name else ""
    if following and following.before:
        return f"; now following this database, since {moment(following.since)} UTC"
    return ""
