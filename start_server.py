#!/usr/bin/env python3
"""The classic launcher of the dashboard: the same as `bin/pytomo_web_interface`."""

import importlib.util
import os
import sys
from pathlib import Path

NEEDED = ("cheroot", "jinja2", "markdown_it", "matplotlib", "numpy", "weasyprint", "web")

if __name__ == "__main__":
    if any(importlib.util.find_spec(name) is None for name in NEEDED):
        launcher = str(Path(__file__).resolve().parent / "bin" / "pytomo_web_interface")
        os.execv(launcher, [launcher, *sys.argv[1:]])
    from pytomo.cli import main

    sys.exit(main(["serve", *sys.argv[1:]]))
