"""Half an hour of a cluster, idle and then under the suite: nothing moves that nobody moved.

Slow; run by `make soak`, on a cluster of its own.
"""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Self

import pytest

from fixtures import commands
from infra.clients.controlplane import control_plane_snapshot
from infra.clients.controlplane.control_plane_snapshot import Bystanders
from infra.clients.etcd import members
from infra.clients.transport import journal, systemd
from infra.cluster import Cluster
from infra.inventory import Role
from infra.lifecycle import cluster_lifecycle
from infra.settings import Settings
from infra.wait import pause
from tests.resilience.commands import ROOT, infra

SETTINGS = Settings(cluster_id="soak")
MINUTES = float(os.environ.get("KFS_SOAK_MINUTES", "15"))
"""Of each half."""
SLOW = "slow fdatasync"
"""What an etcd logs of a write to its log that took over 1 s: server/storage/wal of etcd 3.6."""


@dataclass(frozen=True)
class Look:
    """Everything that must stay as it is."""

    controllers: Bystanders
    processes: dict[str, tuple[int, int, bool]]
    leader_changes: dict[str, float]


@dataclass(frozen=True)
class Watch:
    """From when on nothing may move, and where the members' journals ended then."""

    cluster: Cluster
    before: Look
    journals: dict[str, str]

    @classmethod
    def begin(cls, cluster: Cluster) -> Self:
        ends = {name: journal.cursor(cluster.shell(name)) for name in controllers(cluster)}
        return cls(cluster, look(cluster), ends)

    def moved(self) -> list[str]:
        now = look(self.cluster)
        return [
            *control_plane_snapshot.differences(self.before.controllers, now.controllers),
            *others(self.before.processes, now.processes, "became"),
            *others(self.before.leader_changes, now.leader_changes, "changes of leader became"),
            *self.slow_writes(),
        ]

    def slow_writes(self) -> list[str]:
        return [
            f"{name}: {line}"
            for name, position in self.journals.items()
            for line in journal.messages(self.cluster.shell(name), position, "etcd")
            if SLOW in line
        ]


def others(before: Mapping[str, object], now: Mapping[str, object], became: str) -> list[str]:
    return [
        f"{name}: {was} {became} {now[name]}" for name, was in before.items() if now[name] != was
    ]


def controllers(cluster: Cluster) -> list[str]:
    return [machine.name for machine in cluster.spec.controllers]


def look(cluster: Cluster) -> Look:
    units = cluster.layout.units
    shown = [
        unit
        for worker in cluster.spec.workers
        for unit in systemd.show_all(cluster.shell(worker.name), units.of(Role.WORKER))
    ]
    balancer = cluster.shell(cluster.spec.load_balancer.name)
    shown.append(systemd.show(balancer, units.load_balancer))
    return Look(
        control_plane_snapshot.look(cluster),
        {f"{unit.name} on {unit.machine}": control_plane_snapshot.identity(unit) for unit in shown},
        members.leader_changes(cluster, controllers(cluster)),
    )


@pytest.fixture(scope="module")
def soaked() -> Iterator[Cluster]:
    infra(SETTINGS, "up")
    cluster = cluster_lifecycle.attach(SETTINGS)
    yield cluster
    cluster.close()
    infra(SETTINGS, "down")


def test_nothing_moves_while_it_is_idle(soaked: Cluster) -> None:
    watch = Watch.begin(soaked)
    pause(MINUTES * 60, because="an idle cluster is watched")
    assert watch.moved() == []


def test_nothing_moves_under_the_suite(soaked: Cluster) -> None:
    """Scenarios that disturb nobody, again and again: each round is green."""
    watch, end = Watch.begin(soaked), time.monotonic() + MINUTES * 60
    argv = [sys.executable, "-m", "pytest", "-q", "--no-build", "--cluster-id", SETTINGS.cluster_id]
    argv += ["-n", "4", "--dist", "loadgroup", "-m", "not disruptive and not slow"]
    while time.monotonic() < end:
        subprocess.run([*argv, *commands.live_suite()], check=True, cwd=ROOT)
        assert watch.moved() == []
