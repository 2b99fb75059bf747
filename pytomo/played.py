"""A sample, played: the row with the media facts and what a viewer would have seen."""

from dataclasses import replace

from pytomo.abr import RULES, Rule
from pytomo.abr.adaptation import adaptation
from pytomo.config import Config
from pytomo.errors import Failure, Outcome, Phase
from pytomo.facts import facts
from pytomo.player import play
from pytomo.playout import min_playout_delay
from pytomo.profiles import profile
from pytomo.quality import quality
from pytomo.results import Adaptation, Media, Playback, Row, Sample, Video, ending
from pytomo.trace import settled


def played(known: Row, video: Video, sample: Sample, config: Config) -> Row:
    """The row of a sample: the media facts, and what a viewer would have seen.

    What is played is what the trace will give back, so that a replay is the same to the bit.
    """
    sample, response = _settled(sample), sample.response
    row = replace(
        known,
        response=response,
        disturbance=sample.disturbance,
        ending=ending(sample.failure),
    )
    if not sample.arrivals:
        return row
    media = facts(_as_fetched(video, config), sample.tracks)
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
        adaptation=_adaptation(video, sample, playback, config),
        quality=quality(response, media, playback, min_playout_delay=delay),
        arrivals=sample.arrivals,
        fetched=sample.fetched,
    )


def _settled(sample: Sample) -> Sample:
    return replace(sample, arrivals=tuple(map(settled, sample.arrivals)))


def _rule(video: Video, config: Config) -> Rule | None:
    """What chose the rungs; None if there was nothing to choose."""
    adapts = len(video.ladder) > 1
    return next((rule for rule in RULES if adapts and rule.name == config.abr), None)


def _as_fetched(video: Video, config: Config) -> Video:
    """The video without the size of a track that came from several rungs."""
    if _rule(video, config) is None:
        return video
    first, *others = video.tracks
    return replace(video, tracks=(replace(first, size=None, bitrate=None), *others))


def _adaptation(
    video: Video, sample: Sample, playback: Playback, config: Config
) -> Adaptation | None:
    rule = _rule(video, config)
    if rule is None:
        return None
    return adaptation(sample.fetched, playback.played_time or 0.0, rule.label)


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
