"""What resolvers are compared by, and how that is said."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Subject:
    """Something that resolvers are compared by."""

    field: str
    """Of `Through` and of `Comparison`."""
    title: str
    text: str
    """How it is measured."""
    unit: str
    """Of results.py."""
    statistic: str
    """What is shown of the samples through one resolver."""
    noun: str
    more: str
    """What is said where it is more, {} being by how much."""
    less: str
    more_is_better: bool = False
    played: bool = True
    """Whether only a download tells."""


SUBJECTS = (
    Subject(
        *("rtt", "Round trip", "Median of PingMin.", "ms", "median", "the distance of the servers"),
        more="The servers are {} farther",
        less="The servers are {} nearer",
        played=False,
    ),
    Subject(
        *(
            "throughput",
            "Throughput",
            "Median of AverageThroughput.",
            "kbps",
            "median",
            "throughput",
        ),
        more="Throughput is {} higher",
        less="Throughput is {} lower",
        more_is_better=True,
    ),
    Subject(
        *(
            "startup_delay",
            "Startup delay",
            "Median; a sample that never started takes for ever.",
            "s",
            "median",
            "startup delay",
        ),
        more="Videos start {} later",
        less="Videos start {} earlier",
    ),
    Subject(
        *("without_stalls", "Without stalls"),
        "Share of the samples that started, never stalled and came fast enough to go on so.",
        *("ratio", "share", "the share without stalls"),
        more="{} more of the videos play without a stall",
        less="{} fewer of the videos play without a stall",
        more_is_better=True,
    ),
    Subject(
        *("stall_ratio", "Stall ratio", "Stalled time over stalled and played time."),
        *("ratio", "of all their time", "the stall ratio"),
        more="The stall ratio is {} higher",
        less="The stall ratio is {} lower",
    ),
)
