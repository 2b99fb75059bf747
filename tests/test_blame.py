"""What limited a playback, on rows whose trouble is known because it was made up."""

import math
import sqlite3
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from rows import failed, measured

from pytomo.analysis.blame import ENDINGS, SILENCES, Blame, cause, rules
from pytomo.analysis.causes import RULES, Cause, Rule
from pytomo.analysis.evidence import MEANINGS, SENTENCES
from pytomo.analysis.frame import Frame
from pytomo.analysis.limits import COLUMNS
from pytomo.analysis.norms import Norms, norms
from pytomo.analysis.table import Table
from pytomo.database import Database
from pytomo.errors import Failure, Outcome, Phase
from pytomo.results import Address, Media, Ping, Playback, Response, Row, ending
from pytomo.store import Store

LINE = 20_000.0
"""kbps that the line of these tests carries."""
NEED = 1_400.0
"""kbps of the videos."""


def play(
    second: float,
    *,
    host: str = "other.example",
    rate: float = LINE,
    most: float | None = None,
    outcome: Outcome | None = None,
    need: float | None = NEED,
    trip: float | None = 10.0,
    loss: float | None = 0.0,
    connect: float | None = 0.01,
    tls: float | None = 0.02,
    first_byte: float | None = 0.02,
    startup: float | None = 0.3,
    stalls: int | None = 0,
    initial: int | None = 370_000,
    **network: Any,
) -> Row:
    """A row of a server 10 ms away that plays well, but for what is said."""
    failure = Failure(outcome, Phase.PLAY, "") if outcome else None
    playback = Playback(stall_count=stalls, startup_delay=startup, initial_bytes=initial)
    return measured(
        second,
        ending=ending(failure),
        address=Address(ip="192.0.2.1", host=host, family=4, resolvers="system"),
        ping=Ping(minimum=trip, loss=loss),
        media=Media(encoding_rate=need),
        response=Response(
            url="https://h.example/v",
            download_time=10.0,
            bytes_received=int(rate * 1250),
            average_throughput=rate,
            max_throughput=most or rate,
            connect_time=connect,
            tls_time=tls,
            first_byte_time=first_byte,
            **{"tcp_rtt": trip, "tcp_out_of_order": 0, **network},
        ),
        playback=playback,
        arrivals=(),
        answers=(),
    )


def usual(count: int = 40, **changes: Any) -> list[Row]:
    """Rows of eight servers that all play well, one every 30 s."""
    return [play(30.0 * n, host=f"h{n % 8}.example", **changes) for n in range(count)]


def told(blame: Blame) -> str:
    """The evidence, with spaces that all keyboards have."""
    return blame.evidence.replace("\u202f", " ")


class Judged:
    """The last of some rows, judged by the others."""

    def __init__(self, directory: Path, rows: list[Row]) -> None:
        path = directory / "test.pytomo_database.db"
        with Store(path, {}) as store:
            for row in rows:
                store(row)
        self.table, self.norms = read(path)
        with Database(path) as database:
            self.rows = list(database.rows())
        self.blame = cause(self.rows[-1], self.norms)
        self.codes = rules(self.table, self.norms)


def read(path: Path) -> tuple[Table, Norms]:
    frame = Frame(path)
    try:
        table = frame.table()
        return table, norms(table)
    finally:
        frame.close()


SLOW = {"rate": 800.0, "stalls": 2, "startup": 3.7}
AT_LAST = 30.0 * 40

CASES: dict[str, tuple[Row, Rule, str]] = {
    "well": (play(AT_LAST), Rule.WELL, "0.300 s"),
    "slow server": (
        play(AT_LAST, **SLOW),
        Rule.THIS_SLOW,
        "this video needs 1 400 kbps. Other servers gave this line up to 20 000 kbps",
    ),
    "slow at another time": (
        play(90_000, **SLOW),
        Rule.THIS_SLOW,
        "20 000 kbps (90th percentile)",
    ),
    "late by its rate": (
        play(AT_LAST, rate=1_000, startup=3.01, tls=0.01, first_byte=0.03, trip=1.0),
        Rule.THIS_SLOW,
        "1 518 kbps would have brought the first 370 kB in time",
    ),
    "never started": (
        play(AT_LAST, rate=400, startup=None, initial=None, outcome=Outcome.NEVER_STARTED),
        Rule.THIS_SLOW,
        "sent 400 kbps; this video needs 1 400 kbps",
    ),
    "never started for other reasons": (
        play(AT_LAST, rate=4_000, startup=None, initial=None, outcome=Outcome.NEVER_STARTED),
        Rule.RATE_SUFFICED,
        "did not start within 10.0 s",
    ),
    "a long silence": (
        play(AT_LAST, rate=1_600, stalls=1),
        Rule.THIS_SLOW,
        "1 600 kbps on average, but not steadily",
    ),
    "too much for the line": (
        play(AT_LAST, rate=18_000, stalls=3, need=25_000),
        Rule.LINE,
        "needs 25 000 kbps. Nine in ten samples on this line stayed below 20 000 kbps",
    ),
    "pings lost": (play(AT_LAST, loss=0.3, **SLOW), Rule.LOSS, "30.0 % of pings were lost"),
    "one ping of ten lost": (play(AT_LAST, loss=0.1, **SLOW), Rule.THIS_SLOW, "Other servers"),
    "deaf to pings": (play(AT_LAST, loss=1.0, **SLOW), Rule.THIS_SLOW, "Other servers"),
    "out of order": (
        play(AT_LAST, tcp_out_of_order=40, **SLOW),
        Rule.LOSS,
        "5.8 % of segments out of order",
    ),
    "queues": (play(AT_LAST, tcp_rtt=310.0, **SLOW), Rule.LOSS, "grew by 300 ms under load"),
    "far": (
        play(AT_LAST, trip=200.0, rate=1_200, most=1_300, stalls=1),
        Rule.FAR,
        "It is 200 ms away (usual here: 10.0 ms), and had up to 32.5 kB under way",
    ),
    "far, and slower than that": (
        play(AT_LAST, trip=200.0, rate=200, stalls=1),
        Rule.THIS_SLOW,
        "sent 200 kbps",
    ),
    "far, with a silence": (
        play(AT_LAST, trip=200.0, rate=1_200, most=9_000, stalls=1),
        Rule.THIS_SLOW,
        "sent 1 200 kbps",
    ),
    "slow TLS": (
        play(AT_LAST, tls=3.2, startup=4.1),
        Rule.SLOW_ANSWER,
        "TLS took 3.20 s of the 4.10 s until the start",
    ),
    "slow first byte": (
        play(AT_LAST, first_byte=2.0, startup=2.4),
        Rule.SLOW_ANSWER,
        "The first byte took 2.00 s of the 2.40 s until the start, with a round trip of 10.0 ms",
    ),
    "slow TLS with loss": (
        play(AT_LAST, tls=3.2, startup=4.1, loss=0.4),
        Rule.LOST_ANSWER,
        "40.0 % of pings were lost",
    ),
    "slow connection": (
        play(AT_LAST, connect=3.01, startup=3.4),
        Rule.SLOW_CONNECTION,
        "TCP's handshake took 3.01 s of the 3.40 s",
    ),
    "far, many round trips": (
        play(AT_LAST, trip=350.0, connect=0.35, tls=0.35, first_byte=0.36, startup=2.9),
        Rule.FAR_START,
        "Round trips of 350 ms took 2.70 s of the 2.90 s until the start (usual here: 10.0 ms)",
    ),
    "what it needs is unknown": (
        play(AT_LAST, need=None, **SLOW),
        Rule.UNDECIDED,
        "an unknown rate",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_the_cause_of_a_row(case: str, tmp_path: Path) -> None:
    """Each trouble is found by its rule, and the sentence has its numbers."""
    row, rule, words = CASES[case]
    judged = Judged(tmp_path, [*usual(), row])
    assert judged.blame.rule is rule
    assert judged.blame.cause is rule.cause
    assert words in told(judged.blame)


def test_all_servers_slow_at_a_time(tmp_path: Path) -> None:
    """Where every server is slow for a while, and usually is not, it is the path."""
    dip = [play(90_000 + n, host=f"h{n}.example", **SLOW) for n in range(5)]
    judged = Judged(tmp_path, [*usual(80), *dip])
    assert judged.blame.rule is Rule.ALL_SLOW
    assert "no other server gave more than 800 kbps; usual are up to 20" in told(judged.blame)
    assert set(judged.codes[-5:].tolist()) == {Rule.ALL_SLOW.code}


@pytest.mark.parametrize("hosts", [1, 2])
def test_few_servers_accuse_nobody(hosts: int, tmp_path: Path) -> None:
    """With one or two servers there is no telling a slow server from a slow line."""
    rows = [play(n, host=f"h{n % hosts}.example", **SLOW) for n in range(30)]
    assert Judged(tmp_path, rows).blame.rule is Rule.UNDECIDED


def test_few_rows_accuse_nobody(tmp_path: Path) -> None:
    """Nor with fewer than ten samples."""
    rows = [*usual(8), play(240, **SLOW)]
    assert Judged(tmp_path, rows[:2] + rows[-1:]).blame.cause is Cause.UNKNOWN


FAILURES = {
    Outcome.REMOVED: Cause.UNAVAILABLE,
    Outcome.BOT_CHECK: Cause.ROBOT,
    Outcome.EXTRACTION_FAILED: Cause.EXTRACTION,
    Outcome.DNS_TIMEOUT: Cause.DNS,
    Outcome.UNREACHABLE: Cause.PATH,
    Outcome.HTTP_ERROR: Cause.SERVER,
    Outcome.TRUNCATED: Cause.SERVER,
    Outcome.REDIRECTED: Cause.UNTRIED,
    Outcome.INTERNAL_ERROR: Cause.UNKNOWN,
}


@pytest.mark.parametrize("outcome", FAILURES)
def test_the_cause_of_a_failure(outcome: Outcome, tmp_path: Path) -> None:
    """Outcomes whose meaning is plain have a cause, and the sentence says the outcome."""
    judged = Judged(tmp_path, [failed(0, outcome)])
    assert judged.blame.cause is FAILURES[outcome]
    assert str(outcome) in told(judged.blame)


@pytest.mark.parametrize(
    ("outcome", "loss", "expected"),
    [
        (Outcome.CONNECT_TIMEOUT, 0.0, Cause.SERVER),
        (Outcome.CONNECT_TIMEOUT, 0.4, Cause.PATH),
        (Outcome.CONNECT_TIMEOUT, 1.0, Cause.PATH),
        (Outcome.CONNECT_TIMEOUT, None, Cause.UNKNOWN),
        (Outcome.RESPONSE_TIMEOUT, 0.0, Cause.SERVER),
        (Outcome.RESPONSE_TIMEOUT, 0.4, Cause.PATH),
        (Outcome.RESPONSE_TIMEOUT, 1.0, Cause.UNKNOWN),
        (Outcome.CONNECTION_RESET, 0.0, Cause.SERVER),
    ],
)
def test_pings_tell_silences_apart(
    outcome: Outcome, loss: float | None, expected: Cause, tmp_path: Path
) -> None:
    """A server that answers pings and nothing else is to blame; lost pings blame the path."""
    silent = failed(1_300, outcome, ping=Ping(loss=loss))
    judged = Judged(tmp_path, [*usual(), silent])
    assert judged.blame.cause is expected
    assert RULES[judged.codes[-1]] == judged.blame.rule


def test_unanswered_pings_mean_nothing_where_none_is_answered(tmp_path: Path) -> None:
    """Behind a firewall that drops pings, a server that does not connect may be at fault."""
    silent = failed(1_300, Outcome.CONNECT_TIMEOUT, ping=Ping(loss=1.0))
    judged = Judged(tmp_path, [*usual(loss=1.0, trip=None), silent])
    assert judged.blame.cause is Cause.UNKNOWN


def test_rows_and_tables_agree(tmp_path: Path) -> None:
    """Each row of a table has the rule that it has alone."""
    bad = [row for row, _, _ in CASES.values()]
    ends = [failed(5_000 + n, outcome, ping=Ping(loss=0.2)) for n, outcome in enumerate(Outcome)]
    judged = Judged(tmp_path, [*usual(), *bad, *ends])
    by_row = {
        row: RULES[code]
        for row, code in zip(judged.table.row_id.tolist(), judged.codes.tolist(), strict=True)
    }
    found = {row["RowId"]: cause(row, judged.norms).rule for row in judged.rows}
    assert by_row == found


CELLS = st.one_of(
    st.none(),
    st.floats(-1e3, 1e9, width=64),
    st.sampled_from([0, 1, 2, 0.01, 0.1, 0.11, 2.0, 50.0, 100.0, 1e300, math.inf]),
    st.floats(0, 5),
)
ENDS = st.sampled_from([*Outcome, None, "", "surprising"])


@given(
    st.lists(
        st.fixed_dictionaries({"Outcome": ENDS, **dict.fromkeys(COLUMNS, CELLS)}),
        min_size=1,
        max_size=8,
    )
)
@example([dict.fromkeys(("Outcome", *COLUMNS)) | {"DownloadTime": 1e300}])
@settings(max_examples=60)
def test_any_row_has_the_cause_that_it_has_in_its_table(cells: list[dict[str, Any]]) -> None:
    """Whatever is measured and however it ended, row by row or all at once."""
    with TemporaryDirectory() as directory:
        path = Path(directory) / "test.pytomo_database.db"
        with Store(path, {}) as store:
            for row in (*usual(), *(play(AT_LAST + n) for n in range(len(cells)))):
                store(row)
        with closing(sqlite3.connect(path)) as connection, connection:
            for number, row in enumerate(cells, 41):
                marks = ", ".join(f"{name} = ?" for name in row)
                connection.execute(
                    f"UPDATE pytomo_crawl SET {marks} WHERE RowId = {number}", tuple(row.values())
                )
        table, usually = read(path)
        with Database(path) as database:
            found = [cause(row, usually).rule for row in database.rows()]
    assert found == [RULES[code] for code in rules(table, usually)]


def test_every_outcome_has_its_rule() -> None:
    """The outcomes of failures are divided among the rules, none is forgotten."""
    assert set(ENDINGS) | SILENCES | {Outcome.OK, Outcome.NEVER_STARTED} == set(Outcome)
    assert set(SENTENCES) == set(Rule)


def test_a_row_of_the_first_pytomo(tmp_path: Path) -> None:
    """Without outcomes and startup delays, stalls still tell, and the start is said unknown."""
    judged = Judged(tmp_path, usual())
    old = {"ID": "2012-03-04 05:06:07.000000", "DownloadTime": 30.0, "DownloadInterruptions": 0}
    assert "not known" in cause(old, judged.norms).evidence
    assert cause({**old, "DownloadInterruptions": 2}, judged.norms).cause is Cause.UNKNOWN
    slow = {"DownloadBytes": 3_000_000, "EncodingRate": 1_400.0, "IP": "192.0.2.9"}
    stalled = cause({**old, **slow, "DownloadInterruptions": 2}, judged.norms)
    assert stalled.rule is Rule.THIS_SLOW
    assert "sent 800 kbps" in told(stalled)


def test_a_row_of_nothing(tmp_path: Path) -> None:
    """A row without any value, in a database without a sample, has an unknown cause."""
    judged = Judged(tmp_path, [failed()])
    assert cause({}, judged.norms).cause is Cause.UNKNOWN


def test_every_rule_has_a_sentence_of_its_own(tmp_path: Path) -> None:
    """A server that was only slow is not said to have refused."""
    assert set(MEANINGS) == set(SENTENCES) == set(RULES)
    row, rule, _ = CASES["slow server"]
    judged = Judged(tmp_path, [*usual(), row])
    assert (judged.blame.rule, judged.blame.text) == (rule, "The server was slower than others.")
