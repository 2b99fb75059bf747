"""Tests of the search for the highest bitrate that plays without a stall."""

import math
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from pytomo.config import Config, Resolver
from pytomo.errors import Failure, Outcome, Phase
from pytomo.measure import Steps, measure
from pytomo.reliable import attempts, judged, too_high
from pytomo.results import (
    Address,
    Arrival,
    Ending,
    Playback,
    Resolution,
    Response,
    Row,
    Sample,
    Segment,
    Track,
    TrackKind,
    TrackSample,
    Video,
    Visit,
)

AT = datetime(2026, 11, 28, tzinfo=UTC)
VISIT = Visit(at=AT, service="generic", url="http://site.example/watch", round=0)
CONFIG = Config(resolvers=(Resolver("first", "192.0.2.53"),), reliable_bitrate=True)
SMOOTH = (Arrival(1.0, 0, 100, math.inf), Arrival(1.0, 1, 100, math.inf))
STALLING = (
    Arrival(1.0, 0, 50, 2.0),
    Arrival(1.0, 1, 100, math.inf),
    Arrival(6.0, 0, 50, math.inf),
)


def rung(height: int, kind: TrackKind = TrackKind.VIDEO) -> Track:
    return Track(
        kind=kind,
        segments=(Segment(url=f"http://cdn.example/{height}.mp4"),),
        container="mp4",
        protocol="http",
        format_id=str(height),
        bitrate=float(height),
        height=height,
    )


LADDER = (rung(144), rung(360), rung(720))
SOUND = rung(0, TrackKind.AUDIO)
VIDEO = Video(
    extraction_time=0.0, quality=720, formats="720+0", tracks=(LADDER[-1], SOUND), ladder=LADDER
)


class Downloads:
    """Downloads that play smoothly up to a height; it remembers what was asked for."""

    def __init__(self, smooth: int, failure: Failure | None = None) -> None:
        self.smooth = smooth
        self.failure = failure
        self.heights: list[int | None] = []

    def __call__(
        self,
        video: Video,
        locate: Callable[[str], str | Failure],
        config: Config,
        *,
        elapsed: float,
    ) -> Sample:
        height = video.tracks[0].height or 0
        self.heights.append(height)
        known = TrackSample(head=b"", size=height * 100, duration=10.0, timeline="samples")
        return Sample(
            response=Response(url=video.tracks[0].segments[0].url, download_time=8.0),
            arrivals=SMOOTH if height <= self.smooth else STALLING,
            tracks=(known, replace(known, size=1000)),
            failure=self.failure,
        )


def rows(downloads: Downloads, video: Video = VIDEO) -> list[Row]:
    address = Address(ip="192.0.2.1", host="cdn.example", family=4, resolvers="first")
    steps = Steps(
        extract=lambda url, config: video,
        resolve=lambda host, config: Resolution(addresses=(address,), answers=()),
        probe=lambda addresses, config, port: {address.ip: {}},
        download=downloads,
        now=lambda: AT,
    )
    return list(measure(VISIT, CONFIG, steps))


def test_it_steps_down_from_the_top_until_one_plays_through() -> None:
    """One row for each bitrate that was tried, and none below the one that did."""
    downloads = Downloads(360)
    found = rows(downloads)
    assert downloads.heights == [720, 360]
    assert [row.values()["Quality"] for row in found] == [720, 360]
    assert [row.values()["Formats"] for row in found] == ["720+0", "360+0"]
    assert [row.values()["ReliableQuality"] for row in found] == [None, 360]
    assert found[1].values()["ReliableBitrate"] == found[1].values()["EncodingRate"] is not None
    assert found[0].values()["DownloadInterruptions"] == 1


def test_the_top_is_all_that_is_tried_if_it_plays_through() -> None:
    """Nothing is to be learnt from the others."""
    downloads = Downloads(720)
    (row,) = rows(downloads)
    assert row.values()["ReliableQuality"] == 720


def test_no_bitrate_may_be_reliable() -> None:
    """Then all of them have a row, and none the column."""
    found = rows(Downloads(0))
    assert [row.values()["Quality"] for row in found] == [720, 360, 144]
    assert {row.values()["ReliableQuality"] for row in found} == {None}


def test_a_failure_is_not_tried_again_at_a_lower_bitrate() -> None:
    """A server that refuses says nothing about bitrates."""
    failure = Failure(Outcome.HTTP_ERROR, Phase.REQUEST, "403")
    assert len(rows(Downloads(720, failure))) == 1


def test_a_video_without_a_ladder_is_tried_once() -> None:
    """It is what it is."""
    video = replace(VIDEO, ladder=())
    assert list(attempts(video)) == [video]
    (row,) = rows(Downloads(0), video)
    assert row.values()["ReliableQuality"] is None


@pytest.mark.parametrize(
    ("outcome", "playback", "stall_free"),
    [
        (Outcome.OK, Playback(stall_count=0), True),
        (Outcome.OK, Playback(stall_count=1), False),
        (Outcome.OK, Playback(stall_count=0, freeze_count=1), False),
        (Outcome.OK, Playback(), False),
        (Outcome.NEVER_STARTED, Playback(), False),
    ],
)
def test_playing_through(outcome: Outcome, playback: Playback, stall_free: bool) -> None:
    """It starts, and neither stalls nor freezes; a lower bitrate might where one does not."""
    row = Row(visit=VISIT, ending=Ending(outcome=outcome), video=VIDEO, playback=playback)
    assert too_high(row) is not stall_free
    assert (judged(row).values()["ReliableQuality"] == 720) is stall_free
