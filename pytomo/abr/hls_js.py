"""The rule of hls.js 1.7.4: a cautious mean, less of it to step up, and no segment that comes late.

Source: hls.js 1.7.4, `src/controller/abr-controller.ts`, `src/utils/ewma-bandwidth-estimator.ts`,
the constants from `src/config.ts`.
"""

from collections.abc import Sequence
from math import exp, sqrt

from pytomo.abr.average import Cautious, Ewma
from pytomo.abr.emergency import emergency
from pytomo.abr.rule import Choice, Chooser, Download, Ladder, Progress, Rule, Situation

FAST, SLOW = 3.0, 9.0
"""Half-lives of the two means, in seconds of downloading (`abrEwmaFastVoD`, `abrEwmaSlowVoD`)."""
DEFAULT, DEFAULT_MOST = 500.0, 5000.0
"""kbps to start with; raised to the first level's, up to the second."""
FACTOR, UP = 0.95, 0.7
"""Share of the mean to rely on; to step up (`abrBandWidthFactor`, `abrBandWidthUpFactor`)."""
LATE = 4.0
"""s of stalling that are risked where none cannot be had (`maxStarvationDelay`)."""
LATENCY, LEAST_LATENCY = 0.1, 0.005
"""s to the first byte: before it is known; the least that counts."""
INTERVAL = 0.1
"""s between two looks at a running request."""
HOPELESS = 2.0
"""A request whose rest takes more than so many times a segment of the lower rung is followed by one
of the lowest."""


class Estimate:
    """The throughput and the time to the first byte, from the downloads of a track."""

    def __init__(self, default: float = DEFAULT) -> None:
        """`default`: kbps to rely on before the first download."""
        self._default = default
        self._rate = Cautious(FAST, SLOW)
        self._latency = Ewma(SLOW)

    def add(self, download: Download) -> None:
        """Count a download."""
        self.add_wait(download.first_byte)
        self.add_bytes(download.size, download.seconds, download.first_byte)

    def add_wait(self, seconds: float) -> None:
        """Count a time to the first byte, a long one less than a short one."""
        self._latency.add(max(seconds, LEAST_LATENCY), sqrt(2.0) * exp(-seconds * seconds / 2))

    def add_bytes(self, size: int, seconds: float, first_byte: float) -> None:
        """Count bytes and the time that they took, of which some passed before the first one."""
        if size > 0:
            # Never faster than 800 Mbit/s, up to 5 MB.
            least = min(0.05, size / 1e8)
            counted = max(seconds - min(first_byte, self.latency), least)
            self._rate.add(8 * size / counted / 1000, counted)

    @property
    def known(self) -> bool:
        """Whether there was any download."""
        return self._rate.mean is not None

    @property
    def rate(self) -> float:
        """kbps to rely on."""
        mean = self._rate.mean
        return self._default if mean is None else mean

    @property
    def latency(self) -> float:
        """s to the first byte."""
        mean = self._latency.mean
        return LATENCY if mean is None else mean


class HlsJs(Chooser):
    """The highest rung of which a segment is there before the buffer has run out."""

    def __init__(self, ladder: Ladder) -> None:
        self._ladder = ladder
        self._estimate = Estimate()
        self._seen = 0
        self._next_look = 0.0
        """s since the first media request."""

    def choose(self, situation: Situation) -> Choice:
        """Without stalling if that can be, else with a short stall, else the lowest."""
        for download in situation.past[self._seen :]:
            if download.media > 0.0:
                self._estimate.add(download)
        self._seen = len(situation.past)
        if not self._estimate.known or situation.current is None:
            first = max(DEFAULT, min(self._ladder.rungs[0], DEFAULT_MOST))
            return Choice(self._best([first] * len(self._ladder.rungs), LATE) or 0)
        rate = self._estimate.rate
        count, above = len(self._ladder.rungs), situation.current + 1
        rates = [FACTOR * rate] * above + [UP * rate] * (count - above)
        rung = self._best(rates, situation.buffer)
        if rung is None:
            risked = min(self._ladder.segment, LATE)
            rung = self._best(rates, situation.buffer + risked)
        return Choice(rung or 0)

    def abandon(self, progress: Progress) -> int | None:
        """A rung that comes in time, if the rest of the request does not."""
        if not self._seen or progress.time < self._next_look:
            return None
        self._next_look = progress.time + INTERVAL
        estimate = self._estimate
        latency, rate = estimate.latency, estimate.rate
        found = emergency(self._ladder, progress, latency=latency, rate=rate)
        if found is None:
            return None
        loading = progress.reads[-1][0]
        if received := sum(size for _, size in progress.reads):
            estimate.add_bytes(received, loading, progress.reads[0][0])
        else:
            estimate.add_wait(loading)
        return self._instead(found.rung, progress.buffer, found.rest > HOPELESS * found.instead)

    def _instead(self, rung: int, buffer: float, hopeless: bool) -> int:
        """The rung to go down to. What was relied on before is forgotten where it tells more."""
        bitrate = self._ladder.rungs[rung]
        if UP * self._estimate.rate > bitrate:
            self._estimate = Estimate(bitrate)
        better = self._best([bitrate] * (rung + 1), buffer)
        rung = rung if better is None else better
        if hopeless and rung > 0:
            self._estimate = Estimate(self._ladder.rungs[0])
            rung = 0
        return rung

    def _best(self, rates: Sequence[float], within: float) -> int | None:
        """The highest rung that its rate (kbps) sustains, a segment of which comes within so long.

        None: there is none. Rungs without a rate are out of the question.
        """
        latency, segment = self._estimate.latency, self._ladder.segment
        fit = (
            rung
            for rung, (bitrate, rate) in enumerate(zip(self._ladder.rungs, rates, strict=False))
            if rate >= bitrate and latency + bitrate * segment / rate < within
        )
        return max(fit, default=None)


HLS_JS = Rule("hls.js", 2, "what hls.js 1.7.4 does by default", HlsJs)
