"""Tables of rows for the tests of analyses, made as a crawl makes them: through a database."""

from rows import URL, measured, visit

from pytomo.analysis.frame import Frame
from pytomo.results import Address, Origin, Ping, Playback, Response
from pytomo.store import Store


def table_of(tmp_path, rows):
    """The table of a database with these rows."""
    path = tmp_path / "rows.pytomo_database.db"
    stored(path, rows)
    frame = Frame(path)
    try:
        return frame.table()
    finally:
        frame.close()


def stored(path, rows, **facts):
    """A database with these rows."""
    with Store(path, facts) as store:
        for row in rows:
            store.add(row)


def row(
    second=0.0,
    *,
    number=0,
    ip="192.0.2.1",
    host="r1.example",
    resolvers="system",
    ping=10.0,
    throughput=4000.0,
    startup=0.5,
    stalled=0.0,
    played=9.0,
    system=64500,
    place=None,
    prefix=None,
    service="youtube",
    round_=0,
    **changes,
):
    """A row of the video of that number, at that server, played so."""
    parts = {
        "visit": visit(second, url=f"{URL}{number}", service=service, round=round_),
        "address": Address(ip=ip, resolvers=resolvers, host=host, family=4),
        "origin": Origin(as_number=system, as_name=f"NET{system}", place=place, prefix=prefix),
        "ping": Ping(minimum=ping, average=ping, maximum=ping),
        "response": Response(
            url="https://r1.example/v", average_throughput=throughput, download_time=2.0
        ),
        "playback": Playback(
            stall_count=int(stalled > 0),
            startup_delay=startup,
            stalled_time=stalled,
            played_time=played,
            stall_ratio=stalled / (stalled + played),
        ),
        "answers": (),
        "arrivals": (),
    }
    return measured(second, **{**parts, **changes})
