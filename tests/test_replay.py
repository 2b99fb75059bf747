"""Stored samples, played again: to the bit under their own profile, or as other players would."""

from dataclasses import replace
from math import inf
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rows import track, visit

from pytomo.config import Config
from pytomo.database import Database
from pytomo.played import played
from pytomo.profiles import PROFILES, Profile, stored_profile
from pytomo.replay import Replay, all_profiles, check, own_profile, replay, summaries
from pytomo.results import (
    COLUMNS,
    Arrival,
    Playback,
    Response,
    Row,
    Sample,
    TrackSample,
    Video,
    ending,
)
from pytomo.store import Store

PLAYBACK = [metric for metric in COLUMNS if metric.part == "playback"]
seconds = st.floats(0, 100)
level = seconds | st.just(inf)


@st.composite
def samples(draw: st.DrawFn) -> tuple[Sample, int]:
    """A download as it is measured, its floats as they come, and the number of its tracks."""
    tracks = draw(st.integers(1, 3))
    other = st.none() | level
    read = st.builds(
        Arrival,
        time=seconds,
        track=st.integers(0, tracks - 1),
        size=st.integers(1, 10**7),
        playable=level,
        appended=other,
        blocks=other,
        sound=other,
    )
    arrivals = tuple(sorted(draw(st.lists(read, min_size=1, max_size=40)), key=lambda a: a.time))
    end = draw(st.none() | st.just(arrivals[-1].time) | st.floats(0, 200))
    response = Response(url="https://r1.example/v", download_time=end)
    return Sample(response=response, arrivals=arrivals, tracks=()), tracks


def row_of(sample: Sample, tracks: int, duration: float | None, config: Config) -> Row:
    """The row of a sample, as a crawl would make it."""
    learnt = TrackSample(head=b"", size=None, duration=duration, timeline="samples")
    video = Video(extraction_time=0.1, claimed_duration=duration, tracks=(track(),) * tracks)
    known = Row(visit=visit(), ending=ending(None), video=video)
    return played(known, video, replace(sample, tracks=(learnt,) * tracks), config)


def stored(row: Row, directory: Path) -> Database:
    """A database that holds nothing but a row."""
    path = directory / "one.pytomo_database.db"
    with Store(path, {}) as store:
        store(row)
    return Database(path)


@given(
    samples(),
    st.none() | st.floats(1, 300),
    st.sampled_from([known.name for known in PROFILES]),
    st.floats(0, 5000),
    st.floats(0, 3),
)
def test_a_replay_is_what_was_measured_to_the_bit(
    given_sample: tuple[Sample, int],
    duration: float | None,
    name: str,
    start: float,
    stall: float,
) -> None:
    """Whatever comes, and with whatever player: what SQLite gives back replays to the same."""
    config = Config(profile=name, buffering_video_duration=start, min_playout_buffer_size=stall)
    row = row_of(*given_sample, duration, config)
    assert row.playback is not None
    with TemporaryDirectory() as directory, stored(row, Path(directory)) as database:
        (found,) = database.rows()
        arrivals, tracks = database.trace(1), database.tracks(1)
        again = replay(found, arrivals, tracks, own_profile(found))
        assert again == row.playback
        assert arrivals == row.arrivals
        assert (database.stalls(1), database.freezes(1)) == (again.stalls, again.freezes)
    assert {m.column: getattr(again, m.field) for m in PLAYBACK} == {
        m.column: found[m.column] for m in PLAYBACK
    }


@pytest.mark.parametrize("profile", PROFILES, ids=lambda known: known.name)
def test_every_player_replays_under_its_own_label(profile: Profile) -> None:
    """The label alone, as rows keep it, plays the same as the profile."""
    arrivals = tuple(
        Arrival(t / 7, 0, 20_000, t / 9, appended=t // 18 * 2.0) for t in range(1, 200)
    )
    row = {"VideoDuration": 60.0, "DownloadTime": 30.0, "Profile": profile.label}
    assert replay(row, arrivals, 1, own_profile(row)) == replay(row, arrivals, 1, profile)


def test_the_own_profile_comes_first() -> None:
    """A row's own profile and then all others, each once; a label of an older name is its own."""
    own = all_profiles({"Profile": PROFILES[2].label})
    assert own[0] == stored_profile(PROFILES[2].label)
    assert sorted(p.name for p in own) == sorted(p.name for p in PROFILES)
    older = all_profiles({"Profile": "default/1 start=2 stall=0.1 resume=1"})
    assert [p.name for p in older] == ["default", *(p.name for p in PROFILES)]
    assert len(all_profiles({"Profile": None})) == len(PROFILES)


@pytest.mark.parametrize("cell", [None, "ten", b"", inf])
def test_cells_that_are_no_seconds_are_unknown(cell: object) -> None:
    """SQLite keeps whatever it is given: a duration that is none is as good as nothing."""
    arrivals = (Arrival(1.0, 0, 10, 3.0), Arrival(2.0, 0, 10, inf))
    row = {"VideoDuration": cell, "DownloadTime": cell, "Profile": None}
    assert replay(row, arrivals, 1, PROFILES[0]).played_time == 1.0


@pytest.mark.parametrize(
    ("arrivals", "tracks"),
    [
        ((), 1),
        ((Arrival(1.0, 0, 1, 1.0),), 0),
        ((Arrival(1.0, 1, 1, 1.0),), 1),
        ((Arrival(1.0, -1, 1, 1.0),), 1),
        ((Arrival(1.0, 0, 1, 1.0),), 2**31),
        ((Arrival(2.0, 0, 1, 1.0), Arrival(1.0, 0, 1, 2.0)), 1),
    ],
)
def test_damaged_traces_are_refused(arrivals: tuple[Arrival, ...], tracks: int) -> None:
    """Tracks that are not there and times that run backwards are a ValueError."""
    with pytest.raises(ValueError, match=r"damaged trace|nothing arrived"):
        check(arrivals, tracks)


def test_summaries() -> None:
    """One for each player: medians and the share without a stall, of the rows that started."""
    shown = [
        Playback(startup_delay=1.0, stall_count=0, stalled_time=0.0, stall_ratio=0.0, profile="a"),
        Playback(startup_delay=2.0, stall_count=4, stalled_time=8.0, stall_ratio=0.5, profile="a"),
        Playback(startup_delay=4.0, stall_count=1, stalled_time=2.0, freeze_count=3, profile="a"),
        Playback(played_time=0.0, profile="a"),
        Playback(played_time=0.0, profile="b"),
    ]
    found, other = summaries(Replay(row={}, playback=each) for each in shown)
    assert (found.label, found.rows, found.started, found.freezes) == ("a", 4, 3, 3)
    assert (found.startup_delay, found.stall_count, found.stalled_time) == (2.0, 1, 2.0)
    assert found.stall_ratio == 0.25
    assert found.without_stall == pytest.approx(1 / 3)
    assert (other.label, other.startup_delay, other.without_stall) == ("b", None, None)
