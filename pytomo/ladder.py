"""Which of a page's formats are one video at several bitrates, to switch between while it plays.

Pure. A player switches within one way of delivery, one container and one codec: what it has
appended must go on (RFC 8216 section 6.2.4, ISO/IEC 23009-1 section 5.3.3).
"""

from collections.abc import Iterable, Sequence

from pytomo.results import TrackKind
from pytomo.tracks import Format, is_file, kind, playable


def switchable(formats: Sequence[Format]) -> Sequence[Format]:
    """The formats without those files of pictures whose index cannot be read, if others are left.

    An MP4 file tells where its parts begin in front of them (sidx).
    """
    indexed = [each for each in formats if not _is_picture(each) or each.get("ext") == "mp4"]
    return indexed if any(_is_picture(each) for each in indexed) else formats


def rungs(formats: Iterable[Format], chosen: Format, largest: int) -> tuple[Format, ...]:
    """The formats that a player can switch to from the chosen one, which is among them.

    The lowest bitrate first; none is higher than `largest` pixels but the chosen one.
    """
    if not chosen.get("tbr"):
        return (chosen,)
    alike = [
        each
        for each in formats
        if each is not chosen
        and playable(each)
        and _way(each) == _way(chosen)
        and each.get("tbr")
        and (each.get("height") or 0) <= min(largest, chosen.get("height") or largest)
    ]
    by_rate = {each["tbr"]: each for each in (*alike, chosen)}
    return tuple(by_rate[rate] for rate in sorted(by_rate))


def _is_picture(offered: Format) -> bool:
    return playable(offered) and is_file(offered) and kind(offered) is TrackKind.VIDEO


def _way(offered: Format) -> tuple[object, ...]:
    """What must not change from rung to rung."""
    codecs = (str(offered.get(key) or "").split(".")[0] for key in ("vcodec", "acodec"))
    delivered = "file" if is_file(offered) else offered.get("protocol")
    return (kind(offered), delivered, offered.get("ext"), *codecs)
