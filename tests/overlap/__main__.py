"""``python -m tests.overlap``: each pair of footprints that may overlap, run together on purpose.

``--from REPORT...`` takes the pairs that a whole run showed by itself; what is left is run in small
groups on the kept cluster, drawn by ``--seed``. Goes on where it stopped.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Collection, Sequence
from pathlib import Path

from fixtures import commands
from fixtures.turns import order
from fixtures.turns.order import Task
from infra.computer.exit_codes import told
from infra.progress import Progress
from infra.report import stored_run
from infra.settings import PROJECT, Settings
from tests.overlap import pairs, results
from tests.overlap.pairs import Pair, Seen


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(
        "python -m tests.overlap",
        description="Runs each pair of footprints that may overlap at the same time, at least once,"
        " and requires that all of them hold.",
        allow_abbrev=False,
    )
    made.add_argument("--from", dest="runs", type=Path, nargs="+", default=[], metavar="REPORT")
    made.add_argument("--seed", type=int, default=17, help="of the choice of scenarios")
    made.add_argument("--minutes", type=float, default=60, help="begin no group after that long")
    made.add_argument("--list", action="store_true", help="say what is left, and run nothing")
    return made


def main(arguments: Sequence[str]) -> int:
    options = parser().parse_args(arguments)
    progress, path = Progress(), results.RECORDS
    red: list[Seen] = [one for folder in options.runs for one in taken(folder) if one.red]
    tasks = listed()
    every = pairs.wanted(tasks)
    left = results.left(every, path)
    progress.say(f"{len(left)} of {len(every)} pairs are to be seen; seed {options.seed}")
    if left and not options.list:
        subprocess.run(commands.up(Settings()), check=True, cwd=PROJECT, stdout=sys.stderr)
        end = time.monotonic() + 60 * options.minutes
        chance = random.Random(options.seed)
        for group in pairs.groups(left, tasks, chance):
            news = pairs.shown(group) & results.left(every, path)
            if news and time.monotonic() < end:
                red += run(group, progress)
    return summary(results.left(every, path), red)


def taken(folder: Path) -> list[Seen]:
    """What a run showed; the green ones are recorded."""
    run, scenarios, _ = stored_run.load(folder)
    found = list(pairs.seen(scenarios))
    results.add(results.RECORDS, found, kubernetes=run.kubernetes, commit=run.commit)
    return found


def listed() -> list[Task]:
    """Scenarios of the version that is asked for."""
    with tempfile.TemporaryDirectory(prefix="kfs-overlap-") as scratch:
        file = Path(scratch) / "tasks.json"
        argv = [*pytest("-p", "tests.overlap.listing"), "--tasks-to", str(file)]
        argv += ["--collect-only", "-q", *commands.live_suite()]
        subprocess.run(argv, check=True, cwd=PROJECT, stdout=subprocess.DEVNULL)
        found = json.loads(file.read_text())
        return [order.from_json(test, one) for test, one in found.items()]


def run(group: Sequence[Task], progress: Progress) -> list[Seen]:
    """Those that failed beside another."""
    progress.say(" | ".join(one.id.rpartition("::")[2] for one in group))
    with tempfile.TemporaryDirectory(prefix="kfs-overlap-") as scratch:
        argv = [*pytest(*(one.id for one in group)), "-n", str(len(group)), "--dist", "loadgroup"]
        argv += ["--no-build", "--keep", "always", "--cluster-id", Settings().cluster_id]
        where = {**os.environ, "KFS_REPORTS": scratch}
        subprocess.run(argv, check=False, cwd=PROJECT, env=where, stdout=subprocess.DEVNULL)
        records = sorted(Path(scratch).glob(f"*/*/{stored_run.RECORDS}"))
        return [one for record in records for one in taken(record.parent) if one.red]


def pytest(*words: str) -> list[str]:
    return [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *words]


def summary(left: Collection[Pair], red: Collection[Seen]) -> int:
    for pair in sorted(map(pairs.told, left)):
        sys.stdout.write(f"not seen: {pair}\n")
    for one in red:
        sys.stdout.write(f"red: {', '.join(one.red)} in {pairs.told(one.pair)}\n")
    return 1 if left or red else 0


if __name__ == "__main__":
    with told():
        sys.exit(main(sys.argv[1:]))
