"""Pytomo plays a video once, inside the client's namespace, and prints what it saw as JSON.

    python -m harness.pytomo_run URL PROFILE SECONDS

It asks for the page, prints `ready`, and waits for a line before it asks for media.
"""

import base64
import json
import sys
import time
from collections.abc import Mapping
from typing import Any

from pytomo import trace
from pytomo.config import Config
from pytomo.download import download
from pytomo.errors import Failure
from pytomo.extract import extract
from pytomo.facts import facts
from pytomo.results import Media, Sample, Video


def config(profile: str, seconds: float) -> Config:
    """The settings of a crawl that watches this long, as that player does."""
    return Config(download_time=seconds, profile=profile, paced=True)


def result(video: Video, sample: Sample, began: float) -> Mapping[str, Any]:
    """What is needed to play the sample again, under whatever profile."""
    media: Media = facts(video, sample.tracks)
    return {
        "began": began,
        "trace": base64.b64encode(trace.encode(sample.arrivals)).decode(),
        "tracks": len(video.tracks),
        "duration": media.duration,
        "end": sample.response.download_time,
        "bytes": sample.response.bytes_received,
        "requests": sample.response.requests,
        "failure": sample.failure and f"{sample.failure.outcome}: {sample.failure.detail}",
    }


def main() -> None:
    """Measure once."""
    url, profile, seconds = sys.argv[1:]
    settings = config(profile, float(seconds))
    video = extract(url, settings)
    if isinstance(video, Failure):
        sys.exit(f"{url}: {video.outcome}: {video.detail}")
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    began = time.time()
    sample = download(video, lambda host: host, settings)
    json.dump(result(video, sample, began), sys.stdout)


if __name__ == "__main__":
    main()
