"""Chromium by a pipe, in its own DevTools protocol: no port, and no other program between."""

import json
import os
import select
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any

Event = Mapping[str, Any]
_AT_ONCE = 1 << 16


class BrowserError(RuntimeError):
    """Chromium refused, broke off or did not answer in time."""


class DevTools:
    """The two ends of the pipe; replies are waited for, events kept as they come."""

    def __init__(self, reading: int, writing: int) -> None:
        self._reading, self._writing = reading, writing
        self._rest = b""
        self._number = 0
        self._session: str | None = None
        self.events: list[Event] = []

    def open_page(self) -> None:
        """A page of its own, that later calls are for."""
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        attached = self.call("Target.attachToTarget", targetId=target, flatten=True)
        self._session = attached["sessionId"]

    def call(self, method: str, *, patience: float = 30.0, **parameters: Any) -> Mapping[str, Any]:
        """What a method answers; BrowserError if it refuses or takes longer than that (s)."""
        number = self._send(method, parameters)
        for message in self._messages(time.monotonic() + patience):
            if message.get("id") == number:
                if "error" in message:
                    raise BrowserError(f"{method}: {message['error']}")
                result: Mapping[str, Any] = message["result"]
                return result
        raise BrowserError(f"{method}: no answer within {patience:g} s")

    def evaluate(self, expression: str, *, patience: float = 30.0) -> Any:
        """The value of an expression of JavaScript, awaited; BrowserError if it throws."""
        wanted = {"awaitPromise": True, "returnByValue": True, "userGesture": True}
        result = self.call("Runtime.evaluate", patience=patience, expression=expression, **wanted)
        if "exceptionDetails" in result:
            raise BrowserError(f"{expression}: {result['exceptionDetails']}")
        return result["result"].get("value")

    def close(self) -> None:
        """Ask the browser to end, if it still listens."""
        self._session = None
        with suppress(BrowserError, OSError):
            self.call("Browser.close", patience=2.0)

    def watch(self, until: float) -> None:
        """Keep the events up to a time of time.monotonic()."""
        for _ in self._messages(until):
            pass

    def wait_for(self, wanted: Callable[[Event], bool], patience: float = 30.0) -> Event:
        """The first event of that kind; BrowserError if it does not come in time (s)."""
        looked = 0
        messages = self._messages(time.monotonic() + patience)
        while True:
            for event in self.events[looked:]:
                if wanted(event):
                    return event
            looked = len(self.events)
            if next(messages, None) is None:
                raise BrowserError("what was waited for did not come in time")

    def _send(self, method: str, parameters: Mapping[str, Any]) -> int:
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        text = json.dumps(message).encode() + b"\0"
        while text:
            text = text[os.write(self._writing, text) :]
        return self._number

    def _messages(self, until: float) -> Iterator[Mapping[str, Any]]:
        while (left := until - time.monotonic()) > 0:
            ready, _, _ = select.select([self._reading], [], [], left)
            if ready:
                yield from self._read()

    def _read(self) -> Sequence[Mapping[str, Any]]:
        new = os.read(self._reading, _AT_ONCE)
        if not new:
            raise BrowserError("Chromium has ended")
        *whole, self._rest = (self._rest + new).split(b"\0")
        messages = [json.loads(text) for text in whole]
        self.events += [message for message in messages if "method" in message]
        return messages


@contextmanager
def chromium(
    words: Sequence[str], start: Callable[..., "subprocess.Popen[Any]"]
) -> Iterator[DevTools]:
    """The browser that this command line is, begun by `start`; ended again whatever happens."""
    there, writing = os.pipe()
    reading, back = os.pipe()
    # Chromium reads and writes at file descriptors of these very numbers.
    script = f'exec "$@" 3<&{there} 4>&{back}'
    try:
        process = start(
            *("bash", "-c", script, "bash", *words, "--remote-debugging-pipe"),
            pass_fds=(there, back),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
    finally:
        os.close(there)
        os.close(back)
    tools = DevTools(reading, writing)
    try:
        yield tools
    finally:
        _end(tools, process)
        os.close(reading)
        os.close(writing)


def _end(tools: DevTools, process: "subprocess.Popen[Any]") -> None:
    tools.close()
    try:
        process.wait(timeout=5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
