"""The page `docs/options.md`, made from the settings: `python -m pytomo.options_page`."""

import sys
from typing import Any

from pytomo.config import Setting, settings

HEAD = """# Options of the crawl

This page is made from `pytomo/config.py` by `python -m pytomo.options_page > docs/options.md`.

    start_crawl.py [options] [input_urls ...]

`start_crawl.py`, `bin/pytomo`, `pytomo` and `python -m pytomo` are the same command. There are no
prompts. Exit status: 0 crawled, 1 nothing could be measured, 2 usage, 130 interrupted.

| option | meaning | unit | default |
| --- | --- | --- | --- |
"""


def options_page() -> str:
    """The page as Markdown."""
    return HEAD + "".join(_line(name, default, setting) for name, default, setting in settings())


def _line(name: str, default: Any, setting: Setting) -> str:
    if not setting.flags and name != "input_urls":
        return ""
    flags = ", ".join(f"`{flag}`" for flag in setting.flags) or "`input_urls`"
    values = f": {', '.join(setting.choices)}" if setting.choices else ""
    return f"| {flags} | {setting.help}{values} | {setting.unit} | {_default(default)} |\n"


def _default(default: Any) -> str:
    if default is None or default == ():
        return "none"
    if isinstance(default, bool):
        return "on" if default else "off"
    if isinstance(default, tuple):
        return ", ".join(str(getattr(one, "name", one)) for one in default)
    return str(default)


if __name__ == "__main__":
    sys.stdout.write(options_page())
