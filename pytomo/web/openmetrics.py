"""The text format of OpenMetrics 1.0, which Prometheus and its kin read. Pure.

Source: OpenMetrics, "OpenMetrics, a cloud-native, highly scalable metrics protocol", version 1.0,
https://prometheus.io/docs/specs/om/open_metrics_spec/.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

TYPE = "application/openmetrics-text; version=1.0.0; charset=utf-8"
"""The content type."""
Labels = Mapping[str, str]
Number = int | float


@dataclass(frozen=True, slots=True)
class Sample:
    """A line: a number, with what it is about."""

    labels: Labels
    value: Number
    suffix: str = ""
    """Behind the name of the family."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """Numbers of one kind."""

    name: str
    """It ends with the unit, if there is one."""
    type: Literal["counter", "gauge", "histogram", "info"]
    text: str
    samples: tuple[Sample, ...]
    unit: str = ""
    """A base unit: seconds, bytes, ratio."""


def exposition(families: Iterable[Family]) -> str:
    """The whole text. Families that know nothing are left out."""
    return "".join([*(line for family in families for line in _lines(family)), "# EOF\n"])


def gauge(name: str, text: str, samples: Iterable[Sample], unit: str = "") -> Family:
    """Numbers that go up and down."""
    return Family(name=name, type="gauge", text=text, samples=tuple(samples), unit=unit)


def counter(
    name: str, text: str, values: Iterable[tuple[Labels, int]], created: float | None
) -> Family:
    """Numbers that only grow, since the Unix time `created`."""
    samples = [
        sample
        for labels, value in values
        for sample in (Sample(labels, value, "_total"), *_created(labels, created))
    ]
    return Family(name=name, type="counter", text=text, samples=tuple(samples))


def info(name: str, text: str, labels: Labels) -> Family:
    """Words: a number 1 with labels."""
    return Family(name=name, type="info", text=text, samples=(Sample(labels, 1, "_info"),))


def buckets(
    labels: Labels, bounds: Sequence[float], counts: Sequence[int], total: float, created: float
) -> Iterator[Sample]:
    """The samples of a histogram.

    `counts` are those up to and with each bound, then that of all; `total` is the sum of all
    values, and `created` the Unix time since which they are counted.
    """
    for bound, count in zip((*map(canonical, bounds), "+Inf"), counts, strict=True):
        yield Sample({**labels, "le": bound}, count, "_bucket")
    yield Sample(labels, counts[-1], "_count")
    yield Sample(labels, total, "_sum")
    yield from _created(labels, created)


def canonical(bound: float) -> str:
    """A bound as everybody writes it: 0.25, 1.0, 10.0."""
    return repr(float(bound))


def escaped(text: str) -> str:
    """Any text as a label's value or as help."""
    return text.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')


def _created(labels: Labels, created: float | None) -> tuple[Sample, ...]:
    return () if created is None else (Sample(labels, created, "_created"),)


def _lines(family: Family) -> Iterator[str]:
    if not family.samples:
        return
    yield f"# TYPE {family.name} {family.type}\n"
    if family.unit:
        yield f"# UNIT {family.name} {family.unit}\n"
    yield f"# HELP {family.name} {escaped(family.text)}\n"
    for sample in family.samples:
        labels = ",".join(f'{name}="{escaped(text)}"' for name, text in sample.labels.items())
        braced = f"{{{labels}}}" if labels else ""
        yield f"{family.name}{sample.suffix}{braced} {sample.value!r}\n"
