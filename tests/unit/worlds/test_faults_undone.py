"""Faults of one machine are undone together, those of workers side by side."""

from collections.abc import Sequence
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest

from fixtures.worlds import faults
from fixtures.worlds.fault_types import Added, Edited, Replaced, Stopped
from fixtures.worlds.faults import Faults
from infra.errors import ClusterBroken
from infra.ssh import Result
from tests.unit.elections_fake import cluster
from tests.unit.fakes import FakeApi, FakeShell
from tests.unit.faulty_machine import Machine

CONFIGURATION = "/var/lib/kubelet/kubelet-config.yaml"


def test_a_unit_with_several_faults_begins_anew_once_and_writes_nothing_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    beats: list[str] = []
    monkeypatch.setattr(faults.kubelet, "await_heartbeat", lambda _, node: beats.append(node))
    machine = Machine(tmp_path)
    machine.name = "worker-0"
    of_the_kubelet = [
        Added("worker-0", "kubelet", "/var/lib/claim-static"),
        Replaced("worker-0", "kubelet", CONFIGURATION),
    ]
    faults.write(tmp_path, of_the_kubelet)
    live = cluster(tmp_path, shell=lambda _: machine)
    live.api = FakeApi({})
    faults.repair(live)
    verbs = [argv[1] if argv[0] == "systemctl" else argv[0] for argv in machine.ran]
    assert verbs == ["stop", "test", "mv", "rm", "reset-failed", "restart", "show"]
    assert beats == ["worker-0"]
    assert faults.pending(tmp_path) == []


def test_units_are_read_again_where_a_unit_file_is_back(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    unit = "/etc/systemd/system/kube-scheduler.service"
    for path, reread in ((unit, True), ("/var/lib/kubernetes/kube-scheduler.yaml", False)):
        machine.ran.clear()
        faults.write(tmp_path, [Replaced("controller-1", "kube-scheduler", path)])
        faults.repair(cluster(tmp_path, shell=lambda _: machine))
        assert (("systemctl", "daemon-reload") in machine.ran) == reread


class Meeting(FakeShell):
    """A machine that is mended only while another one is."""

    def __init__(self, name: str, barrier: Barrier) -> None:
        super().__init__(name, {"systemctl": "ActiveState=active\n", "test": "", "mv": ""})
        self.barrier = barrier

    def run(self, argv: Sequence[str], **how: Any) -> Result:
        if argv[0] == "mv":
            self.barrier.wait(timeout=5)
        return super().run(argv, **how)


def test_workers_are_mended_side_by_side_and_controllers_in_turn(tmp_path: Path) -> None:
    barrier = Barrier(2)
    machines = {name: Meeting(name, barrier) for name in ("worker-0", "worker-1")}
    live = cluster(tmp_path, shell=machines.get)
    faults.write(tmp_path, [Replaced(name, "containerd", "/x") for name in machines])
    faults.repair(live)
    assert faults.pending(tmp_path) == []

    at_once = [Replaced(f"controller-{n}", "etcd", "/x") for n in (0, 0, 1)]
    edited, stopped = Edited(path="/x"), Stopped("worker-0", "kubelet")
    turns = Faults(live)._in_turn([*at_once, edited, stopped])
    assert list(turns) == [[at_once[:2]], [at_once[2:]], [[edited]], [[stopped]]]


def test_what_cannot_be_undone_keeps_nothing_else_of_its_machine_from_it(tmp_path: Path) -> None:
    removed = "rm --recursive --force /gone"
    shell = FakeShell("controller-1", {"systemctl": "ActiveState=active\n", removed: ""})
    gone, busy = (Added("controller-1", "etcd", path) for path in ("/gone", "/busy"))
    faults.write(tmp_path, [gone, busy])
    with pytest.raises(ClusterBroken, match=r"/busy of etcd on controller-1 was added"):
        faults.repair(cluster(tmp_path, shell=lambda _: shell))
    assert faults.pending(tmp_path) == [busy]
