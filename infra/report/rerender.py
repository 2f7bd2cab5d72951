"""A recorded run is judged again, and its page is written again."""

from pathlib import Path

from infra.errors import UserError
from infra.report import folder as folders
from infra.report import index, verdicts
from infra.report.html import write_page


def rerender(run: Path | None, reports: Path) -> Path:
    """Writes claims.json and index.html of a run (default: the last) again; the page's path.

    Errors: UserError when there is no such run.
    """
    folder = run or last(reports)
    circumstances, _, judged = folders.load(folder)
    folders.dump(folder / folders.CLAIMS, verdicts.claims_json(circumstances, judged))
    page = write_page(folder)
    if folder.resolve().is_relative_to(reports.resolve()):
        index.write(reports)
    return page


def last(reports: Path) -> Path:
    found = sorted(reports.glob(f"*/*/{folders.RECORDS}"), key=lambda path: path.parent.name)
    if not found:
        raise UserError(f"no run below {reports}; run: make verify")
    return found[-1].parent
