"""Two network namespaces with a link between them, which leave nothing behind.

Each is held by a process that dies with us, and whatever runs in it dies with that one: it is the
first process of a process namespace, too. So there is no name to collide or to clean up.
"""

import os
import signal
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SERVER, CLIENT = "10.0.0.1", "10.0.0.2"
DEVICE = "wire"
MTU = 1500
DIES_WITH_US = ("setpriv", "--pdeathsig", "KILL")
OFFLOADS = ("tso", "gso", "gro", "tx", "rx", "sg")
"""What makes one big packet of many, or leaves checksums out: a shaper must see real packets."""
IPV4 = "/proc/sys/net/ipv4"
SETTINGS = {
    # BBR, on so short a path, halts for up to two seconds at a time; Reno sends as fast as the
    # shaper lets it as long as nothing is lost.
    "tcp_congestion_control": "reno",
    # A new connection must not know what earlier ones have learnt of the path.
    "tcp_no_metrics_save": "1",
}


@dataclass(frozen=True, slots=True)
class Namespace:
    """A network (and process) namespace, by the number of the process that holds it."""

    holder: int

    def command(self, *words: str) -> list[str]:
        """The command that runs another one inside; both die with the thread that starts them."""
        enter = ("nsenter", f"--target={self.holder}", "--net", "--pid", "--mount")
        return [*DIES_WITH_US, *enter, *DIES_WITH_US, *words]

    def run(self, *words: str) -> str:
        """What a command prints inside; CalledProcessError, with what it says, if it fails."""
        return _run(self.command(*words))

    def start(self, *words: str, **options: Any) -> "subprocess.Popen[Any]":
        """A command that goes on inside."""
        return subprocess.Popen(self.command(*words), **options)


@dataclass(frozen=True, slots=True)
class Lane:
    """A server's and a client's namespace, and the device of each on the link."""

    server: Namespace
    client: Namespace
    device: str


@contextmanager
def lane() -> Iterator[Lane]:
    """Fresh namespaces with a link that is as fast as the machine."""
    with ExitStack() as stack:
        server, client = (stack.enter_context(namespace()) for _ in range(2))
        pair = ("name", DEVICE, "netns", str(server.holder), "mtu", str(MTU), "type", "veth")
        peer = ("peer", "name", DEVICE, "netns", str(client.holder), "mtu", str(MTU))
        _run(("ip", "link", "add", *pair, *peer))
        for side, address in ((server, SERVER), (client, CLIENT)):
            _configure(side, address)
        yield Lane(server, client, DEVICE)


def _configure(side: Namespace, address: str) -> None:
    features = " ".join(f"{feature} off" for feature in OFFLOADS)
    side.run(
        "sh",
        "-ec",
        f"ip address add {address}/24 dev {DEVICE}; ip link set {DEVICE} up; "
        f"ethtool --offload {DEVICE} {features} >/dev/null",
    )


@contextmanager
def namespace() -> Iterator[Namespace]:
    """A fresh one; when it ends, whatever runs inside is killed. RuntimeError if not for root."""
    isolate = ("unshare", "--net", "--pid", "--fork", "--kill-child", "--mount-proc")
    holder = subprocess.Popen(
        [*DIES_WITH_US, *isolate, "sh", "-c", "echo; exec sleep infinity"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    with holder:
        first = None
        try:
            if holder.stdout is None or not holder.stdout.readline():
                raise RuntimeError("cannot make a namespace: root only")
            first = int(Path(f"/proc/{holder.pid}/task/{holder.pid}/children").read_text())
            made = Namespace(first)
            settings = (f"echo {value} >{IPV4}/{name}" for name, value in SETTINGS.items())
            made.run("sh", "-ec", "; ".join(["ip link set lo up", *settings]))
            yield made
        finally:
            # unshare ends when its child has, and that one when all others inside have.
            with suppress(ProcessLookupError):
                os.kill(first or holder.pid, signal.SIGKILL)


def _run(command: Sequence[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr.strip()}")
    return done.stdout
