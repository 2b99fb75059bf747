"""A local server of a large file: nginx where it is installed, else one of our own.

It runs in processes of its own, so that what it takes is not counted as a client's.
"""

import os
import re
import shutil
import socket
import ssl
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import trustme

HOST = "localhost"
PROTOCOLS = ("http", "https")

NGINX = """
daemon off; worker_processes 2; pid {place}/nginx.pid; error_log {place}/error.log;
events {{ worker_connections 64; }}
http {{
    access_log off; sendfile on; tcp_nopush on;
    client_body_temp_path {place}/t1; proxy_temp_path {place}/t2; fastcgi_temp_path {place}/t3;
    uwsgi_temp_path {place}/t4; scgi_temp_path {place}/t5;
    server {{
        listen 127.0.0.1:{http}; listen 127.0.0.1:{https} ssl; root {place}/files;
        ssl_protocols TLSv1.2 TLSv1.3; ssl_certificate {place}/server.pem;
        ssl_certificate_key {place}/server.key;
    }}
}}
"""


def make_files(directory: Path, size: int) -> None:
    """A file of the size and a small one: an MP4 that is all padding, sparse on the disk."""
    brand = struct.pack(">I4s4sI4s4s", 24, b"ftyp", b"isom", 512, b"isom", b"mp42")
    for name, length in (("large.mp4", size), ("small.mp4", 1000)):
        with (directory / name).open("wb") as file:
            file.write(brand + struct.pack(">I4sQ", 1, b"free", length - len(brand)))
            file.truncate(length)


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on."""
    with ExitStack() as stack:
        sockets = [
            stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)
        ]
        return [sock.getsockname()[1] for sock in sockets]


@contextmanager
def server(place: Path, size: int) -> Iterator[tuple[str, dict[str, int], Path]]:
    """A server's name, its port for each protocol, and the file of its certificate's authority."""
    authority, files = trustme.CA(), place / "files"
    files.mkdir()
    make_files(files, size)
    authority.cert_pem.write_to_path(str(place / "ca.pem"))
    certificate = authority.issue_cert(HOST)
    certificate.private_key_pem.write_to_path(str(place / "server.key"))
    certificate.cert_chain_pems[0].write_to_path(str(place / "server.pem"))
    ports = dict(zip(PROTOCOLS, free_ports(2), strict=True))
    name, commands = nginx(place, ports) if shutil.which("nginx") else own_server(place, ports)
    processes = [subprocess.Popen(arguments) for arguments in commands]
    try:
        for port in ports.values():
            wait_for(port)
        yield name, ports, place / "ca.pem"
    finally:
        for process in processes:
            process.terminate()
            process.wait()


def nginx(place: Path, ports: dict[str, int]) -> tuple[str, list[list[str]]]:
    """Its name, and the command that starts it."""
    user = "user root root;" if os.geteuid() == 0 else ""
    text = user + NGINX.format(place=place, http=ports["http"], https=ports["https"])
    (place / "nginx.conf").write_text(text)
    told = subprocess.run(["nginx", "-v"], capture_output=True, text=True, check=True).stderr
    log = str(place / "error.log")
    name = told.partition(":")[2].strip()
    return name, [["nginx", "-e", log, "-p", str(place), "-c", str(place / "nginx.conf")]]


def own_server(place: Path, ports: dict[str, int]) -> tuple[str, list[list[str]]]:
    """The same for `serve`, a process for each protocol."""
    return "a Python server of this script (nginx is not installed)", [
        [sys.executable, __file__, protocol, str(port), str(place)]
        for protocol, port in ports.items()
    ]


class FileHandler(BaseHTTPRequestHandler):
    """Sends files and parts of them: sendfile where TLS does not forbid it."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """As http.server wants it named."""
        with (Path.cwd() / self.path.lstrip("/")).open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            asked = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
            first = int(asked[1]) if asked else 0
            last = min(int(asked[2]), size - 1) if asked and asked[2] else size - 1
            self.send_response(206 if asked else 200)
            if asked:
                self.send_header("Content-Range", f"bytes {first}-{last}/{size}")
            self.send_header("Content-Length", str(last - first + 1))
            self.end_headers()
            file.seek(first)
            self.connection.sendfile(file, first, last - first + 1)

    def log_message(self, *arguments: Any) -> None:
        """Nothing."""


def serve(protocol: str, port: str, place: str) -> None:
    """Serve the files of the benchmark until killed."""
    os.chdir(Path(place) / "files")
    httpd = ThreadingHTTPServer(("127.0.0.1", int(port)), FileHandler)
    if protocol == "https":
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(Path(place) / "server.pem", Path(place) / "server.key")
        httpd.socket = context.wrap_socket(httpd.socket, server_side=True)
    httpd.serve_forever()


def wait_for(port: int) -> None:
    """Until somebody listens there."""
    for _ in range(100):
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.1)
    sys.exit("the server did not start")


if __name__ == "__main__":
    serve(*sys.argv[1:])
