"""``python -m infra.report RUN_FOLDER``: judges a recorded run again and writes its page."""

import sys
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


def main(argv: list[str]) -> int:
    if len(argv) > 1:
        print("usage: python -m infra.report [RUN_FOLDER]", file=sys.stderr)  # noqa: T201
        return 2
    reports = Path(__file__).resolve().parents[2] / "reports"
    try:
        page = rerender(Path(argv[0]) if argv else None, reports)
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)  # noqa: T201
        return error.exit_code
    print(page)  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
