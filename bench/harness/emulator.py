"""A link with delay, jitter and loss between two network namespaces, where the kernel has no netem.

A TUN device in each namespace, joined by one relay process. The devices take qdiscs like others:
`tc qdisc add dev emu0 root tbf …` shapes what that side sends. Needs root.

    near, far = End(client, "10.9.0.2/24"), End(server, "10.9.0.1/24")
    with Emulator(near, far, there, back) as link:
        ...
        link.counts().back.dropped["tcp_data"]
"""

import json
import os
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from harness.line import Conditions, Counts
from harness.namespaces import Namespace

BENCH = Path(__file__).parents[1]
MTU = 1500


@dataclass(frozen=True, slots=True)
class End:
    """A side of the link: its namespace, the addresses (with prefix) of its device."""

    namespace: Namespace
    address: str
    device: str = "emu0"
    more_addresses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class BothCounts:
    """What passed and what was dropped, from the near end to the far one and back."""

    there: Counts
    back: Counts


class Emulator:
    """The link, as a context manager: it lives as long as the relay process."""

    def __init__(
        self,
        near: End,
        far: End,
        there: Conditions,
        back: Conditions | None = None,
        *,
        mtu: int = MTU,
    ) -> None:
        """`there` is for packets from `near` to `far`, `back` for the others (None: the same)."""
        self.ends = (near, far)
        self.conditions = (there, there if back is None else back)
        self.mtu = mtu
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        link = {
            "ends": [(end.namespace.holder, end.device) for end in self.ends],
            "conditions": [asdict(conditions) for conditions in self.conditions],
        }
        self._process = subprocess.Popen(
            [sys.executable, "-m", "harness.relay", json.dumps(link)],
            env={**os.environ, "PYTHONPATH": str(BENCH)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            self._configure()
        except BaseException:
            self._stop()
            raise
        return self

    def _configure(self) -> None:
        if self._line() != "ready":
            raise RuntimeError("the relay of the emulated link did not start")
        for end in self.ends:
            run, device = end.namespace.run, ("dev", end.device)
            for address in (end.address, *end.more_addresses):
                no_wait = ("nodad",) if ":" in address else ()
                run("ip", "address", "add", address, *device, *no_wait)
            run("ip", "link", "set", *device, "mtu", str(self.mtu), "up")

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._stop()

    def _stop(self) -> None:
        if self._process is not None:
            self._process.communicate(timeout=10)

    def _line(self) -> str:
        if self._process is None or self._process.stdout is None:
            return ""
        return self._process.stdout.readline().strip()

    def counts(self) -> BothCounts:
        """The counts since the link was made."""
        if self._process is None or self._process.stdin is None:
            raise RuntimeError("the emulated link is not there")
        self._process.stdin.write("counts\n")
        self._process.stdin.flush()
        there, back = (Counts.of(values) for values in json.loads(self._line()))
        return BothCounts(there, back)
