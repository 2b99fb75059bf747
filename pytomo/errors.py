"""What can go wrong: the exceptions that stop a crawl, and the closed list of outcomes.

    PytomoError
    ├── UsageError      a bad command line: one line, exit status 2
    └── CrawlError      the crawl as a whole cannot go on: one line, exit status 1
        └── LockedError     a database that can be read when another program has let go of it

A video that cannot be measured is no exception but a `Failure`, a value that ends up in its row.
"""

from dataclasses import dataclass
from enum import IntEnum, StrEnum, unique
from typing import Self


class PytomoError(Exception):
    """Something to be told to the user in one line."""


class UsageError(PytomoError):
    """The command line asks for something that cannot be; the message says what to do."""


class CrawlError(PytomoError):
    """The crawl cannot start or go on; the message says why."""


class LockedError(CrawlError):
    """Another program keeps the database to itself for now."""


@unique
class Status(IntEnum):
    """What the program's exit status tells."""

    CRAWLED = 0
    NOTHING_MEASURED = 1
    USAGE = 2
    INTERRUPTED = 130


@unique
class Phase(StrEnum):
    """Where in the story of one video something happened, in order."""

    EXTRACT = "extract"
    RESOLVE = "resolve"
    PROBE = "probe"
    CONNECT = "connect"
    TLS = "tls"
    REQUEST = "request"
    TRANSFER = "transfer"
    MEDIA = "media"
    PLAY = "play"


@unique
class Outcome(StrEnum):
    """How the measurement of one row ended: a closed list, each with its one sentence.

    A member is its word (`Outcome.OK == "ok"`), as it stands in the database.
    """

    text: str

    def __new__(cls, word: str, text: str = "") -> Self:
        """The member's sentence comes with its word; looking a member up needs the word only."""
        member = str.__new__(cls, word)
        member._value_ = word
        member.text = text
        return member

    OK = "ok", "The sample was downloaded and played as far as it was asked for."
    NEVER_STARTED = "never_started", "The sample ended before playback could start."
    PROBED = "probed", "Pinged only: no download was asked for from this address."
    REDIRECTED = "redirected", "The server sent us to another one, which has its own row."
    INTERRUPTED = "interrupted", "The user stopped the crawl during this row."

    REMOVED = "removed", "The video is not there (any more)."
    PRIVATE = "private", "The video is private, or only for those who log in."
    GEO_BLOCKED = "geo_blocked", "The video is not shown in the country that the site sees us in."
    AGE_RESTRICTED = "age_restricted", "The site wants to know our age first."
    MEMBERS_ONLY = "members_only", "The video is for members or subscribers, or must be paid for."
    DRM = "drm", "The media are encrypted."
    LIVE = "live", "The video is a live stream, or has not begun yet."
    BOT_CHECK = "bot_check", "The site asks to confirm that we are not a bot."
    RATE_LIMITED = "rate_limited", "The site says that we ask too often."
    UNSUPPORTED_URL = "unsupported_url", "No video is known behind this URL."
    NO_FORMAT = "no_format", "The page is that of a video, but none of its formats can be played."
    PAGE_UNREACHABLE = "page_unreachable", "The page could not be fetched."
    EXTRACTION_FAILED = "extraction_failed", "The page was fetched, but not understood."

    DNS_TIMEOUT = "dns_timeout", "The resolver did not answer in time."
    DNS_SERVFAIL = "dns_servfail", "The resolver answered that it cannot answer, or refused to."
    DNS_NXDOMAIN = "dns_nxdomain", "The server's name does not exist, says the resolver."
    DNS_NO_ADDRESS = "dns_no_address", "The server's name has no address that could be used."

    CONNECT_TIMEOUT = "connect_timeout", "The server did not answer the connection in time."
    CONNECTION_REFUSED = "connection_refused", "The server refused the connection."
    UNREACHABLE = "unreachable", "There is no route to the server."
    PROXY_FAILED = "proxy_failed", "The HTTP proxy did not connect us to the server."
    TLS_FAILED = "tls_failed", "No secure connection: its handshake or its certificate failed."
    CONNECTION_RESET = "connection_reset", "The connection broke, and again when it was made anew."
    RESPONSE_TIMEOUT = "response_timeout", "Connected, but no byte of media came in time."
    HTTP_ERROR = "http_error", "The server answered with an HTTP error; see `StatusCode`."
    REDIRECT_LOOP = "redirect_loop", "The servers sent us round in a circle."
    TOO_MANY_REDIRECTS = "too_many_redirects", "More redirects in a row than are followed."
    TRUNCATED = (
        "truncated",
        "The answer ended before the length that was promised, or the file before its media.",
    )

    MEDIA_UNREADABLE = "media_unreadable", "Bytes came, but they are no media that can be timed."
    INTERNAL_ERROR = "internal_error", "A bug of Pytomo: the log file tells more."

    @property
    def failed(self) -> bool | None:
        """Whether the measurement failed (a bad playback is none); None where none was to be."""
        if self in _NOT_TRIED or self.unavailable:
            return None
        return self not in (Outcome.OK, Outcome.NEVER_STARTED)

    @property
    def unavailable(self) -> bool:
        """Whether the site does not show us this video: nothing is wrong, nothing was to be."""
        return self in _UNAVAILABLE


_NOT_TRIED = frozenset({Outcome.PROBED, Outcome.REDIRECTED, Outcome.INTERRUPTED})
_UNAVAILABLE = frozenset(
    {
        *(Outcome.REMOVED, Outcome.PRIVATE, Outcome.GEO_BLOCKED, Outcome.AGE_RESTRICTED),
        *(Outcome.MEMBERS_ONLY, Outcome.DRM, Outcome.LIVE, Outcome.UNSUPPORTED_URL),
    }
)


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a step gave no result (or only a part of one)."""

    outcome: Outcome
    """What went wrong."""
    phase: Phase
    """In which step."""
    detail: str
    """One line for people, with the original message where there is one."""
