"""``python -m infra.report RUN_FOLDER``: judges a recorded run again and writes its page."""

import sys
from pathlib import Path

from infra.errors import UserError
from infra.report.rerender import rerender


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
