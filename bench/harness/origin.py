"""Servers inside a namespace: nginx over HTTP and HTTPS, and names that take a known time."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import trustme
from file_server import make_files

from harness.namespaces import Namespace
from harness.nginx import nginx

BENCH = Path(__file__).parents[1]
HOST = "origin.test"
SHORT = 100_000
"""Bytes of `short.mp4`: some TLS records."""
SERVERS = """
    keepalive_requests 1000000;
    server {{
        listen 80;
        listen 443 ssl;
        root {place}/files;
        ssl_certificate {place}/server.pem;
        ssl_certificate_key {place}/server.key;
        ssl_protocols TLSv1.3;
        # Tickets would look like the first bytes of an answer.
        ssl_conf_command NumTickets 0;
    }}
"""


def environment() -> dict[str, str]:
    """In which the modules of the benches and of Pytomo are found."""
    return {**os.environ, "PYTHONPATH": f"{BENCH}{os.pathsep}{BENCH.parent}"}


@contextmanager
def origin(namespace: Namespace, size: int) -> Iterator[Path]:
    """nginx with `short.mp4` and `large.mp4`, which has that size; gives its authority's file."""
    with tempfile.TemporaryDirectory(prefix="pytomo-origin-") as directory:
        place = Path(directory)
        _lay_out(place, size)
        with nginx(namespace, place, SERVERS.format(place=place), 443):
            yield place / "ca.pem"


def _lay_out(place: Path, size: int) -> None:
    (place / "files").mkdir()
    make_files(place / "files", size)
    with (place / "files" / "large.mp4").open("rb") as file:
        (place / "files" / "short.mp4").write_bytes(file.read(SHORT))
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(place / "ca.pem"))
    certificate = authority.issue_cert(HOST)
    certificate.private_key_pem.write_to_path(str(place / "server.key"))
    certificate.cert_chain_pems[0].write_to_path(str(place / "server.pem"))


@contextmanager
def names(namespace: Namespace, address: str) -> Iterator[None]:
    """The DNS server of `delayed_dns.py`."""
    command = (sys.executable, "-m", "harness.delayed_dns", address)
    server = namespace.start(*command, env=environment(), stdout=subprocess.PIPE, text=True)
    try:
        if server.stdout is None or server.stdout.readline().strip() != "ready":
            raise RuntimeError("the DNS server does not start")
        yield
    finally:
        server.kill()
        server.communicate()


def ask(namespace: Namespace, task: str, **arguments: Any) -> Any:
    """What Pytomo's own modules say inside a namespace; see `tasks.py`."""
    command = (sys.executable, "-m", "harness.tasks", task, json.dumps(arguments))
    done = namespace.start(*command, env=environment(), stdout=subprocess.PIPE, text=True)
    told, _ = done.communicate()
    if done.returncode:
        raise RuntimeError(f"the task {task} failed")
    return json.loads(told)
