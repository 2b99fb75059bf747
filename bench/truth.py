"""How true the measures are: Pytomo's own modules against an emulated network that is known.

    sudo python bench/truth.py [--only WORD] [--json FILE] [--document FILE]

Makes two network namespaces with a link between them (root, iproute2, nginx-light, tcpdump), asks
Pytomo's modules inside one of them, and compares: pings with the delay of the link, throughput
with the shaper (tbf) and with what was acknowledged, names with a resolver that answers late by
known times, handshakes and first bytes with tcpdump's time stamps of the same connection, and what
the kernel counts of lost segments with what the link dropped. See docs/truth.md.
"""

import argparse
import json
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from harness.capture import captured
from harness.conversation import Conversation, conversations, round_trips
from harness.emulator import BothCounts, Emulator, End
from harness.line import Conditions
from harness.namespaces import SERVER, Lane, lane
from harness.origin import HOST, ask, names, origin

from pytomo.probes.ping import METHODS

NEAR, FAR = "10.9.0.2", "10.9.0.1"
"""The client's and the server's address on the emulated link."""
LARGE = 600_000_000
TRIES = 3
PINGS = 100
PAYLOAD = 1448 / 1514
"""TCP's share of what tbf counts: the frame without its checksum, IPv4, TCP with timestamps."""


@dataclass(frozen=True, slots=True)
class Case:
    """A measure against its truth."""

    measure: str
    against: str
    unit: str
    aim: float
    """What the median of the errors' sizes may be at most; of `worst_counts`, each of them."""
    errors: tuple[float, ...]
    worst_counts: bool = False

    @property
    def middle(self) -> float:
        """The median error."""
        return statistics.median(self.errors)

    @property
    def worst(self) -> float:
        """The largest error, with its sign."""
        return max(self.errors, key=abs)

    @property
    def met(self) -> bool:
        """Whether the aim is met."""
        return round(abs(self.worst if self.worst_counts else self.middle), 6) <= self.aim


@contextmanager
def emulated(here: Lane, there: Conditions, back: Conditions | None = None) -> Iterator[Emulator]:
    """A link with these conditions beside the direct one."""
    with Emulator(End(here.client, f"{NEAR}/24"), End(here.server, f"{FAR}/24"), there, back) as it:
        yield it


def pings(here: Lane) -> Iterator[Case]:
    """Round trips by each method against twice the delay of the link, and the capture."""
    for delay in (2, 10, 50):
        with emulated(here, Conditions(delay=delay / 1000)):
            for method in METHODS:
                yield from _pings(here, method.name, 2 * delay)


def _pings(here: Lane, method: str, delay: int) -> Iterator[Case]:
    """Those of one method; nothing by one that is not allowed here."""
    with captured(here.client, "emu0") as seen:
        times = ask(here.client, "ping", method=method, ip=FAR, packets=PINGS, port=80)
        wire = round_trips(seen(), NEAR)
    if times:
        late = tuple(time - delay for time in times)
        yield Case(f"ping by {method}", f"delay of {delay} ms", "ms", 0.3, late)
        errors = tuple(time - 1000 * true for time, true in zip(times, wire, strict=True))
        yield Case(f"ping by {method}", f"the capture, {delay} ms", "ms", 0.3, errors)


def rates(here: Lane) -> Iterator[Case]:
    """AverageThroughput against what the shaper lets pass, and what was acknowledged."""
    shaped = ("qdisc", "replace", "dev", here.device, "root", "tbf")
    for rate in (1, 5, 20, 100, 300, 500):
        # 10 ms of the rate: of tokens for longer the shaper forgets those that came while it slept.
        burst, limit = max(16_384, rate * 1250), max(60_000, rate * 2500)
        bucket = ("rate", f"{rate}mbit", "burst", str(burst), "limit", str(limit))
        here.server.run("tc", *shaped, *bucket)
        seconds = 10 if rate == 1 else 5
        with captured(here.client, here.device, "tcp and src host 10.0.0.2") as seen:
            row = fetch(here, SERVER, seconds=seconds)
            sent = [p for p in seen() if p.flags & 0x10]
        passed = 8 * _acknowledged(sent, row["download_time"]) / row["download_time"] / 1000
        free = 8 * burst / 1000 / row["download_time"]
        shaper = (1000 * rate + free) * PAYLOAD
        for truth, kbps in (("the shaper", shaper), ("the capture", passed)):
            error = 100 * (row["average_throughput"] / kbps - 1)
            yield Case(f"AverageThroughput, {rate} Mbit/s", truth, "%", 1.0, (error,))
    here.server.run("tc", "qdisc", "del", "dev", here.device, "root")


def _acknowledged(sent: Sequence[Any], seconds: float) -> int:
    """Bytes that the client had acknowledged by then, of its segments only."""
    first = sent[0].acknowledged
    until = sent[0].time + seconds
    return max((p.acknowledged - first) % 2**32 for p in sent if p.time <= until)


def names_in_time(here: Lane) -> Iterator[Case]:
    """ResolveTime against a resolver that answers so late."""
    with names(here.server, SERVER):
        for delay in (0, 5, 20, 100, 400):
            hosts = [f"ms{delay}.x{number}.test" for number in range(15)]
            with captured(here.client, here.device, "udp port 53") as seen:
                times = ask(here.client, "name_times", server=SERVER, hosts=hosts)
                wire = _answered(seen(), len(hosts))
            late = tuple(1000 * time - delay for time in times)
            yield Case("ResolveTime", f"answers after {delay} ms", "ms", 2.0, late)
            errors = tuple(1000 * (t - w) for t, w in zip(times, wire, strict=True))
            yield Case("ResolveTime", f"the capture, {delay} ms", "ms", 2.0, errors)


def _answered(packets: Sequence[Any], count: int) -> list[float]:
    """Seconds from question to answer, the longer of A and AAAA of each name."""
    asked: dict[tuple[int, bytes], float] = {}
    took: dict[bytes, list[float]] = {}
    for p in packets:
        name = p.payload[12:]
        if p.target_port == 53:
            asked[p.source_port, p.payload[:2]] = p.time
        else:
            host = name.split(b"\x04test")[0]
            took.setdefault(host, []).append(p.time - asked[p.target_port, p.payload[:2]])
    assert len(took) == count, "a question was not captured"
    return [max(times) for times in took.values()]


def handshakes(here: Lane, authority: Path) -> Iterator[Case]:
    """ConnectTime, TlsTime and TimeTogetFirstByte against the capture of the same connection."""
    for delay in (0, 20):
        plain, secure = [], []
        with emulated(here, Conditions(delay=delay / 1000)):
            for _ in range(10):
                plain.append(_timed(here, "http", None))
                secure.append(_timed(here, "https", authority))
        both = [*plain, *secure]
        where = f"tcpdump, {2 * delay} ms away"
        yield Case("ConnectTime", where, "ms", 1.0, tuple(_errors(both, "connect_time")))
        yield Case("TlsTime", where, "ms", 1.0, tuple(_errors(secure, "tls_time")))
        whole = tuple(_errors(secure, "tls_time", "tls_and_before"))
        yield Case("TlsTime", f"{where}, from SYN+ACK", "ms", 1.0, whole)
        first = "first_byte_time"
        yield Case("TimeTogetFirstByte, HTTP", where, "ms", 1.0, tuple(_errors(plain, first)))
        yield Case("TimeTogetFirstByte, HTTPS", where, "ms", 1.0, tuple(_errors(secure, first)))


Timed = tuple[dict[str, Any], dict[str, float]]


def _timed(here: Lane, scheme: str, authority: Path | None) -> Timed:
    """What the row says, and what the capture does (s); anew where tcpdump missed a packet."""
    for _ in range(TRIES):
        with suppress(ValueError):
            return _timed_once(here, scheme, authority)
    raise RuntimeError("tcpdump misses packets")


def _timed_once(here: Lane, scheme: str, authority: Path | None) -> Timed:
    with captured(here.client, "emu0") as seen:
        row = fetch(here, FAR, seconds=20, scheme=scheme, authority=authority, file="short.mp4")
        it = conversations(seen(), NEAR)[0]
    secure = scheme == "https"
    wire = {"connect_time": it.connect, "first_byte_time": it.first_byte(over_tls=secure)}
    tls = {"tls_time": it.tls, "tls_and_before": it.tls_and_before} if secure else {}
    return row, wire | tls


def _errors(timed: Sequence[Timed], name: str, truth: str | None = None) -> Iterator[float]:
    for row, wire in timed:
        yield 1000 * (row[name] - wire[truth or name])


def losses(here: Lane) -> Iterator[Case]:
    """TcpRetransmits and TcpOutOfOrder against what the link dropped, and against the capture."""
    ours = Conditions(delay=0.005, loss=0.1, lossy=("tcp_data",), seed=7)
    lossless, theirs = Conditions(delay=0.005), Conditions(delay=0.005, loss=0.01, seed=8)
    rows = [_lossy(here, ours, lossless) for _ in range(3)]
    pairs = [(row["tcp_retransmits"], it, counts) for row, it, counts in rows]
    dropped = tuple(float(n - c.there.dropped["tcp_data"]) for n, _, c in pairs)
    yield Case("TcpRetransmits, requests lost", "dropped by the link", "segments", 1.0, dropped)
    ends = [it.begun + row["download_time"] for row, it, _ in rows]
    told = zip(pairs, ends, strict=True)
    again = tuple(float(n - it.sent_again(until)) for (n, it, _), until in told)
    yield Case("TcpRetransmits, requests lost", "sent again (capture)", "segments", 0.0, again)
    rows = [_lossy(here, lossless, theirs) for _ in range(3)]
    none = tuple(float(row["tcp_retransmits"]) for row, _, _ in rows)
    yield Case("TcpRetransmits, answers lost", "none of ours was", "segments", 0.0, none)
    disorder = tuple(float(row["tcp_out_of_order"] - it.out_of_order) for row, it, _ in rows)
    yield Case("TcpOutOfOrder, answers lost", "came early (capture)", "segments", 0.0, disorder)
    for row, _, counts in rows:
        lost, total = counts.back.dropped["tcp_data"], counts.back.passed["tcp_data"]
        say(
            f"  of {lost + total} segments to us {lost} were dropped, "
            f"{row['tcp_out_of_order']} came out of order"
        )


def _lossy(
    here: Lane, there: Conditions, back: Conditions
) -> tuple[dict[str, Any], Conversation, BothCounts]:
    with emulated(here, there, back) as link, captured(here.client, "emu0") as seen:
        row = fetch(here, FAR, seconds=8, size=50_000)
        it = conversations(seen(), NEAR)[0]
        return row, it, link.counts()


def fetch(
    here: Lane,
    ip: str,
    *,
    seconds: float,
    scheme: str = "http",
    authority: Path | None = None,
    size: int = 10 * 2**20,
    file: str = "large.mp4",
) -> dict[str, Any]:
    """The row of a download of so many seconds in requests of that size."""
    row: dict[str, Any] = ask(
        here.client,
        "fetch",
        url=f"{scheme}://{HOST}/{file}",
        ip=ip,
        seconds=seconds,
        ca_file=str(authority) if authority else None,
        request_size=size,
    )
    if row["disturbed"]:
        lag, waited = row["loop_lag"], row["cpu_wait"] or 0.0
        say(f"  disturbed by {row['disturbed']}: {lag:.0f} ms late, waited {100 * waited:.0f} %")
    return row


def say(text: str) -> None:
    """A line for people."""
    print(text, flush=True)  # noqa: T201


HEAD = ("measure", "truth", "errors", "median", "worst", "aim", "result")


def table(cases: Sequence[Case]) -> str:
    """The cases as a table of Markdown."""
    lines = [HEAD, ("---",) * len(HEAD), *map(_cells, cases)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def with_table(text: str, new: str) -> str:
    """A document with the lines of its table of this head replaced; ValueError if it has none."""
    head = f"| {' | '.join(HEAD)} |"
    before, found, after = text.partition(head)
    if not found:
        raise ValueError("the document has no such table")
    rest = after.split("\n\n", 1)[1]
    return f"{before}{new}\n\n{rest}"


def _cells(case: Case) -> tuple[str, ...]:
    return (
        case.measure,
        case.against,
        str(len(case.errors)),
        f"{case.middle:+.2f}",
        f"{case.worst:+.2f}",
        f"{case.aim:g} {case.unit}",
        "met" if case.met else "not met",
    )


def cases(here: Lane, authority: Path, only: str) -> Iterator[Case]:
    """All cases whose group is wanted."""
    groups: dict[str, Callable[[], Iterator[Case]]] = {
        "ping": lambda: pings(here),
        "dns": lambda: names_in_time(here),
        "handshake": lambda: handshakes(here, authority),
        "loss": lambda: losses(here),
        "throughput": lambda: rates(here),
    }
    for name, group in groups.items():
        if only in name:
            say(f"{name} …")
            yield from group()


def main() -> None:
    """Print the table; the exit status is 1 if an aim is not met."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--only", default="", help="ping, dns, handshake, loss or throughput")
    parser.add_argument("--json", type=Path, help="write the errors there")
    parser.add_argument("--document", type=Path, help="put the table in there, as docs/truth.md")
    arguments = parser.parse_args()
    with lane() as here, origin(here.server, LARGE) as authority:
        found = list(cases(here, authority, arguments.only))
    say(table(found))
    if arguments.json:
        rows = [{**asdict(case), "errors": [round(e, 3) for e in case.errors]} for case in found]
        arguments.json.parent.mkdir(exist_ok=True)
        arguments.json.write_text(json.dumps(rows, indent=1) + "\n")
    if arguments.document:
        text = arguments.document.read_text(encoding="utf-8")
        arguments.document.write_text(with_table(text, table(found)), encoding="utf-8")
    sys.exit(not all(case.met for case in found))


if __name__ == "__main__":
    try:
        main()
    except (RuntimeError, subprocess.CalledProcessError) as error:
        sys.exit(str(error))
