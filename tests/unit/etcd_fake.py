"""etcd in memory, for tests of what is said about it."""

from typing import Any

from infra.clients.etcd.etcdctl import Etcdctl, Status
from infra.clients.etcd.members import Members
from infra.ssh import Result
from suite.etcd.snapshots import RestoredMember, Snapshot, Workbench
from tests.steps.etcd.snapshots import Known
from tests.unit.elections_fake import MACHINES, unit
from tests.unit.fakes import FakeShell

STATUSES = tuple(Status(f"https://10.0.1.1{n}", n, 7, 1, 40, 2, "3.6.8") for n in (1, 2, 3))
NAMES = {1: MACHINES[0], 2: MACHINES[1], 3: MACHINES[2]}
FOUND = Members(STATUSES, NAMES, (), {m: unit(m) for m in MACHINES})
LIVE = Etcdctl(FakeShell("controller-0"), ("https://10.0.1.11:2379",))
SNAPSHOT = Snapshot("/b/snapshot.db", "Server version 3.6.8", 30, 40)
KNOWN = Known(SNAPSHOT, "ns", "known", "marker", "uid-1")
STATUS = {"hash": 1, "revision": 35, "totalKey": 9, "totalSize": 5, "version": "3.6.0"}


def answer(status: int = 0, stdout: str = "", stderr: str = "") -> Result:
    return Result("controller-0", ("etcdutl",), status, stdout, stderr, 0.0)


class Bench(Workbench):
    """A bench whose findings are given by name; a function or a value."""

    def __init__(self, **findings: Any) -> None:
        super().__init__(LIVE)
        self.directory = "/b"
        for name, found in findings.items():
            setattr(self, name, found if callable(found) else lambda *_, found=found, **__: found)


class Ctl:
    """etcdctl whose findings are given by name."""

    def __init__(self, **findings: Any) -> None:
        self.shell = FakeShell("controller-0")
        for name, found in findings.items():
            setattr(self, name, lambda *_, found=found, **__: found)


def restored(**findings: Any) -> RestoredMember:
    return RestoredMember("restored-1", Ctl(**findings))  # type: ignore[arg-type]


class Evidence:
    def record(self, *_: object) -> None: ...
