"""``up`` mends what a sweep changed; the sweep's own copies see that it did, and help where not."""

import re
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from fixtures import commands
from infra.build import objects
from infra.cluster import Cluster
from infra.errors import NotJudged
from infra.kube_api import ApiUnreachable
from infra.lifecycle import cluster_lifecycle, gate
from infra.settings import Settings
from infra.ssh import Shell, exists
from infra.wait import eventually
from tests.sweep import changing, ledger
from tests.sweep.ledger import KEPT, Entry

TALLY = re.compile(r"kept \d+, changed (\d+)\s*$", re.MULTILINE)
PART = re.compile(r": (\S+) changed (\d+), kept ")
ANSWERS = 60.0
"""Seconds for the API to answer through the balancer after a mending."""
Run = Callable[[Sequence[str]], "subprocess.CompletedProcess[str]"]


@dataclass(frozen=True)
class Mended:
    """``by`` is who did it; ``exactly``: ``up`` changed what was swept and nothing else."""

    by: str
    exactly: bool
    told: str = ""


def run(argv: Sequence[str]) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(argv, check=False, capture_output=True, text=True)


def mend(settings: Settings, entry: Entry, *, run: Run = run) -> Mended:
    """The cluster is as the series builds it, and nobody has to remember anything.

    Errors: NotJudged with the end of what ``up`` said; then the ledger still knows.
    """
    cluster = cluster_lifecycle.attach(settings)
    try:
        halt(cluster, entry)
        told = run(commands.up(settings))
        mended = judged(entry, told)
        if told.returncode != 0 or not as_it_was(cluster, entry):
            put_back(cluster, entry)
            again = run(commands.up(settings))
            if again.returncode != 0:
                raise NotJudged(f"{entry.key} could not be mended:\n{end_of(again)}")
            mended = Mended("its own copy", exactly=False, told=end_of(told))
        forget(cluster, entry)
        return mended
    finally:
        cluster.close()


def halt(cluster: Cluster, entry: Entry) -> None:
    """Ends what runs with the change: ``up`` starts it, and an API server is waited for less."""
    for unit in reversed(entry.units):
        changing.end(cluster.shell(entry.machine), unit)


def judged(entry: Entry, told: "subprocess.CompletedProcess[str]") -> Mended:
    """What ``up`` says that it changed, against what was swept; pure."""
    output = told.stdout + told.stderr
    tally = TALLY.search(output)
    changed = int(tally[1]) if tally else -1
    places = {machine for machine, _ in PART.findall(output)}
    exactly = changed == entry.changes and places <= {entry.machine}
    return Mended("up", exactly, f"changed {changed} on {', '.join(sorted(places)) or 'the API'}")


def as_it_was(cluster: Cluster, entry: Entry) -> bool:
    """Whether every file is its original, and an object is what the build applies."""
    if entry.manifest:
        return not objects.put(cluster.api, entry.manifest)
    shell = cluster.shell(entry.machine)
    return all(same(shell, path) for path in entry.paths)


def same(shell: Shell, path: str) -> bool:
    """Whether a file is its original; one that was never copied was never changed."""
    if not exists(shell, path + KEPT):
        return True
    return shell.run(["cmp", "--silent", path, path + KEPT], check=False).exit_status == 0


def put_back(cluster: Cluster, entry: Entry) -> None:
    """By hand, from the sweep's own copies."""
    if entry.manifest:
        objects.put(cluster.api, entry.manifest)
        return
    shell = cluster.shell(entry.machine)
    for path in entry.paths:
        if exists(shell, path + KEPT):
            shell.run(["cp", "--archive", path + KEPT, path])
    changing.begin_anew(shell, entry.units)
    changing.steady(shell, entry.units)


def forget(cluster: Cluster, entry: Entry) -> None:
    """Removes copies and debris, lets Pods read what is back, and asks the gate.

    Errors: ClusterBroken; then the ledger still knows.
    """
    if entry.paths:
        gone = [*(path + KEPT for path in entry.paths), *entry.debris]
        cluster.shell(entry.machine).run(["rm", "--recursive", "--force", "--", *gone])
    if entry.pods:
        changing.restart_pods(cluster.api, entry.pods, every=True)
    eventually(
        lambda: cluster.api.ask("GET", "/readyz").status,
        lambda status: status == 200,
        within=ANSWERS,
        what="the API answers through the load balancer",
        transient=(ApiUnreachable,),
    )
    gate.gate(cluster)
    ledger.remove(cluster.state)


def end_of(told: "subprocess.CompletedProcess[str]") -> str:
    return "\n".join((told.stdout + told.stderr).splitlines()[-12:])
