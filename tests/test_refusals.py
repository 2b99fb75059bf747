"""Each way of a site to refuse has its own outcome."""

import io
from email.message import Message

import pytest
from yt_dlp.networking import Response
from yt_dlp.networking.exceptions import HTTPError, ProxyError, TransportError
from yt_dlp.utils import (
    DownloadError,
    ExtractorError,
    GeoRestrictedError,
    UnsupportedError,
    UserNotLive,
)

from pytomo import refusals
from pytomo.errors import Outcome, Phase

BOT = (
    "Sign in to confirm you\u2019re not a bot. Use --cookies-from-browser or --cookies for the "
    "authentication. See  https://github.com/yt-dlp/yt-dlp/wiki/FAQ  for how to manually pass "
    "cookies. Also see  https://example.com/wiki  for tips"
)
RATE = (
    "Video unavailable. This content isn't available, try again later. The current session has "
    "been rate-limited by YouTube for up to an hour. It is recommended to use `-t sleep`"
)
MEMBERS = (
    "This video is available to this channel's members on level: Assistant (or any higher level). "
    "Join this channel to get access to members-only content and other exclusive perks."
)
AGE = (
    "Sign in to confirm your age. This video may be inappropriate for some users. "
    "Use --cookies-from-browser or --cookies for the authentication."
)

MESSAGES = [
    (BOT, Outcome.BOT_CHECK),
    ("Error. YouTube is requiring a captcha challenge before playback", Outcome.BOT_CHECK),
    (
        "Got HTTP Error 403 caused by Cloudflare anti-bot challenge; try again with  "
        '--extractor-args "generic:impersonate"',
        Outcome.BOT_CHECK,
    ),
    (
        "All player responses are invalid. Your IP is likely being blocked by Youtube",
        Outcome.BOT_CHECK,
    ),
    (RATE, Outcome.RATE_LIMITED),
    ("You have exceeded the rate limit. Try again later", Outcome.RATE_LIMITED),
    ("You are rate-limited. Try again later.", Outcome.RATE_LIMITED),
    ("Request is blocked by server (412), please wait and try later.", Outcome.RATE_LIMITED),
    (AGE, Outcome.AGE_RESTRICTED),
    ("This video is age-restricted and only available on YouTube", Outcome.AGE_RESTRICTED),
    ("dailymotion said: Explicit content", Outcome.AGE_RESTRICTED),
    (
        "Video unavailable. The uploader has not made this video available in your country",
        Outcome.GEO_BLOCKED,
    ),
    (
        "Video unavailable. This video contains content from SME, who has blocked it in your "
        "country on copyright grounds",
        Outcome.GEO_BLOCKED,
    ),
    ("Track unavailable in your country due to licensing restrictions", Outcome.GEO_BLOCKED),
    ("This song is blocked in this region", Outcome.GEO_BLOCKED),
    ("Youku said: Sorry, this video is available in China only", Outcome.GEO_BLOCKED),
    ("This video is not available from your location due to geo restriction", Outcome.GEO_BLOCKED),
    (MEMBERS, Outcome.MEMBERS_ONLY),
    ("This video is only available to Music Premium members", Outcome.MEMBERS_ONLY),
    ("This video requires payment to watch.", Outcome.MEMBERS_ONLY),
    ("This video is paid, subscribe to download it", Outcome.MEMBERS_ONLY),
    ("This account is not subscribed to this content", Outcome.MEMBERS_ONLY),
    ("Ticket purchase is required for this stream", Outcome.MEMBERS_ONLY),
    (
        "Private video. Sign in if you've been granted access to this video. "
        "Use --cookies-from-browser or --cookies for the authentication",
        Outcome.PRIVATE,
    ),
    ("This video is private", Outcome.PRIVATE),
    ("This VOD is private", Outcome.PRIVATE),
    ("dailymotion said: Private content", Outcome.PRIVATE),
    ("dailymotion said: Password protected video", Outcome.PRIVATE),
    ("This video is only available for registered users. Use --cookies", Outcome.PRIVATE),
    ("This video is DRM protected", Outcome.DRM),
    ("This live event will begin in 2 hours.", Outcome.LIVE),
    ("Premieres in 3 days", Outcome.LIVE),
    ("Premiere will begin shortly", Outcome.LIVE),
    ("This live event has ended.", Outcome.LIVE),
    ("This live stream recording is not available.", Outcome.LIVE),
    ("This livestream has not yet started", Outcome.LIVE),
    ("Streamer is not live", Outcome.LIVE),
    ("Video unavailable", Outcome.REMOVED),
    ("Video unavailable. This video is private", Outcome.PRIVATE),
    ("Video unavailable. This video has been removed by the uploader", Outcome.REMOVED),
    (
        "Video unavailable. This video is no longer available because the YouTube account "
        "associated with this video has been terminated.",
        Outcome.REMOVED,
    ),
    ("This video has been removed for violating YouTube's Terms of Service", Outcome.REMOVED),
    ("This video is not available", Outcome.REMOVED),
    ("This video does not exist", Outcome.REMOVED),
    ("This video doesn't exist", Outcome.REMOVED),
    ("Video was deleted", Outcome.REMOVED),
    ("Content not found; it has most likely expired", Outcome.REMOVED),
    ("dailymotion said: Content deleted", Outcome.REMOVED),
    ("dailymotion said: Content rejected", Outcome.REMOVED),
    ("Can't find object video for `id' parameter", Outcome.REMOVED),
    ("No video formats found!", Outcome.NO_FORMAT),
    ("Requested format is not available. Use --list-formats", Outcome.NO_FORMAT),
    ("'nonsense' is not a valid URL", Outcome.UNSUPPORTED_URL),
    (
        "Incomplete YouTube ID N_708QY7Ob. URL https://www.youtube.com/watch?v=N looks truncated.",
        Outcome.UNSUPPORTED_URL,
    ),
    ("Failed to extract any player response", Outcome.EXTRACTION_FAILED),
    ("An extractor error has occurred.", Outcome.EXTRACTION_FAILED),
]


def raised(error: Exception) -> Exception:
    """The error as it comes out of yt-dlp: wrapped by its `report_error`."""
    try:
        try:
            raise error
        except Exception as inner:
            message = f"ERROR: [site] x1: {inner}"
            raise DownloadError(message, (type(inner), inner, None))  # noqa: B904 - as yt-dlp
    except DownloadError as outer:
        return outer


def http_error(status: int) -> HTTPError:
    """An answer with that status."""
    return HTTPError(Response(io.BytesIO(b""), "https://site.example/", Message(), status=status))


def test_what_an_extractor_stumbled_over_is_told() -> None:
    """yt-dlp's own words for it say nothing; the missing key does."""
    error = ExtractorError("An extractor error has occurred.", cause=KeyError("media"))
    assert refusals.failure(raised(error)).detail == (
        "An extractor error has occurred. (KeyError: 'media')"
    )


def test_an_obstacle_explains_only_missing_formats() -> None:
    """What this machine lacks is told where no format was found, not where a video is private."""
    missing = refusals.no_format({"formats": [{"protocol": "rtmp"}]})
    assert (
        refusals.explained(missing, "no deno").detail == "no format can be played of rtmp (no deno)"
    )
    assert refusals.explained(missing, None) is missing
    private = refusals.failure(ExtractorError("Private video", expected=True))
    assert refusals.explained(private, "no deno") is private


def test_perhaps_encrypted_is_encrypted() -> None:
    """Where yt-dlp's `maybe` is all that is left, the media are said to be encrypted."""
    formats = [{"protocol": "m3u8_native", "has_drm": "maybe"}]
    assert refusals.no_format({"formats": formats}).outcome == Outcome.DRM


@pytest.mark.parametrize(("message", "outcome"), MESSAGES)
def test_messages(message: str, outcome: Outcome) -> None:
    """What the sites say, as yt-dlp passes it on, has its outcome, in the phase of extraction."""
    failure = refusals.failure(raised(ExtractorError(message, expected=True)))
    assert failure.outcome == outcome
    assert failure.phase == Phase.EXTRACT


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (GeoRestrictedError("Dieses Video ist hier gesperrt", ["DE"]), Outcome.GEO_BLOCKED),
        (UnsupportedError("https://site.example/private"), Outcome.UNSUPPORTED_URL),
        (UserNotLive(), Outcome.LIVE),
    ],
)
def test_types_come_before_words(error: ExtractorError, outcome: Outcome) -> None:
    """An error of a telling type needs no known message."""
    assert refusals.failure(raised(error)).outcome == outcome


@pytest.mark.parametrize(
    ("cause", "outcome"),
    [
        (http_error(401), Outcome.PRIVATE),
        (http_error(403), Outcome.PAGE_UNREACHABLE),
        (http_error(404), Outcome.REMOVED),
        (http_error(410), Outcome.REMOVED),
        (http_error(429), Outcome.RATE_LIMITED),
        (http_error(451), Outcome.GEO_BLOCKED),
        (http_error(500), Outcome.PAGE_UNREACHABLE),
        (http_error(520), Outcome.PAGE_UNREACHABLE),
        (TransportError("Failed to resolve 'premium.example'"), Outcome.PAGE_UNREACHABLE),
        (ProxyError("Unable to connect to proxy"), Outcome.PROXY_FAILED),
    ],
)
def test_the_failed_request_comes_before_words(cause: Exception, outcome: Outcome) -> None:
    """A request that failed decides, whatever words (of a host name) its message holds."""
    error = ExtractorError(f"Unable to download webpage: {cause}", cause=cause, expected=True)
    assert refusals.failure(raised(error)).outcome == outcome
    assert refusals.failure(cause).outcome == outcome


def test_words_come_before_a_request_that_is_not_the_cause() -> None:
    """A refusal is no network trouble only because a request failed on the way to it."""
    try:
        raise http_error(403)
    except HTTPError:
        failure = refusals.failure(raised(ExtractorError(BOT, expected=True)))
    assert failure.outcome == Outcome.BOT_CHECK


def test_details_are_one_line_without_advice() -> None:
    """Prefixes, hints and calls for bug reports are yt-dlp's business."""
    assert refusals.failure(raised(ExtractorError(BOT, expected=True))).detail == (
        "Sign in to confirm you\u2019re not a bot"
    )
    detail = refusals.failure(raised(ExtractorError(RATE, expected=True))).detail
    assert detail.endswith("has been rate-limited by YouTube for up to an hour")
    failure = refusals.failure(raised(ExtractorError("Strange\nanswer")))
    assert failure.detail == "Strange answer"
    assert refusals.failure(DownloadError("ERROR: odd; please report this")).detail == "odd"


def test_network_trouble_names_its_first_reason() -> None:
    """What failed and why, without the layers of libraries between."""
    cause = TransportError("HTTPSConnection(host='site.example'): Failed to connect")
    cause.__context__ = ConnectionRefusedError(111, "Connection refused")
    error = ExtractorError(f"Unable to download webpage: {cause}", cause=cause, expected=True)
    detail = refusals.failure(raised(error)).detail
    assert detail == "Unable to download webpage: [Errno 111] Connection refused"


@pytest.mark.parametrize(
    "info",
    [
        {"live_status": "is_live"},
        {"live_status": "is_upcoming"},
        {"live_status": "post_live"},
        {"is_live": True},
    ],
)
def test_what_is_live_is_refused(info: dict[str, object]) -> None:
    """A stream without an end is not measured although it has formats."""
    failure = refusals.refused({"formats": [{}], **info})
    assert failure is not None
    assert failure.outcome == Outcome.LIVE


@pytest.mark.parametrize("status", ["not_live", "was_live", None])
def test_what_is_over_is_not_refused(status: str | None) -> None:
    """A recording of a live stream is a video like any other."""
    assert refusals.refused({"live_status": status}) is None


def test_no_format() -> None:
    """Where only encrypted media are left out it is DRM, else there is nothing that we can play."""
    assert refusals.no_format({"_has_drm": True}).outcome == Outcome.DRM
    failure = refusals.no_format({"formats": [{"protocol": "rtmp"}, {"protocol": "mhtml"}]})
    assert failure.outcome == Outcome.NO_FORMAT
    assert failure.detail == "no format can be played of mhtml, rtmp"
