"""Why a page gave no video: yt-dlp's errors and answers as outcomes of the closed list."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from http import HTTPStatus
from typing import Any

from pytomo.errors import Failure, Outcome, Phase

_LONGEST_DETAIL = 300

_STATUSES: Mapping[int, Outcome] = {
    HTTPStatus.UNAUTHORIZED: Outcome.PRIVATE,
    HTTPStatus.PAYMENT_REQUIRED: Outcome.MEMBERS_ONLY,
    HTTPStatus.NOT_FOUND: Outcome.REMOVED,
    HTTPStatus.GONE: Outcome.REMOVED,
    HTTPStatus.TOO_MANY_REQUESTS: Outcome.RATE_LIMITED,
    HTTPStatus.UNAVAILABLE_FOR_LEGAL_REASONS: Outcome.GEO_BLOCKED,
}
"""RFC 9110 section 15, RFC 6585 section 4 and RFC 7725; all others: the page is unreachable."""

_LIVE = {
    "is_live": "it is being broadcast now",
    "is_upcoming": "it has not begun yet",
    "post_live": "it has just ended, and there is no recording yet",
}
"""yt-dlp's `live_status` of what has no end or no beginning yet, in words."""

_WORDS: Mapping[Outcome, tuple[str, ...]] = {
    Outcome.BOT_CHECK: (
        r"not a (ro)?bot\b",
        r"captcha",
        r"anti-bot",
        r"player responses are invalid",
    ),
    Outcome.RATE_LIMITED: (
        r"rate.?limit",
        r"too many requests",
        r"content isn.t available, try again later",
        r"blocked by server \(4\d\d\)",
    ),
    Outcome.AGE_RESTRICTED: (
        r"confirm your age",
        r"\bage.(restrict|verif|check|gate|limit)",
        r"inappropriate for some",
        r"\bexplicit\b",
        r"sensitive content",
        r"family filter",
    ),
    Outcome.GEO_BLOCKED: (
        r"\bgeo.?(restrict|block)",
        r"\b(in|from|to|on|outside) (of )?(your|this|their) (current )?(country|region|location)",
        r"available in \w+ only",
        r"blocked in this region",
    ),
    Outcome.MEMBERS_ONLY: (
        r"members.only",
        r"channel.s members",
        r"\bpremium\b",
        r"subscri(ber|ption|bed?\b)",
        r"payment",
        r"\bpaid\b",
        r"purchase",
        r"\brent(al|ed)?\b",
    ),
    Outcome.PRIVATE: (
        r"\bprivate\b",
        r"password",
        r"passcode",
        r"registered users",
        r"\b(sign|log|signed|logged).?in\b",
        r"login required",
        r"requires authentication",
    ),
    Outcome.DRM: (r"\bdrm\b",),
    Outcome.LIVE: (
        r"live.?stream",
        r"\blive (event|broadcast|content|has|was)\b",
        r"\bpremieres? (in|will)\b",
        r"\bnot (currently )?live\b",
        r"\boffline\b",
        r"not (yet )?(begun|started)",
    ),
    Outcome.NO_FORMAT: (
        r"no (video |playable )?formats? found",
        r"requested format is not",
        r"no (playable |media )?(streams?|sources?)\b",
    ),
    Outcome.REMOVED: (
        r"\bunavailable\b",
        r"\b(not|no longer|isn.t|aren.t) (been )?(made )?(available|exists?)\b",
        r"\bdoes ?n.t exist\b",
        r"\bnot found\b",
        r"\bcan.t find object\b",
        r"\bremoved\b",
        r"\bdeleted\b",
        r"\bexpired\b",
        r"\brejected\b",
        r"\bterminated\b",
    ),
    Outcome.UNSUPPORTED_URL: (
        r"unsupported url",
        r"not a valid url",
        r"no suitable extractor",
        r"looks truncated",
        r"no video on the webpage",
        r"url was given without video id",
    ),
}
"""The sites' own words as yt-dlp passes them on (it asks YouTube for English), and yt-dlp's own.

In this order, since one message often names several things: `Sign in to confirm your age`.
"""

_ADVICE = re.compile(
    r"[.;]?\s+(also see|see|use --|for more information|it is recommended|please report)\b.*",
    re.IGNORECASE | re.DOTALL,
)
"""What yt-dlp tells its own users to do: its options are not ours."""
_STUMBLED = "An extractor error has occurred."
"""All that yt-dlp says where a page has not what an extractor looks for."""
_PREFIX = re.compile(r"^(\x1b\[[\d;]*m)?ERROR:(\x1b\[[\d;]*m)?\s*")


def refused(info: Mapping[str, Any]) -> Failure | None:
    """Why what yt-dlp found cannot be measured although it raised no error, if so."""
    if info.get("live_status") in _LIVE or info.get("is_live"):
        return live(_LIVE.get(str(info.get("live_status")), _LIVE["is_live"]))
    return None


def no_format(info: Mapping[str, Any]) -> Failure:
    """None of the formats that yt-dlp found can be played."""
    formats = info.get("formats") or ()
    if info.get("_has_drm") or any(each.get("has_drm") for each in formats):
        return _failure(Outcome.DRM, "all formats but pictures are encrypted (DRM)")
    protocols = sorted({str(each.get("protocol")) for each in formats})
    return _failure(Outcome.NO_FORMAT, f"no format can be played of {', '.join(protocols)}")


def no_segments(detail: str) -> Failure:
    """A manifest lists nothing to play."""
    return _failure(Outcome.NO_FORMAT, detail)


def failure(error: BaseException) -> Failure:
    """The failure that an exception out of yt-dlp stands for.

    Its types come first, then the network error behind it, then the words of its message.
    """
    causes = tuple(_causes(error))
    message = _message(causes)
    outcome = _by_type(causes) or _by_message(message) or _by_network(causes)
    if outcome in (Outcome.PAGE_UNREACHABLE, Outcome.PROXY_FAILED) and not _status(causes):
        message = f"{message.partition(':')[0]}: {causes[-1]}"
    return _failure(outcome or Outcome.EXTRACTION_FAILED, message)


def explained(failure: Failure, obstacle: str | None) -> Failure:
    """The failure, with what on this machine may have kept the formats from us."""
    if obstacle is None or failure.outcome is not Outcome.NO_FORMAT:
        return failure
    return replace(failure, detail=f"{failure.detail} ({obstacle})")


def unsupported(detail: str) -> Failure:
    """There is no video behind the URL."""
    return _failure(Outcome.UNSUPPORTED_URL, detail)


def live(detail: str) -> Failure:
    """The video has no end (yet)."""
    return _failure(Outcome.LIVE, detail)


def _failure(outcome: Outcome, detail: str) -> Failure:
    line = " ".join(_ADVICE.sub("", _PREFIX.sub("", detail)).split())
    return Failure(outcome, Phase.EXTRACT, line[:_LONGEST_DETAIL] or outcome)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error and all that led to it, the outermost first."""
    seen: list[BaseException] = []
    waiting: list[Any] = [error]
    while waiting:
        each = waiting.pop(0)
        if isinstance(each, BaseException) and not any(each is other for other in seen):
            seen.append(each)
            yield each
            waiting += [each.__cause__, getattr(each, "cause", None), each.__context__]


def _message(causes: tuple[BaseException, ...]) -> str:
    """What the extractor said, without the prefixes and hints that yt-dlp puts round it."""
    said = (getattr(cause, "orig_msg", None) for cause in causes)
    message = next((str(words) for words in said if words), str(causes[0]))
    reason = next((each for each in causes if isinstance(each, KeyError | StopIteration)), None)
    if reason is None or message != _STUMBLED:
        return message
    return f"{message} ({type(reason).__name__}: {reason})"


def _by_type(causes: tuple[BaseException, ...]) -> Outcome | None:
    from yt_dlp.networking.exceptions import network_exceptions
    from yt_dlp.utils import GeoRestrictedError, UnsupportedError, UserNotLive

    for cause in causes:
        if isinstance(cause, GeoRestrictedError):
            return Outcome.GEO_BLOCKED
        if isinstance(cause, UserNotLive):
            return Outcome.LIVE
        if isinstance(cause, UnsupportedError):
            return Outcome.UNSUPPORTED_URL
    # A failed request that the extractor itself names as the cause says more than its words.
    direct = (causes[0], *(getattr(cause, "cause", None) for cause in causes[:2]))
    return _by_network(tuple(each for each in direct if isinstance(each, network_exceptions)))


def _by_message(message: str) -> Outcome | None:
    found = (
        outcome
        for outcome, words in _WORDS.items()
        if re.search("|".join(words), message, re.IGNORECASE)
    )
    return next(found, None)


def _by_network(causes: tuple[BaseException, ...]) -> Outcome | None:
    from yt_dlp.networking.exceptions import ProxyError, RequestError

    if (status := _status(causes)) is not None:
        return _STATUSES.get(status, Outcome.PAGE_UNREACHABLE)
    if any(isinstance(cause, ProxyError) for cause in causes):
        return Outcome.PROXY_FAILED
    if any(isinstance(cause, RequestError) for cause in causes):
        return Outcome.PAGE_UNREACHABLE
    return None


def _status(causes: tuple[BaseException, ...]) -> int | None:
    from yt_dlp.networking.exceptions import HTTPError

    return next((cause.status for cause in causes if isinstance(cause, HTTPError)), None)
