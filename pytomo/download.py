"""A bounded sample of a video, fetched from chosen addresses as a player would fetch it."""

import math
import time
from collections.abc import Callable
from dataclasses import replace

from pytomo import timeline as timelines
from pytomo.config import Config
from pytomo.disturbance import Watch
from pytomo.errors import Failure, Outcome
from pytomo.quality import max_throughput
from pytomo.results import Disturbance, Response, Sample, Video
from pytomo.sampling import MakeTimeline, Sampling
from pytomo.transport import Answer


def download(
    video: Video,
    locate: Callable[[str], str | Failure],
    config: Config,
    *,
    elapsed: float = 0.0,
    clock: Callable[[], float] = time.monotonic,
    timeline: MakeTimeline = timelines.timeline,
    watching: Callable[[], Watch] = Watch,
) -> Sample:
    """What came of a video's tracks within `config.download_time` seconds, and when.

    `locate` tells the address to dial for a host. Time counts from the first media request (its
    connection included), less the `elapsed` seconds that earlier servers took to redirect us
    here; a redirect of the very first request is handed back to the caller. Nothing is raised:
    whatever goes wrong, Ctrl-C included, the sample holds what came before it. Memory does not
    depend on the size of the video. Raises CrawlError if `config.ca_file` is of no use.
    """
    sampling = Sampling(video, locate, config, elapsed, clock, timeline)
    with watching() as watch:
        try:
            failure = sampling.run()
        except KeyboardInterrupt:
            failure = sampling.interrupted()
        finally:
            sampling.close()
    response = _response(video, sampling, failure)
    fetched = [segment for loader in sampling.loaders for segment in loader.log.segments]
    return Sample(
        response=response,
        disturbance=_disturbance(watch, sampling, response),
        arrivals=tuple(sampling.progress.arrivals),
        tracks=tuple(fetch.sample() for fetch in sampling.fetches),
        fetched=tuple(sorted(fetched, key=lambda segment: segment.asked)),
        failure=failure,
    )


def _disturbance(watch: Watch, sampling: Sampling, response: Response) -> Disturbance:
    """What disturbed it; the way to a proxy on this machine is none to compare with."""
    connections = [loader.connections for loader in sampling.loaders]
    first, direct = connections[0].first, sampling.route.proxy is None
    carried = [each.carried for each in connections]
    ours = None if None in carried else sum(bytes_ or 0 for bytes_ in carried)
    return watch.seen(
        first.ip if first and direct else None,
        ours,
        response.average_throughput,
        waits=[loader.waited for loader in sampling.loaders],
    )


def _response(video: Video, sampling: Sampling, failure: Failure | None) -> Response:
    loaders = sampling.loaders
    first, last = loaders[0].first, sampling.last
    requests = sum(loader.requests for loader in loaders)
    response = Response(
        url=loaders[0].first_url or video.tracks[0].segments[0].url,
        first_byte_time=first.first_byte_time if first else None,
        redirect_url=loaders[0].redirect_url,
        status=last.status if last else None,
        requests=requests,
        reconnects=sum(loader.reconnects for loader in loaders),
        proxy=sampling.route.proxy_name,
        media_type=_media_type(first),
    )
    response = _with_connection(response, sampling)
    return _with_transfer(response, sampling, failure) if requests else response


def _with_connection(response: Response, sampling: Sampling) -> Response:
    """What was seen of the connection to the first host."""
    connections = sampling.loaders[0].connections
    connection, known = connections.first, connections.tcp_info()
    return replace(
        response,
        connect_time=connection.connect_time if connection else None,
        tls_time=connection.tls_time if connection else None,
        tcp_rtt=known.rtt,
        tcp_retransmits=known.retransmits,
        delivery_rate=known.delivery_rate,
        tcp_out_of_order=known.out_of_order,
    )


def _with_transfer(response: Response, sampling: Sampling, failure: Failure | None) -> Response:
    """What was received; no throughput where a server refused rather than was slow."""
    received = sum(arrival.size for arrival in sampling.progress.arrivals)
    silent = failure is not None and failure.outcome is Outcome.RESPONSE_TIMEOUT
    idle = math.fsum(gap.length for gap in sampling.gaps)
    busy = sampling.ended - idle
    taken = received - sum(loader.idle_bytes for loader in sampling.loaders)
    measured = busy > 0 and (received or silent)
    return replace(
        response,
        download_time=sampling.ended,
        bytes_received=received,
        max_throughput=max_throughput(sampling.progress.arrivals, sampling.ended),
        average_throughput=8 * max(0, taken) / busy / 1000 if measured else None,
        paced=sampling.pacing is not None,
        idle_time=idle if sampling.pacing is not None else None,
    )


def _media_type(answer: Answer | None) -> str | None:
    """What the server says that it sends, if it sends media."""
    if answer is None or answer.status not in (200, 206):
        return None
    return answer.headers.get("Content-Type", "").partition(";")[0].strip().lower() or None
