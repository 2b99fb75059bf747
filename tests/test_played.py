"""A sample, played: how the row of a download that went well ends."""

import pytest
from media_files import recipe
from media_server import MediaServer, file
from rows import visit

from pytomo.config import Config
from pytomo.download import download
from pytomo.errors import Outcome, Phase
from pytomo.played import played
from pytomo.results import Row, Segment, Track, TrackKind, Video, ending


def row_of(body: bytes) -> Row:
    """The row of a file that a server answers with."""
    with MediaServer({"/v": file(body)}) as server:
        segment = Segment(url=server.url("/v"))
        track = Track(kind=TrackKind.BOTH, segments=(segment,), container="mp4", protocol="https")
        video = Video(extraction_time=0.1, claimed_duration=5.0, tracks=(track,))
        sample = download(video, lambda host: "127.0.0.1", Config())
    known = Row(visit=visit(), ending=ending(None))
    return played(known, video, sample, Config())


@pytest.mark.parametrize("share", [0.1, 0.8])
def test_file_that_ends_before_its_media_is_truncated(share):
    """Whether enough came to start or not, the row says that the file is cut."""
    whole = recipe("mp4")
    row = row_of(whole[: int(share * len(whole))])
    assert (row.ending.outcome, row.ending.phase) == (Outcome.TRUNCATED, Phase.MEDIA)
    assert row.playback.buffer_at_end + row.playback.played_time < 5.0


def test_whole_file_ends_well():
    """A file that is all there is played to its end."""
    row = row_of(recipe("mp4"))
    assert row.ending.outcome is Outcome.OK


def test_text_is_unreadable_rather_than_cut():
    """A page in place of a file is no media: that is said first."""
    row = row_of(b"<html>" + b"<p>Log in" * 99)
    assert row.ending.outcome is Outcome.MEDIA_UNREADABLE


def test_row_tells_the_smallest_startup_delay():
    """A file that comes at once needs no longer wait than its first media, and stalls never."""
    row = row_of(recipe("mp4"))
    assert row.quality.min_playout_delay <= row.playback.startup_delay
    assert row.quality.long_stalls == 0
