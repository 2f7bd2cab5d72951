"""Old runs are removed by one rule; what they said of claims stays in the history.

Of each minor of Kubernetes the newest ``KEPT`` runs stay, and every run that a page of several runs
links to as the newest judgement of a claim. A folder without a claims.json, which a killed run
left, goes when it is older than those.
"""

import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from infra.artifacts.catalog import minor_of
from infra.report import stored_run
from infra.report.comparison import judged_runs, version_matrix
from infra.report.comparison.judged_runs import JudgedRun

KEPT = 10


def prune(reports: Path, *, say: Callable[[str], None]) -> list[Path]:
    """Removes what the rule says, after the history has it; the folders that are gone."""
    version_matrix.write(reports)
    old = list(superfluous(reports, judged_runs.find(reports)))
    for folder in old:
        remove(folder)
    if old:
        say(f"{len(old)} old runs removed from {reports}; their outcomes stay in history.html")
        version_matrix.write(reports)
    return old


def superfluous(reports: Path, runs: Sequence[JudgedRun]) -> Iterator[Path]:
    """Folders that go; ``runs`` older ones first."""
    linked = {
        reports / cell.page.partition("#")[0]
        for column in version_matrix.columns_of(reports, runs)
        for cell in column.cells.values()
    }
    oldest: dict[str, str] = {}
    for minor in {minor_of(run.version) for run in runs}:
        of_minor = [run for run in runs if minor_of(run.version) == minor]
        oldest[minor] = of_minor[-KEPT:][0].name
    judged = {run.folder for run in runs}
    for folder in filter(judged_runs.is_run, reports.glob("*/*/")):
        older = folder.name < oldest.get(minor_of(folder.parent.name), "")
        killed = folder not in judged and not (folder / stored_run.CLAIMS).exists()
        if older and (killed or (folder in judged and folder / stored_run.PAGE not in linked)):
            yield folder


def remove(folder: Path) -> None:
    """Its claims.json first: a page lists no run that is half removed."""
    (folder / stored_run.CLAIMS).unlink(missing_ok=True)
    shutil.rmtree(folder)
