from pytomo.report.measured import measured


def test_facts_are_put_in_words():
    """Who measured, when in UTC, and with which versions; unknown ones are left out."""
    found = measured(
        {"host": "probe", "started": "2026-11-22T11:00:00+01:00", "provider": None, "pytomo": "4"}
    )
    assert found.facts == {"Measured by": "probe", "Begun": "2026-11-22 10:00:00 UTC"}
    assert found.versions == {"Pytomo": "4"}


def test_settings_have_their_units():
    """What was set, by the names of the settings; resolvers with their addresses; no files."""
    settings = {
        "download_time": 30.0,
        "loop": True,
        "batch": False,
        "resolvers": [["google", "8.8.8.8", 53]],
        "output_dir": "/home/somebody",
        "no such setting": 1,
    }
    assert measured({"settings": settings}).settings == {
        "loop": "yes",
        "download time": "30.0 s",
        "resolvers": "google (8.8.8.8)",
    }


def test_other_databases_say_nothing():
    """Those of the first Pytomo, and facts of an unexpected kind."""
    assert measured({}).settings == {}
    assert measured({"settings": "x", "started": "then"}).facts == {"Begun": "then"}
