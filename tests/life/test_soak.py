"""Half an hour of a cluster, idle and then under the suite: nothing moves that nobody moved.

Slow; run by `make soak`, on a cluster of its own.
"""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from infra import up
from infra.clients import bystanders, journal, members, units
from infra.clients.bystanders import Bystanders
from infra.cluster import Cluster
from infra.settings import Settings
from infra.wait import pause

ROOT = Path(__file__).resolve().parents[2]
SETTINGS = Settings(cluster_id="soak")
MINUTES = float(os.environ.get("KFS_SOAK_MINUTES", "15"))
"""Of each half."""
SLOW = "slow fdatasync"
"""What an etcd logs of a write to its log that took over 1 s: server/storage/wal of etcd 3.6."""
ON_WORKERS = ("containerd", "kubelet", "kube-proxy")


@dataclass(frozen=True)
class Look:
    """Everything that must stay as it is, and where the members' journals end."""

    controllers: Bystanders
    processes: dict[str, tuple[int, int, bool]]
    leader_changes: dict[str, float]
    journals: dict[str, str]


def look(cluster: Cluster) -> Look:
    controllers = [machine.name for machine in cluster.spec.controllers]
    shown = [
        unit
        for worker in cluster.spec.workers
        for unit in units.show_all(cluster.shell(worker.name), ON_WORKERS)
    ]
    balancer = cluster.shell(cluster.spec.load_balancer.name)
    shown.append(units.show(balancer, "haproxy"))
    return Look(
        bystanders.look(cluster),
        {f"{unit.name} on {unit.machine}": bystanders.identity(unit) for unit in shown},
        members.leader_changes(cluster, controllers),
        {name: journal.cursor(cluster.shell(name)) for name in controllers},
    )


def moved(cluster: Cluster, before: Look) -> list[str]:
    now = look(cluster)
    found = bystanders.differences(before.controllers, now.controllers)
    found += [
        f"{name}: {was} became {now.processes[name]}"
        for name, was in before.processes.items()
        if now.processes[name] != was
    ]
    found += [
        f"{name} saw {now.leader_changes[name] - count:g} leader changes"
        for name, count in before.leader_changes.items()
        if now.leader_changes[name] != count
    ]
    for name, position in before.journals.items():
        said = journal.messages(cluster.shell(name), position, "etcd")
        found += [f"{name}: {line}" for line in said if SLOW in line]
    return found


@pytest.fixture(scope="module")
def soaked() -> Iterator[Cluster]:
    infra("up")
    cluster = up.attach(SETTINGS)
    yield cluster
    cluster.close()
    infra("down")


def infra(verb: str) -> None:
    argv = [sys.executable, "-m", "infra", verb, "--cluster-id", SETTINGS.cluster_id]
    subprocess.run(argv, check=True, cwd=ROOT)


def test_nothing_moves_while_it_is_idle(soaked: Cluster) -> None:
    before = look(soaked)
    pause(MINUTES * 60, because="an idle cluster is watched")
    assert moved(soaked, before) == []


def test_nothing_moves_under_the_suite(soaked: Cluster) -> None:
    """Scenarios that disturb nobody, again and again: each round is green."""
    before, end = look(soaked), time.monotonic() + MINUTES * 60
    parts = sorted(str(path) for path in (ROOT / "tests").glob("test_part*.py"))
    argv = [sys.executable, "-m", "pytest", "-q", "--attach", "--cluster-id", SETTINGS.cluster_id]
    argv += ["-n", "4", "--dist", "loadgroup", "-m", "not disruptive and not slow"]
    while time.monotonic() < end:
        subprocess.run([*argv, *parts], check=True, cwd=ROOT)
        assert moved(soaked, before) == []
