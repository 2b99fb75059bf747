"""A timeline for tests of what uses one: media time comes with whole segments."""


class StepTimeline:
    """A timeline of segments of a second each, or of `seconds`."""

    source, wanted, duration, cut = "segments", None, None, False
    seconds = 1.0

    def __init__(self) -> None:
        self.playable = 0.0

    @property
    def sound(self) -> float:
        return self.playable

    appended = sound

    def feed(self, position: int, data: bytes | memoryview) -> None:
        pass

    def end_segment(self) -> None:
        self.playable += self.seconds

    def bytes_until(self, media_time: float) -> int | None:
        return None

    def part_end(self, position: int) -> int | None:
        return None
