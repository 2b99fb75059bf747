"""The pictures of one video: what they say, in any theme, whatever strangers called the video."""

import xml.etree.ElementTree as ElementTree
from math import inf

import pytest
from rows import measured

from pytomo.analysis.story import story
from pytomo.pictures import playback, players, waterfall
from pytomo.pictures.caption import ended, headline, sentence
from pytomo.pictures.style import THEMES
from pytomo.player import play
from pytomo.profiles import PROFILES, named
from pytomo.results import Arrival, Media, Response, Stall

ARRIVALS = (
    *(Arrival(0.5, 0, 100_000, 1.0), Arrival(1.0, 0, 100_000, 2.0), Arrival(2.0, 0, 50_000, 2.5)),
    *(Arrival(5.0, 0, 50_000, 3.0), Arrival(6.0, 0, 100_000, 4.0), Arrival(8.0, 0, 600_000, inf)),
)
"""The worked example of docs/player.md."""
RESPONSE = Response(
    url="https://r1.example/v",
    download_time=12.0,
    bytes_received=1_000_000,
    connect_time=0.02,
    tls_time=0.04,
    first_byte_time=0.1,
    average_throughput=666.7,
)


def told(arrivals=ARRIVALS, *, tracks=1, **cells):
    """The story of the worked example, with other values in some columns."""
    shown = play(arrivals, tracks=tracks, duration=10.0, end=12.0, profile=PROFILES[0])
    parts = {"playback": shown, "response": RESPONSE, "media": Media(duration=10.0)}
    row = {**measured(**parts).values(), "ID": "2026-11-22 10:00:00.250000", "RowId": 7, **cells}
    return story(7, [row], arrivals=arrivals, tracks=tracks, stalls=shown.stalls, answers=())


def texts(picture):
    """All that an SVG says."""
    root = ElementTree.fromstring(picture)
    return [element.text for element in root.iter("{http://www.w3.org/2000/svg}text")]


def drawn(draw, found, theme="light"):
    return texts(draw(found, THEMES[theme], "svg", source="a.db"))


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("draw", [playback.draw, players.draw, waterfall.draw])
def test_a_picture_stands_for_itself(draw, theme):
    """Title, outcome, server, time and where the row is kept are in the picture."""
    said = drawn(draw, told(), theme)
    assert said.count("Café ☕") == 1
    assert "ok; playback started after 1 s; 2 stalls of 3.1 s; 7.9 s played" in said
    assert "r1.example (192.0.2.1) AS64500 EXAMPLE · resolved by system" in said
    assert "player pytomo/1 · 2026-11-22 10:00:00 UTC · row 7 of a.db" in said


def test_the_playback_says_what_is_to_be_seen():
    """The start, the stalls and their lengths, the thresholds and both rates are written."""
    said = drawn(playback.draw, told(EncodingRate=800.0))
    for text in ("starts at 1.00 s", "2.6 s", "starts at 2 s", "resumes at 1 s", "stalls at 0.1 s"):
        assert text in " ".join(said)
    assert {"average 0.667", "bitrate 0.8", "played", "arrived and playable"} <= set(said)


FROZEN = (Arrival(0.5, 1, 100, 9.0), Arrival(1.0, 0, 100, 2.0), Arrival(5.0, 0, 100, 9.0))


def test_freezes_are_shaded_and_named():
    """A frozen picture is written with its length, apart from stalls."""
    found = told(FROZEN, tracks=2, Profile=named("chromium").label)
    said = drawn(playback.draw, found)
    assert "frozen" in " ".join(said)
    plain = told(FROZEN, tracks=2)
    assert "frozen" not in " ".join(drawn(playback.draw, plain))


def test_each_player_has_a_lane():
    """Every player is named, that of the row first, and what colours mean is written."""
    said = drawn(players.draw, told(FROZEN, tracks=2))
    names = [f"{known.name}/{known.version}" for known in PROFILES]
    assert [text for text in said if "/1" in text and " · " not in text] == [
        f"{names[0]} (this row)",
        *names[1:],
    ]
    assert {"waiting to start", "playing", "frozen: sound only", "stalled", "over"} <= set(said)


def test_lanes_of_an_older_name_are_called_by_it():
    """A row of the player that was called default says so."""
    said = drawn(players.draw, told(Profile="default/1 start=2 stall=0.1 resume=1"))
    assert {"default/1 (this row)", "pytomo/1"} <= set(said)


def test_tracks_have_lines_of_their_own():
    """With two tracks each is drawn, since the slower one holds the other back."""
    arrivals = (*ARRIVALS, Arrival(9.0, 1, 1000, inf))
    said = drawn(playback.draw, told(arrivals, tracks=2))
    assert {"video only", "audio only"} <= set(said)


def test_a_playback_that_never_started():
    """The picture says so, and is drawn all the same."""
    said = drawn(playback.draw, told(ARRIVALS[:1], Outcome="never_started"))
    assert "playback never started" in said


def test_the_phases_are_written_with_their_lengths():
    """Each phase has a name and a length; the media go on beyond the start of playback."""
    said = drawn(waterfall.draw, told(CacheServerDelay=0.25, PingAvg=20.0))
    assert {"page", "250 ms", "TLS", "40 ms  (2.0 round trips)", "playback starts"} <= set(said)
    assert any(text.endswith(" →") for text in said)
    assert any("a round trip (ping) took 20 ms" in text for text in said)


@pytest.mark.parametrize("title", ["$a_b$ \\frac{1}{2", "<script>x</script>&", "a\x00b\u202ec"])
@pytest.mark.parametrize("draw", [playback.draw, players.draw, waterfall.draw])
def test_titles_of_strangers_are_text(draw, title):
    """Nothing of a title is mathematics, markup or a control character."""
    found = told(Title=title)
    shown = title.replace("\x00", " ").replace("\u202e", " ")
    assert shown in drawn(draw, found)
    assert draw(found, THEMES["dark"], "png", source="a.db").startswith(b"\x89PNG")


def test_long_names_do_not_run_out_of_the_picture():
    """Title, host and detail are cut with an ellipsis."""
    found = told(Title="t" * 500, CacheHost="h" * 500, Outcome="truncated", OutcomeDetail="d" * 900)
    assert max(map(len, drawn(playback.draw, found))) <= 140
    assert len(headline(found)) <= 90


def test_a_video_without_a_title_has_its_page():
    """The headline is the page's URL where no title is known."""
    assert headline(told(Title=None)) == measured().visit.url


def test_what_has_no_curves_has_no_picture():
    """Drawing them is a ValueError that says why."""
    for draw in (playback.draw, players.draw):
        with pytest.raises(ValueError, match="No media arrived"):
            draw(told(()), THEMES["light"], "svg", source="a.db")


@pytest.mark.parametrize(
    ("outcome", "text"), [(None, "first Pytomo"), ("later", "Not known"), ("drm", "encrypted")]
)
def test_any_outcome_has_a_sentence(outcome, text):
    """An outcome of another Pytomo, or none, is told as what it is."""
    assert text in sentence({"Outcome": outcome})


def test_a_long_sample_is_a_small_picture():
    """Ten thousand arrivals and a hundred stalls make a picture of less than a megabyte."""
    arrivals = [Arrival(n / 100, 0, 1000, n / 150) for n in range(1, 10_001)]
    found = told(arrivals, DownloadTime=100.0)
    assert len(found.curves.playback.stalls) > 20
    assert len(playback.draw(found, THEMES["light"], "svg", source="a.db")) < 1_000_000
    assert "2 stalls" not in ended(found)


def test_a_stall_that_is_not_over_is_a_lower_bound():
    """The length of a censored stall is written with ≥."""
    found = told(ARRIVALS[:3])
    assert found.stalls == (Stall(3.4, 8.6, 2.4, censored=True),)
    assert any("≥ 8.6 s" in text for text in drawn(playback.draw, found))


@pytest.mark.parametrize("draw", [playback.draw, players.draw, waterfall.draw])
def test_a_picture_for_a_phone_breaks_its_caption(draw):
    """In a narrow picture the lines above it are broken; in a wide one each is whole."""
    found = told(Title="A video with a name that is longer than the screen of a phone is wide")
    narrow = texts(draw(found, THEMES["light"], "svg", source="a.db", width=440))
    assert "A video with a name that is longer" in " ".join(narrow)
    assert found.row["Title"] not in narrow
    assert found.row["Title"] in drawn(draw, found)


@pytest.mark.parametrize("module", [playback, players, waterfall])
def test_a_picture_is_as_high_as_it_says(module):
    """Width and height are known before it is drawn: pages leave room for it."""
    found = told()
    for width in (440, 960):
        picture = module.draw(found, THEMES["light"], "svg", source="a.db", width=width)
        box = ElementTree.fromstring(picture).get("viewBox").split()
        height = module.height(found, "a.db", width)
        assert [float(x) / 0.75 for x in box[2:]] == pytest.approx([width, height])
