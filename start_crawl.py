#!/usr/bin/env python3
"""The classic launcher of the crawl: the same as `bin/pytomo`."""

import importlib.util
import os
import sys
from pathlib import Path

if __name__ == "__main__":
    if importlib.util.find_spec("yt_dlp") is None:
        launcher = str(Path(__file__).resolve().parent / "bin" / "pytomo")
        os.execv(launcher, [launcher, *sys.argv[1:]])
    from pytomo.cli import main

    sys.exit(main())
