"""What a cluster that others built does otherwise than the series': a page of its own."""

from collections.abc import Iterable, Sequence
from itertools import groupby
from pathlib import Path

from infra.report.jinja import environment
from infra.report.model import Run, Scenario
from infra.report.outcomes import Outcome
from infra.report.verdicts import Verdict

PAGE = "otherwise.html"
SEVERAL = "; "
"""Between the reasons of one scenario (fixtures/capabilities.py)."""
OTHERS = "existing"
"""The platform of clusters that this suite has not built."""


def write(
    folder: Path, run: Run, scenarios: Iterable[Scenario], judged: Sequence[Verdict]
) -> Path | None:
    """None for a cluster that we built: it is the series'."""
    if run.platform != OTHERS:
        return None
    topics = {topic: list(rows) for topic, rows in groupby(run.otherwise, lambda row: row["topic"])}
    page = (
        environment()
        .get_template(PAGE)
        .render(
            run=run,
            topics=topics,
            failing=[one for one in judged if one.outcome is Outcome.FALSE and one.tried],
            reasons=not_applicable(scenarios),
        )
    )
    (folder / PAGE).write_text(page)
    return folder / PAGE


def not_applicable(scenarios: Iterable[Scenario]) -> list[tuple[str, list[Scenario]]]:
    """Scenarios by what the cluster, or its my.toml, lacks; the lack of most of them first. One
    that needs several is told under each.
    """
    found: dict[str, list[Scenario]] = {}
    for scenario in scenarios:
        for reason in scenario.reason.split(SEVERAL) if scenario.outcome is Outcome.ABSENT else ():
            found.setdefault(reason, []).append(scenario)
    return sorted(found.items(), key=lambda one: -len(one[1]))
