"""``python -m tests.mutants``: every broken cluster, two side by side; arguments go to pytest."""

import argparse
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from infra.computer.exit_codes import told
from infra.progress import Progress
from infra.settings import PROJECT, Settings
from tests.mutants import all_mutants, report, results, side_by_side


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(
        "python -m tests.mutants",
        description="Breaks the cluster in one way after the other, and requires that a claim of "
        "the suite catches each. Goes on where it stopped; every other argument goes to pytest.",
        epilog='Those selected, as by -k "read-only port", are tried whatever came of them before.',
        allow_abbrev=False,
    )
    made.add_argument("--again", action="store_true", help="forget what was caught already")
    made.add_argument("--since", default="", help="again if caught before this day, 2026-11-29")
    made.add_argument("--report", action="store_true", help="write docs/TRACK_RECORD.md, and end")
    made.add_argument("--one-cluster", action="store_true", help="do not build a second one")
    return made


def main(arguments: Sequence[str]) -> int:
    options, given = parser().parse_known_args(arguments)
    settings, progress = Settings(), Progress()
    path = results.RECORDS
    if options.report:
        told_of([one.name for one in all_mutants.mutants()], path)
        return 0
    if options.again:
        path.unlink(missing_ok=True)
    names = chosen(given)
    wanted = names if given else results.left(names, path, options.since)
    progress.say(f"{len(wanted)} of {len(names)} mutants are to be caught; results in {path}")
    status = 0
    if wanted:
        alone = options.one_cluster or len(wanted) == 1
        # those that are named are tried whatever came of them before
        again = ["--whatever-came"] if given else []
        run = [f"--since={options.since}", "--results", str(path), *again, *given]
        status = caught(settings, progress, run, alone=alone)
    told_of(names, path)
    return status


def caught(settings: Settings, progress: Progress, options: Sequence[str], *, alone: bool) -> int:
    def argv(share: str) -> list[str]:
        return pytest("-s", "-q", "--share", share, *options)

    if alone:
        return subprocess.run(argv("1/1"), check=False, cwd=PROJECT).returncode
    shares = side_by_side.CLUSTERS
    return side_by_side.run(settings, lambda _, number: argv(f"{number}/{shares}"), progress)


def pytest(*arguments: str) -> list[str]:
    plug_in = ["-p", "tests.mutants.results", "-p", "no:cacheprovider"]
    return [sys.executable, "-m", "pytest", *plug_in, "tests/mutants", *arguments]


def chosen(given: Sequence[str]) -> list[str]:
    """Names of the mutants that pytest's arguments select."""
    listed = subprocess.run(
        pytest("--collect-only", "-q", "--whatever-came", *given),
        check=False,
        capture_output=True,
        text=True,
        cwd=PROJECT,
    )
    return [
        one.name for one in all_mutants.mutants() if f"[{report.ident(one.name)}]" in listed.stdout
    ]


def told_of(names: Sequence[str], path: Path) -> None:
    """Writes the track record, and says what is left."""
    found = results.read(path)
    report.PAGE.write_text(report.page(all_mutants.mutants(), found))
    sys.stdout.write(f"wrote {report.PAGE}\n")
    for name in results.left(names, path):
        why = f"not caught: {found[name].words}" if name in found else "not tried yet"
        sys.stdout.write(f"left: {name} ({why})\n")


if __name__ == "__main__":
    with told():
        sys.exit(main(sys.argv[1:]))
