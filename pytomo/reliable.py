"""The reliable bitrate: the highest one of a video that plays through a sample without a stall.

It is searched as regulators' tests do it (SamKnows' test of YouTube, which Ofcom and the FCC have
used: samknows.com/tests/video-streaming): the highest bitrate first, and after a stall the next
lower one from the beginning. Nothing adapts meanwhile, so that the answer can be repeated.
"""

from collections.abc import Iterator
from dataclasses import replace

from pytomo.errors import Outcome
from pytomo.results import Quality, Row, Video


def attempts(video: Video) -> Iterator[Video]:
    """The video at each bitrate of its ladder alone, the highest first; as it is without one."""
    if not video.ladder:
        yield video
    for rung in reversed(video.ladder):
        tracks = (rung, *video.tracks[1:])
        yield replace(
            video,
            tracks=tracks,
            quality=rung.height,
            formats="+".join(track.format_id for track in tracks),
            protocol=rung.protocol,
            ladder=(),
        )


def too_high(row: Row) -> bool:
    """Whether a lower bitrate might play through although this one did not."""
    measured = row.ending.outcome in (Outcome.OK, Outcome.NEVER_STARTED)
    return measured and not _plays_through(row)


def judged(row: Row) -> Row:
    """The row with the reliable bitrate, if it played through."""
    if not _plays_through(row):
        return row
    quality = replace(
        row.quality or Quality(),
        reliable_quality=row.video.quality if row.video else None,
        reliable_bitrate=row.media.encoding_rate if row.media else None,
    )
    return replace(row, quality=quality)


def _plays_through(row: Row) -> bool:
    """Whether it started and then neither stalled nor froze until the sample ended."""
    playback = row.playback
    if row.ending.outcome is not Outcome.OK or playback is None:
        return False
    return playback.stall_count == 0 and not playback.freeze_count
