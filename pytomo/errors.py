"""What can go wrong: the exceptions that stop a crawl, and the closed list of outcomes.

    PytomoError
    ├── UsageError      a bad command line: one line, exit status 2
    └── CrawlError      the crawl as a whole cannot go on: one line, exit status 1

A video that cannot be measured is no exception but a `Failure`, a value that ends up in its row.
"""

from dataclasses import dataclass
from enum import StrEnum, unique


class PytomoError(Exception):
    """Something to be told to the user in one line."""


class UsageError(PytomoError):
    """The command line asks for something that cannot be; the message says what to do."""


class CrawlError(PytomoError):
    """The crawl cannot start or go on; the message says why."""


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
    """How the measurement of one row ended; `docs/statistics.md` explains this closed list."""

    OK = "ok"
    PROBED = "probed"  # pinged only: no download was asked for from this address
    REDIRECTED = "redirected"  # the server sent us elsewhere; that server has its own row
    NEVER_STARTED = "never_started"  # the sample ended before playback could start
    INTERRUPTED = "interrupted"  # the user stopped the crawl during this row

    REMOVED = "removed"
    PRIVATE = "private"
    GEO_BLOCKED = "geo_blocked"
    AGE_RESTRICTED = "age_restricted"
    MEMBERS_ONLY = "members_only"
    DRM = "drm"
    LIVE = "live"
    BOT_CHECK = "bot_check"
    RATE_LIMITED = "rate_limited"
    UNSUPPORTED_URL = "unsupported_url"
    NO_FORMAT = "no_format"
    PAGE_UNREACHABLE = "page_unreachable"
    EXTRACTION_FAILED = "extraction_failed"

    DNS_TIMEOUT = "dns_timeout"
    DNS_SERVFAIL = "dns_servfail"
    DNS_NXDOMAIN = "dns_nxdomain"
    DNS_NO_ADDRESS = "dns_no_address"

    CONNECT_TIMEOUT = "connect_timeout"
    CONNECTION_REFUSED = "connection_refused"
    UNREACHABLE = "unreachable"
    PROXY_FAILED = "proxy_failed"
    TLS_FAILED = "tls_failed"
    CONNECTION_RESET = "connection_reset"
    RESPONSE_TIMEOUT = "response_timeout"  # connected, but no byte of media before the deadline
    HTTP_ERROR = "http_error"
    REDIRECT_LOOP = "redirect_loop"
    TOO_MANY_REDIRECTS = "too_many_redirects"
    TRUNCATED = "truncated"  # the server ended before the length that it had promised

    MEDIA_UNREADABLE = "media_unreadable"
    INTERNAL_ERROR = "internal_error"


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a step gave no result (or only a part of one)."""

    outcome: Outcome
    phase: Phase
    detail: str
    """One line for people, with the original message where there is one."""
