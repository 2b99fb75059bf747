"""nginx inside a namespace, in the foreground and in one process."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from harness.namespaces import Namespace

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
    server_tokens off;
    client_body_temp_path {place}/body;
    proxy_temp_path {place}/proxy;
    fastcgi_temp_path {place}/fastcgi;
    uwsgi_temp_path {place}/uwsgi;
    scgi_temp_path {place}/scgi;
    {servers}
}}
"""


@contextmanager
def nginx(
    namespace: Namespace, place: Path, servers: str, port: int, *, patience: float = 10.0
) -> Iterator[None]:
    """It runs with these server blocks, in a directory of its own, and listens at the port.

    RuntimeError if it does not in so many seconds.
    """
    configuration = place / "nginx.conf"
    configuration.write_text(CONFIGURATION.format(place=place, servers=servers), encoding="utf-8")
    process = namespace.start("nginx", "-e", "stderr", "-c", str(configuration))
    try:
        until = time.monotonic() + patience
        while not _listens(namespace, port):
            if process.poll() is not None or time.monotonic() > until:
                raise RuntimeError("nginx does not start (is nginx-light installed?)")
            time.sleep(0.01)
        yield
    finally:
        process.kill()
        process.wait()


def _listens(namespace: Namespace, port: int) -> bool:
    sockets = Path(f"/proc/{namespace.holder}/net/tcp").read_text(encoding="ascii")
    return f":{port:04X} 00000000:0000 0A" in sockets
