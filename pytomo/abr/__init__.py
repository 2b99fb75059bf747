"""Adaptive bitrate: which rung a player requests next. Pure.

Each rule is a `Rule` in `RULES`: `rule.begin(ladder)` gives the state of one download, whose
`choose(situation)` is asked before each segment. `docs/abr.md` tells what they do and where from.
"""

from pytomo.abr.bba import BBA
from pytomo.abr.bola import BOLA
from pytomo.abr.dash_js import DASH_JS
from pytomo.abr.hls_js import HLS_JS
from pytomo.abr.rule import Choice, Chooser, Download, Ladder, Progress, Rule, Situation
from pytomo.abr.throughput import THROUGHPUT

__all__ = [
    "RULES",
    "Choice",
    "Chooser",
    "Download",
    "Ladder",
    "Progress",
    "Rule",
    "Situation",
]

RULES: tuple[Rule, ...] = (THROUGHPUT, BBA, BOLA, DASH_JS, HLS_JS)
"""What `--abr` offers."""
