"""Tests of which formats are rungs of one ladder."""

from typing import Any

from pytomo.ladder import rungs, switchable


def file(height: int, tbr: float | None, **changed: Any) -> dict[str, Any]:
    return {
        "url": f"http://a.test/{height}.mp4",
        "protocol": "https",
        "ext": "mp4",
        "vcodec": "avc1.4d401e",
        "acodec": "none",
        "height": height,
        "tbr": tbr,
        **changed,
    }


LOW, MIDDLE, HIGH = file(144, 200.0), file(360, 600.0), file(720, 1200.0)


def test_rungs_are_in_the_order_of_their_bitrates() -> None:
    """The chosen one among them."""
    assert rungs([HIGH, LOW, MIDDLE], HIGH, 720) == (LOW, MIDDLE, HIGH)


def test_no_rung_is_higher_than_the_limit_or_than_what_was_chosen() -> None:
    """--quality is the cap; what was chosen above it, for want of others, is all."""
    assert rungs([LOW, MIDDLE, HIGH], MIDDLE, 500) == (LOW, MIDDLE)
    assert rungs([MIDDLE, HIGH], MIDDLE, 100) == (MIDDLE,)


def test_a_player_stays_with_codec_container_and_delivery() -> None:
    """What it has appended must go on."""
    others = [
        file(144, 100.0, vcodec="av01.0.00M.08"),
        file(144, 110.0, ext="webm"),
        file(144, 120.0, protocol="m3u8_native"),
        file(144, 130.0, acodec="mp4a.40.2"),
        file(144, 140.0, has_drm=True),
        file(144, None),
    ]
    assert rungs([*others, LOW, HIGH], HIGH, 720) == (LOW, HIGH)


def test_profiles_of_one_codec_are_one_ladder() -> None:
    """The letters behind its name tell how it is used."""
    baseline = file(144, 200.0, vcodec="avc1.42c00b")
    assert rungs([baseline, HIGH], HIGH, 720) == (baseline, HIGH)


def test_the_same_bitrate_is_one_rung() -> None:
    """The chosen one stays."""
    twin = file(720, 1200.0, url="http://b.test/720.mp4")
    assert rungs([twin, LOW, HIGH], HIGH, 720) == (LOW, HIGH)


def test_a_format_of_unknown_bitrate_is_alone() -> None:
    """Nobody knows where it stands."""
    unknown = file(720, None)
    assert rungs([LOW, unknown], unknown, 720) == (unknown,)


def test_files_without_a_readable_index_are_left_out() -> None:
    """WebM pictures, as long as there are others; the sound does not switch."""
    webm = file(720, 900.0, ext="webm", vcodec="vp9")
    sound = {"protocol": "https", "ext": "webm", "vcodec": "none", "acodec": "opus"}
    assert switchable([LOW, webm, sound]) == [LOW, sound]
    assert switchable([webm, sound]) == [webm, sound]
