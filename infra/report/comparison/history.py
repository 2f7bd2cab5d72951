"""How claims fared from run to run: a small file beside the runs, which outlives their folders.

``history.json`` has for each claim and minor of Kubernetes its last ``KEPT`` runs, no more: about
14 bytes a claim and run, so 200 kB for three minors. Durations are seconds.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from pydantic import TypeAdapter

from infra.artifacts.catalog import minor_of, numbers
from infra.report import stored_run
from infra.report.comparison import judged_runs
from infra.report.comparison.judged_runs import JudgedRun
from infra.report.outcomes import Outcome

FILE = "history.json"
KEPT = 20
"""Runs of a claim on a minor: three weeks of nights."""


@dataclass(frozen=True)
class PastRun:
    """A run as it is remembered: by outcome, claims with their seconds."""

    version: str
    name: str
    commit: str
    dirty: bool
    platform: str
    claims: Mapping[Outcome, Mapping[str, float]]

    @property
    def minor(self) -> str:
        return minor_of(self.version)

    @property
    def page(self) -> str:
        """As a page beside the history links to it, while the run's folder is there."""
        return f"{self.version}/{self.name}/{stored_run.PAGE}"

    def tries(self) -> "Iterator[Try]":
        for outcome, found in self.claims.items():
            for claim, seconds in found.items():
                yield Try(claim, self, outcome, seconds)


@dataclass(frozen=True)
class Try:
    """One run's judgement of a claim."""

    claim: str
    run: PastRun
    outcome: Outcome
    seconds: float


@dataclass(frozen=True)
class Unsteady:
    """A claim that ended in several ways in runs of one commit on one version and platform."""

    claim: str
    version: str
    commit: str
    tries: tuple[Try, ...]

    @property
    def counts(self) -> Mapping[str, int]:
        """Runs by outcome."""
        return Counter(str(one.outcome) for one in self.tries)


RUNS = TypeAdapter(list[PastRun])


def load(reports: Path) -> list[PastRun]:
    """What is remembered beside some reports; nothing when there is no file, or a damaged one."""
    try:
        return RUNS.validate_json((reports / FILE).read_bytes())
    except (OSError, ValueError):
        return []


def update(
    reports: Path, runs: Iterable[JudgedRun], others: Iterable[PastRun] = ()
) -> list[PastRun]:
    """Remembers these runs and ``others``, forgets by the rule; older runs first.

    What a run's folder says now counts more than what was remembered of it.
    """
    known = [*others, *load(reports), *(remembered(run) for run in runs)]
    by_place = {(run.version, run.name): run for run in known}
    kept = last(sorted(by_place.values(), key=lambda run: run.name))
    lines = ",\n".join(json.dumps(asdict(run)) for run in kept)
    judged_runs.replaced(reports / FILE, f"[\n{lines}\n]\n")
    return kept


def remembered(run: JudgedRun) -> PastRun:
    claims: dict[Outcome, dict[str, float]] = {}
    for row in run.tried:
        claims.setdefault(row.outcome, {})[row.id] = round(row.seconds, 1)
    return PastRun(run.version, run.name, run.commit, run.dirty, run.platform, claims)


def last(runs: Sequence[PastRun]) -> list[PastRun]:
    """Of each claim on each minor the newest ``KEPT`` runs; a run of which nothing stays goes."""
    seen: Counter[tuple[str, str]] = Counter()
    kept = []
    for run in reversed(runs):
        claims: dict[Outcome, dict[str, float]] = {}
        for one in run.tries():
            seen[one.claim, run.minor] += 1
            if seen[one.claim, run.minor] <= KEPT:
                claims.setdefault(one.outcome, {})[one.claim] = one.seconds
        if claims:
            kept.append(replace(run, claims=claims))
    return kept[::-1]


def by_claim(runs: Iterable[PastRun]) -> dict[str, dict[str, list[Try]]]:
    """Tries by claim and minor, older ones first."""
    found: dict[str, dict[str, list[Try]]] = {}
    for run in runs:
        for one in run.tries():
            found.setdefault(one.claim, {}).setdefault(run.minor, []).append(one)
    return found


def unsteady(runs: Iterable[PastRun]) -> list[Unsteady]:
    """Claims that changed outcome between runs of one commit, version and platform.

    A tree with changes is no commit, and says nothing.
    """
    groups: dict[tuple[str, str, str, str], list[Try]] = {}
    for run in runs:
        if run.commit and not run.dirty:
            for one in run.tries():
                key = (one.claim, run.version, run.commit, run.platform)
                groups.setdefault(key, []).append(one)
    found = [
        Unsteady(claim, version, commit, tuple(tries))
        for (claim, version, commit, _), tries in groups.items()
        if len({one.outcome for one in tries}) > 1
    ]
    return sorted(found, key=lambda one: (numbers(one.claim), numbers(one.version)))
