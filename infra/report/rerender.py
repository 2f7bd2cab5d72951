"""A recorded run is judged again, and its page is written again."""

from pathlib import Path

from infra.errors import UserError
from infra.report import stored_run, verdicts, version_matrix
from infra.report.html import write_page


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


def last(reports: Path) -> Path:
    found = sorted(reports.glob(f"*/*/{stored_run.RECORDS}"), key=lambda path: path.parent.name)
    if not found:
        raise UserError(f"no run below {reports}; run: make verify")
    return found[-1].parent
