"""Faults are written down before they happen, undone whatever happens, and repaired later."""

import json
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from fixtures.worlds import fault_ledger, fault_types, faults
from fixtures.worlds.fault_types import Added, Replaced, Stopped
from fixtures.worlds.faults import Faults
from infra.errors import ClusterBroken, NotJudged, NotPrepared
from infra.lifecycle import gate
from tests.unit.elections_fake import cluster
from tests.unit.fakes import FakeApi, FakeShell, no_time_passes
from tests.unit.faulty_machine import Machine
from tests.unit.plugin.marked import marked

STOPPED = Stopped("controller-1", "etcd")


def test_a_fault_is_written_down_before_it_happens(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    Faults(cluster(tmp_path, shell=lambda _: machine)).stop("controller-1", "etcd")
    assert machine.ledgers[0] == [STOPPED]
    assert machine.ran == [("systemctl", "stop", "etcd")]


def test_restoring_starts_sees_it_active_forgets_and_asks_the_gate(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    asked: list[Any] = []
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
    assert not (tmp_path / fault_ledger.LEDGER).exists()


def test_ctrl_c_in_a_scenario_still_restores(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    live = cluster(tmp_path, shell=lambda _: machine)
    scenario = cast("Any", faults.faults).__wrapped__(
        SimpleNamespace(node=marked("changes_etcd")), live
    )
    caused = next(scenario)
    caused._gate = lambda _: None
    caused.stop("controller-1", "etcd")
    with pytest.raises(KeyboardInterrupt):
        scenario.throw(KeyboardInterrupt())
    assert machine.active


def test_who_ends_at_the_health_gate_anyway_passes_it_once() -> None:
    assert faults.gate_of(marked("changes_etcd")) is gate.serves
    assert faults.gate_of(marked()) is gate.gate


@pytest.mark.parametrize("ledger", ["[{", '[{"kind": "melted"}]', '[{"kind": "added", "x": 1}]'])
def test_a_damaged_ledger_says_what_to_do(tmp_path: Path, ledger: str) -> None:
    (tmp_path / fault_ledger.LEDGER).write_text(ledger)
    with pytest.raises(NotJudged, match=r"faults\.json is damaged.*kfs down"):
        faults.pending(tmp_path)


def test_the_ledger_is_plain_to_read(tmp_path: Path) -> None:
    faults.write(tmp_path, [STOPPED])
    (found,) = json.loads((tmp_path / fault_ledger.LEDGER).read_text())
    wanted = {"kind": "stopped", "machine": "controller-1", "unit": "etcd"}
    assert found == {**wanted, "path": "", "original": ""}


def test_a_replaced_file_is_kept_and_comes_back(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    caused = Faults(cluster(tmp_path, shell=lambda _: machine), gate=lambda _: None)
    caused.replace("controller-1", "/etc/x.yaml", b"other: true\n", unit="etcd")
    kept = ("cp", "--archive", "--no-clobber", "/etc/x.yaml", "/etc/x.yaml.kept")
    assert machine.ran[0] == kept
    assert machine.ledgers[0] == [Replaced("controller-1", "etcd", "/etc/x.yaml")]
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
    faults.write(tmp_path, [Replaced("controller-1", "etcd", "/etc/x.yaml")])
    faults.repair(cluster(tmp_path, shell=lambda _: shell))
    assert not any(argv[0] == "mv" for argv in shell.ran)
    assert ("systemctl", "restart", "etcd") in shell.ran  # it may run with the other file still


@pytest.mark.parametrize("kind", fault_types.TYPES)
def test_every_type_of_fault_comes_back_from_the_ledger(tmp_path: Path, kind: str) -> None:
    entry = {"kind": kind, "machine": "m", "unit": "u", "path": "/p", "original": "{}"}
    (tmp_path / fault_ledger.LEDGER).write_text(json.dumps([entry]))
    (found,) = faults.pending(tmp_path)
    assert type(found) is fault_types.TYPES[kind]
    assert str(found) == f"/p of u on m was {kind}"
    faults.write(tmp_path, [found])
    assert json.loads((tmp_path / fault_ledger.LEDGER).read_text()) == [entry]


def test_faults_of_different_types_are_never_equal() -> None:
    made = [fault("m", "u", "/p") for fault in fault_types.TYPES.values()]
    assert all(one != other for one, other in combinations(made, 2))


def test_a_ledger_of_an_older_run_is_understood(tmp_path: Path) -> None:
    old = {"kind": "stopped", "machine": "controller-1", "unit": "etcd"}
    (tmp_path / fault_ledger.LEDGER).write_text(json.dumps([old]))
    assert faults.pending(tmp_path) == [STOPPED]


def test_an_added_file_is_removed(tmp_path: Path) -> None:
    shell = FakeShell("controller-1", {"install": "", "rm": ""})
    caused = Faults(cluster(tmp_path, shell=lambda _: shell), gate=lambda _: None)
    caused.add("controller-1", "/usr/local/bin/x", b"#!/bin/sh\n")
    assert faults.pending(tmp_path) == [Added("controller-1", "", "/usr/local/bin/x")]
    shell.answers["test -e"] = ""
    caused.undo(Added("controller-1", "", "/usr/local/bin/x"))
    assert shell.ran[-1] == ("rm", "--recursive", "--force", "/usr/local/bin/x")
    assert faults.pending(tmp_path) == []


def test_an_edited_object_is_written_back_as_it_was(tmp_path: Path) -> None:
    path = "/apis/apps/v1/namespaces/kube-system/deployments/d"
    stored: dict[str, Any] = {
        "metadata": {"name": "d", "resourceVersion": "4"},
        "spec": {"replicas": 1},
    }
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
    answers: Iterator[Any] = iter([(409, {}), (200, {})])
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
