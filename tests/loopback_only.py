"""A guard for tests: within it, whoever contacts anything but this machine's loopback fails."""

import contextlib
import ipaddress
import socket
import sys
from collections.abc import Iterator, Sequence
from typing import Any

_active: list[list[str]] = []
_installed: list[bool] = []


@contextlib.contextmanager
def loopback_only() -> Iterator[list[str]]:
    """Refuse every contact (of this process) to another address, and look-ups by the system.

    AssertionError at the end if there was one; the list says which. It watches Python's audit
    events (PEP 578), which no library can go round in Python, and the addresses that are given to
    other programs.
    """
    if not _installed:
        sys.addaudithook(_hook)  # it cannot be taken away again
        _installed.append(True)
    contacts: list[str] = []
    _active.append(contacts)
    try:
        yield contacts
    finally:
        _active.remove(contacts)
    assert not contacts, f"contacted: {', '.join(dict.fromkeys(contacts))}"


def _hook(event: str, args: tuple[Any, ...]) -> None:
    if _active and (event.startswith("socket.") or event == "subprocess.Popen"):
        place = _elsewhere(event, args)
        if place:
            for contacts in _active:
                contacts.append(f"{place} ({event})")
            raise PermissionError(f"{place} is not loopback")


def _elsewhere(event: str, args: tuple[Any, ...]) -> str | None:
    """What this event contacts, if that is not on loopback."""
    if event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
        return _foreign_address(args[1])
    if event in ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"):
        return _foreign_name(args[0])
    if event == "subprocess.Popen":
        return _foreign_argument(args[1])
    return None


def _foreign_address(address: Any) -> str | None:
    if not isinstance(address, tuple) or not isinstance(address[0], str):
        return None  # a Unix or netlink socket, or a socket that is connected already
    known = _parsed(address[0])
    local = known.is_loopback if known else address[0] in ("", "localhost")
    return None if local else f"{address[0]} port {address[1]}"


def _foreign_name(host: Any) -> str | None:
    name = host.decode() if isinstance(host, bytes) else host
    if not name or _parsed(name) or name in ("localhost", socket.gethostname()):
        return None  # nothing has to be asked
    return str(name)


def _foreign_argument(arguments: Any) -> str | None:
    words: Sequence[Any] = arguments.split() if isinstance(arguments, str) else arguments
    for word in words:
        known = _parsed(word) if isinstance(word, str) else None
        if known and not known.is_loopback:
            return str(word)
    return None


def _parsed(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None
