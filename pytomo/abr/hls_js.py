"""The rule of hls.js 1.7.4: a cautious mean, less of it to step up, and no segment that comes late.

Source: hls.js 1.7.4, `src/controller/abr-controller.ts`, `src/utils/ewma-bandwidth-estimator.ts`,
the constants from `src/config.ts`. Its emergency switch of a running request is left out.
"""

from collections.abc import Sequence
from math import exp, sqrt

from pytomo.abr.average import Cautious, Ewma
from pytomo.abr.rule import Choice, Chooser, Download, Ladder, Rule, Situation

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


class Estimate:
    """The throughput and the time to the first byte, from the downloads of a track."""

    def __init__(self) -> None:
        self._rate = Cautious(FAST, SLOW)
        self._latency = Ewma(SLOW)

    def add(self, download: Download) -> None:
        """Count a download."""
        first = download.first_byte
        # Long times count less.
        self._latency.add(max(first, LEAST_LATENCY), sqrt(2.0) * exp(-first * first / 2))
        if download.size > 0:
            # Never faster than 800 Mbit/s, up to 5 MB.
            least = min(0.05, download.size / 1e8)
            seconds = max(download.seconds - min(first, self.latency), least)
            self._rate.add(8 * download.size / seconds / 1000, seconds)

    @property
    def rate(self) -> float | None:
        """kbps; None before the first download."""
        return self._rate.mean

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

    def choose(self, situation: Situation) -> Choice:
        """Without stalling if that can be, else with a short stall, else the lowest."""
        for download in situation.past[self._seen :]:
            if download.media > 0.0:
                self._estimate.add(download)
        self._seen = len(situation.past)
        rate = self._estimate.rate
        if rate is None or situation.current is None:
            first = max(DEFAULT, min(self._ladder.rungs[0], DEFAULT_MOST))
            return Choice(self._best([first] * len(self._ladder.rungs), LATE) or 0)
        count, above = len(self._ladder.rungs), situation.current + 1
        rates = [FACTOR * rate] * above + [UP * rate] * (count - above)
        rung = self._best(rates, situation.buffer)
        if rung is None:
            risked = min(self._ladder.segment, LATE)
            rung = self._best(rates, situation.buffer + risked)
        return Choice(rung or 0)

    def _best(self, rates: Sequence[float], within: float) -> int | None:
        """The highest rung that its rate (kbps) sustains, a segment of which comes within so long.

        None: there is none.
        """
        latency, segment = self._estimate.latency, self._ladder.segment
        fit = (
            rung
            for rung, (bitrate, rate) in enumerate(zip(self._ladder.rungs, rates, strict=True))
            if rate >= bitrate and latency + bitrate * segment / rate < within
        )
        return max(fit, default=None)


HLS_JS = Rule("hls.js", 1, "what hls.js 1.7.4 does by default", HlsJs)
