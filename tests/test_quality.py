"""Throughput over a window, and statistics computed from other columns."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytomo.quality import max_throughput, quality
from pytomo.results import Arrival, Media, Playback, Quality, Response, Stall


def reads(*sizes_at: tuple[float, int]) -> list[Arrival]:
    return [Arrival(time, 0, size, 0.0) for time, size in sizes_at]


def throughput(*sizes_at: tuple[float, int], end: float) -> float | None:
    return max_throughput(reads(*sizes_at), end)


class TestMaxThroughput:
    def test_steady_flow(self) -> None:
        """A steady flow has its own rate, whatever the step of its reads."""
        for step, count in ((0.01, 1000), (0.1, 100), (0.25, 40), (1.0, 10)):
            flow = [(step * (index + 1), round(125_000 * step)) for index in range(count)]
            assert throughput(*flow, end=10.0) == pytest.approx(1000.0)

    def test_burst(self) -> None:
        """A burst in a quiet sample counts over the window, not over the sample."""
        assert throughput((0.5, 1000), (5.0, 125_000), (9.0, 1000), end=10.0) == 1000.0

    def test_window_is_not_bound_to_whole_seconds(self) -> None:
        """The window is where the most bytes are, across whole seconds, too."""
        assert throughput((0.1, 10), (0.7, 1000), (1.6, 1000), (3.0, 5), end=4.0) == 16.0

    def test_one_second_apart(self) -> None:
        """Of two reads just 1 s apart a window holds one."""
        assert throughput((1.0, 1000), (2.0, 1000), end=3.0) == 8.0
        assert throughput((1.0, 1000), (1.999, 1000), end=3.0) == 16.0

    def test_short_sample(self) -> None:
        """A sample shorter than the window has its average throughput."""
        assert throughput((0.1, 1000), (0.4, 1000), end=0.5) == 32.0

    def test_all_tracks(self) -> None:
        """The bytes of all tracks count together."""
        mixed = [Arrival(1.0, 0, 1000, 0.0), Arrival(1.5, 1, 500, 0.0)]
        assert max_throughput(mixed, 3.0) == 12.0

    def test_nothing(self) -> None:
        """A sample without a byte, or without length, has no throughput."""
        assert throughput(end=3.0) is None
        assert throughput((0.0, 5), end=0.0) is None

    @given(st.lists(st.tuples(st.integers(0, 5000), st.integers(1, 10**6)), min_size=1).map(sorted))
    def test_is_the_fullest_window(self, flow: list[tuple[int, int]]) -> None:
        """It is the maximum over all windows, found by trying each of them."""
        end = 6.0
        most = max(
            sum(size for time, size in flow if last - 1000 < time <= last) for last, _ in flow
        )
        found = throughput(*((time / 1000, size) for time, size in flow), end=end)
        assert found == pytest.approx(8 * most / 1000)


class TestQuality:
    def test_reception_ratio(self) -> None:
        """ReceptionRatio is AverageThroughput / EncodingRate."""
        response = Response(url="", average_throughput=500.0)
        assert quality(response, Media(encoding_rate=1000.0)).reception_ratio == 0.5

    @pytest.mark.parametrize(
        ("response", "media"),
        [
            (None, None),
            (Response(url="", average_throughput=500.0), None),
            (None, Media(encoding_rate=1000.0)),
            (Response(url=""), Media(encoding_rate=1000.0)),
            (Response(url="", average_throughput=500.0), Media()),
            (Response(url="", average_throughput=500.0), Media(encoding_rate=0.0)),
        ],
    )
    def test_unknown(self, response: Response | None, media: Media | None) -> None:
        """Without a throughput or an encoding rate the ratio is unknown."""
        assert quality(response, media).reception_ratio is None

    def test_no_throughput_is_a_ratio_of_zero(self) -> None:
        """Nothing received is a ratio of 0, not an unknown one."""
        response = Response(url="", average_throughput=0.0)
        assert quality(response, Media(encoding_rate=1000.0)).reception_ratio == 0.0


class TestStalls:
    def test_ratios_and_frequency(self) -> None:
        """Two stalls of 3 s in all, with 9 s played: 3/9 by media, 2 in 12 s of watching."""
        found = quality(None, None, stalled(2.5, 0.5, played=9.0))
        assert found.stall_media_ratio == pytest.approx(3 / 9)
        assert found.stall_frequency == 10.0
        assert found.mean_stall == 1.5

    def test_media_ratio_is_the_other_ratio_in_other_words(self) -> None:
        """r / (1 - r) of the ratio by watch time."""
        playback = stalled(2.0, 4.0, played=18.0)
        found = quality(None, None, playback).stall_media_ratio
        assert found == pytest.approx(playback.stall_ratio / (1 - playback.stall_ratio))

    def test_long_stalls(self) -> None:
        """Those of 1 s and more count, apart from the short ones."""
        found = quality(None, None, stalled(0.999, 1.0, 3.0, 0.2, played=9.0))
        assert (found.long_stalls, found.long_stall_time) == (2, 4.0)

    def test_without_a_stall(self) -> None:
        """A smooth playback has zeros, and no mean of nothing."""
        found = quality(None, None, stalled(played=9.0))
        assert (found.stall_media_ratio, found.stall_frequency) == (0.0, 0.0)
        assert (found.long_stalls, found.long_stall_time) == (0, 0.0)
        assert found.mean_stall is None

    def test_stalled_before_anything_was_played(self) -> None:
        """Without a second played there is no ratio to it."""
        found = quality(None, None, stalled(2.0, played=0.0))
        assert (found.stall_media_ratio, found.stall_frequency) == (None, 30.0)

    @pytest.mark.parametrize("playback", [None, Playback(played_time=0.0, buffer_at_end=1.0)])
    def test_never_started(self, playback: Playback | None) -> None:
        """Without a start nothing of it is known; the delay that would have done may be."""
        found = quality(None, None, playback, min_playout_delay=7.5)
        assert found == Quality(min_playout_delay=7.5)


def stalled(*lengths: float, played: float) -> Playback:
    """A playback with stalls of these lengths."""
    total = sum(lengths)
    return Playback(
        stall_count=len(lengths),
        stalled_time=total,
        played_time=played,
        stall_ratio=total / (total + played) if total + played else None,
        stalls=tuple(Stall(0.0, length, 0.0, censored=False) for length in lengths),
    )
