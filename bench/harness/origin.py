"""Servers inside a namespace: nginx over HTTP and HTTPS, and names that take a known time."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import trustme
from file_server import make_files

from harness.namespaces import Namespace

BENCH = Path(__file__).parents[1]
HOST = "origin.test"
CONFIGURATION = """
daemon off;
master_process off;
pid {place}/pid;
error_log stderr error;
events {{ worker_connections 64; }}
http {{
    access_log off;
    sendfile on;
    tcp_nodelay on;
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
}}
"""


def environment() -> dict[str, str]:
    """In which the modules of the benches and of Pytomo are found."""
    return {**os.environ, "PYTHONPATH": f"{BENCH}{os.pathsep}{BENCH.parent}"}


@contextmanager
def origin(namespace: Namespace, size: int) -> Iterator[Path]:
    """nginx with a file `large.mp4` of that size; gives the file of the certificate's authority."""
    with tempfile.TemporaryDirectory(prefix="pytomo-origin-") as directory:
        place = Path(directory)
        _lay_out(place, size)
        configuration = str(place / "nginx.conf")
        nginx = namespace.start("nginx", "-e", "stderr", "-c", configuration)
        try:
            _wait_for_port(namespace, nginx, 443)
            yield place / "ca.pem"
        finally:
            nginx.kill()
            nginx.wait()


def _lay_out(place: Path, size: int) -> None:
    (place / "files").mkdir()
    make_files(place / "files", size)
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(place / "ca.pem"))
    certificate = authority.issue_cert(HOST)
    certificate.private_key_pem.write_to_path(str(place / "server.key"))
    certificate.cert_chain_pems[0].write_to_path(str(place / "server.pem"))
    (place / "nginx.conf").write_text(CONFIGURATION.format(place=place))


def _wait_for_port(namespace: Namespace, server: "subprocess.Popen[Any]", port: int) -> None:
    for _ in range(100):
        if f":{port:04X} 00000000:0000 0A" in Path(f"/proc/{namespace.holder}/net/tcp").read_text():
            return
        if server.poll() is not None:
            break
        time.sleep(0.05)
    raise RuntimeError("nginx does not start (is nginx-light installed?)")


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
