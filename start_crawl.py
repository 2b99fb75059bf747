#!/usr/bin/env python3
"""The classic launcher of the crawl: the same as `bin/pytomo`."""

import importlib.util
import os
import sys
from pathlib import Path

NEEDED = ("dns", "hachoir", "icmplib", "requests", "rich", "yt_dlp")

if __name__ == "__main__":
    if any(importlib.util.find_spec(name) is None for name in NEEDED):
        launcher = str(Path(__file__).resolve().parent / "bin" / "pytomo")
        os.execv(launcher, [launcher, *sys.argv[1:]])
    from pytomo.cli import main

    sys.exit(main())
