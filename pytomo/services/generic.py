"""Any other page: what yt-dlp's generic extractor makes of it, with the manifests' own lengths."""

import functools
from collections.abc import Iterator
from typing import Any

from pytomo.tracks import shortened


def prepare(reader: Any) -> None:
    """Have the extractor end a DASH period where the manifest says, not with a whole segment."""
    reader.add_info_extractor(_extractor()())


@functools.cache
def _extractor() -> Any:
    from yt_dlp.extractor.generic import GenericIE as Original
    from yt_dlp.utils import ExtractorError

    class GenericIE(Original):  # type: ignore[misc] # yt-dlp is not typed
        """yt-dlp's own, which takes its place by having its name."""

        def _parse_mpd_periods(self, manifest: Any, *arguments: Any, **keywords: Any) -> Any:
            periods = super()._parse_mpd_periods(manifest, *arguments, **keywords)
            try:
                for period, duration in zip(periods, durations(manifest), strict=True):
                    yield _ended(period, duration) if duration else period
            except KeyError as error:
                detail = f"yt-dlp cannot read this DASH manifest: no {error} in an element of it"
                raise ExtractorError(detail, expected=True, cause=error) from error

    return GenericIE


def durations(manifest: Any) -> Iterator[float | None]:
    """How long each period of a DASH manifest (its root element) is, in s, if it says that."""
    from yt_dlp.utils import parse_duration

    periods = manifest.findall("{*}Period")
    whole = manifest.get("mediaPresentationDuration") if len(periods) == 1 else None
    return (parse_duration(period.get("duration") or whole) for period in periods)


def _ended(period: dict[str, Any], duration: float) -> dict[str, Any]:
    formats = [
        {**offered, "fragments": shortened(offered["fragments"], duration)}
        if offered.get("fragments")
        else offered
        for offered in period["formats"]
    ]
    return {**period, "formats": formats}
