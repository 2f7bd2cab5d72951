"""An election in memory, for tests of what is said about it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from infra.clients.controlplane.control_plane_snapshot import Bystanders
from infra.clients.controlplane.leader_metrics import LEADS, STANDS_BY, MasterWatch
from infra.clients.controlplane.leases import Change, Lease, LeaseWatch
from infra.clients.transport.systemd import Unit
from infra.inventory import series
from suite.controlplane.leader_election import Election

MANAGER = "kube-controller-manager"
START = datetime(2026, 11, 23, 20, 0, tzinfo=UTC)
IDENT = "5f0c2a3e-0000-4000-8000-00000000000"
MACHINES = ("controller-0", "controller-1", "controller-2")


def holder(number: int) -> str:
    return f"controller-{number}_{IDENT}{number}"


FIRST = Lease(MANAGER, holder(0), 3, 15, START, START)
TAKEN = replace(
    FIRST,
    holder=holder(1),
    transitions=4,
    acquired=START + timedelta(seconds=17),
    renewed=START + timedelta(seconds=17),
)


class FakeWatch(LeaseWatch):
    def __init__(self, *changes: Change, now: float = 30.0) -> None:
        self.name = MANAGER
        self._changes = list(changes)
        self._marks = []
        self._failure = None
        self._now = now

    def now(self) -> float:
        return self._now

    def close(self) -> None: ...


class FakeMasters(MasterWatch):
    def __init__(self, *looks: dict[str, str]) -> None:
        self._looks = [(float(at), look) for at, look in enumerate(looks)]


def said(*numbers: int) -> dict[str, str]:
    """What the three say when those numbers lead."""
    return {name: LEADS if n in numbers else STANDS_BY for n, name in enumerate(MACHINES)}


def unit(machine: str = "controller-0", name: str = "etcd", **changes: Any) -> Unit:
    known = Unit(machine, name, "active", pid=10, entered_us=5, started_us=5, restarts=0)
    return replace(known, **changes)


def bystanders(**changes: Any) -> Bystanders:
    processes = {(m, "etcd"): unit(m, **changes) for m in MACHINES}
    return Bystanders(processes, {MANAGER: holder(0), "kube-scheduler": holder(2)})


def election(*changes: Change, looks: tuple[dict[str, str], ...] = ()) -> Election:
    seen = changes or (Change(0, FIRST), Change(17, TAKEN))
    masters = FakeMasters(*(looks or (said(0), said(1))))
    return Election(MANAGER, MANAGER, FIRST, FakeWatch(*seen), masters, bystanders())


def cluster(state: Path | None = None, kubernetes: str = "v1.36.1", **more: Any) -> Any:
    spec = series("test", kubernetes=kubernetes, platform="local")
    addresses = {m.name: str(m.private_ip) for m in spec.machines}
    return SimpleNamespace(
        spec=spec,
        layout=spec.layout,
        state=state,
        reached_at=addresses.__getitem__,
        is_ours=True,
        has_means=lambda _: True,
        **more,
    )
