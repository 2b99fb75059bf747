"""A sample, played: the row with the media facts and what a viewer would have seen."""

from dataclasses import replace

from pytomo.config import Config
from pytomo.errors import Failure, Outcome, Phase
from pytomo.facts import facts
from pytomo.player import play
from pytomo.playout import min_playout_delay
from pytomo.profiles import profile
from pytomo.quality import quality
from pytomo.results import Media, Playback, Row, Sample, Video, ending


def played(known: Row, video: Video, sample: Sample, config: Config) -> Row:
    """The row of a sample: the media facts, and what a viewer would have seen."""
    response = sample.response
    row = replace(
        known,
        response=response,
        disturbance=sample.disturbance,
        ending=ending(sample.failure),
    )
    if not sample.arrivals:
        return row
    media = facts(video, sample.tracks)
    tracks, end = len(video.tracks), response.download_time or sample.arrivals[-1].time
    playback = play(
        sample.arrivals,
        tracks=tracks,
        duration=media.duration,
        end=end,
        profile=profile(config),
    )
    delay = min_playout_delay(sample.arrivals, tracks=tracks, duration=media.duration, end=end)
    return replace(
        row,
        ending=ending(sample.failure or _incomplete(media, playback, sample)),
        media=media,
        playback=playback,
        quality=quality(response, media, playback, min_playout_delay=delay),
        arrivals=sample.arrivals,
    )


def _incomplete(media: Media, playback: Playback, sample: Sample) -> Failure | None:
    """Why not all was played although the download went well; None where nothing is wrong."""
    if media.timeline is None:
        text = "what arrived is no media, or its media time cannot be told"
        return Failure(Outcome.MEDIA_UNREADABLE, Phase.MEDIA, text)
    if any(track.cut for track in sample.tracks):
        return Failure(Outcome.TRUNCATED, Phase.MEDIA, "the file ends before its media does")
    if playback.startup_delay is not None:
        return None
    text = f"only {playback.buffer_at_end or 0.0:.2f} s of media arrived"
    return Failure(Outcome.NEVER_STARTED, Phase.PLAY, text)
