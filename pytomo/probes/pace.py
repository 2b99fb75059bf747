"""What all ways to ping share: their pace, and what they give."""

from collections.abc import Callable

INTERVAL = 0.05
"""Seconds between the packets to one address."""
TIMEOUT = 1.0
"""Seconds to wait for the last answer; a TCP connection attempt is repeated by then (RFC 6298)."""

RoundTrips = dict[str, list[float]]
"""Milliseconds of each packet that was answered, by address."""
Clock = Callable[[], float]
