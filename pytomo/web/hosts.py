"""Whom a request is meant for."""

import ipaddress


def is_local(host: str) -> bool:
    """Whether a Host header is an address, localhost or nothing: no name that others can choose.

    A page of the web can give its own name our loopback address (DNS rebinding) and then read
    whatever answers to that name.
    """
    name = host.rpartition(":")[0] if ":" in host and not host.endswith("]") else host
    name = name.strip("[]").rstrip(".").lower()
    if name in ("", "localhost") or name.endswith(".localhost"):
        return True
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
