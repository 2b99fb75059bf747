"""The connections of one download: one for each host, kept alive, to the addresses chosen."""

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from pytomo.errors import Failure, Phase
from pytomo.route import Endpoint, Route
from pytomo.tcp_info import TcpInfo
from pytomo.transport import ERRORS, BrokenError, Connection


class Connections:
    """Opens what is needed and closes it all; remembers what the first connection took."""

    def __init__(
        self, locate: Callable[[str], str | Failure], route: Route, clock: Callable[[], float]
    ) -> None:
        self.deadline = math.inf
        self.first: Connection | None = None
        self._locate = locate
        self._route = route
        self._clock = clock
        self._last: Connection | None = None
        self._open: dict[Endpoint, Connection] = {}
        self._known: dict[Endpoint, list[TcpInfo]] = {}

    @property
    def phase(self) -> Phase:
        """How far the last one has come."""
        return self._last.phase if self._last else Phase.CONNECT

    def locate(self, place: Endpoint) -> str:
        """The address to dial for a host; raises BrokenError if there is none."""
        ip = self._locate(place.host)
        if isinstance(ip, Failure):
            raise BrokenError(ip)
        return ip

    def to(self, place: Endpoint) -> None:
        """Have a connection to a host on which a request can be sent; raises BrokenError."""
        self._last = self._open.get(place)
        if self._last is None or not self._last.reusable:
            self.drop(place)
            self._last = self._connection(place)
            with self.watched() as connection:
                connection.open()

    def _connection(self, place: Endpoint) -> Connection:
        connection = self._open[place] = Connection(
            endpoint=place,
            ip=self.locate(place),
            route=self._route,
            deadline=self.deadline,
            clock=self._clock,
        )
        self.first = self.first or connection
        return connection

    @contextmanager
    def watched(self) -> Iterator[Connection]:
        """While something is done on the last connection: what breaks it raises BrokenError."""
        connection = self._last
        assert connection is not None, "open it first"
        try:
            yield connection
        except ERRORS as error:
            failure = connection.failure(error)
            self.drop(connection.endpoint)
            raise BrokenError(failure) from error

    def drop(self, place: Endpoint) -> None:
        """Close the connection to a host, if there is one."""
        connection = self._open.pop(place, None)
        if connection is not None:
            self._known.setdefault(place, []).append(connection.close())

    def interrupt(self) -> None:
        """Wake a thread that waits for one of them: it is told that the connection has ended."""
        for connection in tuple(self._open.values()):
            connection.interrupt()

    def close(self) -> None:
        """Close them all."""
        for place in tuple(self._open):
            self.drop(place)

    @property
    def carried(self) -> int | None:
        """Bytes that closed connections put on the wire; None where the kernel does not tell."""
        return _sum([info.carried for known in self._known.values() for info in known])

    def tcp_info(self) -> TcpInfo:
        """What the kernel knew at the end of the connections to the first host."""
        return _together(self._known.get(self.first.endpoint, ()) if self.first else ())


def _together(known: Sequence[TcpInfo]) -> TcpInfo:
    """The state of the last one, and what happened on all of them."""
    last = known[-1] if known else TcpInfo()
    return last._replace(
        retransmits=_sum([info.retransmits for info in known]),
        out_of_order=_sum([info.out_of_order for info in known]),
    )


def _sum(counts: Sequence[int | None]) -> int | None:
    told = [count for count in counts if count is not None]
    return sum(told) if told else None
