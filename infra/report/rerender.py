"""Pages are written again: of a recorded run, which is judged again, or of several runs."""

from collections.abc import Callable, Sequence
from pathlib import Path

from infra.errors import UserError
from infra.report import stored_run, verdicts
from infra.report.comparison import history, judged_runs, merging, pruning, version_matrix
from infra.report.html import write_page

NO_RUN = "no run below {}; run: make verify"


def rerender(run: Path | None, reports: Path) -> Path:
    """Writes claims.json and index.html of a run (default: the last) again; the page's path.

    Errors: UserError when there is no such run.
    """
    folder = run or last(reports)
    circumstances, _, judged = stored_run.load(folder)
    stored_run.dump(folder / stored_run.CLAIMS, verdicts.claims_json(circumstances, judged))
    page = write_page(folder)
    if folder.resolve().is_relative_to(reports.resolve()):
        version_matrix.write(reports)
    return page


def merge_reports(sources: Sequence[Path], reports: Path, *, say: Callable[[str], None]) -> Path:
    """Lays the runs below the sources into ``reports`` and writes its index.html; the page's path.

    Errors: UserError naming a bad directory; then nothing is changed.
    """
    if not sources:
        raise UserError("--merge needs directories of reports: kfs report --merge DIR...")
    merged = merging.merge(sources, reports, say=say)
    say(f"runs: copied {merged.copied}, kept {merged.kept}")
    past = [run for source in sources for run in history.load(source)]
    return version_matrix.write(reports, past)


def prune_reports(reports: Path, *, say: Callable[[str], None]) -> Path:
    """Removes old runs by the rule of comparison.pruning and writes index.html; its path.

    Errors: UserError when there is no run.
    """
    if not judged_runs.find(reports):
        raise UserError(NO_RUN.format(reports))
    pruning.prune(reports, say=say)
    return reports / stored_run.PAGE


def last(reports: Path) -> Path:
    found = sorted(reports.glob(f"*/*/{stored_run.RECORDS}"), key=lambda path: path.parent.name)
    if not found:
        raise UserError(NO_RUN.format(reports))
    return found[-1].parent
