"""The words of the catalogue: a host, a clip, and the questions that sites ask about them."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from pytomo.errors import Outcome
from pytomo.lab.dns import Entry
from pytomo.lab.schedule import Script

FOREVER = 36500
"""Days."""


@dataclass(frozen=True, slots=True)
class Host:
    """A media server."""

    name: str
    address: str
    """Where its name leads (an address of this machine), and where its script is played."""
    script: Script = field(default_factory=Script)
    answers: Mapping[str, Entry] = field(default_factory=dict)
    """What single resolvers, by name, say instead of the address."""

    @property
    def entry(self) -> Entry:
        """What all other resolvers say."""
        return Entry(a=(self.address,))


@dataclass(frozen=True, slots=True)
class Clip:
    """A video: where it lies, and what a crawl is to find out about it."""

    service: str
    id: str
    title: str
    host: str
    """Name of its media server."""
    outcome: Outcome = field(default=Outcome.OK, kw_only=True)
    """What becomes of it at the default resolver's address; if that is something that a site
    says, the site says it."""
    heights: tuple[int, ...] = field(default=(), kw_only=True)
    """Sizes of picture that it comes in, pixels; none given: all that the library has."""
    codec: str = field(default="avc1", kw_only=True)
    """Of the picture, as RFC 6381 begins it."""
    age: int = field(default=3, kw_only=True)
    """Days since it was published."""
    hls: bool = field(default=False, kw_only=True)
    """Whether a YouTube video is offered as HLS beside its files, as many are: a browser plays the
    files all the same."""
    popular: bool = field(default=True, kw_only=True)
    """Whether popular lists have it; the others are found through related lists only."""
    carries_related: bool = field(default=True, kw_only=True)
    """Whether the page of a YouTube video has the related ones in it; if not, its scripts (and
    yt-dlp) ask the `next` endpoint for them. Both happen."""

    @property
    def url(self) -> str:
        """Its page."""
        if self.service == "youtube":
            return f"https://www.youtube.com/watch?v={self.id}"
        return f"https://www.dailymotion.com/video/{self.id}"


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Everything that there is in the lab."""

    hosts: tuple[Host, ...]
    clips: tuple[Clip, ...]

    def clip(self, identifier: str) -> Clip | None:
        """The video of this id."""
        return next((clip for clip in self.clips if clip.id == identifier), None)

    def popular(self, service: str, days: int = FOREVER) -> tuple[Clip, ...]:
        """The most viewed first, among those published in the last so many days."""
        listed = (clip for clip in self.clips if clip.service == service and clip.popular)
        return tuple(clip for clip in listed if clip.age <= days)

    def related(self, clip: Clip, count: int = 12) -> tuple[Clip, ...]:
        """The next ones of the service, round and round."""
        shelf = [other for other in self.clips if other.service == clip.service]
        place = shelf.index(clip)
        return tuple((shelf[place + 1 :] + shelf[:place])[:count])

    def views(self, clip: Clip) -> int:
        """How often it was watched: less and less down the list."""
        return 9_000_000 // (self.clips.index(clip) + 1)
