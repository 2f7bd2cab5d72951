"""``kfs report``."""

from pathlib import Path
from typing import Annotated

import typer

from infra.errors import UserError
from infra.report.rerender import merge_reports, prune_reports, rerender
from infra.settings import Settings


def report(
    runs: Annotated[
        list[Path] | None,
        typer.Argument(help="In reports/<version>/; default: the last run."),
    ] = None,
    *,
    merge: Annotated[
        bool, typer.Option("--merge", help="Copy runs from the report directories named here.")
    ] = False,
    prune: Annotated[
        bool, typer.Option("--prune", help="Remove old runs; keep the newest ten of each minor.")
    ] = False,
) -> None:
    """Write a run's index.html again from its records, and print its path.

    With --merge: copy runs of other machines here and compare them. With --prune: remove old runs.
    """
    reports, given = Settings.from_options().reports, runs or []
    if not merge and len(given) > (0 if prune else 1):
        raise UserError("name one run; with --prune none; with --merge directories of reports")
    if merge:
        page = merge_reports(given, reports, say=typer.echo)
    if prune:
        page = prune_reports(reports, say=typer.echo)
    if not (merge or prune):
        page = rerender(given[0] if given else None, reports)
    typer.echo(page)
