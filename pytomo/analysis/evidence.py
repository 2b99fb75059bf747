"""Why a rule held, in one sentence with the numbers of the row. Plain text."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from textwrap import shorten
from typing import Any

import numpy as np

from pytomo.analysis.causes import Rule
from pytomo.analysis.columns import number as number_in
from pytomo.analysis.limits import (
    OUT_OF_ORDER,
    PINGS_LOST,
    QUEUEING,
    Samples,
)
from pytomo.errors import Outcome
from pytomo.web.formatting import number, share

LONGEST_DETAIL = 120
"""Characters; the row's own page has all of it."""


@dataclass(frozen=True, slots=True)
class Case:
    """A row and what follows from it."""

    row: Mapping[str, Any]
    samples: Samples
    """Of this row only."""

    def number(self, column: str) -> float:
        """The value of a column; NaN where unknown."""
        return float(self.samples.columns[column][0])

    def told(self, column: str) -> float:
        """The number in a column that no other rule looks at; NaN where unknown."""
        return number_in(self.row.get(column))

    def of(self, name: str) -> float:
        """What the samples say by that name."""
        return float(getattr(self.samples, name)[0])


def evidence(rule: Rule, case: Case) -> str:
    """The sentence."""
    return SENTENCES[rule](case)


def rate(kbps: float) -> str:
    """A rate; "an unknown rate" for NaN."""
    return number(kbps, "kbps") if np.isfinite(kbps) else "an unknown rate"


def seconds(time: float) -> str:
    """A time."""
    return number(time, "s")


def size(count: float) -> str:
    """An amount of data."""
    return number(count / 1e6, "MB") if count >= 1e6 else number(count / 1000, "kB")


def trip(milliseconds: float) -> str:
    """A round trip."""
    return number(milliseconds, "ms")


def _outcome(case: Case) -> str:
    outcome, detail = case.row.get("Outcome"), _detail(case.row.get("OutcomeDetail"))
    if outcome not in set(Outcome):
        return f"It ended as {outcome or 'nobody knows what'}{detail}."
    text = Outcome(outcome).text.partition(";")[0].rstrip(".")
    return f"{text} ({outcome}{detail})."


def _detail(text: Any) -> str:
    """What was said about it, as far as it is worth reading here."""
    words = str(text or "").split()
    told = shorten(" ".join(words).rstrip(" ."), LONGEST_DETAIL, placeholder="…")
    return f": {told}" if told else ""


def _refused(case: Case) -> str:
    loss = case.number("PingLoss")
    pings = f" {share(1 - loss)} of pings to it were answered." if loss <= PINGS_LOST else ""
    return f"{_outcome(case)}{pings}"


def _no_way(case: Case) -> str:
    loss = case.number("PingLoss")
    pings = f" {share(loss)} of pings to it were lost." if loss > 0 else ""
    return f"{_outcome(case)}{pings}"


def _well(case: Case) -> str:
    startup = case.number("StartupDelay")
    if np.isnan(startup):
        return "It did not stall; how long it took to start is not known."
    return f"It started within {seconds(startup)} and did not stall."


def _busy_machine(case: Case) -> str:
    lag, waiting = case.told("LoopLag"), case.told("CpuWait")
    signs = [
        *([f"it woke up to {trip(lag)} too late"] if np.isfinite(lag) else []),
        *([f"waited for a processor {share(waiting)} of the time"] if waiting > 0 else []),
    ]
    return f"{_given(case)}. Pytomo was kept waiting by other processes: {' and '.join(signs)}."


def _shared_line(case: Case) -> str:
    return (
        f"{_given(case)}, while others on this machine carried {rate(case.told('CrossTraffic'))}."
    )


def _far_start(case: Case) -> str:
    trips = case.samples.parts["distance"][0]
    return (
        f"Round trips of {trip(1000 * case.of('round_trip'))} took {seconds(trips)} of the "
        f"{seconds(case.of('wait'))} until {_until(case)}{_usual(case)}."
    )


def _slow_connection(case: Case) -> str:
    return (
        f"TCP's handshake took {seconds(case.number('ConnectTime'))} of the "
        f"{seconds(case.of('wait'))} until {_until(case)}, with a round trip of "
        f"{trip(1000 * case.of('round_trip'))}."
    )


def _slow_answer(case: Case) -> str:
    tls, first = case.number("TlsTime"), case.number("TimeTogetFirstByte")
    what, took = ("TLS", tls) if tls > first or np.isnan(first) else ("the first byte", first)
    return (
        f"{what[0].upper()}{what[1:]} took {seconds(took)} of the {seconds(case.of('wait'))} "
        f"until {_until(case)}, with a round trip of {trip(1000 * case.of('round_trip'))}."
    )


def _lost_answer(case: Case) -> str:
    return f"{_slow_answer(case)} {_loss_signs(case)}"


def _rate_sufficed(case: Case) -> str:
    return (
        f"{_given(case)}, as much as the video needs ({rate(case.of('needed'))}), and yet it did "
        f"not start within {seconds(case.of('wait'))}."
    )


def _line(case: Case) -> str:
    return (
        f"{_given(case)}; {_needed(case)}. Nine in ten samples on this line stayed below "
        f"{rate(case.samples.norms.capacity)} even in their best second."
    )


def _loss(case: Case) -> str:
    return f"{_given(case)}; {_needed(case)}. {_loss_signs(case)}"


def _far(case: Case) -> str:
    most = case.number("MaxInstantThp")
    away = 1000 * case.of("round_trip")
    return (
        f"{_given(case)}; {_needed(case)}. It is {trip(away)} away{_usual(case)}, and had up to "
        f"{size(most * away / 8)} under way, as others do."
    )


def _all_slow(case: Case) -> str:
    return (
        f"{_given(case)}; {_needed(case)}. In the same quarter of an hour no other server gave "
        f"more than {rate(case.of('others'))}; usual are up to "
        f"{rate(case.samples.norms.capacity)} (90th percentile)."
    )


def _this_slow(case: Case) -> str:
    others, capacity = case.of("others"), case.samples.norms.capacity
    gave = (
        f"{rate(others)} in the same quarter of an hour"
        if np.isfinite(others)
        else f"{rate(capacity)} (90th percentile)"
    )
    return f"{_given(case)}; {_needed(case)}. Other servers gave this line up to {gave}."


def _undecided(case: Case) -> str:
    return f"{_given(case)}; {_needed(case)}. Too few other servers were seen to compare with."


def _given(case: Case) -> str:
    given, needed = case.of("given"), case.of("needed")
    uneven = " on average, but not steadily" if given >= needed and case.samples.stalled[0] else ""
    return f"The server sent {rate(given)}{uneven}"


def _needed(case: Case) -> str:
    if case.samples.late[0]:
        amount = f"the first {size(case.of('size'))}"
        return f"{rate(case.of('needed'))} would have brought {amount} in time"
    return f"this video needs {rate(case.of('needed'))}"


def _until(case: Case) -> str:
    return "the start" if case.samples.started[0] else "the end of the sample"


def _usual(case: Case) -> str:
    usual = case.samples.norms.round_trip
    return f" (usual here: {trip(usual)})" if np.isfinite(usual) else ""


def _loss_signs(case: Case) -> str:
    lost, disorder, queue = case.number("PingLoss"), case.of("out_of_order"), case.of("queueing")
    signs = [
        *([f"{share(lost)} of pings were lost"] if PINGS_LOST < lost < 1 else []),
        *([f"{share(disorder)} of segments out of order"] if disorder >= OUT_OF_ORDER else []),
        *([f"the round trip grew by {trip(queue)} under load"] if queue >= QUEUEING else []),
    ]
    text = ", ".join(signs)
    return f"{text[:1].upper()}{text[1:]}."


MEANINGS: Mapping[Rule, str] = {
    Rule.UNTRIED: "No playback was due from this address.",
    Rule.UNAVAILABLE: "The site does not show us this video; nothing is wrong.",
    Rule.SITE_REFUSES: "The site refused Pytomo as a robot, which a viewer would not see.",
    Rule.NO_MEDIA: "The page of the video did not lead to its media.",
    Rule.NAME: "The name of the server could not be resolved.",
    Rule.NO_WAY: "The way to the server failed.",
    Rule.REFUSED: "The server was there, but did not deliver.",
    Rule.UNEXPLAINED: "It failed, and what was measured does not tell why.",
    Rule.WELL: "Nothing: it started quickly and did not stall.",
    Rule.BUSY_MACHINE: "This machine was busy: it says little about the network.",
    Rule.SHARED_LINE: "Others used this machine's line meanwhile: it says little about the server.",
    Rule.FAR_START: "The server is far: it started late, as round trips took the time.",
    Rule.SLOW_CONNECTION: "It started late, as the connection took long: a packet seems lost.",
    Rule.LOST_ANSWER: "It started late, as the answer took long while packets were lost or queued.",
    Rule.SLOW_ANSWER: "It started late, as the server took long to answer.",
    Rule.RATE_SUFFICED: "It never started, and what was measured does not tell why.",
    Rule.LINE: "The video needs more than this line was seen to carry.",
    Rule.LOSS: "It came too slowly, while packets were lost or queued on the way.",
    Rule.FAR: "The server is far: round trips kept the rate down.",
    Rule.ALL_SLOW: "All servers were slow at that time.",
    Rule.THIS_SLOW: "The server was slower than others.",
    Rule.UNDECIDED: "It came too slowly, and what was measured does not tell why.",
}
"""What limited a playback for which the rule holds, in one sentence."""

SENTENCES: Mapping[Rule, Callable[[Case], str]] = {
    Rule.UNTRIED: _outcome,
    Rule.UNAVAILABLE: _outcome,
    Rule.SITE_REFUSES: _outcome,
    Rule.NO_MEDIA: _outcome,
    Rule.NAME: _outcome,
    Rule.NO_WAY: _no_way,
    Rule.REFUSED: _refused,
    Rule.UNEXPLAINED: _outcome,
    Rule.WELL: _well,
    Rule.BUSY_MACHINE: _busy_machine,
    Rule.SHARED_LINE: _shared_line,
    Rule.FAR_START: _far_start,
    Rule.SLOW_CONNECTION: _slow_connection,
    Rule.LOST_ANSWER: _lost_answer,
    Rule.SLOW_ANSWER: _slow_answer,
    Rule.RATE_SUFFICED: _rate_sufficed,
    Rule.LINE: _line,
    Rule.LOSS: _loss,
    Rule.FAR: _far,
    Rule.ALL_SLOW: _all_slow,
    Rule.THIS_SLOW: _this_slow,
    Rule.UNDECIDED: _undecided,
}
"""One for each rule."""
