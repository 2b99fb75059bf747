"""Name servers that are still listened to when others, or they themselves, are asked again."""

import copy
import select
import socket
import time
from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any, NamedTuple, Self

import dns.exception
import dns.inet
import dns.message
import dns.nameserver
import dns.query
import dns.rcode

from pytomo.kernel_time import keep_stamps, since, stamp

_ANSWERS = (dns.rcode.NOERROR, dns.rcode.NXDOMAIN)


class _Question(NamedTuple):
    """What was sent to a server from a socket of its own."""

    request: dns.message.Message
    link: socket.socket
    place: Any

    def send(self) -> None:
        dns.query.send_udp(self.link, self.request, self.place)

    def receive(self) -> dns.message.Message | None:
        """The answer that has come; None if what came is none (RFC 5452, section 9.1).

        Raises dns.message.Truncated where it is too long for UDP.
        """
        try:
            return dns.query.receive_udp(  # type: ignore[no-any-return]
                self.link,
                self.place,
                time.time(),
                ignore_unexpected=True,
                raise_on_truncation=True,
                ignore_errors=True,
                query=self.request,
            )[0]
        except dns.exception.Timeout:
            return None


class Questions:
    """The questions over UDP about one name; all are listened to until this is closed."""

    def __init__(self) -> None:
        self._open: list[_Question] = []
        self._asked: float | None = None
        self._heard: float | None = None
        self._sockets = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._sockets.close()

    @property
    def elapsed(self) -> float | None:
        """Seconds from sending the first question until the answer, or until now, as one that is
        too long for UDP comes another way; None if none was sent."""
        if self._asked is None:
            return None
        return (time.monotonic() if self._heard is None else self._heard) - self._asked

    def ask(
        self, request: dns.message.Message, address: str, port: int, timeout: float
    ) -> dns.message.Message:
        """Ask a server, and once more at half time, as packets get lost; any answer will do.

        Raises dns.exception.Timeout, dns.message.Truncated, or OSError where sending is refused.
        """
        question = self._put(copy.copy(request), address, port)
        began = time.monotonic()
        self._asked = began if self._asked is None else self._asked
        for until in (began + timeout / 2, began + timeout):
            question.send()
            response = self._hear(until, question)
            if response is not None:
                return response
        raise dns.exception.Timeout

    def _put(self, request: dns.message.Message, address: str, port: int) -> _Question:
        family = dns.inet.af_for_address(address)
        link = self._sockets.enter_context(dns.query.make_socket(family, socket.SOCK_DGRAM))
        keep_stamps(link)
        place = dns.inet.low_level_address_tuple((address, port), family)
        self._open.append(_Question(request, link, place))
        return self._open[-1]

    def _hear(self, until: float, latest: _Question) -> dns.message.Message | None:
        while (left := until - time.monotonic()) > 0:
            ready = select.select([question.link for question in self._open], [], [], left)[0]
            for question in [question for question in self._open if question.link in ready]:
                response = question.receive()
                # That an earlier server fails is no reason to leave the one that is asked now.
                if response and (question is latest or response.rcode() in _ANSWERS):
                    self._heard = time.monotonic() - since(stamp(question.link))
                    return response
        return None


class _Patient(dns.nameserver.Do53Nameserver):
    """A server to which questions over UDP stay open."""

    def __init__(self, address: str, port: int, questions: Questions) -> None:
        super().__init__(address, port)
        self._questions = questions

    def query(
        self,
        request: dns.message.QueryMessage,
        timeout: float,
        source: str | None,
        source_port: int,
        max_size: bool,
        *more: bool,
        **named: bool,
    ) -> dns.message.Message:
        if max_size:
            return super().query(request, timeout, source, source_port, True, *more, **named)
        return self._questions.ask(request, self.address, self.port, timeout)


def patient(
    servers: Sequence[str | dns.nameserver.Nameserver], port: int, questions: Questions
) -> list[str | dns.nameserver.Nameserver]:
    """The same servers with their questions kept open; those with other protocols as they are."""
    return [_made_patient(server, port, questions) for server in servers]


def _made_patient(
    server: str | dns.nameserver.Nameserver, port: int, questions: Questions
) -> str | dns.nameserver.Nameserver:
    if isinstance(server, dns.nameserver.Do53Nameserver):
        return _Patient(server.address, server.port, questions)
    if isinstance(server, str) and dns.inet.is_address(server):
        return _Patient(server, port, questions)
    return server
