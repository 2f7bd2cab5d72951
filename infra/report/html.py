"""The page of a run, which opens from disk: templates filled with its records."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from infra import claims
from infra.artifacts.catalog import series_version
from infra.inventory import Role
from infra.machine_layout import SERIES
from infra.report import findings, otherwise, scenario_pages, stored_run, verdicts
from infra.report.evidence_kinds import KINDS
from infra.report.evidence_shown import Shown, show
from infra.report.jinja import by_class, environment
from infra.report.model import AFTERWARDS, Run, Scenario
from infra.report.outcomes import Outcome
from infra.report.run_time import time_spent, wait_lower_bound

HIGHLIGHTS = tuple(kind.name for kind in KINDS.values() if kind.eventful)
SHOWN_HIGHLIGHTS = 4
SHARED = 3
"""Scenarios with one cause that are still shown open; more would bury the rest."""


def write_page(folder: Path) -> Path:
    """Writes a run's page and those beside it from its records; its path. Errors: UserError."""
    run, scenarios, judged = stored_run.load(folder)
    shown = {item.path: show(folder, item) for s in scenarios for item in s.evidence}
    scenario_pages.write(folder, run, scenarios, shown)
    page = render(run, scenarios, judged, shown)
    (folder / stored_run.PAGE).write_text(page)
    findings.write(folder, run, judged)
    otherwise.write(folder, run, scenarios, judged)
    return folder / stored_run.PAGE


def render(
    run: Run,
    scenarios: Sequence[Scenario],
    judged: Sequence[verdicts.Verdict],
    shown: Mapping[str, Shown],
) -> str:
    contents = verdicts.by_part(judged, claims.articles(), claims.parts())
    return str(
        environment()
        .get_template("page.html")
        .render(
            run=run,
            series_version=series_version(),
            scenarios=scenarios,
            parts=contents,
            totals=totals(judged),
            tried=[v for v in judged if v.tried],
            partial=sum(v.partial for v in judged),
            unseen=[v for v in judged if v.fell_short],
            bad=causes(scenarios),
            shared={reason for _, reason, hit in causes(scenarios) if len(hit) > SHARED},
            absent=[s for s in scenarios if s.outcome is Outcome.ABSENT],
            untried=[v for v in judged if not v.tried],
            afterwards=[s for s in scenarios if s.lane == AFTERWARDS],
            stray=[s for s in scenarios if not s.claims and s.lane != AFTERWARDS],
            highlights=highlights(judged, shown),
            roles=roles(run),
            slowest=sorted(scenarios, key=lambda s: -s.seconds)[:10],
            time=time_spent.of(run, scenarios),
            floor=wait_lower_bound.of(scenarios),
            waits=wait_lower_bound.longest_waits(scenarios),
            findings=findings.by_article(judged, run.kubernetes),
        )
    )


def causes(scenarios: Iterable[Scenario]) -> list[tuple[Outcome, str, list[Scenario]]]:
    """What went wrong, a false claim before an unjudged one; one cause of many is told once."""
    found: dict[tuple[Outcome, str], list[Scenario]] = {}
    for wanted in (Outcome.FALSE, Outcome.UNKNOWN):
        for scenario in scenarios:
            if scenario.outcome is wanted:
                found.setdefault((wanted, scenario.reason), []).append(scenario)
    return [(outcome, reason, hit) for (outcome, reason), hit in found.items()]


def totals(judged: Iterable[verdicts.Verdict]) -> dict[str, int]:
    """Counts of claims by CSS class, in the order of the legend."""
    return dict(by_class(verdicts.counts(judged)))


def highlights(judged: Iterable[verdicts.Verdict], shown: Mapping[str, Shown]) -> list[Shown]:
    """The pictures people would rather look at first, each of another claim: its last one."""
    found = []
    for verdict in judged:
        items = [item for scenario in verdict.scenarios for item in scenario.evidence]
        pictures = [shown[item.path] for item in items if item.kind in HIGHLIGHTS]
        if eventful := [picture for picture in pictures if picture.eventful]:
            found.append(
                replace(
                    eventful[-1],
                    name=verdict.claim.id,
                    anchor=f"claim-{verdict.claim.id}",
                    title=verdict.claim.title,
                )
            )
    return balanced(found)


def balanced(found: Sequence[Shown]) -> list[Shown]:
    """At most a few, half of each kind where both are there."""
    chosen: dict[str, Shown] = {}
    half = SHOWN_HIGHLIGHTS // 2
    for wanted in HIGHLIGHTS:
        for shown in [s for s in found if s.kind == wanted][:half]:
            chosen.setdefault(shown.path, shown)
    return list(chosen.values())


def roles(run: Run) -> list[tuple[str, list[dict[str, Any]], tuple[str, ...]]]:
    """Machines by role, the load balancer between those it joins, with the units of the role."""
    return [
        (
            role.value.replace("-", " "),
            [m for m in run.machines if m["role"] == role],
            SERIES.units.of(role),  # a stored run has no cluster to ask
        )
        for role in (Role.CONTROLLER, Role.LOAD_BALANCER, Role.WORKER)
        if any(m["role"] == role for m in run.machines)
    ]
