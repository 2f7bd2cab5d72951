"""Faults are written down before they happen, undone whatever happens, and repaired later."""

import json
from collections.abc import Sequence
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest

from fixtures import faults
from fixtures.faults import Faults
from fixtures.mending import Fault
from infra.errors import ClusterBroken, CommandFailed, LabError, NotPrepared
from infra.ssh import Result
from tests.unit.elections_fake import cluster
from tests.unit.fakes import FakeApi, FakeShell, no_time_passes

STOPPED = Fault("stopped", "controller-1", "etcd")


class Machine(FakeShell):
    """A machine whose systemd obeys; ``ledgers`` is what was written down at each command."""

    def __init__(self, state: Path, *, obeys: bool = True) -> None:
        super().__init__("controller-1")
        self.state = state
        self.obeys = obeys
        self.active = True
        self.ledgers: list[list[Fault]] = []

    def run(self, argv: Sequence[str], **how: Any) -> Result:
        self.ran.append(tuple(argv))
        self.ledgers.append(faults.pending(self.state))
        if "start" in argv and not self.obeys:
            raise CommandFailed(self.name, argv, exit_status=1, stdout="", stderr="no such disk")
        self.active = "stop" not in argv and (self.active or "start" in argv or "restart" in argv)
        return Result(self.name, tuple(argv), 0, shown(active=self.active), "", 0.0)


def shown(*, active: bool) -> str:
    return f"ActiveState={'active' if active else 'inactive'}\nMainPID=7\n"


def test_a_fault_is_written_down_before_it_happens(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    Faults(cluster(tmp_path, shell=lambda _: machine)).stop("controller-1", "etcd")
    assert machine.ledgers[0] == [STOPPED]
    assert machine.ran == [("systemctl", "stop", "etcd")]


def test_restoring_starts_sees_it_active_forgets_and_asks_the_gate(tmp_path: Path) -> None:
    machine, asked = Machine(tmp_path), []
    live = cluster(tmp_path, shell=lambda _: machine)
    caused = Faults(live, gate=asked.append)
    caused.stop("controller-1", "etcd")
    caused.restore()
    assert machine.active
    assert faults.pending(tmp_path) == []
    assert asked == [live]


def test_a_frozen_process_goes_on(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    caused = Faults(cluster(tmp_path, shell=lambda _: machine), gate=lambda _: None)
    caused.freeze("controller-1", "etcd")
    caused.restore()
    sent = [argv[3] for argv in machine.ran if argv[1] == "kill"]
    assert sent == ["--signal=SIGSTOP", "--signal=SIGCONT"]


def test_what_cannot_be_undone_is_named_and_stays_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    no_time_passes(monkeypatch)
    caused = Faults(cluster(tmp_path, shell=lambda _: Machine(tmp_path, obeys=False)))
    caused.stop("controller-1", "etcd")
    with pytest.raises(ClusterBroken, match=r"(?s)etcd on controller-1 was stopped.*no such disk"):
        caused.restore()
    assert faults.pending(tmp_path) == [STOPPED]


def test_a_unit_that_does_not_become_active_is_no_restored_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    no_time_passes(monkeypatch)
    shell = FakeShell("controller-1", {"systemctl": "ActiveState=failed\n"})
    caused = Faults(cluster(tmp_path, shell=lambda _: shell))
    caused.stop("controller-1", "etcd")
    with pytest.raises(ClusterBroken, match="is active again: not within"):
        caused.restore()


def test_a_later_run_repairs_what_an_interrupted_one_left(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    live = cluster(tmp_path, shell=lambda _: machine)
    faults.write(tmp_path, [STOPPED])
    assert faults.repair(live) == [STOPPED]
    assert machine.active
    assert not (tmp_path / faults.LEDGER).exists()


def test_ctrl_c_in_a_scenario_still_restores(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    live = cluster(tmp_path, shell=lambda _: machine)
    scenario = faults.faults.__wrapped__(live)
    caused = next(scenario)
    caused._gate = lambda _: None
    caused.stop("controller-1", "etcd")
    with pytest.raises(KeyboardInterrupt):
        scenario.throw(KeyboardInterrupt())
    assert machine.active


def test_a_damaged_ledger_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / faults.LEDGER).write_text("[{")
    with pytest.raises(LabError, match=r"faults\.json is damaged.*infra down"):
        faults.pending(tmp_path)


def test_the_ledger_is_plain_to_read(tmp_path: Path) -> None:
    faults.write(tmp_path, [STOPPED])
    (found,) = json.loads((tmp_path / faults.LEDGER).read_text())
    wanted = {"kind": "stopped", "machine": "controller-1", "unit": "etcd"}
    assert found == {**wanted, "path": "", "original": ""}


def test_a_replaced_file_is_kept_and_comes_back(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    caused = Faults(cluster(tmp_path, shell=lambda _: machine), gate=lambda _: None)
    caused.replace("controller-1", "/etc/x.yaml", b"other: true\n", unit="etcd")
    kept = ("cp", "--archive", "--no-clobber", "/etc/x.yaml", "/etc/x.yaml.kept")
    assert machine.ran[0] == kept
    assert machine.ledgers[0] == [Fault("replaced", "controller-1", "etcd", "/etc/x.yaml")]
    assert ("systemctl", "restart", "etcd") in machine.ran
    machine.ran.clear()
    caused.restore()
    back = machine.ran.index(("mv", "--force", "/etc/x.yaml.kept", "/etc/x.yaml"))
    assert ("systemctl", "restart", "etcd") in machine.ran[back:]
    assert faults.pending(tmp_path) == []


def test_an_api_server_with_another_file_is_not_waited_for(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    caused = Faults(cluster(tmp_path, shell=lambda _: machine), gate=lambda _: None)
    kill = ("systemctl", "kill", "--kill-whom=main", "--signal=SIGKILL", "kube-apiserver")
    caused.replace("controller-1", "/etc/x.yaml", b"other: true\n", unit="kube-apiserver")
    assert machine.ran[-2:] == [kill, ("systemctl", "restart", "kube-apiserver")]
    machine.ran.clear()
    caused.restore()
    assert kill in machine.ran
    machine.ran.clear()
    caused.replace("controller-1", "/etc/y.yaml", b"other: true\n", unit="kube-scheduler")
    assert not any("kill" in argv for argv in machine.ran), "a scheduler gives its Lease back"


def test_a_file_that_came_back_already_is_not_taken_again(tmp_path: Path) -> None:
    shell = FakeShell("controller-1", {"systemctl": "ActiveState=active\n"})
    faults.write(tmp_path, [Fault("replaced", "controller-1", "etcd", "/etc/x.yaml")])
    faults.repair(cluster(tmp_path, shell=lambda _: shell))
    assert not any(argv[0] == "mv" for argv in shell.ran)
    assert ("systemctl", "restart", "etcd") in shell.ran  # it may run with the other file still


def test_a_ledger_of_an_older_run_is_understood(tmp_path: Path) -> None:
    old = {"kind": "stopped", "machine": "controller-1", "unit": "etcd"}
    (tmp_path / faults.LEDGER).write_text(json.dumps([old]))
    assert faults.pending(tmp_path) == [STOPPED]


def test_an_added_file_is_removed(tmp_path: Path) -> None:
    shell = FakeShell("controller-1", {"install": "", "rm": ""})
    caused = Faults(cluster(tmp_path, shell=lambda _: shell), gate=lambda _: None)
    caused.add("controller-1", "/usr/local/bin/x", b"#!/bin/sh\n")
    assert faults.pending(tmp_path) == [Fault("added", "controller-1", "", "/usr/local/bin/x")]
    shell.answers["test -e"] = ""
    caused.undo(Fault("added", "controller-1", "", "/usr/local/bin/x"))
    assert shell.ran[-1] == ("rm", "--recursive", "--force", "/usr/local/bin/x")
    assert faults.pending(tmp_path) == []


def test_an_edited_object_is_written_back_as_it_was(tmp_path: Path) -> None:
    path = "/apis/apps/v1/namespaces/kube-system/deployments/d"
    stored = {"metadata": {"name": "d", "resourceVersion": "4"}, "spec": {"replicas": 1}}
    api = FakeApi({path: stored})
    live = cluster(tmp_path, shell=lambda _: FakeShell())
    live.api = api
    caused = Faults(live, gate=lambda _: None)
    fault = caused.edit(path, {"spec": {"replicas": 0}})
    assert str(fault) == f"{path} was edited"
    stored["metadata"]["resourceVersion"] = "9"
    caused.restore()
    method, _, body = api.asked[-1]
    assert (method, body["spec"], body["metadata"]["resourceVersion"]) == (
        "PUT", {"replicas": 1}, "9",
    )  # fmt: skip


def test_a_file_that_somebody_else_writes_is_expected(tmp_path: Path) -> None:
    shell = FakeShell("controller-1", {"rm": "", "systemctl": "ActiveState=active\n"})
    caused = Faults(cluster(tmp_path, shell=lambda _: shell), gate=lambda _: None)
    caused.expect("controller-1", "/etc/x.conf", unit="systemd-logind")
    shell.answers["test -e"] = ""
    caused.restore()
    assert ("rm", "--recursive", "--force", "/etc/x.conf") in shell.ran
    assert ("systemctl", "restart", "systemd-logind") in shell.ran
    with pytest.raises(NotPrepared, match="is there before its time"):
        caused.expect("controller-1", "/etc/x.conf", unit="systemd-logind")


def test_a_file_without_a_unit_restarts_none(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    caused = Faults(cluster(tmp_path, shell=lambda _: machine), gate=lambda _: None)
    caused.replace("controller-1", "/etc/x.pem", b"new\n")
    caused.restore()
    assert not any(argv[0] == "systemctl" for argv in machine.ran)


def test_a_conflict_with_another_writer_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    no_time_passes(monkeypatch)
    answers = iter([(409, {}), (200, {})])
    path = "/apis/apps/v1/namespaces/kube-system/deployments/d"

    class Contested(FakeApi):
        def ask(self, method: str, path: str, **how: Any) -> Any:
            if method == "PUT":
                self.table[f"PUT {path}"] = next(answers)
            return super().ask(method, path, **how)

    live = cluster(tmp_path, shell=lambda _: FakeShell())
    live.api = Contested({path: {"metadata": {"resourceVersion": "1"}}})
    caused = Faults(live, gate=lambda _: None)
    caused.edit(path, {})
    caused.restore()
    assert [one[0] for one in live.api.asked].count("PUT") == 2


CONFIGURATION = "/var/lib/kubelet/kubelet-config.yaml"


def test_a_unit_with_several_faults_begins_anew_once_and_writes_nothing_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    beats: list[str] = []
    monkeypatch.setattr(faults.kubelet, "await_heartbeat", lambda _, node: beats.append(node))
    machine = Machine(tmp_path)
    machine.name = "worker-0"
    of_the_kubelet = [
        Fault("added", "worker-0", "kubelet", "/var/lib/claim-static"),
        Fault("replaced", "worker-0", "kubelet", CONFIGURATION),
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
        faults.write(tmp_path, [Fault("replaced", "controller-1", "kube-scheduler", path)])
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
    faults.write(tmp_path, [Fault("replaced", name, "containerd", "/x") for name in machines])
    faults.repair(live)
    assert faults.pending(tmp_path) == []

    at_once = [Fault("replaced", f"controller-{n}", "etcd", "/x") for n in (0, 0, 1)]
    edited, stopped = Fault("edited", path="/x"), Fault("stopped", "worker-0", "kubelet")
    turns = Faults(live)._in_turn([*at_once, edited, stopped])
    assert list(turns) == [[at_once[:2]], [at_once[2:]], [[edited]], [[stopped]]]


def test_what_cannot_be_undone_keeps_nothing_else_of_its_machine_from_it(tmp_path: Path) -> None:
    removed = "rm --recursive --force /gone"
    shell = FakeShell("controller-1", {"systemctl": "ActiveState=active\n", removed: ""})
    gone, busy = (Fault("added", "controller-1", "etcd", path) for path in ("/gone", "/busy"))
    faults.write(tmp_path, [gone, busy])
    with pytest.raises(ClusterBroken, match=r"/busy of etcd on controller-1 was added"):
        faults.repair(cluster(tmp_path, shell=lambda _: shell))
    assert faults.pending(tmp_path) == [busy]
