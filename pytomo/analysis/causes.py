"""What can limit a playback, and by which rule that is found: two closed lists."""

from enum import StrEnum, unique
from typing import Self


@unique
class Cause(StrEnum):
    """What limited a playback; each with its one sentence."""

    text: str

    def __new__(cls, word: str, text: str = "") -> Self:
        """The member's sentence comes with its word; looking a member up needs the word only."""
        member = str.__new__(cls, word)
        member._value_ = word
        member.text = text
        return member

    NONE = "none", "Nothing: it started quickly and did not stall."
    EXTRACTION = "extraction", "The page of the video did not lead to its media."
    DNS = "dns", "The name of the server could not be resolved."
    DISTANCE = "distance", "The server is far: round trips took the time, or kept the rate down."
    SERVER = "server", "The server refused, or was silent or slow while others were not."
    PATH = "path", "Packets were lost or queued on the way, or all servers were slow at that time."
    BITRATE = "bitrate", "The video needs more than this line was seen to carry."
    MACHINE = "machine", "This machine was busy, or others used its line, during the measurement."
    UNKNOWN = "unknown", "It went wrong, and what was measured does not tell why."
    UNAVAILABLE = "unavailable", "The site does not show us this video; nothing is wrong."
    ROBOT = "robot", "The site refused Pytomo as a robot, which a viewer would not see."
    UNTRIED = "untried", "No playback was due from this address."

    @property
    def trouble(self) -> bool:
        """Whether it went wrong."""
        return self not in (Cause.NONE, Cause.UNAVAILABLE, Cause.ROBOT, Cause.UNTRIED)


TROUBLES = tuple(cause for cause in Cause if cause.trouble)


@unique
class Rule(StrEnum):
    """How a cause is found; each with its cause and what must hold (docs/verdict.md)."""

    code: int
    """Its place in the list: how arrays hold it."""
    cause: Cause
    text: str

    def __new__(cls, word: str, cause: Cause = Cause.UNKNOWN, text: str = "") -> Self:
        """What belongs to the member comes with its word; looking it up needs the word only."""
        member = str.__new__(cls, word)
        member._value_ = word
        member.code = len(cls.__members__)
        member.cause = cause
        member.text = text
        return member

    UNTRIED = "untried", Cause.UNTRIED, "It was probed only, redirected, or stopped by the user."
    UNAVAILABLE = (
        "unavailable",
        Cause.UNAVAILABLE,
        "The site says so: removed, private, not in this country…",
    )
    SITE_REFUSES = (
        "site_refuses",
        Cause.ROBOT,
        "The site takes us for a robot, or says we ask too often.",
    )
    NO_MEDIA = (
        "no_media",
        Cause.EXTRACTION,
        "The page was not reached, not understood, or has no media.",
    )
    NAME = "name", Cause.DNS, "The default resolver gave no address."
    NO_WAY = (
        "no_way",
        Cause.PATH,
        "No route, a proxy that failed, or silence while pings were lost.",
    )
    REFUSED = (
        "refused",
        Cause.SERVER,
        "The server refused, broke off, or was silent but for its pings.",
    )
    UNEXPLAINED = "unexplained", Cause.UNKNOWN, "It failed, and nothing tells who is to blame."

    WELL = "well", Cause.NONE, "It started within 2 s and did not stall."
    BUSY_MACHINE = (
        "busy_machine",
        Cause.MACHINE,
        "Late or too slow; other processes kept this one waiting.",
    )
    SHARED_LINE = (
        "shared_line",
        Cause.MACHINE,
        "Late or too slow; others used this machine's line meanwhile.",
    )
    FAR_START = "far_start", Cause.DISTANCE, "Late; round trips are the largest part of the wait."
    SLOW_CONNECTION = (
        "slow_connection",
        Cause.PATH,
        "Late; most was TCP's handshake beyond a round trip.",
    )
    LOST_ANSWER = (
        "lost_answer",
        Cause.PATH,
        "Late; most was TLS or the first byte, and packets got lost.",
    )
    SLOW_ANSWER = (
        "slow_answer",
        Cause.SERVER,
        "Late; most was TLS or the first byte beyond round trips.",
    )
    RATE_SUFFICED = (
        "rate_sufficed",
        Cause.UNKNOWN,
        "It never started, but the rate was that of the video.",
    )
    LINE = "line", Cause.BITRATE, "Too slow; nine in ten samples never reached such a rate."
    LOSS = "loss", Cause.PATH, "Too slow; pings or segments were lost, or packets queued."
    FAR = "far", Cause.DISTANCE, "Too slow; far away, and as much was under way as others manage."
    ALL_SLOW = "all_slow", Cause.PATH, "Too slow, and so was every other server at that time."
    THIS_SLOW = "this_slow", Cause.SERVER, "Too slow, while other servers gave enough."
    UNDECIDED = "undecided", Cause.UNKNOWN, "Too slow, and there is too little to compare with."


RULES = tuple(Rule)
"""By their codes."""
