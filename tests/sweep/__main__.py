"""``python -m tests.sweep``: leaves out one setting after the other, and sees who notices."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from infra.computer.exit_codes import told
from infra.progress import Progress
from infra.settings import PROJECT, Settings
from tests.mutants import side_by_side
from tests.sweep import records, report, sweeping
from tests.sweep.sweeping import Plan, Sweep

PAGE = PROJECT / "docs" / "SWEEP.md"
RECORDS = PROJECT / "docs" / "sweep.jsonl"
"""In git: a sweep of all settings takes longer than a machine may be at hand."""
SEED = 15

Seed = Annotated[int, typer.Option(help="Decides the order, and which machine is changed.")]
Minutes = Annotated[float, typer.Option(help="Nothing is begun that would end later.")]
Only = Annotated[str, typer.Option(help="Only settings whose key fits, like 'etcd: *'.")]
Besides = Annotated[str, typer.Option(help="But none whose key fits, like 'ebs-csi: *'.")]
Count = Annotated[int, typer.Option(help="Only so many, in the seed's order; 0: all.")]
First = Annotated[bool, typer.Option("--first-only", help="Only the first claims: a quick look.")]
Spoken = Annotated[bool, typer.Option("--spoken", help="Only what an article speaks of.")]
Again = Annotated[bool, typer.Option("--again", help="Forget what earlier runs found.")]
One = Annotated[bool, typer.Option("--one-cluster", help="No second cluster beside it.")]
Share = Annotated[str, typer.Option(help="This process's part of the list, like 1/2.")]
Lists = Annotated[bool, typer.Option("--list", help="Say what would be swept, and end.")]
Page = Annotated[bool, typer.Option("--report", help="Write docs/SWEEP.md again, and end.")]


def main(
    *,
    seed: Seed = SEED,
    minutes: Minutes = 60.0,
    only: Only = "*",
    besides: Besides = "",
    count: Count = 0,
    first_only: First = False,
    spoken: Spoken = False,
    again: Again = False,
    one_cluster: One = False,
    share: Share = "",
    list_only: Lists = False,
    page: Page = False,
) -> None:
    settings, progress = Settings(), Progress()
    if again:
        RECORDS.unlink(missing_ok=True)
    number, _, shares = (share or "1/1").partition("/")
    plan = Plan(
        seed=seed,
        minutes=minutes,
        records=RECORDS,
        only=only,
        besides=besides,
        count=count,
        every=not first_only,
        spoken=spoken,
        share=int(number),
        shares=int(shares),
    )
    if list_only:
        return listed(settings, plan)
    if not page:
        progress.say(f"seed {seed}, {minutes:g} minutes, records in {RECORDS.relative_to(PROJECT)}")
        status = swept(settings, plan, progress, alone=one_cluster or bool(share))
        if share:
            sys.exit(status)
    written(settings, RECORDS, progress)
    return None


def swept(settings: Settings, plan: Plan, progress: Progress, *, alone: bool) -> int:
    if not alone:
        given = [one for one in sys.argv[1:] if one != "--again"]
        return side_by_side.run(
            settings,
            lambda _, number: [
                *(sys.executable, "-m", "tests.sweep", *given),
                *("--share", f"{number}/{side_by_side.CLUSTERS}"),
            ],
            progress,
        )
    left = Sweep(settings, plan, progress).run()
    progress.say(f"{left} settings are left: the same command goes on with them")
    return 0


def listed(settings: Settings, plan: Plan) -> None:
    for setting in sweeping.chosen(report.generated(settings), plan):
        sys.stdout.write(f"{setting.key}\n")


def written(settings: Settings, path: Path, progress: Progress) -> None:
    PAGE.write_text(report.page(report.generated(settings), records.read(path)))
    progress.say(f"wrote {PAGE.relative_to(PROJECT)}")


if __name__ == "__main__":
    with told():
        typer.run(main)
