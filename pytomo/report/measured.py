"""How a crawl measured, in words: what its database says of itself."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pytomo.config import Config, settings
from pytomo.web.formatting import moment

FACTS = {
    "host": "Measured by",
    "provider": "Internet provider",
    "public_ip": "Public address",
    "service": "Service",
    "started": "Begun",
    "ended": "Ended",
}
TIMES = frozenset({"Begun", "Ended"})
VERSIONS = {
    "pytomo": "Pytomo",
    "yt-dlp": "yt-dlp",
    "python": "Python",
    "platform": "Platform",
    "dnspython": "dnspython",
    "urllib3": "urllib3",
    "requests": "requests",
    "rrdtool": "rrdtool",
}
"""What measured, by the names of the facts."""
PLACES = frozenset({"output_dir", "input_file", "ca_file", "input_urls", "log_level", "quiet"})
"""Settings that say nothing of how it was measured: files of this machine, and words."""


@dataclass(frozen=True, slots=True)
class Measured:
    """How it was measured."""

    facts: Mapping[str, str]
    versions: Mapping[str, str]
    settings: Mapping[str, str]
    """By their names: those that were set, by default or by the user."""


def measured(facts: Mapping[str, Any]) -> Measured:
    """What the facts of a crawl tell; nothing for the first Pytomo's databases."""
    given = facts.get("settings")
    return Measured(
        facts=_named(facts, FACTS),
        versions=_named(facts, VERSIONS),
        settings=dict(_settings(given if isinstance(given, dict) else {})),
    )


def _named(facts: Mapping[str, Any], names: Mapping[str, str]) -> Mapping[str, str]:
    known = {text: facts[key] for key, text in names.items() if facts.get(key) is not None}
    return {
        text: _time(str(value)) if text in TIMES else str(value) for text, value in known.items()
    }


def _time(text: str) -> str:
    """A time of day in UTC; what is none as it is."""
    try:
        return f"{moment(datetime.fromisoformat(text).astimezone(UTC))} UTC"
    except ValueError:
        return text


def _settings(given: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, _, setting in settings(Config):
        value = given.get(name)
        if setting.flags and name not in PLACES and value not in (None, "", [], False):
            unit = f" {setting.unit}" if setting.unit else ""
            yield name.replace("_", " "), f"{_written(value)}{unit}"


def _written(value: Any) -> str:
    """In one line; of a resolver its name and address."""
    if not isinstance(value, list):
        return "yes" if value is True else str(value)
    return ", ".join(
        f"{item[0]} ({item[1]})" if isinstance(item, list) and len(item) > 1 else str(item)
        for item in value
    )
