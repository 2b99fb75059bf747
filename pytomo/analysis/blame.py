"""What limited a playback: for one row with its evidence, or for all rows of a table at once.

The rules, their order, reasons and sources are in `docs/verdict.md`. They compare a row with the
`Norms` of its whole database.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pytomo.analysis.causes import RULES, Cause, Rule
from pytomo.analysis.columns import number
from pytomo.analysis.evidence import MEANINGS, Case, evidence
from pytomo.analysis.limits import COLUMNS, PINGS_LOST, Samples, limits
from pytomo.analysis.norms import Norms, servers
from pytomo.analysis.table import MEASURED, Table
from pytomo.errors import Outcome
from pytomo.summary import QUICK_START

ENDINGS: Mapping[Outcome, Rule] = {
    **dict.fromkeys((Outcome.PROBED, Outcome.REDIRECTED, Outcome.INTERRUPTED), Rule.UNTRIED),
    **dict.fromkeys(
        (
            *(Outcome.REMOVED, Outcome.PRIVATE, Outcome.GEO_BLOCKED, Outcome.AGE_RESTRICTED),
            *(Outcome.MEMBERS_ONLY, Outcome.DRM, Outcome.LIVE, Outcome.UNSUPPORTED_URL),
        ),
        Rule.UNAVAILABLE,
    ),
    **dict.fromkeys((Outcome.BOT_CHECK, Outcome.RATE_LIMITED), Rule.SITE_REFUSES),
    **dict.fromkeys(
        (Outcome.PAGE_UNREACHABLE, Outcome.EXTRACTION_FAILED, Outcome.NO_FORMAT), Rule.NO_MEDIA
    ),
    **dict.fromkeys(
        (
            *(Outcome.DNS_TIMEOUT, Outcome.DNS_SERVFAIL, Outcome.DNS_NXDOMAIN),
            Outcome.DNS_NO_ADDRESS,
        ),
        Rule.NAME,
    ),
    **dict.fromkeys((Outcome.UNREACHABLE, Outcome.PROXY_FAILED), Rule.NO_WAY),
    **dict.fromkeys(
        (
            *(Outcome.CONNECTION_REFUSED, Outcome.TLS_FAILED, Outcome.HTTP_ERROR),
            *(Outcome.REDIRECT_LOOP, Outcome.TOO_MANY_REDIRECTS, Outcome.TRUNCATED),
        ),
        Rule.REFUSED,
    ),
    **dict.fromkeys((Outcome.MEDIA_UNREADABLE, Outcome.INTERNAL_ERROR), Rule.UNEXPLAINED),
}
"""What failures mean whose outcome alone tells it."""

SILENCES = frozenset({Outcome.CONNECT_TIMEOUT, Outcome.CONNECTION_RESET, Outcome.RESPONSE_TIMEOUT})
"""Those whose pings tell whether the server or the way to it fell silent."""

DISTURBANCES = (("lag", Rule.BUSY_MACHINE), ("cross_traffic", Rule.SHARED_LINE))
"""What a word of the column Disturbed means for a play that went wrong; the first one counts."""

Rules = NDArray[np.int8]


@dataclass(frozen=True, slots=True)
class Blame:
    """What limited the playback of a row."""

    cause: Cause
    """What limited the playback, or kept it from starting."""
    rule: Rule
    """The rule that tells it, by its name in `docs/verdict.md`."""
    text: str
    """What the rule means, in one sentence."""
    evidence: str
    """One sentence or two, with numbers."""


@np.errstate(all="ignore")  # what follows from values that cannot be is unknown, no error
def cause(row: Mapping[str, Any], norms: Norms) -> Blame:
    """What limited one row, as `Database.rows` gives it."""
    columns = {column: _exactly([number(row.get(column))]) for column in COLUMNS}
    server = row.get("CacheHost") or row.get("IP")
    code = norms.server_names.index(server) if server in norms.server_names else -1
    others = norms.others.at(np.array([_time(row.get("ID"))]), np.array([code]))
    samples = Samples(columns, others, norms)
    rule = _rule(row.get("Outcome"), row.get("Disturbed"), samples)
    return Blame(rule.cause, rule, MEANINGS[rule], evidence(rule, Case(row, samples)))


@np.errstate(all="ignore")
def rules(table: Table, norms: Norms) -> Rules:
    """The code of the `Rule` that tells the cause of each row."""
    outcomes = table.words("Outcome")
    known = [
        ENDINGS.get(Outcome(n), _OTHERWISE[n in MEASURED]) if n in _ALL else Rule.UNEXPLAINED
        for n in outcomes.names
    ]
    codes = [rule.code for rule in (*known, Rule.WELL)]
    found: Rules = np.array(codes, np.int8)[outcomes.codes]
    found[(outcomes.codes < 0) & ~table.measured] = Rule.UNEXPLAINED.code
    silent = np.flatnonzero(outcomes.flags(frozenset(SILENCES)))
    found[silent] = _silences(
        outcomes.equal(Outcome.CONNECT_TIMEOUT)[silent],
        _exactly(table.numbers("PingLoss")[silent]),
        norms,
    )
    bad = np.flatnonzero(table.measured & badly_played(table))
    found[bad] = limits(_samples(table, bad, norms))
    marks = table.words("Disturbed")
    for mark, rule in reversed(DISTURBANCES):
        words = frozenset(name for name in marks.names if mark in name.split(","))
        found[bad[marks.flags(words)[bad]]] = rule.code
    return found


def badly_played(table: Table) -> NDArray[np.bool_]:
    """Of measured rows those that never started, started late or stalled."""
    never = table.words("Outcome").equal(Outcome.NEVER_STARTED)
    late = table.numbers("StartupDelay") > QUICK_START
    return never | late | (table.numbers("DownloadInterruptions") > 0)


def _rule(outcome: Any, disturbed: Any, samples: Samples) -> Rule:
    if outcome in SILENCES:
        connecting = np.array([outcome == Outcome.CONNECT_TIMEOUT])
        return RULES[int(_silences(connecting, samples.columns["PingLoss"], samples.norms)[0])]
    if outcome in ENDINGS:
        return ENDINGS[Outcome(outcome)]
    if outcome not in MEASURED and (
        outcome is not None or not np.isfinite(samples.columns["DownloadTime"][0])
    ):
        return Rule.UNEXPLAINED
    late = samples.columns["StartupDelay"] > QUICK_START
    bad = late | samples.stalled | (outcome == Outcome.NEVER_STARTED)
    if not bad[0]:
        return Rule.WELL
    marks = str(disturbed or "").split(",")
    ours = next((rule for mark, rule in DISTURBANCES if mark in marks), None)
    return ours or RULES[limits(samples)[0]]


def _samples(table: Table, rows: NDArray[np.intp], norms: Norms) -> Samples:
    columns = {c: _exactly(table.numbers(c)[rows]) for c in COLUMNS}
    others = norms.others.at(table.time[rows], servers(table).codes[rows])
    return Samples(columns, others, norms)


def _silences(connecting: NDArray[np.bool_], pings: NDArray[Any], norms: Norms) -> Rules:
    """A host that answers some pings and loses others, or none where hosts usually do."""
    some_lost = (pings > PINGS_LOST) & (pings < 1)
    gone = connecting & (pings == 1) & norms.pings_answered
    there = pings <= PINGS_LOST
    chosen = np.select(
        [some_lost | gone, there], [Rule.NO_WAY.code, Rule.REFUSED.code], Rule.UNEXPLAINED.code
    )
    return chosen.astype(np.int8)


def _exactly(values: Any) -> NDArray[np.float64]:
    """Values as a table has them, in single precision, to be worked with in double."""
    return np.asarray(values, np.float32).astype(np.float64)


def _time(moment: Any) -> float:
    """Unix time of an ID; NaN for one that is none."""
    try:
        return datetime.fromisoformat(str(moment)).replace(tzinfo=UTC).timestamp()
    except ValueError:
        return math.nan


_ALL = frozenset(Outcome)
_OTHERWISE = (Rule.UNEXPLAINED, Rule.WELL)
"""Of an outcome that `ENDINGS` does not tell: unless it was measured, nothing tells."""
