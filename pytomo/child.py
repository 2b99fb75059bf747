"""A Python process of our own: one of our modules, wherever this process was started from."""

import os
import sys
from pathlib import Path

import pytomo

ROOT = Path(pytomo.__file__).parents[1]
"""Where this very Pytomo is, installed or not."""


def python(module: str, *words: str) -> list[str]:
    """The command that runs a module; what lies in the working directory is not imported."""
    return [sys.executable, "-P", "-m", module, *words]


def environment() -> dict[str, str]:
    """Our environment, with which the process finds what we are before anything else."""
    given = os.environ.get("PYTHONPATH")
    return {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), *([given] if given else [])])}
