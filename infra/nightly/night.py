"""A night: for each minor down, up, the whole suite, down; what fails does not stop the others."""

import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from infra.artifacts.catalog import all_minors, cluster_version, minor_of
from infra.artifacts.store import Store
from infra.computer import file_lock
from infra.errors import ClusterLocked
from infra.lifecycle import state_dir
from infra.nightly import record
from infra.nightly.record import Ended, Night
from infra.nightly.steps import Execute, Step, command, execute
from infra.report import stored_run
from infra.report.comparison import pruning
from infra.report.stored_run import git
from infra.settings import PROJECT, Settings
from infra.wait import eventually

CLUSTER = "nightly"
"""Of its own: a kept one is never touched."""
LOCK = f"{record.FILE}.lock"
"""A cluster's lock has no such name, as its id has no dot."""
DISK_GIB = 10
"""Free space below which nothing is begun: the 8 below which the local EC2 starts no machine
(infra/localec2/host/instance_types.py), and two for what a run records."""
AFTERWARDS = "down afterwards"
LET_GO = 300.0
"""Seconds for the command of a killed night to undo its faults and let the cluster go."""


@dataclass(frozen=True)
class Means:
    """With what a night works: ``root`` has the state of clusters and of the night, ``places`` are
    where space is watched.
    """

    root: Path
    cluster_id: str
    clusters: str
    execute: Execute
    say: Callable[[str], None]
    places: Sequence[Path]
    clock: Callable[[], float] = time.time
    free: Callable[[Path], int] = field(default=lambda path: shutil.disk_usage(path).free)
    """Bytes."""


def nightly(
    settings: Settings, named: Sequence[str], *, anew: bool, say: Callable[[str], None]
) -> int:
    """Judges the named minors, or all, and writes the page that compares them; the worst exit code.

    Errors: UserError for a minor of which no clusters can be built, and beside another night.
    """
    minors = minors_of(named)
    places = watched(settings, Store.default().root)
    root, clusters = settings.state_root, str(settings.clusters)
    means = Means(root, settings.cluster_id, clusters, execute, say, places)
    with alone(root):
        night = begin(means, minors, git(PROJECT, "rev-parse", "--short=12", "HEAD"), anew=anew)
        pruning.prune(settings.reports, say=say)
        night = run(means, night)
        pruning.prune(settings.reports, say=say)
        record.save(root, replace(night, finished=True))
    for line in told(night):
        say(line)
    say(f"report: {settings.reports / stored_run.PAGE}")
    return night.code


def minors_of(named: Sequence[str]) -> list[str]:
    """Minors of which clusters can be built, older ones first; those that were named, or all.

    Errors: UserError for one that is not known.
    """
    wanted = {minor_of(cluster_version(one)) for one in named}
    every = [minor for minor, catalog in all_minors().items() if catalog.before]
    return [minor for minor in every if not wanted or minor in wanted]


@contextmanager
def alone(root: Path) -> Iterator[None]:
    """No other night uses this state directory. Errors: UserError."""
    root.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (root / LOCK).open("w") as lock:
        if not file_lock.take_now(lock):
            raise ClusterLocked(f"another night runs with {root}; wait for it")
        yield


def begin(means: Means, minors: list[str], commit: str, *, anew: bool) -> Night:
    """A new night, or the one that was killed."""
    new = Night(means.clock(), commit, minors)
    last = record.read(means.root)
    if anew or last is None or not last.goes_on(new):
        return record.save(means.root, new)
    means.say(f"the night of {len(last.ended)} of {len(minors)} minors goes on")
    return last


def run(means: Means, night: Night) -> Night:
    """Judges each minor that is not done yet; the night as it ended."""
    for minor in night.minors:
        if how := night.ended.get(minor):
            means.say(f"{minor}: done, ended with {how.code}")
            continue
        if night.running:
            let_go(means)
        night = record.save(means.root, replace(night, running=minor))
        how = judge(means, minor)
        means.say(f"{minor}: ended with {how.code}{f' ({how.lacked})' if how.lacked else ''}")
        night = record.save(means.root, night.with_ended(minor, how))
    return night


def let_go(means: Means) -> None:
    """A killed night's command ends by itself; until then it holds the cluster."""
    eventually(
        lambda: state_dir.is_held(means.root / means.cluster_id),
        lambda held: not held,
        within=LET_GO,
        what=f"the killed night's command lets cluster {means.cluster_id} go",
    )


NEEDED = {Step.UP: (Step.DOWN,), Step.SUITE: (Step.DOWN, Step.UP)}
"""What a step is not run without; the suite runs without older programs too, and says so."""


def judge(means: Means, minor: str) -> Ended:
    """From nothing to nothing: what a step needs and did not get is not run."""
    began, lacked = means.clock(), ""
    codes: dict[str, int] = {}
    for step in Step:
        if step is not Step.DOWN and (lacked := lack(means)):
            break
        if not any(codes.get(before) for before in NEEDED.get(step, ())):
            codes[step.value] = done(means, step, minor)
    codes[AFTERWARDS] = done(means, Step.DOWN, minor)
    return Ended(codes, means.clock() - began, lacked)


def done(means: Means, step: Step, minor: str) -> int:
    means.say(f"{minor}: {step} ...")
    return means.execute(command(step, minor, means.cluster_id, means.clusters))


def lack(means: Means) -> str:
    """The first place that has too little space; empty when each has enough."""
    for place in means.places:
        if (gib := means.free(place) >> 30) < DISK_GIB:
            return f"{place} has {gib} GiB free, a night needs {DISK_GIB}: free some"
    return ""


def told(night: Night) -> Iterable[str]:
    """The end: a line a minor."""
    for minor, how in night.ended.items():
        red = [f"{step} {code}" for step, code in how.codes.items() if code]
        why = ", ".join([*red, *([how.lacked] if how.lacked else [])]) or "green"
        yield f"  {minor:<6}{how.seconds / 60:6.0f} min  {why}"


def existing(path: Path) -> Path:
    """The path, or the nearest directory above it that is there already."""
    return next(one for one in (path, *path.parents) if one.exists())


def watched(settings: Settings, cache: Path) -> list[Path]:
    """A place for each file system that a night fills: state, cache, reports and the project."""
    places = [existing(one) for one in (settings.state_root, cache, settings.reports, PROJECT)]
    return list({place.stat().st_dev: place for place in reversed(places)}.values())[::-1]
