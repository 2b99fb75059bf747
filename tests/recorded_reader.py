"""yt-dlp itself, with recorded answers in place of the network."""

import io
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from email.message import Message
from pathlib import Path
from typing import Any

from yt_dlp import YoutubeDL
from yt_dlp.networking import Request, Response
from yt_dlp.networking.exceptions import HTTPError

from pytomo.config import Config
from pytomo.pages import OpenReader, SiteLog

YOUTUBE = Path(__file__).parents[2] / "shared" / "recorded" / "youtube"

EMPTY_PAGE = '<html>ytcfg.set({"INNERTUBE_CONTEXT": {"client": {}}});</html>'

AnswerTo = Callable[[str, Any], str | None]
"""The text at a URL to which a JSON document (or None) was sent; None: 404."""


class RecordedReader(YoutubeDL):
    """A YoutubeDL whose requests are answered by a function."""

    def __init__(self, options: Mapping[str, Any], answer: AnswerTo, asked: list[str]) -> None:
        super().__init__({"logger": SiteLog(), "cachedir": False, **options})
        self._answer = answer
        self._asked = asked

    def urlopen(self, req: Any) -> Any:
        request = req if isinstance(req, Request) else Request(req)
        self._asked.append(request.url)
        text = self._answer(request.url, _sent(request))
        body = io.BytesIO((text or "").encode())
        response = Response(body, request.url, Message(), status=200 if text is not None else 404)
        if text is None:
            raise HTTPError(response)
        return response


def _sent(request: Any) -> Any:
    try:
        return json.loads(request.data)
    except (TypeError, ValueError):
        return None


def recorded(answer: AnswerTo, asked: list[str] | None = None) -> OpenReader:
    """An `open_reader` with these answers; what is asked for is added to `asked`."""

    @contextmanager
    def open_reader(config: Config, options: Mapping[str, Any]) -> Iterator[Any]:
        with RecordedReader(options, answer, [] if asked is None else asked) as reader:
            yield reader

    return open_reader


def youtube(url: str, sent: Any) -> str | None:
    """YouTube, as it was recorded; pages without content, so that `next` is asked for."""
    if "/youtubei/v1/" not in url:
        return EMPTY_PAGE if url.startswith("https://www.youtube.com") else None
    endpoint = url.partition("/youtubei/v1/")[2].partition("?")[0]
    name = sent["videoId"] if endpoint != "search" else sent["query"].replace(" ", "_")
    file = YOUTUBE / endpoint / f"{name}.json"
    return file.read_text() if file.exists() else None
