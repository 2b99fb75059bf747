"""One connection of a client with a host of the lab."""

import asyncio
import contextlib
import os
import socket
import ssl
import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic

from pytomo.lab.answer import Answer, Lookup, answer
from pytomo.lab.message import parse_request
from pytomo.lab.schedule import GRACE, Schedule, Script
from pytomo.lab.truth import Asked, Served, Truth

ATTENTION = 0.1
"""Seconds in which it is noticed that a client that waits has gone."""
UNSENT = 1
"""Bytes above which `drain` waits for the kernel; with 0, asyncio's TLS would wait for ever."""
BAD_REQUEST = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class Host:
    """What the connections of one host share."""

    def __init__(self, address: str, script: Script) -> None:
        self.address = address
        self.script = script
        self.schedule = Schedule(script)
        self.resets = 0

    @property
    def allowance(self) -> int | None:
        """Bytes of body after which a new connection is to be reset; None: never."""
        spent = self.script.resets is not None and self.resets >= self.script.resets
        return None if spent else self.script.reset_after


class Connection:
    """Requests and answers, one after the other."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        host: Host,
        number: int,
        lookup: Lookup,
        truth: Truth,
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._host = host
        self._number = number
        self._lookup = lookup
        self._truth = truth
        self._allowance = host.allowance
        writer.transport.set_write_buffer_limits(high=UNSENT)

    async def serve(self) -> None:
        """Until the client or the script ends it."""
        gone = (ConnectionError, ssl.SSLError, asyncio.IncompleteReadError)
        try:
            with contextlib.suppress(*gone):
                while await self._exchange():
                    pass
            self._writer.close()
            with contextlib.suppress(*gone, TimeoutError):
                await self._writer.wait_closed()
        except BaseException:
            self._writer.transport.abort()
            raise

    async def _exchange(self) -> bool:
        try:
            request = parse_request(await self._reader.readuntil(b"\r\n\r\n"))
        except (ValueError, asyncio.LimitOverrunError):
            self._writer.write(BAD_REQUEST)
            return False
        now = monotonic()
        reply = answer(request, self._host.script, self._lookup, self._here())
        event = Asked(
            at=now,
            address=self._host.address,
            connection=self._number,
            method=request.method,
            target=request.target,
            status=reply.status,
            position=reply.position,
            size=reply.size,
        )
        self._truth.note(event)
        if reply.size and reply.content.is_media:
            await self._send_media(reply, event)
        else:
            await self._send_message(reply, now)
        return not (reply.closes or self._writer.is_closing())

    def _here(self) -> str:
        secure = self._writer.get_extra_info("ssl_object") is not None
        return f"{'https' if secure else 'http'}:{self._writer.get_extra_info('sockname')[1]}"

    async def _send_message(self, reply: Answer, now: float) -> None:
        await self._wait_until(now + self._host.script.latency)
        self._writer.write(reply.head())
        if reply.size:
            with opened(reply.content.source) as read:
                self._writer.write(read(reply.position, reply.size))
        await self._writer.drain()

    async def _send_media(self, reply: Answer, event: Asked) -> None:
        schedule = self._host.schedule
        ready = schedule.begin(event.at)
        try:
            await self._wait_until(ready)
            self._writer.write(reply.head())
            await self._send_runs(reply.content.source, event, ready)
        finally:
            schedule.end(monotonic())

    async def _send_runs(self, source: Path | bytes, event: Asked, ready: float) -> None:
        position, end = event.position, event.position + event.size
        with opened(source) as read:
            while position < end:
                wanted = min(end - position, self._allowance or end)
                size, due = self._host.schedule.grant(wanted, ready)
                await self._wait_until(due)
                data = read(position, size)
                self._note(event, position, size)  # first: who has the bytes finds them in there
                ready = await self._send_run(data, due)
                position += size
                self._spend(size)

    async def _wait_until(self, due: float) -> None:
        """Until then, or raise ConnectionError soon after the client has gone."""
        while (seconds := due - monotonic()) > 0:
            await asyncio.sleep(min(seconds, ATTENTION))
            if self._reader.at_eof() or self._writer.is_closing():
                raise ConnectionResetError("the client has gone")

    async def _send_run(self, data: bytes, due: float) -> float:
        """Send it; returns since when the connection could have taken more."""
        began = monotonic()
        self._writer.write(data)
        await self._writer.drain()
        now = monotonic()
        await asyncio.sleep(0)  # else we may write on to who is gone: asyncio complains
        return now if now - began > GRACE else due

    def _spend(self, size: int) -> None:
        if self._allowance is not None:
            self._allowance -= size
            if self._allowance <= 0:
                self._host.resets += 1
                self._reset()

    def _reset(self) -> None:
        client = self._writer.get_extra_info("socket")
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._writer.transport.abort()
        raise ConnectionResetError("as the script says")

    def _note(self, event: Asked, position: int, size: int) -> None:
        self._truth.note(
            Served(monotonic(), event.address, event.connection, event.target, position, size)
        )


@contextlib.contextmanager
def opened(source: Path | bytes) -> Iterator[Callable[[int, int], bytes]]:
    """A function from position and size to bytes of it."""
    if isinstance(source, bytes):
        yield lambda position, size: source[position : position + size]
    else:
        with source.open("rb") as file:
            yield lambda position, size: os.pread(file.fileno(), size, position)
