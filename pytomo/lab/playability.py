"""Why the lab's YouTube does not play a video, in the words and shapes that YouTube uses."""

from collections.abc import Mapping
from typing import Any

from pytomo.errors import Outcome


def _refusal(status: str, reason: str, subreason: str = "", **more: Any) -> dict[str, Any]:
    message: dict[str, Any] = {
        "reason": {"simpleText": reason},
        "thumbnail": {
            "thumbnails": [
                {
                    "url": "//s.ytimg.com/yts/img/meh7-vflGevej7.png",
                    "width": 140,
                    "height": 100,
                }
            ]
        },
        "icon": {"iconType": "ERROR_OUTLINE"},
    }
    if subreason:
        message["subreason"] = {"runs": [{"text": subreason}]}
    return {
        "status": status,
        "reason": reason,
        "errorScreen": {"playerErrorMessageRenderer": message},
        **more,
    }


PLAYABLE: Mapping[str, Any] = {"status": "OK", "playableInEmbed": True}

NO_SUCH_VIDEO: Mapping[str, Any] = _refusal(
    "ERROR", "Video unavailable", "This video is not available"
)

REFUSALS: Mapping[Outcome, Mapping[str, Any]] = {
    Outcome.REMOVED: _refusal(
        "ERROR", "Video unavailable", "This video has been removed by the uploader"
    ),
    Outcome.PRIVATE: _refusal(
        "LOGIN_REQUIRED",
        "Private video",
        "Sign in if you've been granted access to this video",
        messages=["This is a private video. Please sign in to verify that you may see it."],
    ),
    Outcome.GEO_BLOCKED: _refusal(
        "UNPLAYABLE",
        "Video unavailable",
        "The uploader has not made this video available in your country",
    ),
    Outcome.AGE_RESTRICTED: _refusal(
        "LOGIN_REQUIRED",
        "Sign in to confirm your age",
        "This video may be inappropriate for some users.",
        desktopLegacyAgeGateReason=1,
    ),
    Outcome.MEMBERS_ONLY: _refusal(
        "UNPLAYABLE",
        "Join this channel to get access to members-only content like this video, and other "
        "exclusive perks.",
    ),
    Outcome.BOT_CHECK: _refusal(
        "LOGIN_REQUIRED",
        "Sign in to confirm you’re not a bot",  # noqa: RUF001 - as YouTube writes it
        "This helps protect our community. Learn more",
    ),
    Outcome.RATE_LIMITED: _refusal(
        "UNPLAYABLE", "Video unavailable", "This content isn't available, try again later."
    ),
}
"""By what a crawl is to make of them."""
