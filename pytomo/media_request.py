"""A request for media: whom to ask, what to send, and where a redirect leads."""

import re
from urllib.parse import urljoin

from pytomo import __version__
from pytomo.errors import Failure, Outcome, Phase
from pytomo.results import Track
from pytomo.route import Endpoint, endpoint
from pytomo.track_fetch import Ask
from pytomo.transport import Answer, BrokenError

_REDIRECTS = {301, 302, 303, 307, 308}
_OURS = {"accept-encoding", "connection", "host", "range"}
_PERSONAL = {"authorization", "cookie"}
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_TEXT = re.compile(r"[\t -~\x80-\xff]*")
"""What a header may consist of (RFC 9110 sections 5.1 and 5.5)."""
_NOT_ASCII = re.compile(r"[^\x00-\x7f]")
_SHOWN = 200
"""Characters of a bad URL in a message."""


def place(url: str) -> tuple[Endpoint, str]:
    """The server of a URL and what to ask it for; raises BrokenError for what is no HTTP URL."""
    try:
        return endpoint(url)
    except ValueError as error:
        raise refused(Outcome.UNSUPPORTED_URL, str(error)) from None


def refused(outcome: Outcome, text: str) -> BrokenError:
    """The error that ends a sample with a request."""
    return BrokenError(Failure(outcome, Phase.REQUEST, text))


def location(url: str, answer: Answer) -> str | None:
    """Where an answer redirects to (RFC 9110 section 10.2.2), if it does.

    It is as whoever parses it next will understand it: ASCII only, and no fragment. Raises
    BrokenError if it leads nowhere.
    """
    target = answer.headers.get("Location")
    if not target or answer.status not in _REDIRECTS:
        return None
    target = _NOT_ASCII.sub(lambda found: f"%{ord(found[0]):02X}", target)  # as browsers do
    try:
        server, path = endpoint(urljoin(url, target))
    except ValueError:
        text = f"redirected to {target[:_SHOWN]!r}, which is no HTTP URL"
        raise refused(Outcome.UNSUPPORTED_URL, text) from None
    return f"{server.scheme}://{server.authority}{path}"


def headers(track: Track, server: Endpoint, ask: Ask) -> dict[str, str]:
    """Those that the site wants to see, and ours; what HTTP cannot carry is left out."""
    dropped = _OURS if _confidant(track, server) else _OURS | _PERSONAL
    wanted = {
        name: text
        for name, text in track.headers.items()
        if name.lower() not in dropped and _NAME.fullmatch(name) and _TEXT.fullmatch(text)
    }
    ours = {"Accept-Encoding": "identity"}
    if ask.ranged:
        ours["Range"] = ask.span.header
    return {"User-Agent": f"Pytomo/{__version__}"} | wanted | ours


def _confidant(track: Track, server: Endpoint) -> bool:
    """Whether a server may see what is personal: the site's own, and not less securely."""
    home, _ = place(track.headers_url or track.segments[0].url)
    return server.host == home.host and server.scheme in (home.scheme, "https")
