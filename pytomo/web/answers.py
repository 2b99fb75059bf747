"""What is sent back: an answer of any kind with its headers, and the refusals that pages raise."""

import gzip
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from pathlib import Path
from types import MappingProxyType

from pytomo.errors import CrawlError, LockedError

PAGE_POLICY = (
    "default-src 'none'; img-src 'self'; style-src 'self'; script-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
"""Content-Security-Policy of everything but pictures: only what this server itself holds."""

PICTURE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
"""Of pictures: an SVG may hold its own styles, and nothing else when it is opened alone."""

HTML = "text/html; charset=utf-8"
JSON = "application/json"
CSV = "text/csv; charset=utf-8; header=present"
SMALL = 1000
"""Bytes that are not worth compressing."""

_COMPRESSIBLE = re.compile(r"text/|application/(json|xml|javascript|openmetrics)|image/svg")


class Refusal(Exception):  # noqa: N818 - it is no error of ours
    """A request that gets a page (or JSON) that says why there is nothing else."""

    status = HTTPStatus.BAD_REQUEST
    heading = "That cannot be"
    """Of its page."""
    headers: Mapping[str, str] = {}

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


class BadRequest(Refusal):
    """A parameter that cannot be; the text is one clear sentence."""


class NotFound(Refusal):
    """There is no such page, row or database; the text says what there is."""

    status = HTTPStatus.NOT_FOUND
    heading = "Not there"


class Unreadable(Refusal):
    """The database cannot be read (now): locked, truncated, or none."""

    status = HTTPStatus.CONFLICT
    heading = "Cannot be read"


class Locked(Unreadable):
    """Another program has locked the database: it can be read when that is done."""

    heading = "Busy"


class Lacking(Refusal):
    """What it is made with is not installed, or cannot be loaded."""

    status = HTTPStatus.SERVICE_UNAVAILABLE
    heading = "Not installed"


class NothingYet(Refusal):
    """There is no database to show yet."""

    status = HTTPStatus.NOT_FOUND
    heading = "No database yet"


class BeingMade(Refusal):
    """Something that takes long is being made for others; to be asked for again."""

    status = HTTPStatus.SERVICE_UNAVAILABLE
    heading = "Busy"
    headers = MappingProxyType({"Retry-After": "10"})


class Misdirected(Refusal):
    """The request is meant for another host (RFC 9110, section 15.5.20)."""

    status = HTTPStatus.MISDIRECTED_REQUEST


class NotAllowed(Refusal):
    """Anything but GET and HEAD."""

    status = HTTPStatus.METHOD_NOT_ALLOWED


def unreadable(error: CrawlError, directory: Path) -> Unreadable:
    """What to say of a database that cannot be read: where it is is nobody's business."""
    text = str(error).replace(f"{directory}/", "")
    if isinstance(error, LockedError):
        return Locked("Another program has locked the database.")
    return Unreadable(f"{text[:1].upper()}{text[1:]}.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A status, a body and what kind of body it is."""

    body: bytes | Iterable[bytes]
    """A whole, or its parts as they are made."""
    type: str
    status: HTTPStatus = HTTPStatus.OK
    policy: str = PAGE_POLICY
    """Content-Security-Policy; empty: none is sent."""
    headers: Mapping[str, str] = field(default_factory=dict)


def plain(text: str, status: HTTPStatus) -> Answer:
    """A sentence and nothing else."""
    return Answer(body=text.encode(), type="text/plain; charset=utf-8", status=status)


def not_modified(tag: str) -> Answer:
    """What a reader gets who has it already.

    Its headers take the place of those that the reader has kept (RFC 9111, section 3.2): the policy
    must not, since a picture or a report has one of its own.
    """
    status = HTTPStatus.NOT_MODIFIED
    return Answer(body=b"", type="", status=status, policy="", headers={"ETag": tag})


def is_known(tag: str, if_none_match: str) -> bool:
    """Whether the reader has this version (RFC 9110, section 13.1.2: weak comparison)."""
    known = {part.strip().removeprefix("W/") for part in if_none_match.split(",")}
    return "*" in known or tag.removeprefix("W/") in known


def compressed(answer: Answer) -> Answer:
    """The same in fewer bytes, where that is worth it."""
    body = answer.body
    if not isinstance(body, bytes) or len(body) < SMALL or not _COMPRESSIBLE.match(answer.type):
        return answer
    headers = {**answer.headers, "Content-Encoding": "gzip"}
    return replace(answer, body=gzip.compress(body, 5, mtime=0), headers=headers)


def takes_gzip(accept_encoding: str) -> bool:
    """Whether a list of codings names gzip with a weight above 0 (RFC 9110, section 12.5.3)."""
    for coding in accept_encoding.lower().split(","):
        name, _, weight = coding.partition(";")
        if name.strip() == "gzip":
            return re.fullmatch(r"q=0(\.0*)?", weight.strip()) is None
    return False


def headers_of(answer: Answer) -> list[tuple[str, str]]:
    """All headers of an answer, those of security included."""
    kind = [("Content-Type", answer.type)] if answer.type else []
    length = len(answer.body) if isinstance(answer.body, bytes) else None
    known = [("Content-Length", str(length))] if length is not None and answer.type else []
    policy = [("Content-Security-Policy", answer.policy)] if answer.policy else []
    return [
        *kind,
        *known,
        ("Cache-Control", "no-cache"),
        ("Vary", "Accept-Encoding"),
        *policy,
        ("X-Content-Type-Options", "nosniff"),
        ("Referrer-Policy", "no-referrer"),
        ("Cross-Origin-Resource-Policy", "same-origin"),
        *answer.headers.items(),
    ]
