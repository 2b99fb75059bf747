"""What there is to play: the media of all tracks together, as a player of a kind counts it."""

from copy import copy
from math import inf, isfinite

from pytomo.profiles import Profile
from pytomo.results import Arrival


class Stock:
    """The media that has arrived and counts for a profile."""

    def __init__(self, profile: Profile, tracks: int, duration: float | None) -> None:
        self.ready = 0.0
        """Media seconds from the video's start that are playable in every track."""
        self.heard = 0.0
        """The same of the sound alone, for a player that is patient with the picture."""
        self.heard_out = False
        """Whether all of the sound is there, for such a player."""
        self.complete = False
        """Whether the end of every track is there."""
        self._profile = profile
        self._duration = duration
        self._levels = [0.0] * tracks
        self._sound = 0.0
        self._longest = 0.0  # of all that has been told of

    def copy(self) -> "Stock":
        """One that goes its own way from here."""
        other = copy(self)
        other._levels = [*self._levels]
        return other

    def take(self, arrival: Arrival) -> bool:
        """Add what arrived; whether there is more to play."""
        level, track = self._level(arrival), arrival.track
        if isfinite(arrival.playable):
            self._longest = max(self._longest, arrival.playable)
        sound = self._heard_of(arrival, level)
        self._levels[track] = max(self._levels[track], level)
        self._sound = max(self._sound, sound)
        return self._rise()

    def _level(self, arrival: Arrival) -> float:
        """What of the track counts."""
        told = arrival.playable
        if self._profile.whole:
            told = told if arrival.appended is None else arrival.appended
        elif self._profile.blocks:
            told = told if arrival.blocks is None else arrival.blocks
        return told

    def _heard_of(self, arrival: Arrival, level: float) -> float:
        """What of the sound counts: the last of several tracks is the sound."""
        if not self._profile.patience:
            return 0.0
        if len(self._levels) > 1:
            return level if arrival.track == len(self._levels) - 1 else 0.0
        return arrival.sound if self._profile.blocks and arrival.sound is not None else level

    def _rise(self) -> bool:
        ready, whole = min(self._levels), self._whole()
        if ready == inf and not self.complete:
            self.complete = True
            self.ready = self.heard = whole
            return True
        # Sound that is all there does not go on beyond the video.
        heard, self.heard_out = min(self._sound, whole), self._sound == inf
        if self.complete or (ready <= self.ready and heard <= self.heard):
            return False
        self.ready, self.heard = max(ready, self.ready), max(ready, heard, self.heard)
        return True

    def _whole(self) -> float:
        """Media seconds of the video; a site may round to less than what is known to be there."""
        told = self._longest if self._duration is None else self._duration
        return max(told, self.ready)
