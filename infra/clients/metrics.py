"""Metrics in the Prometheus text format, one process at a time."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from infra.clients.api import Api, need

LINE = re.compile(r"^(?P<name>[a-zA-Z_:][\w:]*)(?:\{(?P<labels>.*)\})?\s+(?P<value>\S+)")
LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')


@dataclass(frozen=True)
class Sample:
    name: str
    value: float
    labels: Mapping[str, str] = field(default_factory=dict)


def parse(text: str, *, only: str | None = None) -> list[Sample]:
    """Samples of an exposition; ``only`` keeps one metric name (an API server has 20,000 lines)."""
    samples: list[Sample] = []
    for line in text.splitlines():
        if line.startswith("#") or (only and not line.startswith(only)):
            continue
        match = LINE.match(line)
        if match and (only is None or match["name"] == only):
            labels = dict(LABEL.findall(match["labels"] or ""))
            samples.append(Sample(match["name"], float(match["value"]), labels))
    return samples


def read(api: Api, *, only: str | None = None) -> list[Sample]:
    """Metrics of the one process behind ``api``. Errors: ApiUnreachable, ApiRefused."""
    answer = api.ask("GET", "/metrics")
    if not answer.ok:
        need(answer)
    return parse(answer.text, only=only)


def value(samples: Iterable[Sample], name: str, **labels: str) -> float | None:
    """The first sample of that name whose labels include ``labels``; None when there is none."""
    for sample in samples:
        if sample.name == name and labels.items() <= sample.labels.items():
            return sample.value
    return None
